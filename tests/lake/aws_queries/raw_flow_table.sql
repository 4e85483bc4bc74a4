-- The columns of a raw table, from those of Security Lake: the interface's own addresses are kept where they are not the packet's.
SELECT metadata.product.version::INTEGER AS version, cloud.account.uid AS account, coalesce(src_endpoint.interface_uid, dst_endpoint.interface_uid) AS interfaceid,
  coalesce(src_endpoint.intermediate_ips[1], src_endpoint.ip) AS sourceaddress, coalesce(dst_endpoint.intermediate_ips[1], dst_endpoint.ip) AS destinationaddress,
  src_endpoint.port AS sourceport, dst_endpoint.port AS destinationport, connection_info.protocol_num AS protocol, traffic.packets AS numpackets,
  traffic.bytes AS numbytes, epoch(start_time_dt)::BIGINT AS starttime, epoch(end_time_dt)::BIGINT AS endtime,
  CASE "action" WHEN 'Allowed' THEN 'ACCEPT' WHEN 'Denied' THEN 'REJECT' END AS "action", status_code AS logstatus,
  coalesce(src_endpoint.vpc_uid, dst_endpoint.vpc_uid) AS vpcid, coalesce(src_endpoint.subnet_uid, dst_endpoint.subnet_uid) AS subnetid,
  coalesce(src_endpoint.instance_uid, dst_endpoint.instance_uid) AS instanceid, connection_info.tcp_flags AS tcpflags, connection_info.protocol_ver AS "type",
  src_endpoint.ip AS pktsrcaddr, dst_endpoint.ip AS pktdstaddr, cloud.region, cloud."zone" AS azid, unmapped['sublocation_type'] AS sublocationtype,
  unmapped['sublocation_id'] AS sublocationid, src_endpoint.svc_name AS pktsrcawsservice, dst_endpoint.svc_name AS pktdstawsservice,
  CASE connection_info.direction WHEN 'Inbound' THEN 'ingress' WHEN 'Outbound' THEN 'egress' END AS flowdirection, connection_info.boundary AS trafficpath,
  strftime(time_dt, '%Y/%m/%d') AS date_partition, region AS region_partition, accountid AS account_partition
FROM vpc_flow
