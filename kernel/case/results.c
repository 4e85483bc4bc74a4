#include "case/results.h"

#include "base/buf.h"
#include "base/text.h"
#include "base/time.h"
#include "case/commons_state.h"
#include "case/record.h"
#include "case/results_name.h"
#include "case/results_rest.h"
#include "case/results_text.h"
#include "case/seen.h"
#include "case/session_state.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define SETTLE_MOST ((int64_t)1 << 50) /* microseconds: as long as it takes */

struct running {
    struct session *session;
    const struct results_request *request;
    struct outputs *outputs;
    struct cancel *cancel;
    struct arena *arena;
    struct error *err;
};

/* Statements whose result can be kept as a table; the others run directly. */
static bool can_keep(const struct sql_statement *statement)
{
    static const char *const verbs[] = {"SELECT", "WITH", "FROM",  "VALUES",
                                        "TABLE",  "(",    "PIVOT", "UNPIVOT"};
    for (size_t i = 0; i < COUNT(verbs); i++)
        if (strcmp(verbs[i], statement->verb) == 0)
            return !statement->explain;
    return false;
}

static const json_t *value_of(const struct running *running, const char *name)
{
    for (size_t i = 0; i < running->request->param_count; i++)
        if (strcmp(running->request->params[i].name, name) == 0)
            return running->request->params[i].value;
    return session_param(running->session, name);
}

static void place(const struct running *running, size_t offset)
{
    sql_position(running->request->sql, running->request->size, offset, &running->err->line,
                 &running->err->column);
    running->err->line += running->request->line - 1;
}

static bool bind_params(const struct running *running, const struct sql_statement *statement,
                        const struct sql_bound *bound, struct engine_request *request)
{
    struct engine_param *params =
        arena_alloc(running->arena, (bound->name_count + 1) * sizeof *params);
    for (size_t i = 0; i < bound->name_count; i++) {
        params[i] = (struct engine_param){.name = bound->names[i],
                                          .value = value_of(running, bound->names[i])};
        if (params[i].value)
            continue;
        (void)error_set(running->err, ERROR_USAGE, "no parameter :%s", bound->names[i]);
        (void)error_hint(running->err, "Set it in a cell before: %s = \"...\"", bound->names[i]);
        for (size_t j = 0; j < statement->param_count; j++)
            if (strcmp(statement->params[j].name, bound->names[i]) == 0) {
                place(running, statement->params[j].offset);
                break;
            }
        return false;
    }
    request->params = params;
    request->param_count = bound->name_count;
    request->places = bound->places;
    request->place_count = bound->place_count;
    return true;
}

static bool check_contains(const struct running *running, const struct sql_statement *statement)
{
    struct network_test test;
    if (!results_find_network(running->request->sql + statement->offset, statement->size, &test))
        return true;
    (void)error_set(running->err, ERROR_SQL,
                    "contains() searches a text here and knows no networks");
    (void)error_hint(running->err, "For a network write ip_in('%.*s', ip).", (int)test.network_size,
                     test.network);
    place(running, statement->offset + test.offset);
    return false;
}

static void show_progress(void *state, const struct engine_info *info, int64_t elapsed)
{
    const struct running *running = state;
    char duration[TIME_TEXT_SIZE];
    if (!running->outputs || !session_settings(running->session)->progress)
        return;
    (void)time_duration(elapsed, duration);
    if (info->fraction > 0 && info->fraction < 1)
        outputs_progress(running->outputs, "querying: %s, about %d %%", duration,
                         (int)(info->fraction * 100));
    else
        outputs_progress(running->outputs, "querying: %s", duration);
}

/* The engine counted lines and columns in the bound text; they become the cell's. */
static void move_error(const struct running *running, const struct sql_bound *bound)
{
    struct error *err = running->err;
    if (!err->line)
        return;
    size_t offset = 0;
    for (int line = 1; line < err->line && offset < bound->size; line++) {
        const char *end = memchr(bound->text + offset, '\n', bound->size - offset);
        offset = end ? (size_t)(end - bound->text) + 1 : bound->size;
    }
    if (err->column > 0)
        offset += text_offset(bound->text + offset, bound->size - offset, (size_t)err->column - 1);
    bool column = err->column > 0;
    place(running, bound->map[offset < bound->size ? offset : bound->size]);
    if (!column)
        err->column = 0;
}

