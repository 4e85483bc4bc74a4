/* duckdb_writer - the writer's instance, lanes and statements. */
#include "base/text.h"
#include "engine/duckdb_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct setting {
    const char *name, *value;
};

static bool configure(struct writer *writer, duckdb_config config, const char *spill,
                      int64_t memory, struct error *err)
{
    char limit[40];
    snprintf(limit, sizeof limit, "%lldB", (long long)memory);
    const struct setting settings[] = {
        {"threads", "1"},
        {"memory_limit", limit},
        {"temp_directory", spill},
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"preserve_insertion_order", "true"},
    };
    for (size_t i = 0; i < COUNT(settings); i++) {
        if (writer->api.set_config(config, settings[i].name, settings[i].value) != DuckDBSuccess) {
            return error_set(err, ERROR_INTERNAL, "duckdb refuses the setting %s",
                             settings[i].name);
        }
    }
    return true;
}

static bool open_instance(struct writer *writer, const char *spill, int64_t memory,
                          struct error *err)
{
    duckdb_config config = NULL;
    if (writer->api.create_config(&config) != DuckDBSuccess) {
        return error_set(err, ERROR_INTERNAL, "duckdb makes no configuration");
    }
    bool ok = configure(writer, config, spill, memory, err);
    char *words = NULL;
    if (ok && writer->api.open_ext(NULL, &writer->database, config, &words) != DuckDBSuccess) {
        ok = error_set(err, ERROR_INTERNAL, "duckdb does not open: %s",
                       words ? words : "no reason given");
    }
    if (words) {
        writer->api.free(words);
    }
    writer->api.destroy_config(&config);
    return ok;
}

static const char *const lane_settings[] = {"SET TimeZone='UTC'", "SET enable_progress_bar=false"};

static bool open_lanes(struct writer *writer, int lanes, struct error *err)
{
    for (int i = 0; i < lanes; i++) {
        if (writer->api.connect(writer->database, &writer->lanes[i].connection) != DuckDBSuccess) {
            return error_set(err, ERROR_INTERNAL, "duckdb does not connect");
        }
        writer->lane_count = i + 1;
        for (size_t k = 0; k < COUNT(lane_settings); k++) {
            struct writer_statement statement = {.lane = i, .sql = lane_settings[k]};
            if (!writer_run(writer, &statement, NULL, err)) {
                return false;
            }
        }
    }
    return true;
}

struct writer *writer_open(const char *spill, int64_t memory, int lanes, struct error *err)
{
    struct writer *writer = xcalloc(1, sizeof *writer);
    bool ok = writer_api_load(&writer->api, err) && open_instance(writer, spill, memory, err) &&
              open_lanes(writer, lanes < WRITER_LANES ? lanes : WRITER_LANES, err);
    if (!ok) {
        writer_close(writer);
        return NULL;
    }
    return writer;
}

void writer_close(struct writer *writer)
{
    if (!writer) {
        return;
    }
    for (size_t i = 0; i < writer->source_count; i++) {
        for (size_t k = 0; k < writer->sources[i].count; k++) {
            writer->api.destroy_logical_type(&writer->sources[i].shapes[k].type);
        }
        free(writer->sources[i].shapes);
    }
    for (int i = 0; i < writer->lane_count; i++) {
        writer->api.disconnect(&writer->lanes[i].connection);
    }
    if (writer->database) {
        writer->api.close(&writer->database);
    }
    free(writer);
}

const char *writer_version(const struct writer *writer)
{
    return writer->api.library_version();
}

struct error_class {
    duckdb_error_type type;
    enum error_kind kind;
    const char *hint;
};

static const struct error_class error_classes[] = {
    {DUCKDB_ERROR_INTERRUPT, ERROR_INTERRUPTED, ""},
    {DUCKDB_ERROR_OUT_OF_MEMORY, ERROR_LIMIT,
     "Give more memory with %set memory, or free disk space for spilling."},
    {DUCKDB_ERROR_IO, ERROR_IO, "Check free space and permissions of the lake's folder."},
    {DUCKDB_ERROR_PERMISSION, ERROR_IO, "Check the permissions of the lake's folder."},
    {DUCKDB_ERROR_INVALID_INPUT, ERROR_DATA, ""},
    {DUCKDB_ERROR_CONVERSION, ERROR_DATA, ""},
};

static bool statement_failed(struct writer *writer, duckdb_result *result, struct error *err)
{
    duckdb_error_type type = writer->api.result_error_type(result);
    const char *words = writer->api.result_error(result);
    if (atomic_load(&writer->stop)) {
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    }
    const struct error_class *found = NULL;
    for (size_t i = 0; i < COUNT(error_classes); i++) {
        found = error_classes[i].type == type ? &error_classes[i] : found;
    }
    error_set(err, found ? found->kind : ERROR_INTERNAL, "%s",
              words ? words : "duckdb failed without a word");
    if (found && *found->hint) {
        error_hint(err, "%s", found->hint);
    }
    return false;
}

