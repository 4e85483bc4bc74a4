SELECT * FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_cloud_trail_mgmt_1_0
WHERE src_endpoint.ip <> '' AND NOT ip_in('10.0.0.0/8', src_endpoint.ip) AND NOT ip_in('172.16.0.0/12', src_endpoint.ip)
  AND NOT ip_in('192.168.0.0/16', src_endpoint.ip) AND eventday BETWEEN '20230530' AND '20230630' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
