#include "engine/formats.h"

#include <ctype.h>
#include <string.h>

/* Source: Trino's documentation, "MySQL date functions". %D %U %u %V %w %X are refused there as
 * well; %v and %x are of ISO weeks. */
static const struct {
    char letter;
    const char *strftime;
} mysql[] = {
    {'a', "%a"},       {'b', "%b"}, {'c', "%-m"}, {'d', "%d"}, {'e', "%-d"}, {'f', "%f"},
    {'H', "%H"},       {'h', "%I"}, {'I', "%I"},  {'i', "%M"}, {'j', "%j"},  {'k', "%-H"},
    {'l', "%-I"},      {'M', "%B"}, {'m', "%m"},  {'p', "%p"}, {'S', "%S"},  {'r', "%I:%M:%S %p"},
    {'T', "%H:%M:%S"}, {'s', "%S"}, {'v', "%V"},  {'W', "%A"}, {'x', "%G"},  {'Y', "%Y"},
    {'y', "%y"},       {'%', "%%"},
};

bool formats_mysql(const char *pattern, size_t size, struct buf *out, char *letter)
{
    for (size_t i = 0; i < size; i++) {
        if (pattern[i] != '%' || i + 1 == size) {
            buf_adds(out, pattern[i] == '%' ? "%" : "");
            buf_addc(out, pattern[i]);
            continue;
        }
        size_t entry = 0;
        i++;
        while (entry < COUNT(mysql) && mysql[entry].letter != pattern[i])
            entry++;
        if (entry < COUNT(mysql)) {
            buf_adds(out, mysql[entry].strftime);
        } else if (strchr("DUuVwX", pattern[i])) {
            *letter = pattern[i];
            return false;
        } else {
            buf_addc(out, pattern[i]); /* any other letter stands for itself */
        }
    }
    return true;
}

/* Source: Joda-Time, DateTimeFormat. `counts` letters or more take this form; the last that fits is
 * taken. */
static const struct {
    char letter;
    size_t count;
    const char *strftime;
} joda[] = {
    {'y', 1, "%Y"},  {'y', 2, "%y"},  {'y', 3, "%Y"},  {'Y', 1, "%Y"},  {'Y', 2, "%y"},
    {'Y', 3, "%Y"},  {'x', 1, "%G"},  {'w', 1, "%V"},  {'e', 1, "%u"},  {'E', 1, "%a"},
    {'E', 4, "%A"},  {'D', 1, "%-j"}, {'D', 3, "%j"},  {'M', 1, "%-m"}, {'M', 2, "%m"},
    {'M', 3, "%b"},  {'M', 4, "%B"},  {'d', 1, "%-d"}, {'d', 2, "%d"},  {'a', 1, "%p"},
    {'h', 1, "%-I"}, {'h', 2, "%I"},  {'H', 1, "%-H"}, {'H', 2, "%H"},  {'m', 1, "%-M"},
    {'m', 2, "%M"},  {'s', 1, "%-S"}, {'s', 2, "%S"},  {'S', 3, "%g"},  {'S', 6, "%f"},
    {'S', 9, "%n"},  {'Z', 1, "%z"},  {'z', 1, "%Z"},
};

/* '...' stands for itself, '' for a quote. Returns what follows. */
static size_t add_quoted(const char *pattern, size_t size, size_t at, struct buf *out)
{
    if (at + 1 < size && pattern[at + 1] == '\'') {
        buf_addc(out, '\'');
        return at + 2;
    }
    for (at++; at < size; at++) {
        if (pattern[at] == '\'' && (at + 1 == size || pattern[at + 1] != '\''))
            return at + 1;
        at += pattern[at] == '\'';
        buf_adds(out, pattern[at] == '%' ? "%" : "");
        buf_addc(out, pattern[at]);
    }
    return at;
}

bool formats_joda(const char *pattern, size_t size, struct buf *out, char *letter)
{
    for (size_t at = 0; at < size;) {
        if (pattern[at] == '\'') {
            at = add_quoted(pattern, size, at, out);
            continue;
        }
        size_t count = 1;
        while (at + count < size && pattern[at + count] == pattern[at])
            count++;
        const char *found = NULL;
        for (size_t i = 0; i < COUNT(joda); i++)
            if (joda[i].letter == pattern[at] && joda[i].count <= count)
                found = joda[i].strftime;
        if (found) {
            buf_adds(out, found);
        } else if (isalpha((unsigned char)pattern[at])) {
            *letter = pattern[at];
            return false;
        }
        for (size_t i = 0; i < count && !found; i++) {
            buf_adds(out, pattern[at] == '%' ? "%" : "");
            buf_addc(out, pattern[at]);
        }
        at += count;
    }
    return true;
}
