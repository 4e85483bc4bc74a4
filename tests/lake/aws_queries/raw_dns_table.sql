-- The columns of a raw table, from those of Security Lake.
SELECT metadata.product.version, cloud.account.uid AS account_id, cloud.region, src_endpoint.vpc_uid AS vpc_id,
  strftime(time_dt, '%Y-%m-%dT%H:%M:%SZ') AS query_timestamp, query.hostname AS query_name, query."type" AS query_type, query."class" AS query_class,
  CASE rcode WHEN 'NoError' THEN 'NOERROR' WHEN 'FormError' THEN 'FORMERR' WHEN 'ServError' THEN 'SERVFAIL' ELSE upper(rcode) END AS rcode, answers,
  src_endpoint.ip AS srcaddr, src_endpoint.port AS srcport, connection_info.protocol_name AS transport,
  {'instance': src_endpoint.instance_uid, 'resolver_endpoint': dst_endpoint.instance_uid, 'resolver_network_interface': dst_endpoint.interface_uid} AS srcids,
  accountid AS account_partition, src_endpoint.vpc_uid AS vpc_partition, strftime(time_dt, '%Y/%m/%d') AS date_partition
FROM route53
