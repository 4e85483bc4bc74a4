#include "response/shares.h"

#include "aws/gather.h"
#include "base/time.h"

#include <stdlib.h>
#include <string.h>

#define REGIONS_MOST 100 /* AWS has fewer */
#define PAGES 10
#define PAGE 1000

static const struct share_kind kinds[] = {
    {"snapshot", "snap-", "ec2:DescribeSnapshots", "snapshotSet", "snapshotId", "startTime",
     "ec2:DescribeSnapshotAttribute", "createVolumePermission", "createVolumePermission",
     "ec2:ModifySnapshotAttribute", "SnapshotId", "InvalidSnapshot.NotFound"},
    {"image", "ami-", "ec2:DescribeImages", "imagesSet", "imageId", "creationDate",
     "ec2:DescribeImageAttribute", "launchPermission", "launchPermission",
     "ec2:ModifyImageAttribute", "ImageId", "InvalidAMIID.NotFound"},
};

const struct share_kind *share_kind_of(const char *id)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strncmp(id, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
            return &kinds[i];
    return NULL;
}

json_t *share_params(const struct share_kind *kind, const char *id, struct arena *arena)
{
    return plan_pack(arena, "{s:s, s:s}", kind->parameter, id, "Attribute", kind->attribute);
}

static const struct share_grantee grantees[] = {
    {"userId", "UserId"},
    {"group", "UserGroup"},
    {"organizationArn", "OrganizationArn"},
    {"organizationalUnitArn", "OrganizationalUnitArn"},
};

const struct share_grantee *share_grantee_of(const char *who)
{
    bool arn = strncmp(who, "arn:", 4) == 0;
    return &grantees[arn && strstr(who, ":ou/") ? 3 : arn ? 2 : strcmp(who, "all") == 0 ? 1 : 0];
}

bool share_is_meant(const struct plan *plan, const char *forensics, const char *who)
{
    bool meant = forensics && strcmp(forensics, who) == 0;
    for (const struct suspect *one = plan->suspects; one && !meant; one = one->next)
        meant = strcmp(json_get_string(one->wishes, "share", ""), who) == 0;
    return meant;
}

json_t *share_grants(const struct share_kind *kind, const json_t *reply)
{
    json_t *made = json_object();
    for (size_t i = 0; i < reply_count(reply, kind->granted); i++)
        for (size_t j = 0; j < COUNT(grantees); j++) {
            const json_t *one = reply_item(reply, kind->granted, i);
            const char *who = reply_text(one, grantees[j].reply);
            if (*who)
                json_object_set_new(made, who, json_true());
        }
    return made;
}

/* ---- where --------------------------------------------------------------------------------------
 */

/* All enabled regions; where they cannot be listed, the client's own. */
static bool enabled_regions(struct response *response, const struct access *access, json_t *picture,
                            json_t *regions, struct error *err)
{
    struct aws_gathering all = {.op = "ec2:DescribeRegions", .credentials = access->credentials};
    if (!aws_gather(response->with.aws, &all, 1, response->with.cancel, response->arena, err))
        return false;
    const json_t *reply = json_array_get(all.replies, 0);
    for (size_t i = 0; i < reply_count(reply, "regionInfo"); i++) {
        const json_t *one = reply_item(reply, "regionInfo", i);
        if (strcmp(reply_text(one, "optInStatus"), "not-opted-in") != 0 &&
            json_object_size(regions) < REGIONS_MOST)
            json_object_set_new(regions, reply_text(one, "regionName"), json_object());
    }
    if (!all.ok) {
        account_partial(response, picture, "sharing of snapshots in other regions", all.code);
        json_object_set_new(regions, response->region, json_object());
    }
    return true;
}

static bool regions_of(struct response *response, const struct access *access,
                       const json_t *earlier, json_t *picture, struct error *err)
{
    json_t *regions = json_object(), *had = json_object_get(earlier, "shares"), *one;
    const char *name;
    json_object_set_new(picture, "shares", regions);
    if (!earlier)
        return enabled_regions(response, access, picture, regions, err);
    json_object_foreach(had, name, one)
    {
        json_object_set_new(regions, name, json_object());
    }
    return true;
}

/* ---- what there is ------------------------------------------------------------------------------
 */

struct listing {
    const char *region;
    const struct share_kind *kind;
};

