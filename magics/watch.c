#include "base/time.h"
#include "fetch/regions.h"
#include "job/job.h"
#include "magics/responding.h"
#include "magics/targets.h"
#include "magics/watching.h"
#include "response/watch.h"

#include <ctype.h>
#include <string.h>

#define MINUTE (INT64_C(60) * 1000000)
#define ASKED (30 * MINUTE)
#define ASKED_LEAST MINUTE
#define ASKED_MOST (24 * 60 * MINUTE)
#define SINCE_MOST (89 * 24 * 60 * MINUTE) /* CloudTrail's API keeps 90 days */

struct watch_options {
    struct option_list targets, regions;
    const char *asked, *account;
    int64_t since;
};

static const struct option options[] = {
    {.name = "TARGET",
     .value = "TARGET",
     .help = "what is watched, as %contain took it, or @RESULT; all that is contained, if nothing "
             "is given",
     OPT_LIST(struct watch_options, targets),
     .values = VALUES_TARGET},
    {.name = "--for",
     .value = "SPAN",
     .help = "how long: 1m to 24h; 30m if nothing is given",
     OPT_TEXT(struct watch_options, asked)},
    {.name = "--since",
     .value = "T",
     .help = "calls at or after T count, instead of those after the first change",
     OPT_TIME(struct watch_options, since),
     .values = VALUES_TIME},
    {.name = "--region",
     .value = "NAME",
     .help = "only this region, several times for several; all enabled ones if nothing is given",
     OPT_LIST(struct watch_options, regions)},
    {.name = "--account",
     .value = "ID",
     .help = "only what is contained in this account",
     OPT_TEXT(struct watch_options, account)},
};

static bool asked_of(const char *text, int64_t *out, struct error *err)
{
    int64_t now = time_now(), then = 0;
    *out = ASKED;
    if (!text)
        return true;
    bool span = isdigit((unsigned char)*text) && strspn(text, "0123456789") + 1 == strlen(text) &&
                time_parse_relative(text, now, &then);
    *out = now - then;
    if (span && *out >= ASKED_LEAST && *out <= ASKED_MOST)
        return true;
    (void)error_set(err, ERROR_USAGE, "--for takes a span of 1m to 24h, not \"%s\"", text);
    return error_hint(err, "%%watch --for 30m is what AWS's own runbook asks for.");
}

static bool since_is_there(int64_t since, struct error *err)
{
    int64_t now = time_now();
    if (!since || (since <= now && since >= now - SINCE_MOST))
        return true;
    (void)error_set(err, ERROR_USAGE,
                    since > now ? "--since is in the future"
                                : "CloudTrail's API keeps 90 days, and --since "
                                  "is earlier");
    return error_hint(err, "Without it calls count from the containment's first change on.");
}

static bool regions_of(struct magic_call *call, struct watch_span *out, struct error *err)
{
    const struct watch_options *given = call->options;
    struct fetch_request request = {.session = call->session, .cancel = call->cancel};
    struct regions found;
    if (given->regions.count) {
        out->regions = (const char *const *)given->regions.items;
        out->region_count = given->regions.count;
        out->gap = "not asked for (--region)";
        return true;
    }
    if (!regions_find(&request, call->arena, &found, err))
        return false;
    out->regions = (const char *const *)found.names;
    out->region_count = found.count;
    out->gap = found.gap;
    return true;
}

static const char *title_of(const struct watching *watching, const char *asked, struct arena *arena)
{
    const struct suspect *first = watching->plan->suspects;
    const char *what = watching->plan->suspect_count == 1
                           ? first->given
                           : arena_printf(arena, "%zu targets", watching->plan->suspect_count);
    return arena_printf(arena, "%s for %s", what, asked ? asked : "30m");
}

static bool begin(struct magic_call *call, struct response *response,
                  const struct watching *watching, const struct watch_span *span,
                  const struct job_as *as, struct error *err)
{
    const struct watch_options *given = call->options;
    struct job_order job = {
        .kind = &watch_kind, .as = *as, .title = title_of(watching, given->asked, call->arena)};
    json_t *order;
    int64_t number;
    if (!watch_order(response, watching, span, &order, err) ||
        !aws_region(session_aws(call->session), &job.region, err))
        return false;
    job.order = order;
    return call->jobs->begin(call->jobs->state, &job, &number, err);
}

/* A job for each account: false where none was begun, or one could not be. */
static bool begin_all(struct magic_call *call, struct watch_request *request,
                      struct watch_span *span, struct error *err)
{
    struct response *response = responding(call, err);
    const struct watch_options *given = call->options;
    const char **accounts;
    size_t count, begun = 0;
    if (!response || !watch_accounts(response, request, &accounts, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct watching watching;
        struct job_as as = {.account = accounts[i]}; /* the first is the session's own */
        request->home = i ? accounts[i] : NULL;
        request->first = !begun;
        request->others = begun || i + 1 < count;
        if ((i && !response_as(response, accounts[i], &as)) ||
            !watch_find(response, request, &watching, err))
            return false;
        if (!watching.plan->suspect_count)
            continue; /* what is contained is elsewhere */
        if (!(i && !given->regions.count ? watch_regions(response, &watching, span, err)
                                         : regions_of(call, span, err)) ||
            !begin(call, response, &watching, span, &as, err))
            return false;
        begun++;
    }
    return true;
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct watch_options *given = call->options;
    struct option_list targets;
    struct watch_span span = {0};
    if (!call->jobs)
        return error_set(err, ERROR_UNAVAILABLE, "nothing outlives a cell here") ||
               error_hint(err, "A subshell has no jobs: run this in the main console.");
    if (!asked_of(given->asked, &span.asked, err) || !since_is_there(given->since, err) ||
        !targets_expand(call, &given->targets, &targets, err))
        return false;
    struct watch_request request = {.targets = (const char *const *)targets.items,
                                    .target_count = targets.count,
                                    .account = given->account,
                                    .since = given->since};
    return begin_all(call, &request, &span, err);
}

static const struct magic_example examples[] = {
    {"%watch --for 30m", "watching everything that the case has contained"},
};

const struct magic magic_watch = {
    .name = "watch",
    .summary = "watch the silence after a containment: whether somebody still acts, and whether "
               "what contains them stays in place",
    .details =
        "A job: the cell ends at once, its output goes on being replaced, %jobs stop N ends it "
        "with what was seen so far, and a later kernel of the case takes it up. CloudTrail's API "
        "is read in every region, the live state of all that the containment put in place, and at "
        "the end the open lake, where it has newer events (data events as well). It ends when the "
        "horizon of every region has passed the asked time: the earlier of 15 "
        "minutes ago and our own latest call that is seen there, an estimate.\n\n"
        "A denied call tells that somebody still tries; one that got through, or a deny that was "
        "taken away, is said at once and on top: the containment does not hold. Silent is only "
        "what was seen whole: where a region cannot be read it says not proven. Never seen are "
        "data events, calls that fail before authentication (every call with a key that is "
        "inactive), and what an instance does on the network.\n\n"
        "A job asks one account: what is contained in other accounts has a watch of its own where "
        "%set accounts maps them to a profile or a role, and else is said not to be watched.\n\n"
        "%eradicate wants a watch that ended in silence.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_READS,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct watch_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
