-- With the columns that the published table has.
WITH vpcflow AS (
  SELECT start_time_dt AS starttime, end_time_dt AS endtime, coalesce(src_endpoint.interface_uid, dst_endpoint.interface_uid) AS interfaceid, coalesce(src_endpoint.intermediate_ips[1], src_endpoint.ip) AS sourceaddress,
    coalesce(dst_endpoint.intermediate_ips[1], dst_endpoint.ip) AS destinationaddress, src_endpoint.port AS sourceport, dst_endpoint.port AS destinationport,
    traffic.packets AS numpackets, traffic.bytes AS numbytes, connection_info.direction AS flowdirection, "action"
  FROM vpc_flow)
SELECT starttime AS start_time, endtime AS end_time, interfaceid, sourceaddress, destinationaddress, sourceport, destinationport, numpackets, numbytes,
  flow_direction, "action"
FROM vpcflow
WHERE (sourceaddress = '192.0.2.1' AND destinationaddress = '192.0.2.254') OR (sourceaddress = '192.0.2.254' AND destinationaddress = '192.0.2.1')
ORDER BY starttime
