/* What could not be seen: one row for each reason, never silence. */
#include "alert/source.h"

#include <ctype.h>
#include <string.h>

#define NAMED_MOST 3 /* regions in the words; the column has all */

struct gap {
    struct gap *next;
    const struct alert_source *source;
    const char *status, *why;
    json_t *regions; /* name -> true, in their order */
};

/* Codes whose meaning differs from service to service, or that a hint says too generally. */
static const struct {
    const char *code, *why;
} reasons[] = {
    {"InvalidAccessException", "is not enabled"},
};

/* A hint's first sentence within a row: "The permission ..." -> "the permission ...". */
static const char *first_sentence(struct arena *arena, const char *hint)
{
    const char *end = strstr(hint, ". ");
    size_t size = end ? (size_t)(end - hint) : strlen(hint);
    size -= size && hint[size - 1] == '.';
    char *text = arena_strndup(arena, hint, size);
    if (islower((unsigned char)text[1])) /* not of AWS */
        text[0] = (char)tolower((unsigned char)text[0]);
    return text;
}

const char *gap_reason(const struct inquiry *inquiry, const char *code, const struct error *why)
{
    struct arena *arena = inquiry->gathering->arena;
    for (size_t i = 0; code && i < COUNT(reasons); i++)
        if (strcmp(reasons[i].code, code) == 0)
            return alert_textf(inquiry, "%s %s", inquiry->source->title, reasons[i].why);
    if (code && why->hint[0])
        return alert_textf(inquiry, "%s (%s)", first_sentence(arena, why->hint), code);
    return alert_text(inquiry, why->message);
}

void gap_add(struct inquiry *inquiry, const char *status, const char *why)
{
    struct gathering *gathering = inquiry->gathering;
    struct gap **link = &gathering->gaps;
    if (strcmp(status, "cut") != 0)
        inquiry->unseen = true;
    while (*link && ((*link)->source != inquiry->source || strcmp((*link)->status, status) != 0 ||
                     strcmp((*link)->why, why) != 0))
        link = &(*link)->next;
    if (!*link) {
        struct gap *gap = arena_alloc(gathering->arena, sizeof *gap);
        *gap = (struct gap){.source = inquiry->source,
                            .status = status,
                            .why = why,
                            .regions = json_own(gathering->arena, json_object())};
        *link = gap;
    }
    if (inquiry->region)
        (void)json_object_set_new((*link)->regions, inquiry->region, json_true());
}

void gap_add_failure(struct inquiry *inquiry, const char *code, const struct error *why)
{
    gap_add(inquiry, "not visible", gap_reason(inquiry, code, why));
}

/* "eu-west-1, eu-west-3" */
static const char *list_regions(struct arena *arena, const struct gap *gap)
{
    const char *list = NULL, *name;
    json_t *value;
    json_object_foreach(gap->regions, name, value)
    {
        list = list ? arena_printf(arena, "%s, %s", list, name) : name;
    }
    return list;
}

void gap_alerts(struct gathering *gathering)
{
    struct arena *arena = gathering->arena;
    for (const struct gap *gap = gathering->gaps; gap; gap = gap->next) {
        struct alert *alert = alert_append(gathering);
        size_t count = json_object_size(gap->regions);
        const char *regions = list_regions(arena, gap);
        const char *place =
            count > NAMED_MOST ? arena_printf(arena, "%zu regions", count) : regions;
        alert->source = gap->source->name;
        alert->status = gap->status;
        alert->account = gathering->account;
        alert->region = regions;
        alert->then = strcmp(gap->status, "cut") == 0
                          ? arena_printf(arena, "%%alerts --source %s --since 24h", alert->source)
                          : gap->source->otherwise;
        alert->what = place ? arena_printf(arena, "%s, in %s", gap->why, place) : gap->why;
    }
}
