WITH flows AS (
  SELECT *, coalesce(src_endpoint.intermediate_ips[1], src_endpoint.ip) AS source, coalesce(dst_endpoint.intermediate_ips[1], dst_endpoint.ip) AS destination,
    coalesce(src_endpoint.instance_uid, dst_endpoint.instance_uid) AS instance
  FROM vpc_flow
  WHERE time_dt >= '2020-07-01' AND time_dt < '2020-08-01' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2'))
SELECT region, instance, source, destination, count(*) AS record_count FROM flows
GROUP BY ALL
ORDER BY record_count DESC
