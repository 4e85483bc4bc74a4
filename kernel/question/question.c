#include "question/question.h"

#include "base/text.h"
#include "base/time.h"
#include "question/expand.h"
#include "question/questions.h"
#include "question/summary.h"
#include "question/target.h"
#include "question/visible.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct question *question_at(size_t index)
{
    if (index < questions_pivots_count)
        return &questions_pivots[index];
    index -= questions_pivots_count;
    if (index < questions_identity_count)
        return &questions_identity[index];
    index -= questions_identity_count;
    return index < questions_activity_count ? &questions_activity[index] : NULL;
}

const struct question *question_find(const char *name)
{
    const struct question *question;
    for (size_t i = 0; (question = question_at(i)); i++)
        if (strcasecmp(question->name, name) == 0 || strcasecmp(question->id, name) == 0)
            return question;
    return NULL;
}

bool question_check(const struct question_request *request, struct error *err)
{
    const struct question *question = request->question;
    if (!request->target) {
        if (!question->target_required || (request->family && question->target == TARGET_ANY))
            return true;
        (void)error_set(err, ERROR_USAGE, "question %s asks about %s, and none is given",
                        question->name,
                        question->target == TARGET_ANY ? "a key, user, role or address"
                                                       : target_kind_article(question->target));
        return error_hint(err, "For example: %%cloudtrail %s %s", question->name,
                          target_example(question->target));
    }
    return target_check(question->target, request->target, question->name, err);
}

/* The lake has no such source: that is an answer as well, and the notebook goes on. */
static void show_unseen(const struct question_request *request, struct outputs *outputs,
                        struct arena *arena, struct result *out)
{
    static const struct column columns[] = {{.name = "answer", .type = TYPE_TEXT}};
    const struct source *source = source_find(request->question->view);
    out->table = table_new(arena, columns, COUNT(columns));
    out->caption = (struct caption){
        .title = arena_printf(arena, "%s %s: %s", request->question->id, request->question->name,
                              request->question->summary),
        .warning = arena_printf(arena, "cannot be seen: %s has no table %s (%s)",
                                place_title(&request->place), request->question->view,
                                source ? source->comment : "unknown"),
        .hint = "%lake tables lists what is there; %lake ingest adds logs.",
    };
    if (outputs)
        outputs_result(outputs, render_table(arena, out->table, &out->caption));
}

/* No rows: it did not happen, or it cannot be seen? Always in words. */
static const char *silence(const struct expansion *expansion, const struct lake_window *window)
{
    const struct question_request *request = expansion->request;
    char first[TIME_TEXT_SIZE], last[TIME_TEXT_SIZE];
    (void)time_millis(window->first, first);
    (void)time_millis(window->last, last);
    struct arena *arena = expansion->arena;
    if (!window->rows)
        return arena_printf(
            arena, "cannot be seen: table %s is empty%s", request->question->view,
            request->place.engine && (request->since || request->until) ? " in this window" : "");
    bool outside = (request->since && request->since > window->last) ||
                   (request->until && request->until <= window->first);
    if (outside)
        return arena_printf(
            arena, "cannot be seen: the window lies outside the data, which goes from %s to %s UTC",
            first, last);
    bool partly = (request->since && request->since < window->first) ||
                  (request->until && request->until > window->last);
    if (partly)
        return arena_printf(
            arena,
            "nothing found, but part of the window cannot be seen: the data goes from %s to %s UTC",
            first, last);
    return arena_printf(
        arena, "nothing found in %s from %s to %s UTC: as far as this data goes, it did not happen",
        request->question->view, first, last);
}

/* No rows of another engine: what it holds of the window at all. */
static bool remote_window(struct expansion *expansion, struct lake_window *window,
                          struct error *err)
{
    const struct question_request *request = expansion->request;
    struct expansion second = *expansion;
    struct result result;
    const char *sql;
    second.params = NULL;
    second.param_count = second.param_capacity = 0;
    if (!expand(&second,
                arena_printf(expansion->arena,
                             "SELECT min({time}) AS first, max({time}) AS last, count(*) AS n FROM "
                             "{from:%s} WHERE {window}",
                             request->question->view),
                &sql, err))
        return false;
    struct results_request asked = {.sql = sql,
                                    .size = strlen(sql),
                                    .line = request->line,
                                    .params = second.params,
                                    .param_count = second.param_count,
                                    .engine = request->place.engine,
                                    .unkept = true};
    if (!results_run(expansion->session, &asked, NULL, expansion->cancel, expansion->arena, &result,
                     err))
        return error_wrap(err, "looking for what can be seen");
    window->first = table_int(result.table, 0, "first");
    window->last = table_int(result.table, 0, "last");
    window->rows = table_int(result.table, 0, "n");
    return true;
}

