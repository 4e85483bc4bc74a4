#include "alert/source.h"

#include "aws/endpoint.h"
#include "base/text.h"
#include "base/time.h"

#include <string.h>

#define ATTEMPT_MS 20000  /* a region that hangs is not waited for longer, three times */
#define UNDER_WAY_MOST 64 /* calls at once */
#define REGIONS_MOST 100  /* AWS has fewer */
#define TICK 200000       /* microseconds between two looks at the progress */

static const struct alert_source *const sources[] = {
    &alert_support,     &alert_trustedadvisor, &alert_health,      &alert_guardduty,
    &alert_securityhub, &alert_quarantine,     &alert_credentials,
};

const char *const alert_source_names[] = {
    "support",     "trustedadvisor", "health",      "guardduty",
    "securityhub", "quarantine",     "credentials", NULL};

/* ---- what sources do ----------------------------------------------------------------------------
 */

void alert_ask(struct inquiry *inquiry, const struct alert_call *given)
{
    struct gathering *gathering = inquiry->gathering;
    struct alert_call *call = arena_alloc(gathering->arena, sizeof *call);
    *call = *given;
    call->params = json_own(gathering->arena, given->params ? given->params : json_object());
    call->inquiry = inquiry;
    call->due = time_monotonic() + given->pause;
    call->next = NULL;
    call->aws = NULL;
    *gathering->last = call;
    gathering->last = &call->next;
    gathering->begun++;
}

void alert_ask_on(const struct alert_call *call, const json_t *reply)
{
    const struct alert_source *source = call->inquiry->source;
    struct alert_call next = *call;
    char number[32];
    next.params = json_copy(call->params);
    next.pause = 0;
    next.page++;
    bool more = aws_turn(aws_op(call->op), reply, next.params);
    if (more && next.page < source->pages) {
        alert_ask(call->inquiry, &next);
        return;
    }
    json_decref(next.params);
    if (more)
        gap_add(call->inquiry, "cut",
                alert_textf(call->inquiry, "only %s are read, there are more",
                            text_number((int64_t)source->page * source->pages, number)));
}

struct alert *alert_append(struct gathering *gathering)
{
    struct alert *alert = arena_alloc(gathering->arena, sizeof *alert);
    *gathering->last_alert = alert;
    gathering->last_alert = &alert->next;
    return alert;
}

struct alert *alert_add(struct inquiry *inquiry)
{
    struct alert *alert = alert_append(inquiry->gathering);
    alert->source = inquiry->source->name;
    alert->region = inquiry->region;
    inquiry->taken++;
    return alert;
}

const char *alert_text(const struct inquiry *inquiry, const char *text)
{
    size_t size = text ? strlen(text) : 0;
    if (!size)
        return NULL;
    char *copy = arena_strndup(inquiry->gathering->arena, text, text_cut(text, size, ALERT_TEXT));
    for (char *at = copy; (at = strpbrk(at, "\r\n\t")); at++)
        *at = ' ';
    return copy;
}

const char *alert_textf(const struct inquiry *inquiry, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(inquiry->gathering->arena, format, args);
    va_end(args);
    return alert_text(inquiry, text);
}

const char *alert_name(const char *arn)
{
    const char *slash = strrchr(arn, '/'), *colon = strrchr(arn, ':');
    const char *last = !colon || (slash && slash > colon) ? slash : colon;
    return last ? last + 1 : arn;
}

/* ---- beginning ----------------------------------------------------------------------------------
 */

static struct inquiry *inquire(struct gathering *gathering, const struct alert_source *source,
                               const char *region)
{
    struct inquiry *inquiry = arena_alloc(gathering->arena, sizeof *inquiry);
    inquiry->gathering = gathering;
    inquiry->source = source;
    inquiry->region = region;
    inquiry->next = gathering->inquiries;
    gathering->inquiries = inquiry;
    return inquiry;
}

static bool is_wanted(const struct gathering *gathering, const struct alert_source *source)
{
    const char *only = gathering->request->source;
    return !only || strcmp(only, source->name) == 0;
}

static void begin(struct gathering *gathering, bool regional, const char *region)
{
    for (size_t i = 0; i < COUNT(sources); i++)
        if (sources[i]->regional == regional && is_wanted(gathering, sources[i]))
            sources[i]->begin(inquire(gathering, sources[i], region));
    gathering->regions += regional;
}

