SELECT flows.eventday, flows.src_endpoint.ip AS src_endpoint_ip, flows.dst_endpoint.ip AS dst_endpoint_ip, sum(flows.traffic.bytes) AS byte_count
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_vpc_flow_1_0 AS flows
INNER JOIN (
  SELECT src_endpoint.ip AS src_endpoint_ip, sum(traffic.bytes) AS byte_count FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_vpc_flow_1_0
  WHERE ip_in('192.0.2.0/24', src_endpoint.ip) AND eventday BETWEEN '20230530' AND '20230630' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
  GROUP BY region, dst_endpoint.instance_uid, src_endpoint.ip, dst_endpoint.ip, dst_endpoint.port
  ORDER BY byte_count DESC LIMIT 10) AS top_n ON top_n.src_endpoint_ip = flows.src_endpoint.ip
WHERE eventday BETWEEN '20230530' AND '20230630' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
GROUP BY flows.eventday, flows.src_endpoint.ip, flows.dst_endpoint.ip
ORDER BY flows.eventday, flows.src_endpoint.ip, flows.dst_endpoint.ip, byte_count DESC
