-- What calls for another has a name, no address.
SELECT actor."user".uid AS arn, api.operation, array_agg(DISTINCT coalesce(src_endpoint.ip, src_endpoint.domain) ORDER BY coalesce(src_endpoint.ip, src_endpoint.domain)) AS sourceips
FROM cloudtrail
WHERE actor."user".uid IS NOT NULL AND api.operation IN ('AssumeRole', 'ConsoleLogin')
  AND time_dt >= '2021-07-01' AND time_dt < '2021-08-01' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
GROUP BY actor."user".uid, api.operation
ORDER BY api.operation
