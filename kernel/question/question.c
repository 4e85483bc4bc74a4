#include "question/question.h"

#include "base/text.h"
#include "base/time.h"
#include "question/meaning.h"
#include "question/questions.h"
#include "question/summary.h"
#include "question/target.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SQL_LIMIT ((size_t)256 * 1024)

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

/* The values that the SQL binds: $name in the order they were first used. */
struct expansion {
    struct session *session;
    const struct question_request *request;
    struct cancel *cancel;
    struct arena *arena;
    struct buf sql;
    struct engine_param params[8];
    size_t param_count;
};

static void bind(struct expansion *expansion, const char *name, json_t *value)
{
    json_own(expansion->arena, value);
    size_t index = 0;
    while (index < expansion->param_count && strcmp(expansion->params[index].name, name) != 0)
        index++;
    if (index == expansion->param_count)
        expansion->params[expansion->param_count++] =
            (struct engine_param){.name = name, .value = value};
    buf_addf(&expansion->sql, ":%s", name);
}

static void bind_text(struct expansion *expansion, const char *name, const char *text)
{
    bind(expansion, name, json_texts(text));
}

static void write_time(struct expansion *expansion, const char *name, int64_t time)
{
    char text[TIME_TEXT_SIZE];
    (void)time_iso(time, text);
    text[strlen(text) - 1] = '\0'; /* TIMESTAMP has no zone: all is UTC */
    buf_adds(&expansion->sql, "CAST(");
    bind_text(expansion, name, text);
    buf_adds(&expansion->sql, " AS TIMESTAMP)");
}

static void write_window(struct expansion *expansion)
{
    const struct question_request *request = expansion->request;
    struct buf *sql = &expansion->sql;
    buf_adds(sql, "(TRUE");
    if (request->since) {
        buf_adds(sql, " AND time_dt >= ");
        write_time(expansion, "since", request->since);
    }
    if (request->until) {
        buf_adds(sql, " AND time_dt < ");
        write_time(expansion, "until", request->until);
    }
    if (request->account) {
        buf_adds(sql, " AND accountid = ");
        bind_text(expansion, "account", request->account);
    }
    if (request->region) {
        buf_adds(sql, " AND region = ");
        bind_text(expansion, "region", request->region);
    }
    buf_addc(sql, ')');
}

static bool write_from(struct expansion *expansion, const char *view, size_t size,
                       struct error *err)
{
    char *name = arena_strndup(expansion->arena, view, size);
    struct lake_window window;
    if (!lake_window(expansion->session, name, expansion->cancel, expansion->arena, &window, err))
        return false;
    if (window.known) {
        text_sql_name(&expansion->sql, name, size);
        return true;
    }
    buf_addf(&expansion->sql, "(SELECT * FROM \"%s\" WHERE FALSE)",
             expansion->request->question->view);
    return true;
}

/* Conditions on the target that are more than a field: a template by kind, with {target} in it. */
static bool expand(struct expansion *expansion, const char *template, struct error *err);

static enum target_scope scope_of(const struct question_request *request)
{
    if (request->target)
        return SCOPE_TARGET;
    return request->family ? SCOPE_FAMILY : SCOPE_ALL;
}

static bool write_word(struct expansion *expansion, const char *word, size_t size,
                       struct error *err)
{
    const char *target = expansion->request->target;
    const char *condition = target_condition(word, size, scope_of(expansion->request),
                                             target ? target_kind_of(target) : TARGET_NONE);
    if (condition)
        return expand(expansion, condition, err);
    if (size == 6 && memcmp(word, "family", 6) == 0) {
        buf_adds(&expansion->sql, "results.main.");
        text_sql_name(&expansion->sql, expansion->request->family,
                      strlen(expansion->request->family));
        return true;
    }
    if (size == 6 && memcmp(word, "target", 6) == 0) {
        bind_text(expansion, "target", target ? target : "");
        return true;
    }
    if (size == 6 && memcmp(word, "window", 6) == 0) {
        write_window(expansion);
        return true;
    }
    if (size > 5 && memcmp(word, "from:", 5) == 0)
        return write_from(expansion, word + 5, size - 5, err);
    if (meaning_write(word, size, &expansion->sql))
        return true;
    return error_set(err, ERROR_INTERNAL, "question %s names an unknown field {%.*s}",
                     expansion->request->question->id, (int)size, word);
}

static bool expand(struct expansion *expansion, const char *template, struct error *err)
{
    for (const char *at = template; *at;) {
        const char *open = strchr(at, '{');
        if (!open) {
            buf_adds(&expansion->sql, at);
            break;
        }
        buf_add(&expansion->sql, at, (size_t)(open - at));
        const char *close = strchr(open, '}');
        if (!close)
            return error_set(err, ERROR_INTERNAL, "question %s has an open brace",
                             expansion->request->question->id);
        if (!write_word(expansion, open + 1, (size_t)(close - open - 1), err))
            return false;
        at = close + 1;
    }
    return true;
}

static bool check_target(const struct question_request *request, struct error *err)
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
        .warning = arena_printf(arena, "cannot be seen: the open lake has no table %s (%s)",
                                request->question->view, source ? source->comment : "unknown"),
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
        return arena_printf(arena, "cannot be seen: table %s is empty", request->question->view);
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

static const char *caption_warning(const struct expansion *expansion,
                                   const struct lake_window *window, int64_t rows)
{
    const struct question_request *request = expansion->request;
    char edge[TIME_TEXT_SIZE];
    if (rows == 0)
        return silence(expansion, window);
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

static bool run(struct expansion *expansion, const struct lake_window *window,
                struct outputs *outputs, struct result *out, struct error *err)
{
    const struct question_request *request = expansion->request;
    struct results_request run = {
        .sql = expansion->sql.data,
        .size = expansion->sql.size,
        .line = request->line,
        .into = request->into,
        .save = request->save,
        .limit = request->limit,
        .params = expansion->params,
        .param_count = expansion->param_count,
        .title = arena_printf(expansion->arena, "%s %s: %s", request->question->id,
                              request->question->name, request->question->summary),
        .source = arena_printf(expansion->arena, "local: %s", request->question->view),
        .since = request->since ? request->since : window->first,
        .until = request->until ? request->until : window->last,
    };
    if (!results_run(expansion->session, &run, NULL, expansion->cancel, expansion->arena, out, err))
        return false;
    const char *warning = caption_warning(expansion, window, out->caption.total_rows);
    if (warning)
        out->caption.warning = warning;
    if (request->question->pivot && out->caption.total_rows > 0 &&
        !summary_show(expansion->session, request, out, outputs, expansion->cancel,
                      expansion->arena, err))
        return false;
    if (outputs)
        outputs_result(outputs, render_table(expansion->arena, out->table, &out->caption));
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
    if (!check_target(&asked, err) ||
        !lake_window(session, asked.question->view, cancel, arena, &window, err))
        return false;
    *out = (struct result){0};
    if (!window.known) {
        show_unseen(&asked, outputs, arena, out);
        return true;
    }
    buf_init(&expansion.sql, SQL_LIMIT);
    bool answered =
        expand(&expansion, asked.question->sql, err) && run(&expansion, &window, outputs, out, err);
    buf_release(&expansion.sql);
    return answered;
}
