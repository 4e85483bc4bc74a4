/* compact - the files of each partition become one sorted file: of a day where the day is large,
 * else of its month. */
#include "ingest/ingest_run.h"

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "ingest/merge.h"

#include <stdlib.h>
#include <string.h>

#define COMPACT_MEMORY ((int64_t)1 << 30)

struct compacting {
    struct commit *commit;
    struct writer *writer;
    struct cancel *cancel;
    const char *lake;
    struct arena *arena;
    struct ingest_report *report;
    int number; /* of the next staged file */
};

/* Files of one month below one account's folder. */
struct month {
    const char *folder; /* of the account, relative to the lake */
    char text[8];       /* "202511" */
    const char **paths; /* relative to the lake */
    size_t count, capacity;
    bool days[32]; /* a folder of the day is there */
    int64_t day_rows[32];
    int64_t rows;
};

static bool raised(const struct compacting *work, struct error *err)
{
    if (work->cancel && cancel_raised(work->cancel)) {
        return !error_set(err, ERROR_INTERRUPTED, "interrupted: the lake is as it was");
    }
    return false;
}

static void from_files(struct buf *sql, const struct compacting *work, const struct month *month)
{
    buf_adds(sql, " FROM read_parquet([");
    for (size_t i = 0; i < month->count; i++) {
        char *path = file_join(work->arena, work->lake, month->paths[i]);
        buf_adds(sql, i ? ", " : "");
        text_sql_string(sql, path, strlen(path));
    }
    buf_adds(sql, "], union_by_name = true, hive_partitioning = false)");
}

static bool on_day(void *state, const struct writer_value *cells, size_t columns, struct error *err)
{
    struct month *month = state;
    (void)columns;
    (void)err;
    char day[16] = "";
    char rows[32] = "";
    memcpy(day, cells[0].text, cells[0].size < 15 ? cells[0].size : 15);
    memcpy(rows, cells[1].text, cells[1].size < 31 ? cells[1].size : 31);
    long number = strtol(day, NULL, 10);
    if (number >= 1 && number <= 31) {
        month->day_rows[number] = strtoll(rows, NULL, 10);
        month->rows += month->day_rows[number];
    }
    return true;
}

static bool count_days(struct compacting *work, struct month *month, struct error *err)
{
    struct buf sql;
    buf_init(&sql, (size_t)1 << 26);
    buf_adds(&sql, "SELECT day(make_timestamp(\"time\" * 1000))::VARCHAR, count(*)::VARCHAR");
    from_files(&sql, work, month);
    buf_adds(&sql, " GROUP BY 1");
    struct writer_visit visit = {.visit = on_day, .state = month};
    struct writer_statement statement = {.sql = sql.data};
    bool ok = writer_read(work->writer, &statement, &visit, err);
    buf_release(&sql);
    return ok;
}

/* Nothing to do: one file, and it lies where it belongs. */
static bool is_compact(const struct month *month)
{
    bool large = false;
    bool day_folders = false;
    for (int day = 1; day <= 31; day++) {
        large |= month->day_rows[day] >= INGEST_DAY_ROWS;
        day_folders |= month->days[day];
    }
    return month->count == 1 && !large && !day_folders;
}

static void condition_of(struct buf *condition, const struct month *month, int day)
{
    const char *of_row = "day(make_timestamp(\"time\" * 1000))";
    if (day) {
        buf_addf(condition, "%s = %d", of_row, day);
        return;
    }
    buf_addf(condition, "%s NOT IN (0", of_row);
    for (int other = 1; other <= 31; other++) {
        if (month->day_rows[other] >= INGEST_DAY_ROWS) {
            buf_addf(condition, ", %d", other);
        }
    }
    buf_adds(condition, ")");
}

/* Rows of one day (or, for day 0, of all days that are not large) into one file. */
static bool write_file(struct compacting *work, const struct month *month, int day, int64_t rows,
                       struct error *err)
{
    struct buf condition;
    buf_init(&condition, 65536);
    condition_of(&condition, month, day);
    const char **paths = arena_alloc(work->arena, month->count * sizeof *paths);
    for (size_t i = 0; i < month->count; i++) {
        paths[i] = file_join(work->arena, work->lake, month->paths[i]);
    }
    char *staged = file_join(work->arena, commit_staging(work->commit),
                             arena_printf(work->arena, "c%d.parquet", work->number));
    struct merge job = {.writer = work->writer,
                        .staging = commit_staging(work->commit),
                        .number = work->number++,
                        .inputs = paths,
                        .input_count = month->count,
                        .condition = condition.data,
                        .rows = rows,
                        .slice_rows = merge_slice_rows(COMPACT_MEMORY, 2)};
    bool ok = merge_sorted(&job, staged, err);
    buf_release(&condition);
    if (ok) {
        const char *where = day ? arena_printf(work->arena, "eventDay=%s%02d", month->text, day)
                                : arena_printf(work->arena, "eventMonth=%s", month->text);
        commit_add(work->commit, staged,
                   arena_printf(work->arena, "%s/%s/%s.parquet", month->folder, where,
                                commit_run(work->commit)));
        work->report->files_out++;
        work->report->total.rows += rows;
        work->report->bytes_out += file_size(staged);
    }
    return ok;
}

