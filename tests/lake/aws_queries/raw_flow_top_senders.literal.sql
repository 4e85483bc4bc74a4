-- With the columns that the published table has.
WITH vpcflow AS (
  SELECT region, coalesce(src_endpoint.instance_uid, dst_endpoint.instance_uid) AS instanceid, coalesce(src_endpoint.intermediate_ips[1], src_endpoint.ip) AS sourceaddress,
    coalesce(dst_endpoint.intermediate_ips[1], dst_endpoint.ip) AS destinationaddress, dst_endpoint.port AS destinationport, traffic.bytes AS numbytes
  FROM vpc_flow
  WHERE time_dt >= '2020-07-01' AND time_dt < '2020-08-01' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2'))
SELECT vpcflow.event_date, vpcflow.sourceaddress, vpcflow.destinationaddress, sum(vpcflow.numbytes) AS byte_count
FROM vpcflow
INNER JOIN (
  SELECT sourceaddress, sum(numbytes) AS byte_count FROM vpcflow
  WHERE sourceaddress LIKE '192.0.2.%'
  GROUP BY region, instanceid, sourceaddress, destinationaddress, destinationport
  ORDER BY byte_count DESC LIMIT 10) AS top_n ON top_n.sourceaddress = vpcflow.sourceaddress
GROUP BY vpcflow.event_date, vpcflow.sourceaddress, vpcflow.destinationaddress
ORDER BY vpcflow.event_date, vpcflow.sourceaddress, vpcflow.destinationaddress, byte_count DESC
