/* merge - one sorted file out of several. */
#include "ingest/merge.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define ROW_BYTES 16384 /* what a row takes while it is sorted, on the generous side */
#define SLICES_MOST 4096
#define SLICE_LEAST 2048

int64_t merge_slice_rows(int64_t memory, int lanes)
{
    int64_t rows = memory / (lanes > 0 ? lanes : 1) / ROW_BYTES;
    return rows > SLICE_LEAST ? rows : SLICE_LEAST;
}

static void from_files(struct buf *sql, const char *const *paths, size_t count)
{
    buf_adds(sql, " FROM read_parquet([");
    for (size_t i = 0; i < count; i++) {
        buf_adds(sql, i ? ", " : "");
        text_sql_string(sql, paths[i], strlen(paths[i]));
    }
    buf_adds(sql, "], union_by_name = true, hive_partitioning = false)");
}

static void to_file(struct buf *sql, const char *path)
{
    buf_adds(sql, ") TO ");
    text_sql_string(sql, path, strlen(path));
    buf_adds(sql, " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 40960)");
}

static bool run(const struct merge *merge, const struct buf *sql, int64_t *rows, struct error *err)
{
    struct writer_statement statement = {.lane = merge->lane, .sql = sql->data};
    return writer_run(merge->writer, &statement, rows, err);
}

/* Puts sorted files one behind the other. */
static bool concat(const struct merge *merge, const char *const *paths, size_t count,
                   const char *to, int64_t *rows, struct error *err)
{
    struct buf sql;
    buf_init(&sql, (size_t)1 << 28);
    buf_adds(&sql, "COPY (SELECT *");
    from_files(&sql, paths, count);
    to_file(&sql, to);
    bool ok = run(merge, &sql, rows, err);
    buf_release(&sql);
    return ok;
}

/* Sorts the rows of one slice: from <= time < to, open where a bound is absent. */
struct slice {
    bool has_from, has_to;
    int64_t from, to;
};

static bool sort_slice(const struct merge *merge, const struct slice *slice, const char *to,
                       int64_t *rows, struct error *err)
{
    struct buf sql;
    buf_init(&sql, (size_t)1 << 28);
    buf_adds(&sql, "COPY (SELECT *");
    from_files(&sql, merge->inputs, merge->input_count);
    buf_addf(&sql, " WHERE %s", *merge->condition ? merge->condition : "true");
    if (slice->has_from) {
        buf_addf(&sql, " AND \"time\" >= %lld", (long long)slice->from);
    }
    if (slice->has_to) {
        buf_addf(&sql, " AND \"time\" < %lld", (long long)slice->to);
    }
    buf_adds(&sql, " ORDER BY \"time\"");
    to_file(&sql, to);
    bool ok = run(merge, &sql, rows, err);
    buf_release(&sql);
    return ok;
}

struct bounds {
    int64_t values[SLICES_MOST];
    size_t count;
};

static bool on_bound(void *state, const struct writer_value *cells, size_t columns,
                     struct error *err)
{
    struct bounds *bounds = state;
    (void)columns;
    (void)err;
    char text[32] = "";
    memcpy(text, cells[0].text, cells[0].size < 31 ? cells[0].size : 31);
    int64_t value = strtoll(text, NULL, 10);
    if (bounds->count < SLICES_MOST &&
        (!bounds->count || bounds->values[bounds->count - 1] != value)) {
        bounds->values[bounds->count++] = value;
    }
    return true;
}

/* The times at which the slices begin, but for the first. */
static bool find_bounds(const struct merge *merge, size_t slices, struct bounds *bounds,
                        struct error *err)
{
    struct buf sql;
    buf_init(&sql, (size_t)1 << 28);
    buf_adds(&sql, "SELECT b::VARCHAR FROM (SELECT unnest(quantile_disc(\"time\", [");
    for (size_t i = 1; i < slices; i++) {
        buf_addf(&sql, "%s%.9f", i > 1 ? ", " : "", (double)i / (double)slices);
    }
    buf_adds(&sql, "])) AS b");
    from_files(&sql, merge->inputs, merge->input_count);
    buf_addf(&sql, " WHERE %s) ORDER BY b", *merge->condition ? merge->condition : "true");
    struct writer_visit visit = {.visit = on_bound, .state = bounds};
    struct writer_statement statement = {.lane = merge->lane, .sql = sql.data};
    bool ok = writer_read(merge->writer, &statement, &visit, err);
    buf_release(&sql);
    return ok;
}

static bool merge_slices(const struct merge *merge, const char *path, int64_t *rows,
                         struct error *err)
{
    size_t slices = (size_t)(merge->rows / merge->slice_rows) + 1;
    struct bounds *bounds = xcalloc(1, sizeof *bounds);
    bool ok = find_bounds(merge, slices < SLICES_MOST ? slices : SLICES_MOST, bounds, err);
    struct arena *arena = arena_new();
    const char **paths = arena_alloc(arena, (bounds->count + 1) * sizeof *paths);
    for (size_t i = 0; ok && i <= bounds->count; i++) {
        struct slice slice = {.has_from = i > 0, .has_to = i < bounds->count};
        slice.from = slice.has_from ? bounds->values[i - 1] : 0;
        slice.to = slice.has_to ? bounds->values[i] : 0;
        paths[i] = file_join(arena, merge->staging,
                             arena_printf(arena, "s%d-%zu.parquet", merge->number, i));
        ok = sort_slice(merge, &slice, paths[i], rows, err);
    }
    ok = ok && concat(merge, paths, bounds->count + 1, path, rows, err);
    for (size_t i = 0; ok && i <= bounds->count; i++) {
        ok = file_remove_all(paths[i], err);
    }
    arena_free(arena);
    free(bounds);
    return ok;
}

bool merge_sorted(const struct merge *merge, const char *path, struct error *err)
{
    int64_t rows = 0;
    struct slice all = {.has_from = false};
    bool ok;
    if (merge->disjoint && !*merge->condition) {
        ok = concat(merge, merge->inputs, merge->input_count, path, &rows, err);
    } else if (merge->rows <= merge->slice_rows) {
        ok = sort_slice(merge, &all, path, &rows, err);
    } else {
        ok = merge_slices(merge, path, &rows, err);
    }
    if (ok && rows != merge->rows) {
        return error_set(err, ERROR_INTERNAL, "merged %lld rows of %lld", (long long)rows,
                         (long long)merge->rows);
    }
    return ok;
}
