#include "engine/athena_unload.h"

#include "aws/reply.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/sql.h"
#include "base/text.h"
#include "engine/arrived.h"
#include "engine/athena_columns.h"
#include "engine/athena_reading.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FILES_MOST 1000 /* one page */
#define BYTES_MOST (INT64_C(256) * 1000 * 1000 * 1000)
#define AT_ONCE 4

/* A file that is being fetched. */
struct getting {
    struct aws_call *call; /* NULL: none */
    const struct unload_file *is;
    const char *path;
    FILE *file;
    int64_t size;
};

struct unload {
    const char *bucket, *prefix;
    const char *folder; /* NULL: nothing lies here */
    struct unload_file *files;
    size_t count, begun, done;
    struct getting getting[AT_ONCE];
};

/* ---- the statement ------------------------------------------------------------------------------
 */

/* s3://bucket/prefix/; a slash at the end is added. */
static bool set_target(struct athena_query *query, const char *target)
{
    size_t size = strlen(target);
    const char *slash = strncmp(target, "s3://", 5) == 0 ? strchr(target + 5, '/') : NULL;
    if (!slash || slash == target + 5)
        return false;
    const char *end = target[size - 1] == '/' ? "" : "/";
    query->unload = arena_alloc(query->arena, sizeof *query->unload);
    query->unload->bucket = arena_strndup(query->arena, target + 5, (size_t)(slash - target - 5));
    query->unload->prefix = arena_printf(query->arena, "%s%s", slash + 1, end);
    query->facts->unloaded = arena_printf(query->athena->arena, "%s%s", target, end);
    return true;
}

/* A place of its own below that of results. */
static bool choose_target(struct athena_query *query, const char *output, struct error *err)
{
    char uuid[UUID_TEXT_SIZE];
    size_t size = strlen(output);
    const char *slash = size && output[size - 1] == '/' ? "" : "/";
    if (set_target(query, arena_printf(query->arena, "%s%sunload/%s/", output, slash,
                                       (uuid_text(uuid), uuid))))
        return true;
    return error_set(err, ERROR_USAGE, "UNLOAD needs a place in S3, and there is none: \"%.200s\"",
                     output) ||
           error_hint(err, "Name one: --output s3://bucket/prefix/, or %%set output.");
}

bool athena_unload_begin(struct athena_query *query, bool *placed, struct error *err)
{
    static const char *const verbs[] = {"SELECT", "WITH", "VALUES", "TABLE", "("};
    const struct athena_place *place = &query->athena->place;
    struct sql_text text = sql_parse(query->arena, query->request.sql, query->request.size);
    bool rows = false;
    for (size_t i = 0; i < COUNT(verbs); i++)
        rows |= strcmp(verbs[i], text.statements[0].verb) == 0 && !text.statements[0].explain;
    if (!rows)
        return error_set(err, ERROR_USAGE, "only the rows of a query can be unloaded");
    if (!athena_check_columns(query->arena, &query->request, err))
        return false;
    *placed = place->output != NULL;
    if (*placed)
        return choose_target(query, place->output, err);
    query->state = ATHENA_PLACING;
    return athena_ask(
        query, "athena:GetWorkGroup",
        json_pack("{s:s}", "WorkGroup", place->workgroup ? place->workgroup : "primary"), err);
}

bool athena_unload_place(struct athena_query *query, const json_t *reply, struct error *err)
{
    return choose_target(
        query, reply_text(reply, "WorkGroup.Configuration.ResultConfiguration.OutputLocation"),
        err);
}

void athena_unload_wrap(const struct athena_query *query, struct buf *sql, bool end)
{
    if (!query->unload)
        return;
    if (!end) {
        buf_adds(sql, "UNLOAD (\n");
        return;
    }
    buf_adds(sql, "\n) TO ");
    text_sql_string(sql, query->facts->unloaded, strlen(query->facts->unloaded));
    buf_adds(sql, " WITH (format = 'PARQUET', compression = 'SNAPPY')");
}

const char *unload_target(struct arena *arena, const char *sql)
{
    struct engine_request request = {.sql = sql, .size = strlen(sql)};
    struct athena_words words;
    const char *why = NULL;
    if (!athena_read_words(arena, &request, &words, &why) || !athena_word_is(words.at, "unload"))
        return NULL;
    for (size_t i = words.count; i > 2; i--)
        if (words.at[i - 1].kind == TOKEN_STRING && athena_word_is(&words.at[i - 2], "to") &&
            athena_word_is(&words.at[i - 3], ")"))
            return words.at[i - 1].text;
    return NULL;
}

void athena_unload_resume(struct athena_query *query, const json_t *reply)
{
    const char *target =
        query->unload ? NULL
                      : unload_target(query->arena, reply_text(reply, "QueryExecution.Query"));
    if (target)
        (void)set_target(query, target);
}

/* ---- the list -----------------------------------------------------------------------------------
 */

static bool too_much(struct error *err, const char *what)
{
    (void)error_set(err, ERROR_LIMIT, "UNLOAD wrote %s than can be read here", what);
    return error_hint(err, "Ask for less: fewer columns, a shorter time, a sum.");
}

