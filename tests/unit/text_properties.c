#include "tests/unit/text_properties.h"

#include "base/text.h"
#include "base/utf8.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct pair {
    const char *written, *meant;
};

static bool is_scheme_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '+' || byte == '-' || byte == '.';
}

static bool begins_with(const char *text, size_t size, const char *word)
{
    size_t length = strlen(word);
    if (length > size)
        return false;
    for (size_t i = 0; i < length; i++) {
        char byte = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
        if (byte != word[i])
            return false;
    }
    return true;
}

/* [a-zA-Z][a-zA-Z0-9+.-]{2,}:// at text */
static bool begins_with_scheme(const char *text, size_t size)
{
    size_t i = 0;
    while (i < size && i < 100 && is_scheme_byte(text[i]))
        i++;
    bool letter = size && ((text[0] | 32) >= 'a' && (text[0] | 32) <= 'z');
    return letter && i >= 3 && begins_with(text + i, size - i, "://");
}

int text_has_link(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const char *at = text + i;
        size_t left = size - i;
        if (begins_with_scheme(at, left) || begins_with(at, left, "www."))
            return 1;
        if (begins_with(at, left, "data:") && left > 7 && at[5] != ' ' && at[6] != ' ')
            return 1;
    }
    return 0;
}

static bool is_clean(const struct buf *text, bool lines)
{
    for (size_t i = 0; i < text->size;) {
        uint32_t point;
        i += utf8_read(text->data + i, text->size - i, &point);
        if (point == UTF8_BROKEN || point == 0x7f || (point >= 0x80 && utf8_is_unseen(point)))
            return false;
        if (point < 0x20 && !(lines && (point == '\n' || point == '\t')))
            return false;
    }
    return true;
}

