/* local - DuckDB, embedded: the engine that needs no account. libduckdb is loaded at first use,
 * never before.
 *
 * Kept results are tables of a database file in the case folder ("results"), attached before
 * external access is closed. SQL of the analyst reads the folders given at open and nothing else,
 * and writes nothing. Each query runs on a thread of its own over a pooled connection; when DuckDB
 * does not answer a stop within 60 ms, thread and connection are set aside and the next query takes
 * another (refused with the reason while the memory is held). One thread at a time per struct
 * local; several of one instance (local_join) may be used by as many threads.
 */
#ifndef COFFERDAM_ENGINE_LOCAL_H
#define COFFERDAM_ENGINE_LOCAL_H

#include "base/cancel.h"
#include "engine/engine.h"

struct local; /* its first member is struct engine */

/* Where the engine works. Texts are copied. */
struct local_place {
    const char *results_file; /* database of kept results; its folder exists. NULL: none, and then
                                 nothing is closed to SQL */
    const char *spill_folder; /* private, made and removed by the engine; dead ones of other
                                 processes are swept. NULL: below the system's temporary folder */
    const char *const *readable; /* folders and files SQL may read */
    size_t readable_count;
    const char *const *
        setup; /* statements run at open before access is closed: CREATE VIEW..., CREATE MACRO... */
    size_t setup_count;
    int64_t memory_limit;  /* bytes; 0 = half of the machine or of the cgroup */
    int threads;           /* 0 = processors */
    struct cancel *cancel; /* ends the opening: ERROR_INTERRUPTED. NULL: nothing does */
};

/* Loads the library, opens the instance, runs setup. A missing library is ERROR_UNAVAILABLE with
 * what to do. */
struct local *local_open(const struct local_place *place, struct error *err);
void local_close(struct local *local); /* NULL is allowed */

/* One more of the same instance, with connections of its own: what one keeps, the others see.
   `sharer`, 1 and up, names a schema of its own, LOCAL_SCHEMA, in which SQL looks for names
   before the results; 0: it looks as local_open's does. Another thread's. */
#define LOCAL_SHARERS 10 /* most at once, local_open's own among them */
struct local *local_join(struct local *local, int sharer, struct error *err);
#define LOCAL_SCHEMA "memory.prompt_%d"

struct engine *local_engine(struct local *local);
/* False while a query is inside DuckDB, an interrupted one perhaps: the files of the instance are
   in use until it returns, so the same results file must not be opened again. */
bool local_idle(struct local *local);

/* A statement of the kernel itself (not of the analyst) on the calling thread, to its end; no
   guard; not kept. `out` may be NULL. For catalog look-ups, ingest, save. */
struct local_statement {
    const char *sql; /* one statement */
    const struct engine_param *params;
    size_t param_count;
    struct cancel *cancel; /* may be NULL */
};
bool local_run(struct local *local, const struct local_statement *statement, struct arena *arena,
               struct table **out, struct error *err) ATTR_USE_RESULT;

/* Results that are shown already and not yet in the file: waits until there are none, at most
   `limit` microseconds or until `cancel` (may be NULL) is raised; false: there still are. */
bool local_settle(struct local *local, struct cancel *cancel, int64_t limit);
/* Why one could not be written, once: it stays in memory until the engine ends. */
bool local_unwritten(struct local *local, struct error *err);

/* Rows on their way, which one query of this instance may read as arriving('ID'); withdrawn if none
   does. */
struct inflow;
bool local_offer(struct local *local, struct inflow *flow, struct error *err) ATTR_USE_RESULT;
void local_withdraw(struct local *local, struct inflow *flow); /* may be repeated */

const char *local_version(struct local *local); /* "v1.5.6" */
/* The library's path as it would be loaded, and whether it is there: for %doctor and --version. */
bool local_library(struct arena *arena, const char **path);

#endif