static const char *caption_warning(const struct expansion *expansion,
                                   const struct lake_window *window, const struct result *result)
{
    const struct question_request *request = expansion->request;
    char edge[TIME_TEXT_SIZE];
    if (result->caption.total_rows == 0)
        return silence(expansion, window);
    if (request->place.engine) /* where its data ends costs a query of its own */
        return request->place.schema && table_column(result->table, "event_id") < 0
                   ? arena_printf(expansion->arena,
                                  "these rows count what %s has; what only the API has is counted "
                                  "by --source api",
                                  request->place.engine->ops->name)
                   : NULL;
    if (request->until && request->until > window->last + 1)
        return arena_printf(expansion->arena,
                            "the data ends at %s UTC: what came later cannot be seen",
                            time_millis(window->last, edge));
    if (request->since && request->since < window->first)
        return arena_printf(expansion->arena,
                            "the data begins at %s UTC: what came before cannot be seen",
                            time_millis(window->first, edge));
    return NULL;
}

/* The second step of a question, asked of the embedded engine over what came: {rows} are those of
 * `inner`. Version 1's flattened members are nested again on the way. */
static const char *second_step(const struct expansion *expansion, const char *inner,
                               const char *then)
{
    return arena_printf(expansion->arena, "WITH RECURSIVE question_rows AS (%s)%s %s", inner,
                        then ? "," : "", then ? then : "SELECT * FROM question_rows");
}

/* Words for the embedded engine, whatever the question is asked of; their values join those of the
 * expansion. */
static bool local_words(struct expansion *expansion, const char *words, const char **sql,
                        struct error *err)
{
    *sql = NULL;
    struct question_request local = *expansion->request;
    struct expansion second = *expansion;
    local.place.engine = NULL;
    second.request = &local;
    if (!words)
        return true;
    bool ok = expand(&second, words, sql, err);
    expansion->params = second.params;
    expansion->param_count = second.param_count;
    expansion->param_capacity = second.param_capacity;
    return ok;
}

static struct results_request request_of(const struct expansion *expansion,
                                         const struct lake_window *window, const char *sql)
{
    const struct question_request *request = expansion->request;
    return (struct results_request){
        .sql = sql,
        .size = strlen(sql),
        .line = request->line,
        .into = request->into,
        .save = request->save,
        .unkept = request->unkept && !request->place.engine,
        .limit = request->limit,
        .params = expansion->params,
        .param_count = expansion->param_count,
        .title = arena_printf(expansion->arena, "%s %s: %s", request->question->id,
                              request->question->name, request->question->summary),
        .source = arena_printf(expansion->arena, "%s: %s", place_name(&request->place),
                               request->question->view),
        .since = request->since ? request->since : window->first,
        .until = request->until ? request->until : window->last,
    };
}

/* The rows that an engine sent; the columns in which version 1's members come flattened are nested
 * again. */
static const char *kept_rows(const struct expansion *expansion, const struct result *result)
{
    static const char *const names[] = {"request", "response", "secret", "request_example"};
    struct buf sql;
    buf_init(&sql, 64 * 1024);
    buf_adds(&sql, "SELECT *");
    bool any = false;
    for (size_t i = 0; i < COUNT(names) && expand_flattens(expansion->request); i++)
        if (table_column(result->table, names[i]) >= 0) {
            buf_addf(&sql, "%snest_text(\"%s\") AS \"%s\"", any ? ", " : " REPLACE (", names[i],
                     names[i]);
            any = true;
        }
    buf_addf(&sql, "%s FROM results.main.", any ? ")" : "");
    text_sql_name(&sql, result->info.kept, strlen(result->info.kept));
    const char *text = buf_to_arena(&sql, expansion->arena);
    buf_release(&sql);
    return text;
}

/* Events that the engine may not have yet, from a lake beside: added by their ids. Rows that count
 * events cannot be added to. */
static bool add_beside(struct expansion *expansion, const struct result *result, const char **rows,
                       struct error *err)
{
    const char *sql;
    if (!expansion->request->place.schema || table_column(result->table, "event_id") < 0)
        return true;
    if (!local_words(expansion, expansion->request->question->sql, &sql, err))
        return false;
    *rows = arena_printf(expansion->arena,
                         "SELECT * FROM (%s) UNION ALL BY NAME SELECT * FROM (%s) AS beside WHERE "
                         "NOT EXISTS (SELECT 1 FROM (%s) AS sent WHERE sent.event_id = "
                         "beside.event_id)%s",
                         *rows, sql, *rows,
                         table_column(result->table, "time") < 0 ? "" : " ORDER BY time, event_id");
    return true;
}

