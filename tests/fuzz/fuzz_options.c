/* Any bytes as the line of each magic there is: options in their places, or an error that says why;
 * and whatever can be typed is completed within the text. */
#include "complete.h"
#include "inspect.h"
#include "magic.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_words(const char *line, size_t size, struct arena *arena)
{
    struct error err = {0};
    struct option_words words;
    if (!options_words(line, size, arena, &words, &err)) {
        if (!err.message[0])
            abort();
        return;
    }
    for (size_t i = 0; i < words.count; i++)
        if (words.offsets[i] >= size || (i && words.offsets[i] <= words.offsets[i - 1]) ||
            strlen(words.items[i]) > size)
            abort();
}

static void check_magics(const char *line, size_t size, struct arena *arena)
{
    for (size_t i = 0; magics[i]; i++) {
        struct options_input input = {.line = line, .size = size, .now = 1772442000000000};
        struct error err = {0};
        void *out = NULL;
        bool ok = options_parse(&magics[i]->options, &input, arena, &out, &err);
        if (!ok && (err.kind == ERROR_NONE || !err.message[0]))
            abort();
        for (size_t j = 0; ok && j < magics[i]->options.count; j++) {
            const struct option *option = &magics[i]->options.options[j];
            int64_t number = 0;
            if (option->type != OPTION_INT || (!option->min && !option->max))
                continue;
            memcpy(&number, (const char *)out + option->offset, sizeof number);
            if (number && (number < option->min || number > option->max))
                abort();
        }
    }
}

/* The first byte says which magic the line is of and where the cursor stands. Folders
 * are only listed. */
static void check_cursor(const char *line, size_t size, size_t choice, struct arena *arena)
{
    size_t count = 0;
    while (magics[count])
        count++;
    const char *name = magics[choice % count]->name;
    struct buf cell;
    buf_init(&cell, 4 * size + 256);
    if (choice & 1)
        buf_addf(&cell, "%%%s ", name);
    text_valid(&cell, line, size);
    size_t points = cell.size ? text_points(cell.data, cell.size) : 0;
    struct inspection at = {
        .text = cell.data ? cell.data : "", .size = cell.size, .cursor = points * choice / 255};
    struct bundle bundle;
    (void)inspect(&at, NULL, arena, &bundle);
    struct completion found = complete(at.text, at.size, at.cursor, NULL, arena);
    if (found.start > found.end || found.end > points || found.count > 500)
        abort();
    buf_release(&cell);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct arena *arena = arena_new();
    const char *line = (const char *)data + 1;
    check_words(line, size - 1, arena);
    check_magics(line, size - 1, arena);
    check_cursor(line, size - 1, data[0], arena);
    arena_free(arena);
    return 0;
}
