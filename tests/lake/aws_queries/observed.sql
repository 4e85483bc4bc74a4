-- One list of both sources, each event once.
SELECT 'VPC flow' AS source, time_dt, seen."name", seen."value"
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_vpc_flow_2_0, unnest(observables) AS t(seen)
WHERE time_dt BETWEEN current_timestamp - INTERVAL 7 DAY AND current_timestamp AND seen."value" = '172.1.2.3' AND seen."name" = 'src_endpoint.ip'
UNION ALL
SELECT 'Route 53', time_dt, seen."name", seen."value"
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_route53_2_0, unnest(observables) AS t(seen)
WHERE time_dt BETWEEN current_timestamp - INTERVAL 7 DAY AND current_timestamp AND seen."value" = '172.1.2.3' AND seen."name" = 'src_endpoint.ip'
ORDER BY time_dt
