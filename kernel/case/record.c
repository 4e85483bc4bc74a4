#include "case/record.h"

#include "base/buf.h"
#include "base/text.h"
#include "base/time.h"
#include "case/redact.h"
#include "case/session_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAITING_CELLS 10000
#define WAITING_BYTES ((size_t)8 * 1024 * 1024) /* of their lines */

/* ---- the ledger, without anybody being kept from work -------------------------------------------
 */

static void note_trouble(struct session *session, const struct error *err)
{
    struct record *record = &session->record;
    if (record->failing)
        return;
    record->failing = true;
    free(record->trouble);
    record->trouble = xstrdup(err->message);
}

int64_t record_write(struct session *session, enum ledger_kind kind, json_t *content)
{
    struct error err = {0};
    struct ledger *ledger = session_ledger(session, &err);
    struct ledger_entry entry = {.kind = kind, .content = content};
    if (!ledger)
        json_decref(content);
    if (ledger && ledger_write(ledger, &entry, 1, &err))
        session->record.failing = false;
    else
        note_trouble(session, &err);
    return entry.mark.sequence;
}

const char *record_trouble(struct session *session, struct arena *arena)
{
    char *trouble = session->record.trouble;
    if (!trouble)
        return NULL;
    const char *kept = arena_strdup(arena, trouble);
    free(trouble);
    session->record.trouble = NULL;
    return kept;
}

bool record_is_restless(const struct session *session)
{
    return (session->ledger && ledger_unsynced(session->ledger)) || session->record.wholes;
}

bool record_rest(struct session *session)
{
    struct error err = {0};
    if (!record_is_restless(session))
        return false;
    if (session->ledger && !ledger_sync(session->ledger, &err))
        note_trouble(session, &err);
    else if (session->record.wholes)
        record_whole_step(session);
    return true;
}

bool record_head(const struct session *session, struct ledger_mark *mark)
{
    if (!session->ledger)
        return false;
    *mark = ledger_head(session->ledger);
    return mark->sequence > 0;
}

/* ---- cells --------------------------------------------------------------------------------------
 */

/* The hash is of the source as it is recorded: that of a password would give it away. */
static void add_hash(json_t *content)
{
    const json_t *source = json_object_get(content, "source");
    unsigned char digest[HASH_SIZE];
    char hash[HASH_HEX_SIZE];
    hash_sha256(json_string_value(source), json_string_length(source), digest);
    hash_hex(digest, sizeof digest, hash);
    (void)json_object_set_new(content, "sha256", json_string(hash));
}

static json_t *cell_content(const struct record_cell *cell)
{
    struct buf source;
    buf_init(&source, 2 * cell->size + 4096);
    bool taken = redact_text(&source, cell->source, cell->size);
    json_t *content = json_object();
    (void)json_object_set_new(content, "source",
                              json_text(source.data ? source.data : "", source.size));
    if (taken)
        (void)json_object_set_new(content, "redacted", json_true());
    if (cell->silent)
        (void)json_object_set_new(content, "silent", json_true());
    buf_release(&source);
    return content;
}

/* As a line of text: a session that records nothing may have many cells, and objects of ten
   thousand take seven times the room. */
static void wait_in_memory(struct session *session, json_t *content)
{
    struct record *record = &session->record;
    char began[TIME_TEXT_SIZE];
    (void)json_object_set_new(content, "began", json_string(time_iso(time_now(), began)));
    (void)json_object_set_new(content, "cell", json_integer(session->cell));
    char *line = json_dumps(content, JSON_COMPACT);
    json_decref(content);
    size_t size = line ? strlen(line) : 0;
    if (!record->waiting.limit)
        buf_init(&record->waiting, WAITING_BYTES);
    if (!line || record->waiting_cells >= WAITING_CELLS ||
        record->waiting.size + size + 1 > WAITING_BYTES) {
        record->forgotten++;
    } else {
        buf_add(&record->waiting, line, size);
        buf_addc(&record->waiting, '\n');
        record->waiting_cells++;
    }
    free(line);
}

void record_cell(struct session *session, const struct record_cell *cell)
{
    if (!cell->size)
        return;
    json_t *content = cell_content(cell);
    if (!session->ledger && !session_has_ledger(session)) {
        wait_in_memory(session, content);
        return;
    }
    add_hash(content);
    (void)record_write(session, LEDGER_CELL, content);
}

/* The lines that wait, as entries that own their content. */
static size_t read_waiting(const struct record *record, struct ledger_entry *entries)
{
    size_t count = 0;
    const char *at = record->waiting.data, *end = at + record->waiting.size;
    for (const char *newline; at < end && (newline = memchr(at, '\n', (size_t)(end - at)));
         at = newline + 1) {
        json_t *content = json_loadb(at, (size_t)(newline - at), JSON_ALLOW_NUL, NULL);
        if (!content)
            continue; /* we wrote it */
        add_hash(content);
        entries[count++] = (struct ledger_entry){
            .kind = LEDGER_CELL, .content = content, .cell = json_get_int(content, "cell", 0)};
    }
    if (count && record->forgotten)
        (void)json_object_set_new(entries[count - 1].content, "more_cells_not_recorded",
                                  json_integer(record->forgotten));
    return count;
}

