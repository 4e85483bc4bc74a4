#include "magics/watching.h"

#include "base/time.h"
#include "case/session.h"
#include "question/questions.h"
#include "response/watch.h"

#include <string.h>

#define ROWS_MOST 1000 /* of one subject */
#define SUBJECTS_MOST 100
#define HOUR (INT64_C(3600) * 1000000)

/* Management and data events alike. */
#define CALLS                                                                                      \
    "SELECT " EVENT " FROM (SELECT * FROM {from:cloudtrail} UNION ALL SELECT * FROM "              \
    "{from:s3_data} UNION ALL SELECT * FROM {from:lambda_execution}) WHERE {window} AND "

static const struct question calls[] = {
    [SUBJECT_KEY] = {.id = "W1",
                     .name = "watched-key",
                     .view = "cloudtrail",
                     .target = TARGET_KEY,
                     .target_required = true,
                     .sql = CALLS "{key} = {target}" ORDER},
    [SUBJECT_USER] = {.id = "W2",
                      .name = "watched-user",
                      .view = "cloudtrail",
                      .target = TARGET_USER,
                      .target_required = true,
                      .sql = CALLS "{user} = {target} AND {issuer} IS NULL" ORDER},
    [SUBJECT_ROLE] = {.id = "W3",
                      .name = "watched-role",
                      .view = "cloudtrail",
                      .target = TARGET_ROLE,
                      .target_required = true,
                      .sql = CALLS "{issuer} = {target}" ORDER},
};

struct lake_reading {
    struct job *job;
    struct job_commit *commit;
    struct question_request request; /* window and account of all */
    int64_t last;                    /* newest event of the lake since the first change; 0: none */
    int64_t rows;
    bool cut;
};

static bool ask(struct lake_reading *reading, const struct question *question, const char *target,
                struct result *out, struct error *err)
{
    struct question_request request = reading->request;
    request.question = question;
    request.target = target;
    return question_ask(reading->commit->session, &request, NULL, reading->commit->cancel,
                        reading->commit->arena, out, err);
}

static void put(json_t *record, const char *name, const char *text)
{
    if (*text)
        json_object_set_new(record, name, json_texts(text));
}

/* As CloudTrail's API would give it. */
static json_t *record_of(struct lake_reading *reading, const struct table *rows, int64_t row)
{
    static const char *const members[][2] = {
        {"eventSource", "service"}, {"eventName", "operation"},    {"errorCode", "error"},
        {"awsRegion", "region"},    {"sourceIPAddress", "source"}, {"eventID", "event_id"}};
    json_t *record = json_own(reading->commit->arena, json_object());
    char time[TIME_TEXT_SIZE];
    put(record, "eventTime", time_iso(table_int(rows, row, "time"), time));
    for (size_t i = 0; i < COUNT(members); i++)
        put(record, members[i][0], table_text(rows, row, members[i][1]));
    json_object_set_new(
        record, "userIdentity",
        json_pack("{s:o}", "accessKeyId", json_texts(table_text(rows, row, "key"))));
    return record;
}

static bool read_subject(struct lake_reading *reading, const struct watch_subject *subject,
                         struct error *err)
{
    struct result out;
    if (!ask(reading, &calls[subject->kind], subject->id, &out, err))
        return false;
    int64_t rows = out.table ? out.table->rows : 0;
    for (int64_t row = 0; row < rows; row++)
        watch_add(reading->job, subject, record_of(reading, out.table, row));
    reading->rows += rows;
    reading->cut = reading->cut || rows == ROWS_MOST;
    return true;
}

/* When the lake's events end. */
static bool find_last(struct lake_reading *reading, struct error *err)
{
    struct result out;
    if (!ask(reading, question_find("coverage"), NULL, &out, err))
        return false;
    for (int64_t row = 0; out.table && row < out.table->rows; row++)
        if (table_int(out.table, row, "last_event") > reading->last)
            reading->last = table_int(out.table, row, "last_event");
    return true;
}

static const char *words_of(const struct lake_reading *reading)
{
    char last[TIME_TEXT_SIZE];
    if (!reading->last)
        return "the open lake has no event since the first change: it was not read";
    return arena_printf(reading->commit->arena,
                        "the open lake, data events included where it has them: %lld calls, up to "
                        "%.19s UTC, its newest event%s; what happened later may not be in it yet",
                        (long long)reading->rows, time_millis(reading->last, last),
                        reading->cut ? " (cut: there are more)" : "");
}

static bool read_lake(struct lake_reading *reading, struct error *err)
{
    struct watch_subject *list;
    size_t count = watch_subjects(reading->job, reading->commit->arena, &list);
    if (!find_last(reading, err))
        return false;
    reading->cut = count > SUBJECTS_MOST;
    for (size_t i = 0; reading->last && i < count && i < SUBJECTS_MOST; i++)
        if (!read_subject(reading, &list[i], err))
            return false;
    watch_read_lake(reading->job, words_of(reading));
    return true;
}

static bool has_lake(struct session *session)
{
    const char *const *paths;
    size_t count = 0;
    session_lakes(session, &paths, &count);
    return count > 0;
}

/* A lake that cannot be read is said; the watch stands. */
static bool commit(struct job *job, struct job_commit *commit, struct error *err)
{
    struct lake_reading reading = {.job = job, .commit = commit};
    struct error why = {0};
    reading.request = (struct question_request){.limit = ROWS_MOST, .unkept = true};
    watch_window(job, &reading.request.since, &reading.request.until, &reading.request.account);
    reading.request.until += HOUR;
    if (has_lake(commit->session) && !read_lake(&reading, &why)) {
        if (why.kind == ERROR_INTERRUPTED) {
            *err = why;
            return false;
        }
        watch_read_lake(
            job, arena_printf(commit->arena, "the open lake could not be read: %s", why.message));
    }
    return watch_commit(job, commit, err);
}

const struct job_kind watch_kind = {
    .name = "watch",
    .noun = "watch",
    .resumes = true,
    .begin = watch_begin,
    .step = watch_step,
    .stop = watch_stop,
    .end = watch_end,
    .commit = commit,
};
