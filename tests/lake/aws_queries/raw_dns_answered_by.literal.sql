-- srcids and answers are text in the published table.
WITH r53dns AS (
  SELECT query.hostname AS query_name, query."type" AS query_type, to_json({'instance': src_endpoint.instance_uid})::VARCHAR AS srcids,
    list_transform(answers, lambda a: to_json(a)::VARCHAR) AS answers
  FROM route53 WHERE time_dt >= '2020-07-01' AND time_dt < '2020-08-01' AND accountid = '111122223333' AND src_endpoint.vpc_uid IN ('vpc-00000001', 'vpc-00000002', 'vpc-00000003'))
SELECT * FROM r53dns
WHERE list_contains(list_transform(answers, lambda x: x.rdata), '203.0.113.2')
