#include "tests/unit/engine/stage.h"

#include "base/file.h"
#include "base/time.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct local *stage_open(const struct stage *stage, struct error *err)
{
    const char *const readable[] = {stage->open};
    struct local_place place = {.results_file = stage->results,
                                .spill_folder = stage->folder,
                                .readable = readable,
                                .readable_count = 1,
                                .threads = 2};
    return local_open(&place, err);
}

int stage_set_up(void **state)
{
    struct stage *stage = xcalloc(1, sizeof *stage);
    struct error err = {0};
    memcpy(stage->folder, "/tmp/cofferdam-stage-XXXXXX", sizeof "/tmp/cofferdam-stage-XXXXXX");
    if (!mkdtemp(stage->folder))
        return -1;
    stage->arena = arena_new();
    stage->results = file_join(stage->arena, stage->folder, "results.duckdb");
    stage->open = file_join(stage->arena, stage->folder, "open");
    static const char csv[] = "a,b\n1,x\n2,y\n";
    if (!file_make_folder(stage->open, 0700, &err) ||
        !file_replace(file_join(stage->arena, stage->open, "t.csv"), csv, strlen(csv), 0600, &err))
        return -1;
    stage->local = stage_open(stage, &err);
    if (!stage->local)
        print_error("%s\n", err.message);
    *state = stage;
    return stage->local ? 0 : -1;
}

int stage_tear_down(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    local_close(stage->local);
    bool removed = file_remove_all(stage->folder, &err);
    arena_free(stage->arena);
    free(stage);
    return removed ? 0 : -1;
}

static bool read(struct stage *stage, const char *sql, const char *keep_as,
                 struct engine_reading *reading, struct table **out, struct error *err)
{
    struct engine_request request = {.sql = sql, .size = strlen(sql), .keep_as = keep_as};
    return engine_read(local_engine(stage->local), &request, stage->arena, reading, out, err);
}

struct table *stage_table(struct stage *stage, const char *sql)
{
    struct engine_reading reading = {0};
    struct error err = {0};
    struct table *table = NULL;
    if (!read(stage, sql, NULL, &reading, &table, &err))
        fail_msg("%s: %s", sql, err.message);
    return table;
}

static const char *cell_text(struct stage *stage, const struct cell *cell)
{
    char text[TIME_TEXT_SIZE];
    if (cell->null)
        return "~";
    switch (cell->type) {
    case TYPE_BOOL:
        return cell->boolean ? "true" : "false";
    case TYPE_INT64:
        return arena_printf(stage->arena, "%" PRId64, cell->integer);
    case TYPE_DOUBLE:
        return arena_printf(stage->arena, "%.15g", cell->real);
    case TYPE_TIME:
        return arena_strdup(stage->arena, time_iso(cell->integer, text));
    default:
        return arena_strndup(stage->arena, cell->text.data, cell->text.size);
    }
}

const char *stage_text(struct stage *stage, const struct table *table)
{
    const char *text = "";
    for (int64_t row = 0; row < table->rows; row++)
        for (size_t column = 0; column < table->column_count; column++) {
            struct cell cell = table_cell(table, row, column);
            const char *before = column ? "|" : row ? "/" : "";
            text = arena_printf(stage->arena, "%s%s%s", text, before, cell_text(stage, &cell));
        }
    return text;
}

const char *stage_rows(struct stage *stage, const char *sql)
{
    return stage_text(stage, stage_table(stage, sql));
}

struct error stage_error(struct stage *stage, const char *sql)
{
    struct engine_reading reading = {0};
    struct error err = {0};
    struct table *table = NULL;
    if (read(stage, sql, NULL, &reading, &table, &err))
        fail_msg("%s was run", sql);
    return err;
}

struct engine_info stage_keep(struct stage *stage, const char *name, const char *sql)
{
    struct engine_reading reading = {0};
    struct error err = {0};
    struct table *table = NULL;
    if (!read(stage, sql, name, &reading, &table, &err))
        fail_msg("%s: %s", sql, err.message);
    return reading.info;
}
