#include "base/text.h"

#include "base/utf8.h"

#include <string.h>

/* One table per format says what becomes of an ASCII character: NULL stays as it is, "" asks
   defang(). Controls, characters that nobody would see and broken bytes are treated alike by every
   format. */
struct format {
    const char *map[128];
    const char *backslash;    /* how a backslash is written */
    const char *open, *close; /* how brackets of a defanged address are written */
    bool codes; /* controls as \u0007 and not as the symbol of it (fonts of LaTeX lack them) */
};

struct input {
    const char *bytes;
    size_t size, at;
};

static const struct format visible_format = {.backslash = "\\"};

static const struct format html_format = {
    .map = {['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;", ['"'] = "&quot;", ['\''] = "&#39;"},
    .backslash = "\\",
};

/* A backslash or a dollar inside an element of its own cannot begin math: neither for the readers
   of the source (which look for $ and for two backslashes) nor for MathJax, which looks at the
   page's text and does not cross elements. */
#define MARKDOWN_BACKSLASH "<span>&#92;</span>"
static const struct format markdown_format = {
    .map = {['\\'] = MARKDOWN_BACKSLASH,
            ['$'] = "<span>&#36;</span>",
            ['<'] = "&lt;",
            ['>'] = "&gt;",
            ['&'] = "&amp;",
            ['['] = "&#91;",
            [']'] = "&#93;",
            ['{'] = "&#123;",
            ['}'] = "&#125;",
            ['`'] = "\\`",
            ['*'] = "\\*",
            ['_'] = "\\_",
            ['~'] = "\\~",
            ['#'] = "\\#",
            ['|'] = "\\|",
            ['!'] = "\\!",
            ['^'] = "\\^",
            ['@'] = "\\@",
            [':'] = "",
            ['.'] = ""},
    .backslash = MARKDOWN_BACKSLASH,
    .open = "&#91;",
    .close = "&#93;",
};

#define LATEX_BACKSLASH "\\textbackslash{}"
static const struct format latex_format = {
    .map = {['\\'] = LATEX_BACKSLASH,
            ['{'] = "\\{",
            ['}'] = "\\}",
            ['$'] = "\\$",
            ['&'] = "\\&",
            ['#'] = "\\#",
            ['%'] = "\\%",
            ['_'] = "\\_",
            ['^'] = "\\textasciicircum{}",
            ['~'] = "\\textasciitilde{}",
            ['<'] = "\\textless{}",
            ['>'] = "\\textgreater{}",
            ['|'] = "\\textbar{}",
            ['['] = "{[}",
            [']'] = "{]}",
            ['-'] = "{-}"}, /* no en dash out of two, no optional argument after a line's end */
    .backslash = LATEX_BACKSLASH,
    .codes = true,
};

static const struct format plain_format = {
    .map = {[':'] = "", ['.'] = ""},
    .backslash = "\\",
    .open = "[",
    .close = "]",
};

static const struct format csv_format = {.map = {['"'] = "\"\""}, .backslash = "\\"};

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* What was written so far ends with `word`, in any case. */
static bool ends_with(const struct buf *out, const char *word)
{
    size_t length = strlen(word);
    if (out->size < length)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((out->data[out->size - length + i] | 0x20) != word[i])
            return false;
    return true;
}

/* What was written so far ends with a scheme of JupyterLab's link pattern:
 * [a-zA-Z][a-zA-Z0-9+.-]{2,}; "s3" is none. */
static bool ends_with_scheme(const struct buf *out)
{
    size_t size = 0, scheme = 0;
    while (size < out->size) {
        char byte = out->data[out->size - size - 1];
        if (!is_letter(byte) && !is_digit(byte) && !strchr("+.-", byte))
            break;
        size++;
        if (is_letter(byte))
            scheme = size;
    }
    return scheme >= 3;
}

/* Would a front end make a link of what was written and of the ':' or '.' at in->at? JupyterLab
   links xyz://, data: and www.; GFM links http://, https://, ftp://, mailto:, xmpp: and www. */
static bool begins_link(const struct buf *out, const struct input *in)
{
    bool slashes = in->size - in->at > 2 && memcmp(in->bytes + in->at + 1, "//", 2) == 0;
    if (in->bytes[in->at] == '.')
        return ends_with(out, "www");
    if (slashes && ends_with_scheme(out))
        return true;
    if (in->at + 1 == in->size || in->bytes[in->at + 1] == ' ')
        return false;
    static const char *const schemes[] = {"data", "mailto", "xmpp", "javascript"};
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (ends_with(out, schemes[i]))
            return true;
    return false;
}

static void add_defanged(struct buf *out, const struct input *in, const struct format *format)
{
    bool link = begins_link(out, in);
    if (link)
        buf_adds(out, format->open);
    buf_addc(out, in->bytes[in->at]);
    if (link)
        buf_adds(out, format->close);
}

/* "\u202E" and "\U000E0041". */
static void add_code(struct buf *out, uint32_t point, const struct format *format)
{
    buf_adds(out, format->backslash);
    if (point > 0xffff)
        buf_addf(out, "U%08X", (unsigned)point);
    else
        buf_addf(out, "u%04X", (unsigned)point);
}

static void add_control(struct buf *out, unsigned char byte, const struct format *format)
{
    if (format->codes) {
        add_code(out, byte, format);
        return;
    }
    uint32_t symbol = byte == '\n' ? 0x2424 : byte == 0x7f ? 0x2421 : 0x2400U + byte;
    const char utf8[3] = {(char)0xe2, (char)(0x80 | (symbol >> 6 & 0x3f)),
                          (char)(0x80 | (symbol & 0x3f))};
    buf_add(out, utf8, sizeof utf8);
}

static size_t add_wide(struct buf *out, const struct input *in, const struct format *format)
{
    uint32_t point;
    size_t length = utf8_read(in->bytes + in->at, in->size - in->at, &point);
    if (point == UTF8_BROKEN)
        buf_add(out, UTF8_REPLACEMENT, UTF8_REPLACEMENT_SIZE);
    else if (utf8_is_unseen(point))
        add_code(out, point, format);
    else
        buf_add(out, in->bytes + in->at, length);
    return length;
}

/* First byte at or after `at` that does not stay as it is. */
static size_t skip_safe(const struct input *in, const struct format *format, bool keep_lines)
{
    size_t at = in->at;
    for (; at < in->size; at++) {
        unsigned char byte = (unsigned char)in->bytes[at];
        if (byte >= 0x20 && byte < 0x7f ? format->map[byte] != NULL
                                        : !keep_lines || (byte != '\n' && byte != '\t'))
            break;
    }
    return at;
}

static void escape(struct buf *out, struct input *in, const struct format *format, bool keep_lines)
{
    while (in->at < in->size) {
        size_t start = in->at;
        in->at = skip_safe(in, format, keep_lines);
        buf_add(out, in->bytes + start, in->at - start);
        if (in->at == in->size)
            return;
        unsigned char byte = (unsigned char)in->bytes[in->at];
        if (byte >= 0x80) {
            in->at += add_wide(out, in, format);
            continue;
        }
        if (byte < 0x20 || byte == 0x7f)
            add_control(out, byte, format);
        else if (format->map[byte][0])
            buf_adds(out, format->map[byte]);
        else
            add_defanged(out, in, format);
        in->at++;
    }
}

void text_visible(struct buf *out, const char *bytes, size_t size, bool keep_lines)
{
    escape(out, &(struct input){bytes, size, 0}, &visible_format, keep_lines);
}

void text_html(struct buf *out, const char *bytes, size_t size)
{
    escape(out, &(struct input){bytes, size, 0}, &html_format, false);
}

void text_xml(struct buf *out, const char *bytes, size_t size)
{
    text_html(out, bytes, size); /* what XML 1.0 forbids was made visible already */
}

void text_latex(struct buf *out, const char *bytes, size_t size)
{
    escape(out, &(struct input){bytes, size, 0}, &latex_format, false);
}

void text_plain(struct buf *out, const char *bytes, size_t size)
{
    escape(out, &(struct input){bytes, size, 0}, &plain_format, false);
}

void text_plain_lines(struct buf *out, const char *bytes, size_t size)
{
    escape(out, &(struct input){bytes, size, 0}, &plain_format, true);
}

/* What means something only at a line's start: an indented block, a bullet, a rule, a number of a
 * list. */
static size_t markdown_start(struct buf *out, const char *bytes, size_t size)
{
    if (!size)
        return 0;
    if (bytes[0] == ' ') {
        buf_adds(out, "&#32;");
        return 1;
    }
    if (strchr("-+=", bytes[0]) && bytes[0]) {
        buf_addc(out, '\\');
        buf_addc(out, bytes[0]);
        return 1;
    }
    size_t digits = 0;
    while (digits < size && is_digit(bytes[digits]))
        digits++;
    bool marker = digits > 0 && digits < size && (bytes[digits] == '.' || bytes[digits] == ')');
    if (!marker || (digits + 1 < size && bytes[digits + 1] != ' '))
        return 0;
    buf_add(out, bytes, digits);
    buf_addc(out, '\\');
    buf_addc(out, bytes[digits]);
    return digits + 1;
}

void text_markdown(struct buf *out, const char *bytes, size_t size)
{
    size_t start = markdown_start(out, bytes, size);
    escape(out, &(struct input){bytes, size, start}, &markdown_format, false);
}

/* -12.5: a sign alone does not make it a formula. */
static bool is_number(const char *bytes, size_t size)
{
    size_t i = size > 0 && (bytes[0] == '-' || bytes[0] == '+');
    size_t digits = 0;
    for (; i < size && (is_digit(bytes[i]) || bytes[i] == '.'); i++)
        digits += is_digit(bytes[i]);
    return digits > 0 && i == size;
}

/* Also after blanks, which spreadsheets may trim, and in the full-width forms that some locales
 * take for the same. */
static bool is_formula(const char *bytes, size_t size)
{
    static const char *const wide[] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
                                       "\xef\xbc\xa0"};
    while (size && *bytes == ' ') {
        bytes++;
        size--;
    }
    if (!size || is_number(bytes, size))
        return false;
    if (*bytes && strchr("=+-@\t\r\n", *bytes))
        return true;
    for (size_t i = 0; i < COUNT(wide); i++)
        if (size >= 3 && memcmp(bytes, wide[i], 3) == 0)
            return true;
    return false;
}

void text_csv(struct buf *out, const char *bytes, size_t size)
{
    buf_addc(out, '"');
    if (is_formula(bytes, size))
        buf_addc(out, '\'');
    escape(out, &(struct input){bytes, size, 0}, &csv_format, true);
    buf_addc(out, '"');
}
