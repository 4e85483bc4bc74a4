#include "response/follow.h"

#include "aws/reply.h"
#include "base/time.h"
#include "case/ledger.h"
#include "case/session.h"
#include "data/render.h"
#include "response/blocks.h"
#include "response/response.h"

#include <string.h>

#define POLL ((int64_t)15000000) /* microseconds */
#define POLL_LEAST ((int64_t)200000)
#define TROUBLES_MOST 240 /* polls in a row that failed: an hour */

#define SEEN_LATE 20

enum question { SNAPSHOTS, LOCKS, QUESTIONS };

struct follow {
    struct aws_call *calls[QUESTIONS];
    json_t *snapshots; /* as last read: objects of DescribeSnapshots; the job's arena's */
    json_t *locks;     /* snapshot -> state */
    int troubles;
    struct blocks *blocks; /* of the snapshot at hand; NULL: none */
    const char *hashing;   /* its id */
};

static struct follow *follow_of(const struct job *job)
{
    return job->state;
}

/* What is known of a snapshot's blocks, in the job's notes: {"root", "blocks", "file", ...}. */
static const json_t *sum_of(const struct job *job, const char *snapshot)
{
    return json_object_get(json_object_get(job->notes, "sums"), snapshot);
}

/* ---- asking -------------------------------------------------------------------------------------
 */

static json_t *question_of(struct job *job, enum question question)
{
    const struct follow *follow = follow_of(job);
    const char *set = json_get_string(job->order, "set", "");
    if (question == SNAPSHOTS)
        return json_pack("{s:[s], s:[{s:s, s:[s]}]}", "Owner", "self", "Filter", "Name",
                         "tag:ir:set", "Value", set);
    json_t *ids = json_array();
    for (size_t i = 0; i < json_array_size(follow->snapshots); i++)
        json_array_append_new(
            ids, json_texts(reply_text(json_array_get(follow->snapshots, i), "snapshotId")));
    return json_pack("{s:o}", "SnapshotId", ids);
}

static bool ask(struct job *job, enum question question, struct error *err)
{
    static const char *const ops[QUESTIONS] = {"ec2:DescribeSnapshots",
                                               "ec2:DescribeLockedSnapshots"};
    json_t *params = question_of(job, question);
    struct aws_asking asking = {.op = ops[question], .params = params, .region = job->region};
    follow_of(job)->calls[question] = aws_start(job->aws, &asking, err);
    json_decref(params);
    return follow_of(job)->calls[question] != NULL;
}

static void take_snapshots(struct job *job, const json_t *reply)
{
    json_t *list = json_own(job->arena, json_array());
    for (size_t i = 0; i < reply_count(reply, "snapshotSet"); i++)
        json_array_append_new(list, json_deep_copy(reply_item(reply, "snapshotSet", i)));
    follow_of(job)->snapshots = list;
}

static void take_locks(struct job *job, const json_t *reply)
{
    json_t *locks = json_own(job->arena, json_object());
    for (size_t i = 0; i < reply_count(reply, "snapshotSet"); i++) {
        const json_t *one = reply_item(reply, "snapshotSet", i);
        json_object_set_new(locks, reply_text(one, "snapshotId"),
                            json_texts(reply_text(one, "lockState")));
    }
    follow_of(job)->locks = locks;
}

/* ---- showing ------------------------------------------------------------------------------------
 */

static const char *state_of(struct arena *arena, const json_t *snapshot)
{
    const char *status = reply_text(snapshot, "status");
    const char *message = reply_text(snapshot, "statusMessage");
    if (strcmp(status, "completed") == 0)
        return "complete";
    if (strcmp(status, "error") == 0)
        return arena_printf(arena, "failed: %s", *message ? message : "EC2 gives no reason");
    return arena_printf(arena, "accepted, %s", reply_text(snapshot, "progress"));
}

