-- Whom an account change was about stands in "user", not in unmapped.
SELECT "time", eventday, actor."user".uuid, actor."user"."name", actor."user".credential_uid, api.operation,
  CASE WHEN class_uid = 3001 THEN "user"."name" ELSE unmapped['requestParameters.userName'] END AS requestParametersUsername,
  unmapped['requestParameters.policyArn'] AS requestParametersPolicyArn, api.response
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_cloud_trail_mgmt_1_0
WHERE actor."user"."type" = 'IAMUser' AND actor."user"."name" = 'alice' AND eventday BETWEEN '20230530' AND '20230630' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
