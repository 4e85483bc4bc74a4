#include "magics/price.h"

#include "base/sql.h"
#include "base/text.h"
#include "case/session.h"
#include "engine/athena_bound.h"

#include <string.h>
#include <strings.h>

#define KNOWN "sizes of Athena's tables"

struct athena_price price_of(struct magic_call *call, const char *region)
{
    struct error ignored = {0};
    if (!region && !aws_region(session_aws(call->session), &region, &ignored))
        region = NULL;
    return athena_price(region);
}

static void release_known(void *object)
{
    athena_known_free(object);
}

/* Another profile may see other tables. */
static struct athena_known *known_of(struct magic_call *call, struct aws *aws)
{
    const char *name = arena_printf(call->arena, KNOWN " as %s", aws_profile(aws));
    if (!session_kept(call->session, name))
        session_keep(call->session, name, athena_known_new(), release_known);
    return session_kept(call->session, name);
}

/* SHOW, DESCRIBE and EXPLAIN cost nothing. */
static bool is_free(const struct engine_request *request, struct arena *arena)
{
    static const char *const paid[] = {"SELECT", "WITH", "VALUES", "TABLE", "("};
    struct sql_text text = sql_parse(arena, request->sql, request->size);
    const char *analyze = "ANALYZE";
    if (!text.count)
        return true;
    const struct sql_statement *statement = &text.statements[0];
    size_t inner = statement->body - statement->offset;
    for (size_t i = 0; statement->explain && i + strlen(analyze) <= inner; i++)
        if (strncasecmp(request->sql + statement->offset + i, analyze, strlen(analyze)) == 0)
            return false;
    for (size_t i = 0; i < COUNT(paid); i++)
        if (strcmp(paid[i], statement->verb) == 0)
            return statement->explain;
    return true;
}

static bool fits(const struct session *session, const struct athena_bound *bound, double usd,
                 struct error *err)
{
    char bytes[32];
    double budget = session_settings(session)->budget, left = budget - session_spent(session);
    if (budget < 0 || usd <= left)
        return true;
    (void)error_set(err, ERROR_REFUSED,
                    "the query may scan up to %s for USD %.4f, and of the budget USD %.4f are left",
                    text_bytes(bound->bytes, bytes), usd, left > 0 ? left : 0);
    return error_hint(err, "Narrow it (eventday, region, accountid), or allow more: %%set budget "
                           "N. A hard cap on a query is only the workgroup's data limit.");
}

bool price_before(struct magic_call *call, const struct athena_place *place,
                  const struct engine_request *request, struct arena *arena, struct error *err)
{
    const struct settings *settings = session_settings(call->session);
    struct athena_bound_asking asking = {
        .aws = place->aws,
        .known = known_of(call, place->aws),
        .region = place->region,
        .catalog = place->catalog,
        .database = place->database,
        .cancel = call->cancel,
    };
    struct athena_bound bound;
    char bytes[32];
    if (is_free(request, arena))
        return true;
    if (!athena_find_bound(&asking, request, arena, &bound, err))
        return false;
    if (bound.bytes < 0) {
        outputs_printf(call->outputs, "Price before: unknown (%s)%s\n", bound.why,
                       settings->budget < 0 ? ""
                                            : "; the budget cannot hold it, only the workgroup's "
                                              "data limit can");
        outputs_flush(call->outputs);
        return true;
    }
    struct athena_price price = price_of(call, place->region);
    double usd = athena_cost(price, bound.bytes);
    if (!fits(call->session, &bound, usd, err))
        return false;
    outputs_printf(call->outputs, "Price before: at most %s, USD %.4f%s\n",
                   text_bytes(bound.bytes, bytes), usd,
                   price.certain ? "" : " at the price of most regions");
    outputs_flush(call->outputs);
    return true;
}
