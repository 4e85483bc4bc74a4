SELECT * FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_vpc_flow_1_0
WHERE src_endpoint.ip <> '-' AND dst_endpoint.ip <> '-'
  AND NOT (ip_in('172.16.0.0/12', src_endpoint.ip) AND ip_in('172.16.0.0/12', dst_endpoint.ip)) AND eventday BETWEEN '20230530' AND '20230630' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
