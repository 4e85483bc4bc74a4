#include "magics/lake_aws.h"

#include "magics/connect.h"

#include "aws/reply.h"
#include "case/session.h"
#include "lake/glue.h"

#include <string.h>

#define PROBLEMS_SHOWN 20

static void show(struct magic_call *call, const struct glue *glue, const char *warning)
{
    struct table *table = glue_table_of(glue, call->arena);
    struct caption caption = {.title = "Tables that Athena has",
                              .source = "AWS Glue",
                              .total_rows = table->rows,
                              .warning = warning};
    outputs_result(call->outputs, render_table(call->arena, table, &caption));
}

bool lake_show_athena(struct magic_call *call)
{
    struct glue glue;
    glue_remembered(call->session, NULL, call->arena, &glue);
    if (glue.count)
        show(call, &glue, NULL);
    return glue.count > 0;
}

/* What could not be looked at, in words. */
static void say_hidden(struct magic_call *call, const struct glue *glue)
{
    struct prose *prose = prose_new(call->arena);
    size_t hidden = 0;
    for (size_t i = 0; i < glue->database_count; i++) {
        const struct glue_database *database = &glue->databases[i];
        if (!database->problem || hidden++ >= PROBLEMS_SHOWN)
            continue;
        const char *name = *database->name ? database->name : database->catalog;
        prose_bullet(prose, 0, "not visible: %c%s%s: %s", name,
                     database->target ? ", a resource link to " : "",
                     database->target ? database->target : "", database->problem);
    }
    if (hidden > PROBLEMS_SHOWN)
        prose_bullet(prose, 0, "and %d more", (int64_t)(hidden - PROBLEMS_SHOWN));
    if (hidden) {
        prose_paragraph(prose, "%c says what is missing.", "%doctor");
        outputs_display(call->outputs, prose_bundle(prose));
    }
}

static void say_none(struct magic_call *call, const struct glue *glue, const char *region)
{
    struct prose *prose = prose_new(call->arena);
    prose_paragraph(prose,
                    "No table of Security Lake, CloudWatch's unified store or CloudTrail in %d "
                    "databases of Glue in %c.",
                    (int64_t)glue->database_count, region);
    prose_paragraph(prose,
                    "A subscriber's tables are in the Region of the subscription (%c) and need a "
                    "resource link; %c looks for shares that wait.",
                    "--region", "%doctor");
    outputs_display(call->outputs, prose_bundle(prose));
}

bool lake_open_athena(struct magic_call *call, const struct lake_place *place, bool *any,
                      struct error *err)
{
    struct glue_asking asking = {.aws = connect_aws(call),
                                 .region = place->region,
                                 .catalog = place->catalog,
                                 .database = place->database,
                                 .cancel = call->cancel};
    json_t *identity;
    struct glue glue;
    if (!asking.region && !aws_region(asking.aws, &asking.region, err))
        return false;
    if (!connect_ask(call, "sts:GetCallerIdentity", NULL, &identity, err))
        return false;
    asking.account = reply_text(identity, "Account");
    if (!glue_find(&asking, call->arena, &glue, err))
        return false;
    glue_remember(call->session, asking.region, &glue);
    say_hidden(call, &glue);
    if (glue.count)
        show(call, &glue, glue.more ? "there is more than was looked at: name a --database" : NULL);
    else
        say_none(call, &glue, asking.region);
    *any = glue.count > 0;
    return true;
}
