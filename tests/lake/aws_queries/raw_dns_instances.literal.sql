-- srcids and answers are text in the published table.
WITH r53dns AS (
  SELECT query.hostname AS query_name, query."type" AS query_type, to_json({'instance': src_endpoint.instance_uid})::VARCHAR AS srcids,
    list_transform(answers, lambda a: to_json(a)::VARCHAR) AS answers
  FROM route53 WHERE time_dt >= '2020-07-01' AND time_dt < '2020-08-01' AND accountid = '111122223333' AND src_endpoint.vpc_uid IN ('vpc-00000001', 'vpc-00000002', 'vpc-00000003'))
SELECT query_name, query_type, list_distinct(list_filter(array_agg(srcids), lambda q: q.instance IS NOT NULL)) AS instances,
  len(list_distinct(list_filter(array_agg(srcids), lambda q: q.instance IS NOT NULL))) AS query_count
FROM r53dns
GROUP BY query_name, query_type
ORDER BY query_count DESC