static const char *cell_name(const struct running *running)
{
    if (running->request->name)
        return running->request->name;
    return arena_printf(running->arena, "_%" PRId64, session_cell(running->session));
}

/* An earlier query of the cell is shown, and gone with the next. */
static const char *name_for(const struct running *running, bool last)
{
    return last ? cell_name(running) : results_scratch(running->session, running->arena);
}

static const char *source_of(const struct running *running, const struct sql_statement *statement)
{
    const struct engine *engine = running->request->engine;
    const char *name = engine ? engine->ops->name : "local";
    const char *tables =
        results_tables(running->request->sql + statement->offset, statement->size, running->arena);
    return *tables ? arena_printf(running->arena, "%s: %s", name, tables) : name;
}

static void fill_caption(const struct running *running, const struct sql_statement *statement,
                         const struct engine_reading *reading, bool last, struct result *result)
{
    const struct results_request *request = running->request;
    result->info = reading->info;
    result->info.kept =
        reading->info.kept ? arena_strdup(running->arena, reading->info.kept) : NULL;
    result->caption = (struct caption){
        .title = request->title,
        .source = request->source ? request->source : source_of(running, statement),
        .kept = last ? result->info.kept : NULL,
        .total_rows = reading->info.rows,
        .since = request->since,
        .until = request->until,
        .hint = request->hint,
        .elapsed = reading->elapsed,
        .bytes_read = reading->info.bytes_read,
    };
}

static int64_t rows_shown(const struct running *running)
{
    int64_t limit = running->request->limit ? running->request->limit
                                            : session_settings(running->session)->limit;
    return limit > RESULTS_PAGE ? RESULTS_PAGE : limit;
}

static void record(const struct running *running, const struct sql_statement *statement,
                   const struct engine_request *request, const struct engine_reading *reading,
                   const struct table *table)
{
    const struct engine *engine = running->request->engine;
    struct record_query query = {.engine = engine ? engine->ops->name : "local",
                                 .sql = running->request->sql + statement->offset,
                                 .size = statement->size,
                                 .params = request->params,
                                 .param_count = request->param_count,
                                 .info = &reading->info,
                                 .elapsed = reading->elapsed,
                                 .table = table,
                                 .failure = running->err->kind ? running->err : NULL};
    record_query(running->session, &query);
}

static bool run_one(struct running *running, const struct sql_statement *statement, bool last,
                    struct result *result)
{
    struct local *local = session_local(running->session, running->err);
    struct engine *engine = running->request->engine;
    if (!local || (!engine && !check_contains(running, statement)))
        return false;
    struct error unwritten;
    if (running->outputs && local_unwritten(local, &unwritten))
        outputs_printf(
            running->outputs,
            "A result shown before could not be written to the case and is lost when the "
            "kernel ends: %s\n",
            unwritten.message);
    struct sql_bound bound = sql_bind(running->arena, running->request->sql, statement);
    struct engine_request request = {
        .sql = bound.text, .size = bound.size, .limit = rows_shown(running)};
    if (!bind_params(running, statement, &bound, &request))
        return false;
    if (!running->request->unkept && can_keep(statement)) {
        request.keep_as = name_for(running, last);
        request.behind = running->request->behind && last; /* a scratch name is soon another's */
        results_clear(running->session, "VIEW", request.keep_as);
    }
    if (running->request->unkept)
        request.keep_as = running->request->keep_as;
    struct engine_reading reading = {
        .cancel = running->cancel, .progress = show_progress, .state = running};
    bool read = engine_read(engine ? engine : local_engine(local), &request, running->arena,
                            &reading, &result->table, running->err);
    if (running->outputs)
        outputs_progress_end(running->outputs, NULL);
    record(running, statement, &request, &reading, read ? result->table : NULL);
    if (!read) {
        move_error(running, &bound);
        return false;
    }
    fill_caption(running, statement, &reading, last, result);
    seen_collect(running->session, result->table);
    names_after_query(running->session);
    return true;
}

