/* What %doctor asks: in rounds, all questions of a round side by side. Nothing of it changes
 * anything: reading calls, and DryRun where a call knows it. */
#include "magics/doctor.h"

#include "magics/connect.h"

#include "aws/reply.h"
#include "case/session.h"

#include <string.h>

/* ---- parameters ---------------------------------------------------------------------------------
 */

static json_t *ask_default(const struct doctor *doctor)
{
    (void)doctor;
    return json_pack("{s:s}", "Name", "default");
}

static json_t *ask_regions(const struct doctor *doctor)
{
    (void)doctor;
    return json_pack("{s:b}", "AllRegions", 1);
}

static json_t *ask_instances(const struct doctor *doctor)
{
    (void)doctor;
    return json_pack("{s:b}", "DryRun", 1);
}

static json_t *ask_events(const struct doctor *doctor)
{
    (void)doctor;
    return json_pack("{s:i}", "MaxResults", 1);
}

static json_t *ask_grants(const struct doctor *doctor)
{
    (void)doctor;
    return json_pack("{s:i}", "MaxResults", 1000);
}

static json_t *ask_shared(const struct doctor *doctor)
{
    (void)doctor;
    return json_pack("{s:s}", "resourceOwner", "OTHER-ACCOUNTS");
}

static json_t *ask_nothing(const struct doctor *doctor)
{
    (void)doctor;
    return json_object();
}

static json_t *ask_workgroup(const struct doctor *doctor)
{
    const char *name = session_settings(doctor->call->session)->workgroup;
    return json_pack("{s:s}", "WorkGroup", name ? name : "primary");
}

/* arn:aws:sts::123456789012:assumed-role/NAME/SESSION -> NAME, whose path only IAM knows. */
static const char *role_name(const struct doctor *doctor)
{
    const char *begin = strstr(doctor->arn, ":assumed-role/");
    begin = begin ? begin + strlen(":assumed-role/") : NULL;
    return begin ? arena_strndup(doctor->arena, begin, strcspn(begin, "/")) : NULL;
}

static json_t *ask_role(const struct doctor *doctor)
{
    const char *name = role_name(doctor);
    return name ? json_pack("{s:s}", "RoleName", name) : NULL;
}

static json_t *ask_bucket(const struct doctor *doctor)
{
    return doctor->bucket ? json_pack("{s:s}", "Bucket", doctor->bucket) : NULL;
}

static json_t *ask_bucket_owned(const struct doctor *doctor)
{
    return doctor->bucket ? json_pack("{s:s, s:s}", "Bucket", doctor->bucket, "ExpectedBucketOwner",
                                      doctor->account)
                          : NULL;
}

static json_t *ask_simulation(const struct doctor *doctor)
{
    json_t *actions = json_array();
    for (size_t i = 0; i < doctor_need_count; i++)
        for (size_t j = 0; doctor_needs[i].actions[j]; j++)
            (void)json_array_append_new(actions, json_string(doctor_needs[i].actions[j]));
    if (doctor->principal)
        return json_pack("{s:s, s:o}", "PolicySourceArn", doctor->principal, "ActionNames",
                         actions);
    json_decref(actions);
    return NULL;
}

/* ---- questions ----------------------------------------------------------------------------------
 */

static const struct question {
    const char *op;
    json_t *(*params)(const struct doctor *doctor); /* gives NULL: it is not asked */
    int round;
    int pages;
} questions[ANSWERS] = {
    [ANSWER_IDENTITY] = {"sts:GetCallerIdentity", ask_nothing, 0, 1},
    [ANSWER_REGIONS] = {"ec2:DescribeRegions", ask_regions, 1, 1},
    [ANSWER_ROLE] = {"iam:GetRole", ask_role, 1, 1},
    [ANSWER_WORKGROUP] = {"athena:GetWorkGroup", ask_workgroup, 1, 1},
    [ANSWER_DEFAULT] = {"glue:GetDatabase", ask_default, 1, 1},
    [ANSWER_LAKE_SETTINGS] = {"lakeformation:GetDataLakeSettings", ask_nothing, 1, 1},
    [ANSWER_GRANTS] = {"lakeformation:ListPermissions", ask_grants, 1, 1},
    [ANSWER_INVITATIONS] = {"ram:GetResourceShareInvitations", ask_nothing, 1, 10},
    [ANSWER_SHARED] = {"ram:ListResources", ask_shared, 1, 10},
    [ANSWER_LAKES] = {"securitylake:ListDataLakes", ask_nothing, 1, 1},
    [ANSWER_EVENTS] = {"cloudtrail:LookupEvents", ask_events, 1, 1},
    [ANSWER_INSTANCES] = {"ec2:DescribeInstances", ask_instances, 1, 1},
    [ANSWER_SUMMARY] = {"iam:GetAccountSummary", ask_nothing, 1, 1},
    [ANSWER_BUCKETS] = {"s3:ListBuckets", ask_nothing, 1, 1},
    [ANSWER_BUCKET] = {"s3:HeadBucket", ask_bucket, 2, 1},
    [ANSWER_BUCKET_OWNED] = {"s3:HeadBucket", ask_bucket_owned, 2, 1},
    [ANSWER_BUCKET_REGION] = {"s3:GetBucketLocation", ask_bucket, 2, 1},
    [ANSWER_BUCKET_KEY] = {"s3:GetBucketEncryption", ask_bucket, 2, 1},
    [ANSWER_SIMULATION] = {"iam:SimulatePrincipalPolicy", ask_simulation, 2, 5},
};

