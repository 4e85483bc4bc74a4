#include "question/lineage_sql.h"

#include <stddef.h>

#define CALLS                                                                                      \
    "(SELECT * FROM {from:cloudtrail} UNION ALL SELECT * FROM {from:s3_data} UNION ALL SELECT * "  \
    "FROM {from:lambda_execution})"

const char lineage_calls[] =
    "SELECT {time} AS time, {event} AS event, {operation} AS op, {key} AS \"key\", {user} AS who, "
    "coalesce({account}, {caller_account}) AS account, {region} AS region, {request} AS q, "
    "{response} AS r, {who} AS arn FROM " CALLS " WHERE {window} AND {ok} AND {operation} IN ("
    "'CreateAccessKey', 'AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', "
    "'AssumeRoot', 'GetSessionToken', 'GetFederationToken', 'CreateUser', 'CreateRole', "
    "'CreateLoginProfile', 'UpdateLoginProfile', 'ConsoleLogin', 'RunInstances', 'CreateBucket', "
    "'CreateFunction20150331', 'CreateFunction20181031', 'CreateFunction', 'CreatePolicy', "
    "'DeleteAccessKey', 'DeleteUser', 'DeleteRole', 'DeleteLoginProfile', 'TerminateInstances', "
    "'DeleteBucket', 'DeleteFunction20150331', 'DeleteFunction', 'DeletePolicy')";

const char lineage_keys[] =
    "SELECT {key} AS id, min({user}) AS who, min({who}) AS arn, min({principal}) AS principal, "
    "min({user_type}) AS type, min({caller_account}) AS account, count(*) AS calls, "
    "CAST(count_if({failed}) AS BIGINT) AS failed, min({time}) AS first, max({time}) AS last "
    "FROM " CALLS " WHERE {window} AND {key} <> '' GROUP BY 1";

/* What a successful call makes or deletes: verb, kind, and where its id and owner stand. */
const char *const lineage_prepare[] = {
    "CREATE OR REPLACE TABLE trace_facts AS WITH c AS (SELECT * FROM results.main.trace_calls) "
    "SELECT time, event, \"key\", account, region, 'made' AS verb, 'access key' AS kind, "
    "TRY(json_extract_string(r, '$.accessKey.accessKeyId')) AS id, "
    "TRY(json_extract_string(r, '$.accessKey.userName')) AS owner FROM c WHERE op = "
    "'CreateAccessKey' UNION ALL "
    "SELECT time, event, \"key\", account, region, 'made', 'session', TRY(json_extract_string(r, "
    "'$.credentials.accessKeyId')), "
    "coalesce(TRY(json_extract_string(r, '$.assumedRoleUser.arn')), TRY(json_extract_string(r, "
    "'$.federatedUser.arn')), arn) FROM c WHERE op IN "
    "('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot', "
    "'GetSessionToken', 'GetFederationToken') UNION ALL "
    "SELECT time, event, \"key\", account, region, CASE WHEN op = 'DeleteUser' THEN 'deleted' ELSE "
    "'made' END, 'user', "
    "TRY(json_extract_string(q, '$.userName')), TRY(json_extract_string(r, '$.user.arn')) FROM c "
    "WHERE op IN ('CreateUser', 'DeleteUser') UNION ALL "
    "SELECT time, event, \"key\", account, region, CASE WHEN op = 'DeleteRole' THEN 'deleted' ELSE "
    "'made' END, 'role', "
    "TRY(json_extract_string(q, '$.roleName')), TRY(json_extract_string(r, '$.role.arn')) FROM c "
    "WHERE op IN ('CreateRole', 'DeleteRole') UNION ALL "
    "SELECT time, event, \"key\", account, region, CASE WHEN op = 'DeleteLoginProfile' THEN "
    "'deleted' ELSE 'made' END, 'login profile', "
    "TRY(json_extract_string(q, '$.userName')), NULL FROM c WHERE op IN ('CreateLoginProfile', "
    "'UpdateLoginProfile', 'DeleteLoginProfile') UNION ALL "
    "SELECT time, event, \"key\", account, region, 'made', 'console session', who, arn FROM c "
    "WHERE op = 'ConsoleLogin' AND "
    "TRY(json_extract_string(r, '$.ConsoleLogin')) = 'Success' AND who IS NOT NULL UNION ALL "
    "SELECT time, event, \"key\", account, region, CASE WHEN op = 'TerminateInstances' THEN "
    "'deleted' ELSE 'made' END, 'instance', "
    "unnest(TRY(json_extract_string(r, '$.instancesSet.items[*].instanceId'))), NULL FROM c WHERE "
    "op IN ('RunInstances', 'TerminateInstances') UNION ALL "
    "SELECT time, event, \"key\", account, region, CASE WHEN op = 'DeleteBucket' THEN 'deleted' "
    "ELSE 'made' END, 'bucket', "
    "TRY(json_extract_string(q, '$.bucketName')), NULL FROM c WHERE op IN ('CreateBucket', "
    "'DeleteBucket') UNION ALL "
    "SELECT time, event, \"key\", account, region, CASE WHEN starts_with(op, 'Delete') THEN "
    "'deleted' ELSE 'made' END, 'function', "
    "TRY(json_extract_string(q, '$.functionName')), TRY(json_extract_string(q, '$.role')) FROM c "
    "WHERE op LIKE '%Function%' UNION ALL "
    "SELECT time, event, \"key\", account, region, CASE WHEN op = 'DeletePolicy' THEN 'deleted' "
    "ELSE 'made' END, 'policy', "
    "coalesce(TRY(json_extract_string(r, '$.policy.arn')), TRY(json_extract_string(q, "
    "'$.policyArn')), TRY(json_extract_string(q, '$.policyName'))), "
    "NULL FROM c WHERE op IN ('CreatePolicy', 'DeletePolicy') UNION ALL "
    "SELECT time, event, \"key\", account, region, 'deleted', 'access key', "
    "TRY(json_extract_string(q, '$.accessKeyId')), "
    "TRY(json_extract_string(q, '$.userName')) FROM c WHERE op = 'DeleteAccessKey'",

    "CREATE OR REPLACE TABLE trace_family (kind VARCHAR, id VARCHAR, owner VARCHAR, parent "
    "VARCHAR, account VARCHAR, region VARCHAR, made_event VARCHAR, "
    "made_at TIMESTAMP, depth INTEGER)",
    NULL,
};

