-- Whole networks, their first and last addresses too.
WITH trail AS (FROM cloudtrail UNION ALL FROM s3_data UNION ALL FROM lambda_execution)
SELECT * FROM trail
WHERE src_endpoint.ip IS NOT NULL AND NOT (ip_in('10.0.0.0/8', src_endpoint.ip) OR ip_in('172.16.0.0/12', src_endpoint.ip) OR ip_in('192.168.0.0/16', src_endpoint.ip))
  AND time_dt >= '2021-07-01' AND time_dt < '2021-08-01' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
