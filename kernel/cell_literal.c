/* Python's literals, as papermill and people write them, read into JSON values. */
#include "cell.h"

#include "base/buf.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LITERAL_DEPTH 64
#define STRING_LIMIT ((size_t)16 * 1024 * 1024)

struct reader {
    const char *text;
    size_t size, at;
    struct arena *arena;
    struct error *err;
    int depth;
};

static json_t *read_value(struct reader *reader);

static char peek(const struct reader *reader)
{
    return reader->at < reader->size ? reader->text[reader->at] : '\0';
}

static void skip_blanks(struct reader *reader, bool lines)
{
    while (reader->at < reader->size) {
        char c = reader->text[reader->at];
        if (c == ' ' || c == '\t' || (lines && (c == '\n' || c == '\r')))
            reader->at++;
        else if (lines && c == '#')
            while (reader->at < reader->size && reader->text[reader->at] != '\n')
                reader->at++;
        else
            break;
    }
}

static json_t *fail(struct reader *reader, const char *what)
{
    (void)error_set(reader->err, ERROR_USAGE, "%s", what);
    return NULL;
}

static void add_point(struct buf *out, uint32_t point)
{
    char bytes[4];
    if (point < 0x80) {
        buf_addc(out, (char)point);
        return;
    }
    size_t count = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = count; i-- > 1; point >>= 6)
        bytes[i] = (char)(0x80 | (point & 0x3F));
    bytes[0] = (char)(lead[count] | point);
    buf_add(out, bytes, count);
}

/* Exactly `digits` hexadecimal digits. */
static bool read_hex(struct reader *reader, int digits, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < digits; i++) {
        char c = peek(reader);
        if (!isxdigit((unsigned char)c))
            return false;
        uint32_t digit =
            (uint32_t)(isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10);
        *out = *out * 16 + digit;
        reader->at++;
    }
    return true;
}

/* One to three octal digits. */
static uint32_t read_octal(struct reader *reader)
{
    uint32_t point = 0;
    for (int i = 0; i < 3 && peek(reader) >= '0' && peek(reader) <= '7'; i++)
        point = point * 8 + (uint32_t)(reader->text[reader->at++] - '0');
    return point;
}

static bool read_escape(struct reader *reader, struct buf *out)
{
    static const char letters[] = "nrtabfv\\\"'", values[] = "\n\r\t\a\b\f\v\\\"'";
    char c = peek(reader);
    reader->at++;
    const char *letter = c ? strchr(letters, c) : NULL;
    uint32_t point = 0, low = 0;
    if (letter) {
        buf_addc(out, values[letter - letters]);
        return true;
    }
    if (c == '\n')
        return true;
    if (c >= '0' && c <= '7') {
        reader->at--;
        add_point(out, read_octal(reader));
        return true;
    }
    int digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (!digits) { /* Python keeps the backslash of an escape it does not know */
        buf_addc(out, '\\');
        reader->at--;
        return true;
    }
    if (!read_hex(reader, digits, &point) || point > 0x10FFFF)
        return false;
    if (point >= 0xD800 && point < 0xDC00 && reader->at + 1 < reader->size &&
        reader->text[reader->at] == '\\' && reader->text[reader->at + 1] == 'u') {
        reader->at += 2;
        if (!read_hex(reader, 4, &low))
            return false;
        point = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00)
                                              : 0xFFFD;
    }
    add_point(out, point >= 0xD800 && point < 0xE000 ? 0xFFFD : point);
    return true;
}

static bool at_quotes(const struct reader *reader, char quote, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (reader->at + i >= reader->size || reader->text[reader->at + i] != quote)
            return false;
    return true;
}

