-- Of logins that assume a role the status says nothing, so the error counts too.
SELECT actor."user".uid, actor."user".uid_alt, actor."user".account.uid, cloud.region
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_cloud_trail_mgmt_2_0
WHERE (status = 'Failure' OR api.response.error IS NOT NULL) AND time_dt BETWEEN current_timestamp - INTERVAL 7 DAY AND current_timestamp
ORDER BY "time" DESC
LIMIT 25
