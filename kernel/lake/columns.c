#include "lake/columns.h"

#include "base/base.h"

#include <string.h>

/* Version 2.0 (OCSF 1.1.0); CloudTrail management, S3 data and Lambda data events share one list.
 */
static const struct lake_column cloudtrail_columns[] = {
    {"metadata",
     "STRUCT(product STRUCT(\"version\" VARCHAR, \"name\" VARCHAR, vendor_name VARCHAR, "
     "feature STRUCT(\"name\" VARCHAR)), event_code VARCHAR, uid VARCHAR, profiles "
     "VARCHAR[], \"version\" VARCHAR)"},
    {"time", "BIGINT"},
    {"time_dt", "TIMESTAMP"},
    {"cloud", "STRUCT(region VARCHAR, provider VARCHAR)"},
    {"api", "STRUCT(response STRUCT(\"error\" VARCHAR, message VARCHAR, \"data\" VARCHAR), "
            "operation VARCHAR, \"version\" VARCHAR, service STRUCT(\"name\" VARCHAR), request "
            "STRUCT(\"data\" VARCHAR, uid VARCHAR))"},
    {"dst_endpoint", "STRUCT(svc_name VARCHAR)"},
    {"actor", "STRUCT(\"user\" STRUCT(\"type\" VARCHAR, \"name\" VARCHAR, uid_alt VARCHAR, uid "
              "VARCHAR, account STRUCT(uid VARCHAR), credential_uid VARCHAR), \"session\" "
              "STRUCT(created_time_dt TIMESTAMP, is_mfa BOOLEAN, issuer VARCHAR), invoked_by "
              "VARCHAR, idp STRUCT(\"name\" VARCHAR))"},
    {"http_request", "STRUCT(user_agent VARCHAR)"},
    {"src_endpoint", "STRUCT(uid VARCHAR, ip VARCHAR, \"domain\" VARCHAR)"},
    {"session", "STRUCT(uid VARCHAR, uid_alt VARCHAR, credential_uid VARCHAR, issuer VARCHAR)"},
    {"policy", "STRUCT(uid VARCHAR)"},
    {"resources", "STRUCT(uid VARCHAR, \"owner\" STRUCT(account STRUCT(uid VARCHAR)), \"type\" "
                  "VARCHAR)[]"},
    {"class_name", "VARCHAR"},
    {"class_uid", "INTEGER"},
    {"category_name", "VARCHAR"},
    {"category_uid", "INTEGER"},
    {"severity_id", "INTEGER"},
    {"severity", "VARCHAR"},
    {"user", "STRUCT(uid_alt VARCHAR, uid VARCHAR, \"name\" VARCHAR)"},
    {"activity_name", "VARCHAR"},
    {"activity_id", "INTEGER"},
    {"type_uid", "BIGINT"},
    {"type_name", "VARCHAR"},
    {"status", "VARCHAR"},
    {"is_mfa", "BOOLEAN"},
    {"unmapped", "MAP(VARCHAR, VARCHAR)"},
    {"accountid", "VARCHAR"},
    {"region", "VARCHAR"},
    {"asl_version", "VARCHAR"},
    {"observables",
     "STRUCT(\"name\" VARCHAR, \"value\" VARCHAR, \"type\" VARCHAR, type_id INTEGER)[]"},
};

