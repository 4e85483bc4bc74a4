/* map_sql_dns - queries of the VPC's DNS resolver as Security Lake's tables. */
#include "ingest/map_sql_flow.h"

const struct writer_column map_dns_columns[DNS_COLUMNS] = {
    [DNS_TIME] = {"t", "TIMESTAMP"},
    [DNS_VERSION] = {"format_version", "VARCHAR"},
    [DNS_ACCOUNT] = {"account", "VARCHAR"},
    [DNS_REGION] = {"aws_region", "VARCHAR"},
    [DNS_VPC] = {"vpc", "VARCHAR"},
    [DNS_IP] = {"ip", "VARCHAR"},
    [DNS_PORT] = {"port", "INTEGER"},
    [DNS_INSTANCE] = {"instance", "VARCHAR"},
    [DNS_NAME] = {"query_name", "VARCHAR"},
    [DNS_TYPE] = {"query_type", "VARCHAR"},
    [DNS_CLASS] = {"query_class", "VARCHAR"},
    [DNS_ANSWERS] = {"answer_list", "STRUCT(\"type\" VARCHAR, rdata VARCHAR, \"class\" VARCHAR)[]"},
    [DNS_TRANSPORT] = {"transport", "VARCHAR"},
    [DNS_ENDPOINT] = {"endpoint", "VARCHAR"},
    [DNS_ENDPOINT_INTERFACE] = {"endpoint_interface", "VARCHAR"},
    [DNS_RCODE] = {"rcode_number", "INTEGER"},
    [DNS_FIREWALL] = {"verdict", "INTEGER"},
    [DNS_RULE_GROUP] = {"rule_group", "VARCHAR"},
    [DNS_UNMAPPED] = {"rest", "MAP(VARCHAR, VARCHAR)"},
    [DNS_OBSERVABLES] =
        {"seen",
         "STRUCT(\"name\" VARCHAR, \"value\" VARCHAR, \"type\" VARCHAR, type_id INTEGER)[]"},
};

#define RCODE                                                                                      \
    "CASE rcode_number WHEN 0 THEN 'NoError' WHEN 1 THEN 'FormError' WHEN 2 THEN 'ServError' "     \
    "WHEN 3 THEN 'NXDomain' "                                                                      \
    "WHEN 4 THEN 'NotImp' WHEN 5 THEN 'Refused' WHEN 6 THEN 'YXDomain' WHEN 7 THEN 'YXRRSet' "     \
    "WHEN 8 THEN 'NXRRSet' "                                                                       \
    "WHEN 9 THEN 'NotAuth' WHEN 10 THEN 'NotZone' WHEN 99 THEN 'Other' END"
/* An answer that says "no such name" is an answer; a server that fails is none. */
#define ACTIVITY_ID                                                                                \
    "CASE WHEN rcode_number = 5 THEN 5 WHEN rcode_number IN (1, 2, 4) THEN 4 ELSE 2 END"
#define ACTIVITY_NAME                                                                              \
    "CASE WHEN rcode_number = 5 THEN 'Refuse' WHEN rcode_number IN (1, 2, 4) THEN 'Fail' ELSE "    \
    "'Response' END"
#define DISPOSITION                                                                                \
    "CASE verdict WHEN 1 THEN 'Allowed' WHEN 2 THEN 'Blocked' WHEN 16 THEN 'No Action' ELSE "      \
    "'Unknown' END AS disposition"
#define PRODUCT                                                                                    \
    "'product': {'version': format_version, 'name': 'Route 53', 'feature': {'name': 'Resolver "    \
    "Query Logs'}, "                                                                               \
    "'vendor_name': 'AWS'}"
#define ENDPOINTS                                                                                  \
    "{'vpc_uid': vpc, 'ip': ip, 'port': port, 'instance_uid': instance} AS src_endpoint"
#define QUERY                                                                                      \
    "{'hostname': query_name, 'type': query_type, 'class': query_class} AS query, answer_list AS " \
    "answers, "                                                                                    \
    "{'protocol_name': transport, 'direction': 'Unknown', 'direction_id': 0::INTEGER} AS "         \
    "connection_info, "                                                                            \
    "{'instance_uid': endpoint, 'interface_uid': endpoint_interface} AS dst_endpoint"
#define CLASSES                                                                                    \
    "1::INTEGER AS severity_id, 'Informational' AS severity, 'DNS Activity' AS class_name, "       \
    "4003::INTEGER AS class_uid, "                                                                 \
    "'Network Activity' AS category_name, 4::INTEGER AS category_uid"

const char map_dns_select_1[] =
    "{" PRODUCT
    ", 'profiles': ['cloud', 'security_control'], 'version': '1.0.0-rc.2'} AS metadata, "
    "{'account_uid': account, 'region': aws_region, 'provider': 'AWS'} AS cloud, " ENDPOINTS
    ", epoch_ms(t) AS \"time\", " QUERY ", " CLASSES ", rcode_number AS rcode_id, " RCODE
    " AS rcode, " ACTIVITY_ID "::INTEGER AS activity_id, " ACTIVITY_NAME " AS activity_name, "
    "'DNS Activity: ' || " ACTIVITY_NAME " AS type_name, (400300 + " ACTIVITY_ID
    ")::INTEGER AS type_uid, " DISPOSITION ", verdict::INTEGER AS disposition_id, rest AS unmapped";

const char map_dns_select_2[] =
    "{" PRODUCT
    ", 'profiles': ['cloud', 'security_control', 'datetime'], 'version': '1.1.0'} AS metadata, "
    "{'account': {'uid': account}, 'region': aws_region, 'provider': 'AWS'} AS cloud, " ENDPOINTS
    ", epoch_ms(t) AS \"time\", t AS time_dt, " QUERY
    ", {'uid': rule_group} AS firewall_rule, " CLASSES ", " ACTIVITY_ID
    "::INTEGER AS activity_id, " ACTIVITY_NAME " AS activity_name, "
    "(400300 + " ACTIVITY_ID ")::BIGINT AS type_uid, 'DNS Activity: ' || " ACTIVITY_NAME
    " AS type_name, "
    "rcode_number AS rcode_id, " RCODE " AS rcode, " DISPOSITION ", "
    "CASE verdict WHEN 1 THEN 'Allowed' WHEN 2 THEN 'Denied' WHEN 16 THEN 'Other' ELSE 'Unknown' "
    "END AS \"action\", "
    "CASE verdict WHEN 16 THEN 99 ELSE verdict END::INTEGER AS action_id, rest AS unmapped, "
    "account AS accountid, "
    "aws_region AS region, '1.1.0' AS asl_version, seen AS observables";
