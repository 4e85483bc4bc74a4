SELECT * FROM vpc_flow WHERE time_dt >= date_trunc('day', current_timestamp::TIMESTAMP - INTERVAL 30 DAY) LIMIT 10