const char lineage_seed[] =
    "INSERT INTO trace_family SELECT CASE WHEN starts_with($1, 'ASIA') THEN 'session' ELSE 'access "
    "key' END, $1, coalesce((SELECT any_value(arn) FROM "
    "results.main.trace_keys WHERE id = $1), (SELECT any_value(owner) FROM trace_facts WHERE verb "
    "= 'made' AND "
    "id = $1)), (SELECT any_value(\"key\") FROM trace_facts "
    "WHERE verb = 'made' AND id = $1), coalesce((SELECT any_value(account) FROM "
    "results.main.trace_keys WHERE "
    "id = $1), (SELECT any_value(account) FROM trace_facts "
    "WHERE id = $1)), NULL, (SELECT any_value(event) FROM trace_facts WHERE verb = 'made' AND id = "
    "$1), (SELECT min(time) FROM trace_facts WHERE verb = "
    "'made' AND id = $1), 0";

#define NEW_ONLY                                                                                   \
    " AND NOT EXISTS (FROM trace_family t WHERE t.kind = n.kind AND t.id = n.id AND (t.account "   \
    "IS NOT DISTINCT FROM n.account OR n.kind IN ('access "                                        \
    "key', 'session'))) QUALIFY row_number() OVER (PARTITION BY n.kind, n.id, CASE WHEN n.kind "   \
    "IN ('access key', 'session') THEN '' ELSE n.account END "                                     \
    "ORDER BY n.made_at NULLS LAST, n.made_event) = 1"
#define CREDENTIAL "('access key', 'session', 'console session', 'instance session')"

