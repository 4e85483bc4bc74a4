#include "magics/engines.h"

#include "magics/athena_history.h"
#include "magics/connect.h"
#include "magics/price.h"

#include "base/text.h"
#include "base/time.h"
#include "case/session.h"
#include "lake/glue.h"
#include "lake/views.h"

#include <stdlib.h>
#include <string.h>

/* ---- Athena -------------------------------------------------------------------------------------
 */

/* A place, and the cell for which it is asked. */
struct athena_asked {
    struct magic_call *call;
    struct athena_place place;
};

static bool before_athena(void *state, const struct engine_request *request, struct arena *arena,
                          struct error *err)
{
    struct athena_asked *asked = state;
    return price_before(asked->call, &asked->place, request, arena, err);
}

/* Found again by %athena --history, also if the kernel ends now. */
static void begun_athena(void *state, const struct engine_request *request, const char *id)
{
    const struct athena_asked *asked = state;
    executions_add(asked->call, &asked->place, request, id);
}

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
    struct athena_asked *asked = arena_alloc(call->arena, sizeof *asked);
    *asked = (struct athena_asked){call, here};
    here.before = before_athena;
    here.begun = begun_athena;
    here.state = asked;
    *out = athena_engine(call->arena, &here);
    return true;
}

static bool open_athena(struct magic_call *call, struct engine **out, struct error *err)
{
    return engine_athena(call, &(struct athena_place){0}, out, err);
}

static void say_scanned(struct magic_call *call, const struct athena_facts *facts)
{
    char bytes[32];
    struct athena_price price = price_of(call, facts->region);
    double usd = athena_cost(price, facts->scanned);
    session_spend(call->session, usd);
    outputs_printf(call->outputs, "; scanned %s, about USD %.4f%s",
                   text_bytes(facts->scanned, bytes), usd,
                   price.certain ? "" : " at the price of most regions");
}

static void say_unloaded(struct magic_call *call, const struct athena_facts *facts)
{
    char bytes[32], files[32];
    if (!facts->files)
        outputs_printf(call->outputs, "UNLOAD wrote no file: the query has no rows; without "
                                      "--unload its columns are shown\n");
    else if (facts->files > 0)
        outputs_printf(call->outputs,
                       "UNLOAD leaves %s file%s (%s) in %s: delete them, or let a lifecycle rule "
                       "do it\n",
                       text_number(facts->files, files), facts->files == 1 ? "" : "s",
                       text_bytes(facts->file_bytes, bytes), facts->unloaded);
    else
        outputs_printf(call->outputs, "UNLOAD may have left files in %s\n", facts->unloaded);
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
    if (facts->unloaded)
        say_unloaded(call, facts);
}

/* ---- Trino --------------------------------------------------------------------------------------
 */

static const char *user_of(const struct trino_place *place, const struct settings *settings)
{
    const char *const found[] = {place->user, settings->trino_user, getenv("TRINO_USER"),
                                 getenv("USER")};
    for (size_t i = 0; i < COUNT(found); i++)
        if (found[i] && *found[i])
            return found[i];
    return "cofferdam";
}

static bool log_in(struct magic_call *call, const struct trino_place *place, bool asks,
                   struct error *err)
{
    const char *token = getenv("TRINO_TOKEN"), *password = getenv("TRINO_PASSWORD");
    struct arena *secret;
    struct magic_prompt prompt = {.password = true};
    if (asks) {
        if (!call->ask)
            return error_set(err, ERROR_UNAVAILABLE, "nobody can be asked here");
        secret = arena_new_secret();
        prompt.text =
            arena_printf(call->arena, "Password of %s at %s: ", place->user, place->server);
        bool answered = call->ask(call->ask_state, &prompt, secret, &password, err);
        if (answered)
            trino_link_password(place->link, place->user, password);
        arena_free(secret);
        return answered;
    }
    if (trino_link_knows(place->link, place->user))
        return true;
    if (token && *token)
        trino_link_token(place->link, place->user, token);
    else if (password && *password)
        trino_link_password(place->link, place->user, password);
    return true;
}

bool engine_trino(struct magic_call *call, const struct trino_place *place, bool asks,
                  struct engine **out, struct error *err)
{
    const struct settings *settings = session_settings(call->session);
    struct trino_place here = *place;
    here.server = either(either(place->server, settings->trino), getenv("TRINO_SERVER"));
    if (!here.server)
        return error_set(err, ERROR_USAGE, "no Trino cluster is named") ||
               error_hint(err, "Name it: %%set trino https://trino.example:8443");
    here.link = session_trino(call->session);
    here.local = session_local(call->session, err);
    here.folder = session_exports(call->session, err);
    here.user = user_of(place, settings);
    here.catalog = either(either(place->catalog, settings->trino_catalog), getenv("TRINO_CATALOG"));
    here.schema = either(place->schema, settings->trino_schema);
    here.session = either(place->session, settings->trino_session);
    here.ca_file = either(place->ca_file, settings->trino_ca);
    return here.local && here.folder && log_in(call, &here, asks, err) &&
           trino_engine(call->arena, &here, out, err);
}