static struct bundle table_of(const struct job *job, struct arena *arena)
{
    static const struct column columns[] = {
        {.name = "volume", .type = TYPE_TEXT}, {.name = "snapshot", .type = TYPE_TEXT},
        {.name = "gib", .type = TYPE_INT64},   {.name = "state", .type = TYPE_TEXT},
        {.name = "lock", .type = TYPE_TEXT},   {.name = "blocks", .type = TYPE_INT64},
        {.name = "root", .type = TYPE_TEXT}};
    const struct follow *follow = follow_of(job);
    struct table *table = table_new(arena, columns, COUNT(columns));
    for (size_t i = 0; i < json_array_size(follow->snapshots); i++) {
        const json_t *one = json_array_get(follow->snapshots, i);
        const char *id = reply_text(one, "snapshotId");
        const json_t *sum = sum_of(job, id);
        table_add_row(table);
        table_put_string(table, 0, reply_text(one, "volumeId"));
        table_put_string(table, 1, id);
        table_put_int(table, 2, reply_int(one, "volumeSize", 0));
        table_put_string(table, 3, state_of(arena, one));
        table_put_string(table, 4, json_get_string(follow->locks, id, "none"));
        if (sum)
            table_put_int(table, 5, json_get_int(sum, "blocks", 0));
        table_put_string(table, 6, sum ? json_get_string(sum, "root", "") : NULL);
    }
    struct caption caption = {.title = arena_printf(arena, "Snapshots of %s",
                                                    json_get_string(job->order, "instance", "")),
                              .source = "ec2:DescribeSnapshots",
                              .total_rows = table->rows};
    return render_table(arena, table, &caption);
}

static void say(struct job *job)
{
    const struct follow *follow = follow_of(job);
    size_t complete = 0, failed = 0, count = json_array_size(follow->snapshots);
    for (size_t i = 0; i < count; i++) {
        const char *status = reply_text(json_array_get(follow->snapshots, i), "status");
        complete += strcmp(status, "completed") == 0;
        failed += strcmp(status, "error") == 0;
    }
    job_say(job, "%zu of %zu snapshots complete%s", complete, count,
            failed ? arena_printf(job->arena, ", %zu failed", failed) : "");
}

/* ---- the job ------------------------------------------------------------------------------------
 */

static bool begin(struct job *job, struct error *err)
{
    job->state = arena_alloc(job->arena, sizeof(struct follow));
    follow_of(job)->snapshots = json_own(job->arena, json_array());
    follow_of(job)->locks = json_own(job->arena, json_object());
    return ask(job, SNAPSHOTS, err);
}

static void later(struct job *job)
{
    int64_t pause = POLL / response_rate();
    job->due = job->clock->monotonic(job->clock->state) + (pause < POLL_LEAST ? POLL_LEAST : pause);
}

/* A network that is away comes back; what AWS refuses, it refuses again. */
static enum job_step trouble(struct job *job, struct error *err)
{
    struct follow *follow = follow_of(job);
    if (err->kind != ERROR_UNAVAILABLE || ++follow->troubles > TROUBLES_MOST)
        return JOB_FAILED;
    job_say(job, "%s; asked again", err->message);
    error_clear(err);
    later(job);
    return JOB_WAITS;
}

/* True when both questions have their answers. */
static bool answered(struct job *job, enum question question, struct error *err)
{
    struct follow *follow = follow_of(job);
    struct aws_call *call = follow->calls[question];
    json_t *reply;
    if (!call || !aws_done(call))
        return false;
    bool ok = aws_reply(call, &reply, err);
    if (ok && question == SNAPSHOTS)
        take_snapshots(job, reply);
    else if (ok)
        take_locks(job, reply);
    aws_end(call);
    follow->calls[question] = NULL;
    if (ok && json_array_size(follow->snapshots))
        follow->troubles = 0;
    return ok;
}

static bool all_ended(const struct follow *follow)
{
    for (size_t i = 0; i < json_array_size(follow->snapshots); i++) {
        const char *status = reply_text(json_array_get(follow->snapshots, i), "status");
        if (strcmp(status, "completed") != 0 && strcmp(status, "error") != 0)
            return false;
    }
    return true;
}

/* The next complete snapshot that is not hashed yet; NULL: none. */
static const char *next_to_hash(const struct job *job)
{
    const struct follow *follow = follow_of(job);
    for (size_t i = 0; i < json_array_size(follow->snapshots); i++) {
        const json_t *one = json_array_get(follow->snapshots, i);
        const char *id = reply_text(one, "snapshotId");
        if (strcmp(reply_text(one, "status"), "completed") == 0 && !sum_of(job, id))
            return id;
    }
    return NULL;
}

static bool keep_sum(struct job *job, const struct blocks_sum *sum, struct error *err)
{
    json_t *sums = json_object_get(job->notes, "sums");
    sums = sums ? json_deep_copy(sums) : json_object();
    json_object_set_new(sums, follow_of(job)->hashing,
                        json_pack("{s:s, s:I, s:I, s:s, s:s, s:I}", "root", sum->root, "blocks",
                                  (json_int_t)sum->count, "bytes", (json_int_t)sum->bytes, "file",
                                  sum->file, "sha256", sum->file_hash, "size",
                                  (json_int_t)sum->file_size));
    return job_note(job, "sums", sums, err);
}