static void take_account(struct alert_call *call, const json_t *reply)
{
    struct gathering *gathering = call->inquiry->gathering;
    gathering->account = arena_strdup(gathering->arena, reply_text(reply, "Account"));
}

static void take_regions(struct alert_call *call, const json_t *reply)
{
    struct gathering *gathering = call->inquiry->gathering;
    size_t count = reply_count(reply, "regionInfo");
    for (size_t i = 0; i < count && i < REGIONS_MOST; i++) {
        const char *name = reply_text(reply_item(reply, "regionInfo", i), "regionName");
        if (*name)
            begin(gathering, true, arena_strdup(gathering->arena, name));
    }
}

/* Which regions there are is not known: the client's own, and each regional source says so. */
static bool without_regions(struct alert_call *call, const char *code, const struct error *why)
{
    struct gathering *gathering = call->inquiry->gathering;
    const char *reason =
        arena_printf(gathering->arena, "only %s was asked, other regions are not known: %s",
                     gathering->home, gap_reason(call->inquiry, code, why));
    for (size_t i = 0; i < COUNT(sources); i++)
        if (sources[i]->regional && is_wanted(gathering, sources[i]))
            gap_add(inquire(gathering, sources[i], NULL), "not visible", reason);
    begin(gathering, true, gathering->home);
    return true;
}

static void begin_all(struct gathering *gathering)
{
    /* what is asked for all sources together; never a row of its own */
    static const struct alert_source nobody = {.name = "", .title = "AWS", .otherwise = NULL};
    struct inquiry *own = arena_alloc(gathering->arena, sizeof *own);
    bool regional = false;
    *own = (struct inquiry){.gathering = gathering, .source = &nobody};
    alert_ask(own, &(struct alert_call){.op = "sts:GetCallerIdentity",
                                        .expects = "Account",
                                        .vital = true,
                                        .take = take_account});
    begin(gathering, false, NULL);
    for (size_t i = 0; i < COUNT(sources); i++)
        regional = regional || (sources[i]->regional && is_wanted(gathering, sources[i]));
    if (regional && gathering->request->region)
        begin(gathering, true, gathering->request->region);
    else if (regional)
        alert_ask(own, &(struct alert_call){.op = "ec2:DescribeRegions",
                                            .expects = "regionInfo",
                                            .take = take_regions,
                                            .forgive = without_regions});
}

/* ---- the loop -----------------------------------------------------------------------------------
 */

static void failed(struct alert_call *call, const char *code, const struct error *why)
{
    struct gathering *gathering = call->inquiry->gathering;
    if (call->vital)
        gathering->error = *why;
    else if (!call->forgive || !call->forgive(call, code, why))
        gap_add_failure(call->inquiry, code, why);
}

static void take(struct alert_call *call)
{
    struct error err = {0};
    json_t *reply = NULL;
    bool ok = aws_reply(call->aws, &reply, &err);
    if (ok && call->expects && !reply_at(reply, call->expects))
        ok = error_set(&err, ERROR_UNAVAILABLE, "%s: the answer is none of AWS's", call->op);
    if (ok)
        call->take(call, reply);
    else
        failed(call, aws_call_facts(call->aws)->code, &err);
}

/* False, and told, if it cannot even be sent. */
static bool start(struct alert_call *call)
{
    const struct gathering *gathering = call->inquiry->gathering;
    struct aws_asking asking = {
        .op = call->op,
        .params = call->params,
        .region = call->region ? call->region : call->inquiry->region,
        .cancel = gathering->request->cancel,
        .total_ms = ATTEMPT_MS,
    };
    struct error err = {0};
    call->aws = aws_start(gathering->request->aws, &asking, &err);
    if (!call->aws)
        failed(call, NULL, &err);
    return call->aws != NULL;
}

static void drop(struct gathering *gathering, struct alert_call **link)
{
    struct alert_call *call = *link;
    aws_end(call->aws);
    gathering->done++;
    *link = call->next;
    if (!call->next)
        gathering->last = link;
}

/* Starts what is due and takes what is done, which may append to the list. */
static void step(struct gathering *gathering)
{
    int64_t now = time_monotonic();
    size_t under_way = 0;
    struct alert_call **link = &gathering->first;
    while (*link) {
        struct alert_call *call = *link;
        bool over = call->aws && aws_done(call->aws);
        if (over)
            take(call);
        else if (!call->aws && call->due <= now && under_way < UNDER_WAY_MOST)
            over = !start(call);
        under_way += call->aws && !over;
        if (over)
            drop(gathering, link);
        else
            link = &call->next;
    }
}

