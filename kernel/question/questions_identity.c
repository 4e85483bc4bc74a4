/* Who became whom, who gave whom what, and who hid it. */
#include "question/questions.h"

#define MAKES                                                                                      \
    "'CreateAccessKey', 'AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', "         \
    "'AssumeRoot', 'GetSessionToken', 'GetFederationToken', 'CreateUser', 'CreateRole', "          \
    "'CreateLoginProfile', 'UpdateLoginProfile', 'RunInstances', 'CreateBucket', "                 \
    "'CreateFunction20150331', 'CreateFunction20181031', 'CreateFunction', 'CreatePolicy'"

const struct question questions_identity[] = {
    {
        .id = "Q02",
        .name = "profile",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .target_required = true,
        .summary = "addresses and user agents behind a key, user or role",
        .why = "A leaked key shows an address or agent it never had before: compare first_seen "
               "with the leak.",
        .sql = "SELECT {source} AS source, {agent} AS agent, count(*) AS calls, "
               "CAST(count_if({failed}) AS BIGINT) AS failed, min({time}) AS first_seen, "
               "max({time}) AS last_seen, count(DISTINCT {operation}) AS operations, "
               "distinct_texts({region}) AS regions FROM {from:cloudtrail} WHERE {window} AND {by} "
               "GROUP BY 1, 2 ORDER BY first_seen, source, agent",
    },
    {
        .id = "Q03",
        .name = "children",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .target_required = true,
        .summary = "credentials that a key, user or role made",
        .why = "Every key and session made by a stolen one is stolen as well.",
        .sql = "SELECT {time} AS time, {operation} AS operation, {key} AS parent, " CHILD
               " AS child, " CHILD_IDENTITY
               " AS identity, {response:$.credentials.expiration} AS expires, {source} AS source, "
               "{event} AS event_id FROM {from:cloudtrail} WHERE {window} AND {by} "
               "AND " MAKES_CREDENTIALS ORDER,
    },
    {
        .id = "Q04",
        .name = "parent",
        .view = "cloudtrail",
        .target = TARGET_KEY,
        .target_required = true,
        .summary = "who made an access key or session",
        .why = "Go up the tree: the key you were told of may not be the first.",
        .sql = "SELECT {time} AS time, {operation} AS operation, {key} AS parent, {who} AS who, "
               "{source} AS source, " CHILD " AS child, {event} AS event_id FROM {from:cloudtrail} "
               "WHERE {window} AND " MAKES_CREDENTIALS " AND " CHILD " = {target}" ORDER,
    },
    {
        .id = "Q05",
        .name = "lineage",
        .view = "cloudtrail",
        .target = TARGET_KEY,
        .target_required = true,
        .summary = "all credentials that descend from a key (%trace shows users and resources too)",
        .why = "The set to contain: keys and sessions made directly or by what was made.",
        .sql =
            "SELECT {time} AS time, {operation} AS operation, {key} AS parent, " CHILD
            " AS child, " CHILD_IDENTITY " AS identity, {event} AS event_id FROM {from:cloudtrail} "
            "WHERE {window} AND " MAKES_CREDENTIALS,
        .then =
            "family AS (SELECT *, 1 AS generation FROM question_rows WHERE parent = {target} UNION "
            "SELECT made.*, family.generation + 1 FROM question_rows made JOIN family ON "
            "made.parent = family.child WHERE family.generation < 64) SELECT * FROM family "
            "ORDER BY time, event_id",
    },
    {
        .id = "Q06",
        .name = "escalation",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "changes that widen somebody's rights",
        .why = "Policies attached or written, versions switched, groups joined, trust changed, "
               "roles passed; failed tries as well.",
        .sql = EVENTS_BY
        "{operation} IN ('AttachUserPolicy', 'AttachRolePolicy', 'AttachGroupPolicy', "
        "'PutUserPolicy', 'PutRolePolicy', 'PutGroupPolicy', 'CreatePolicy', "
        "'CreatePolicyVersion', 'SetDefaultPolicyVersion', 'AddUserToGroup', "
        "'UpdateAssumeRolePolicy', 'DeleteUserPermissionsBoundary', "
        "'DeleteRolePermissionsBoundary', 'DetachUserPolicy', 'DeleteUserPolicy', "
        "'AddRoleToInstanceProfile', 'PassRole', 'UpdateLoginProfile', 'CreateLoginProfile')" ORDER,
    },
    {
        .id = "Q07",
        .name = "persistence",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "ways to come back: users, keys, logins, MFA, roles, providers, functions",
        .why = "Containing the first key does not end an attacker who has made a second way in.",
        .sql = EVENTS_BY
        "{operation} IN ('CreateUser', 'CreateAccessKey', 'CreateLoginProfile', "
        "'UpdateLoginProfile', 'UpdateAccessKey', 'EnableMFADevice', 'CreateVirtualMFADevice', "
        "'DeactivateMFADevice', 'CreateRole', 'UpdateAssumeRolePolicy', 'CreateServiceLinkedRole', "
        "'CreateSAMLProvider', 'CreateOpenIDConnectProvider', 'UpdateSAMLProvider', "
        "'CreateTrustAnchor', 'CreateProfile', 'CreateFunction20150331', 'CreateFunction20181031', "
        "'UpdateFunctionCode20150331v2', 'UpdateFunctionConfiguration20150331v2', "
        "'AddPermission20150331v2', 'CreateFunctionUrlConfig', 'PutRule', 'PutTargets', "
        "'CreateKeyPair', 'ImportKeyPair', 'ModifyInstanceAttribute', 'UploadSSHPublicKey', "
        "'CreateServiceSpecificCredential', 'GetFederationToken', 'CreatePermissionSet', "
        "'CreateAccountAssignment', 'SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey')" ORDER,
    },
    {
        .id = "Q08",
        .name = "iam-changes",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "IAM changes that succeeded, counted by who and what",
        .why = "The quick view of what identity management looked like in the window.",
        .sql = "SELECT {who} AS who, {key} AS key, {operation} AS operation, count(*) AS calls, "
               "min({time}) AS first_seen, max({time}) AS last_seen FROM {from:cloudtrail} WHERE "
               "{window} AND {by} AND {service} = 'iam.amazonaws.com' AND {ok} AND NOT {reads} "
               "GROUP BY 1, 2, 3 ORDER BY first_seen, who, operation",
    },
    {
        .id = "Q09",
        .name = "instances",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "instances that were started: ids, types, regions, images, key pairs",
        .why = "Each one is to be preserved before it is stopped.",
        .sql = "SELECT {time} AS time, {account} AS account, {region} AS region, {who} AS who, "
               "{key} AS key, instance, {request:$.instanceType} AS type, "
               "coalesce({request:$.instancesSet.items[0].imageId}, "
               "{response:$.instancesSet.items[0].imageId}) AS image, "
               "coalesce({request:$.instancesSet.items[0].keyName}, "
               "{response:$.instancesSet.items[0].keyName}) AS key_pair, {source} AS source, "
               "{event} AS event_id FROM {from:cloudtrail} CROSS JOIN "
               "{each:response:$.instancesSet.items[*].instanceId} AS started (instance) WHERE "
               "{window} AND {by} AND {operation} = 'RunInstances' AND {ok} ORDER BY time, "
               "event_id, instance",
    },
    {
        .id = "Q10",
        .name = "new-places",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .target_required = true,
        .summary = "regions and services used for the first time",
        .why = "Regions and services that the principal never used before point to the moment of "
               "the theft.",
        .sql = "SELECT {region} AS region, {service} AS service, min({time}) AS first_seen, "
               "max({time}) AS last_seen, count(*) AS calls, CAST(count_if({failed}) AS BIGINT) AS "
               "failed, count(DISTINCT {source}) AS sources FROM {from:cloudtrail} WHERE {window} "
               "AND {by} GROUP BY 1, 2 ORDER BY first_seen, region, service",
    },
    {
        .id = "Q11",
        .name = "s3-control",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "buckets listed, made, opened or changed",
        .why =
            "Policies, ACLs, public access blocks, versioning, lifecycle, logging and replication.",
        .sql = EVENTS_BY
        "{service} = 's3.amazonaws.com' AND ({operation} IN ('ListBuckets', 'CreateBucket', "
        "'DeleteBucket') OR {operation} LIKE 'PutBucket%' OR {operation} LIKE 'DeleteBucket%' OR "
        "{operation} LIKE 'PutAccountPublicAccessBlock%' OR {operation} LIKE "
        "'%PublicAccessBlock')" ORDER,
    },
    {
        .id = "Q12",
        .name = "objects",
        .view = "s3_data",
        .target = TARGET_ANY,
        .summary = "objects read, written and deleted, with bytes",
        .why = "What left, and what came in: only buckets with data events logged are seen here.",
        .sql = "SELECT {request:$.bucketName} AS bucket, {operation} AS operation, {key} AS key, "
               "count(*) AS calls, CAST(count_if({failed}) AS BIGINT) AS failed, "
               "sum(try_cast({unmapped:additionalEventData.bytesTransferredOut} AS DOUBLE)) AS "
               "bytes_out, sum(try_cast({unmapped:additionalEventData.bytesTransferredIn} AS "
               "DOUBLE)) AS bytes_in, min({time}) AS first_seen, max({time}) AS last_seen FROM "
               "{from:s3_data} WHERE {window} AND {by} GROUP BY 1, 2, 3 ORDER BY bytes_out DESC "
               "NULLS LAST, bucket, operation, key",
    },
    {
        .id = "Q13",
        .name = "secrets",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "secrets read: Secrets Manager, SSM parameters, KMS, password data",
        .why = "All that was read is known to the attacker and must be changed.",
        .sql = "SELECT " EVENT
               ", coalesce({request:$.secretId}, {request:$.name}, {request:$.instanceId}, "
               "{request:$.keyId}, {request}) AS secret FROM {from:cloudtrail} WHERE {window} AND "
               "{by} AND ({operation} IN ('GetSecretValue', 'BatchGetSecretValue', 'GetParameter', "
               "'GetParameters', 'GetParametersByPath', 'GetPasswordData', 'GetParameterHistory') "
               "OR ({operation} = 'Decrypt' AND {service} = 'kms.amazonaws.com' AND {invoked_by} "
               "IS NULL))" ORDER,
    },
    {
        .id = "Q14",
        .name = "denied",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "calls that were refused, counted by who and what",
        .why = "A burst of refusals over many services is somebody trying what the key can do.",
        .sql = "SELECT {who} AS who, {key} AS key, {source} AS source, {service} AS service, "
               "{operation} AS operation, {error} AS error, count(*) AS calls, min({time}) AS "
               "first_seen, max({time}) AS last_seen FROM {from:cloudtrail} WHERE {window} AND "
               "{by} AND {denied} GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY calls DESC, first_seen, who, "
               "service, operation",
    },
    {
        .id = "Q15",
        .name = "assume-role",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "roles assumed, across accounts too",
        .why = "The steps between identities: who became what, and in which account.",
        .sql =
            "SELECT {time} AS time, {account} AS account, {who} AS who, {key} AS key, "
            "{request:$.roleArn} AS role, {request:$.roleSessionName} AS session_name, "
            "{response:$.credentials.accessKeyId} AS session_key, {error} AS error, "
            "{caller_account} AS from_account, nullif(regexp_extract({request:$.roleArn}, "
            "'arn:[^:]*:iam::([0-9]+):', 1), '') AS to_account, {source} AS source, {event} AS "
            "event_id FROM {from:cloudtrail} WHERE {window} AND {by} AND {operation} IN "
            "('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot')" ORDER,
    },
    {
        .id = "Q16",
        .name = "federation",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary =
            "sessions made without a role: federation tokens, session tokens, sign-in tokens",
        .why = "Sessions of GetFederationToken outlive the deactivation of the key that made them.",
        .sql = EVENTS_BY
        "{operation} IN ('GetFederationToken', 'GetSessionToken', 'GetSigninToken')" ORDER,
    },
    {
        .id = "Q17",
        .name = "logins",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "console sign-ins, with MFA or without, failed ones as well",
        .why = "A user who never signed in, or signs in without MFA from a new address.",
        .sql = "SELECT {time} AS time, {account} AS account, {user_type} AS type, {user} AS "
               "\"user\", {who} AS who, {response:$.ConsoleLogin} AS result, {error} AS error, "
               "{unmapped:additionalEventData.MFAUsed} AS mfa, {mfa} AS is_mfa, {source} AS "
               "source, {agent} AS agent, {event} AS event_id FROM {from:cloudtrail} WHERE "
               "{window} AND {by} AND {operation} IN ('ConsoleLogin', 'SwitchRole', 'CheckMfa', "
               "'PasswordRecoveryRequested', 'PasswordRecoveryCompleted')" ORDER,
    },
    {
        .id = "Q18",
        .name = "log-tampering",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "logging and detection switched off, narrowed or deleted",
        .why = "After such a call, silence proves nothing.",
        .sql = EVENTS_BY
        "{operation} IN ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors', "
        "'PutInsightSelectors', 'DeleteEventDataStore', 'StopEventDataStoreIngestion', "
        "'DeleteDetector', 'UpdateDetector', 'DisassociateFromMasterAccount', "
        "'DisassociateMembers', 'DeleteMembers', 'CreateFilter', 'CreateIPSet', 'DeleteFlowLogs', "
        "'StopConfigurationRecorder', 'DeleteConfigurationRecorder', 'DeleteDeliveryChannel', "
        "'DeleteLogGroup', 'DeleteLogStream', 'PutRetentionPolicy', 'DisableSecurityHub', "
        "'BatchDisableStandards', 'DeleteDataLake', 'UpdateDataLake', 'DeleteAwsLogSource', "
        "'DeleteSubscriber', 'DeleteResolverQueryLogConfig', 'DisassociateResolverQueryLogConfig', "
        "'LeaveOrganization', 'DisableOrganizationAdminAccount', 'DeleteRule', 'DisableRule', "
        "'PutBucketLogging', 'DeleteAlarms', 'DisableAlarmActions')" ORDER,
    },
    {
        .id = "Q19",
        .name = "cover-tracks",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "keys and users that were made and deleted again",
        .why = "What IAM no longer shows: the log still knows it.",
        .sql =
            "WITH made AS (SELECT {time} AS time, coalesce({response:$.accessKey.accessKeyId}, "
            "{response:$.user.userName}) AS id, {key} AS by_key, {who} AS who, {event} AS event_id "
            "FROM {from:cloudtrail} WHERE {operation} IN ('CreateAccessKey', 'CreateUser') AND "
            "{ok} AND {by}), deleted AS (SELECT {time} AS time, CASE {operation} WHEN 'DeleteUser' "
            "THEN {request:$.userName} ELSE {request:$.accessKeyId} END AS id, {key} AS by_key, "
            "{who} AS who, {event} AS event_id FROM {from:cloudtrail} WHERE {window} AND "
            "{operation} IN ('DeleteAccessKey', 'DeleteUser') AND {ok}) SELECT made.id AS what, "
            "made.time AS made, made.by_key AS made_by, deleted.time AS deleted, deleted.by_key AS "
            "deleted_by, minutes_between(made.time, deleted.time) AS lived_minutes, made.event_id "
            "AS made_event, deleted.event_id AS deleted_event FROM made JOIN deleted ON deleted.id "
            "= made.id AND deleted.time >= made.time ORDER BY made, what",
    },
    {
        .id = "Q20F",
        .name = "others",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "who else called from the addresses of a key, a user or a family",
        .why = "A colleague behind the same exit shows up here too: an address is a question, not "
               "an answer. Look at the time and the agent.",
        .sql = "SELECT {address} AS address, {who} AS who, {key} AS key, count(*) AS calls, "
               "min({time}) AS first_seen, max({time}) AS last_seen, max(CASE WHEN {by} THEN TRUE "
               "ELSE FALSE END) AS of_the_asked FROM {from:cloudtrail} WHERE {window} AND "
               "{address} IN (SELECT {address} FROM {from:cloudtrail} WHERE {window} AND {by} AND "
               "{address} IS NOT NULL) GROUP BY 1, 2, 3 ORDER BY of_the_asked, first_seen, who, "
               "key, address",
    },
    {
        .id = "Q21",
        .name = "two-places",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "one key used from several addresses within five minutes",
        .why = "Nobody is in two places: a shared key, or a stolen one.",
        .sql = "SELECT {key} AS key, min({who}) AS who, five_minutes({time}) AS five_minutes, "
               "count(DISTINCT {address}) AS addresses, distinct_texts({address}) AS which, "
               "count(*) AS calls FROM {from:cloudtrail} WHERE {window} AND {by} AND {key} <> '' "
               "AND {address} IS NOT NULL GROUP BY 1, 3 HAVING count(DISTINCT {address}) > 1 ORDER "
               "BY five_minutes, key",
    },
    {
        .id = "Q22",
        .name = "quarantine",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .summary = "AWS's quarantine policy attached or removed",
        .why = "AWS found the key in public; whoever detached the policy is the attacker, or a "
               "colleague in a hurry.",
        .sql = EVENTS_BY "{operation} IN ('AttachUserPolicy', 'DetachUserPolicy') AND "
                         "contains({request:$.policyArn}, 'AWSCompromisedKeyQuarantine')" ORDER,
    },
    {
        .id = "Q39",
        .name = "impact",
        .view = "cloudtrail",
        .target = TARGET_ANY,
        .target_required = true,
        .summary = "who used a credential before it first made something: what breaks when it is "
                   "disabled",
        .why = "These callers are most probably yours. They stop working when the key does.",
        .sql = "SELECT {who} AS who, {source} AS source, {agent} AS agent, count(*) AS calls, "
               "distinct_texts({service}) AS services, min({time}) AS first_seen, max({time}) AS "
               "last_seen FROM {from:cloudtrail} WHERE {window} AND {by} AND {time} < "
               "coalesce((SELECT min({time}) FROM {from:cloudtrail} WHERE {by} AND {ok} AND "
               "{operation} IN (" MAKES ")), TIMESTAMP '9999-12-31 00:00:00') GROUP BY 1, 2, 3 "
               "ORDER BY calls DESC, source, agent, who",
    },
};
const size_t questions_identity_count = COUNT(questions_identity);
