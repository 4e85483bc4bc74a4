/* Opening and closing the embedded engine: the instance, its pool, and what SQL may reach. */
#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "engine/local_state.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPILL_PREFIX "spill-"

struct instance *instance_hold(struct instance *instance)
{
    pthread_mutex_lock(&instance->mutex);
    instance->references++;
    pthread_mutex_unlock(&instance->mutex);
    return instance;
}

/* What cannot be removed now is swept by the next engine. */
static void remove_folder(const char *folder)
{
    struct error err = {0};
    if (folder && !file_remove_all(folder, &err))
        log_error("local", &err);
}

void instance_free(struct instance *instance)
{
    for (size_t i = 0; i < instance->free_count; i++)
        instance->api.disconnect(&instance->pool[i].connection);
    if (instance->database)
        instance->api.close(&instance->database);
    remove_folder(instance->spill_folder);
    pthread_mutex_destroy(&instance->mutex);
    pthread_mutex_destroy(&instance->making);
    pthread_cond_destroy(&instance->written);
    free(instance->made);
    free(instance->spill_folder);
    free(instance);
}

void instance_release(struct instance *instance)
{
    pthread_mutex_lock(&instance->mutex);
    bool last = --instance->references == 0;
    pthread_mutex_unlock(&instance->mutex);
    if (last)
        instance_free(instance);
}

/* The one that needs no change of names, else the last given back. */
static bool take_free(struct instance *instance, int sharer, struct link *out)
{
    pthread_mutex_lock(&instance->mutex);
    bool any = instance->free_count && instance->set_aside < ASIDE_MOST;
    size_t chosen = instance->free_count - 1;
    for (size_t i = 0; any && i < instance->free_count; i++)
        if (instance->pool[i].sharer == sharer)
            chosen = i;
    if (any) {
        *out = instance->pool[chosen];
        instance->pool[chosen] = instance->pool[--instance->free_count];
    }
    pthread_mutex_unlock(&instance->mutex);
    return any;
}

void instance_give_back(struct instance *instance, struct link link)
{
    pthread_mutex_lock(&instance->mutex);
    instance->pool[instance->free_count++] = link;
    pthread_mutex_unlock(&instance->mutex);
}

/* Half of the machine, or of the control group (versions 2 and 1) when that is less. */
static int64_t memory_default(void)
{
    static const char *const limits[] = {"/sys/fs/cgroup/memory.max",
                                         "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
    int64_t total = (int64_t)sysconf(_SC_PHYS_PAGES) * (int64_t)sysconf(_SC_PAGESIZE);
    struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(limits); i++) {
        char *text;
        size_t size;
        struct error ignored = {0};
        if (!file_read(arena, limits[i], 64, &text, &size, &ignored) ||
            !isdigit((unsigned char)text[0]))
            continue;
        int64_t limit = (int64_t)strtoimax(text, NULL, 10);
        total = limit > 0 && limit < total ? limit : total;
    }
    arena_free(arena);
    return total / 2;
}

/* Spill folders of processes that are gone: killed kernels leave them behind. */
static void sweep_spill(const char *folder)
{
    struct arena *arena = arena_new();
    size_t count;
    char **names = file_list(arena, folder, &count);
    for (size_t i = 0; names && i < count; i++) {
        if (strncmp(names[i], SPILL_PREFIX, strlen(SPILL_PREFIX)) != 0)
            continue;
        pid_t process = (pid_t)strtol(names[i] + strlen(SPILL_PREFIX), NULL, 10);
        if (process > 0 && kill(process, 0) != 0)
            remove_folder(file_join(arena, folder, names[i]));
    }
    arena_free(arena);
}

static bool make_spill(struct instance *instance, const struct local_place *place,
                       struct error *err)
{
    static _Atomic unsigned serial; /* instances of one process must not share a folder */
    struct arena *arena = arena_new();
    const char *base = place->spill_folder;
    if (!base) {
        const char *temporary = getenv("TMPDIR");
        base = arena_printf(arena, "%s/cofferdam-%ld", temporary && *temporary ? temporary : "/tmp",
                            (long)getuid());
    }
    char *folder = arena_printf(arena, "%s/" SPILL_PREFIX "%ld-%u", base, (long)getpid(), serial++);
    instance->spill_folder = xstrdup(folder);
    bool made = file_make_folder(base, 0700, err);
    if (made)
        sweep_spill(base);
    arena_free(arena);
    return made;
}

