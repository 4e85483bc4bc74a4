-- AIDA... is the id of a user, so it is looked for among the principals.
SELECT actor."user".uid, actor."user".uid_alt, actor."user".account.uid, cloud.region
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_cloud_trail_mgmt_2_0
WHERE time_dt BETWEEN current_timestamp - INTERVAL 7 DAY AND current_timestamp AND actor."user".uid_alt = 'AIDACKCEVSQ6C2EXAMPLE'
LIMIT 25
