/* Athena's workgroup, where results go, and the keys they and the lake are encrypted with. */
#include "magics/doctor.h"

#include "aws/reply.h"
#include "base/text.h"
#include "case/session.h"

#include <string.h>

static const json_t *group_of(const struct doctor *doctor, const char *path)
{
    return reply_at(aws_gathered(&doctor->answers[ANSWER_WORKGROUP], "WorkGroup"), path);
}

static void check_workgroup(struct doctor *doctor)
{
    if (!doctor_has(doctor, &doctor->answers[ANSWER_WORKGROUP]))
        return;
    const json_t *group = group_of(doctor, "");
    const char *name = reply_text(group, "Name"), *state = reply_text(group, "State");
    const char *engine = reply_text(group, "Configuration.EngineVersion.EffectiveEngineVersion");
    bool disabled = strcmp(state, "DISABLED") == 0;
    bool old = *engine && !strstr(engine, "version 3");
    doctor_say(doctor,
               disabled ? DOCTOR_FAILS
               : old    ? DOCTOR_WARNING
                        : DOCTOR_OK,
               disabled ? "%set workgroup chooses another one."
               : old    ? "Questions are written for engine version 3: choose it for the workgroup."
                        : NULL,
               "%s is %s; %s", name, disabled ? "disabled" : "enabled",
               *engine ? engine : "its engine is not said");
}

static void check_cutoff(struct doctor *doctor)
{
    if (!doctor->answers[ANSWER_WORKGROUP].ok)
        return;
    char text[32];
    int64_t cutoff = reply_int(group_of(doctor, ""), "Configuration.BytesScannedCutoffPerQuery", 0);
    const struct settings *settings = session_settings(doctor->call->session);
    if (cutoff)
        doctor_say(doctor, DOCTOR_OK, NULL, "a query is ended after %s", text_bytes(cutoff, text));
    else if (settings->budget >= 0)
        doctor_say(doctor, DOCTOR_OK, NULL,
                   "the workgroup has none; the session's budget is USD %.2f", settings->budget);
    else
        doctor_say(doctor, DOCTOR_WARNING,
                   "Only the workgroup can end a query that scans too much; %set budget refuses "
                   "the next one.",
                   "none: a query may scan everything");
}

static void check_results(struct doctor *doctor)
{
    if (!doctor->answers[ANSWER_WORKGROUP].ok)
        return;
    const json_t *config = group_of(doctor, "Configuration");
    const char *set = session_settings(doctor->call->session)->output;
    bool enforced = reply_bool(config, "EnforceWorkGroupConfiguration");
    if (reply_bool(config, "ManagedQueryResultsConfiguration.Enabled"))
        doctor_say(doctor, DOCTOR_OK, NULL,
                   "managed by Athena: pages of 1,000 rows, gone after a day");
    else if (!doctor->output)
        doctor_say(doctor, DOCTOR_FAILS,
                   "%set output s3://bucket/prefix/, or %set workgroup with a place for results.",
                   "no output location");
    else if (set && strcmp(set, doctor->output) != 0)
        doctor_say(doctor, DOCTOR_WARNING, "%set output none, or another workgroup.",
                   "%s: the workgroup enforces its own place, %%set output has no effect",
                   doctor->output);
    else
        doctor_say(doctor, DOCTOR_OK, NULL, "%s%s", doctor->output,
                   enforced ? ", enforced by the workgroup" : "");
}

/* us-east-1 has no name in S3's answer, eu-west-1 an old one. */
static const char *bucket_region(const struct doctor *doctor)
{
    const json_t *reply = aws_gathered(&doctor->answers[ANSWER_BUCKET_REGION], "");
    const char *region = reply_text(reply, "LocationConstraint");
    return strcmp(region, "EU") == 0 ? "eu-west-1" : *region ? region : "us-east-1";
}

static void check_bucket(struct doctor *doctor)
{
    const struct aws_gathering *any = &doctor->answers[ANSWER_BUCKET];
    if (!doctor->bucket)
        return;
    if (doctor->answers[ANSWER_BUCKET_REGION].ok && doctor->region &&
        strcmp(bucket_region(doctor), doctor->region) != 0) {
        doctor_say(doctor, DOCTOR_FAILS,
                   "Athena writes only to a bucket of its own Region: %set output or %set region.",
                   "%s is in %s, Athena is asked in %s", doctor->bucket, bucket_region(doctor),
                   doctor->region);
        return;
    }
    if (any->status == 404)
        doctor_say(doctor, DOCTOR_FAILS, "%set output chooses another.", "%s is not there",
                   doctor->bucket);
    else if (any->ok && !doctor->answers[ANSWER_BUCKET_OWNED].ok)
        doctor_say(doctor, DOCTOR_WARNING,
                   "Results leave this account: make sure that its owner may have them.",
                   "%s belongs to another account", doctor->bucket);
    else if (doctor_has(doctor, any))
        doctor_say(doctor, DOCTOR_OK, NULL, "%s is this account's, in %s", doctor->bucket,
                   bucket_region(doctor));
}

/* A trial by DryRun that would have been made is refused with a code of its own. */
static bool check_trial(struct doctor *doctor, const struct doctor_key *key,
                        const struct aws_gathering *trial)
{
    if (!trial->op || trial->ok ||
        (trial->code && strcmp(trial->code, "DryRunOperationException") == 0))
        return true;
    bool denied = trial->code && aws_is_denied(trial->code);
    doctor_say(doctor, denied ? DOCTOR_FAILS : DOCTOR_WARNING,
               denied ? "The key's policy and the identity's policies must both allow it."
                      : "Whether it may be used is seen only by a query.",
               "%s of %s: %s", key->id, key->of, trial->error.message);
    return false;
}

static void check_key(struct doctor *doctor, const struct doctor_key *key)
{
    const char *state = reply_text(aws_gathered(&key->described, "KeyMetadata"), "KeyState");
    if (*state && strcmp(state, "Enabled") != 0)
        doctor_say(doctor, DOCTOR_FAILS,
                   "What it encrypts cannot be read until the key is enabled again.",
                   "%s of %s is %s", key->id, key->of, state);
    else if (check_trial(doctor, key, &key->decrypt) && check_trial(doctor, key, &key->generate))
        doctor_say(doctor, DOCTOR_OK, NULL, "%s of %s: tried by DryRun, may decrypt%s", key->id,
                   key->of, key->writes ? " and encrypt" : "");
}

static void check_keys(struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->key_count; i++)
        check_key(doctor, &doctor->keys[i]);
    if (!doctor->key_count && doctor->answers[ANSWER_BUCKET_KEY].ok)
        doctor_say(doctor, DOCTOR_OK, NULL, "none is needed for results");
}

const struct doctor_check doctor_athena[] = {
    {"workgroup", check_workgroup},  {"cutoff", check_cutoff}, {"results", check_results},
    {"result bucket", check_bucket}, {"keys", check_keys},     {NULL, NULL},
};
