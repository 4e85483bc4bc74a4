/* reader_records - JSON of any wrapping is cut into records. */
#include "base/text.h"
#include "ingest/map_flow.h"
#include "ingest/reader.h"

#include <stdio.h>
#include <string.h>

/* Members whose array holds records. */
static const char *const containers[] = {"Records",   "Events",   "events",  "records",
                                         "logEvents", "Findings", "findings"};
/* Members whose string is the JSON text of a record (lookup-events output, exports of log services,
 * SNS). */
static const char *const texts[] = {"CloudTrailEvent", "_raw", "message",
                                    "Message",         "body", "@message"};
/* Members whose object is a record or a wrapper (EventBridge). */
static const char *const objects[] = {"detail"};

static bool named(const struct token *name, const char *const *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (token_is(name, table[i])) {
            return true;
        }
    }
    return false;
}

static void frame_push(struct reader *reader, char bracket)
{
    reader->frames[reader->depth] = bracket;
    reader->first[reader->depth] = true;
    reader->depth++;
}

/* What an object that is no record is good for. */
enum use { USE_NOTHING, USE_WRAPPER, USE_TEXT };

static enum use use_of(const char *from, const char *to, struct token *text)
{
    struct cursor cursor = {.at = from, .end = to};
    bool first = true;
    bool ok = cursor_open(&cursor, '{');
    enum use use = USE_NOTHING;
    while (ok && cursor_more(&cursor, '}', &first, &ok)) {
        struct token name;
        struct token value;
        ok = cursor_name(&cursor, &name) && cursor_value(&cursor, &value);
        if (!ok) {
            break;
        }
        if ((value.kind == TOKEN_ARRAY && named(&name, containers, COUNT(containers))) ||
            (value.kind == TOKEN_OBJECT && named(&name, objects, COUNT(objects)))) {
            return USE_WRAPPER;
        }
        if (value.kind == TOKEN_STRING && value.size > 1 && named(&name, texts, COUNT(texts))) {
            *text = value;
            use = USE_TEXT;
        }
    }
    return use;
}

/* True if the object at the cursor begins with a member that holds records: the usual file, opened
 * without a look ahead. */
static bool begins_wrapped(struct cursor cursor)
{
    struct token name;
    enum token_kind kind;
    return cursor_open(&cursor, '{') && cursor_name(&cursor, &name) &&
           named(&name, containers, COUNT(containers)) && cursor_peek(&cursor, &kind) &&
           kind == TOKEN_ARRAY;
}

typedef enum map_result (*mapper)(struct mapping *mapping, struct cursor *cursor,
                                  struct event *out);

static const mapper mappers[] = {map_trail, map_route53, map_finding, map_flow_json};

/* Tries the sources one after the other on the object at the cursor. */
static enum map_result map_any(struct mapping *mapping, struct cursor *cursor, struct event *event)
{
    const char *from = cursor->at;
    for (size_t i = 0; i < COUNT(mappers); i++) {
        cursor->at = from;
        enum map_result result = mappers[i](mapping, cursor, event);
        if (result != MAP_OTHER) {
            return result;
        }
    }
    return MAP_OTHER;
}

/* A record within a string: its bytes are unescaped into the slab. */
static enum map_result map_inner(struct reader *reader, const struct token *text,
                                 struct event *event)
{
    struct writer_value inner = map_text_of(reader->mapping, text);
    struct cursor cursor = {.at = inner.text, .end = inner.text + inner.size};
    enum token_kind kind;
    if (!cursor_peek(&cursor, &kind)) {
        return MAP_OTHER;
    }
    if (kind != TOKEN_OBJECT) { /* an export of flow logs: a line within JSON */
        struct flow_format format;
        flow_default(&format);
        return map_flow_line(reader->mapping, &format, inner.text, inner.size, event);
    }
    return map_any(reader->mapping, &cursor, event);
}

/* After a broken record: where the next one may begin. In lines that is the next line; in an array
   the next `{` behind a comma whose first member begins in the same way; at the end of the text if
   there is none. */
