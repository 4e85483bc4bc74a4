SELECT time_dt, src_endpoint.instance_uid, src_endpoint.ip, src_endpoint.port, query.hostname, rcode, answers
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_route53_2_0
WHERE len(answers) = 0 AND time_dt BETWEEN current_timestamp - INTERVAL 7 DAY AND current_timestamp
LIMIT 25