static json_t *read_string(struct reader *reader, bool raw)
{
    char quote = peek(reader);
    size_t quotes = at_quotes(reader, quote, 3) ? 3 : 1, begin = reader->at;
    reader->at += quotes;
    struct buf out;
    buf_init(&out, STRING_LIMIT);
    json_t *value = NULL;
    while (!value) {
        if (reader->at >= reader->size || (quotes == 1 && peek(reader) == '\n')) {
            fail(reader, "the string is not closed");
            break;
        }
        if (at_quotes(reader, quote, quotes)) {
            reader->at += quotes;
            value = json_text(out.data, out.size);
        } else if (peek(reader) == '\\' && !raw) {
            reader->at++;
            if (!read_escape(reader, &out)) {
                fail(reader, "the string holds a broken \\x, \\u or \\U escape");
                break;
            }
        } else {
            if (peek(reader) == '\\' && reader->at + 1 < reader->size)
                buf_addc(&out, reader->text[reader->at++]);
            buf_addc(&out, reader->text[reader->at++]);
        }
    }
    if (!value && !(quotes == 3 && reader->at >= reader->size))
        reader->at = begin; /* no further line could mend it: the place is where it begins */
    buf_release(&out);
    return value;
}

static json_t *read_number(struct reader *reader)
{
    char digits[400];
    size_t count = 0;
    size_t begin = reader->at;
    bool real = false;
    while (reader->at < reader->size && count + 1 < sizeof digits) {
        char c = reader->text[reader->at];
        bool sign =
            (c == '-' || c == '+') &&
            (reader->at == begin || tolower((unsigned char)reader->text[reader->at - 1]) == 'e');
        if (!isdigit((unsigned char)c) && c != '.' && c != '_' &&
            tolower((unsigned char)c) != 'e' && !sign)
            break;
        real |= c == '.' || tolower((unsigned char)c) == 'e';
        if (c != '_' && !(c == '+' && count == 0))
            digits[count++] = c;
        reader->at++;
    }
    digits[count] = '\0';
    size_t end_at = reader->at;
    reader->at = begin; /* the place of an error */
    char *end;
    errno = 0;
    if (real) {
        double value = strtod(digits, &end);
        if (*end || end == digits || !isfinite(value))
            return fail(reader, "the number cannot be read");
        reader->at = end_at;
        return json_real(value);
    }
    intmax_t value = strtoimax(digits, &end, 10);
    if (*end || end == digits)
        return fail(reader, "the number cannot be read");
    reader->at = end_at;
    return errno == ERANGE ? json_texts(digits)
                           : json_integer((json_int_t)value); /* beyond 64 bits: exact, as text */
}

static bool take(struct reader *reader, const char *word)
{
    size_t size = strlen(word);
    if (reader->size - reader->at < size || memcmp(reader->text + reader->at, word, size) != 0)
        return false;
    char next = reader->at + size < reader->size ? reader->text[reader->at + size] : '\0';
    if (isalnum((unsigned char)word[size - 1]) && (isalnum((unsigned char)next) || next == '_'))
        return false;
    reader->at += size;
    return true;
}

/* float('inf'): JSON has no such number; the text is what SQL casts to DOUBLE. */
static json_t *read_float_call(struct reader *reader)
{
    static const struct {
        const char *python, *sql;
    } values[] = {{"'inf'", "Infinity"},     {"\"inf\"", "Infinity"}, {"'-inf'", "-Infinity"},
                  {"\"-inf\"", "-Infinity"}, {"'nan'", "NaN"},        {"\"nan\"", "NaN"}};
    for (size_t i = 0; i < COUNT(values); i++)
        if (take(reader, values[i].python))
            return take(reader, ")") ? json_texts(values[i].sql)
                                     : fail(reader, "float( is not closed");
    return fail(reader, "float() takes 'inf', '-inf' or 'nan' here");
}

static bool next_item(struct reader *reader, char close, bool *end)
{
    skip_blanks(reader, true);
    if (peek(reader) == ',') {
        reader->at++;
        skip_blanks(reader, true);
    } else if (peek(reader) != close) {
        return fail(reader, close == ']' ? "the list is not closed or a comma is missing"
                            : close == ')'
                                ? "the tuple is not closed or a comma is missing"
                                : "the dict is not closed or a comma is missing") != NULL;
    }
    *end = peek(reader) == close;
    return true;
}

