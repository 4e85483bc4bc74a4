WITH trail AS (FROM cloudtrail UNION ALL FROM s3_data UNION ALL FROM lambda_execution)
SELECT actor."user".uid AS arn, array_agg(DISTINCT api.operation) AS eventnames,
  array_agg(DISTINCT coalesce(src_endpoint.ip, src_endpoint.domain) ORDER BY coalesce(src_endpoint.ip, src_endpoint.domain)) AS sourceips,
  array_agg(DISTINCT http_request.user_agent ORDER BY http_request.user_agent) AS useragents
FROM trail
WHERE api.operation <> 'AssumeRole' AND api.operation NOT LIKE 'Get%' AND api.operation NOT LIKE 'List%' AND api.operation NOT LIKE 'Describe%'
  AND time_dt >= '2021-07-01' AND time_dt < '2021-08-01' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
GROUP BY actor."user".uid