const struct doctor_need doctor_needs[] = {
    {"Athena",
     ANSWER_WORKGROUP,
     {"athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults",
      "athena:StopQueryExecution", "athena:GetWorkGroup"}},
    {"Glue", ANSWER_DEFAULT, {"glue:GetDatabases", "glue:GetTables", "glue:GetPartitions"}},
    {"S3",
     ANSWER_BUCKETS,
     {"s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation", "s3:PutObject"}},
    {"Lake Formation", ANSWER_LAKE_SETTINGS, {"lakeformation:GetDataAccess"}},
    {"CloudTrail", ANSWER_EVENTS, {"cloudtrail:LookupEvents"}},
    {"EC2",
     ANSWER_INSTANCES,
     {"ec2:DescribeInstances", "ec2:DescribeRegions", "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSnapshots"}},
    {"IAM",
     ANSWER_SUMMARY,
     {"iam:GetUser", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "iam:ListUserPolicies",
      "iam:ListAttachedUserPolicies", "iam:GetRole", "iam:ListRolePolicies"}},
    {"Security Lake",
     ANSWER_LAKES,
     {"securitylake:ListDataLakes", "securitylake:ListLogSources", "securitylake:ListSubscribers",
      "securitylake:ListDataLakeExceptions"}},
};
const size_t doctor_need_count = COUNT(doctor_needs);

static bool ask_round(struct doctor *doctor, int round, struct error *err)
{
    struct aws_gathering *calls = arena_alloc(doctor->arena, ANSWERS * sizeof *calls);
    for (size_t i = 0; i < ANSWERS; i++)
        if (questions[i].round == round) {
            json_t *params = questions[i].params(doctor);
            calls[i] = (struct aws_gathering){.op = params ? questions[i].op : NULL,
                                              .params = json_own(doctor->arena, params),
                                              .pages = questions[i].pages};
        }
    if (!aws_gather(doctor->aws, calls, ANSWERS, doctor->call->cancel, doctor->arena, err))
        return false;
    for (size_t i = 0; i < ANSWERS; i++)
        if (questions[i].round == round)
            doctor->answers[i] = calls[i];
    return true;
}

/* ---- between the rounds -------------------------------------------------------------------------
 */

bool doctor_ask_identity(struct doctor *doctor, struct error *err)
{
    doctor->check = "identity";
    if (!ask_round(doctor, 0, err))
        return false;
    const struct aws_gathering *who = &doctor->answers[ANSWER_IDENTITY];
    if (!who->ok) {
        doctor_say(
            doctor, DOCTOR_FAILS,
            *who->error.hint ? who->error.hint
                             : "Without an identity nothing else of AWS can be tried.",
            "%s%s; nothing of AWS was tried",
            who->status ? "" : "AWS is not set up or cannot be reached: ", who->error.message);
        return false;
    }
    doctor->arn = arena_strdup(doctor->arena, reply_text(aws_gathered(who, ""), "Arn"));
    doctor->account = arena_strdup(doctor->arena, reply_text(aws_gathered(who, ""), "Account"));
    return true;
}

/* Whose policies and grants count: of a session, its role's. */
static void find_principal(struct doctor *doctor)
{
    const json_t *role = aws_gathered(&doctor->answers[ANSWER_ROLE], "Role");
    const char *name = role_name(doctor);
    if (role)
        doctor->principal = reply_text(role, "Arn");
    else if (name)
        doctor->principal = arena_printf(
            doctor->arena, "%.*s:iam::%s:role/%s",
            (int)(strstr(doctor->arn, ":sts:") ? strstr(doctor->arn, ":sts:") - doctor->arn : 0),
            doctor->arn, doctor->account, name);
    else if (strstr(doctor->arn, ":user/"))
        doctor->principal = doctor->arn;
}

