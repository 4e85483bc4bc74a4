#include "case/seen.h"

#include <string.h>
#include <strings.h>

/* Columns by name: what their values are. */
static const struct {
    const char *column;
    enum name_kind kind;
} columns[] = {
    {"key", NAME_KEY},
    {"child", NAME_KEY},
    {"parent", NAME_KEY},
    {"session_key", NAME_KEY},
    {"made_by", NAME_KEY},
    {"deleted_by", NAME_KEY},
    {"credential_uid", NAME_KEY},
    {"who", NAME_USER},
    {"user", NAME_USER},
    {"owner", NAME_USER},
    {"source", NAME_ADDRESS},
    {"address", NAME_ADDRESS},
    {"ip", NAME_ADDRESS},
    {"operation", NAME_OPERATION},
    {"role", NAME_ROLE},
    {"instance", NAME_INSTANCE},
    {"bucket", NAME_BUCKET},
    {"event_id", NAME_EVENT},
    {"made_event", NAME_EVENT},
};

static bool kind_of(const char *column, enum name_kind *kind)
{
    for (size_t i = 0; i < COUNT(columns); i++)
        if (strcasecmp(columns[i].column, column) == 0) {
            *kind = columns[i].kind;
            return true;
        }
    return false;
}

static bool is_printable(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < 0x21 || text[i] == 0x7F || text[i] == '"' || text[i] == '\'')
            return false;
    return size > 0 && size <= 200;
}

void seen_collect(struct session *session, const struct table *table)
{
    for (size_t column = 0; table && column < table->column_count; column++) {
        enum name_kind kind;
        if (table->columns[column].type != TYPE_TEXT ||
            !kind_of(table->columns[column].name, &kind))
            continue;
        for (const struct batch *batch = table->first; batch; batch = batch->next)
            for (size_t row = 0; row < batch->rows; row++) {
                const struct batch_column *values = &batch->columns[column];
                const struct text_value *text = &values->texts[row];
                if ((values->null && values->null[row]) || !is_printable(text->data, text->size))
                    continue;
                session_add_seen(session, kind, text->data, text->size);
            }
    }
}
