SELECT time_dt, activity_name, "action", src_endpoint.ip, http_request.url."path", http_request.url.hostname, http_request.http_method, firewall_rule.uid,
  firewall_rule."type"
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_waf_2_0
WHERE time_dt BETWEEN current_timestamp - INTERVAL 7 DAY AND current_timestamp AND activity_name = 'Get' AND http_request.url."path" = '/.aws/credentials' AND "action" = 'Denied'
LIMIT 25
