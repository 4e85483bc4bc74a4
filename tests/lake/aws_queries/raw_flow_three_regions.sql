SELECT * FROM vpc_flow WHERE region IN ('us-east-1', 'us-east-2', 'us-west-2') LIMIT 10