/* The last one's table is that of --into or of the cell; `_` and, beside --into, `_12` are views.
 */
static bool give_names(struct running *running, bool last, struct result *result)
{
    const char *into = running->request->into, *kept = result->info.kept;
    if (into && last) {
        if (!results_rename(running->session, result->info.kept, into, running->err))
            return false;
        result->info.kept = result->caption.kept = arena_strdup(running->arena, into);
    }
    if (last)
        names_add_kept(running->session, result->info.kept, result->table);
    return running->request->name ||
           results_alias(running->session, "_", kept, running->err); /* --into may get another */
}

/* What is renamed must be a table of the file. */
static bool settle(const struct running *running)
{
    struct local *local = session_local(running->session, running->err);
    return local && (local_settle(local, running->cancel, SETTLE_MOST) ||
                     error_set(running->err, ERROR_INTERRUPTED,
                               "interrupted before the result had its name"));
}

static bool name_result(struct running *running, bool last, struct result *result)
{
    struct door *naming = &running->session->commons->naming;
    if (!result->info.kept || running->request->unkept)
        return !running->request->into || !last ||
               error_set(running->err, ERROR_USAGE,
                         "only the rows of a query can be kept by --into, not an explanation");
    if (running->request->into && last && !settle(running))
        return false;
    if (!door_enter(naming, running->cancel, running->err))
        return false;
    bool named = give_names(running, last, result);
    door_leave(naming);
    return named;
}

static bool save_result(const struct running *running, const struct result *result)
{
    struct results_saving saving = {
        .name = result->info.kept, .path = running->request->save, .cancel = running->cancel};
    if (!saving.path)
        return true;
    if (!saving.name)
        return error_set(running->err, ERROR_USAGE,
                         "only the rows of a query can be saved, not an explanation");
    if (!results_save(running->session, &saving, running->err))
        return false;
    char number[32];
    if (running->outputs)
        outputs_printf(running->outputs, "%s rows saved to %s\n", text_number(saving.rows, number),
                       saving.path);
    return true;
}

bool results_check(struct session *session, const struct results_request *request,
                   struct error *err)
{
    if (request->into && !results_name_check(session, request->into, err))
        return false;
    return !request->save || results_format_check(request->save, err);
}

/* More rows than a page holds were asked for: the head is a display at once, since the cell's value
   is the end. */
static bool show(const struct running *running, const struct result *last)
{
    struct results_rest rest = {.name = last->info.kept,
                                .total = last->caption.total_rows,
                                .outputs = running->outputs,
                                .cancel = running->cancel,
                                .arena = running->arena};
    bool has_rest =
        running->request->limit > RESULTS_PAGE && rest.name && rest.total > RESULTS_PAGE;
    struct bundle head = render_table(running->arena, last->table, &last->caption);
    (has_rest ? outputs_display : outputs_result)(running->outputs, head);
    return !has_rest || results_show_rest(running->session, &rest, running->err);
}

static bool is_blank(const struct results_request *request)
{
    size_t at = 0;
    while (at < request->size && memchr(" \t\r\n;", request->sql[at], 5))
        at++;
    return at == request->size;
}

bool results_run(struct session *session, const struct results_request *request,
                 struct outputs *outputs, struct cancel *cancel, struct arena *arena,
                 struct result *last, struct error *err)
{
    *last = (struct result){0};
    struct running running = {.session = session,
                              .request = request,
                              .outputs = outputs,
                              .cancel = cancel,
                              .arena = arena,
                              .err = err};
    if (!results_check(session, request, err))
        return false;
    struct sql_text text = sql_parse(arena, request->sql, request->size);
    if (!text.count) {
        (void)error_set(err, ERROR_USAGE, "there is no query%s",
                        is_blank(request) ? "" : ", only comments");
        return error_hint(err, "%%help lists what a cell can hold.");
    }
    for (size_t i = 0; i < text.count; i++) {
        bool is_last = i + 1 == text.count;
        if (!run_one(&running, &text.statements[i], is_last, last) ||
            !name_result(&running, is_last, last))
            return false;
        if (outputs && !show(&running, last)) /* also when it cannot be saved then */
            return false;
    }
    return save_result(&running, last);
}
