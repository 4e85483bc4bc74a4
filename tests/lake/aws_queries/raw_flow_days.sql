SELECT * FROM vpc_flow WHERE time_dt >= '2020-07-01' AND time_dt < '2020-08-01' LIMIT 10