const char *const lineage_rounds[] = {
    /* what the family's credentials made */
    "INSERT INTO trace_family SELECT n.* FROM (SELECT f.kind, f.id, f.owner, f.\"key\" AS parent, "
    "f.account, f.region, f.event AS made_event, f.time AS "
    "made_at, m.depth + 1 AS depth FROM trace_facts f JOIN trace_family m ON m.id = f.\"key\" AND "
    "m.kind IN " CREDENTIAL " WHERE f.verb = 'made' AND f.kind "
    "<> 'console session' AND f.id IS NOT NULL) n WHERE TRUE" NEW_ONLY,
    /* keys of users the family made, whoever made the key */
    "INSERT INTO trace_family SELECT n.* FROM (SELECT 'access key' AS kind, f.id, f.owner, "
    "f.\"key\" AS parent, f.account, NULL AS region, f.event AS made_event, "
    "f.time AS made_at, m.depth + 1 AS depth FROM trace_facts f JOIN trace_family m ON m.kind = "
    "'user' AND m.id = f.owner AND m.account IS NOT DISTINCT FROM "
    "f.account WHERE f.verb = 'made' AND f.kind = 'access key' AND f.time >= m.made_at) n WHERE "
    "TRUE" NEW_ONLY,
    /* long-lived keys that such a user used though the log does not hold their making */
    "INSERT INTO trace_family SELECT n.* FROM (SELECT 'access key' AS kind, k.id, k.arn AS owner, "
    "m.parent, k.account, NULL AS region, NULL AS made_event, "
    "NULL::TIMESTAMP AS made_at, m.depth + 1 AS depth FROM results.main.trace_keys k JOIN "
    "trace_family m ON "
    "m.kind = 'user' AND m.id = k.who AND m.account IS NOT DISTINCT "
    "FROM k.account WHERE k.type = 'IAMUser' AND starts_with(k.id, 'AKIA') AND k.first >= "
    "m.made_at) n WHERE TRUE" NEW_ONLY,
    /* console sessions: a sign-in by a user whose password the family set, and the session keys the
       console used then */
    "INSERT INTO trace_family SELECT n.* FROM (SELECT 'console session' AS kind, k.id, k.arn AS "
    "owner, l.parent, k.account, NULL AS region, f.event AS "
    "made_event, f.time AS made_at, l.depth + 1 AS depth FROM trace_family l JOIN trace_facts f ON "
    "f.kind = 'console session' AND f.id = l.id AND f.account IS "
    "NOT DISTINCT FROM l.account AND f.time >= l.made_at JOIN results.main.trace_keys k ON k.who = "
    "l.id AND "
    "k.account IS NOT DISTINCT FROM l.account AND k.type = 'IAMUser' AND "
    "starts_with(k.id, 'ASIA') AND k.first >= f.time WHERE l.kind = 'login profile' AND NOT EXISTS "
    "(FROM trace_facts g WHERE g.verb = 'made' AND g.kind = "
    "'session' AND g.id = k.id)) n WHERE TRUE" NEW_ONLY,
    /* credentials of instances that the family launched: the session is named after the instance */
    "INSERT INTO trace_family SELECT n.* FROM (SELECT 'instance session' AS kind, k.id, k.arn AS "
    "owner, m.parent, k.account, m.region, m.made_event, k.first AS "
    "made_at, m.depth + 1 AS depth FROM results.main.trace_keys k JOIN trace_family m ON m.kind = "
    "'instance' "
    "AND split_part(k.principal, ':', 2) = m.id WHERE NOT EXISTS "
    "(FROM trace_family s WHERE s.id = k.id)) n WHERE TRUE" NEW_ONLY,
    NULL,
};

const char lineage_answer[] =
    "SELECT m.depth AS generation, m.kind, m.id, m.owner, m.parent, m.made_at, m.made_event, "
    "d.time AS deleted_at, d.\"key\" AS deleted_by, d.event AS "
    "deleted_event, CASE WHEN m.kind IN " CREDENTIAL
    " THEN coalesce(k.calls, 0) END AS calls, CASE WHEN m.kind IN " CREDENTIAL
    " THEN coalesce(k.failed, 0) END AS failed, k.first AS first_seen, k.last AS last_seen, "
    "m.account, m.region FROM trace_family m LEFT JOIN results.main.trace_keys k "
    "ON k.id = m.id AND m.kind IN " CREDENTIAL
    " LEFT JOIN (SELECT * FROM trace_facts WHERE verb = 'deleted' QUALIFY row_number() OVER "
    "(PARTITION BY kind, "
    "id, account ORDER BY time, event) = 1) d ON d.kind = m.kind AND d.id = m.id AND d.account IS "
    "NOT DISTINCT FROM m.account AND (m.made_at IS NULL OR "
    "d.time >= m.made_at) ORDER BY m.depth = 0 DESC, coalesce(m.made_at, k.first), m.made_event, "
    "m.kind, m.id";

const char *const lineage_drop[] = {"DROP TABLE IF EXISTS trace_facts",

                                    "DROP TABLE IF EXISTS trace_family",
                                    "DROP TABLE IF EXISTS results.main.trace_calls",
                                    "DROP TABLE IF EXISTS results.main.trace_keys", NULL};
