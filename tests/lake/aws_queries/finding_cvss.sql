SELECT DISTINCT finding_info.uid, time_dt, metadata, finding_info, vulnerabilities, resource
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_sh_findings_2_0, unnest(vulnerabilities) AS v(vulnerability), unnest(vulnerability.cve.cvss) AS c(score)
WHERE score.base_score > 1.0
LIMIT 25
