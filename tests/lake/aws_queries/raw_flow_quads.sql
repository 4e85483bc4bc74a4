WITH flows AS (
  SELECT *, coalesce(src_endpoint.intermediate_ips[1], src_endpoint.ip) AS source, coalesce(dst_endpoint.intermediate_ips[1], dst_endpoint.ip) AS destination
  FROM vpc_flow
  WHERE time_dt >= '2020-07-01' AND time_dt < '2020-08-01' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2'))
SELECT source, destination, src_endpoint.port AS source_port, dst_endpoint.port AS destination_port, sum(traffic.bytes) AS byte_count FROM flows
WHERE source = '192.0.2.1' OR destination = '192.0.2.1'
GROUP BY ALL
ORDER BY byte_count DESC