static enum job_step hash(struct job *job, struct error *err)
{
    struct follow *follow = follow_of(job);
    struct blocks_sum sum;
    if (!follow->blocks) {
        follow->hashing = next_to_hash(job);
        if (!follow->hashing)
            return JOB_DONE;
        follow->blocks = blocks_new(job, follow->hashing, err);
        if (!follow->blocks)
            return JOB_FAILED;
    }
    enum job_step step = blocks_step(follow->blocks, &sum, err);
    if (step == JOB_WAITS)
        return step;
    blocks_end(follow->blocks);
    follow->blocks = NULL;
    if (step == JOB_FAILED)
        return trouble(job, err);
    if (!keep_sum(job, &sum, err))
        return JOB_FAILED;
    job->due = job->clock->monotonic(job->clock->state);
    return JOB_WAITS;
}

static bool hashes(const struct job *job)
{
    return json_get_bool(job->order, "hash", false);
}

/* All have ended and were looked at: their locks, then their blocks. */
static enum job_step looked(struct job *job, struct error *err)
{
    struct follow *follow = follow_of(job);
    if (!json_array_size(follow->snapshots) && follow->troubles++ < SEEN_LATE) {
        later(job); /* what was just made is not known everywhere yet */
        return JOB_WAITS;
    }
    if (!json_array_size(follow->snapshots)) {
        (void)error_set(err, ERROR_NOT_FOUND, "no snapshot of %s is there",
                        json_get_string(job->order, "instance", ""));
        return JOB_FAILED;
    }
    say(job);
    job_show(job, table_of(job, job->arena));
    if (!all_ended(follow)) {
        later(job);
        return JOB_WAITS;
    }
    return hashes(job) ? hash(job, err) : JOB_DONE;
}

static enum job_step step(struct job *job, struct error *err)
{
    struct follow *follow = follow_of(job);
    if (follow->blocks || (hashes(job) && json_array_size(follow->snapshots) && all_ended(follow) &&
                           !follow->calls[LOCKS] && !follow->calls[SNAPSHOTS]))
        return hash(job, err);
    if (answered(job, SNAPSHOTS, err)) {
        if (!json_array_size(follow->snapshots))
            return looked(job, err);
        return ask(job, LOCKS, err) ? JOB_WAITS : trouble(job, err);
    }
    if (!err->kind && answered(job, LOCKS, err))
        return looked(job, err);
    if (err->kind)
        return trouble(job, err);
    bool idle = !follow->calls[SNAPSHOTS] && !follow->calls[LOCKS];
    if (idle && job->clock->monotonic(job->clock->state) >= job->due && !ask(job, SNAPSHOTS, err))
        return trouble(job, err);
    return JOB_WAITS;
}

static void end(struct job *job)
{
    struct follow *follow = follow_of(job);
    for (size_t i = 0; follow && i < QUESTIONS; i++) {
        aws_end(follow->calls[i]);
        follow->calls[i] = NULL;
    }
    if (follow)
        blocks_end(follow->blocks);
}

/* ---- the record ---------------------------------------------------------------------------------
 */

static json_t *entry_of(const struct job *job)
{
    const struct follow *follow = follow_of(job);
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(follow->snapshots); i++) {
        const json_t *one = json_array_get(follow->snapshots, i);
        const char *id = reply_text(one, "snapshotId");
        json_t *made =
            json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "snapshot", id, "volume",
                      reply_text(one, "volumeId"), "gib", reply_text(one, "volumeSize"), "state",
                      reply_text(one, "status"), "started", reply_text(one, "startTime"),
                      "encrypted", reply_text(one, "encrypted"), "key", reply_text(one, "kmsKeyId"),
                      "lock", json_get_string(follow->locks, id, "none"));
        if (sum_of(job, id))
            json_object_set(made, "hash", (json_t *)(uintptr_t)sum_of(job, id));
        json_array_append_new(list, made);
    }
    return json_pack("{s:s, s:s, s:I, s:o}", "what", "snapshots", "instance",
                     json_get_string(job->order, "instance", ""), "job", (json_int_t)job->number,
                     "snapshots", list);
}

static bool commit(struct job *job, struct job_commit *commit, struct error *err)
{
    struct ledger *ledger = session_ledger(commit->session, err);
    commit->shown = table_of(job, commit->arena);
    return ledger && ledger_append(ledger, LEDGER_JOB, entry_of(job), NULL, err);
}

const struct job_kind follow_kind = {
    .name = "snapshots",
    .noun = "snapshots",
    .resumes = true,
    .begin = begin,
    .step = step,
    .end = end,
    .commit = commit,
};
