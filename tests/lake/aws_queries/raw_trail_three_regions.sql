WITH trail AS (FROM cloudtrail UNION ALL FROM s3_data UNION ALL FROM lambda_execution)
SELECT * FROM trail WHERE region IN ('us-east-1', 'us-east-2', 'us-west-2') LIMIT 10
