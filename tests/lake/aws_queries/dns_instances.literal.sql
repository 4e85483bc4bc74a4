SELECT query.hostname, query."type",
  len(list_distinct(list_filter(array_agg(src_endpoint), lambda q: q.instance_uid IS NOT NULL))) AS instance_count,
  list_distinct(list_filter(array_agg(src_endpoint), lambda q: q.instance_uid IS NOT NULL)) AS instances
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_route53_1_0
WHERE eventday BETWEEN '20230530' AND '20230630' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
GROUP BY query.hostname, query."type"
ORDER BY instance_count DESC