static json_t *own_things(struct arena *arena)
{
    return plan_pack(arena, "{s:[s], s:i}", "Owner", "self", "MaxResults", PAGE);
}

static void add_items(json_t *items, const struct share_kind *kind, const json_t *replies)
{
    for (size_t page = 0; page < json_array_size(replies); page++) {
        const json_t *reply = json_array_get(replies, page);
        for (size_t i = 0; i < reply_count(reply, kind->list); i++) {
            const json_t *one = reply_item(reply, kind->list, i);
            json_object_set_new(
                items, reply_text(one, kind->id),
                json_pack("{s:I}", "made", (json_int_t)reply_time(one, kind->made)));
        }
    }
}

/* Regions that could not be read, by the reason: one line each. */
static void say_unread(struct response *response, json_t *picture, const json_t *gaps)
{
    const char *why, *region;
    json_t *regions, *one;
    json_object_foreach((json_t *)(uintptr_t)gaps, why, regions)
    {
        const char *list = NULL;
        json_object_foreach(regions, region, one)
        {
            json_object_del(json_object_get(picture, "shares"), region);
            list =
                arena_printf(response->arena, "%s%s%s", list ? list : "", list ? ", " : "", region);
        }
        account_partial(response, picture,
                        arena_printf(response->arena, "sharing of snapshots in %s", list), why);
    }
}

static void unread(json_t *gaps, const char *region, const char *why)
{
    if (!json_object_get(gaps, why))
        json_object_set_new(gaps, why, json_object());
    json_object_set_new(json_object_get(gaps, why), region, json_true());
}

static bool read_lists(struct response *response, const struct access *access, json_t *picture,
                       struct error *err)
{
    struct arena *arena = response->arena;
    json_t *regions = json_object_get(picture, "shares"), *items;
    size_t count = 0, most = json_object_size(regions) * COUNT(kinds);
    struct aws_gathering *list = arena_alloc(arena, (most + 1) * sizeof *list);
    struct listing *of = arena_alloc(arena, (most + 1) * sizeof *of);
    const char *region;
    json_object_foreach(regions, region, items)
    {
        for (size_t i = 0; i < COUNT(kinds); i++) {
            of[count] = (struct listing){arena_strdup(arena, region), &kinds[i]};
            list[count] = (struct aws_gathering){.op = kinds[i].list_op,
                                                 .params = own_things(arena),
                                                 .region = of[count].region,
                                                 .credentials = access->credentials,
                                                 .pages = PAGES};
            count++;
        }
    }
    if (!aws_gather(response->with.aws, list, count, response->with.cancel, arena, err))
        return false;
    json_t *gaps = json_own(arena, json_object());
    for (size_t i = 0; i < count; i++) {
        if (list[i].ok && !list[i].more)
            add_items(json_object_get(regions, of[i].region), of[i].kind, list[i].replies);
        else
            unread(gaps, of[i].region,
                   list[i].more   ? "there are too many"
                   : list[i].code ? list[i].code
                                  : "no answer");
    }
    say_unread(response, picture, gaps);
    return true;
}

/* ---- who may use it -----------------------------------------------------------------------------
 */

struct sharing {
    const char *region, *id;
    const struct share_kind *kind;
    json_t *item;
    int64_t made;
};

static int newest_first(const void *a, const void *b)
{
    const struct sharing *one = a, *other = b;
    return one->made < other->made ? 1 : one->made > other->made ? -1 : strcmp(one->id, other->id);
}

/* The newest of one kind in a region; what is beyond is said. */
static size_t choose(struct response *response, json_t *picture, const struct listing *of,
                     struct sharing *out)
{
    json_t *items = json_object_get(json_object_get(picture, "shares"), of->region), *item;
    size_t count = 0;
    const char *id;
    struct sharing *all = arena_alloc(response->arena, (json_object_size(items) + 1) * sizeof *all);
    json_object_foreach(items, id, item)
    {
        if (share_kind_of(id) == of->kind)
            all[count++] =
                (struct sharing){of->region, id, of->kind, item, json_get_int(item, "made", 0)};
    }
    qsort(all, count, sizeof *all, newest_first);
    if (count > SHARES_MOST)
        account_partial(
            response, picture,
            arena_printf(response->arena, "sharing of older %ss in %s", of->kind->word, of->region),
            "only the newest are looked at");
    count = count > SHARES_MOST ? SHARES_MOST : count;
    if (count)
        memcpy(out, all, count * sizeof *all);
    return count;
}