static void show_progress(const struct gathering *gathering)
{
    const struct alert_call *call = gathering->first;
    if (!gathering->request->outputs || !call)
        return;
    const char *region = call->inquiry->region;
    outputs_progress(gathering->request->outputs, "%zu of %zu answers; waiting for %s%s%s",
                     gathering->done, gathering->begun, call->op, region ? " in " : "",
                     region ? region : "");
}

static bool gather(struct gathering *gathering, struct error *err)
{
    struct aws *aws = gathering->request->aws;
    struct cancel *cancel = gathering->request->cancel;
    begin_all(gathering);
    while (gathering->first && gathering->error.kind == ERROR_NONE) {
        if (cancel && cancel_raised(cancel))
            return error_set(err, ERROR_INTERRUPTED,
                             "interrupted: %zu of %zu answers were there, nothing is kept",
                             gathering->done, gathering->begun);
        step(gathering);
        aws_wait(aws, cancel, time_monotonic() + TICK);
        aws_step(aws);
        show_progress(gathering);
    }
    if (gathering->error.kind != ERROR_NONE)
        *err = gathering->error;
    return gathering->error.kind == ERROR_NONE;
}

static void release(void *state)
{
    struct gathering *gathering = state;
    for (struct alert_call *call = gathering->first; call; call = call->next)
        aws_end(call->aws);
}

/* ---- the answer ---------------------------------------------------------------------------------
 */

static void count_sources(const struct gathering *gathering, struct alerts *out)
{
    for (size_t i = 0; i < COUNT(sources); i++) {
        bool seen = false, unseen = false;
        for (const struct inquiry *one = gathering->inquiries; one; one = one->next) {
            if (one->source != sources[i])
                continue;
            seen = seen || one->taken || !one->unseen;
            unseen = unseen || one->unseen;
        }
        out->seen += seen;
        out->partly += seen && unseen;
        out->blind += unseen && !seen;
    }
}

/* Security Hub repeats what GuardDuty says, under the same id. */
static bool is_repeated(const struct alert *alert, const json_t *guardduty)
{
    return strcmp(alert->source, alert_securityhub.name) == 0 && alert->id &&
           json_object_get(guardduty, alert->id);
}

static void collect(struct gathering *gathering, struct alerts *out)
{
    json_t *guardduty = json_own(gathering->arena, json_object());
    int64_t since = gathering->request->since;
    for (const struct alert *alert = gathering->alerts; alert; alert = alert->next)
        if (strcmp(alert->source, alert_guardduty.name) == 0 && alert->id)
            (void)json_object_set_new(guardduty, alert->id, json_true());
    struct alert **link = &gathering->alerts;
    while (*link) {
        struct alert *alert = *link;
        if ((alert->time && alert->time < since) || is_repeated(alert, guardduty)) {
            *link = alert->next;
            continue;
        }
        alert->account = alert->account ? alert->account : gathering->account;
        out->count++;
        link = &alert->next;
    }
    gathering->last_alert = link;
    gap_alerts(gathering);
    out->first = gathering->alerts;
    out->account = gathering->account;
    out->regions = gathering->regions;
    count_sources(gathering, out);
}

static bool check_region(const char *region, struct arena *arena, struct error *err)
{
    struct aws_place place = {.region = region};
    struct aws_endpoint ignored;
    return !region || aws_endpoint(aws_service_of(aws_op("guardduty:ListDetectors")), &place, arena,
                                   &ignored, err);
}

bool alerts_ask(const struct alerts_request *request, struct arena *arena, struct alerts *out,
                struct error *err)
{
    struct gathering *gathering = arena_alloc(arena, sizeof *gathering);
    const struct aws_credentials *credentials;
    gathering->request = request;
    gathering->arena = arena;
    gathering->last = &gathering->first;
    gathering->last_alert = &gathering->alerts;
    *out = (struct alerts){0};
    if (!check_region(request->region, arena, err) ||
        !aws_region(request->aws, &gathering->home, err) ||
        !aws_find_credentials(request->aws, request->cancel, &credentials, err))
        return false;
    bool ok = gather(gathering, err);
    release(gathering);
    if (request->outputs)
        outputs_progress_end(request->outputs, NULL);
    if (ok)
        collect(gathering, out);
    return ok;
}
