SELECT * FROM route53 WHERE src_endpoint.vpc_uid = 'vpc-00000001' LIMIT 10
