#include "magics/engines.h"

#include "magics/connect.h"

#include "base/text.h"
#include "base/time.h"
#include "case/session.h"
#include "engine/athena_price.h"

#include <string.h>

/* ---- Athena -------------------------------------------------------------------------------------
 */

static const char *either(const char *given, const char *setting)
{
    return given ? given : setting;
}

bool engine_athena(struct magic_call *call, const struct athena_place *place, struct engine **out,
                   struct error *err)
{
    const struct settings *settings = session_settings(call->session);
    struct athena_place here = *place;
    here.aws = connect_aws(call);
    here.local = session_local(call->session, err);
    here.folder = session_exports(call->session, err);
    here.workgroup = either(place->workgroup, settings->workgroup);
    here.catalog = either(place->catalog, settings->catalog);
    here.database = either(place->database, settings->database);
    here.output = either(place->output, settings->output);
    if (!here.local || !here.folder)
        return false;
    *out = athena_engine(call->arena, &here);
    return true;
}

static bool open_athena(struct magic_call *call, struct engine **out, struct error *err)
{
    return engine_athena(call, &(struct athena_place){0}, out, err);
}

static struct athena_price price_of(struct magic_call *call, const struct athena_facts *facts)
{
    struct error ignored = {0};
    const char *region = facts->region;
    if (!region && !aws_region(session_aws(call->session), &region, &ignored))
        region = NULL;
    return athena_price(region);
}

static void say_scanned(struct magic_call *call, const struct athena_facts *facts)
{
    char bytes[32];
    struct athena_price price = price_of(call, facts);
    double usd = athena_cost(price, facts->scanned);
    session_settings_edit(call->session)->spent += usd;
    outputs_printf(call->outputs, "; scanned %s, about USD %.4f%s",
                   text_bytes(facts->scanned, bytes), usd,
                   price.certain ? "" : " at the price of most regions");
}

static void say_athena(struct magic_call *call, const struct engine *engine)
{
    const struct athena_facts *facts = athena_facts(engine);
    char queued[TIME_TEXT_SIZE], run[TIME_TEXT_SIZE];
    if (!*facts->id)
        return;
    outputs_printf(call->outputs, "Athena execution %s", facts->id);
    if (*facts->workgroup)
        outputs_printf(call->outputs, ", workgroup %s", facts->workgroup);
    if (facts->queued_ms >= 0 && facts->run_ms >= 0)
        outputs_printf(call->outputs, ": queued %s, ran %s",
                       time_duration(facts->queued_ms * 1000, queued),
                       time_duration(facts->run_ms * 1000, run));
    if (facts->reused)
        outputs_printf(call->outputs, "; an earlier result was taken, nothing was scanned");
    else if (facts->scanned >= 0)
        say_scanned(call, facts);
    outputs_printf(call->outputs, "\n");
}

/* ---- all of them --------------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    bool (*open)(struct magic_call *call, struct engine **out, struct error *err);
    void (*say)(struct magic_call *call, const struct engine *engine);
    bool paid; /* each query costs money */
} engines[] = {
    {"athena", open_athena, say_athena, true},
};

bool engine_named(struct magic_call *call, const char *name, struct engine **out, struct error *err)
{
    *out = NULL;
    for (size_t i = 0; i < COUNT(engines); i++)
        if (strcmp(engines[i].name, name) == 0)
            return engines[i].open(call, out, err) && engine_may_spend(call, *out, err);
    return true;
}

bool engine_may_spend(struct magic_call *call, const struct engine *engine, struct error *err)
{
    const struct settings *settings = session_settings(call->session);
    for (size_t i = 0; i < COUNT(engines); i++)
        if (strcmp(engines[i].name, engine->ops->name) == 0 && engines[i].paid &&
            settings->budget >= 0 && settings->spent >= settings->budget)
            return error_set(err, ERROR_REFUSED,
                             "the budget of USD %.2f is used up: USD %.4f are spent",
                             settings->budget, settings->spent) ||
                   error_hint(err,
                              "%%set budget N allows more, none all; the hard limit of a query "
                              "is the workgroup's cutoff.");
    return true;
}

void engine_say_cost(struct magic_call *call, const struct engine *engine)
{
    for (size_t i = 0; engine && i < COUNT(engines); i++)
        if (strcmp(engines[i].name, engine->ops->name) == 0)
            engines[i].say(call, engine);
}
