/* reader_file - the bytes of a file: whole, in windows, expanded, made valid. */
#include "base/text.h"
#include "ingest/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_TAIL 32 /* readable bytes behind a chunk */

bool reader_problem(struct reader *reader, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(reader->reject.reason, sizeof reader->reject.reason, format, args);
    va_end(args);
    return false;
}

struct chunk *reader_chunk(struct reader *reader, size_t size)
{
    if (reader->current && reader->current != reader->archive.chunk) {
        reader->current->in_use = false;
    }
    struct chunk *chunk = xcalloc(1, sizeof *chunk);
    chunk->data = xmalloc(size + CHUNK_TAIL);
    memset(chunk->data + size, 0, CHUNK_TAIL);
    chunk->size = size;
    chunk->in_use = true;
    chunk->next = reader->chunks;
    reader->chunks = chunk;
    reader->current = chunk;
    reader->held += (int64_t)size;
    return chunk;
}

/* Reads until `want` bytes are there or the file ends; the bytes read, or -1. */
static ssize_t read_fully(int file, char *into, size_t want)
{
    size_t got = 0;
    while (got < want) {
        ssize_t now = read(file, into + got, want - got);
        if (now < 0 && errno == EINTR) {
            continue;
        }
        if (now < 0) {
            return -1;
        }
        if (now == 0) {
            break;
        }
        got += (size_t)now;
    }
    return (ssize_t)got;
}

void reader_load_end(struct reader *reader)
{
    if (reader->file >= 0) {
        close(reader->file);
        reader->file = -1;
    }
    reader->last = true;
}

/* Bytes of a character that the window cuts off are left for the next one. */
static void give_back(struct reader *reader)
{
    struct chunk *chunk = reader->current;
    size_t back = 0;
    while (!reader->last && back < 3 && back < chunk->size &&
           (chunk->data[chunk->size - 1 - back] & 0xc0) == 0x80) {
        back++;
    }
    if (!reader->last && back < chunk->size &&
        (chunk->data[chunk->size - 1 - back] & 0xc0) == 0xc0) {
        back++;
        if (lseek(reader->file, -(off_t)back, SEEK_CUR) >= 0) {
            chunk->size -= back;
        }
    }
}

/* Fills the current chunk from its byte `kept` on. */
static bool fill(struct reader *reader, size_t kept)
{
    struct chunk *chunk = reader->current;
    size_t want = chunk->size - kept;
    ssize_t got = read_fully(reader->file, chunk->data + kept, want);
    if (got < 0) {
        int number = errno;
        reader_load_end(reader);
        chunk->size = kept;
        return reader_problem(reader, "cannot be read: %s", strerror(number));
    }
    if ((size_t)got < want) {
        reader_load_end(reader);
    }
    chunk->size = kept + (size_t)got;
    reader->expanded += got;
    give_back(reader);
    memset(chunk->data + chunk->size, 0, CHUNK_TAIL);
    return true;
}

bool reader_load(struct reader *reader, const char *path, int64_t size)
{
    reader->file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (reader->file < 0) {
        int number = errno;
        reader_load_end(reader);
        return reader_problem(reader, "cannot be opened: %s", strerror(number));
    }
    size_t want = size > 0 && (size_t)size < READER_WINDOW ? (size_t)size + 1 : READER_WINDOW;
    reader_chunk(reader, want);
    bool ok = fill(reader, 0);
    reader->cursor.at = reader->current->data;
    reader->cursor.end = reader->current->data + reader->current->size;
    return ok;
}

bool reader_refill(struct reader *reader, const char *from)
{
    if (reader->last) {
        return false;
    }
    struct chunk *old = reader->current;
    size_t kept = (size_t)(old->data + old->size - from);
    if (kept > READER_RECORD) {
        return reader_problem(reader, "a record of more than %zu bytes", READER_RECORD);
    }
    int64_t offset = reader->origin_offset + (from - reader->origin);
    struct chunk *chunk =
        reader_chunk(reader, kept + (kept > READER_WINDOW ? kept : READER_WINDOW));
    memcpy(chunk->data, from, kept);
    bool ok = fill(reader, kept);
    reader->cursor.at = reader->current->data;
    reader->cursor.end = reader->current->data + reader->current->size;
    reader->origin = reader->cursor.at;
    reader->origin_offset = offset;
    reader_clean(reader);
    return ok;
}

void reader_clean(struct reader *reader)
{
    const char *text = reader->cursor.at;
    size_t size = (size_t)(reader->cursor.end - text);
    if (bytes_are_ascii(text, size) || text_is_valid(text, size)) {
        return;
    }
    struct buf clean;
    buf_init(&clean, size * 3 + 1);
    text_valid(&clean, text, size);
    int64_t offset = reader->origin_offset + (text - reader->origin);
    struct chunk *valid = reader_chunk(reader, clean.size);
    memcpy(valid->data, clean.data, clean.size);
    buf_release(&clean);
    reader->cursor.at = valid->data;
    reader->cursor.end = valid->data + valid->size;
    reader->origin = valid->data;
    reader->origin_offset = offset;
}

bool reader_load_rest(struct reader *reader)
{
    if (reader->last) {
        return true;
    }
    while (!reader->last) {
        struct chunk *old = reader->current;
        if (old->size > READER_PACKED) {
            reader_load_end(reader);
            return reader_problem(reader, "a packed file of more than %zu bytes", READER_PACKED);
        }
        struct chunk *chunk = reader_chunk(reader, old->size * 4);
        memcpy(chunk->data, old->data, old->size);
        size_t kept = old->size;
        old->size = 0; /* nobody points into it: free it at once */
        free(old->data);
        old->data = NULL;
        if (!fill(reader, kept)) {
            return false;
        }
    }
    reader->cursor.at = reader->current->data;
    reader->cursor.end = reader->current->data + reader->current->size;
    return true;
}

bool reader_unpack(struct reader *reader)
{
    for (int level = 0;; level++) {
        size_t size = (size_t)(reader->cursor.end - reader->cursor.at);
        if (!gzip_is(reader->cursor.at, size)) {
            return true;
        }
        if (level == 3) {
            return reader_problem(reader, "packed more than three times");
        }
        if (!reader_load_rest(reader)) {
            return false;
        }
        size = (size_t)(reader->cursor.end - reader->cursor.at);
        struct buf out;
        buf_init(&out, READER_PACKED);
        struct error err;
        error_clear(&err);
        if (!gzip_expand(reader->gzip, reader->cursor.at, size, &out, &err)) {
            buf_release(&out);
            return reader_problem(reader, "%s", err.message);
        }
        size_t expanded = out.size;
        out.limit += CHUNK_TAIL;
        buf_fill(&out, 0, CHUNK_TAIL);
        struct chunk *chunk = reader_chunk(reader, 0);
        free(chunk->data);
        chunk->data = buf_take(&out);
        buf_release(&out);
        chunk->size = expanded;
        reader->held += (int64_t)expanded;
        reader->cursor.at = chunk->data;
        reader->cursor.end = chunk->data + expanded;
        reader->expanded += (int64_t)expanded - (int64_t)size;
    }
}

void reader_drop_chunks(struct reader *reader)
{
    struct chunk **link = &reader->chunks;
    reader->held = 0;
    while (*link) {
        struct chunk *chunk = *link;
        if (chunk->in_use) {
            reader->held += (int64_t)chunk->size;
            link = &chunk->next;
            continue;
        }
        *link = chunk->next;
        free(chunk->data);
        free(chunk);
    }
}