static const struct lake_column eks_audit_columns[] = {
    {"metadata",
     "STRUCT(log_level VARCHAR, product STRUCT(\"version\" VARCHAR, vendor_name "
     "VARCHAR, \"name\" VARCHAR, feature STRUCT(\"name\" VARCHAR)), profiles VARCHAR[], "
     "\"version\" VARCHAR)"},
    {"api",
     "STRUCT(request STRUCT(uid VARCHAR, containers STRUCT(\"name\" VARCHAR, image "
     "STRUCT(\"name\" VARCHAR, \"path\" VARCHAR, uid VARCHAR))[]), operation VARCHAR, "
     "\"version\" VARCHAR, response STRUCT(code INTEGER, message VARCHAR, \"error\" "
     "VARCHAR, error_message VARCHAR, containers STRUCT(\"name\" VARCHAR, image "
     "STRUCT(\"name\" VARCHAR, \"path\" VARCHAR, uid VARCHAR))[]), \"group\" STRUCT(\"name\" "
     "VARCHAR))"},
    {"message", "VARCHAR"},
    {"http_request", "STRUCT(url STRUCT(\"path\" VARCHAR), user_agent VARCHAR)"},
    {"actor", "STRUCT(\"user\" STRUCT(\"name\" VARCHAR, uid VARCHAR, groups STRUCT(\"name\" "
              "VARCHAR)[], type_id INTEGER), \"session\" STRUCT(credential_uid VARCHAR, issuer "
              "VARCHAR, uid VARCHAR))"},
    {"cloud", "STRUCT(account STRUCT(uid VARCHAR), provider VARCHAR)"},
    {"src_endpoint", "STRUCT(ip VARCHAR, intermediate_ips VARCHAR[])"},
    {"resources", "STRUCT(namespace VARCHAR, \"name\" VARCHAR, uid VARCHAR, \"version\" VARCHAR, "
                  "\"type\" VARCHAR)[]"},
    {"start_time_dt", "TIMESTAMP"},
    {"time_dt", "TIMESTAMP"},
    {"time", "BIGINT"},
    {"severity_id", "INTEGER"},
    {"severity", "VARCHAR"},
    {"class_name", "VARCHAR"},
    {"class_uid", "INTEGER"},
    {"category_name", "VARCHAR"},
    {"category_uid", "INTEGER"},
    {"activity_name", "VARCHAR"},
    {"activity_id", "INTEGER"},
    {"type_name", "VARCHAR"},
    {"type_uid", "BIGINT"},
    {"unmapped", "MAP(VARCHAR, VARCHAR)"},
    {"accountid", "VARCHAR"},
    {"region", "VARCHAR"},
    {"asl_version", "VARCHAR"},
    {"observables",
     "STRUCT(\"name\" VARCHAR, \"value\" VARCHAR, \"type\" VARCHAR, type_id INTEGER)[]"},
};

static const struct lake_column route53_columns[] = {
    {"metadata", "STRUCT(product STRUCT(\"version\" VARCHAR, \"name\" VARCHAR, feature "
                 "STRUCT(\"name\" VARCHAR), vendor_name VARCHAR), profiles VARCHAR[], \"version\" "
                 "VARCHAR)"},
    {"cloud", "STRUCT(account STRUCT(uid VARCHAR), region VARCHAR, provider VARCHAR)"},
    {"src_endpoint", "STRUCT(vpc_uid VARCHAR, ip VARCHAR, port INTEGER, instance_uid VARCHAR)"},
    {"time", "BIGINT"},
    {"time_dt", "TIMESTAMP"},
    {"query", "STRUCT(hostname VARCHAR, \"type\" VARCHAR, \"class\" VARCHAR)"},
    {"answers", "STRUCT(\"type\" VARCHAR, rdata VARCHAR, \"class\" VARCHAR)[]"},
    {"connection_info", "STRUCT(protocol_name VARCHAR, direction VARCHAR, direction_id INTEGER)"},
    {"dst_endpoint", "STRUCT(instance_uid VARCHAR, interface_uid VARCHAR)"},
    {"firewall_rule", "STRUCT(uid VARCHAR)"},
    {"severity_id", "INTEGER"},
    {"severity", "VARCHAR"},
    {"class_name", "VARCHAR"},
    {"class_uid", "INTEGER"},
    {"category_name", "VARCHAR"},
    {"category_uid", "INTEGER"},
    {"activity_id", "INTEGER"},
    {"activity_name", "VARCHAR"},
    {"type_uid", "BIGINT"},
    {"type_name", "VARCHAR"},
    {"rcode_id", "INTEGER"},
    {"rcode", "VARCHAR"},
    {"disposition", "VARCHAR"},
    {"action", "VARCHAR"},
    {"action_id", "INTEGER"},
    {"unmapped", "MAP(VARCHAR, VARCHAR)"},
    {"accountid", "VARCHAR"},
    {"region", "VARCHAR"},
    {"asl_version", "VARCHAR"},
    {"observables",
     "STRUCT(\"name\" VARCHAR, \"value\" VARCHAR, \"type\" VARCHAR, type_id INTEGER)[]"},
};

