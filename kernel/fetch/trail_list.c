/* Which trail, and which of its files fall into the window. */
#include "fetch/trail.h"

#include "aws/gather.h"
#include "aws/reply.h"
#include "base/buf.h"
#include "base/time.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE ((int64_t)60 * 1000000)
#define DAY (24 * 60 * MINUTE)
#define LATE (60 * MINUTE)         /* an event may come in a file an hour later */
#define DIGEST_LATE (120 * MINUTE) /* and its digest, which is written hourly, after that */
#define LISTS_MOST 5000            /* region-days listed */
#define PAGES_MOST 100             /* of one day in one region: 100,000 files */
#define FILES_MOST 200000

/* ---- which ------------------------------------------------------------------------------------
 */

/* An organization's trail sees all accounts, a multi-region one all regions. */
static int sees(const json_t *found)
{
    return 2 * reply_bool(found, "IsOrganizationTrail") + reply_bool(found, "IsMultiRegionTrail");
}

static const json_t *choose(const json_t *reply)
{
    const json_t *best = NULL;
    for (size_t i = 0; i < reply_count(reply, "trailList"); i++) {
        const json_t *found = reply_item(reply, "trailList", i);
        if (*reply_text(found, "S3BucketName") && (!best || sees(found) > sees(best)))
            best = found;
    }
    return best;
}

bool trail_find(struct trail *trail, struct error *err)
{
    struct aws_asking asking = {.op = "cloudtrail:DescribeTrails",
                                .cancel = trail->request->cancel};
    json_t *reply = NULL;
    if (!aws_call(session_aws(trail->request->session), &asking, trail->arena, &reply, err))
        return false;
    const json_t *found = choose(reply);
    if (!found) {
        (void)error_set(err, ERROR_NOT_FOUND, "no trail is seen in this account and region");
        return error_hint(err, "The API keeps the last 90 days without any trail: --source api.");
    }
    const char *prefix = reply_text(found, "S3KeyPrefix");
    trail->name = arena_strdup(trail->arena, reply_text(found, "Name"));
    trail->bucket = arena_strdup(trail->arena, reply_text(found, "S3BucketName"));
    trail->prefix = arena_printf(trail->arena, "%s%sAWSLogs/", prefix, *prefix ? "/" : "");
    return true;
}

/* ---- folders ----------------------------------------------------------------------------------
 */

struct folders {
    const char **names;
    size_t count, capacity;
};

static void add_folder(struct folders *folders, struct arena *arena, const char *name)
{
    if (folders->count == folders->capacity) {
        size_t capacity = folders->capacity ? 2 * folders->capacity : 32;
        const char **names = arena_alloc(arena, capacity * sizeof *names);
        if (folders->count)
            memcpy(names, folders->names, folders->count * sizeof *names);
        folders->names = names;
        folders->capacity = capacity;
    }
    folders->names[folders->count++] = arena_strdup(arena, name);
}

/* The last part of "AWSLogs/111122223333/". */
static const char *last_part(struct arena *arena, const char *folder)
{
    size_t size = strlen(folder);
    if (size && folder[size - 1] == '/')
        size--;
    size_t begin = size;
    while (begin && folder[begin - 1] != '/')
        begin--;
    return arena_strndup(arena, folder + begin, size - begin);
}

static json_t *list_params(const struct trail *trail, const char *prefix, const char *delimiter)
{
    json_t *params = json_object();
    (void)json_object_set_new(params, "Bucket", json_texts(trail->bucket));
    (void)json_object_set_new(params, "Prefix", json_texts(prefix));
    if (delimiter)
        (void)json_object_set_new(params, "Delimiter", json_texts(delimiter));
    return json_own(trail->arena, params);
}

