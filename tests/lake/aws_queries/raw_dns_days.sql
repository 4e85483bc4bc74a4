SELECT * FROM route53 WHERE time_dt >= '2020-07-01' AND time_dt < '2020-08-01' LIMIT 10