static const struct lake_column findings_columns[] = {
    {"metadata", "STRUCT(log_version VARCHAR, product STRUCT(feature STRUCT(uid VARCHAR, \"name\" "
                 "VARCHAR), uid VARCHAR, \"name\" VARCHAR, vendor_name VARCHAR, \"version\" "
                 "VARCHAR), processed_time_dt TIMESTAMP, profiles VARCHAR[], \"version\" VARCHAR, "
                 "extensions STRUCT(\"name\" VARCHAR, uid VARCHAR, \"version\" VARCHAR)[])"},
    {"time", "BIGINT"},
    {"time_dt", "TIMESTAMP"},
    {"confidence_score", "INTEGER"},
    {"message", "VARCHAR"},
    {"cloud", "STRUCT(account STRUCT(uid VARCHAR), region VARCHAR, provider VARCHAR)"},
    {"resource", "STRUCT(\"type\" VARCHAR, uid VARCHAR, cloud_partition VARCHAR, region VARCHAR, "
                 "labels VARCHAR[], \"data\" VARCHAR, criticality VARCHAR)"},
    {"finding_info",
     "STRUCT(created_time_dt TIMESTAMP, uid VARCHAR, \"desc\" VARCHAR, title VARCHAR, "
     "modified_time_dt TIMESTAMP, first_seen_time_dt TIMESTAMP, last_seen_time_dt "
     "TIMESTAMP, related_events STRUCT(product_uid VARCHAR, uid VARCHAR)[], types "
     "VARCHAR[], src_url VARCHAR)"},
    {"remediation", "STRUCT(\"desc\" VARCHAR, \"references\" VARCHAR[])"},
    {"compliance",
     "STRUCT(standards VARCHAR[], requirements VARCHAR[], \"control\" VARCHAR, status "
     "VARCHAR, status_detail VARCHAR, status_code VARCHAR)"},
    {"vulnerabilities",
     "STRUCT(remediation STRUCT(\"desc\" VARCHAR, \"references\" VARCHAR[]), cve "
     "STRUCT(cvss STRUCT(base_score DECIMAL(3,1), vector_string VARCHAR, \"version\" "
     "VARCHAR)[], uid VARCHAR, epss STRUCT(score VARCHAR), \"references\" VARCHAR[], "
     "created_time_dt TIMESTAMP, modified_time_dt TIMESTAMP), \"references\" "
     "VARCHAR[], related_vulnerabilities VARCHAR[], vendor_name VARCHAR, "
     "affected_packages STRUCT(architecture VARCHAR, epoch INTEGER, \"path\" VARCHAR, "
     "fixed_in_version VARCHAR, \"name\" VARCHAR, package_manager VARCHAR, \"release\" "
     "VARCHAR, remediation STRUCT(\"desc\" VARCHAR), \"version\" VARCHAR)[], cwe "
     "STRUCT(uid VARCHAR), affected_code STRUCT(\"end_line\" INTEGER, file "
     "STRUCT(\"name\" VARCHAR, \"path\" VARCHAR, uid VARCHAR, type_id INTEGER), "
     "start_line INTEGER)[], is_fix_available BOOLEAN, is_exploit_available "
     "BOOLEAN)[]"},
    {"resources",
     "STRUCT(\"type\" VARCHAR, uid VARCHAR, cloud_partition VARCHAR, region VARCHAR, "
     "labels VARCHAR[], \"data\" VARCHAR, criticality VARCHAR, \"owner\" STRUCT(account "
     "STRUCT(uid VARCHAR)))[]"},
    {"evidences",
     "STRUCT(\"data\" VARCHAR, actor STRUCT(process STRUCT(created_time_dt TIMESTAMP, "
     "\"name\" VARCHAR, pid INTEGER, uid VARCHAR, \"user\" STRUCT(\"name\" VARCHAR, uid "
     "VARCHAR), cmd_line VARCHAR, parent_process STRUCT(uid VARCHAR), file "
     "STRUCT(\"path\" VARCHAR, \"name\" VARCHAR, type_id INTEGER, hashes STRUCT(\"value\" "
     "VARCHAR, algorithm_id INTEGER, algorithm VARCHAR)[]), euid INTEGER), api "
     "STRUCT(operation VARCHAR, response STRUCT(\"error\" VARCHAR, code INTEGER), "
     "service STRUCT(\"name\" VARCHAR)), src_endpoint STRUCT(ip VARCHAR, \"location\" "
     "STRUCT(country VARCHAR, city VARCHAR, coordinates DECIMAL(9,6)[]), port "
     "INTEGER), connection_info STRUCT(protocol_name VARCHAR, direction_id INTEGER, "
     "direction VARCHAR), dst_endpoint STRUCT(ip VARCHAR, port INTEGER, \"location\" "
     "STRUCT(city VARCHAR, country VARCHAR, coordinates DECIMAL(9,6)[])), query "
     "STRUCT(hostname VARCHAR)))[]"},
    {"class_name", "VARCHAR"},
    {"class_uid", "INTEGER"},
    {"category_name", "VARCHAR"},
    {"category_uid", "INTEGER"},
    {"severity_id", "INTEGER"},
    {"severity", "VARCHAR"},
    {"activity_name", "VARCHAR"},
    {"activity_id", "INTEGER"},
    {"type_uid", "BIGINT"},
    {"type_name", "VARCHAR"},
    {"status", "VARCHAR"},
    {"unmapped", "MAP(VARCHAR, VARCHAR)"},
    {"accountid", "VARCHAR"},
    {"region", "VARCHAR"},
    {"asl_version", "VARCHAR"},
    {"observables",
     "STRUCT(\"name\" VARCHAR, \"value\" VARCHAR, \"type\" VARCHAR, type_id INTEGER)[]"},
};

