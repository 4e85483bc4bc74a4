WITH flows AS (
  SELECT *, coalesce(src_endpoint.intermediate_ips[1], src_endpoint.ip) AS source, coalesce(dst_endpoint.intermediate_ips[1], dst_endpoint.ip) AS destination,
    coalesce(src_endpoint.instance_uid, dst_endpoint.instance_uid) AS instance
  FROM vpc_flow
  WHERE time_dt >= '2020-07-01' AND time_dt < '2020-08-01' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2'))
SELECT source, min(start_time_dt) AS first_seen, max(end_time_dt) AS last_seen, array_agg(DISTINCT destination) AS destinations,
  array_agg(DISTINCT instance) AS instances, array_agg(DISTINCT dst_endpoint.port) AS ports
FROM flows
WHERE dst_endpoint.port < 32768
GROUP BY source
ORDER BY first_seen