static bool query(struct writer *writer, const struct writer_statement *statement,
                  duckdb_result *result, struct error *err)
{
    struct writer_lane *lane = &writer->lanes[statement->lane];
    if (atomic_load(&writer->stop)) {
        memset(result, 0, sizeof *result);
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    }
    lane->give = statement->give;
    lane->count = statement->count;
    bool ok = writer->api.query(lane->connection, statement->sql, result) == DuckDBSuccess;
    lane->give = NULL;
    lane->count = 0;
    if (ok && atomic_load(&writer->stop)) {
        ok = error_set(err, ERROR_INTERRUPTED, "interrupted");
    }
    return ok || statement_failed(writer, result, err);
}

bool writer_run(struct writer *writer, const struct writer_statement *statement, int64_t *rows,
                struct error *err)
{
    duckdb_result result;
    bool ok = query(writer, statement, &result, err);
    if (ok && rows) {
        *rows = (int64_t)writer->api.rows_changed(&result);
    }
    writer->api.destroy_result(&result);
    return ok;
}

static struct writer_value text_of(duckdb_string_t *string)
{
    bool small = string->value.inlined.length <= 12;
    return (struct writer_value){.text = small ? string->value.inlined.inlined
                                               : string->value.pointer.ptr,
                                 .size = string->value.inlined.length};
}

static bool visit_chunk(struct writer *writer, duckdb_data_chunk chunk, size_t columns,
                        const struct writer_visit *visit, struct error *err)
{
    struct writer_value cells[WRITER_COLUMNS];
    duckdb_string_t *texts[WRITER_COLUMNS];
    const uint64_t *valid[WRITER_COLUMNS];
    for (size_t k = 0; k < columns; k++) {
        duckdb_vector vector = writer->api.data_chunk_get_vector(chunk, k);
        texts[k] = writer->api.vector_get_data(vector);
        valid[k] = writer->api.vector_get_validity(vector);
    }
    size_t rows = writer->api.data_chunk_get_size(chunk);
    for (size_t i = 0; i < rows; i++) {
        for (size_t k = 0; k < columns; k++) {
            bool there = !valid[k] || (valid[k][i / 64] >> (i % 64) & 1);
            cells[k] = there ? text_of(&texts[k][i]) : (struct writer_value){.null = true};
        }
        if (!visit->visit(visit->state, cells, columns, err)) {
            return false;
        }
    }
    return true;
}

static bool visit_result(struct writer *writer, duckdb_result *result,
                         const struct writer_visit *visit, struct error *err)
{
    size_t columns = writer->api.column_count(result);
    if (columns > WRITER_COLUMNS) {
        return error_set(err, ERROR_LIMIT, "a table of more than %d columns", WRITER_COLUMNS);
    }
    const char *names[WRITER_COLUMNS];
    for (size_t k = 0; k < columns; k++) {
        names[k] = writer->api.column_name(result, k);
    }
    if (visit->names) {
        visit->names(visit->state, names, columns);
    }
    for (bool more = true; more;) {
        duckdb_data_chunk chunk = writer->api.fetch_chunk(*result);
        more = chunk != NULL;
        bool ok = !more || visit_chunk(writer, chunk, columns, visit, err);
        if (more) {
            writer->api.destroy_data_chunk(&chunk);
        }
        if (!ok) {
            return false;
        }
    }
    return true;
}

bool writer_read(struct writer *writer, const struct writer_statement *statement,
                 const struct writer_visit *visit, struct error *err)
{
    duckdb_result result;
    bool ok = query(writer, statement, &result, err) && visit_result(writer, &result, visit, err);
    writer->api.destroy_result(&result);
    return ok;
}

/* The type of a column is read from a statement that has it, so that any type of SQL can be named.
 */
static bool shape_column(struct writer *writer, const struct writer_column *column,
                         struct writer_shape *shape, struct error *err)
{
    struct buf sql;
    buf_init(&sql, 4096);
    buf_addf(&sql, "SELECT NULL::%s", column->type);
    duckdb_result result;
    struct writer_statement statement = {.sql = sql.data};
    bool ok = query(writer, &statement, &result, err);
    if (ok) {
        shape->type = writer->api.column_logical_type(&result, 0);
        ok = writer_shape_read(&writer->api, shape, shape->type, err);
    }
    writer->api.destroy_result(&result);
    buf_release(&sql);
    return ok;
}

bool writer_add_source(struct writer *writer, const char *name, const struct writer_column *columns,
                       size_t count, struct error *err)
{
    if (writer->source_count == WRITER_SOURCES || count > WRITER_COLUMNS) {
        return error_set(err, ERROR_INTERNAL, "too many sources or columns for the writer");
    }
    struct writer_source *source = &writer->sources[writer->source_count++];
    *source = (struct writer_source){.writer = writer,
                                     .columns = columns,
                                     .count = count,
                                     .shapes = xcalloc(count, sizeof *source->shapes)};
    for (size_t i = 0; i < count; i++) {
        if (!shape_column(writer, &columns[i], &source->shapes[i], err)) {
            return error_wrap(err, "column %s of %s", columns[i].name, name);
        }
    }
    return writer_function_add(source, name, err);
}

void writer_stop(struct writer *writer)
{
    atomic_store(&writer->stop, true);
    for (int i = 0; i < writer->lane_count; i++) {
        writer->api.interrupt(writer->lanes[i].connection);
    }
}