static bool compact_month(struct compacting *work, struct month *month, struct error *err)
{
    if (raised(work, err) || !count_days(work, month, err)) {
        return false;
    }
    if (is_compact(month)) {
        return true;
    }
    int64_t rest = 0;
    for (int day = 1; day <= 31; day++) {
        int64_t rows = month->day_rows[day];
        if (rows < INGEST_DAY_ROWS) {
            rest += rows;
        } else if (!write_file(work, month, day, rows, err)) {
            return false;
        }
    }
    if (rest && !write_file(work, month, 0, rest, err)) {
        return false;
    }
    for (size_t i = 0; i < month->count; i++) {
        commit_remove(work->commit, month->paths[i]);
    }
    work->report->files += (int64_t)month->count;
    return true;
}

static void add_path(struct month *month, const char *path)
{
    if (month->count == month->capacity) {
        month->capacity = month->capacity ? month->capacity * 2 : 16;
        month->paths = xrealloc(month->paths, month->capacity * sizeof(char *));
    }
    month->paths[month->count++] = path;
}

/* Adds the Parquet files of an eventDay or eventMonth folder. */
static void add_folder(struct compacting *work, struct month *month, const char *folder,
                       const char *name)
{
    char *relative = file_join(work->arena, folder, name);
    size_t count = 0;
    char **files = file_list(work->arena, file_join(work->arena, work->lake, relative), &count);
    for (size_t i = 0; files && i < count; i++) {
        size_t size = strlen(files[i]);
        if (size > 8 && strcmp(files[i] + size - 8, ".parquet") == 0) {
            add_path(month, file_join(work->arena, relative, files[i]));
        }
    }
}

/* One account's folder: its day and month folders come sorted by name, so a month's days follow
   each other, but the month folder comes after all days. */
static bool compact_account(struct compacting *work, const char *folder, struct error *err)
{
    size_t count = 0;
    char **names = file_list(work->arena, file_join(work->arena, work->lake, folder), &count);
    for (size_t i = 0; names && i < count; i++) {
        const char *value = strchr(names[i], '=');
        if (strncmp(names[i], "event", 5) != 0 || !value || strlen(value) < 7) {
            continue;
        }
        struct month month = {.folder = folder};
        memcpy(month.text, value + 1, 6);
        bool seen = false; /* the month was done with an earlier name */
        for (size_t k = 0; k < count; k++) {
            const char *other = strchr(names[k], '=');
            if (strncmp(names[k], "event", 5) == 0 && other &&
                strncmp(other + 1, month.text, 6) == 0) {
                seen |= k < i;
                long day = strlen(other) >= 9 ? strtol(other + 7, NULL, 10) : 0;
                month.days[day >= 1 && day <= 31 ? day : 0] = true;
                add_folder(work, &month, folder, names[k]);
            }
        }
        bool ok = seen || !month.count || compact_month(work, &month, err);
        free(month.paths);
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* Walks aws/SOURCE/VERSION/region=R/accountId=A. */
static bool compact_folders(struct compacting *work, const char *folder, int level,
                            struct error *err)
{
    if (level == 5) {
        return compact_account(work, folder, err);
    }
    size_t count = 0;
    char **names = file_list(work->arena, file_join(work->arena, work->lake, folder), &count);
    for (size_t i = 0; names && i < count; i++) {
        size_t size = strlen(names[i]);
        if (size > 1 && names[i][size - 1] == '/') {
            char *below =
                file_join(work->arena, folder, arena_strndup(work->arena, names[i], size - 1));
            if (!compact_folders(work, below, level + 1, err)) {
                return false;
            }
        }
    }
    return true;
}

static void stop_writer(void *state)
{
    writer_stop(state);
}

bool lake_compact(const char *path, struct cancel *cancel, struct arena *arena,
                  struct ingest_report *report, struct error *err)
{
    memset(report, 0, sizeof *report);
    int64_t began = time_monotonic();
    char *lake = file_absolute(arena, file_expand(arena, path));
    if (!file_exists(file_join(arena, lake, "lake.json"))) {
        error_set(err, ERROR_NOT_FOUND, "%s is not a lake that %%lake ingest wrote", path);
        return error_hint(err, "Only own lakes are rewritten; a foreign one is evidence.");
    }
    struct commit *commit = commit_begin(lake, err);
    if (!commit) {
        return false;
    }
    struct compacting work = {
        .commit = commit, .cancel = cancel, .lake = lake, .arena = arena, .report = report};
    work.writer =
        writer_open(file_join(arena, commit_staging(commit), "spill"), COMPACT_MEMORY, 1, err);
    if (work.writer && cancel) {
        cancel_on_raise(cancel, stop_writer, work.writer);
    }
    bool ok = work.writer && compact_folders(&work, "aws", 1, err);
    if (cancel) {
        cancel_on_raise(cancel, NULL, NULL);
    }
    writer_close(work.writer);
    report->elapsed = time_monotonic() - began;
    if (!ok) {
        commit_drop(commit);
        return false;
    }
    commit_sync(commit);
    return commit_end(commit, err);
}
