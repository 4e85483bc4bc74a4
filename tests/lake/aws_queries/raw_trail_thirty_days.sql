WITH trail AS (FROM cloudtrail UNION ALL FROM s3_data UNION ALL FROM lambda_execution)
SELECT * FROM trail WHERE time_dt >= date_trunc('day', current_timestamp::TIMESTAMP - INTERVAL 30 DAY) LIMIT 10
