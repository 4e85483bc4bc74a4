#include "history.h"

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBRARY "libsqlite3.so.0"
#define BUSY_MS 500 /* another kernel writes */
#define TAIL_DEFAULT 10
#define PENDING_LIMIT 10000 /* lines kept while the file is busy */

/* The functions of libsqlite3 that are used, with the types of its header. */
struct sqlite {
    __typeof__(sqlite3_open_v2) *open;
    __typeof__(sqlite3_close) *close;
    __typeof__(sqlite3_exec) *exec;
    __typeof__(sqlite3_busy_timeout) *busy_timeout;
    __typeof__(sqlite3_errmsg) *errmsg;
    __typeof__(sqlite3_prepare_v2) *prepare;
    __typeof__(sqlite3_bind_int64) *bind_int;
    __typeof__(sqlite3_bind_text) *bind_text;
    __typeof__(sqlite3_step) *step;
    __typeof__(sqlite3_finalize) *finalize;
    __typeof__(sqlite3_reset) *reset;
    __typeof__(sqlite3_column_int64) *column_int;
    __typeof__(sqlite3_column_text) *column_text;
    __typeof__(sqlite3_column_bytes) *column_bytes;
    __typeof__(sqlite3_column_type) *column_type;
    __typeof__(sqlite3_last_insert_rowid) *last_id;
};

static const struct {
    const char *name;
    size_t offset;
} functions[] = {
    {"sqlite3_open_v2", offsetof(struct sqlite, open)},
    {"sqlite3_close", offsetof(struct sqlite, close)},
    {"sqlite3_exec", offsetof(struct sqlite, exec)},
    {"sqlite3_busy_timeout", offsetof(struct sqlite, busy_timeout)},
    {"sqlite3_errmsg", offsetof(struct sqlite, errmsg)},
    {"sqlite3_prepare_v2", offsetof(struct sqlite, prepare)},
    {"sqlite3_bind_int64", offsetof(struct sqlite, bind_int)},
    {"sqlite3_bind_text", offsetof(struct sqlite, bind_text)},
    {"sqlite3_step", offsetof(struct sqlite, step)},
    {"sqlite3_finalize", offsetof(struct sqlite, finalize)},
    {"sqlite3_reset", offsetof(struct sqlite, reset)},
    {"sqlite3_column_int64", offsetof(struct sqlite, column_int)},
    {"sqlite3_column_text", offsetof(struct sqlite, column_text)},
    {"sqlite3_column_bytes", offsetof(struct sqlite, column_bytes)},
    {"sqlite3_column_type", offsetof(struct sqlite, column_type)},
    {"sqlite3_last_insert_rowid", offsetof(struct sqlite, last_id)},
};

/* Bytes on the heap; data NULL: none. */
struct piece {
    char *data;
    size_t size;
};

struct line {
    struct line *next;
    int64_t count;
    struct piece input, output;
};

struct history {
    struct sqlite sqlite;
    void *library;
    sqlite3 *db;
    bool tried;      /* opening was tried, whatever came of it */
    bool told;       /* a trouble was logged */
    int64_t session; /* our number, 0 before the first write */
    struct line *first, *last;
    size_t pending;
    bool failed; /* the last write: it is tried again with the next line */
};

struct history *history_new(void)
{
    return xcalloc(1, sizeof(struct history));
}

static void tell(struct history *history, const char *what, const char *why)
{
    if (!history->told)
        log_line(LOG_LEVEL_WARN, "history",
                 "%s (%s): history lives in memory and ends with this kernel", what, why);
    history->told = true;
}

static bool load(struct history *history)
{
    history->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!history->library) {
        tell(history, "libsqlite3 cannot be loaded", LIBRARY);
        return false;
    }
    for (size_t i = 0; i < COUNT(functions); i++) {
        void *function = dlsym(history->library, functions[i].name);
        if (!function) {
            tell(history, "libsqlite3 lacks a function", functions[i].name);
            return false;
        }
        memcpy((char *)&history->sqlite + functions[i].offset, &function, sizeof function);
    }
    return true;
}

/* Makes the folder and an empty file that nobody else can read. NULL if that cannot be. */
static const char *make_file(struct arena *arena, struct error *err)
{
    const char *xdg = getenv("XDG_DATA_HOME");
    const char *data = xdg && *xdg ? xdg : file_expand(arena, "~/.local/share");
    const char *folder = file_join(arena, data, "cofferdam");
    if (!file_make_folder(folder, 0700, err))
        return NULL;
    const char *path = file_join(arena, folder, "history.sqlite");
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) {
        error_errno(err, errno, "%s", path);
        return NULL;
    }
    (void)close(file);
    return path;
}

