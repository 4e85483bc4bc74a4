-- The ten addresses first, then their report; each record counts once.
WITH flows AS (
  SELECT *, coalesce(src_endpoint.intermediate_ips[1], src_endpoint.ip) AS source, coalesce(dst_endpoint.intermediate_ips[1], dst_endpoint.ip) AS destination
  FROM vpc_flow
  WHERE time_dt >= '2020-07-01' AND time_dt < '2020-08-01' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')),
top_n AS (SELECT source FROM flows WHERE ip_in('192.0.2.0/24', source) GROUP BY source ORDER BY sum(traffic.bytes) DESC LIMIT 10)
SELECT strftime(time_dt, '%Y/%m/%d') AS "day", source, destination, sum(traffic.bytes) AS byte_count FROM flows
WHERE source IN (SELECT source FROM top_n)
GROUP BY ALL
ORDER BY "day", source, destination, byte_count DESC
