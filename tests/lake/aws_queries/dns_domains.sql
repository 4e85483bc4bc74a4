SELECT string_split(query.hostname, '.')[-2] AS tld, string_split(query.hostname, '.')[-3] AS sld, query.hostname, query."type", count(*) AS query_count
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_route53_1_0
WHERE query."type" = 'A' AND eventday BETWEEN '20230530' AND '20230630' AND accountid = '111122223333' AND region IN ('us-east-1', 'us-east-2', 'us-west-2')
GROUP BY query.hostname, query."type"
ORDER BY query_count DESC