static json_t *read_list(struct reader *reader, char close)
{
    json_t *list = json_array();
    reader->at++;
    skip_blanks(reader, true);
    bool end = peek(reader) == close, comma = end;
    while (!end) {
        json_t *item = read_value(reader);
        skip_blanks(reader, true);
        comma = comma || peek(reader) == ',';
        if (!item || json_array_append_new(list, item) != 0 || !next_item(reader, close, &end)) {
            json_decref(list);
            return NULL;
        }
    }
    reader->at++;
    if (close != ')' || comma)
        return list;
    json_t *inner = json_incref(json_array_get(list, 0)); /* (x) is x, (x,) is a tuple */
    json_decref(list);
    return inner;
}

static bool read_member(struct reader *reader, json_t *dict)
{
    json_t *key = read_value(reader);
    skip_blanks(reader, true);
    bool ok = key && peek(reader) == ':';
    if (key && !ok)
        fail(reader,
             reader->at < reader->size ? "a dict entry needs a colon" : "the dict is not closed");
    if (ok) {
        reader->at++;
        json_t *value = read_value(reader);
        char *name = json_is_string(key) ? NULL : json_dumps(key, JSON_ENCODE_ANY | JSON_COMPACT);
        ok = value &&
             json_object_setn_new(dict, name ? name : json_string_value(key),
                                  name ? strlen(name) : json_string_length(key), value) == 0;
        free(name);
    }
    json_decref(key);
    return ok;
}

static json_t *read_dict(struct reader *reader)
{
    json_t *dict = json_object();
    reader->at++;
    skip_blanks(reader, true);
    bool end = peek(reader) == '}';
    while (!end)
        if (!read_member(reader, dict) || !next_item(reader, '}', &end)) {
            json_decref(dict);
            return NULL;
        }
    reader->at++;
    return dict;
}

static bool string_prefix(struct reader *reader, bool *raw)
{
    char first = (char)tolower((unsigned char)peek(reader));
    size_t at = reader->at;
    if (first == 'r' || first == 'u')
        at++;
    char quote = at < reader->size ? reader->text[at] : '\0';
    *raw = first == 'r';
    if (quote != '"' && quote != '\'')
        return false;
    reader->at = at;
    return true;
}

static json_t *read_scalar(struct reader *reader)
{
    bool raw;
    if (string_prefix(reader, &raw))
        return read_string(reader, raw);
    if (take(reader, "True"))
        return json_true();
    if (take(reader, "False"))
        return json_false();
    if (take(reader, "None"))
        return json_null();
    if (take(reader, "float("))
        return read_float_call(reader);
    char c = peek(reader);
    if (isdigit((unsigned char)c) || c == '-' || c == '+' || c == '.')
        return read_number(reader);
    return fail(reader,
                reader->at < reader->size ? "this is no literal" : "the literal is not closed");
}

static json_t *read_value(struct reader *reader)
{
    skip_blanks(reader, true);
    if (reader->depth == LITERAL_DEPTH)
        return fail(reader, "the literal is nested too deeply");
    reader->depth++;
    char c = peek(reader);
    json_t *value = c == '['   ? read_list(reader, ']')
                    : c == '(' ? read_list(reader, ')')
                    : c == '{' ? read_dict(reader)
                               : read_scalar(reader);
    reader->depth--;
    return value;
}

bool cell_literal(const char *text, size_t size, struct arena *arena, json_t **out, size_t *used,
                  struct error *err)
{
    struct reader reader = {.text = text, .size = size, .arena = arena, .err = err};
    json_t *value = read_value(&reader);
    *used = reader.at;
    if (!value)
        return error_hint(err, "A parameter is a literal as Python writes it: \"text\", 42, 3.5, "
                               "True, None, [..], {..}.");
    *out = json_own(arena, value);
    return true;
}
