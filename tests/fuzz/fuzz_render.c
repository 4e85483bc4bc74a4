/* Any bytes as the cells and captions of a table: every format is valid UTF-8 without control
 * characters, HTML holds our elements only, and a bundle stays below its limit. */
#include "base/text.h"
#include "data/prose.h"
#include "data/render.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
    if (!text_is_valid(text, size))
        abort();
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < 0x20 && text[i] != '\n' && text[i] != '\t')
            abort();
}

static void check_elements(const char *html)
{
    static const char *const ours[] = {"div",   "/div",   "table",  "/table",  "thead", "/thead",
                                       "tbody", "/tbody", "tr",     "/tr",     "th",    "/th",
                                       "td",    "/td",    "span",   "/span",   "p",     "/p",
                                       "code",  "/code",  "strong", "/strong", "pre",   "/pre"};
    for (const char *at = strchr(html, '<'); at; at = strchr(at + 1, '<')) {
        size_t length = strcspn(at + 1, " >");
        bool known = false;
        for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
            known = known || (strlen(ours[i]) == length && memcmp(at + 1, ours[i], length) == 0);
        if (!known)
            abort();
    }
}

static void check_bundle(struct bundle bundle)
{
    const char *mime;
    json_t *value;
    size_t total = 0;
    json_object_foreach(bundle.data, mime, value)
    {
        check_text(json_string_value(value), json_string_length(value));
        total += json_string_length(value);
    }
    if (total > RENDER_BUNDLE_LIMIT)
        abort();
    check_elements(json_string_value(json_object_get(bundle.data, "text/html")));
}

/* The first byte chooses the shape; the rest is cut into cells at each 0xFE. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum type types[] = {TYPE_TEXT, TYPE_JSON};
    if (size < 2)
        return 0;
    struct arena *arena = arena_new();
    size_t count = 1 + data[0] % 3;
    const char *bytes = (const char *)data + 1;
    struct column columns[3];
    for (size_t i = 0; i < count; i++)
        columns[i] = (struct column){.name = arena_strndup(arena, bytes, size > 20 ? 19 : size - 1),
                                     .type = types[(data[0] >> 4) % 2]};
    struct table *table = table_new(arena, columns, count);
    const char *end = (const char *)data + size;
    for (size_t column = count; bytes < end;) {
        if (column == count) {
            table_add_row(table);
            column = 0;
        }
        const char *cut = memchr(bytes, 0xFE, (size_t)(end - bytes));
        cut = cut ? cut : end;
        table_put_text(table, column++, bytes, (size_t)(cut - bytes));
        bytes = cut + 1;
    }
    struct caption caption = {.title = columns[0].name,
                              .source = columns[0].name,
                              .warning = columns[0].name,
                              .total_rows = -1};
    check_bundle(render_table(arena, table, &caption));
    struct prose *prose = prose_new(arena);
    prose_paragraph(prose, "%s %c %b", columns[0].name, columns[0].name, columns[0].name);
    prose_code(prose, (const char *)data, size);
    check_bundle(prose_bundle(prose));
    arena_free(arena);
    return 0;
}