static bool open_trino(struct magic_call *call, struct engine **out, struct error *err)
{
    return engine_trino(call, &(struct trino_place){0}, false, out, err);
}

static void say_trino(struct magic_call *call, const struct engine *engine)
{
    const struct trino_facts *facts = trino_facts(engine);
    char queued[TIME_TEXT_SIZE], run[TIME_TEXT_SIZE], rows[32], bytes[32];
    if (!*facts->id)
        return;
    outputs_printf(call->outputs, "Trino query %s", facts->id);
    if (facts->queued_ms >= 0 && facts->run_ms >= 0)
        outputs_printf(call->outputs, ": queued %s, ran %s",
                       time_duration(facts->queued_ms * 1000, queued),
                       time_duration(facts->run_ms * 1000, run));
    outputs_printf(call->outputs, "; read %s rows, %s in %d splits\n",
                   text_number(facts->rows, rows), text_bytes(facts->bytes, bytes),
                   (int)facts->splits);
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
    {"trino", open_trino, say_trino, false},
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
            settings->budget >= 0 && session_spent(call->session) >= settings->budget)
            return error_set(err, ERROR_REFUSED,
                             "the budget of USD %.2f is used up: USD %.4f are spent",
                             settings->budget, session_spent(call->session)) ||
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

/* ---- tables of an engine ------------------------------------------------------------------------
 */

struct found {
    struct arena *arena;
    struct remote tables;
};

static void release_found(void *object)
{
    struct found *found = object;
    arena_free(found->arena); /* found itself is of it */
}

/* Where the tables were looked for: another place is another list. */
static const char *place_name(struct magic_call *call, const struct engine *engine)
{
    const struct settings *settings = session_settings(call->session);
    bool trino = strcmp(engine->ops->name, "trino") == 0;
    const char *const parts[] = {trino ? settings->trino : settings->region,
                                 trino ? settings->trino_catalog : settings->catalog,
                                 trino ? settings->trino_user : settings->profile};
    return arena_printf(call->arena, "tables of %s at %s, %s as %s", engine->ops->name,
                        parts[0] ? parts[0] : "", parts[1] ? parts[1] : "",
                        parts[2] ? parts[2] : "");
}

static bool find_tables(struct magic_call *call, struct engine *engine, const char *name,
                        struct error *err)
{
    struct arena *arena = arena_new();
    struct found *found = arena_alloc(arena, sizeof *found);
    struct remote_asking asking = {.engine = engine, .cancel = call->cancel};
    found->arena = arena;
    if (!remote_find(&asking, arena, &found->tables, err)) {
        arena_free(arena);
        return false;
    }
    session_keep(call->session, name, found, release_found);
    return true;
}

/* What %lake open athena found. */
static bool in_glue(struct magic_call *call, struct remote *out)
{
    struct error ignored = {0};
    const char *region = NULL;
    return aws_region(session_aws(call->session), &region, &ignored) &&
           lake_athena_tables(call->session, region, call->arena, out);
}

bool engine_tables(struct magic_call *call, struct engine *engine, bool again,
                   const struct remote **out, struct error *err)
{
    const char *name = place_name(call, engine);
    struct remote remembered;
    if (strcmp(engine->ops->name, "athena") == 0 && in_glue(call, &remembered)) {
        struct remote *kept = arena_alloc(call->arena, sizeof *kept);
        *kept = remembered;
        *out = kept;
        return true;
    }
    if ((again || !session_kept(call->session, name)) && !find_tables(call, engine, name, err))
        return false;
    const struct found *found = session_kept(call->session, name);
    *out = &found->tables;
    if (found->tables.count)
        return true;
    (void)error_set(err, ERROR_NOT_FOUND,
                    "%s has no table of Security Lake or CloudTrail that can be seen here",
                    engine->ops->name);
    return error_hint(err,
                      "%%set catalog, region or trino_catalog chooses another place; in Lake "
                      "Formation, DESCRIBE and SELECT must be granted. %%lake open %s looks "
                      "again.",
                      engine->ops->name);
}

bool engine_source(struct magic_call *call, const char *source, struct engine **engine,
                   const struct remote **tables, struct error *err)
{
    const char *name = source ? source : session_settings(call->session)->engine;
    *tables = NULL;
    if (strcmp(name, "lake") != 0 && strcmp(name, "local") != 0) /* before the engine holds it */
        session_register(call->session, "macros", (const char *const[]){NULL}, views_macros());
    return engine_named(call, name, engine, err) &&
           (!*engine || engine_tables(call, *engine, false, tables, err));
}
