SELECT * FROM route53 WHERE src_endpoint.vpc_uid IN ('vpc-00000001', 'vpc-00000002', 'vpc-00000003') LIMIT 10
