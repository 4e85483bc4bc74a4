/* ingest_parquet - VPC flow logs that were delivered as Parquet: read through the writer's
 * instance, some rows at a time. */
#include "ingest/ingest_run.h"

#include "base/text.h"
#include "ingest/map_flow.h"

#include <stdio.h>
#include <string.h>

#define ROWS_AT_A_TIME 50000

struct parquet {
    struct worker *worker;
    struct flow_format format;
    bool flow;
    int64_t rows;
};

static void on_names(void *state, const char *const *names, size_t columns)
{
    struct parquet *parquet = state;
    uint64_t seen = 0;
    for (size_t i = 0; i < columns; i++) {
        flow_name(&parquet->format, names[i], strlen(names[i]));
        int field = parquet->format.fields[parquet->format.count - 1];
        seen |= field >= 0 ? (uint64_t)1 << field : 0;
    }
    parquet->flow = seen >> FLOW_SRC & 1 && seen >> FLOW_DST & 1 && seen >> FLOW_START & 1 &&
                    parquet->format.count == columns;
}

static bool on_row(void *state, const struct writer_value *cells, size_t columns, struct error *err)
{
    struct parquet *parquet = state;
    struct worker *worker = parquet->worker;
    (void)err;
    parquet->rows++;
    if (!parquet->flow) {
        return true;
    }
    struct writer_value values[WRITER_COLUMNS];
    for (size_t i = 0; i < columns; i++) {
        values[i] = (struct writer_value){.text = NULL};
        if (!cells[i].null) {
            values[i].text = slab_text(&worker->slab, cells[i].text, cells[i].size);
            values[i].size = cells[i].size;
        }
    }
    struct event event;
    worker->reader.records++;
    if (map_flow_values(&worker->mapping, &parquet->format, values, &event) == MAP_ROW) {
        worker->reader.rows++;
        worker_keep(worker, &event);
        return true;
    }
    reader_reject(&worker->reader, "", "", worker->mapping.problem);
    worker->counted.total.events++;
    worker->counted.total.rejects++;
    worker_reject(worker, "record");
    return true;
}

static void file_over(struct worker *worker, enum reader_shape shape)
{
    worker->reader.shape = shape;
    worker->reader.done = true;
    worker->parquet_row = 0;
}

bool worker_read_parquet(struct worker *worker)
{
    struct parquet parquet = {.worker = worker};
    struct buf sql;
    buf_init(&sql, 65536);
    buf_adds(&sql,
             "SELECT CAST(COLUMNS(* EXCLUDE (file_row_number)) AS VARCHAR) FROM read_parquet(");
    text_sql_string(&sql, worker->reader.path, strlen(worker->reader.path));
    buf_addf(
        &sql,
        ", file_row_number = true, hive_partitioning = false) WHERE file_row_number >= %lld AND "
        "file_row_number < %lld",
        (long long)worker->parquet_row, (long long)worker->parquet_row + ROWS_AT_A_TIME);
    struct writer_visit visit = {.visit = on_row, .names = on_names, .state = &parquet};
    struct writer_statement statement = {.lane = worker->lane, .sql = sql.data};
    struct error err;
    error_clear(&err);
    bool ok =
        !worker->reader.archive.kind && writer_read(worker->run->writer, &statement, &visit, &err);
    buf_release(&sql);
    worker->parquet_row += ROWS_AT_A_TIME;
    if (ok && parquet.flow && parquet.rows == ROWS_AT_A_TIME) {
        return true;
    }
    file_over(worker, SHAPE_PARQUET);
    if (err.kind == ERROR_INTERRUPTED) {
        return false;
    }
    if (!ok) {
        reader_problem(&worker->reader, "%.200s",
                       *err.message ? err.message : "Parquet within an archive");
        worker->counted.files_broken++;
        worker_reject(worker, "damaged");
    } else if (!parquet.flow) {
        reader_problem(&worker->reader,
                       "Parquet, but not of VPC flow logs: open its folder instead");
        worker->counted.files_skipped++;
        worker_reject(worker, "skipped");
    }
    return true;
}
