/* reader_archive - tar and zip files, read in memory: each member is a part of its own.
 *
 * Only what such files of logs use: ustar and GNU tar with plain files (long names cut), zip with
 * stored and deflated members. Sources: POSIX.1-2008 pax, "ustar Interchange Format"; PKWARE
 * APPNOTE.TXT 6.3, sections 4.3 and 4.4.
 */
#include "ingest/reader.h"

#include <stdio.h>
#include <string.h>

#define TAR_BLOCK 512
#define ZIP_END 22     /* bytes of the end record */
#define ZIP_CENTRAL 46 /* of a central header without its texts */
#define ZIP_LOCAL 30
#define ZIP_COMMENT 65535

static size_t little(const char *bytes, int count)
{
    size_t value = 0;
    for (int i = 0; i < count; i++) {
        value |= (size_t)(unsigned char)bytes[i] << (8 * i);
    }
    return value;
}

static bool is_tar(const char *bytes, size_t size)
{
    return size >= TAR_BLOCK && memcmp(bytes + 257, "ustar", 5) == 0;
}

static bool is_zip(const char *bytes, size_t size)
{
    return size >= ZIP_END && memcmp(bytes, "PK\3\4", 4) == 0;
}

/* Finds the end record; false: the zip is cut. */
static bool zip_begin(struct archive *archive, const char *data, size_t size)
{
    size_t most = size < ZIP_END + ZIP_COMMENT ? size : ZIP_END + ZIP_COMMENT;
    for (size_t back = ZIP_END; back <= most; back++) {
        const char *at = data + size - back;
        if (memcmp(at, "PK\5\6", 4) == 0) {
            archive->left = little(at + 10, 2);
            archive->at = little(at + 16, 4);
            return true;
        }
    }
    return false;
}

bool reader_archive_begin(struct reader *reader)
{
    struct archive *archive = &reader->archive;
    size_t size = (size_t)(reader->cursor.end - reader->cursor.at);
    bool tar = is_tar(reader->cursor.at, size);
    bool zip = is_zip(reader->cursor.at, size);
    if (!tar && !zip) {
        return false;
    }
    if (archive->kind) {
        reader->damaged = true;
        reader_problem(reader, "an archive within an archive");
        return false;
    }
    if (zip && !reader_load_rest(reader)) {
        reader->damaged = true;
        return false;
    }
    archive->chunk = reader->current;
    archive->at = 0;
    archive->stream = reader->stream; /* the members end where they end */
    reader->stream = (struct stream){.file = -1, .last = true};
    if (zip && !zip_begin(archive, archive->chunk->data, archive->chunk->size)) {
        archive->chunk = NULL;
        reader->damaged = true;
        reader_problem(reader, "the zip file is cut: it has no directory");
        return false;
    }
    archive->kind = tar ? 't' : 'z';
    return true;
}

static void member_begin(struct reader *reader, const char *name, size_t name_size)
{
    size_t most = name_size < 255 ? name_size : 255;
    snprintf(reader->name, sizeof reader->name, "%.700s!%.*s", reader->path, (int)most, name);
}

static bool damaged(struct reader *reader, const char *reason)
{
    reader->archive.kind = 0;
    reader->damaged = true;
    return reader_problem(reader, "%s", reason);
}

static bool octal(const char *text, size_t size, size_t *value)
{
    *value = 0;
    for (size_t i = 0; i < size && text[i] && text[i] != ' '; i++) {
        if (text[i] < '0' || text[i] > '7') {
            return false;
        }
        *value = *value * 8 + (size_t)(text[i] - '0');
    }
    return true;
}

/* At least `want` bytes behind archive->at, if there are as many; those that there are. */
static size_t tar_have(struct reader *reader, size_t want)
{
    struct archive *archive = &reader->archive;
    for (;;) {
        struct chunk *old = archive->chunk;
        size_t have = old->size - archive->at;
        if (have >= want || archive->stream.last) {
            return have;
        }
        size_t more = want - have + sizeof archive->stream.back;
        struct chunk *chunk =
            reader_chunk(reader, have + (more < READER_WINDOW ? READER_WINDOW : more));
        memcpy(chunk->data, old->data + archive->at, have);
        (void)reader_fill(reader, &archive->stream, chunk, have);
        archive->chunk = chunk;
        archive->at = 0;
        old->in_use = false;
    }
}

static void tar_skip(struct reader *reader, size_t bytes)
{
    while (bytes) {
        size_t have = tar_have(reader, 1);
        size_t now = have < bytes ? have : bytes;
        reader->archive.at += now;
        bytes = now ? bytes - now : 0;
    }
}

/* The end: two empty blocks, or where the file is cut. */
static bool tar_end(struct reader *reader, size_t have)
{
    struct stream *stream = &reader->archive.stream;
    if (stream->cut[0]) {
        return damaged(reader, stream->cut);
    }
    reader->archive.kind = 0;
    return have && have < TAR_BLOCK ? damaged(reader, "the tar file is cut") : false;
}

