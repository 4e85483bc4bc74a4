#include "base/inflate.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define INPUT_SIZE ((size_t)256 << 10)
#define GZIP_ONLY (16 + MAX_WBITS) /* zlib.h, inflateInit2: a gzip header is expected */

struct inflate {
    int (*begin)(z_stream *, int, const char *, int);
    int (*step)(z_stream *, int);
    int (*again)(z_stream *);
    int (*end)(z_stream *);
    void *library;
    z_stream stream;
    unsigned char *input;
    int file; /* -1: all input is there */
    bool begun, over;
    bool whole; /* between two members */
    int64_t packed;
};

static bool load(struct inflate *inflate, struct error *err)
{
    inflate->library = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
    const struct {
        const char *name;
        void *into;
    } symbols[] = {{"inflateInit2_", &inflate->begin},
                   {"inflate", &inflate->step},
                   {"inflateReset", &inflate->again},
                   {"inflateEnd", &inflate->end}};
    for (size_t i = 0; i < COUNT(symbols); i++) {
        void *found = inflate->library ? dlsym(inflate->library, symbols[i].name) : NULL;
        if (!found)
            return error_set(err, ERROR_UNAVAILABLE, "zlib (libz.so.1) cannot be loaded");
        memcpy(symbols[i].into, &found,
               sizeof found); /* POSIX: dlsym's object pointer is a function's */
    }
    inflate->begun = inflate->begin(&inflate->stream, GZIP_ONLY, ZLIB_VERSION,
                                    (int)sizeof inflate->stream) == Z_OK;
    return inflate->begun || error_set(err, ERROR_INTERNAL, "zlib does not start");
}

struct inflate *inflate_file(const char *path, struct error *err)
{
    struct inflate *inflate = xcalloc(1, sizeof *inflate);
    inflate->file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    inflate->input = xmalloc(INPUT_SIZE);
    inflate->whole = true;
    if (inflate->file < 0)
        (void)error_errno(err, errno, "cannot open %s", path);
    if (inflate->file >= 0 && load(inflate, err))
        return inflate;
    inflate_free(inflate);
    return NULL;
}

struct inflate *inflate_bytes(const void *data, size_t size, struct error *err)
{
    struct inflate *inflate = xcalloc(1, sizeof *inflate);
    inflate->file = -1;
    inflate->whole = true;
    inflate->input = xmalloc(size + 1);
    memcpy(inflate->input, data, size);
    inflate->packed = (int64_t)size;
    if (size <= UINT_MAX && load(inflate, err)) {
        inflate->stream.next_in = inflate->input;
        inflate->stream.avail_in = (unsigned)size;
        return inflate;
    }
    if (size > UINT_MAX)
        (void)error_set(err, ERROR_LIMIT, "a gzip member of more than %u bytes", UINT_MAX);
    inflate_free(inflate);
    return NULL;
}

void inflate_free(struct inflate *inflate)
{
    if (!inflate)
        return;
    if (inflate->begun)
        (void)inflate->end(&inflate->stream);
    if (inflate->library)
        (void)dlclose(inflate->library);
    if (inflate->file >= 0)
        (void)close(inflate->file);
    free(inflate->input);
    free(inflate);
}

/* More input; false at the file's end or when it cannot be read. */
static bool feed(struct inflate *inflate, struct error *err)
{
    ssize_t got = -1;
    if (inflate->file < 0)
        return false;
    do
        got = read(inflate->file, inflate->input, INPUT_SIZE);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        (void)error_errno(err, errno, "cannot be read");
    if (got <= 0)
        return false;
    inflate->packed += got;
    inflate->stream.next_in = inflate->input;
    inflate->stream.avail_in = (unsigned)got;
    return true;
}

/* Zeros may follow the last member, as on tapes: they are no damage. */
static bool only_padding(struct inflate *inflate, struct error *err)
{
    z_stream *stream = &inflate->stream;
    do
        for (; stream->avail_in; stream->next_in++, stream->avail_in--)
            if (*stream->next_in)
                return false;
    while (feed(inflate, err));
    return true;
}

/* One call of zlib; false when nothing more comes. */
static bool advance(struct inflate *inflate, struct error *err)
{
    z_stream *stream = &inflate->stream;
    if (!stream->avail_in && !feed(inflate, err)) {
        if (!inflate->whole && !err->kind)
            (void)error_set(err, ERROR_DATA, "the gzip data is cut after %lld bytes",
                            (long long)inflate->packed);
        return false;
    }
    if (inflate->whole && !*stream->next_in && only_padding(inflate, err))
        return false;
    inflate->whole = false;
    int result = inflate->step(stream, Z_NO_FLUSH);
    if (result == Z_OK || result == Z_BUF_ERROR)
        return true;
    if (result == Z_STREAM_END && inflate->again(stream) == Z_OK) {
        inflate->whole = true;
        return true;
    }
    return error_set(err, ERROR_DATA, "the gzip data is damaged about byte %lld",
                     (long long)(inflate->packed - stream->avail_in));
}

size_t inflate_read(struct inflate *inflate, void *into, size_t want, struct error *err)
{
    z_stream *stream = &inflate->stream;
    size_t got = 0;
    while (got < want && !inflate->over) {
        unsigned most = want - got < INT_MAX ? (unsigned)(want - got) : INT_MAX;
        stream->next_out = (unsigned char *)into + got;
        stream->avail_out = most;
        inflate->over = !advance(inflate, err);
        got += most - stream->avail_out;
    }
    return got;
}