/* The folders directly below each of these. */
static bool below(struct trail *trail, const struct folders *above, const char *rest,
                  struct folders *out, struct error *err)
{
    struct aws_gathering *lists = arena_alloc(trail->arena, (above->count + 1) * sizeof *lists);
    for (size_t i = 0; i < above->count; i++)
        lists[i] = (struct aws_gathering){
            .op = "s3:ListObjectsV2",
            .pages = 20,
            .params =
                list_params(trail, arena_printf(trail->arena, "%s%s", above->names[i], rest), "/")};
    *out = (struct folders){0};
    if (!aws_gather(session_aws(trail->request->session), lists, above->count,
                    trail->request->cancel, trail->arena, err))
        return false;
    for (size_t i = 0; i < above->count; i++) {
        if (!lists[i].ok) {
            *err = lists[i].error;
            return error_wrap(err, "trail %s, bucket %s", trail->name, trail->bucket);
        }
        for (size_t page = 0; page < json_array_size(lists[i].replies); page++) {
            const json_t *reply = json_array_get(lists[i].replies, page);
            for (size_t j = 0; j < reply_count(reply, "CommonPrefixes"); j++)
                add_folder(out, trail->arena,
                           reply_text(reply_item(reply, "CommonPrefixes", j), "Prefix"));
        }
    }
    return true;
}

static void keep_account(const struct trail *trail, struct folders *accounts)
{
    const char *wanted = trail->request->account;
    size_t kept = 0;
    for (size_t i = 0; i < accounts->count; i++)
        if (!wanted || strcmp(last_part(trail->arena, accounts->names[i]), wanted) == 0)
            accounts->names[kept++] = accounts->names[i];
    accounts->count = kept;
}

/* Folders of accounts; those of an organization lie one deeper. */
static bool find_accounts(struct trail *trail, struct folders *out, struct error *err)
{
    struct folders top = {0}, found, deeper, organizations = {0};
    add_folder(&top, trail->arena, trail->prefix);
    if (!below(trail, &top, "", &found, err))
        return false;
    *out = (struct folders){0};
    for (size_t i = 0; i < found.count; i++) {
        bool organization = strncmp(last_part(trail->arena, found.names[i]), "o-", 2) == 0;
        add_folder(organization ? &organizations : out, trail->arena, found.names[i]);
    }
    if (!below(trail, &organizations, "", &deeper, err))
        return false;
    for (size_t i = 0; i < deeper.count; i++)
        add_folder(out, trail->arena, deeper.names[i]);
    keep_account(trail, out);
    return true;
}

/* ---- files ------------------------------------------------------------------------------------
 */

/* "..._20261123T0205Z_abc.json.gz" or "..._20261123T020512Z.json.gz"; 0: no such name. */
static int64_t time_of(const char *key)
{
    const char *name = strrchr(key, '/');
    for (const char *at = name; at && (at = strchr(at, '_')); at++) {
        char text[32];
        size_t digits = strspn(at + 1, "0123456789");
        size_t clock = digits == 8 && at[9] == 'T' ? strspn(at + 10, "0123456789") : 0;
        int64_t time;
        if ((clock != 4 && clock != 6) || at[10 + clock] != 'Z')
            continue;
        (void)snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", at + 1, at + 5, at + 7,
                       at + 10, at + 12, clock == 6 ? at + 14 : "00");
        return time_parse(text, strlen(text), &time) ? time : 0;
    }
    return 0;
}

struct files {
    struct trail *trail;
    int64_t first, last; /* times of names */
    struct log *list;
    size_t count, capacity;
};

static void add_file(struct files *files, const char *key, const char *region)
{
    struct arena *arena = files->trail->arena;
    int64_t time = time_of(key);
    if (time < files->first || time > files->last)
        return;
    if (files->count == files->capacity) {
        size_t capacity = files->capacity ? 2 * files->capacity : 256;
        struct log *list = arena_alloc(arena, capacity * sizeof *list);
        if (files->count)
            memcpy(list, files->list, files->count * sizeof *list);
        files->list = list;
        files->capacity = capacity;
    }
    files->list[files->count++] =
        (struct log){.key = arena_strdup(arena, key), .region = region, .time = time};
}

/* A day in a region. */
struct day {
    const char *folder; /* ".../CloudTrail/us-east-1/" */
    const char *region;
};

