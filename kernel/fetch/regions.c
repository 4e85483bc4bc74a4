#include "fetch/regions.h"

#include "aws/reply.h"
#include "base/buf.h"

#include <string.h>

#define GLOBAL "us-east-1"
#define GAPS_LIMIT 4000

static void add_region(struct regions *regions, struct arena *arena, const char *name)
{
    for (size_t i = 0; i < regions->count; i++)
        if (strcmp(regions->names[i], name) == 0)
            return;
    if (*name && regions->count < REGIONS_MOST)
        regions->names[regions->count++] = arena_strdup(arena, name);
}

static bool own_only(struct aws *aws, struct arena *arena, const struct error *why,
                     struct regions *out, struct error *err)
{
    const char *home;
    if (!aws_region(aws, &home, err))
        return false;
    add_region(out, arena, home);
    add_region(out, arena, GLOBAL);
    out->gap =
        arena_printf(arena, "other regions are not known and were not asked: %s", why->message);
    return true;
}

bool regions_find(const struct fetch_request *request, struct arena *arena, struct regions *out,
                  struct error *err)
{
    struct aws *aws = session_aws(request->session);
    struct aws_asking asking = {.op = "ec2:DescribeRegions", .cancel = request->cancel};
    struct error why = {0};
    json_t *reply = NULL;
    *out = (struct regions){.names = arena_alloc(arena, REGIONS_MOST * sizeof *out->names)};
    if (request->region) {
        add_region(out, arena, request->region);
        return true;
    }
    if (!aws_call(aws, &asking, arena, &reply, &why)) {
        if (why.kind != ERROR_AWS) {
            *err = why;
            return false;
        }
        return own_only(aws, arena, &why, out, err);
    }
    for (size_t i = 0; i < reply_count(reply, "regionInfo"); i++) {
        const json_t *found = reply_item(reply, "regionInfo", i);
        if (strcmp(reply_text(found, "optInStatus"), "not-opted-in") != 0)
            add_region(out, arena, reply_text(found, "regionName"));
    }
    return out->count || error_set(err, ERROR_AWS, "ec2:DescribeRegions named no region");
}

const char *regions_gaps(struct arena *arena, const struct region_gap *gaps, size_t count,
                         const char *first)
{
    struct buf text;
    buf_init(&text, GAPS_LIMIT);
    buf_adds(&text, first ? first : "");
    for (size_t i = 0; i < count; i++) {
        bool said = !gaps[i].reason;
        for (size_t before = 0; before < i && !said; before++)
            said = gaps[before].reason && strcmp(gaps[before].reason, gaps[i].reason) == 0;
        if (said)
            continue;
        buf_addf(&text, "%s%s", text.size ? "; " : "", gaps[i].region);
        for (size_t after = i + 1; after < count; after++)
            if (gaps[after].reason && strcmp(gaps[after].reason, gaps[i].reason) == 0)
                buf_addf(&text, ", %s", gaps[after].region);
        buf_addf(&text, ": %s", gaps[i].reason);
    }
    const char *found = text.size ? buf_to_arena(&text, arena) : NULL;
    buf_release(&text);
    return found;
}
