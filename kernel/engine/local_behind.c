/* Results that are shown before they lie in their file: a table in memory, under the result's name
 * a view of it, and behind the cell, on the query's own thread, the table of the file in its place.
 */
#include "engine/local_state.h"

#include "base/buf.h"
#include "base/text.h"
#include "base/time.h"
#include "data/table.h"

#include <string.h>

#define IN_MEMORY LOCAL_BEHIND "."
#define IN_FILE "results.main."
#define LOOK 20000 /* microseconds: a cancel is seen after so long at most */

/* Texts that are put together with the name of the result, NULL: it. */
static bool run(struct instance *instance, duckdb_connection connection, const char *name,
                const char *const *parts, struct error *err)
{
    struct buf sql;
    buf_init(&sql, 4096);
    for (; *parts; parts++) {
        buf_adds(&sql, *parts);
        if (parts[1])
            text_sql_name(&sql, name, strlen(name));
    }
    bool ok = local_execute(instance, connection, sql.data, err);
    buf_release(&sql);
    return ok;
}

/* All of them in one transaction, or none. */
static bool run_all(struct instance *instance, duckdb_connection connection, const char *name,
                    const char *const steps[][4], size_t count, struct error *err)
{
    struct error ignored = {0};
    bool ok = local_execute(instance, connection, "BEGIN TRANSACTION", err);
    for (size_t i = 0; i < count && ok; i++)
        ok = run(instance, connection, name, steps[i], err);
    if (ok && local_execute(instance, connection, "COMMIT", err))
        return true;
    if (!local_execute(instance, connection, "ROLLBACK", &ignored))
        error_clear(&ignored); /* none had begun, or the commit has ended it */
    return false;
}

static void forget(struct instance *instance, duckdb_connection connection, const char *name)
{
    static const char *const drop[] = {"DROP TABLE IF EXISTS " IN_MEMORY, "", NULL};
    struct error ignored = {0};
    if (!run(instance, connection, name, drop, &ignored))
        error_clear(&ignored); /* it takes memory until the engine ends */
}

bool local_behind_show(struct instance *instance, duckdb_connection connection, const char *name,
                       struct error *err)
{
    static const char *const steps[][4] = {
        {"DROP TABLE IF EXISTS " IN_FILE, "", NULL},
        {"CREATE VIEW " IN_FILE, " AS SELECT * FROM " IN_MEMORY, "", NULL},
    };
    if (run_all(instance, connection, name, steps, COUNT(steps), err))
        return true;
    forget(instance, connection, name);
    return false;
}

void local_behind_write(struct instance *instance, duckdb_connection connection, const char *name)
{
    static const char *const steps[][4] = {
        {"DROP VIEW " IN_FILE, "", NULL},
        {"CREATE TABLE " IN_FILE, " AS SELECT * FROM " IN_MEMORY, "", NULL},
    };
    struct error err = {0};
    bool written = run_all(instance, connection, name, steps, COUNT(steps), &err);
    if (written)
        forget(instance, connection, name);
    pthread_mutex_lock(&instance->mutex);
    if (!written)
        instance->unwritten = err;
    instance->behind--;
    pthread_cond_broadcast(&instance->written);
    pthread_mutex_unlock(&instance->mutex);
}

/* A kernel that was killed leaves views of tables that were its memory's. */
bool local_behind_open(struct local *local, bool sweep, struct error *err)
{
    static const char *const drop[] = {"DROP VIEW " IN_FILE, "", NULL};
    struct instance *instance = local->instance;
    struct local_statement statement = {
        .sql = "SELECT view_name FROM duckdb_views() WHERE database_name = 'results' AND "
               "contains(sql, ' FROM " IN_MEMORY "')"};
    struct arena *arena = arena_new();
    struct table *views = NULL;
    bool ok = local_execute(instance, local->own.connection, "CREATE SCHEMA " LOCAL_BEHIND, err) &&
              (!sweep || local_run(local, &statement, arena, &views, err));
    for (int64_t i = 0; ok && views && i < views->rows; i++)
        ok = run(instance, local->own.connection, table_text(views, i, "view_name"), drop, err);
    arena_free(arena);
    return ok;
}

bool local_settle(struct local *local, struct cancel *cancel, int64_t limit)
{
    struct instance *instance = local->instance;
    int64_t until = time_monotonic() + limit;
    pthread_mutex_lock(&instance->mutex);
    for (int64_t now; instance->behind && (now = time_monotonic()) < until;) {
        if (cancel && cancel_raised(cancel))
            break;
        (void)time_wait(&instance->written, &instance->mutex,
                        until - now < LOOK ? until : now + LOOK);
    }
    bool settled = !instance->behind;
    pthread_mutex_unlock(&instance->mutex);
    return settled;
}

bool local_unwritten(struct local *local, struct error *err)
{
    struct instance *instance = local->instance;
    pthread_mutex_lock(&instance->mutex);
    *err = instance->unwritten;
    instance->unwritten = (struct error){0};
    pthread_mutex_unlock(&instance->mutex);
    return err->kind != 0;
}