bool unload_read_list(struct arena *arena, const json_t *page, const char *prefix,
                      struct unload_file **out, size_t *count, struct error *err)
{
    size_t listed = reply_count(page, "Contents");
    int64_t left = BYTES_MOST;
    *count = 0;
    *out = arena_alloc(arena, (listed + 1) * sizeof **out);
    if (reply_bool(page, "IsTruncated") || listed > FILES_MOST)
        return too_much(err, "more files");
    for (size_t i = 0; i < listed; i++) {
        const json_t *object = reply_item(page, "Contents", i);
        const char *key = reply_text(object, "Key");
        int64_t size = reply_int(object, "Size", -1);
        if (strncmp(key, prefix, strlen(prefix)) != 0 || size < 0)
            return error_set(err, ERROR_DATA, "the list of UNLOAD's files is not understood");
        if (size > left)
            return too_much(err, "more bytes");
        left -= size;
        if (size) /* no Parquet file is empty */
            (*out)[(*count)++] = (struct unload_file){arena_strdup(arena, key), size};
    }
    return true;
}

bool athena_unload_list(struct athena_query *query, struct error *err)
{
    query->started = false;
    query->state = ATHENA_LISTING;
    return athena_ask(
        query, "s3:ListObjectsV2",
        json_pack("{s:s, s:s}", "Bucket", query->unload->bucket, "Prefix", query->unload->prefix),
        err);
}

/* ---- the files ----------------------------------------------------------------------------------
 */

static bool sink(void *state, const void *bytes, size_t size, struct error *err)
{
    struct getting *getting = state;
    getting->size += (int64_t)size;
    if (getting->size > getting->is->size)
        return error_set(err, ERROR_DATA, "%.200s is longer than it was listed", getting->is->key);
    return fwrite(bytes, 1, size, getting->file) == size ||
           error_errno(err, errno, "%s", getting->path);
}

static bool begin(struct athena_query *query, struct getting *getting, struct error *err)
{
    struct unload *unload = query->unload;
    size_t number = unload->begun++;
    *getting = (struct getting){.is = &unload->files[number]};
    getting->path = arena_printf(query->arena, "%s/%04zu.parquet", unload->folder, number);
    getting->file = fopen(getting->path, "wxe");
    if (!getting->file)
        return error_errno(err, errno, "%s", getting->path);
    json_t *params = json_pack("{s:s, s:s}", "Bucket", unload->bucket, "Key", getting->is->key);
    struct aws_asking asking = {.op = "s3:GetObject",
                                .params = json_own(query->arena, params),
                                .region = query->athena->place.region,
                                .total_ms = 3600000,
                                .sink = sink,
                                .sink_state = getting};
    getting->call = aws_start(query->athena->place.aws, &asking, err);
    return getting->call != NULL;
}

static bool end(struct unload *unload, struct getting *getting, struct error *err)
{
    json_t *reply;
    bool ok = aws_reply(getting->call, &reply, err);
    aws_end(getting->call);
    getting->call = NULL;
    bool written = fclose(getting->file) == 0;
    getting->file = NULL;
    if (!ok)
        return error_hint(err, "The files of UNLOAD may have been deleted: run the query again.");
    if (!written)
        return error_errno(err, errno, "%s", getting->path);
    if (getting->size != getting->is->size)
        return error_set(err, ERROR_DATA, "%.200s is shorter than it was listed", getting->is->key);
    unload->done++;
    return true;
}

static bool load(struct athena_query *query, struct error *err)
{
    struct arrived arrived = {.folder = query->unload->folder, .files = query->unload->count};
    struct local *local = query->athena->place.local;
    query->state = local ? ATHENA_LOADING : ATHENA_ARRIVED;
    return !local ||
           arrived_load(&arrived, local, &query->request, query->arena, &query->load, err);
}

bool athena_unload_get(struct athena_query *query, const json_t *reply, struct error *err)
{
    char uuid[UUID_TEXT_SIZE];
    struct unload *unload = query->unload;
    struct athena_facts *facts = query->facts;
    if (!unload_read_list(query->arena, reply, unload->prefix, &unload->files, &unload->count, err))
        return false;
    facts->files = (int64_t)unload->count;
    facts->file_bytes = 0;
    for (size_t i = 0; i < unload->count; i++)
        facts->file_bytes += unload->files[i].size;
    uuid_text(uuid);
    unload->folder = arena_printf(query->arena, "%s/unload-%s", query->athena->place.folder, uuid);
    query->state = ATHENA_GETTING;
    return file_make_folder(unload->folder, 0700, err) && athena_unload_step(query, err);
}

bool athena_unload_step(struct athena_query *query, struct error *err)
{
    struct unload *unload = query->unload;
    for (size_t i = 0; i < AT_ONCE; i++) {
        struct getting *getting = &unload->getting[i];
        if (getting->call && aws_done(getting->call) && !end(unload, getting, err))
            return false;
        if (!getting->call && unload->begun < unload->count && !begin(query, getting, err))
            return false;
    }
    return unload->done < unload->count || load(query, err);
}

void athena_unload_take(struct athena_query *query, struct arrived *out)
{
    *out = (struct arrived){.folder = query->unload->folder, .files = query->unload->count};
    query->unload->folder = NULL;
}

void athena_unload_forget(struct athena_query *query)
{
    struct unload *unload = query->unload;
    struct error ignored = {0};
    for (size_t i = 0; unload && i < AT_ONCE; i++) {
        aws_end(unload->getting[i].call);
        unload->getting[i].call = NULL;
        if (unload->getting[i].file)
            (void)fclose(unload->getting[i].file);
        unload->getting[i].file = NULL;
    }
    if (unload && unload->folder && !file_remove_all(unload->folder, &ignored))
        error_clear(&ignored);
}