/* As Athena decides: the workgroup's place where it is enforced, else the one that is set. */
static void find_output(struct doctor *doctor)
{
    const struct aws_gathering *group = &doctor->answers[ANSWER_WORKGROUP];
    const json_t *config = aws_gathered(group, "WorkGroup.Configuration");
    const char *own = reply_text(config, "ResultConfiguration.OutputLocation");
    const char *set = session_settings(doctor->call->session)->output;
    bool enforced = reply_bool(config, "EnforceWorkGroupConfiguration");
    if (reply_bool(config, "ManagedQueryResultsConfiguration.Enabled"))
        return;
    doctor->output = set && !(enforced && *own) ? set : *own ? own : NULL;
    if (doctor->output && strncmp(doctor->output, "s3://", 5) == 0)
        doctor->bucket =
            arena_strndup(doctor->arena, doctor->output + 5, strcspn(doctor->output + 5, "/"));
    if (doctor->bucket && !*doctor->bucket)
        doctor->bucket = NULL;
}

static void add_key(struct doctor *doctor, const char *id, const char *of, bool writes)
{
    for (size_t i = 0; i < doctor->key_count; i++)
        if (strcmp(doctor->keys[i].id, id) == 0)
            return;
    if (*id && strcmp(id, "S3_MANAGED_KEY") != 0 && doctor->key_count < DOCTOR_KEYS)
        doctor->keys[doctor->key_count++] =
            (struct doctor_key){.id = id, .of = of, .writes = writes};
}

static void find_keys(struct doctor *doctor)
{
    static const char rule[] = "Rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID";
    const json_t *config =
        aws_gathered(&doctor->answers[ANSWER_WORKGROUP], "WorkGroup.Configuration");
    const json_t *bucket = aws_gathered(&doctor->answers[ANSWER_BUCKET_KEY], "");
    const json_t *lakes = aws_gathered(&doctor->answers[ANSWER_LAKES], "");
    add_key(doctor, reply_text(config, "ResultConfiguration.EncryptionConfiguration.KmsKey"),
            "the workgroup's results", true);
    add_key(doctor, reply_text(bucket, rule), "the bucket of results", true);
    for (size_t i = 0; i < reply_count(lakes, "dataLakes"); i++) {
        const json_t *lake = reply_item(lakes, "dataLakes", i);
        if (doctor->region && strcmp(reply_text(lake, "region"), doctor->region) == 0)
            add_key(doctor, reply_text(lake, "encryptionConfiguration.kmsKeyId"), "Security Lake",
                    false);
    }
}

static json_t *trial(struct doctor *doctor, const struct doctor_key *key, bool decrypts)
{
    json_t *params =
        json_own(doctor->arena, json_pack("{s:s, s:b}", "KeyId", key->id, "DryRun", 1));
    if (decrypts)
        (void)json_object_set_new(params, "DryRunModifiers", json_pack("[s]", "IGNORE_CIPHERTEXT"));
    else
        (void)json_object_set_new(params, "KeySpec", json_string("AES_256"));
    return params;
}

static bool ask_keys(struct doctor *doctor, struct error *err)
{
    struct aws_gathering calls[3 * DOCTOR_KEYS] = {{.op = NULL}};
    for (size_t i = 0; i < doctor->key_count; i++) {
        const struct doctor_key *key = &doctor->keys[i];
        calls[3 * i] = (struct aws_gathering){
            .op = "kms:DescribeKey",
            .params = json_own(doctor->arena, json_pack("{s:s}", "KeyId", key->id))};
        calls[3 * i + 1] =
            (struct aws_gathering){.op = "kms:Decrypt", .params = trial(doctor, key, true)};
        calls[3 * i + 2] = (struct aws_gathering){.op = key->writes ? "kms:GenerateDataKey" : NULL,
                                                  .params = trial(doctor, key, false)};
    }
    if (!aws_gather(doctor->aws, calls, 3 * doctor->key_count, doctor->call->cancel, doctor->arena,
                    err))
        return false;
    for (size_t i = 0; i < doctor->key_count; i++) {
        doctor->keys[i].described = calls[3 * i];
        doctor->keys[i].decrypt = calls[3 * i + 1];
        doctor->keys[i].generate = calls[3 * i + 2];
    }
    return true;
}

static bool ask_glue(struct doctor *doctor, struct error *err)
{
    struct glue_asking asking = {
        .aws = doctor->aws, .account = doctor->account, .cancel = doctor->call->cancel};
    error_clear(&doctor->glue_error);
    if (glue_find(&asking, doctor->arena, &doctor->glue, &doctor->glue_error))
        return true;
    if (doctor->glue_error.kind == ERROR_INTERRUPTED)
        *err = doctor->glue_error;
    return doctor->glue_error.kind != ERROR_INTERRUPTED;
}

bool doctor_ask(struct doctor *doctor, struct error *err)
{
    if (!ask_round(doctor, 1, err))
        return false;
    find_principal(doctor);
    find_output(doctor);
    if (!ask_round(doctor, 2, err))
        return false;
    find_keys(doctor);
    return ask_keys(doctor, err) && ask_glue(doctor, err);
}
