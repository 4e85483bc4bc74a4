-- The day prunes, the time decides.
SELECT * FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_cloud_trail_mgmt_1_0
WHERE eventday >= strftime(current_timestamp::TIMESTAMP - INTERVAL 30 DAY, '%Y%m%d')
  AND epoch_ms("time") >= current_timestamp::TIMESTAMP - INTERVAL 30 DAY
  AND src_endpoint.ip = '192.0.2.1'
ORDER BY "time" DESC
LIMIT 25
