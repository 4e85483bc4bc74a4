WITH trail AS (FROM cloudtrail UNION ALL FROM s3_data UNION ALL FROM lambda_execution)
SELECT * FROM trail WHERE time_dt >= '2021-07-01' AND time_dt < '2021-08-01' LIMIT 10
