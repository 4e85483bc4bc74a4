SELECT * FROM vpc_flow
WHERE status_code = 'OK' AND ip_in('172.16.0.0/12', coalesce(src_endpoint.intermediate_ips[1], src_endpoint.ip)) AND ip_in('172.16.0.0/12', coalesce(dst_endpoint.intermediate_ips[1], dst_endpoint.ip))
  AND time_dt >= '2020-07-01' AND time_dt < '2020-08-01' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
