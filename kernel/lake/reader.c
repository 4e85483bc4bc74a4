/* reader - opens a file, tells what it is, hands out its records. */
#include "lake/reader.h"

#include <stdio.h>
#include <string.h>

void reader_init(struct reader *reader, struct mapping *mapping)
{
    memset(reader, 0, sizeof *reader);
    reader->mapping = mapping;
    reader->gzip = gzip_new();
    reader->file = -1;
    reader->done = true;
}

void reader_release(struct reader *reader)
{
    reader_close(reader);
    reader_drop_chunks(reader);
    gzip_free(reader->gzip);
}

/* What the bytes at the cursor are. JSON begins with a bracket; everything else that is known is
 * text with a form of its own. */
static enum reader_shape shape_of(struct reader *reader)
{
    if (reader->cursor.end - reader->cursor.at >= 3 &&
        memcmp(reader->cursor.at, "\xef\xbb\xbf", 3) == 0) {
        reader->cursor.at += 3; /* byte order mark */
    }
    cursor_space(&reader->cursor);
    if (reader->cursor.at == reader->cursor.end) {
        return SHAPE_NONE;
    }
    char c = *reader->cursor.at;
    return c == '{' || c == '[' ? SHAPE_JSON : SHAPE_NONE;
}

static void part_begin(struct reader *reader)
{
    reader_clean(reader);
    reader->cursor.at = reader->current->data;
    reader->cursor.end = reader->current->data + reader->current->size;
    reader->depth = 0;
    reader->records = 0;
    reader->rows = 0;
    reader->shape = shape_of(reader);
}

void reader_open(struct reader *reader, const char *path, int64_t size)
{
    reader_close(reader);
    snprintf(reader->name, sizeof reader->name, "%s", path);
    memset(&reader->reject, 0, sizeof reader->reject);
    reader->last = false;
    reader->done = false;
    reader->records = 0;
    reader->expanded = 0;
    if (reader_load(reader, path, size) && reader_unpack(reader)) {
        part_begin(reader);
    }
}

static enum reader_found end_of_part(struct reader *reader, enum reader_found found)
{
    reader->done = true;
    return found;
}

enum reader_found reader_next(struct reader *reader, struct event *event)
{
    if (reader->done) {
        return READER_END;
    }
    if (*reader->reject.reason && !reader->records) {
        return end_of_part(reader, READER_DAMAGED);
    }
    if (reader->shape == SHAPE_NONE) {
        bool empty = reader->cursor.at == reader->cursor.end;
        reader_problem(reader, empty ? "empty" : "not a log of a known source");
        return end_of_part(reader, READER_SKIPPED);
    }
    enum reader_found found = reader_next_json(reader, event);
    return found == READER_END ? end_of_part(reader, found) : found;
}

void reader_close(struct reader *reader)
{
    if (reader->current) {
        reader->current->in_use = false;
        reader->current = NULL;
    }
    reader->done = true;
}
