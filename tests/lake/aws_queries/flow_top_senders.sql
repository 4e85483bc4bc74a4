-- The ten addresses first, then their report; each record counts once.
WITH top_n AS (
  SELECT src_endpoint.ip AS ip FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_vpc_flow_1_0
  WHERE ip_in('192.0.2.0/24', src_endpoint.ip) AND eventday BETWEEN '20230530' AND '20230630' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
  GROUP BY src_endpoint.ip ORDER BY sum(traffic.bytes) DESC LIMIT 10)
SELECT eventday, src_endpoint.ip AS src_endpoint_ip, dst_endpoint.ip AS dst_endpoint_ip, sum(traffic.bytes) AS byte_count
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_vpc_flow_1_0
WHERE src_endpoint.ip IN (SELECT ip FROM top_n) AND eventday BETWEEN '20230530' AND '20230630' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
GROUP BY eventday, src_endpoint.ip, dst_endpoint.ip
ORDER BY eventday, src_endpoint_ip, dst_endpoint_ip, byte_count DESC