static size_t plan_days(struct files *files, const struct folders *regions,
                        struct aws_gathering **lists, struct day **days)
{
    struct trail *trail = files->trail;
    int64_t first = files->first / DAY, last = files->last / DAY;
    size_t most = regions->count * (size_t)(last - first + 1), count = 0;
    most = most > LISTS_MOST ? LISTS_MOST : most;
    *lists = arena_alloc(trail->arena, (most + 1) * sizeof **lists);
    *days = arena_alloc(trail->arena, (most + 1) * sizeof **days);
    for (size_t i = 0; i < regions->count; i++) {
        const char *region = last_part(trail->arena, regions->names[i]);
        if (trail->request->region && strcmp(trail->request->region, region) != 0)
            continue;
        for (int64_t day = first; day <= last; day++) {
            char text[TIME_TEXT_SIZE];
            time_day(day * DAY, text);
            if (count == most)
                return SIZE_MAX;
            (*days)[count] = (struct day){regions->names[i], region};
            (*lists)[count++] = (struct aws_gathering){
                .op = "s3:ListObjectsV2",
                .pages = PAGES_MOST,
                .params = list_params(trail,
                                      arena_printf(trail->arena, "%s%.4s/%.2s/%.2s/",
                                                   regions->names[i], text, text + 5, text + 8),
                                      NULL)};
        }
    }
    return count;
}

static bool too_many(const char *what, struct error *err)
{
    (void)error_set(err, ERROR_LIMIT, "more than %s in this window", what);
    return error_hint(err, "Narrow it: --since, --until and --region.");
}

static bool read_lists(struct files *files, const struct aws_gathering *lists,
                       const struct day *days, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!lists[i].ok || lists[i].more)
            trail_gap(files->trail, "%s: %s", days[i].folder,
                      lists[i].ok ? "more files than are listed" : lists[i].error.message);
        for (size_t page = 0; page < json_array_size(lists[i].replies); page++) {
            const json_t *reply = json_array_get(lists[i].replies, page);
            for (size_t j = 0; j < reply_count(reply, "Contents"); j++)
                add_file(files, reply_text(reply_item(reply, "Contents", j), "Key"),
                         days[i].region);
        }
    }
    return files->count <= FILES_MOST || too_many("200,000 files", err);
}

static int by_key(const void *a, const void *b)
{
    const struct log *left = a, *right = b;
    return strcmp(left->key, right->key);
}

/* The files of one kind ("CloudTrail/", "CloudTrail-Digest/") in all accounts and regions. */
static bool list_kind(struct files *files, const struct folders *accounts, const char *kind,
                      struct error *err)
{
    struct trail *trail = files->trail;
    struct folders regions;
    struct aws_gathering *lists;
    struct day *days;
    if (!below(trail, accounts, kind, &regions, err))
        return false;
    size_t count = plan_days(files, &regions, &lists, &days);
    if (count == SIZE_MAX)
        return too_many("5,000 days of regions", err);
    if (!aws_gather(session_aws(trail->request->session), lists, count, trail->request->cancel,
                    trail->arena, err) ||
        !read_lists(files, lists, days, count, err))
        return false;
    if (files->count)
        qsort(files->list, files->count, sizeof *files->list, by_key);
    trail->out->calls += (int64_t)count;
    return true;
}

bool trail_list(struct trail *trail, struct error *err)
{
    struct fetched *out = trail->out;
    struct folders accounts;
    struct files logs = {.trail = trail, .first = out->since, .last = out->until + LATE};
    struct files digests = {.trail = trail, .first = out->since, .last = out->until + DIGEST_LATE};
    if (!find_accounts(trail, &accounts, err) || !list_kind(&logs, &accounts, "CloudTrail/", err) ||
        !list_kind(&digests, &accounts, "CloudTrail-Digest/", err))
        return false;
    trail->logs = logs.list;
    trail->log_count = logs.count;
    trail->digests = digests.list;
    trail->digest_count = digests.count;
    return true;
}
