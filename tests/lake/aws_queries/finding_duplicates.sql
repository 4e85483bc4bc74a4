SELECT finding_info.uid, max(time_dt) AS "time", arbitrary(region) AS region, arbitrary(accountid) AS accountid, arbitrary(finding_info) AS finding,
  arbitrary(vulnerabilities) AS vulnerabilities
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_sh_findings_2_0
WHERE time_dt BETWEEN current_timestamp - INTERVAL 7 DAY AND current_timestamp
GROUP BY finding_info.uid
HAVING count(*) > 1
LIMIT 25