static const struct lake_column vpc_flow_columns[] = {
    {"metadata", "STRUCT(product STRUCT(\"version\" VARCHAR, \"name\" VARCHAR, feature "
                 "STRUCT(\"name\" VARCHAR), vendor_name VARCHAR), profiles VARCHAR[], \"version\" "
                 "VARCHAR)"},
    {"cloud", "STRUCT(account STRUCT(uid VARCHAR), region VARCHAR, zone VARCHAR, provider "
              "VARCHAR)"},
    {"src_endpoint", "STRUCT(port INTEGER, svc_name VARCHAR, ip VARCHAR, intermediate_ips "
                     "VARCHAR[], interface_uid VARCHAR, vpc_uid VARCHAR, instance_uid VARCHAR, "
                     "subnet_uid VARCHAR)"},
    {"dst_endpoint", "STRUCT(port INTEGER, svc_name VARCHAR, ip VARCHAR, intermediate_ips "
                     "VARCHAR[], interface_uid VARCHAR, vpc_uid VARCHAR, instance_uid VARCHAR, "
                     "subnet_uid VARCHAR)"},
    {"connection_info", "STRUCT(protocol_num INTEGER, tcp_flags INTEGER, protocol_ver VARCHAR, "
                        "boundary_id INTEGER, boundary VARCHAR, direction_id INTEGER, direction "
                        "VARCHAR)"},
    {"traffic", "STRUCT(packets BIGINT, bytes BIGINT)"},
    {"time", "BIGINT"},
    {"time_dt", "TIMESTAMP"},
    {"start_time_dt", "TIMESTAMP"},
    {"end_time_dt", "TIMESTAMP"},
    {"status_code", "VARCHAR"},
    {"severity_id", "INTEGER"},
    {"severity", "VARCHAR"},
    {"class_name", "VARCHAR"},
    {"class_uid", "INTEGER"},
    {"category_name", "VARCHAR"},
    {"category_uid", "INTEGER"},
    {"activity_name", "VARCHAR"},
    {"activity_id", "INTEGER"},
    {"action", "VARCHAR"},
    {"action_id", "INTEGER"},
    {"disposition", "VARCHAR"},
    {"type_uid", "BIGINT"},
    {"type_name", "VARCHAR"},
    {"accountid", "VARCHAR"},
    {"region", "VARCHAR"},
    {"asl_version", "VARCHAR"},
    {"unmapped", "MAP(VARCHAR, VARCHAR)"},
    {"observables",
     "STRUCT(\"name\" VARCHAR, \"value\" VARCHAR, \"type\" VARCHAR, type_id INTEGER)[]"},
};

