/* The pivots: everything about one key, user, role, address, instance, bucket or event. */
#include "question/questions.h"

const struct question questions_pivots[] = {
    {
        .id = "Q01",
        .name = "key",
        .view = "cloudtrail",
        .target = TARGET_KEY,
        .target_required = true,
        .pivot = true,
        .summary = "everything an access key did",
        .why = "The first question: the whole life of the key in order of time, failed calls "
               "included.",
        .sql = EVENTS_WHERE "{key} = {target}" ORDER,
    },
    {
        .id = "Q01U",
        .name = "user",
        .view = "cloudtrail",
        .target = TARGET_USER,
        .target_required = true,
        .pivot = true,
        .summary = "everything a user did, with whatever credential",
        .why = "A user has up to two keys and a console password: look at the person, not only at "
               "the key.",
        .sql = EVENTS_WHERE
        "({user} = {target} OR {who} = {target} OR {principal} = {target} OR ends_with({who}, '/' "
        "|| {target}) OR ends_with({principal}, ':' || {target}))" ORDER,
    },
    {
        .id = "Q01R",
        .name = "role",
        .view = "cloudtrail",
        .target = TARGET_ROLE,
        .target_required = true,
        .pivot = true,
        .summary = "what a role's sessions did, who assumed it, who changed it",
        .why = "A session names its role as issuer; assuming and changing name it in the request.",
        .sql = EVENTS_WHERE
        "({issuer} = {target} OR ends_with({issuer}, '/' || {target}) OR starts_with({principal}, "
        "{target} || ':') OR {request:$.roleArn} = {target} OR ends_with({request:$.roleArn}, '/' "
        "|| {target}) OR {request:$.roleName} = {target})" ORDER,
    },
    {
        .id = "Q20",
        .name = "address",
        .view = "cloudtrail",
        .target = TARGET_ADDRESS,
        .target_required = true,
        .pivot = true,
        .summary = "everything that came from an address or a network (CIDR)",
        .why = "Who else called from the attacker's address: other keys that leaked, or colleagues "
               "behind the same exit.",
        .sql = EVENTS_WHERE
        "({address} = {target} OR (contains({target}, '/') AND ip_in({target}, {address})))" ORDER,
    },
    {
        .id = "Q23",
        .name = "instance",
        .view = "cloudtrail",
        .target = TARGET_INSTANCE,
        .target_required = true,
        .pivot = true,
        .summary = "what an instance's role did, and what was done to the instance",
        .why = "Credentials of an instance carry its id as session name; used from outside, they "
               "were stolen.",
        .sql = EVENTS_WHERE
        "(ends_with({principal}, ':' || {target}) OR ({service} IN ('ec2.amazonaws.com', "
        "'ssm.amazonaws.com', 'ec2-instance-connect.amazonaws.com', 'autoscaling.amazonaws.com') "
        "AND (contains({request}, {target}) OR contains({response}, {target}))))" ORDER,
    },
    {
        .id = "Q11B",
        .name = "bucket",
        .view = "cloudtrail",
        .target = TARGET_BUCKET,
        .target_required = true,
        .pivot = true,
        .summary = "what was done to a bucket and to its objects",
        .why = "Control plane and data events together: who opened it, who read it.",
        .sql =
            "SELECT " EVENT_FULL " FROM (SELECT * FROM {from:cloudtrail} UNION ALL SELECT * FROM "
            "{from:s3_data}) WHERE {window} AND {service} = "
            "'s3.amazonaws.com' AND {request:$.bucketName} = {target}" ORDER,
    },
    {
        .id = "Q40",
        .name = "event",
        .view = "cloudtrail",
        .target = TARGET_EVENT,
        .target_required = true,
        .pivot = true,
        .summary = "one event by its id, whole",
        .why = "The evidence itself, as it was logged.",
        .sql = "SELECT " EVENT_FULL
               ", {message} AS message, map_text({unmapped}) AS unmapped FROM (SELECT * FROM "
               "{from:cloudtrail} UNION ALL SELECT * FROM {from:s3_data} UNION ALL SELECT * FROM "
               "{from:lambda_execution}) WHERE {event} = {target}" ORDER,
    },
};
const size_t questions_pivots_count = COUNT(questions_pivots);
