SELECT metadata.product."version" AS "SchemaVersion", metadata.product.feature.uid AS "GeneratorId", metadata.product.feature."name" AS "ProductName",
  metadata.product.uid AS "ProductArn", metadata.product.vendor_name AS "CompanyName", metadata.product."name" AS "Security Hub",
  metadata."version" AS "Version", epoch_ms("time") AS "Time", confidence AS "Confidence", severity AS "Severity", state AS "WorkflowStatus",
  cloud.account_uid AS "AWSAccountId", resources[1]."type" AS "ResourceType", resources[1].uid AS "ResourceId",
  resources[1].cloud_partition AS "ResourcePartition", resources[1].region AS "ResourceRegion", resources[1].details AS "resources.details",
  epoch_ms(finding.created_time) AS "CreatedAt", finding.uid AS "Id", finding."desc" AS "Description", finding.title AS "Title",
  split_part(finding.title, ' ', 1) AS "ProductFields.ControlId", epoch_ms(finding.modified_time) AS "UpdatedAt",
  epoch_ms(finding.first_seen_time) AS "FirstObservedAt", epoch_ms(finding.last_seen_time) AS "LastObservedAt", finding.types[1] AS "Types",
  finding.remediation."desc" AS "RecomendationText", finding.src_url AS "RecommendationUrl", compliance.status AS "ComplianceStatus",
  compliance.status_detail AS "Compliance.StatusReasons.Description", class_name AS "SecurityFinding",
  unmapped['Severity_Normalized'] AS "SeverityNormalized", unmapped['Severity_Original'] AS "SeverityOriginal",
  unmapped['FindingProviderFields'] AS "FindingProviderFields", region AS "Region", accountid AS "AccountId", eventday AS "EventDay"
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_sh_findings_1_0
