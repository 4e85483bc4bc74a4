#include "tests/unit/corpus.h"

#include "base/buf.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_LIMIT 8192
#define STRING_LIMIT ((size_t)1 << 20)

static _Noreturn void refuse(const char *path, int line, const char *why)
{
    (void)fprintf(stderr, "%s:%d: %s\n", path, line, why);
    exit(1);
}

static unsigned long hex(const char *digits, size_t count)
{
    char copy[5] = {0};
    memcpy(copy, digits, count);
    char *end;
    unsigned long value = strtoul(copy, &end, 16);
    return *end || strlen(copy) != count ? ULONG_MAX : value;
}

/* Also for halves of surrogate pairs, which no valid UTF-8 has. */
static void add_point(struct buf *out, unsigned long point)
{
    if (point >= 0x10000) {
        buf_addc(out, (char)(0xf0 | point >> 18));
        buf_addc(out, (char)(0x80 | (point >> 12 & 0x3f)));
    } else if (point >= 0x800) {
        buf_addc(out, (char)(0xe0 | point >> 12));
    } else if (point >= 0x80) {
        buf_addc(out, (char)(0xc0 | point >> 6));
    }
    if (point >= 0x800)
        buf_addc(out, (char)(0x80 | (point >> 6 & 0x3f)));
    buf_addc(out, (char)(point >= 0x80 ? 0x80 | (point & 0x3f) : point));
}

/* The escape behind a backslash. Returns the bytes it takes, 0 if it is none. */
static size_t add_escape(struct buf *out, const char *text)
{
    static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    const char *name = *text ? strchr(names, *text) : NULL;
    if (name) {
        buf_addc(out, bytes[name - names]);
        return 1;
    }
    unsigned long value = *text == 'x'   ? hex(text + 1, 2)
                          : *text == 'u' ? hex(text + 1, 4)
                                         : ULONG_MAX;
    if (value == ULONG_MAX)
        return 0;
    if (*text == 'x') {
        buf_addc(out, (char)value);
        return 3;
    }
    if (value >= 0xd800 && value <= 0xdbff && text[5] == '\\' && text[6] == 'u') {
        unsigned long low = hex(text + 7, 4);
        if (low >= 0xdc00 && low <= 0xdfff) {
            add_point(out, 0x10000 + ((value - 0xd800) << 10 | (low - 0xdc00)));
            return 11;
        }
    }
    add_point(out, value);
    return 5;
}

static struct corpus_string parse(const char *path, int line, const char *text)
{
    struct buf once, all;
    buf_init(&once, STRING_LIMIT);
    buf_init(&all, STRING_LIMIT);
    text++; /* the quote */
    while (*text && *text != '"') {
        if (*text != '\\') {
            buf_addc(&once, *text++);
            continue;
        }
        size_t size = add_escape(&once, text + 1);
        if (!size)
            refuse(path, line, "unknown escape");
        text += 1 + size;
    }
    if (*text != '"')
        refuse(path, line, "no closing quote");
    unsigned long count = 1;
    char *end;
    if (strncmp(text + 1, " * ", 3) == 0) {
        count = strtoul(text + 4, &end, 10);
        text = end - 1;
    }
    if (text[1] && text[1] != '\n')
        refuse(path, line, "text after the string");
    for (unsigned long i = 0; i < count; i++)
        buf_add(&all, once.data, once.size);
    if (all.full || once.full)
        refuse(path, line, "string too long");
    buf_release(&once);
    struct corpus_string string = {.size = all.size, .line = line, .bytes = xmalloc(all.size + 1)};
    memcpy(string.bytes, all.data, all.size + 1);
    buf_release(&all);
    return string;
}

struct corpus corpus_read(const char *path)
{
    struct corpus corpus = {0};
    char text[LINE_LIMIT];
    FILE *file = fopen(path, "r");
    if (!file)
        refuse(path, 0, "cannot be opened (tests run in the repository's folder)");
    for (int line = 1; fgets(text, sizeof text, file); line++) {
        if (*text == '#' || *text == '\n')
            continue;
        if (*text != '"')
            refuse(path, line, "neither a string nor a comment");
        corpus.strings = xrealloc(corpus.strings, (corpus.count + 1) * sizeof *corpus.strings);
        corpus.strings[corpus.count++] = parse(path, line, text);
    }
    (void)fclose(file);
    return corpus;
}

void corpus_free(struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->count; i++)
        free(corpus->strings[i].bytes);
    free(corpus->strings);
    *corpus = (struct corpus){0};
}
