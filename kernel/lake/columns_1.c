#include "lake/columns.h"

#include "base/base.h"

#include <string.h>

/* Version 1.0 (OCSF 1.0.0-rc.2): the union of what AWS's files hold; within one table the files
 * differ by class. */
static const struct lake_column cloudtrail_1[] = {
    {"metadata",
     "STRUCT(product STRUCT(\"version\" VARCHAR, \"name\" VARCHAR, vendor_name VARCHAR, "
     "feature STRUCT(\"name\" VARCHAR)), uid VARCHAR, profiles VARCHAR[], \"version\" VARCHAR)"},
    {"time", "BIGINT"},
    {"cloud", "STRUCT(region VARCHAR, provider VARCHAR)"},
    {"api", "STRUCT(response STRUCT(\"error\" VARCHAR, message VARCHAR), operation VARCHAR, "
            "\"version\" VARCHAR, "
            "service STRUCT(\"name\" VARCHAR), request STRUCT(uid VARCHAR))"},
    {"dst_endpoint", "STRUCT(svc_name VARCHAR)"},
    {"resources", "STRUCT(uid VARCHAR, account_uid VARCHAR, \"type\" VARCHAR)[]"},
    {"actor", "STRUCT(\"user\" STRUCT(\"type\" VARCHAR, \"name\" VARCHAR, uid VARCHAR, uuid "
              "VARCHAR, account_uid "
              "VARCHAR, credential_uid VARCHAR), \"session\" STRUCT(created_time BIGINT, mfa "
              "BOOLEAN, issuer VARCHAR), "
              "invoked_by VARCHAR, idp STRUCT(\"name\" VARCHAR))"},
    {"http_request", "STRUCT(user_agent VARCHAR)"},
    {"src_endpoint", "STRUCT(uid VARCHAR, ip VARCHAR, \"domain\" VARCHAR)"},
    {"class_name", "VARCHAR"},
    {"class_uid", "INTEGER"},
    {"category_name", "VARCHAR"},
    {"category_uid", "INTEGER"},
    {"severity_id", "INTEGER"},
    {"severity", "VARCHAR"},
    {"user", "STRUCT(uid VARCHAR, uuid VARCHAR, \"name\" VARCHAR)"},
    {"activity_name", "VARCHAR"},
    {"activity_id", "INTEGER"},
    {"type_uid", "INTEGER"},
    {"type_name", "VARCHAR"},
    {"status", "VARCHAR"},
    {"status_id", "INTEGER"},
    {"mfa", "BOOLEAN"},
    {"unmapped", "MAP(VARCHAR, VARCHAR)"},
};

#define ENDPOINT_1                                                                                 \
    "STRUCT(port INTEGER, svc_name VARCHAR, ip VARCHAR, intermediate_ips VARCHAR[], "              \
    "interface_uid VARCHAR, "                                                                      \
    "vpc_uid VARCHAR, instance_uid VARCHAR, subnet_uid VARCHAR)"
#define PRODUCT_1                                                                                  \
    "STRUCT(product STRUCT(\"version\" VARCHAR, \"name\" VARCHAR, feature STRUCT(\"name\" "        \
    "VARCHAR), vendor_name "                                                                       \
    "VARCHAR), profiles VARCHAR[], \"version\" VARCHAR)"

static const struct lake_column vpc_flow_1[] = {
    {"metadata", PRODUCT_1},
    {"cloud", "STRUCT(account_uid VARCHAR, region VARCHAR, \"zone\" VARCHAR, provider VARCHAR)"},
    {"src_endpoint", ENDPOINT_1},
    {"dst_endpoint", ENDPOINT_1},
    {"connection_info",
     "STRUCT(protocol_num INTEGER, tcp_flags INTEGER, protocol_ver VARCHAR, boundary_id INTEGER, "
     "boundary VARCHAR, direction_id INTEGER, direction VARCHAR)"},
    {"traffic", "STRUCT(packets BIGINT, bytes BIGINT)"},
    {"time", "BIGINT"},
    {"start_time", "BIGINT"},
    {"end_time", "BIGINT"},
    {"status_code", "VARCHAR"},
    {"severity_id", "INTEGER"},
    {"severity", "VARCHAR"},
    {"class_name", "VARCHAR"},
    {"class_uid", "INTEGER"},
    {"category_name", "VARCHAR"},
    {"category_uid", "INTEGER"},
    {"activity_name", "VARCHAR"},
    {"activity_id", "INTEGER"},
    {"disposition", "VARCHAR"},
    {"disposition_id", "INTEGER"},
    {"type_uid", "INTEGER"},
    {"type_name", "VARCHAR"},
    {"unmapped", "MAP(VARCHAR, VARCHAR)"},
};

