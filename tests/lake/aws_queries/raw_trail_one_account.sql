WITH trail AS (FROM cloudtrail UNION ALL FROM s3_data UNION ALL FROM lambda_execution)
SELECT * FROM trail WHERE accountid = '111122223333' LIMIT 10
