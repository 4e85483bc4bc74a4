#include "lake/beside.h"

#include "base/file.h"
#include "base/text.h"
#include "lake/columns.h"
#include "lake/scan.h"
#include "lake/views.h"

#include <string.h>

#define STATEMENT_LIMIT ((size_t)64 * 1024 * 1024)

struct setup {
    struct arena *arena;
    const char **statements;
    size_t count;
    struct buf text;
};

static void setup_begin(struct setup *setup, const char *schema, struct arena *arena)
{
    const char *const *macros = views_macros();
    *setup = (struct setup){.arena = arena};
    setup->statements = arena_alloc(arena, (sources_count + 16) * sizeof *setup->statements);
    for (size_t i = 0; macros[i]; i++)
        setup->statements[setup->count++] = macros[i];
    setup->statements[setup->count++] =
        arena_printf(arena, "CREATE SCHEMA IF NOT EXISTS \"%s\"", schema);
    buf_init(&setup->text, STATEMENT_LIMIT);
}

static void setup_view(struct setup *setup, const char *schema, const char *view)
{
    buf_clear(&setup->text);
    buf_addf(&setup->text, "CREATE OR REPLACE VIEW \"%s\".\"%s\" AS ", schema, view);
}

static void setup_end_view(struct setup *setup)
{
    setup->statements[setup->count++] = buf_to_arena(&setup->text, setup->arena);
}

static bool setup_register(struct setup *setup, struct session *session, const char *key,
                           const char *const *folders, struct error *err)
{
    buf_release(&setup->text);
    setup->statements[setup->count] = NULL;
    session_unregister(session, key); /* what others register comes before */
    session_register(session, key, folders, setup->statements);
    return session_local(session, err) != NULL; /* else it is as it was */
}

/* ---- one lake -----------------------------------------------------------------------------------
 */

static void write_nothing(struct buf *sql, const struct source *source)
{
    size_t count;
    const struct lake_column *columns = lake_columns(source, 2, &count);
    for (size_t i = 0; i < count; i++) {
        buf_addf(sql, "%sCAST(NULL AS %s) AS ", i ? ", " : "SELECT ", columns[i].type);
        text_sql_name(sql, columns[i].name, strlen(columns[i].name));
    }
    buf_adds(sql, " WHERE FALSE");
}

/* SCHEMA.lake_tables: the rows are counted when somebody asks. */
static void write_counts(struct setup *setup, const char *schema, const bool *there)
{
    setup_view(setup, schema, "lake_tables");
    const char *comma = "";
    for (size_t i = 0; i < sources_count; i++) {
        if (!there[i])
            continue;
        buf_addf(&setup->text,
                 "%sSELECT '%s' AS short_name, count(*) AS \"rows\", min(epoch_ms(\"time\")) AS "
                 "first_event, max(epoch_ms(\"time\")) AS last_event FROM \"%s\".\"%s\"",
                 comma, sources_table[i].view, schema, sources_table[i].view);
        comma = " UNION ALL ";
    }
    setup_end_view(setup);
}

static bool scan_ours(const char *path, struct cancel *cancel, struct arena *arena,
                      struct scan **out, struct error *err)
{
    *out = arena_alloc(arena, sizeof **out);
    **out = (struct scan){.path = path};
    return !file_is_folder(path) || scan_folder(path, NULL, cancel, arena, out, err);
}