static bool configure(struct instance *instance, const struct local_place *place,
                      duckdb_config config, struct error *err)
{
    char memory[40], threads[40];
    (void)snprintf(memory, sizeof memory, "%" PRId64 "B",
                   place->memory_limit ? place->memory_limit : memory_default());
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    (void)snprintf(threads, sizeof threads, "%ld",
                   place->threads   ? (long)place->threads
                   : processors > 0 ? processors
                                    : 1);
    const struct {
        const char *name, *value;
    } settings[] = {
        {"memory_limit", memory},
        {"threads", threads},
        {"temp_directory", instance->spill_folder},
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"preserve_insertion_order", "true"},
        /* small results stay in memory until the log of their file is this long */
        {"checkpoint_threshold", "1MB"},
    };
    for (size_t i = 0; i < COUNT(settings); i++)
        if (instance->api.set_config(config, settings[i].name, settings[i].value) != DuckDBSuccess)
            return error_set(err, ERROR_INTERNAL, "the engine refuses the setting %s = %s",
                             settings[i].name, settings[i].value);
    return true;
}

static bool open_database(struct instance *instance, const struct local_place *place,
                          struct error *err)
{
    duckdb_config config = NULL;
    if (instance->api.create_config(&config) != DuckDBSuccess)
        return error_set(err, ERROR_INTERNAL, "the engine makes no configuration");
    bool ok = configure(instance, place, config, err);
    char *words = NULL;
    if (ok && instance->api.open_ext(NULL, &instance->database, config, &words) != DuckDBSuccess) {
        ok = error_set(err, ERROR_UNAVAILABLE, "the embedded engine does not start: %s",
                       words ? words : "no reason given");
        instance->api.free(words);
    }
    instance->api.destroy_config(&config);
    return ok;
}

bool local_execute(struct instance *instance, duckdb_connection connection, const char *sql,
                   struct error *err)
{
    duckdb_result result = {0};
    bool ok = instance->api.query(connection, sql, &result) == DuckDBSuccess;
    if (!ok)
        (void)local_fail(err, instance->api.result_error(&result), false);
    instance->api.destroy_result(&result);
    return ok;
}

/* Most results are small and each takes a block of its own at least; a file keeps the size that it
 * was made with. */
static bool attach_file(struct instance *instance, duckdb_connection connection, const char *file,
                        struct error *err)
{
    struct buf sql;
    buf_init(&sql, 16 * 1024);
    buf_adds(&sql, "ATTACH ");
    text_sql_string(&sql, file, strlen(file));
    buf_adds(&sql, " AS results");
    if (!file_exists(file))
        buf_adds(&sql, " (BLOCK_SIZE 65536)");
    bool attached = local_execute(instance, connection, sql.data, err);
    buf_release(&sql);
    return attached;
}

/* The kept results: one writer only, so a second kernel of the same case works with a file of its
 * own. */
static bool attach_results(struct instance *instance, duckdb_connection connection,
                           const char *file, struct error *err)
{
    struct arena *arena = arena_new();
    struct error busy = {0};
    bool attached = attach_file(instance, connection, file, &busy);
    if (!attached && strstr(busy.message, "lock")) {
        const char *own = arena_printf(arena, "%s.%ld", file, (long)getpid());
        log_line(LOG_LEVEL_WARN, "local",
                 "another kernel holds the kept results; this one keeps its own in %s",
                 file_name(own));
        busy = (struct error){0};
        attached = attach_file(instance, connection, own, &busy);
    }
    arena_free(arena);
    if (attached)
        return true;
    *err = busy;
    (void)error_wrap(err, "the kept results in %s cannot be opened", file);
    return error_hint(err, "Move the file away or choose another case folder: %%set case FOLDER");
}

