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

void stream_end(struct stream *stream)
{
    if (stream->file >= 0) {
        close(stream->file);
        stream->file = -1;
    }
    inflate_free(stream->inflate);
    stream->inflate = NULL;
    stream->back_size = 0;
    stream->last = true;
}

/* Bytes of a character that the window cuts off are left for the next one. */
static void give_back(struct stream *stream, struct chunk *chunk)
{
    size_t back = 0;
    while (!stream->last && back < 3 && back < chunk->size &&
           (chunk->data[chunk->size - 1 - back] & 0xc0) == 0x80) {
        back++;
    }
    if (!stream->last && back < chunk->size &&
        (chunk->data[chunk->size - 1 - back] & 0xc0) == 0xc0) {
        back++;
        chunk->size -= back;
        memcpy(stream->back, chunk->data + chunk->size, back);
        stream->back_size = back;
    }
}

/* Fewer bytes than wanted: the end, or a damage that stream->cut names; -1: errno. */
static ssize_t stream_read(struct stream *stream, char *into, size_t want)
{
    size_t got = stream->back_size < want ? stream->back_size : want;
    memcpy(into, stream->back, got);
    stream->back_size = 0;
    if (!stream->inflate) {
        ssize_t more = read_fully(stream->file, into + got, want - got);
        return more < 0 ? -1 : (ssize_t)got + more;
    }
    struct error err;
    error_clear(&err);
    got += inflate_read(stream->inflate, into + got, want - got, &err);
    snprintf(stream->cut, sizeof stream->cut, "%.190s", err.message);
    return (ssize_t)got;
}

bool reader_fill(struct reader *reader, struct stream *stream, struct chunk *chunk, size_t kept)
{
    size_t want = chunk->size - kept;
    ssize_t got = stream_read(stream, chunk->data + kept, want);
    if (got < 0) {
        int number = errno;
        stream_end(stream);
        chunk->size = kept;
        return reader_problem(reader, "cannot be read: %s", strerror(number));
    }
    if ((size_t)got < want) {
        stream_end(stream);
    }
    chunk->size = kept + (size_t)got;
    reader->expanded += got;
    give_back(stream, chunk);
    memset(chunk->data + chunk->size, 0, CHUNK_TAIL);
    return true;
}

static void stand_in(struct reader *reader, struct chunk *chunk)
{
    reader->cursor.at = chunk->data;
    reader->cursor.end = chunk->data + chunk->size;
}

bool reader_load(struct reader *reader, const char *path, int64_t size)
{
    reader->stream.file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (reader->stream.file < 0) {
        int number = errno;
        stream_end(&reader->stream);
        return reader_problem(reader, "cannot be opened: %s", strerror(number));
    }
    size_t want = size > 0 && (size_t)size < READER_WINDOW ? (size_t)size + 1 : READER_WINDOW;
    bool ok = reader_fill(reader, &reader->stream, reader_chunk(reader, want), 0);
    stand_in(reader, reader->current);
    return ok;
}

bool reader_refill(struct reader *reader, const char *from)
{
    if (reader->stream.last) {
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
    bool ok = reader_fill(reader, &reader->stream, chunk, kept);
    stand_in(reader, chunk);
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
    if (reader->stream.last) {
        return true;
    }
    while (!reader->stream.last) {
        struct chunk *old = reader->current;
        if (old->size > READER_PACKED) {
            stream_end(&reader->stream);
            return reader_problem(reader, "a packed file of more than %zu bytes", READER_PACKED);
        }
        struct chunk *chunk = reader_chunk(reader, old->size * 4);
        memcpy(chunk->data, old->data, old->size);
        size_t kept = old->size;
        old->size = 0; /* nobody points into it: free it at once */
        free(old->data);
        old->data = NULL;
        if (!reader_fill(reader, &reader->stream, chunk, kept)) {
            return false;
        }
    }
    stand_in(reader, reader->current);
    return true;
}

/* All at once, which is fastest. */
static bool expand_whole(struct reader *reader)
{
    size_t size = (size_t)(reader->cursor.end - reader->cursor.at);
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
    stand_in(reader, chunk);
    reader->expanded += (int64_t)expanded - (int64_t)size;
    return true;
}

/* What is too large for that, cut or damaged is expanded window by window, as far as it goes. */
static bool expand_stream(struct reader *reader, bool file)
{
    struct error err;
    error_clear(&err);
    size_t size = (size_t)(reader->cursor.end - reader->cursor.at);
    struct inflate *inflate =
        file ? inflate_file(reader->path, &err) : inflate_bytes(reader->cursor.at, size, &err);
    if (!inflate) {
        return false;
    }
    reader->expanded -= (int64_t)size;
    stream_end(&reader->stream);
    reader->stream = (struct stream){.file = -1, .inflate = inflate};
    bool ok = reader_fill(reader, &reader->stream, reader_chunk(reader, READER_WINDOW), 0);
    stand_in(reader, reader->current);
    return ok && reader->current->size > 0;
}

bool reader_unpack(struct reader *reader)
{
    for (int level = 0;; level++) {
        if (!gzip_is(reader->cursor.at, (size_t)(reader->cursor.end - reader->cursor.at))) {
            return true;
        }
        if (level == 3) {
            return reader_problem(reader, "packed more than three times");
        }
        bool file = level == 0 && !reader->archive.kind;
        if (!file && !reader_load_rest(reader)) {
            return false;
        }
        bool small = !file || reader->stream.last;
        if (!(small && expand_whole(reader)) && !expand_stream(reader, file)) {
            return false;
        }
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