static bool open_at(struct history *history, const char *path)
{
    static const char
        schema[] = /* WAL: no fsync per group, so that completion does not wait for a disk */
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
        "PRAGMA cache_size = -256;" /* KiB: lines are added, and seldom read */
        "CREATE TABLE IF NOT EXISTS sessions (session INTEGER PRIMARY KEY AUTOINCREMENT, started "
        "TEXT NOT NULL);"
        "CREATE TABLE IF NOT EXISTS lines (session INTEGER NOT NULL, line INTEGER NOT NULL, input "
        "TEXT NOT NULL,"
        " output TEXT);"
        "CREATE INDEX IF NOT EXISTS lines_by_place ON lines (session, line);";
    const struct sqlite *sqlite = &history->sqlite;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite->open(path, &history->db, flags, NULL) == SQLITE_OK) {
        (void)sqlite->busy_timeout(history->db, BUSY_MS);
        if (sqlite->exec(history->db, schema, NULL, NULL, NULL) == SQLITE_OK)
            return true;
    }
    tell(history, path, history->db ? sqlite->errmsg(history->db) : "out of memory");
    (void)sqlite->close(history->db);
    history->db = NULL;
    return false;
}

/* Opens the file at first use; one in memory where it cannot be used. */
static bool open_history(struct history *history)
{
    if (history->tried)
        return history->db != NULL;
    history->tried = true;
    if (!load(history))
        return false;
    struct arena *arena = arena_new();
    struct error err = {0};
    const char *path = make_file(arena, &err);
    if (!path)
        tell(history, "no history file", err.message);
    bool ok = (path && open_at(history, path)) || open_at(history, ":memory:");
    arena_free(arena);
    return ok;
}

static struct piece copy_text(const char *text, size_t size)
{
    return (struct piece){text ? xstrndup(text, size) : NULL, text ? size : 0};
}

static void drop_first(struct history *history)
{
    struct line *line = history->first;
    history->first = line->next;
    if (!history->first)
        history->last = NULL;
    history->pending--;
    free(line->input.data);
    free(line->output.data);
    free(line);
}

void history_add(struct history *history, const struct history_line *added)
{
    if (added->input_size > HISTORY_INPUT_LIMIT)
        return;
    if (history->pending >= PENDING_LIMIT)
        drop_first(history);
    struct line *line = xcalloc(1, sizeof *line);
    line->count = added->count;
    line->input = copy_text(added->input, added->input_size);
    line->output = copy_text(
        added->output,
        added->output ? text_cut(added->output, added->output_size, HISTORY_OUTPUT_LIMIT) : 0);
    if (history->last)
        history->last->next = line;
    else
        history->first = line;
    history->last = line;
    history->pending++;
    history->failed = false;
}

