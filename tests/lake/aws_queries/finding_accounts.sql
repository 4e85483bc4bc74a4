SELECT accountid, count(*) AS total_findings
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_sh_findings_2_0
WHERE list_contains(list_transform(resources, lambda r: r."type"), 'AwsEc2Instance')
GROUP BY accountid
ORDER BY total_findings DESC
LIMIT 10