static void add_readable(struct buf *sql, const char *path, bool folder)
{
    struct buf text;
    buf_init(&text, 16 * 1024);
    buf_addf(&text, "%s%s", path, folder && path[strlen(path) - 1] != '/' ? "/" : "");
    text_sql_string(sql, text.data, text.size);
    buf_release(&text);
}

/* Folders and files become what SQL may read; from then on nothing else can be reached and no
 * setting changes. */
static bool lock_down(struct instance *instance, duckdb_connection connection,
                      const struct local_place *place, struct error *err)
{
    struct buf sql;
    buf_init(&sql, (size_t)4 * 1024 * 1024);
    bool ok = true;
    for (int folders = 0; folders < 2 && ok; folders++) {
        buf_clear(&sql);
        buf_adds(&sql, folders ? "SET allowed_directories = [" : "SET allowed_paths = [");
        size_t used = 0;
        for (size_t i = 0; i < place->readable_count; i++) {
            if (file_is_folder(place->readable[i]) != (folders == 1))
                continue;
            buf_adds(&sql, used++ ? ", " : "");
            add_readable(&sql, place->readable[i], folders == 1);
        }
        buf_adds(&sql, "]");
        ok = local_execute(instance, connection, sql.data, err);
    }
    buf_release(&sql);
    return ok && local_execute(instance, connection, "SET enable_external_access = false", err) &&
           local_execute(instance, connection, "SET lock_configuration = true", err);
}

/* What every connection that is made later has as well. */
static bool prepare_instance(struct instance *instance, duckdb_connection connection,
                             struct error *err)
{
    return local_execute(instance, connection, "SET GLOBAL TimeZone = 'UTC'", err) &&
           local_execute(instance, connection, "SET GLOBAL errors_as_json = true", err);
}

static bool prepare_connection(struct instance *instance, duckdb_connection connection,
                               bool results, struct error *err)
{
    return local_execute(instance, connection,
                         "SET enable_progress_bar = true; SET enable_progress_bar_print = false",
                         err) &&
           (!results || local_execute(instance, connection,
                                      "SET search_path = 'memory.main,results.main'", err));
}

/* The lake's names first, then what is this sharer's alone, then the kept results. */
static bool set_names(struct instance *instance, struct link *link, int sharer, struct error *err)
{
    char schema[64], sql[160];
    if (link->sharer == sharer)
        return true;
    (void)snprintf(schema, sizeof schema, sharer ? LOCAL_SCHEMA "," : "", sharer);
    (void)snprintf(sql, sizeof sql, "SET search_path = 'memory.main,%sresults.main'", schema);
    if (!local_execute(instance, link->connection, sql, err))
        return false;
    link->sharer = sharer;
    return true;
}

bool instance_take(struct instance *instance, int sharer, struct link *out, struct error *err)
{
    if (!take_free(instance, sharer, out))
        return false;
    if (set_names(instance, out, sharer, err))
        return true;
    instance_give_back(instance, *out);
    return false;
}

static bool fill_pool(struct instance *instance, bool results, struct error *err)
{
    while (instance->free_count < POOL_SIZE) {
        duckdb_connection connection = NULL;
        if (instance->api.connect(instance->database, &connection) != DuckDBSuccess)
            return error_set(err, ERROR_INTERNAL, "the engine gives no connection");
        instance->pool[instance->free_count++] = (struct link){.connection = connection};
        if (!prepare_connection(instance, connection, results, err))
            return false;
    }
    return true;
}

static bool stopped(const struct local_place *place, struct error *err)
{
    return place->cancel && cancel_raised(place->cancel) &&
           !error_set(err, ERROR_INTERRUPTED, "interrupted");
}