/* Another engine answers in its own words; what it cannot do is done here with its rows. */
static bool run_remote(struct expansion *expansion, const struct lake_window *window,
                       const char *sql, struct result *out, struct error *err)
{
    const struct question_request *request = expansion->request;
    const char *then;
    struct results_request asked = request_of(expansion, window, sql);
    asked.engine = request->place.engine;
    asked.into = asked.save = NULL;
    if (!results_run(expansion->session, &asked, NULL, expansion->cancel, expansion->arena, out,
                     err))
        return false;
    const char *inner = kept_rows(expansion, out);
    if (!expand_flattens(request) && !request->question->then && !request->place.schema &&
        !request->into && !request->save)
        return true;
    if (!add_beside(expansion, out, &inner, err) ||
        !local_words(expansion, request->question->then, &then, err))
        return false;
    struct results_request second =
        request_of(expansion, window, second_step(expansion, inner, then));
    int64_t elapsed = out->caption.elapsed, bytes = out->caption.bytes_read;
    if (!results_run(expansion->session, &second, NULL, expansion->cancel, expansion->arena, out,
                     err))
        return false;
    out->caption.elapsed += elapsed;
    out->caption.bytes_read = bytes;
    return true;
}

static bool run_local(struct expansion *expansion, const struct lake_window *window,
                      const char *sql, struct result *out, struct error *err)
{
    const char *then;
    if (!local_words(expansion, expansion->request->question->then, &then, err))
        return false;
    struct results_request asked =
        request_of(expansion, window, then ? second_step(expansion, sql, then) : sql);
    return results_run(expansion->session, &asked, NULL, expansion->cancel, expansion->arena, out,
                       err);
}

/* Up to when a time-bounded answer can be trusted. */
static void add_note(const struct expansion *expansion, const struct lake_window *window,
                     struct caption *caption)
{
    const struct question_request *request = expansion->request;
    const char *note = request->place.note;
    bool bounded = request->since || request->until;
    if (!note && bounded)
        note = visible_note(expansion, window);
    if (note)
        caption->hint =
            caption->hint ? arena_printf(expansion->arena, "%s %s", caption->hint, note) : note;
}

static bool run(struct expansion *expansion, struct lake_window *window, struct outputs *outputs,
                struct result *out, struct error *err)
{
    const struct question_request *request = expansion->request;
    const char *sql;
    if (!expand(expansion, request->question->sql, &sql, err) ||
        !(request->place.engine ? run_remote : run_local)(expansion, window, sql, out, err))
        return false;
    if (request->place.engine && out->caption.total_rows == 0 &&
        !remote_window(expansion, window, err))
        return false;
    const char *warning = caption_warning(expansion, window, out);
    if (warning)
        out->caption.warning = warning;
    add_note(expansion, window, &out->caption);
    if (request->question->pivot && out->caption.total_rows > 0 &&
        !summary_show(expansion->session, request, out, outputs, expansion->cancel,
                      expansion->arena, err))
        return false;
    if (outputs)
        outputs_result(outputs, render_table(expansion->arena, out->table, &out->caption));
    return true;
}

static bool find_window(struct session *session, const struct question_request *request,
                        struct expansion *expansion, struct lake_window *out, struct error *err)
{
    const struct question_place *place = &request->place;
    *out = (struct lake_window){0};
    if (!place->engine) {
        if (!lake_window(session, place->schema, request->question->view, expansion->cancel,
                         expansion->arena, out, err))
            return false;
        if (place->last) /* looked through, whatever came of it */
            *out = (struct lake_window){out->known, place->first, place->last, out->rows + 1};
        return true;
    }
    out->known = remote_has(request->place.remote, request->question->view);
    return true;
}

bool question_ask(struct session *session, const struct question_request *request,
                  struct outputs *outputs, struct cancel *cancel, struct arena *arena,
                  struct result *out, struct error *err)
{
    struct question_request asked = *request;
    const struct settings *settings = session_settings(session);
    asked.since = request->since ? request->since : settings->since;
    asked.until = request->until ? request->until : settings->until;
    asked.account = request->account ? request->account : settings->account;
    struct expansion expansion = {
        .session = session, .request = &asked, .cancel = cancel, .arena = arena};
    struct lake_window window;
    *out = (struct result){0};
    if (!question_check(&asked, err) || !find_window(session, &asked, &expansion, &window, err))
        return false;
    if (!window.known) {
        show_unseen(&asked, outputs, arena, out);
        return true;
    }
    return run(&expansion, &window, outputs, out, err);
}
