#include "question/expand.h"

#include "base/text.h"
#include "base/time.h"
#include "question/meaning.h"
#include "question/target.h"

#include <inttypes.h>
#include <string.h>

#define SQL_LIMIT ((size_t)256 * 1024)

struct writing {
    struct expansion *expansion;
    struct buf sql;
};

static enum dialect dialect_of(const struct question_request *request)
{
    return request->place.engine ? DIALECT_TRINO : DIALECT_LOCAL;
}

/* ---- values -------------------------------------------------------------------------------------
 */

static void add_param(struct expansion *expansion, const char *name, json_t *value)
{
    if (expansion->param_count == expansion->param_capacity) {
        size_t capacity = expansion->param_capacity ? expansion->param_capacity * 2 : 16;
        struct engine_param *grown = arena_alloc(expansion->arena, capacity * sizeof *grown);
        if (expansion->param_count)
            memcpy(grown, expansion->params, expansion->param_count * sizeof *grown);
        expansion->params = grown;
        expansion->param_capacity = capacity;
    }
    expansion->params[expansion->param_count++] =
        (struct engine_param){.name = name, .value = json_own(expansion->arena, value)};
}

static void bind_text(struct writing *writing, const char *name, const char *text)
{
    struct expansion *expansion = writing->expansion;
    size_t index = 0;
    while (index < expansion->param_count && strcmp(expansion->params[index].name, name) != 0)
        index++;
    if (index == expansion->param_count)
        add_param(expansion, name, json_texts(text));
    buf_addf(&writing->sql, ":%s", name);
}

/* TIMESTAMP has no zone: all is UTC. */
static void write_time(struct writing *writing, const char *name, int64_t time)
{
    char text[TIME_TEXT_SIZE];
    (void)time_iso(time, text);
    text[strlen(text) - 1] = '\0';
    *strchr(text, 'T') = ' ';
    buf_adds(&writing->sql, "CAST(");
    bind_text(writing, name, text);
    buf_adds(&writing->sql, " AS TIMESTAMP)");
}

static bool write_words(struct writing *writing, const char *words, struct error *err);

static bool write_window(struct writing *writing, struct error *err)
{
    const struct question_request *request = writing->expansion->request;
    struct buf *sql = &writing->sql;
    bool ok = write_words(writing, "(TRUE", err);
    if (request->since && (ok = ok && write_words(writing, " AND {time} >= ", err)))
        write_time(writing, "since", request->since);
    if (request->until && (ok = ok && write_words(writing, " AND {time} < ", err)))
        write_time(writing, "until", request->until);
    if (request->account && (ok = ok && write_words(writing, " AND {account} = ", err)))
        bind_text(writing, "account", request->account);
    if (request->region && (ok = ok && write_words(writing, " AND {region} = ", err)))
        bind_text(writing, "region", request->region);
    buf_addc(sql, ')');
    return ok;
}

/* ---- tables -------------------------------------------------------------------------------------
 */

static bool write_local_from(struct writing *writing, const char *view, struct error *err)
{
    struct expansion *expansion = writing->expansion;
    struct lake_window window;
    const struct question_request *request = expansion->request;
    const char *schema = request->place.schema ? request->place.schema : "main";
    if (!lake_window(expansion->session, schema, view, expansion->cancel, expansion->arena, &window,
                     err))
        return false;
    if (window.known)
        buf_addf(&writing->sql, "\"%s\".\"%s\"", schema, view);
    else
        buf_addf(&writing->sql, "(SELECT * FROM \"%s\".\"%s\" WHERE FALSE)", schema,
                 request->question->view);
    return true;
}

static void write_name(struct buf *sql, const struct remote_table *table)
{
    const char *const parts[] = {table->catalog, table->database, table->table};
    for (size_t i = 0; i < COUNT(parts); i++) {
        if (!parts[i])
            continue;
        text_sql_name(sql, parts[i], strlen(parts[i]));
        buf_adds(sql, i + 1 < COUNT(parts) ? "." : "");
    }
}

/* Version 1's partitions are days as texts of eight digits. */
static void write_days(struct buf *sql, const struct question_request *request)
{
    char day[TIME_TEXT_SIZE];
    const struct {
        int64_t time;
        const char *comparison;
    } bounds[] = {{request->since, " AND eventday >= '"}, {request->until, " AND eventday <= '"}};
    buf_adds(sql, " WHERE TRUE");
    for (size_t i = 0; i < COUNT(bounds); i++)
        if (bounds[i].time) {
            (void)time_iso(bounds[i].time, day);
            buf_addf(sql, "%s%.4s%.2s%.2s'", bounds[i].comparison, day, day + 5, day + 8);
        }
}

