SELECT api.request.uid, time_dt, api.service."name", api.operation, cloud.region, actor."user".uid, src_endpoint.ip, http_request.user_agent
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_cloud_trail_mgmt_2_0
WHERE time_dt BETWEEN current_timestamp - INTERVAL 7 DAY AND current_timestamp AND src_endpoint.ip = '192.0.2.1'
ORDER BY "time" DESC
LIMIT 25
