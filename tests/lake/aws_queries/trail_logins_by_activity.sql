SELECT actor."user".uuid, api.operation, array_agg(DISTINCT src_endpoint.ip ORDER BY src_endpoint.ip) AS sourceips
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_cloud_trail_mgmt_1_0
WHERE actor."user".uuid IS NOT NULL AND class_uid = 3002 AND activity_id = 1 AND eventday BETWEEN '20230530' AND '20230630' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
GROUP BY actor."user".uuid, api.operation
ORDER BY api.operation
