-- The verb is api.operation; the activity of a get is "Read".
SELECT time_dt, actor."user"."name", http_request.url."path", activity_name
FROM amazon_security_lake_glue_db_us_east_1.amazon_security_lake_table_us_east_1_eks_audit_2_0
WHERE time_dt BETWEEN current_timestamp - INTERVAL 7 DAY AND current_timestamp AND api.operation = 'get' AND http_request.url."path" = '/apis/coordination.k8s.io/v1/'
LIMIT 25