static bool write_remote_from(struct writing *writing, const char *view)
{
    const struct question_request *request = writing->expansion->request;
    const struct remote *remote = request->place.remote;
    bool known = remote_has(remote, view), any = false;
    const char *wanted = known ? view : request->question->view;
    buf_addc(&writing->sql, '(');
    for (size_t i = 0; i < remote->count; i++) {
        const struct remote_table *table = &remote->tables[i];
        if (strcmp(table->source->view, wanted) != 0)
            continue;
        buf_adds(&writing->sql, any ? " UNION ALL SELECT " : "SELECT ");
        meaning_project(wanted, table->version, &writing->sql);
        buf_adds(&writing->sql, " FROM ");
        write_name(&writing->sql, table);
        if (table->version == REMOTE_1)
            write_days(&writing->sql, request);
        else if (!known)
            buf_adds(&writing->sql, " WHERE FALSE");
        if (table->version == REMOTE_1 && !known)
            buf_adds(&writing->sql, " AND FALSE");
        any = true;
    }
    buf_addc(&writing->sql, ')');
    return any;
}

static bool write_from(struct writing *writing, const char *view, struct error *err)
{
    if (!writing->expansion->request->place.engine)
        return write_local_from(writing, view, err);
    return write_remote_from(writing, view) ||
           error_set(err, ERROR_INTERNAL, "there is no table for %s", view);
}

/* ---- families -----------------------------------------------------------------------------------
 */

static const struct member_set {
    const char *word, *kinds;
} member_sets[] = {
    {"credentials", "('access key', 'session', 'console session', 'instance session')"},
    {"instances", "('instance')"},
    {"member", "('access key', 'session', 'user', 'role', 'instance', 'bucket', 'function')"},
};

static void write_members_query(struct writing *writing, const struct member_set *set,
                                struct buf *sql)
{
    const char *family = writing->expansion->request->family;
    buf_adds(sql, "SELECT DISTINCT id FROM results.main.");
    text_sql_name(sql, family, strlen(family));
    buf_addf(sql, " WHERE kind IN %s", set->kinds);
}

/* The ids of a kept family, for an engine that cannot see it. */
static bool read_members(struct writing *writing, const struct member_set *set, struct table **out,
                         struct error *err)
{
    struct expansion *expansion = writing->expansion;
    struct buf sql;
    buf_init(&sql, 4096);
    write_members_query(writing, set, &sql);
    buf_adds(&sql, " ORDER BY id");
    struct local *local = session_local(expansion->session, err);
    struct local_statement statement = {.sql = sql.data, .cancel = expansion->cancel};
    bool read = local && local_run(local, &statement, expansion->arena, out, err);
    buf_release(&sql);
    if (!read || (*out)->rows <= EXPAND_MEMBERS_MOST)
        return read;
    (void)error_set(err, ERROR_LIMIT,
                    "the family %s has %" PRId64 " members, and %s is asked about %d at most",
                    expansion->request->family, (*out)->rows,
                    expansion->request->place.engine->ops->name, EXPAND_MEMBERS_MOST);
    return error_hint(
        err, "Ask about a part of it: SELECT ... FROM %s WHERE ..., kept --into a name of its own.",
        expansion->request->family);
}

static bool write_members(struct writing *writing, const struct member_set *set, struct error *err)
{
    struct expansion *expansion = writing->expansion;
    struct table *members = NULL;
    if (!expansion->request->place.engine) {
        buf_addc(&writing->sql, '(');
        write_members_query(writing, set, &writing->sql);
        buf_addc(&writing->sql, ')');
        return true;
    }
    if (!read_members(writing, set, &members, err))
        return false;
    buf_adds(&writing->sql, members->rows ? "(" : "(NULL");
    for (int64_t row = 0; row < members->rows; row++) {
        buf_adds(&writing->sql, row ? ", " : "");
        bind_text(writing, arena_printf(expansion->arena, "%s_%" PRId64, set->word, row),
                  table_text(members, row, "id"));
    }
    buf_addc(&writing->sql, ')');
    return true;
}

