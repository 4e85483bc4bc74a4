WITH trail AS (FROM cloudtrail UNION ALL FROM s3_data UNION ALL FROM lambda_execution)
SELECT * FROM trail
WHERE regexp_like(coalesce(src_endpoint.ip, src_endpoint.domain), '^\d')
  AND NOT ((ip_in('10.0.0.0/8', src_endpoint.ip) AND src_endpoint.ip <> '10.0.0.0' AND src_endpoint.ip <> '10.255.255.255')
    OR (ip_in('172.16.0.0/12', src_endpoint.ip) AND src_endpoint.ip <> '172.16.0.0' AND src_endpoint.ip <> '172.31.255.255')
    OR (ip_in('192.168.0.0/16', src_endpoint.ip) AND src_endpoint.ip <> '192.168.0.0' AND src_endpoint.ip <> '192.168.255.255'))
  AND time_dt >= '2021-07-01' AND time_dt < '2021-08-01' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
