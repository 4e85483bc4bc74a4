/* map_sql_flow - VPC flow logs as Security Lake's tables. */
#include "ingest/map_sql_flow.h"

#define OBSERVABLES                                                                                \
    "STRUCT(\"name\" VARCHAR, \"value\" VARCHAR, \"type\" VARCHAR, type_id INTEGER)[]"

const struct writer_column map_flow_columns[FLOW_COLUMNS] = {
    [FLOW_COL_TIME] = {"t", "TIMESTAMP"},
    [FLOW_COL_END] = {"ended", "TIMESTAMP"},
    [FLOW_COL_VERSION] = {"format_version", "VARCHAR"},
    [FLOW_COL_ACCOUNT] = {"account", "VARCHAR"},
    [FLOW_COL_REGION] = {"aws_region", "VARCHAR"},
    [FLOW_COL_ZONE] = {"zone", "VARCHAR"},
    [FLOW_COL_SRC_PORT] = {"src_port", "INTEGER"},
    [FLOW_COL_SRC_SERVICE] = {"src_service", "VARCHAR"},
    [FLOW_COL_SRC_IP] = {"src_ip", "VARCHAR"},
    [FLOW_COL_SRC_VIA] = {"src_via", "VARCHAR[]"},
    [FLOW_COL_DST_PORT] = {"dst_port", "INTEGER"},
    [FLOW_COL_DST_SERVICE] = {"dst_service", "VARCHAR"},
    [FLOW_COL_DST_IP] = {"dst_ip", "VARCHAR"},
    [FLOW_COL_DST_VIA] = {"dst_via", "VARCHAR[]"},
    [FLOW_COL_INTERFACE] = {"interface", "VARCHAR"},
    [FLOW_COL_VPC] = {"vpc", "VARCHAR"},
    [FLOW_COL_INSTANCE] = {"instance", "VARCHAR"},
    [FLOW_COL_SUBNET] = {"subnet", "VARCHAR"},
    [FLOW_COL_PROTOCOL] = {"protocol", "INTEGER"},
    [FLOW_COL_TCP_FLAGS] = {"flags", "INTEGER"},
    [FLOW_COL_PROTOCOL_VERSION] = {"ip_version", "VARCHAR"},
    [FLOW_COL_PATH] = {"path", "VARCHAR"},
    [FLOW_COL_DIRECTION] = {"way", "INTEGER"},
    [FLOW_COL_PACKETS] = {"packets", "BIGINT"},
    [FLOW_COL_BYTES] = {"bytes", "BIGINT"},
    [FLOW_COL_STATUS] = {"log_status", "VARCHAR"},
    [FLOW_COL_ACTION] = {"verdict", "INTEGER"},
    [FLOW_COL_UNMAPPED] = {"rest", "MAP(VARCHAR, VARCHAR)"},
    [FLOW_COL_OBSERVABLES] = {"seen", OBSERVABLES},
};

/* The side of the interface: the source of what goes out, else the destination (without a
 * direction, too). */
#define SRC                                                                                        \
    "{'port': src_port, 'svc_name': src_service, 'ip': src_ip, 'intermediate_ips': src_via, "      \
    "'interface_uid': CASE WHEN way = 2 THEN interface END, 'vpc_uid': CASE WHEN way = 2 THEN "    \
    "vpc END, "                                                                                    \
    "'instance_uid': CASE WHEN way = 2 THEN instance END, 'subnet_uid': CASE WHEN way = 2 THEN "   \
    "subnet END}"
#define DST                                                                                        \
    "{'port': dst_port, 'svc_name': dst_service, 'ip': dst_ip, 'intermediate_ips': dst_via, "      \
    "'interface_uid': CASE WHEN way <> 2 THEN interface END, 'vpc_uid': CASE WHEN way <> 2 THEN "  \
    "vpc END, "                                                                                    \
    "'instance_uid': CASE WHEN way <> 2 THEN instance END, 'subnet_uid': CASE WHEN way <> 2 THEN " \
    "subnet END}"
