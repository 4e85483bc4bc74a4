#include "magics/background.h"
#include "magics/engines.h"
#include "magics/sql.h"

#include "case/session.h"

struct trino_options {
    struct query_options query; /* first: the rows of OPT_QUERY point into it */
    const char *server, *user, *catalog, *schema, *session, *ca;
    bool password;
};

static const struct option options[] = {
    OPT_QUERY,
    OPT_BACKGROUND,
    {.name = "--server",
     .value = "URL",
     .help = "the cluster: https://trino.example:8443",
     OPT_TEXT(struct trino_options, server)},
    {.name = "--user",
     .value = "NAME",
     .help = "as whom it is asked",
     OPT_TEXT(struct trino_options, user)},
    {.name = "--catalog",
     .value = "NAME",
     .help = "where a table's name is looked for",
     OPT_TEXT(struct trino_options, catalog)},
    {.name = "--schema",
     .value = "NAME",
     .help = "... within the catalog",
     OPT_TEXT(struct trino_options, schema)},
    {.name = "--session",
     .value = "LIST",
     .help = "session properties: name=value,name=value",
     OPT_TEXT(struct trino_options, session)},
    {.name = "--ca",
     .value = "FILE",
     .help = "the authority (PEM) that vouches for the cluster",
     OPT_TEXT(struct trino_options, ca),
     .values = VALUES_FILE},
    {.name = "--password",
     .help = "ask for the password here; it is kept in memory only",
     OPT_FLAG(struct trino_options, password)},
};

static bool run(struct magic_call *call, struct error *err)
{
    const struct trino_options *given = call->options;
    struct trino_place place = {
        .server = given->server,
        .user = given->user,
        .catalog = given->catalog,
        .schema = given->schema,
        .session = given->session,
        .ca_file = given->ca,
    };
    struct engine *engine;
    if (given->query.background)
        return background_trino(call, &place, given->password, err);
    if (!engine_trino(call, &place, given->password, &engine, err))
        return false;
    bool ok = query_run_on(call, engine, NULL, err);
    engine_say_cost(call, engine);
    return ok;
}

static const struct magic_example examples[] = {
    {"%trino SELECT 6 * 7 AS answer", "a query without a table"},
    {"%trino SHOW CATALOGS", "what the cluster can reach"},
};

const struct magic magic_trino = {
    .name = "trino",
    .summary = "a query on a Trino cluster",
    .details = "The rows become a kept table of the embedded engine, with their types: lists, rows "
               "and maps stay what they are. :name is a bound parameter. Stop cancels the query at "
               "the cluster. %set trino names the cluster; user, catalog, schema, session "
               "properties and authority are settings too. A password comes from TRINO_PASSWORD, a "
               "JWT from TRINO_TOKEN, or --password asks. %set engine trino sends plain SQL here.",
    .body = MAGIC_BODY_OPTIONAL,
    .body_name = "SQL",
    .effect = MAGIC_LOCAL,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct trino_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