static const struct lake_column route53_1[] = {
    {"metadata", PRODUCT_1},
    {"cloud", "STRUCT(account_uid VARCHAR, region VARCHAR, provider VARCHAR)"},
    {"src_endpoint", "STRUCT(vpc_uid VARCHAR, ip VARCHAR, port INTEGER, instance_uid VARCHAR)"},
    {"time", "BIGINT"},
    {"query", "STRUCT(hostname VARCHAR, \"type\" VARCHAR, class VARCHAR)"},
    {"answers", "STRUCT(\"type\" VARCHAR, rdata VARCHAR, class VARCHAR)[]"},
    {"connection_info", "STRUCT(protocol_name VARCHAR, direction VARCHAR, direction_id INTEGER)"},
    {"dst_endpoint", "STRUCT(instance_uid VARCHAR, interface_uid VARCHAR)"},
    {"severity_id", "INTEGER"},
    {"severity", "VARCHAR"},
    {"class_name", "VARCHAR"},
    {"class_uid", "INTEGER"},
    {"category_name", "VARCHAR"},
    {"category_uid", "INTEGER"},
    {"rcode_id", "INTEGER"},
    {"rcode", "VARCHAR"},
    {"activity_id", "INTEGER"},
    {"activity_name", "VARCHAR"},
    {"type_name", "VARCHAR"},
    {"type_uid", "INTEGER"},
    {"disposition", "VARCHAR"},
    {"disposition_id", "INTEGER"},
    {"unmapped", "MAP(VARCHAR, VARCHAR)"},
};

static const struct lake_column findings_1[] = {
    {"metadata",
     "STRUCT(product STRUCT(\"version\" VARCHAR, feature STRUCT(uid VARCHAR, \"name\" VARCHAR), "
     "uid VARCHAR, "
     "vendor_name VARCHAR, \"name\" VARCHAR), profiles VARCHAR[], \"version\" VARCHAR)"},
    {"time", "BIGINT"},
    {"confidence", "INTEGER"},
    {"cloud", "STRUCT(account_uid VARCHAR, region VARCHAR, provider VARCHAR)"},
    {"resources", "STRUCT(\"type\" VARCHAR, uid VARCHAR, cloud_partition VARCHAR, region VARCHAR, "
                  "labels VARCHAR[], "
                  "details VARCHAR, criticality VARCHAR)[]"},
    {"finding", "STRUCT(created_time BIGINT, uid VARCHAR, \"desc\" VARCHAR, title VARCHAR, "
                "modified_time BIGINT, "
                "first_seen_time BIGINT, last_seen_time BIGINT, related_events STRUCT(product_uid "
                "VARCHAR, uid VARCHAR)[], "
                "\"types\" VARCHAR[], remediation STRUCT(\"desc\" VARCHAR, kb_articles VARCHAR[]), "
                "src_url VARCHAR)"},
    {"compliance", "STRUCT(status VARCHAR, requirements VARCHAR[], status_detail VARCHAR)"},
    {"malware", "STRUCT(\"name\" VARCHAR, path VARCHAR, classification_ids INTEGER[], "
                "classifications VARCHAR[])[]"},
    {"process", "STRUCT(\"name\" VARCHAR, pid INTEGER, file STRUCT(path VARCHAR, type_id INTEGER, "
                "\"name\" VARCHAR), "
                "parent_process STRUCT(pid INTEGER), created_time BIGINT, terminated_time BIGINT)"},
    {"vulnerabilities",
     "STRUCT(cve STRUCT(cvss STRUCT(base_score FLOAT, vector_string VARCHAR, \"version\" VARCHAR), "
     "uid "
     "VARCHAR, created_time BIGINT, modified_time BIGINT), \"references\" VARCHAR[], "
     "related_vulnerabilities VARCHAR[], vendor_name VARCHAR, kb_articles VARCHAR[], packages "
     "STRUCT(architecture VARCHAR, \"name\" VARCHAR, epoch INTEGER, \"release\" VARCHAR, "
     "\"version\" "
     "VARCHAR)[])[]"},
    {"class_name", "VARCHAR"},
    {"class_uid", "INTEGER"},
    {"category_name", "VARCHAR"},
    {"category_uid", "INTEGER"},
    {"severity_id", "INTEGER"},
    {"severity", "VARCHAR"},
    {"activity_name", "VARCHAR"},
    {"activity_id", "INTEGER"},
    {"type_uid", "INTEGER"},
    {"type_name", "VARCHAR"},
    {"state_id", "INTEGER"},
    {"state", "VARCHAR"},
    {"unmapped", "MAP(VARCHAR, VARCHAR)"},
};

static const struct {
    const char *suffix;
    const struct lake_column *columns;
    size_t count;
} version_1[] = {
    {"cloud_trail_mgmt", cloudtrail_1, COUNT(cloudtrail_1)},
    {"s3_data", cloudtrail_1, COUNT(cloudtrail_1)},
    {"lambda_execution", cloudtrail_1, COUNT(cloudtrail_1)},
    {"vpc_flow", vpc_flow_1, COUNT(vpc_flow_1)},
    {"route53", route53_1, COUNT(route53_1)},
    {"sh_findings", findings_1, COUNT(findings_1)},
};

const struct lake_column *lake_columns_1(const char *suffix, size_t *count)
{
    for (size_t i = 0; i < COUNT(version_1); i++)
        if (strcmp(version_1[i].suffix, suffix) == 0) {
            *count = version_1[i].count;
            return version_1[i].columns;
        }
    *count = 0;
    return NULL;
}