static bool set_up(struct local *local, const struct local_place *place, struct error *err)
{
    struct instance *instance = local->instance;
    duckdb_connection own = local->own.connection;
    bool made = place->results_file && !file_exists(place->results_file);
    if (place->results_file && !attach_results(instance, own, place->results_file, err))
        return false;
    if (!prepare_instance(instance, own, err) ||
        !prepare_connection(instance, own, place->results_file != NULL, err))
        return false;
    if (!local_udf_register(&instance->api, own, err) || !local_inflow_register(instance, own, err))
        return false;
    if (place->results_file && !local_behind_open(local, !made, err))
        return false;
    for (size_t i = 0; i < place->setup_count; i++)
        if (stopped(place, err) ||
            !local_functions_for(local, place->setup[i], strlen(place->setup[i]), err) ||
            !local_execute(instance, own, place->setup[i], err))
            return error_wrap(err, "setting up the engine");
    if (!place->results_file)
        return true;
    return fill_pool(instance, true, err) && lock_down(instance, own, place, err);
}

/* What it waits for meanwhile is views over files that DuckDB looks into. */
static bool connect_and_set_up(struct local *local, const struct local_place *place,
                               struct error *err)
{
    struct instance *instance = local->instance;
    if (instance->api.connect(instance->database, &local->own.connection) != DuckDBSuccess)
        return error_set(err, ERROR_INTERNAL, "the engine gives no connection");
    struct local_waking waking = {&instance->api, local->own.connection};
    if (place->cancel)
        cancel_on_raise(place->cancel, local_wake, &waking);
    bool ok = set_up(local, place, err);
    if (place->cancel)
        cancel_on_raise(place->cancel, NULL, NULL);
    if (!ok && place->cancel && cancel_raised(place->cancel))
        *err = (struct error){.kind = ERROR_INTERRUPTED, .message = "interrupted"};
    return ok;
}

struct local *local_open(const struct local_place *place, struct error *err)
{
    struct instance *instance = xcalloc(1, sizeof *instance);
    instance->references = 1;
    pthread_mutex_init(&instance->mutex, NULL);
    pthread_mutex_init(&instance->making, NULL);
    time_condition(&instance->written);
    struct local *local = xcalloc(1, sizeof *local);
    *local = (struct local){.engine = {.ops = &local_ops}, .instance = instance};
    if (duckdb_api_load(&instance->api, err) && make_spill(instance, place, err) &&
        open_database(instance, place, err) && connect_and_set_up(local, place, err))
        return local;
    local_close(local);
    return NULL;
}

static void count_joined(const struct local *local, int more)
{
    pthread_mutex_lock(&local->instance->mutex);
    local->instance->joined += local->joined ? (size_t)more : 0;
    pthread_mutex_unlock(&local->instance->mutex);
}

void local_close(struct local *local)
{
    if (!local)
        return;
    if (local->own.connection && local->joined)
        instance_give_back(local->instance, local->own);
    else if (local->own.connection)
        local->instance->api.disconnect(&local->own.connection);
    count_joined(local, -1);
    instance_release(local->instance);
    free(local);
}

/* Its own schema is made by a connection that names nothing of it yet. */
static bool join(struct local *joined, int sharer, struct error *err)
{
    struct instance *instance = joined->instance;
    char sql[96];
    (void)snprintf(sql, sizeof sql, "CREATE SCHEMA IF NOT EXISTS " LOCAL_SCHEMA, sharer);
    return instance_take(instance, 0, &joined->own, err) &&
           (!sharer || (local_execute(instance, joined->own.connection, sql, err) &&
                        set_names(instance, &joined->own, sharer, err)));
}

struct local *local_join(struct local *local, int sharer, struct error *err)
{
    struct local *joined = xcalloc(1, sizeof *joined);
    *joined = (struct local){
        .engine = {.ops = &local_ops}, .instance = instance_hold(local->instance), .joined = true};
    count_joined(joined, 1);
    if (join(joined, sharer, err))
        return joined;
    local_close(joined);
    (void)error_set(err, ERROR_UNAVAILABLE, "the engine has no connection left");
    return NULL;
}

bool local_idle(struct local *local)
{
    pthread_mutex_lock(&local->instance->mutex);
    bool idle = local->instance->references == 1 + local->instance->joined;
    pthread_mutex_unlock(&local->instance->mutex);
    return idle;
}

struct engine *local_engine(struct local *local)
{
    return &local->engine;
}

const char *local_version(struct local *local)
{
    return local->instance->api.library_version();
}
