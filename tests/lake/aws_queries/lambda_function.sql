-- The name is the seventh part of the ARN.
SELECT * FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_lambda_execution_1_0
WHERE list_contains(list_transform(resources, lambda r: split_part(r.uid, ':', 7)), 'MyLambdaFunction') AND eventday BETWEEN '20230530' AND '20230630' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
