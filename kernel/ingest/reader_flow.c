/* reader_flow - VPC flow logs as text: a line a record, in the order that the header line says. */
#include "ingest/map_flow.h"
#include "ingest/reader.h"

#include <string.h>

#define LINE_MOST 4096 /* bytes of a first line that can be a flow log's */

static size_t line_size(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return newline ? (size_t)(newline - at) : (size_t)(end - at);
}

/* A record in the default format: version, account, interface "eni-...". */
static bool looks_default(const char *line, size_t size)
{
    const char *end = line + size;
    const char *at = line;
    if (size > 30 && at[4] == '-' && at[7] == '-' && at[10] == 'T') { /* an export of CloudWatch */
        at = memchr(at, ' ', size);
        at = at ? at + 1 : end;
    }
    if (end - at < 20 || *at < '2' || *at > '9' || at[1] != ' ') {
        return false;
    }
    for (const char *look = at; look + 5 < end; look++) {
        if (memcmp(look, " eni-", 5) == 0 || memcmp(look, " - - ", 5) == 0) {
            return true;
        }
    }
    return false;
}

bool reader_is_flow(struct reader *reader)
{
    size_t size = line_size(reader->cursor.at, reader->cursor.end);
    if (size > LINE_MOST) {
        return false;
    }
    if (flow_header(reader->cursor.at, size, reader->format)) {
        reader->cursor.at += size;
        return true;
    }
    flow_default(reader->format);
    return looks_default(reader->cursor.at, size);
}

enum reader_found reader_next_flow(struct reader *reader, struct event *event)
{
    for (;;) {
        cursor_space(&reader->cursor);
        const char *from = reader->cursor.at;
        const char *end = reader->cursor.end;
        size_t size = line_size(from, end);
        if (from + size == end && !reader->stream.last) {
            if (reader_refill(reader, from)) {
                continue;
            }
            if (end - from > LINE_MOST) {
                size = (size_t)(end - from); /* the window is full of one line */
            }
        }
        if (!size) {
            return READER_END;
        }
        reader->cursor.at = from + size;
        struct flow_format again;
        if (*from > '9' && flow_header(from, size, &again)) { /* files put one behind the other */
            *reader->format = again;
            continue;
        }
        reader->records++;
        enum map_result result = map_flow_line(reader->mapping, reader->format, from, size, event);
        if (result == MAP_ROW) {
            reader->rows++;
            return READER_ROW;
        }
        const char *reason = result == MAP_REFUSED ? reader->mapping->problem
                                                   : "not as many fields as the header names";
        reader_reject(reader, from, from + size, reason);
        reader->reject.known = true;
        return READER_REJECT;
    }
}
