SELECT time_dt, actor."user".uid AS arn, actor."user"."name", api.operation,
  json_extract_scalar(api.response.data, '$.accessKey.userName') AS key_of, json_extract_scalar(api.response.data, '$.accessKey.accessKeyId') AS access_key
FROM cloudtrail
WHERE api.operation = 'CreateAccessKey' AND api.response.error IS NULL AND time_dt >= '2021-07-01' AND time_dt < '2021-08-01' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
ORDER BY accountid, time_dt
