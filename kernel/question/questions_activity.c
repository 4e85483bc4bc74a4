/* What was done with it: network, data, money, and whether the logs themselves can be trusted. */
#include "question/questions.h"

#define DESTRUCTIVE                                                                                \
    "'ScheduleKeyDeletion', 'DisableKey', 'PutKeyPolicy', 'DeleteBucket', 'PutBucketVersioning', " \
    "'PutBucketLifecycle', "                                                                       \
    "'PutBucketLifecycleConfiguration', 'PutBucketEncryption', 'DeleteSnapshot', 'DeleteVolume', " \
    "'DeregisterImage', "                                                                          \
    "'DeleteDBInstance', 'DeleteDBCluster', 'DeleteDBSnapshot', 'DeleteDBClusterSnapshot', "       \
    "'DeleteBackupVault', "                                                                        \
    "'DeleteRecoveryPoint', 'DeleteObject', 'DeleteObjects', 'DeleteObjectVersion', "              \
    "'TerminateInstances', 'DeleteTable'"

const struct question questions_activity[] = {
    {
        .id = "Q24",
        .name = "talkers",
        .view = "vpc_flow",
        .target = TARGET_ANY,
        .summary = "whom an instance or address talked to: bytes, packets, rejected",
        .why = "Long, steady flows to one foreign address are control channels or mining pools.",
        .sql = "SELECT {from_address} AS source, {to_address} AS destination, {to_port} AS port, "
               "coalesce({from_instance}, {to_instance}) AS instance, {direction} AS direction, "
               "{action} AS action, count(*) AS flows, CAST(sum({bytes}) AS BIGINT) AS bytes, "
               "CAST(sum({packets}) AS BIGINT) AS packets, min({time}) AS first_seen, max({time}) "
               "AS last_seen FROM {from:vpc_flow} WHERE {window} AND {flow} GROUP BY 1, 2, 3, 4, "
               "5, 6 ORDER BY bytes DESC NULLS LAST, first_seen, source, destination, port",
    },
    {
        .id = "Q25",
        .name = "dns",
        .view = "route53",
        .target = TARGET_ANY,
        .summary = "names that an instance asked for, and what they resolved to",
        .why = "Malware names its master; names that do not exist in rows are generated ones.",
        .sql = "SELECT {hostname} AS hostname, {query_type} AS type, {rcode} AS rcode, "
               "{asking_instance} AS instance, {asking_address} AS source, count(*) AS queries, "
               "min({time}) AS first_seen, max({time}) AS last_seen, min({answers}) AS answers "
               "FROM {from:route53} WHERE {window} AND {dns} GROUP BY 1, 2, 3, 4, 5 ORDER BY "
               "queries DESC, hostname, instance, source, rcode",
    },
    {
        .id = "Q26",
        .name = "findings",
        .view = "findings",
        .target = TARGET_ANY,
        .summary = "findings of Security Hub and GuardDuty",
        .why = "What detection already said, and about which resource.",
        .sql =
            "SELECT {time} AS time, {severity} AS severity, {title} AS title, {product} AS "
            "product, {resource_ids} AS resources, {finding_status} AS status, {finding_id} AS "
            "finding FROM {from:findings} WHERE {window} AND {finding} ORDER BY time DESC, finding",
    },
    {
        .id = "Q27",
        .name = "lambda",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "functions made, changed and invoked",
        .why = "A function is a way back in that needs no key.",
        .sql = "SELECT " EVENT
               ", {request:$.functionName} AS function FROM (SELECT * FROM {from:cloudtrail} UNION "
               "ALL SELECT * FROM {from:lambda_execution}) WHERE {window} AND {by} AND {service} = "
               "'lambda.amazonaws.com' AND NOT {reads}" ORDER,
    },
    {
        .id = "Q29",
        .name = "sharing",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "snapshots, images and databases shared or exported to others",
        .why = "A shared snapshot is a copy of the disk in another account: bytes leave without a "
               "download.",
        .sql = EVENTS_BY
        "{operation} IN ('ModifySnapshotAttribute', 'ModifyImageAttribute', "
        "'ModifyDBSnapshotAttribute', 'ModifyDBClusterSnapshotAttribute', "
        "'CreateInstanceExportTask', 'CreateStoreImageTask', 'StartExportTask', 'PutBucketPolicy', "
        "'PutBucketAcl', 'PutResourcePolicy', 'CreateResourceShare', 'AssociateResourceShare', "
        "'AuthorizeSecurityGroupIngress', 'PutImage', 'SetRepositoryPolicy')" ORDER,
    },
    {
        .id = "Q30",
        .name = "ransom",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "destruction and hostage taking: keys, versioning, backups, bulk deletes",
        .why = "A key scheduled for deletion can be saved within its waiting period; act on those "
               "first.",
        .sql = "SELECT {operation} AS operation, {service} AS service, {who} AS who, {key} AS key, "
               "count(*) AS calls, CAST(count_if({failed}) AS BIGINT) AS failed, min({time}) AS "
               "first_seen, max({time}) AS last_seen, nullif(min_by(coalesce({request}, ''), "
               "{event}), '') AS request_example, min({event}) AS event_example FROM (SELECT * "
               "FROM {from:cloudtrail} UNION ALL SELECT * FROM {from:s3_data}) WHERE {window} AND "
               "{by} AND {operation} IN (" DESTRUCTIVE
               ") GROUP BY 1, 2, 3, 4 ORDER BY calls DESC, first_seen, operation, who, key",
    },
    {
        .id = "Q31",
        .name = "abuse",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "your account at work for somebody else: mail, models, quotas, messages, mining",
        .why = "Services that cost money or reputation and that this principal never needed.",
        .sql =
            "SELECT {service} AS service, {operation} AS operation, {who} AS who, {key} AS key, "
            "{region} AS region, count(*) AS calls, CAST(count_if({failed}) AS BIGINT) AS failed, "
            "min({time}) AS first_seen, max({time}) AS last_seen FROM {from:cloudtrail} WHERE "
            "{window} AND {by} AND ({service} IN ('ses.amazonaws.com', 'bedrock.amazonaws.com', "
            "'servicequotas.amazonaws.com', 'sns.amazonaws.com', 'sagemaker.amazonaws.com', "
            "'lightsail.amazonaws.com', 'batch.amazonaws.com') OR {operation} IN ('InvokeModel', "
            "'InvokeModelWithResponseStream', 'Converse', 'RunTask', 'RequestSpotInstances', "
            "'RequestSpotFleet', 'CreateFleet', 'RegisterDomain')) GROUP BY 1, 2, 3, 4, 5 ORDER BY "
            "calls DESC, first_seen, service, operation, who, key",
    },
    {
        .id = "Q34",
        .name = "root",
        .view = "cloudtrail",
        .target = TARGET_NONE,
        .summary = "use of the root user",
        .why = "Root cannot be limited by IAM policies; hardly any work needs it.",
        .sql = EVENTS_WHERE "{user_type} = 'Root' AND {invoked_by} IS NULL" ORDER,
    },
    {
        .id = "Q35",
        .name = "coverage",
        .view = "cloudtrail",
        .target = TARGET_NONE,
        .summary = "events per hour, account and region: where the data ends and where it is thin",
        .why = "No rows in an hour without data is no alibi.",
        .sql = "SELECT date_trunc('hour', {time}) AS hour, {account} AS account, {region} AS "
               "region, count(*) AS events, count(DISTINCT {event}) AS distinct_events, "
               "min({time}) AS first_event, max({time}) AS last_event FROM {from:cloudtrail} WHERE "
               "{window} GROUP BY 1, 2, 3 ORDER BY hour, account, region",
    },
    {
        .id = "Q35D",
        .name = "days",
        .view = "cloudtrail",
        .target = TARGET_NONE,
        .summary = "events per day and account, with the regions that were used",
        .why = "A gap in a row that is otherwise full is a gap in the evidence, and perhaps "
               "somebody's work.",
        .sql = "SELECT CAST({time} AS DATE) AS day, {account} AS account, count(*) AS events, "
               "count(DISTINCT {region}) AS regions, min({time}) AS first_event, max({time}) AS "
               "last_event FROM {from:cloudtrail} WHERE {window} GROUP BY 1, 2 ORDER BY day, "
               "account",
    },
    {
        .id = "Q36",
        .name = "duplicates",
        .view = "cloudtrail",
        .target = TARGET_NONE,
        .summary = "events that the lake holds more than once",
        .why = "Counts are only right when each event counts once.",
        .sql = "SELECT {account} AS account, {event} AS event_id, count(*) AS copies, min({time}) "
               "AS time, min({operation}) AS operation FROM {from:cloudtrail} WHERE {window} GROUP "
               "BY 1, 2 HAVING count(*) > 1 ORDER BY copies DESC, time, event_id",
    },
    {
        .id = "Q41",
        .name = "summary",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "what each principal changed: operations that do more than read",
        .why = "One line a principal: who did more than look.",
        .sql = "SELECT {who} AS who, {key} AS key, count(*) AS calls, CAST(count_if({failed}) AS "
               "BIGINT) AS failed, distinct_texts({operation}) AS operations, "
               "distinct_texts({source}) AS sources, min({time}) AS first_seen, max({time}) AS "
               "last_seen FROM {from:cloudtrail} WHERE {window} AND {by} AND NOT {reads} GROUP BY "
               "1, 2 ORDER BY calls DESC, who, key",
    },
    {
        .id = "Q42",
        .name = "public-callers",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "callers from public addresses, counted",
        .why = "Private and AWS's own sources left out: the addresses worth asking about.",
        .sql =
            "SELECT {address} AS address, {who} AS who, count(*) AS calls, CAST(count_if({failed}) "
            "AS BIGINT) AS failed, min({time}) AS first_seen, max({time}) AS last_seen FROM "
            "{from:cloudtrail} WHERE {window} AND {by} AND {address} IS NOT NULL AND NOT "
            "coalesce(ip_in('10.0.0.0/8', {address}) OR ip_in('172.16.0.0/12', {address}) OR "
            "ip_in('192.168.0.0/16', {address}) OR ip_in('127.0.0.0/8', {address}) OR "
            "ip_in('fc00::/7', {address}), false) GROUP BY 1, 2 ORDER BY calls DESC, address, who",
    },
};
const size_t questions_activity_count = COUNT(questions_activity);
