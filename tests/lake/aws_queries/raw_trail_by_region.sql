WITH trail AS (FROM cloudtrail UNION ALL FROM s3_data UNION ALL FROM lambda_execution)
SELECT region, count(*) AS eventcount FROM trail
WHERE time_dt >= '2021-07-01' AND time_dt < '2021-08-01' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
GROUP BY region
ORDER BY eventcount DESC
