#include "case/results.h"

#include "base/buf.h"
#include "base/text.h"
#include "base/time.h"
#include "case/results_name.h"
#include "case/seen.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define LIMIT_MOST 10000

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
    return true;
}

/* contains('10.0.0.0/8', ip) is Trino's test of a network and DuckDB's search for a text: never
 * what was meant. */
static bool check_contains(const struct running *running, const struct sql_statement *statement)
{
    const char *text = running->request->sql + statement->offset, *end = text + statement->size;
    for (const char *at = text; at + 10 < end; at++) {
        if (strncmp(at, "contains", 8) != 0 ||
            (at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '_')))
            continue;
        const char *quote = at + 8 + strspn(at + 8, " (\n\t");
        if (quote == at + 8 || *quote != '\'')
            continue;
        size_t address = strspn(quote + 1, "0123456789abcdefABCDEF.:");
        const char *slash = quote + 1 + address;
        if (address < 2 || *slash != '/' || !isdigit((unsigned char)slash[1]))
            continue;
        (void)error_set(running->err, ERROR_SQL,
                        "contains() searches a text here and knows no networks");
        (void)error_hint(running->err, "For a network write ip_in('%.*s', ip).",
                         (int)strcspn(quote + 1, "'"), quote + 1);
        place(running, (size_t)(at - running->request->sql));
        return false;
    }
    return true;
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
    return arena_printf(running->arena, "_%" PRId64, session_cell(running->session));
}

static const char *name_for(const struct running *running, bool last)
{
    if (!last)
        return "_0"; /* an earlier query of the cell: shown, and gone with the next */
    if (running->request->into)
        return running->request->into;
    return cell_name(running);
}

static void fill_caption(const struct running *running, const struct engine_reading *reading,
                         struct result *result)
{
    const struct results_request *request = running->request;
    result->info = reading->info;
    result->info.kept =
        reading->info.kept ? arena_strdup(running->arena, reading->info.kept) : NULL;
    result->caption = (struct caption){
        .title = request->title,
        .source = request->source ? request->source : "local",
        .kept = result->info.kept,
        .total_rows = reading->info.rows,
        .since = request->since,
        .until = request->until,
        .elapsed = reading->elapsed,
        .bytes_read = reading->info.bytes_read,
    };
}

static int64_t rows_shown(const struct running *running)
{
    int64_t limit = running->request->limit ? running->request->limit
                                            : session_settings(running->session)->limit;
    return limit > LIMIT_MOST ? LIMIT_MOST : limit;
}

static bool run_one(struct running *running, const struct sql_statement *statement, bool last,
                    struct result *result)
{
    struct local *local = session_local(running->session, running->err);
    if (!local || !check_contains(running, statement))
        return false;
    struct sql_bound bound = sql_bind(running->arena, running->request->sql, statement);
    struct engine_request request = {
        .sql = bound.text, .size = bound.size, .limit = rows_shown(running)};
    if (!bind_params(running, statement, &bound, &request))
        return false;
    if (can_keep(statement)) {
        request.keep_as = name_for(running, last);
        results_clear(running->session, "VIEW", request.keep_as);
    }
    struct engine_reading reading = {
        .cancel = running->cancel, .progress = show_progress, .state = running};
    bool read = engine_read(local_engine(local), &request, running->arena, &reading, &result->table,
                            running->err);
    if (running->outputs)
        outputs_progress_end(running->outputs, NULL);
    if (!read) {
        move_error(running, &bound);
        return false;
    }
    fill_caption(running, &reading, result);
    seen_collect(running->session, result->table);
    return true;
}

/* `_`, and `_12` where --into gave another name, are views of the kept table. */
static bool name_result(struct running *running, const struct result *result)
{
    if (!result->info.kept)
        return true;
    if (!results_alias(running->session, "_", result->info.kept, running->err))
        return false;
    session_names_changed(running->session);
    return !running->request->into ||
           results_alias(running->session, cell_name(running), result->info.kept, running->err);
}

static bool finish_last(struct running *running, struct result *result)
{
    if (running->request->into && !result->info.kept)
        return error_set(running->err, ERROR_USAGE,
                         "only the rows of a query can be kept by --into, not an explanation");
    if (!name_result(running, result))
        return false;
    int64_t rows;
    if (!running->request->save)
        return true;
    if (!result->info.kept)
        return error_set(running->err, ERROR_USAGE,
                         "only the rows of a query can be saved, not an explanation");
    if (!results_save(running->session, result->info.kept, running->request->save, running->arena,
                      &rows, running->err))
        return false;
    char number[32];
    if (running->outputs)
        outputs_printf(running->outputs, "%s rows saved to %s\n", text_number(rows, number),
                       running->request->save);
    return true;
}

static bool check_request(const struct results_request *request, struct error *err)
{
    if (request->into && !results_name_check(request->into, err))
        return false;
    return !request->save || results_format_check(request->save, err);
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
    if (!check_request(request, err))
        return false;
    struct sql_text text = sql_parse(arena, request->sql, request->size);
    if (!text.count) {
        (void)error_set(err, ERROR_USAGE, "there is no query, only comments");
        return error_hint(err, "%%help lists what a cell can hold.");
    }
    for (size_t i = 0; i < text.count; i++) {
        bool is_last = i + 1 == text.count;
        if (!run_one(&running, &text.statements[i], is_last, last) ||
            (is_last && !finish_last(&running, last)))
            return false;
        if (outputs)
            outputs_result(outputs, render_table(arena, last->table, &last->caption));
    }
    return true;
}