bool lake_beside(struct session *session, const char *schema, const char *path,
                 struct cancel *cancel, struct arena *arena, struct error *err)
{
    struct setup setup;
    struct scan *scan;
    struct views_request request = {.scans = &scan, .scan_count = 1};
    bool *there = arena_alloc(arena, sources_count * sizeof *there);
    const char *calls = "cloudtrail"; /* is there at any time: nothing found is an answer */
    if (!scan_ours(path, cancel, arena, &scan, err))
        return false;
    lake_part(session);
    setup_begin(&setup, schema, arena);
    for (size_t i = 0; i < sources_count; i++) {
        setup_view(&setup, schema, sources_table[i].view);
        there[i] = views_own_files(&request, &sources_table[i], &setup.text);
        if (!there[i] && strcmp(sources_table[i].view, calls) == 0) {
            write_nothing(&setup.text, &sources_table[i]);
            there[i] = true;
        }
        if (there[i])
            setup_end_view(&setup);
    }
    write_counts(&setup, schema, there);
    return setup_register(&setup, session, schema, (const char *const[]){path, NULL}, err);
}

/* ---- the union ----------------------------------------------------------------------------------
 */

void lake_part(struct session *session)
{
    session_unregister(session, LAKE_UNITED);
}

static bool has_ids(const struct source *source)
{
    static const char *const views[] = {"cloudtrail", "s3_data", "lambda_execution"};
    for (size_t i = 0; i < COUNT(views); i++)
        if (strcmp(source->view, views[i]) == 0)
            return true;
    return false;
}

struct unite {
    struct session *session;
    const char *const *schemas;
    size_t count;
    struct cancel *cancel;
    struct arena *arena;
};

/* The rows of part `at` that none of the parts before has. */
static void write_part(struct buf *sql, const struct unite *unite, const struct source *source,
                       const bool *has, size_t at)
{
    bool first = true;
    buf_addf(sql, "SELECT * FROM \"%s\".\"%s\" AS part", unite->schemas[at], source->view);
    for (size_t i = 0; i < at; i++) {
        if (!has[i])
            continue;
        buf_addf(sql,
                 "%sNOT EXISTS (SELECT 1 FROM \"%s\".\"%s\" AS earlier WHERE "
                 "earlier.metadata.uid = part.metadata.uid)",
                 first ? " WHERE " : " AND ", unite->schemas[i], source->view);
        first = false;
    }
}

/* False where no part has the source. */
static bool unite_source(struct setup *setup, const struct unite *unite,
                         const struct source *source, bool *any, struct error *err)
{
    bool *has = arena_alloc(unite->arena, unite->count * sizeof *has);
    *any = false;
    setup_view(setup, LAKE_UNITED, source->view);
    for (size_t i = 0; i < unite->count; i++) {
        struct lake_window window;
        if (!lake_window(unite->session, unite->schemas[i], source->view, unite->cancel,
                         unite->arena, &window, err))
            return false;
        has[i] = window.known;
        if (!window.known || (*any && !has_ids(source)))
            continue;
        buf_adds(&setup->text, *any ? " UNION ALL BY NAME " : "");
        write_part(&setup->text, unite, source, has, i);
        *any = true;
    }
    if (*any)
        setup_end_view(setup);
    return true;
}

static void unite_counts(struct setup *setup, const struct unite *unite)
{
    setup_view(setup, LAKE_UNITED, "lake_tables");
    for (size_t i = 0; i < unite->count; i++)
        buf_addf(&setup->text,
                 "%sSELECT short_name, \"rows\", first_event, last_event FROM \"%s\".lake_tables",
                 i ? " UNION ALL " : "", unite->schemas[i]);
    setup_end_view(setup);
}

bool lake_unite(struct session *session, const char *const *schemas, size_t count,
                struct cancel *cancel, struct arena *arena, struct error *err)
{
    struct unite unite = {session, schemas, count, cancel, arena};
    struct setup setup;
    bool ok = true, any;
    lake_part(session);
    setup_begin(&setup, LAKE_UNITED, arena);
    for (size_t i = 0; i < sources_count && ok; i++)
        ok = unite_source(&setup, &unite, &sources_table[i], &any, err);
    if (!ok) {
        buf_release(&setup.text);
        return false;
    }
    unite_counts(&setup, &unite);
    return setup_register(&setup, session, LAKE_UNITED, (const char *const[]){NULL}, err);
}
