/* How rows of version 1 become rows of version 2: the same meaning under version 2's names.
   Versions 1 and 2 swap uid and uuid of a user (1: uid = principal id, uuid = ARN; 2: uid = ARN,
   uid_alt = principal id). */
#include "lake/columns.h"

#include "base/base.h"

#include <string.h>

struct upgrade {
    const char *column;
    const char *expression;
};

#define TIMES                                                                                      \
    {                                                                                              \
        "time_dt", "epoch_ms(\"time\")"                                                            \
    }
#define CLASS_UP                                                                                   \
    {                                                                                              \
        "type_uid", "CAST(type_uid AS BIGINT)"                                                     \
    }
#define ACTION_UP                                                                                  \
    {"action",                                                                                     \
     "CASE lower(disposition) WHEN 'blocked' THEN 'Denied' WHEN 'allowed' THEN 'Allowed' END"},    \
    {                                                                                              \
        "action_id", "CASE lower(disposition) WHEN 'blocked' THEN 2 WHEN 'allowed' THEN 1 END"     \
    }
#define CLOUD_UP                                                                                   \
    "{'account': {'uid': cloud.account_uid}, 'region': cloud.region, 'provider': cloud.provider}"

/* nest_prefix() is a macro of ours: the flattened entries of unmapped below a prefix, as JSON text
 * again. */
static const struct upgrade cloudtrail_up[] = {
    TIMES,
    CLASS_UP,
    {"metadata", "{'product': metadata.product, 'event_code': unmapped['eventType'], 'uid': "
                 "metadata.uid, 'profiles': "
                 "metadata.profiles, 'version': metadata.\"version\"}"},
    {"api",
     "{'response': {'error': api.response.\"error\", 'message': api.response.message, 'data': "
     "nest_prefix(unmapped, 'responseElements.')}, 'operation': api.operation, 'version': "
     "api.\"version\", "
     "'service': api.service, 'request': {'data': nest_prefix(unmapped, 'requestParameters.'), "
     "'uid': "
     "api.request.uid}}"},
    {"actor", "{'user': {'type': actor.\"user\".\"type\", 'name': actor.\"user\".\"name\", "
              "'uid_alt': actor.\"user\".uid, "
              "'uid': actor.\"user\".uuid, 'account': {'uid': actor.\"user\".account_uid}, "
              "'credential_uid': "
              "actor.\"user\".credential_uid}, 'session': {'created_time_dt': "
              "epoch_ms(actor.\"session\".created_time), "
              "'is_mfa': actor.\"session\".mfa, 'issuer': actor.\"session\".issuer}, 'invoked_by': "
              "actor.invoked_by, "
              "'idp': actor.idp}"},
    {"user", "{'uid_alt': \"user\".uid, 'uid': \"user\".uuid, 'name': \"user\".\"name\"}"},
    {"resources", "list_transform(resources, lambda r: {'uid': r.uid, 'owner': {'account': {'uid': "
                  "r.account_uid}}, "
                  "'type': r.\"type\"})"},
    {"is_mfa", "mfa"},
};

static const struct upgrade vpc_flow_up[] = {
    TIMES,
    CLASS_UP,
    ACTION_UP,
    {"start_time_dt", "epoch_ms(start_time)"},
    {"end_time_dt", "epoch_ms(end_time)"},
    {"cloud", "{'account': {'uid': cloud.account_uid}, 'region': cloud.region, 'zone': "
              "cloud.\"zone\", 'provider': "
              "cloud.provider}"},
};

static const struct upgrade route53_up[] = {
    TIMES,
    CLASS_UP,
    ACTION_UP,
    {"cloud", CLOUD_UP},
};

static const struct upgrade findings_up[] = {
    TIMES,
    CLASS_UP,
    {"cloud", CLOUD_UP},
    {"status", "state"},
    {"confidence_score", "confidence"},
    {"finding_info",
     "{'created_time_dt': epoch_ms(finding.created_time), 'uid': finding.uid, 'desc': "
     "finding.\"desc\", 'title': "
     "finding.title, 'modified_time_dt': epoch_ms(finding.modified_time), 'first_seen_time_dt': "
     "epoch_ms(finding.first_seen_time), 'last_seen_time_dt': epoch_ms(finding.last_seen_time), "
     "'related_events': "
     "finding.related_events, 'types': finding.\"types\", 'src_url': finding.src_url}"},
    {"remediation",
     "{'desc': finding.remediation.\"desc\", 'references': finding.remediation.kb_articles}"},
    {"resources",
     "list_transform(resources, lambda r: {'type': r.\"type\", 'uid': r.uid, 'cloud_partition': "
     "r.cloud_partition, 'region': r.region, 'labels': r.labels, 'data': r.details, 'criticality': "
     "r.criticality})"},
    {"vulnerabilities", "NULL"},
    {"evidences", "NULL"},
};

static const struct {
    const char *suffix;
    const struct upgrade *rows;
    size_t count;
} upgrades[] = {
    {"cloud_trail_mgmt", cloudtrail_up, COUNT(cloudtrail_up)},
    {"s3_data", cloudtrail_up, COUNT(cloudtrail_up)},
    {"lambda_execution", cloudtrail_up, COUNT(cloudtrail_up)},
    {"vpc_flow", vpc_flow_up, COUNT(vpc_flow_up)},
    {"route53", route53_up, COUNT(route53_up)},
    {"sh_findings", findings_up, COUNT(findings_up)},
};

static const char *same_name(const struct source *source, const char *column)
{
    size_t count;
    const struct lake_column *columns = lake_columns(source, 1, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(columns[i].name, column) == 0)
            return columns[i].name;
    return NULL;
}

const char *lake_upgrade(const struct source *source, const char *column)
{
    for (size_t i = 0; i < COUNT(upgrades); i++) {
        if (strcmp(upgrades[i].suffix, source->suffix) != 0)
            continue;
        for (size_t j = 0; j < upgrades[i].count; j++)
            if (strcmp(upgrades[i].rows[j].column, column) == 0)
                return upgrades[i].rows[j].expression;
    }
    return same_name(source, column);
}
