WITH flows AS (
  SELECT *, coalesce(src_endpoint.intermediate_ips[1], src_endpoint.ip) AS source, coalesce(dst_endpoint.intermediate_ips[1], dst_endpoint.ip) AS destination
  FROM vpc_flow)
SELECT start_time_dt, end_time_dt, coalesce(src_endpoint.interface_uid, dst_endpoint.interface_uid) AS interface, source, destination,
  src_endpoint.port AS source_port, dst_endpoint.port AS destination_port, traffic.packets, traffic.bytes, connection_info.direction, "action"
FROM flows
WHERE (source = '192.0.2.1' AND destination = '192.0.2.254') OR (source = '192.0.2.254' AND destination = '192.0.2.1')
ORDER BY start_time_dt
