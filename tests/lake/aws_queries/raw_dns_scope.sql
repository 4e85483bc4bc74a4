SELECT * FROM route53 WHERE time_dt >= '2020-07-01' AND time_dt < '2020-08-01' AND accountid = '111122223333' AND src_endpoint.vpc_uid IN ('vpc-00000001', 'vpc-00000002', 'vpc-00000003') LIMIT 10