static bool read_grants(struct response *response, const struct access *access, json_t *picture,
                        struct error *err)
{
    struct arena *arena = response->arena;
    json_t *regions = json_object_get(picture, "shares"), *items;
    size_t count = 0, most = json_object_size(regions) * COUNT(kinds) * SHARES_MOST;
    struct sharing *of = arena_alloc(arena, (most + 1) * sizeof *of);
    const char *region;
    json_object_foreach(regions, region, items)
    {
        for (size_t i = 0; i < COUNT(kinds); i++)
            count += choose(response, picture, &(struct listing){region, &kinds[i]}, of + count);
    }
    struct aws_gathering *list = arena_alloc(arena, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct aws_gathering){.op = of[i].kind->get_op,
                                         .params = share_params(of[i].kind, of[i].id, arena),
                                         .region = of[i].region,
                                         .credentials = access->credentials};
    if (!aws_gather(response->with.aws, list, count, response->with.cancel, arena, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (list[i].ok)
            json_object_set_new(of[i].item, "to",
                                share_grants(of[i].kind, json_array_get(list[i].replies, 0)));
        else if (!list[i].code || strcmp(list[i].code, of[i].kind->absent) != 0)
            account_partial(response, picture, "who may use a snapshot", list[i].code);
    }
    return true;
}

bool shares_read(struct response *response, const struct access *access, const json_t *earlier,
                 json_t *picture, struct error *err)
{
    return regions_of(response, access, earlier, picture, err) &&
           read_lists(response, access, picture, err) &&
           read_grants(response, access, picture, err);
}

/* ---- at a glance --------------------------------------------------------------------------------
 */

#define GLANCE (INT64_C(300) * 1000) /* microseconds from its begin that the denies wait for it */
#define GLANCE_WINDOW 8              /* no burst of new connections beside what else is asked */

/* One call: a list, or who may use one of it. */
struct look {
    const struct access *access;
    json_t *picture; /* of the account */
    struct listing of;
    const char *id; /* NULL: the list */
    struct aws_call *call;
    bool over;
    struct look *next;
};

struct glance {
    struct response *response;
    int64_t until;    /* monotonic */
    json_t *pictures; /* by account */
    struct look *first, *last;
};

static void look_at(struct glance *glance, struct look wanted)
{
    struct look *look = arena_alloc(glance->response->arena, sizeof *look);
    *look = wanted;
    if (glance->last)
        glance->last->next = look;
    else
        glance->first = look;
    glance->last = look;
}

static void begin_look(const struct glance *glance, struct look *look)
{
    struct arena *arena = glance->response->arena;
    const struct share_kind *kind = look->of.kind;
    struct error ignored = {0};
    struct aws_asking asking = {.op = look->id ? kind->get_op : kind->list_op,
                                .params = look->id ? share_params(kind, look->id, arena)
                                                   : own_things(arena),
                                .region = look->of.region,
                                .credentials = look->access->credentials,
                                .cancel = glance->response->with.cancel};
    look->call = aws_start(glance->response->with.aws, &asking, &ignored);
    look->over = !look->call;
}

/* Of a list the grants are asked for next; one of several pages is not known as a whole. */
static void take_list(struct glance *glance, const struct look *look, const json_t *reply)
{
    struct arena *arena = glance->response->arena;
    const struct share_kind *kind = look->of.kind;
    json_t *items = json_object_get(json_object_get(look->picture, "shares"), look->of.region);
    json_t *page = json_own(arena, json_array());
    struct sharing *of = arena_alloc(arena, (SHARES_MOST + 1) * sizeof *of);
    json_array_append(page, (json_t *)(uintptr_t)reply);
    add_items(items, kind, page);
    size_t count = choose(glance->response, look->picture, &look->of, of);
    for (size_t i = 0; i < count; i++) {
        struct look grants = {.access = look->access, .picture = look->picture, .of = look->of};
        grants.id = arena_strdup(arena, of[i].id);
        look_at(glance, grants);
    }
    if (!aws_turn(aws_op(kind->list_op), reply, json_own(arena, json_object())))
        json_object_set_new(json_object_get(look->picture, "listed"),
                            arena_printf(arena, "%s %s", look->of.region, kind->word), json_true());
}

static void take_look(struct glance *glance, struct look *look)
{
    struct error ignored = {0};
    json_t *reply;
    json_t *items = json_object_get(json_object_get(look->picture, "shares"), look->of.region);
    bool ok = aws_reply(look->call, &reply, &ignored);
    if (ok && look->id)
        json_object_set_new(json_object_get(items, look->id), "to",
                            share_grants(look->of.kind, reply));
    else if (ok)
        take_list(glance, look, reply);
    aws_end(look->call);
    look->call = NULL;
    look->over = true;
}

/* Takes what came, begins what there is room for; false: all is over. */
static bool go_on(struct glance *glance)
{
    size_t under_way = 0;
    bool left = false;
    for (struct look *look = glance->first; look; look = look->next) {
        if (look->call && aws_done(look->call))
            take_look(glance, look);
        else if (!look->call && !look->over && under_way < GLANCE_WINDOW)
            begin_look(glance, look);
        under_way += look->call != NULL;
        left = left || !look->over;
    }
    return left;
}

static void go_on_alongside(void *glance)
{
    (void)go_on(glance);
}

/* Where there was something when the plan was made comes first. */
static void look_over(struct glance *glance, const struct access *access, const json_t *earlier)
{
    struct look look = {.access = access, .picture = json_pack("{s:{}, s:{}}", "shares", "listed")};
    const char *region;
    json_t *items, *had = json_object_get(earlier, "shares");
    json_object_set_new(glance->pictures, access->account, look.picture);
    for (int empty = 0; empty < 2; empty++)
        json_object_foreach(had, region, items)
        {
            json_object_set_new(json_object_get(look.picture, "shares"), region, json_object());
            look.of.region = arena_strdup(glance->response->arena, region);
            for (size_t i = 0; i < COUNT(kinds) && (json_object_size(items) == 0) == empty; i++) {
                look.of.kind = &kinds[i];
                look_at(glance, look);
            }
        }
}

struct glance *shares_glance(struct response *response)
{
    struct glance *glance = arena_alloc(response->arena, sizeof *glance);
    const char *account;
    json_t *earlier;
    *glance = (struct glance){.response = response,
                              .until = time_monotonic() + GLANCE,
                              .pictures = json_own(response->arena, json_object())};
    json_object_foreach(response->before, account, earlier)
    {
        const struct access *access;
        struct error ignored = {0}; /* who asks for more says it */
        if (json_object_get(earlier, "shares") && access_find(response, account, &access, &ignored))
            look_over(glance, access, earlier);
    }
    aws_alongside(response->with.aws, go_on_alongside, glance);
    return glance;
}

bool shares_glanced(struct glance *glance, json_t *start, struct error *err)
{
    struct response *response = glance->response;
    struct cancel *cancel = response->with.cancel;
    const char *account;
    json_t *picture;
    bool stopped = false;
    aws_alongside(response->with.aws, NULL, NULL);
    while (start && !stopped && go_on(glance) && time_monotonic() < glance->until) {
        aws_wait(response->with.aws, cancel, glance->until);
        aws_step(response->with.aws);
        stopped = cancel && cancel_raised(cancel);
    }
    for (struct look *look = glance->first; look; look = look->next)
        aws_end(look->call);
    json_object_foreach(glance->pictures, account, picture)
    {
        json_t *made = json_object_get(start, account);
        if (made)
            json_object_update(made, picture);
    }
    return !stopped || error_set(err, ERROR_INTERRUPTED, "interrupted");
}

enum shared shares_since(const json_t *picture, const struct new_thing *thing, struct arena *arena)
{
    const char *who, *kind = share_kind_of(thing->name)->word;
    json_t *granted;
    const json_t *region = json_object_get(json_object_get(picture, "shares"), thing->owner);
    const json_t *item = json_object_get(region, thing->name), *to = json_object_get(item, "to");
    bool listed = json_object_get(json_object_get(picture, "listed"),
                                  arena_printf(arena, "%s %s", thing->owner, kind));
    if (!to)
        return listed && !item ? SHARED_SINCE : SHARED_UNKNOWN;
    json_object_foreach((json_t *)(uintptr_t)thing->is, who, granted)
    {
        if (!json_object_get(to, who))
            return SHARED_SINCE;
    }
    return SHARED_BEFORE;
}