static bool is_equal(const struct buf *a, const struct buf *b)
{
    return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* Undoes an escaper: at each place the first written form that fits, otherwise the byte itself if
 * it is in `bare`. */
static bool decode(const struct buf *text, const struct pair *pairs, const char *never,
                   struct buf *out)
{
    buf_clear(out);
    for (size_t i = 0; i < text->size;) {
        const struct pair *pair = pairs;
        while (pair->written && strncmp(text->data + i, pair->written, strlen(pair->written)) != 0)
            pair++;
        if (pair->written) {
            buf_adds(out, pair->meant);
            i += strlen(pair->written);
        } else if (text->data[i] && strchr(never, text->data[i])) {
            return false;
        } else {
            buf_addc(out, text->data[i++]);
        }
    }
    return true;
}

static const struct pair html_pairs[] = {
    {"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "\""}, {"&#39;", "'"}, {NULL, NULL},
};

static const struct pair markdown_pairs[] = {
    {"<span>&#92;</span>", "\\"},
    {"<span>&#36;</span>", "$"},
    {"&lt;", "<"},
    {"&gt;", ">"},
    {"&amp;", "&"},
    {"&#91;", "["},
    {"&#93;", "]"},
    {"&#123;", "{"},
    {"&#125;", "}"},
    {"&#32;", " "},
    {"\\`", "`"},
    {"\\*", "*"},
    {"\\_", "_"},
    {"\\~", "~"},
    {"\\#", "#"},
    {"\\|", "|"},
    {"\\!", "!"},
    {"\\^", "^"},
    {"\\@", "@"},
    {"\\-", "-"},
    {"\\+", "+"},
    {"\\=", "="},
    {"\\.", "."},
    {"\\)", ")"},
    {NULL, NULL},
};

static const struct pair latex_pairs[] = {
    {"\\textbackslash{}", "\\"},
    {"\\textasciicircum{}", "^"},
    {"\\textasciitilde{}", "~"},
    {"\\textless{}", "<"},
    {"\\textgreater{}", ">"},
    {"\\textbar{}", "|"},
    {"{[}", "["},
    {"{]}", "]"},
    {"{-}", "-"},
    {"\\{", "{"},
    {"\\}", "}"},
    {"\\$", "$"},
    {"\\&", "&"},
    {"\\#", "#"},
    {"\\%", "%"},
    {"\\_", "_"},
    {NULL, NULL},
};

/* Everything one run needs; the bufs are reused from property to property. */
struct run {
    const char *bytes;
    size_t size;
    struct buf visible, plain, out, back;
};

static const char *check_visible(struct run *run)
{
    text_visible(&run->visible, run->bytes, run->size, false);
    if (!is_clean(&run->visible, false))
        return "visible: something unseen is left";
    text_visible(&run->out, run->visible.data, run->visible.size, false);
    if (!is_equal(&run->out, &run->visible))
        return "visible: not the same when done twice";
    buf_clear(&run->out);
    text_visible(&run->out, run->bytes, run->size, true);
    if (!is_clean(&run->out, true))
        return "visible lines: something unseen is left";
    buf_clear(&run->out);
    text_valid(&run->out, run->bytes, run->size);
    if (!text_is_valid(run->out.data, run->out.size))
        return "valid: is not";
    return text_is_valid(run->bytes, run->size) ==
                   (run->out.size == run->size &&
                    (!run->size || memcmp(run->bytes, run->out.data, run->size) == 0))
               ? NULL
               : "valid: changed what was valid";
}

static const char *check_html(struct run *run)
{
    text_html(&run->out, run->bytes, run->size);
    if (!is_clean(&run->out, false))
        return "html: something unseen is left";
    if (!decode(&run->out, html_pairs, "<>&\"'", &run->back))
        return "html: a character is not escaped";
    if (!is_equal(&run->back, &run->visible))
        return "html: the text changed";
    buf_clear(&run->back);
    text_xml(&run->back, run->bytes, run->size);
    return is_equal(&run->out, &run->back) ? NULL : "xml: differs from html";
}

static const char *check_plain(struct run *run)
{
    text_plain(&run->plain, run->bytes, run->size);
    if (!is_clean(&run->plain, false))
        return "plain: something unseen is left";
    if (text_has_link(run->plain.data, run->plain.size))
        return "plain: a link is left";
    text_plain_lines(&run->out, run->bytes, run->size);
    if (!is_clean(&run->out, true) || text_has_link(run->out.data, run->out.size))
        return "plain lines: a link or something unseen is left";
    return NULL;
}

static const char *check_markdown(struct run *run)
{
    text_markdown(&run->out, run->bytes, run->size);
    const char *text = run->out.data;
    if (!is_clean(&run->out, false))
        return "markdown: something unseen is left";
    if (*text && strchr(" -+=#>", *text))
        return "markdown: the start can be a block";
    size_t digits = strspn(text, "0123456789");
    if (digits && (text[digits] == '.' || text[digits] == ')') &&
        (!text[digits + 1] || text[digits + 1] == ' '))
        return "markdown: the start can be a list";
    if (text_has_link(text, run->out.size))
        return "markdown: a link is left";
    if (!decode(&run->out, markdown_pairs, "<>&[]{}`*_~#|!^@$\\", &run->back))
        return "markdown: a character is not escaped";
    return is_equal(&run->back, &run->plain) ? NULL : "markdown: the text changed";
}

static const char *check_latex(struct run *run)
{
    text_latex(&run->out, run->bytes, run->size);
    if (!is_clean(&run->out, false))
        return "latex: something unseen is left";
    if (!decode(&run->out, latex_pairs, "\\{}$&#%_^~<>|[]-", &run->back))
        return "latex: a character is not escaped";
    return NULL;
}

static bool starts_formula(const char *text)
{
    text += strspn(text, " ");
    size_t sign = *text == '-' || *text == '+';
    if (sign && text[1] && text[strspn(text + 1, "0123456789.") + 1] == '\0')
        return false; /* a number */
    return (*text && strchr("=+-@\t\r\n", *text)) || strncmp(text, "\xef\xbc\x9d", 3) == 0 ||
           strncmp(text, "\xef\xbc\x8b", 3) == 0 || strncmp(text, "\xef\xbc\x8d", 3) == 0 ||
           strncmp(text, "\xef\xbc\xa0", 3) == 0;
}

/* The content between two quotes, in which quotes are doubled. */
static bool unquote(const struct buf *text, char quote, struct buf *out)
{
    buf_clear(out);
    if (text->size < 2 || text->data[0] != quote || text->data[text->size - 1] != quote)
        return false;
    for (size_t i = 1; i < text->size - 1; i++) {
        if (text->data[i] == quote && (++i == text->size - 1 || text->data[i] != quote))
            return false;
        buf_addc(out, text->data[i]);
    }
    return true;
}

static const char *check_csv(struct run *run)
{
    text_csv(&run->out, run->bytes, run->size);
    if (!is_clean(&run->out, true))
        return "csv: something unseen is left";
    if (!unquote(&run->out, '"', &run->back))
        return "csv: quotes";
    return starts_formula(run->back.data) ? "csv: a formula" : NULL;
}

static const char *check_json(struct run *run)
{
    text_json(&run->out, run->bytes, run->size);
    text_valid(&run->back, run->bytes, run->size);
    json_t *value =
        json_loadb(run->out.data, run->out.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    bool same = json_is_string(value) && json_string_length(value) == run->back.size &&
                memcmp(json_string_value(value), run->back.data, run->back.size) == 0;
    json_decref(value);
    if (!same)
        return "json: does not read back";
    return memchr(run->out.data, '<', run->out.size) ? "json: can end a script" : NULL;
}

/* What SQL's text can hold of the bytes: valid UTF-8, U+FFFD for NUL. */
static void sql_value(struct buf *out, const char *bytes, size_t size)
{
    struct buf valid;
    buf_init(&valid, out->limit);
    text_valid(&valid, bytes, size);
    for (size_t i = 0; i < valid.size; i++)
        buf_add(out, valid.data[i] ? &valid.data[i] : UTF8_REPLACEMENT, valid.data[i] ? 1 : 3);
    buf_release(&valid);
}

static const char *check_sql(struct run *run)
{
    struct buf value;
    buf_init(&value, run->out.limit);
    sql_value(&value, run->bytes, run->size);
    text_sql_string(&run->out, run->bytes, run->size);
    bool ok = unquote(&run->out, '\'', &run->back) && is_equal(&run->back, &value);
    buf_clear(&run->out);
    text_sql_name(&run->out, run->bytes, run->size);
    ok = ok && unquote(&run->out, '"', &run->back) && is_equal(&run->back, &value);
    buf_release(&value);
    return ok ? NULL : "sql: does not read back";
}

const char *text_properties_broken(const char *bytes, size_t size)
{
    static const char *(*const checks[])(struct run * run) = {
        check_visible, check_html, check_plain, check_markdown,
        check_latex,   check_csv,  check_json,  check_sql,
    };
    struct run run = {.bytes = bytes, .size = size};
    struct buf *bufs[] = {&run.visible, &run.plain, &run.out, &run.back};
    for (size_t i = 0; i < COUNT(bufs); i++)
        buf_init(bufs[i], 64 * size + 64);
    const char *broken = NULL;
    for (size_t i = 0; i < COUNT(checks) && !broken; i++) {
        buf_clear(&run.out);
        buf_clear(&run.back);
        broken = checks[i](&run);
    }
    for (size_t i = 0; i < COUNT(bufs); i++) {
        if (bufs[i]->full && !broken)
            broken = "an escaper writes more than 64 times its input";
        buf_release(bufs[i]);
    }
    return broken;
}
