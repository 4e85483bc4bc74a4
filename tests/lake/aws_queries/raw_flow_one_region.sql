SELECT * FROM vpc_flow WHERE region = 'us-east-1' LIMIT 10