static bool run(struct history *history, const char *sql)
{
    return history->sqlite.exec(history->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static void bind_text(struct history *history, sqlite3_stmt *statement, int index,
                      const struct piece *text)
{
    if (text->data) /* the bytes live longer than the step */
        (void)history->sqlite.bind_text(statement, index, text->data, (int)text->size, NULL);
    else
        (void)history->sqlite.bind_text(statement, index, NULL, 0, NULL);
}

static bool begin_session(struct history *history)
{
    if (history->session)
        return true;
    if (!run(history,
             "INSERT INTO sessions (started) VALUES (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))"))
        return false;
    history->session = history->sqlite.last_id(history->db);
    return true;
}

static bool write_lines(struct history *history)
{
    const struct sqlite *sqlite = &history->sqlite;
    sqlite3_stmt *insert = NULL;
    static const char sql[] =
        "INSERT INTO lines (session, line, input, output) VALUES (?, ?, ?, ?)";
    bool ok = sqlite->prepare(history->db, sql, -1, &insert, NULL) == SQLITE_OK;
    for (const struct line *line = history->first; ok && line; line = line->next) {
        (void)sqlite->bind_int(insert, 1, history->session);
        (void)sqlite->bind_int(insert, 2, line->count);
        bind_text(history, insert, 3, &line->input);
        bind_text(history, insert, 4, &line->output);
        ok = sqlite->step(insert) == SQLITE_DONE;
        (void)sqlite->reset(insert);
    }
    (void)sqlite->finalize(insert);
    return ok;
}

size_t history_pending(const struct history *history)
{
    return history->failed ? 0 : history->pending;
}

/* All lines or none. What cannot be written now (another kernel writes, the disk is full) is tried
 * again next time. */
void history_write(struct history *history)
{
    if (!history->first || !open_history(history))
        return;
    int64_t before = history->session;
    if (run(history, "BEGIN IMMEDIATE") && begin_session(history) && write_lines(history) &&
        run(history, "COMMIT")) {
        while (history->first)
            drop_first(history);
        return;
    }
    if (!history->told)
        log_line(LOG_LEVEL_WARN, "history", "lines are kept back: %s",
                 history->sqlite.errmsg(history->db));
    history->told = true;
    history->failed = true;
    (void)run(history, "ROLLBACK");
    history->session = before;
}

void history_free(struct history *history)
{
    if (!history)
        return;
    history_write(history);
    while (history->first)
        drop_first(history);
    if (history->db)
        (void)history->sqlite.close(history->db);
    if (history->library)
        (void)dlclose(history->library);
    free(history);
}

/* Statements give the newest rows first, so that LIMIT keeps the last ones. Parameters: ?1 rows, ?2
   session, ?3 start, ?4 stop, ?5 pattern. */
static const char *statement_for(const struct history_query *query)
{
    switch (query->access) {
    case HISTORY_RANGE:
        return "SELECT session, line, input, output FROM lines WHERE session = ?2 AND line >= ?3"
               " AND (?4 = 0 OR line < ?4) ORDER BY line DESC, rowid DESC LIMIT ?1";
    case HISTORY_SEARCH:
        return query->unique ? "SELECT session, line, input, output FROM lines WHERE rowid IN "
                               "(SELECT max(rowid) FROM lines"
                               " WHERE input GLOB ?5 GROUP BY input) ORDER BY rowid DESC LIMIT ?1"
                             : "SELECT session, line, input, output FROM lines WHERE input GLOB ?5 "
                               "ORDER BY rowid DESC LIMIT ?1";
    case HISTORY_TAIL:
        break;
    }
    return "SELECT session, line, input, output FROM lines ORDER BY rowid DESC LIMIT ?1";
}

/* 0 and below count back from this kernel's session, or from the next one while this kernel has
 * none. */
static int64_t session_number(struct history *history, int64_t asked)
{
    if (asked > 0)
        return asked;
    if (history->session)
        return history->session + asked;
    sqlite3_stmt *statement = NULL;
    int64_t last = 0;
    const char *sql = "SELECT max(session) FROM sessions";
    if (history->sqlite.prepare(history->db, sql, -1, &statement, NULL) == SQLITE_OK &&
        history->sqlite.step(statement) == SQLITE_ROW)
        last = history->sqlite.column_int(statement, 0);
    (void)history->sqlite.finalize(statement);
    return last + 1 + asked;
}

static int64_t rows_wanted(const struct history_query *query)
{
    int64_t n = query->n;
    if (query->access == HISTORY_RANGE || (query->access == HISTORY_SEARCH && n <= 0))
        n = HISTORY_ROWS;
    else if (n <= 0)
        n = TAIL_DEFAULT;
    return n < HISTORY_ROWS ? n : HISTORY_ROWS;
}

static json_t *text_at(struct history *history, sqlite3_stmt *statement, int column)
{
    if (history->sqlite.column_type(statement, column) == SQLITE_NULL)
        return json_null();
    const unsigned char *text = history->sqlite.column_text(statement, column);
    return json_text((const char *)text, (size_t)history->sqlite.column_bytes(statement, column));
}

static json_t *row(struct history *history, sqlite3_stmt *statement, bool output)
{
    json_t *row = json_array(), *code = text_at(history, statement, 2);
    (void)json_array_append_new(row, json_integer(history->sqlite.column_int(statement, 0)));
    (void)json_array_append_new(row, json_integer(history->sqlite.column_int(statement, 1)));
    if (output) {
        json_t *pair = json_array();
        (void)json_array_append_new(pair, code);
        (void)json_array_append_new(pair, text_at(history, statement, 3));
        code = pair;
    }
    (void)json_array_append_new(row, code);
    return row;
}

json_t *history_ask(struct history *history, const struct history_query *query, struct arena *arena)
{
    json_t *rows = json_own(arena, json_array());
    history_write(history);
    if (!open_history(history))
        return rows;
    const struct sqlite *sqlite = &history->sqlite;
    sqlite3_stmt *statement = NULL;
    if (sqlite->prepare(history->db, statement_for(query), -1, &statement, NULL) != SQLITE_OK)
        return rows;
    const char *pattern = query->pattern ? query->pattern : "*";
    (void)sqlite->bind_int(statement, 1, rows_wanted(query));
    if (query->access == HISTORY_RANGE) {
        (void)sqlite->bind_int(statement, 2, session_number(history, query->session));
        (void)sqlite->bind_int(statement, 3, query->start);
        (void)sqlite->bind_int(statement, 4, query->stop);
    }
    if (query->access == HISTORY_SEARCH)
        (void)sqlite->bind_text(statement, 5, pattern, (int)strlen(pattern), NULL);
    while (sqlite->step(statement) == SQLITE_ROW)
        (void)json_array_insert_new(rows, 0, row(history, statement, query->output));
    (void)sqlite->finalize(statement);
    return rows;
}
