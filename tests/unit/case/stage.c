#include "tests/unit/case/stage.h"

#include "base/buf.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define FILE_LIMIT ((size_t)64 * 1024 * 1024)

static void open_session(struct stage *stage)
{
    struct error err = {0};
    stage->session = session_new(NULL, &err);
    assert_non_null(stage->session);
    session_settings_edit(stage->session)->case_folder = stage->case_folder;
}

int stage_set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    static const char folder[] = "/tmp/cofferdam-case-XXXXXX";
    memcpy(stage->folder, folder, sizeof folder);
    assert_non_null(mkdtemp(stage->folder));
    stage->arena = arena_new();
    stage->case_folder = file_join(stage->arena, stage->folder, "case");
    stage->cancel = cancel_new();
    cancel_begin(stage->cancel);
    open_session(stage);
    *state = stage;
    return 0;
}

int stage_tear_down(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    session_free(stage->session);
    cancel_end(stage->cancel);
    cancel_free(stage->cancel);
    bool removed = file_remove_all(stage->folder, &err);
    arena_free(stage->arena);
    free(stage);
    return removed ? 0 : -1;
}

static bool no_lake(struct session *session, const char *path, struct error *err)
{
    (void)session;
    return error_set(err, ERROR_NOT_FOUND, "no lake in %s", path);
}

const char *stage_restart(struct stage *stage)
{
    struct error err = {0};
    assert_true(session_save(stage->session, &err));
    session_free(stage->session);
    open_session(stage);
    stage->cell = 0;
    struct buf lost;
    buf_init(&lost, 8192);
    assert_true(session_restore(stage->session, no_lake, &lost, &err));
    const char *text = buf_to_arena(&lost, stage->arena);
    buf_release(&lost);
    return text;
}

bool stage_run(struct stage *stage, const struct results_request *request, struct result *out,
               struct error *err)
{
    struct results_request complete = *request;
    complete.size = complete.size ? complete.size : strlen(complete.sql);
    complete.line = complete.line ? complete.line : 1;
    session_begin_cell(stage->session, ++stage->cell, NULL);
    return results_run(stage->session, &complete, NULL, stage->cancel, stage->arena, out, err);
}

static const char *text_of(struct stage *stage, const struct table *table)
{
    struct buf out;
    buf_init(&out, FILE_LIMIT);
    for (int64_t row = 0; row < table->rows; row++)
        for (size_t i = 0; i < table->column_count; i++) {
            struct cell cell = table_cell(table, row, i);
            buf_adds(&out, i ? "|" : row ? "/" : "");
            if (cell.null)
                buf_addc(&out, '~');
            else
                render_cell_text(&out, &cell);
        }
    const char *text = buf_to_arena(&out, stage->arena);
    buf_release(&out);
    return text;
}

const char *stage_into(struct stage *stage, const char *sql, const char *into)
{
    struct results_request request = {.sql = sql, .into = into};
    struct result result;
    struct error err = {0};
    if (!stage_run(stage, &request, &result, &err))
        fail_msg("%s: %s", sql, err.message);
    return text_of(stage, result.table);
}

const char *stage_rows(struct stage *stage, const char *sql)
{
    return stage_into(stage, sql, NULL);
}

struct error stage_error(struct stage *stage, const char *sql)
{
    struct results_request request = {.sql = sql};
    struct result result;
    struct error err = {0};
    if (stage_run(stage, &request, &result, &err))
        fail_msg("%s works", sql);
    return err;
}

const char *stage_page(struct stage *stage, const char *name)
{
    struct result page;
    struct error err = {0};
    if (!results_page(stage->session, name, 0, 100, stage->arena, &page, &err))
        return arena_strdup(stage->arena, err.message);
    return text_of(stage, page.table);
}

const char *stage_path(struct stage *stage, const char *name)
{
    return file_join(stage->arena, stage->folder, name);
}

const char *stage_read(struct stage *stage, const char *path)
{
    char *data;
    size_t size;
    struct error err = {0};
    if (!file_read(stage->arena, path, FILE_LIMIT, &data, &size, &err))
        fail_msg("%s", err.message);
    return data;
}