static const struct lake_column waf_columns[] = {
    {"metadata", "STRUCT(product STRUCT(feature STRUCT(uid VARCHAR), \"version\" VARCHAR, "
                 "vendor_name VARCHAR, \"name\" VARCHAR), labels VARCHAR[], profiles VARCHAR[], "
                 "\"version\" VARCHAR)"},
    {"src_endpoint",
     "STRUCT(svc_name VARCHAR, uid VARCHAR, ip VARCHAR, \"location\" STRUCT(country "
     "VARCHAR))"},
    {"http_request",
     "STRUCT(url STRUCT(\"path\" VARCHAR, hostname VARCHAR), \"version\" VARCHAR, "
     "http_method VARCHAR, uid VARCHAR, args VARCHAR, http_headers STRUCT(\"name\" "
     "VARCHAR, \"value\" VARCHAR)[], user_agent VARCHAR, x_forwarded_for VARCHAR[], "
     "referrer VARCHAR)"},
    {"firewall_rule", "STRUCT(uid VARCHAR, \"type\" VARCHAR, \"condition\" VARCHAR, match_location "
                      "VARCHAR, match_details VARCHAR[], rate_limit INTEGER)"},
    {"http_status", "INTEGER"},
    {"time", "BIGINT"},
    {"time_dt", "TIMESTAMP"},
    {"class_name", "VARCHAR"},
    {"class_uid", "INTEGER"},
    {"category_name", "VARCHAR"},
    {"category_uid", "INTEGER"},
    {"severity_id", "INTEGER"},
    {"severity", "VARCHAR"},
    {"cloud", "STRUCT(provider VARCHAR)"},
    {"activity_name", "VARCHAR"},
    {"activity_id", "INTEGER"},
    {"type_name", "VARCHAR"},
    {"type_uid", "BIGINT"},
    {"action", "VARCHAR"},
    {"action_id", "INTEGER"},
    {"disposition", "VARCHAR"},
    {"disposition_id", "INTEGER"},
    {"unmapped", "MAP(VARCHAR, VARCHAR)"},
    {"accountid", "VARCHAR"},
    {"region", "VARCHAR"},
    {"asl_version", "VARCHAR"},
    {"observables",
     "STRUCT(\"name\" VARCHAR, \"value\" VARCHAR, \"type\" VARCHAR, type_id INTEGER)[]"},
};

struct column_list {
    const char *suffix;
    const struct lake_column *columns;
    size_t count;
};

static const struct column_list version_2[] = {
    {"cloud_trail_mgmt", cloudtrail_columns, COUNT(cloudtrail_columns)},
    {"s3_data", cloudtrail_columns, COUNT(cloudtrail_columns)},
    {"lambda_execution", cloudtrail_columns, COUNT(cloudtrail_columns)},
    {"eks_audit", eks_audit_columns, COUNT(eks_audit_columns)},
    {"route53", route53_columns, COUNT(route53_columns)},
    {"sh_findings", findings_columns, COUNT(findings_columns)},
    {"vpc_flow", vpc_flow_columns, COUNT(vpc_flow_columns)},
    {"waf", waf_columns, COUNT(waf_columns)},
};

const struct lake_column *lake_columns(const struct source *source, int version, size_t *count)
{
    *count = 0;
    if (version == 1)
        return lake_columns_1(source->suffix, count);
    for (size_t i = 0; i < COUNT(version_2); i++)
        if (strcmp(version_2[i].suffix, source->suffix) == 0) {
            *count = version_2[i].count;
            return version_2[i].columns;
        }
    return NULL;
}
