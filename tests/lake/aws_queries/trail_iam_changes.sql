-- The parameters lie flattened in unmapped, but for the user, who stands in "user".
SELECT "time", actor."user".uuid, actor."user"."name", api.operation, "user"."name" AS target,
  map_from_entries(list_filter(map_entries(unmapped), lambda e: starts_with(e.key, 'requestParameters.'))) AS request_parameters
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_cloud_trail_mgmt_1_0
WHERE api.service."name" = 'iam.amazonaws.com' AND api.operation NOT LIKE 'Get%' AND api.operation NOT LIKE 'List%'
  AND api.operation NOT LIKE 'Describe%' AND api.response.error IS NULL AND eventday BETWEEN '20230530' AND '20230630' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
ORDER BY accountid, "time"