/* AWS's numbers of a traffic path in OCSF's numbers of a boundary. */
#define BOUNDARY_ID                                                                                \
    "CASE path WHEN '1' THEN 4 WHEN '2' THEN 5 WHEN '3' THEN 6 WHEN '4' THEN 7 WHEN '5' THEN 8 "   \
    "WHEN '6' THEN 9 "                                                                             \
    "WHEN '7' THEN 10 WHEN '8' THEN 11 ELSE CASE WHEN path IS NOT NULL THEN 99 END END::INTEGER"
#define CONNECTION                                                                                 \
    "{'protocol_num': protocol, 'tcp_flags': flags, 'protocol_ver': ip_version, "                  \
    "'boundary_id': " BOUNDARY_ID ", "                                                             \
    "'boundary': path, 'direction_id': way, "                                                      \
    "'direction': CASE way WHEN 1 THEN 'Inbound' WHEN 2 THEN 'Outbound' ELSE 'Unknown' END} AS "   \
    "connection_info"
#define PRODUCT                                                                                    \
    "'product': {'version': format_version, 'name': 'Amazon VPC', 'feature': {'name': "            \
    "'Flowlogs'}, 'vendor_name': 'AWS'}"
#define CLASSES                                                                                    \
    "1::INTEGER AS severity_id, 'Informational' AS severity, 'Network Activity' AS class_name, "   \
    "4001::INTEGER AS class_uid, 'Network Activity' AS category_name, 4::INTEGER AS category_uid"
#define ACTIVITY_NAME "CASE verdict WHEN 1 THEN 'Traffic' WHEN 2 THEN 'Refuse' ELSE 'Unknown' END"
#define ACTIVITY_ID "CASE verdict WHEN 1 THEN 6 WHEN 2 THEN 5 ELSE 0 END"
#define DISPOSITION                                                                                \
    "CASE verdict WHEN 1 THEN 'Allowed' WHEN 2 THEN 'Blocked' ELSE 'Unknown' END AS disposition"

const char map_flow_select_1[] =
    "{" PRODUCT
    ", 'profiles': ['cloud', 'security_control'], 'version': '1.0.0-rc.2'} AS metadata, "
    "{'account_uid': account, 'region': aws_region, 'zone': zone, 'provider': 'AWS'} AS cloud, " SRC
    " AS src_endpoint, " DST " AS dst_endpoint, " CONNECTION
    ", {'packets': packets, 'bytes': bytes} AS traffic, "
    "epoch_ms(t) AS \"time\", epoch_ms(t) AS start_time, epoch_ms(ended) AS end_time, log_status "
    "AS status_code, " CLASSES ", " ACTIVITY_NAME " AS activity_name, " ACTIVITY_ID
    "::INTEGER AS activity_id, " DISPOSITION ", "
    "verdict::INTEGER AS disposition_id, (400100 + " ACTIVITY_ID ")::INTEGER AS type_uid, "
    "'Network Activity: ' || " ACTIVITY_NAME " AS type_name, rest AS unmapped";

const char map_flow_select_2[] =
    "{" PRODUCT
    ", 'profiles': ['cloud', 'security_control', 'datetime'], 'version': '1.1.0'} AS metadata, "
    "{'account': {'uid': account}, 'region': aws_region, 'zone': zone, 'provider': 'AWS'} AS "
    "cloud, " SRC " AS src_endpoint, " DST " AS dst_endpoint, " CONNECTION
    ", {'packets': packets, 'bytes': bytes} AS traffic, "
    "epoch_ms(t) AS \"time\", t AS time_dt, t AS start_time_dt, ended AS end_time_dt, log_status "
    "AS status_code, " CLASSES ", " ACTIVITY_NAME " AS activity_name, " ACTIVITY_ID
    "::INTEGER AS activity_id, "
    "CASE verdict WHEN 1 THEN 'Allowed' WHEN 2 THEN 'Denied' ELSE 'Unknown' END AS \"action\", "
    "verdict::INTEGER AS action_id, " DISPOSITION ", (400100 + " ACTIVITY_ID
    ")::BIGINT AS type_uid, "
    "'Network Activity: ' || " ACTIVITY_NAME
    " AS type_name, account AS accountid, aws_region AS region, "
    "'1.1.0' AS asl_version, rest AS unmapped, seen AS observables";