static const char *resume(const struct reader *reader, const char *from)
{
    const char *end = reader->cursor.end;
    if (reader->depth == 0) {
        const char *line = memchr(from, '\n', (size_t)(end - from));
        return line ? line + 1 : end;
    }
    const char *name = memchr(from, '"', (size_t)(end - from));
    const char *name_end = name ? memchr(name + 1, '"', (size_t)(end - name) - 1) : NULL;
    size_t size = name_end ? (size_t)(name_end - name) + 1 : 0;
    for (const char *at = from + 1; size && at < end; at++) {
        at = memchr(at, '{', (size_t)(end - at));
        if (!at) {
            break;
        }
        struct cursor look = {.at = at + 1, .end = end};
        cursor_space(&look);
        bool same = (size_t)(end - look.at) > size && memcmp(look.at, name, size) == 0;
        const char *before = at - 1;
        while (before > from &&
               (*before == ' ' || *before == '\n' || *before == '\r' || *before == '\t')) {
            before--;
        }
        if (same && *before == ',') {
            return at;
        }
    }
    return end;
}

/* Broken JSON may be the rest of a log, or of anything: a log names its members. */
static bool marked(const char *text, size_t size)
{
    static const char *const marks[] = {"\"event", "\"query_", "\"ProductArn\"", "addr\"",
                                        "\"Records\""};
    size_t most = size < READER_RAW ? size : READER_RAW;
    for (const char *at = text; most; at++) {
        size_t left = most - (size_t)(at - text);
        at = left ? memchr(at, '"', left) : NULL;
        if (!at) {
            break;
        }
        left = most - (size_t)(at - text);
        for (size_t i = 0; i < COUNT(marks); i++) {
            size_t mark = strlen(marks[i]);
            bool ends = *marks[i] != '"' && (size_t)(at - text) + 1 >= mark &&
                        memcmp(at + 1 - mark, marks[i], mark) == 0;
            if (ends || (*marks[i] == '"' && left >= mark && memcmp(at, marks[i], mark) == 0)) {
                return true;
            }
        }
    }
    return false;
}

static enum reader_found broken(struct reader *reader, const char *from, const char *at)
{
    const char *end = reader->cursor.end;
    bool cut = at >= end;
    const char *next = resume(reader, from);
    char reason[200];
    snprintf(reason, sizeof reason,
             cut ? "the record is cut: the file ends within it" : "broken JSON at byte %lld",
             (long long)(reader->origin_offset + (at - reader->origin)));
    reader->records++;
    reader->cursor.at = next;
    if (reader->depth > 0) {
        reader->first[reader->depth - 1] =
            true; /* the comma before the next record is passed already */
    }
    if (next == end) {
        reader->depth = 0;
    }
    reader_reject(reader, from, next, reason);
    reader->reject.broken = marked(reader->reject.raw, reader->reject.raw_size);
    return READER_REJECT;
}

/* A value that the window cuts off is tried again with more bytes behind it. */
static bool again(struct reader *reader, const char *from)
{
    if (reader->stream.last || !reader_refill(reader, from)) {
        return false;
    }
    if (reader->depth > 0) {
        reader->first[reader->depth - 1] = true; /* its comma is passed already */
    }
    return true;
}

/* The object at the cursor. READER_END means: nothing yet, go on. */
static enum reader_found object_next(struct reader *reader, struct event *event)
{
    if (reader->depth < READER_FRAMES - 1 && begins_wrapped(reader->cursor)) {
        cursor_open(&reader->cursor, '{');
        frame_push(reader, '{');
        return READER_END;
    }
    const char *from = reader->cursor.at;
    enum map_result result = map_any(reader->mapping, &reader->cursor, event);
    if (result == MAP_BROKEN) {
        const char *at = reader->cursor.at;
        if (at >= reader->cursor.end - 8 && again(reader, from)) {
            return READER_END;
        }
        return broken(reader, from, at);
    }
    if (result == MAP_OTHER) {
        struct token text;
        enum use use = use_of(from, reader->cursor.at, &text);
        if (use == USE_WRAPPER && reader->depth < READER_FRAMES - 1) {
            reader->cursor.at = from + 1;
            frame_push(reader, '{');
            return READER_END;
        }
        result = use == USE_TEXT ? map_inner(reader, &text, event) : result;
    }
    reader->records++;
    if (result == MAP_ROW) {
        reader->rows++;
        return READER_ROW;
    }
    const char *reason = result == MAP_REFUSED  ? reader->mapping->problem
                         : result == MAP_BROKEN ? "broken JSON within the record's text"
                                                : "not a record of a known source";
    reader_reject(reader, from, reader->cursor.at, reason);
    reader->reject.known = result == MAP_REFUSED;
    return READER_REJECT;
}

