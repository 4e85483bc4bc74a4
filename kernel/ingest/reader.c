/* reader - opens a file, tells what it is, hands out its records. */
#include "ingest/reader.h"

#include "ingest/map_flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void reader_init(struct reader *reader, struct mapping *mapping)
{
    memset(reader, 0, sizeof *reader);
    reader->mapping = mapping;
    reader->gzip = gzip_new();
    reader->format = xcalloc(1, sizeof *reader->format);
    reader->stream = (struct stream){.file = -1, .last = true};
    reader->archive.stream = reader->stream;
    reader->done = true;
}

void reader_release(struct reader *reader)
{
    reader_close(reader);
    reader_drop_chunks(reader);
    gzip_free(reader->gzip);
    free(reader->format);
}

enum reader_found reader_reject(struct reader *reader, const char *from, const char *to,
                                const char *reason)
{
    struct reject *reject = &reader->reject;
    reject->record = reader->records;
    reject->broken = false;
    reject->known = false;
    reject->position = reader->origin_offset + (from - reader->origin);
    snprintf(reject->reason, sizeof reject->reason, "%s", reason);
    reject->raw = from;
    reject->raw_size = (size_t)(to - from);
    return READER_REJECT;
}

/* What the text at the cursor is. JSON begins with a bracket; what else is known has a form of its
   own. */
static enum reader_shape shape_of(struct reader *reader)
{
    const char *at = reader->cursor.at;
    size_t size = (size_t)(reader->cursor.end - at);
    if (size >= 4 && memcmp(at, "PAR1", 4) == 0) {
        return SHAPE_PARQUET;
    }
    if (size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
        reader->cursor.at += 3; /* byte order mark */
    }
    cursor_space(&reader->cursor);
    if (reader->cursor.at == reader->cursor.end) {
        return SHAPE_NONE;
    }
    char c = *reader->cursor.at;
    if (c == '{' || c == '[') {
        return SHAPE_JSON;
    }
    return reader_is_flow(reader) ? SHAPE_FLOW : SHAPE_NONE;
}

/* The text at the cursor is a part: a file of its own or a member of an archive. */
static void part_begin(struct reader *reader)
{
    reader->origin = reader->cursor.at;
    reader->origin_offset = 0;
    reader->depth = 0;
    reader->records = 0;
    reader->rows = 0;
    reader->damaged = false;
    reader->done = false;
    memset(&reader->reject, 0, sizeof reader->reject);
}

static void part_look(struct reader *reader)
{
    if (!reader_unpack(reader)) {
        reader->damaged = true;
        return;
    }
    reader->origin = reader->cursor.at;
    if (reader_archive_begin(reader)) {
        reader->done = true; /* the archive itself is no part: its members are */
        return;
    }
    bool parquet = (size_t)(reader->cursor.end - reader->cursor.at) >= 4 &&
                   memcmp(reader->cursor.at, "PAR1", 4) == 0;
    if (!parquet && !reader->damaged) {
        reader_clean(reader);
    }
    reader->shape = shape_of(reader);
}

void reader_open(struct reader *reader, const char *path, int64_t size)
{
    reader_close(reader);
    snprintf(reader->path, sizeof reader->path, "%s", path);
    snprintf(reader->name, sizeof reader->name, "%s", path);
    reader->stream.last = false;
    reader->expanded = 0;
    reader->cursor = (struct cursor){.at = "", .end = ""};
    part_begin(reader);
    reader->damaged = !reader_load(reader, path, size);
    if (!reader->damaged) {
        part_look(reader);
    }
}

bool reader_next_part(struct reader *reader)
{
    if (!reader->archive.kind) {
        return false;
    }
    part_begin(reader);
    stream_end(&reader->stream);
    reader->stream = (struct stream){.file = -1, .last = true};
    if (!reader_archive_next(reader)) {
        return reader->damaged; /* a damaged archive is told once more as a part */
    }
    part_look(reader);
    return true;
}

enum reader_found reader_next(struct reader *reader, struct event *event)
{
    if (reader->done) {
        return READER_END;
    }
    if (reader->damaged) {
        reader->done = true;
        return READER_DAMAGED;
    }
    if (reader->shape == SHAPE_NONE) {
        bool empty = reader->cursor.at == reader->cursor.end;
        reader_problem(reader, empty ? "empty" : "not a log of a known source");
        reader->done = true;
        return READER_SKIPPED;
    }
    if (reader->shape == SHAPE_PARQUET) {
        return READER_PARQUET;
    }
    enum reader_found found = reader->shape == SHAPE_FLOW ? reader_next_flow(reader, event)
                                                          : reader_next_json(reader, event);
    reader->done = found == READER_END;
    if (reader->done && reader->stream.cut[0]) {
        reader_problem(reader, "%s: what comes before it was read", reader->stream.cut);
        return READER_DAMAGED;
    }
    return found;
}

void reader_close(struct reader *reader)
{
    if (reader->current) {
        reader->current->in_use = false;
        reader->current = NULL;
    }
    if (reader->archive.chunk) {
        reader->archive.chunk->in_use = false;
    }
    stream_end(&reader->archive.stream);
    stream_end(&reader->stream);
    reader->stream = (struct stream){.file = -1, .last = true};
    reader->archive = (struct archive){.stream = reader->stream};
    reader->done = true;
}
