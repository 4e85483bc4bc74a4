SELECT start_time_dt, end_time_dt, src_endpoint.interface_uid, connection_info.direction, src_endpoint.ip, dst_endpoint.ip, src_endpoint.port,
  dst_endpoint.port, traffic.packets, traffic.bytes
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_vpc_flow_2_0
WHERE time_dt BETWEEN current_timestamp - INTERVAL 7 DAY AND current_timestamp
  AND ((src_endpoint.ip = '192.0.2.1' AND dst_endpoint.ip = '192.0.2.2') OR (src_endpoint.ip = '192.0.2.2' AND dst_endpoint.ip = '192.0.2.1'))
ORDER BY start_time_dt
LIMIT 25
