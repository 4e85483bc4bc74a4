WITH flows AS (
  SELECT *, coalesce(src_endpoint.intermediate_ips[1], src_endpoint.ip) AS source, coalesce(dst_endpoint.intermediate_ips[1], dst_endpoint.ip) AS destination
  FROM vpc_flow)
SELECT * EXCLUDE (source, destination) FROM flows
WHERE status_code = 'OK' AND ((ip_in('10.0.0.0/8', source) AND source <> '10.0.0.0' AND source <> '10.255.255.255')
    OR (ip_in('172.16.0.0/12', source) AND source <> '172.16.0.0' AND source <> '172.31.255.255')
    OR (ip_in('192.168.0.0/16', source) AND source <> '192.168.0.0' AND source <> '192.168.255.255'))
   <> ((ip_in('10.0.0.0/8', destination) AND destination <> '10.0.0.0' AND destination <> '10.255.255.255')
    OR (ip_in('172.16.0.0/12', destination) AND destination <> '172.16.0.0' AND destination <> '172.31.255.255')
    OR (ip_in('192.168.0.0/16', destination) AND destination <> '192.168.0.0' AND destination <> '192.168.255.255'))
  AND time_dt >= '2020-07-01' AND time_dt < '2020-08-01' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