static bool tar_too_large(struct reader *reader, const char *header, size_t bytes)
{
    member_begin(reader, header, strnlen(header, 100));
    reader->cursor = (struct cursor){.at = "", .end = ""};
    reader->damaged = true;
    reader_problem(reader, "a member of %zu bytes, more than %zu: unpack the archive", bytes,
                   READER_PACKED);
    reader->archive.at += TAR_BLOCK;
    tar_skip(reader, (bytes + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK);
    return true;
}

/* The bytes of a plain file; of a cut one those that are there. */
static bool tar_member(struct reader *reader, size_t bytes)
{
    struct archive *archive = &reader->archive;
    size_t padded = (bytes + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    size_t have = tar_have(reader, TAR_BLOCK + padded);
    const char *header = archive->chunk->data + archive->at;
    if (have < TAR_BLOCK + bytes) {
        if (!archive->stream.cut[0]) {
            snprintf(archive->stream.cut, sizeof archive->stream.cut, "the tar file is cut");
        }
        bytes = have - TAR_BLOCK;
    }
    archive->at += have < TAR_BLOCK + padded ? have : TAR_BLOCK + padded;
    member_begin(reader, header, strnlen(header, 100));
    reader->cursor.at = header + TAR_BLOCK;
    reader->cursor.end = header + TAR_BLOCK + bytes;
    return true;
}

static bool tar_next(struct reader *reader)
{
    struct archive *archive = &reader->archive;
    for (;;) {
        size_t have = tar_have(reader, TAR_BLOCK), bytes = 0;
        const char *header = archive->chunk->data + archive->at;
        if (have < TAR_BLOCK || !*header) {
            return tar_end(reader, have);
        }
        if (!is_tar(header, TAR_BLOCK) || !octal(header + 124, 12, &bytes)) {
            return damaged(reader, "the tar file is damaged");
        }
        bool plain = header[156] == '0' || !header[156];
        if (plain && bytes > READER_PACKED) {
            return tar_too_large(reader, header, bytes);
        }
        if (plain) {
            return tar_member(reader, bytes);
        }
        archive->at += TAR_BLOCK;
        tar_skip(reader, (bytes + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK);
    }
}

/* Where a member's bytes lie; false if the headers contradict the file. */
static bool zip_member(const struct archive *archive, const char *central, const char **begin,
                       size_t *packed)
{
    size_t size = archive->chunk->size;
    size_t local = little(central + 42, 4);
    *packed = little(central + 20, 4);
    if (local > size || size - local < ZIP_LOCAL ||
        memcmp(archive->chunk->data + local, "PK\3\4", 4) != 0) {
        return false;
    }
    const char *header = archive->chunk->data + local;
    size_t skip = ZIP_LOCAL + little(header + 26, 2) + little(header + 28, 2);
    if (skip > size - local || *packed > size - local - skip) {
        return false;
    }
    *begin = header + skip;
    return true;
}

static bool zip_expand(struct reader *reader, const char *begin, size_t packed, size_t expanded)
{
    if (expanded > READER_PACKED) {
        reader->damaged = true;
        return reader_problem(reader, "expands to more than %zu bytes", READER_PACKED);
    }
    struct chunk *chunk = reader_chunk(reader, expanded);
    if (!gzip_inflate(reader->gzip, begin, packed, chunk->data, expanded)) {
        reader->damaged = true;
        return reader_problem(reader, "the member is cut or damaged");
    }
    reader->cursor.at = chunk->data;
    reader->cursor.end = chunk->data + expanded;
    reader->expanded += (int64_t)expanded;
    return true;
}

#define ZIP_STORED 0
#define ZIP_DEFLATED 8

static bool zip_next(struct reader *reader)
{
    struct archive *archive = &reader->archive;
    while (archive->left > 0) {
        archive->left--;
        const char *central = archive->chunk->data + archive->at;
        if (archive->at > archive->chunk->size ||
            archive->chunk->size - archive->at < ZIP_CENTRAL || memcmp(central, "PK\1\2", 4) != 0) {
            return damaged(reader, "the zip file's directory is damaged");
        }
        size_t name_size = little(central + 28, 2);
        size_t whole = ZIP_CENTRAL + name_size + little(central + 30, 2) + little(central + 32, 2);
        if (whole > archive->chunk->size - archive->at) {
            return damaged(reader, "the zip file's directory is cut");
        }
        archive->at += whole;
        const char *name = central + ZIP_CENTRAL;
        if (name_size && name[name_size - 1] == '/') {
            continue;
        }
        member_begin(reader, name, name_size);
        const char *begin = NULL;
        size_t packed = 0;
        size_t method = little(central + 10, 2);
        reader->cursor = (struct cursor){.at = "", .end = ""};
        if (little(central + 8, 2) & 1 || (method != ZIP_STORED && method != ZIP_DEFLATED) ||
            !zip_member(archive, central, &begin, &packed)) {
            reader->damaged = true;
            reader_problem(reader, "the member is encrypted, packed in an unknown way or damaged");
            return true;
        }
        if (method == ZIP_DEFLATED) {
            (void)zip_expand(reader, begin, packed, little(central + 24, 4));
        } else {
            reader->cursor.at = begin;
            reader->cursor.end = begin + packed;
        }
        return true;
    }
    archive->kind = 0;
    return false;
}

bool reader_archive_next(struct reader *reader)
{
    bool tar = reader->archive.kind == 't';
    if (reader->current != reader->archive.chunk) {
        reader->current->in_use = false;
        reader->current = reader->archive.chunk;
    }
    return tar ? tar_next(reader) : zip_next(reader);
}
