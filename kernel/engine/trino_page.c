/* A page of Trino's: its rows are most of it, and no tree is built of them. */
#include "engine/trino_query.h"

#include "base/text.h"

#include <string.h>

/* The members of the answer but for `data`, which is most of it. */
static bool split(const char *text, size_t size, struct buf *rest, struct token *rows)
{
    struct cursor cursor = {text, text + size};
    struct token name, value;
    bool first = true, ok = cursor_open(&cursor, '{');
    buf_addc(rest, '{');
    while (ok && cursor_more(&cursor, '}', &first, &ok)) {
        if (!cursor_name(&cursor, &name))
            return false;
        cursor_space(&cursor);
        const char *from = cursor.at;
        if (!cursor_value(&cursor, &value))
            return false;
        if (name.size == 4 && memcmp(name.text, "data", 4) == 0) {
            *rows = value;
            continue;
        }
        buf_adds(rest, rest->size > 1 ? ",\"" : "\"");
        buf_add(rest, name.text, name.size);
        buf_adds(rest, "\":");
        buf_add(rest, from, (size_t)(cursor.at - from));
    }
    buf_addc(rest, '}');
    return ok && !rest->full;
}

bool trino_read_page(const char *text, size_t size, struct trino_page *page)
{
    struct error ignored = {0};
    struct buf rest, valid;
    buf_init(&rest, TRINO_PAGE_MOST);
    buf_init(&valid, 3 * TRINO_PAGE_MOST);
    if (!text_is_valid(text, size)) {
        text_valid(&valid, text, size);
        text = buf_to_arena(&valid, page->arena);
        size = valid.size;
    }
    if (split(text, size, &rest, &page->rows))
        page->answer = json_parse(page->arena, rest.data, rest.size, TRINO_PAGE_MOST, &ignored);
    buf_release(&valid);
    buf_release(&rest);
    return page->answer != NULL;
}