bool record_write_waiting(struct session *session, struct error *err)
{
    struct record *record = &session->record;
    if (!record->waiting_cells)
        return true;
    struct ledger_entry *entries = xcalloc(record->waiting_cells, sizeof *entries);
    size_t count = read_waiting(record, entries), cells = record->waiting_cells;
    record->waiting_cells = 0; /* the ledger may ask for them again meanwhile */
    bool ok = ledger_write(session->ledger, entries, count, err);
    free(entries);
    if (ok) {
        buf_release(&record->waiting);
        record->forgotten = 0;
    } else {
        record->waiting_cells = cells;
    }
    return ok;
}

/* ---- queries ------------------------------------------------------------------------------------
 */

static json_t *result_content(const struct record_query *query)
{
    char hash[HASH_HEX_SIZE];
    const struct table *table = query->table;
    json_t *columns = json_array();
    record_hash(table, hash);
    for (size_t i = 0; i < table->column_count; i++)
        (void)json_array_append_new(columns, json_texts(table->columns[i].name));
    int64_t rows = query->info->rows >= 0 ? query->info->rows : table->rows;
    json_t *content =
        json_pack("{s:o, s:I, s:s}", "columns", columns, "rows", (json_int_t)rows, "sha256", hash);
    if (rows > table->rows) /* only what was shown is hashed */
        (void)json_object_set_new(content, "hashed_rows", json_integer(table->rows));
    if (query->info->kept)
        (void)json_object_set_new(content, "kept", json_texts(query->info->kept));
    return content;
}

static json_t *values_of(const struct record_query *query)
{
    json_t *values = json_object();
    for (size_t i = 0; i < query->param_count; i++)
        (void)json_object_set(values, query->params[i].name,
                              (json_t *)(uintptr_t)query->params[i].value);
    return values;
}

void record_query(struct session *session, const struct record_query *query)
{
    json_t *content = json_pack("{s:s, s:o, s:o, s:I}", "engine", query->engine, "sql",
                                json_text(query->sql, query->size), "values", values_of(query),
                                "elapsed_us", (json_int_t)query->elapsed);
    const struct engine_info *info = query->info;
    if (info->id && *info->id)
        (void)json_object_set_new(content, "execution", json_texts(info->id));
    if (info->bytes_read > 0)
        (void)json_object_set_new(content, "bytes_read", json_integer(info->bytes_read));
    if (query->failure)
        (void)json_object_set_new(content, "error", json_texts(query->failure->message));
    else if (query->table)
        (void)json_object_set_new(content, "result", result_content(query));
    int64_t number = record_write(session, LEDGER_QUERY, content);
    if (!info->kept || query->failure || !query->table)
        return;
    record_whole_forget(session, info->kept);
    if (number && info->rows > query->table->rows)
        record_whole_add(session, query, number);
}

/* ---- a table's hash -----------------------------------------------------------------------------
 */

static void add_value(struct buf *out, const struct column *column,
                      const struct batch_column *values, size_t row)
{
    char time[TIME_TEXT_SIZE];
    if (values->null && values->null[row]) {
        buf_adds(out, "null");
        return;
    }
    switch (column->type) {
    case TYPE_BOOL:
        buf_adds(out, values->bools[row] ? "\"true\"" : "\"false\"");
        break;
    case TYPE_INT64:
        buf_addf(out, "\"%" PRId64 "\"", values->ints[row]);
        break;
    case TYPE_TIME:
        buf_addf(out, "\"%s\"", time_iso(values->ints[row], time));
        break;
    case TYPE_DOUBLE:
        buf_addf(out, "\"%.17g\"", values->doubles[row]);
        break;
    default:
        text_json(out, values->texts[row].data, values->texts[row].size);
    }
}

static void add_columns(struct buf *out, const struct table *table)
{
    static const char *const types[TYPE_COUNT] = {
        [TYPE_BOOL] = "bool", [TYPE_INT64] = "int", [TYPE_DOUBLE] = "double",
        [TYPE_TIME] = "time", [TYPE_TEXT] = "text", [TYPE_JSON] = "json"};
    for (size_t i = 0; i < table->column_count; i++) {
        buf_adds(out, i ? ",[" : "[[");
        text_json(out, table->columns[i].name, strlen(table->columns[i].name));
        buf_addf(out, ",\"%s\"]", types[table->columns[i].type]);
    }
    buf_adds(out, table->column_count ? "]\n" : "[]\n");
}

void record_hash_add(struct hash *hash, const struct table *table, bool first)
{
    struct buf line;
    buf_init(&line, SIZE_MAX);
    if (first)
        add_columns(&line, table);
    for (const struct batch *batch = table->first; batch; batch = batch->next)
        for (size_t row = 0; row < batch->rows; row++) {
            for (size_t i = 0; i < table->column_count; i++) {
                buf_addc(&line, i ? ',' : '[');
                add_value(&line, &table->columns[i], &batch->columns[i], row);
            }
            buf_adds(&line, "]\n");
            if (line.size > (size_t)64 * 1024) {
                hash_add(hash, line.data, line.size);
                buf_clear(&line);
            }
        }
    hash_add(hash, line.data, line.size);
    buf_release(&line);
}

void record_hash(const struct table *table, char out[static HASH_HEX_SIZE])
{
    unsigned char digest[HASH_SIZE];
    struct hash *hash = hash_new();
    record_hash_add(hash, table, true);
    hash_end(hash, digest);
    hash_hex(digest, sizeof digest, out);
}