/* Whether a text of a field names any member. */
static bool write_mentions(struct writing *writing, const char *field, size_t size,
                           struct error *err)
{
    const struct member_set *set = &member_sets[COUNT(member_sets) - 1];
    struct table *members = NULL;
    if (!read_members(writing, set, &members, err))
        return false;
    buf_adds(&writing->sql, "(FALSE");
    for (int64_t row = 0; row < members->rows; row++) {
        buf_adds(&writing->sql, " OR contains(");
        if (!meaning_write(dialect_of(writing->expansion->request), field, size, &writing->sql))
            return false;
        buf_adds(&writing->sql, ", ");
        bind_text(writing, arena_printf(writing->expansion->arena, "member_%" PRId64, row),
                  table_text(members, row, "id"));
        buf_addc(&writing->sql, ')');
    }
    buf_addc(&writing->sql, ')');
    return true;
}

static const struct member_set *member_set_of(const char *word, size_t size)
{
    for (size_t i = 0; i < COUNT(member_sets); i++)
        if (strlen(member_sets[i].word) == size && memcmp(member_sets[i].word, word, size) == 0)
            return &member_sets[i];
    return NULL;
}

/* ---- words --------------------------------------------------------------------------------------
 */

static enum target_scope scope_of(const struct question_request *request)
{
    if (request->target)
        return SCOPE_TARGET;
    return request->family ? SCOPE_FAMILY : SCOPE_ALL;
}

static bool is(const char *word, size_t size, const char *name)
{
    return strlen(name) == size && memcmp(word, name, size) == 0;
}

static bool write_word(struct writing *writing, const char *word, size_t size, struct error *err)
{
    const struct question_request *request = writing->expansion->request;
    const char *target = request->target;
    const char *words = target_condition(word, size, scope_of(request),
                                         target ? target_kind_of(target) : TARGET_NONE);
    if (!words)
        words = meaning_derived(word, size);
    if (words)
        return write_words(writing, words, err);
    const struct member_set *set = member_set_of(word, size);
    if (set)
        return write_members(writing, set, err);
    if (is(word, size, "window"))
        return write_window(writing, err);
    if (is(word, size, "target")) {
        bind_text(writing, "target", target ? target_value(writing->expansion->arena, target) : "");
        return true;
    }
    if (size > 5 && memcmp(word, "from:", 5) == 0)
        return write_from(writing, arena_strndup(writing->expansion->arena, word + 5, size - 5),
                          err);
    if (size > 7 && memcmp(word, "member:", 7) == 0)
        return write_mentions(writing, word + 7, size - 7, err);
    return meaning_write(dialect_of(request), word, size, &writing->sql) ||
           error_set(err, ERROR_INTERNAL, "question %s names an unknown field {%.*s}",
                     request->question->id, (int)size, word);
}

static bool write_words(struct writing *writing, const char *words, struct error *err)
{
    for (const char *at = words; *at;) {
        const char *open = strchr(at, '{');
        if (!open) {
            buf_adds(&writing->sql, at);
            break;
        }
        buf_add(&writing->sql, at, (size_t)(open - at));
        const char *close = strchr(open, '}');
        if (!close)
            return error_set(err, ERROR_INTERNAL, "question %s has an open brace",
                             writing->expansion->request->question->id);
        if (!write_word(writing, open + 1, (size_t)(close - open - 1), err))
            return false;
        at = close + 1;
    }
    return true;
}

bool expand(struct expansion *expansion, const char *words, const char **sql, struct error *err)
{
    struct writing writing = {.expansion = expansion};
    struct buf spelled;
    buf_init(&writing.sql, SQL_LIMIT);
    buf_init(&spelled, SQL_LIMIT);
    bool ok = write_words(&writing, words, err) &&
              dialect_spell(dialect_of(expansion->request), writing.sql.data, expansion->arena,
                            &spelled, err);
    if (ok && (writing.sql.full || spelled.full))
        ok = error_set(err, ERROR_LIMIT, "the question's SQL passes %zu bytes", SQL_LIMIT);
    if (ok)
        *sql = buf_to_arena(&spelled, expansion->arena);
    buf_release(&spelled);
    buf_release(&writing.sql);
    return ok;
}

bool expand_flattens(const struct question_request *request)
{
    for (size_t i = 0; request->place.engine && i < request->place.remote->count; i++)
        if (request->place.remote->tables[i].version == REMOTE_1)
            return true;
    return false;
}