/* Any other value where a record should stand. */
static enum reader_found value_next(struct reader *reader)
{
    const char *from = reader->cursor.at;
    struct token value;
    if (!cursor_value(&reader->cursor, &value)) {
        const char *at = reader->cursor.at;
        if (at >= reader->cursor.end - 8 && again(reader, from)) {
            return READER_END;
        }
        return broken(reader, from, at);
    }
    reader->records++;
    return reader_reject(reader, from, reader->cursor.at, "not a record");
}

/* A member of a wrapper: its array or object is opened, others are passed over. */
static bool wrapper_member(struct reader *reader, bool *stands)
{
    const char *from = reader->cursor.at;
    struct token name;
    enum token_kind kind;
    *stands = false;
    if (!cursor_name(&reader->cursor, &name) || !cursor_peek(&reader->cursor, &kind)) {
        return again(reader, from);
    }
    if (kind == TOKEN_ARRAY && named(&name, containers, COUNT(containers)) &&
        reader->depth < READER_FRAMES - 1) {
        reader->cursor.at++;
        frame_push(reader, '[');
        return true;
    }
    if (kind == TOKEN_OBJECT && named(&name, objects, COUNT(objects))) {
        *stands = true;
        return true;
    }
    struct token value;
    return cursor_value(&reader->cursor, &value) || again(reader, from);
}

/* Moves to the next place where a value stands: true in *stands; false at the end of the text. */
static bool next_place(struct reader *reader, bool *stands)
{
    *stands = false;
    if (reader->depth == 0) {
        cursor_space(&reader->cursor);
        while (reader->cursor.at < reader->cursor.end &&
               (*reader->cursor.at == ',' || !*reader->cursor.at)) {
            reader->cursor.at++;
            cursor_space(&reader->cursor);
        }
        *stands = reader->cursor.at < reader->cursor.end;
        return *stands;
    }
    bool ok = true;
    int top = reader->depth - 1;
    bool object = reader->frames[top] == '{';
    if (cursor_more(&reader->cursor, object ? '}' : ']', &reader->first[top], &ok)) {
        if (object) {
            return wrapper_member(reader, stands);
        }
        *stands = true;
        return true;
    }
    if (ok) {
        reader->depth--;
    }
    return ok;
}

/* A container that is neither closed nor goes on: the rest of the file is one broken record, unless
 * only closing is missing. */
static enum reader_found container_broken(struct reader *reader)
{
    const char *from = reader->cursor.at;
    bool nothing = from >= reader->cursor.end;
    if (nothing) {
        reader->records++;
        reader->depth = 0;
        reader_reject(reader, from, from, "the file is cut: its list of records is not closed");
        reader->reject.broken = true;
        return READER_REJECT;
    }
    return broken(reader, from, from);
}

/* Keeps enough bytes ahead in a windowed file, so that a record is rarely tried twice. */
#define AHEAD ((ptrdiff_t)1 << 20)

enum reader_found reader_next_json(struct reader *reader, struct event *event)
{
    for (;;) {
        if (!reader->stream.last && reader->cursor.end - reader->cursor.at < AHEAD) {
            reader_refill(reader, reader->cursor.at);
        }
        bool stands = false;
        if (!next_place(reader, &stands)) {
            if (!reader->stream.last && reader_refill(reader, reader->cursor.at)) {
                continue;
            }
            return reader->depth > 0 ? container_broken(reader) : READER_END;
        }
        if (!stands) {
            continue;
        }
        enum token_kind kind = TOKEN_NULL;
        enum reader_found found;
        if (cursor_peek(&reader->cursor, &kind) && kind == TOKEN_ARRAY &&
            reader->depth < READER_FRAMES - 1) {
            reader->cursor.at++;
            frame_push(reader, '[');
            continue;
        }
        found = kind == TOKEN_OBJECT ? object_next(reader, event) : value_next(reader);
        if (found != READER_END) {
            return found;
        }
    }
}
