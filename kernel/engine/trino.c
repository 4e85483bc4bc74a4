#include "engine/reads.h"
#include "engine/trino_query.h"

#include "base/buf.h"
#include "base/sql.h"
#include "base/text.h"
#include "base/time.h"
#include "engine/statement.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SQL_MOST ((size_t)1000000) /* Trino's query.max-length */
#define BUSY_PAUSE 100000          /* microseconds before a busy server is asked again */
#define BUSY_MOST ((int64_t)60 * 1000000)
#define TRIES_MOST 600
#define STOP_LIMIT 2000000 /* microseconds for the cluster to confirm */

/* ---- requests -----------------------------------------------------------------------------------
 */

struct header_list {
    const char *lines[16];
    size_t count;
};

static void add_header(struct trino_query *query, struct header_list *headers, const char *name,
                       const char *value)
{
    if (value)
        headers->lines[headers->count++] = arena_printf(query->arena, "%s: %s", name, value);
}

static bool take_bytes(void *state, const void *bytes, size_t size, struct error *err)
{
    struct trino_query *query = state;
    struct buf *page = &query->pages[query->coming];
    buf_add(page, bytes, size);
    return !page->full || error_set(err, ERROR_LIMIT, "a page of Trino's is larger than %zu MiB",
                                    TRINO_PAGE_MOST >> 20);
}

static bool send(struct trino_query *query, const char *method, const char *url, struct error *err)
{
    const struct trino_place *place = &query->trino->place;
    struct header_list headers = {{0}, 0};
    bool post = strcmp(method, "POST") == 0;
    add_header(query, &headers, "X-Trino-User", place->user);
    add_header(query, &headers, "X-Trino-Source", "cofferdam");
    add_header(query, &headers, "User-Agent", "cofferdam");
    if (trino_link_knows(place->link, place->user))
        headers.lines[headers.count++] = place->link->header;
    if (post) {
        add_header(query, &headers, "X-Trino-Catalog", place->catalog);
        add_header(query, &headers, "X-Trino-Schema", place->schema);
        add_header(query, &headers, "X-Trino-Session", place->session);
        add_header(query, &headers, "X-Trino-Time-Zone", "UTC");
        add_header(query, &headers, "X-Trino-Client-Capabilities", "PARAMETRIC_DATETIME");
        add_header(query, &headers, "Content-Type", "text/plain; charset=utf-8");
    }
    struct http_request request = {.method = method,
                                   .url = url,
                                   .headers = headers.lines,
                                   .body = post ? query->body : NULL,
                                   .size = post ? query->body_size : 0,
                                   .limits = {.size = TRINO_PAGE_MOST},
                                   .ca_file = place->ca_file,
                                   .sink = take_bytes,
                                   .sink_state = query};
    buf_clear(&query->pages[query->coming]);
    http_end(query->transfer);
    query->transfer = http_start(place->link->http, &request, err);
    return query->transfer != NULL;
}

static bool ask(struct trino_query *query, struct error *err)
{
    query->state = TRINO_ASKING;
    if (query->next)
        return send(query, "GET", query->next, err);
    return send(query, "POST",
                arena_printf(query->arena, "%s/v1/statement", query->trino->place.server), err);
}

/* ---- opening ------------------------------------------------------------------------------------
 */

/* EXECUTE IMMEDIATE 'SELECT ... ?' USING 'value', 2: `$1` becomes `? `, of the same length, so that
 * places in the query stay the cell's. */
static bool write_bound(struct trino_query *query, struct buf *out, struct error *err)
{
    const struct engine_request *request = &query->request;
    struct buf sql, values;
    buf_init(&sql, SQL_MOST);
    buf_init(&values, SQL_MOST);
    size_t at = 0;
    bool ok = true;
    for (size_t i = 0; i < request->place_count && ok; i++) {
        const struct sql_place *place = &request->places[i];
        const struct engine_param *param = &request->params[place->number - 1];
        const char *value = engine_literal(query->arena, param->value, SQL_MOST);
        ok = value ||
             error_set(err, ERROR_USAGE, "the parameter :%s is no single value", param->name) ||
             error_hint(err, "Trino takes a text, a number, True, False or None in its place.");
        buf_add(&sql, request->sql + at, place->offset - at);
        buf_addc(&sql, '?');
        buf_fill(&sql, ' ', place->size - 1);
        buf_addf(&values, "%s%s", i ? ", " : "", ok ? value : "");
        at = place->offset + place->size;
    }
    buf_add(&sql, request->sql + at, request->size - at);
    buf_adds(out, "EXECUTE IMMEDIATE ");
    text_sql_string(out, sql.data, sql.size);
    buf_adds(out, " USING ");
    buf_add(out, values.data, values.size);
    if (ok && (sql.full || values.full))
        out->full = true;
    buf_release(&values);
    buf_release(&sql);
    return ok;
}

static bool write_body(struct trino_query *query, struct error *err)
{
    struct buf body;
    buf_init(&body, SQL_MOST);
    bool ok = true;
    if (query->request.place_count)
        ok = write_bound(query, &body, err);
    else
        buf_add(&body, query->request.sql, query->request.size);
    if (ok && body.full)
        ok = error_set(err, ERROR_LIMIT, "the query is longer than Trino's limit of %zu characters",
                       SQL_MOST);
    query->body_size = body.size;
    query->body = ok ? buf_to_arena(&body, query->arena) : NULL;
    buf_release(&body);
    return ok;
}

static const struct trino_facts unknown = {.id = "", .state = "", .queued_ms = -1, .run_ms = -1};

static void trino_close(struct query *base)
{
    struct trino_query *query = (struct trino_query *)base;
    http_end(query->transfer);
    query->transfer = NULL;
    buf_release(&query->pages[0]);
    buf_release(&query->pages[1]);
    rows_forget(&query->rows); /* first: who waits for them is to wake */
    if (query->load)
        query->load->engine->ops->close(query->load);
}

static bool trino_open(struct engine *engine, const struct engine_request *request,
                       struct arena *arena, struct query **out, struct error *err)
{
    struct trino *trino = (struct trino *)engine;
    struct trino_query *query = arena_alloc(arena, sizeof *query);
    *query = (struct trino_query){.query = {.engine = engine},
                                  .trino = trino,
                                  .facts = &trino->facts,
                                  .arena = arena,
                                  .request = *request,
                                  .begun = time_monotonic(),
                                  .fraction = -1};
    *query->facts = unknown;
    *out = &query->query;
    buf_init(&query->pages[0], TRINO_PAGE_MOST);
    buf_init(&query->pages[1], TRINO_PAGE_MOST);
    struct rows_place rows = {trino->place.local, trino->place.folder, &query->request};
    if (reads_check(request->sql, request->size, "Trino", err) && write_body(query, err) &&
        rows_open(&query->rows, arena, &rows, err) && ask(query, err))
        return true;
    trino_close(&query->query);
    return false;
}

/* ---- stepping -----------------------------------------------------------------------------------
 */

static const char *keep(struct trino_query *query, const json_t *object, const char *name)
{
    return arena_strdup(query->trino->arena, json_get_string(object, name, ""));
}

static void read_facts(struct trino_query *query, const json_t *answer)
{
    struct trino_facts *facts = query->facts;
    const json_t *stats = json_object_get(answer, "stats");
    const json_t *progress = json_object_get(stats, "progressPercentage");
    if (!*facts->id)
        facts->id = keep(query, answer, "id");
    facts->state = keep(query, stats, "state");
    facts->queued_ms = json_get_int(stats, "queuedTimeMillis", -1);
    facts->run_ms = json_get_int(stats, "elapsedTimeMillis", -1);
    facts->splits = json_get_int(stats, "totalSplits", 0);
    facts->splits_done = json_get_int(stats, "completedSplits", 0);
    facts->rows = json_get_int(stats, "processedRows", 0);
    facts->bytes = json_get_int(stats, "physicalInputBytes", 0);
    if (json_is_number(progress))
        query->fraction = json_number_value(progress) / 100;
}

static bool failed(struct trino_query *query, const json_t *error, struct error *err)
{
    const json_t *place = json_object_get(error, "errorLocation");
    const char *name = json_get_string(error, "errorName", "");
    const char *message = json_get_string(error, "message", "the query failed without a reason");
    bool stopped = strcmp(name, "USER_CANCELED") == 0;
    (void)error_set(err, stopped ? ERROR_INTERRUPTED : ERROR_SQL, "Trino: %s", message);
    err->line = (int)json_get_int(place, "lineNumber", 0);
    err->column = (int)json_get_int(place, "columnNumber", 0);
    if (strcmp(name, "NO_NODES_AVAILABLE") == 0 || strcmp(name, "SERVER_STARTING_UP") == 0)
        (void)error_hint(err, "The cluster is starting; try again in a moment.");
    if (strcmp(name, "PERMISSION_DENIED") == 0)
        (void)error_hint(err,
                         "The cluster's rules deny this to %s; %%set trino_user chooses another.",
                         query->trino->place.user);
    return error_detail(err, "query %s, %s", query->facts->id, name);
}

/* The scheme, host and port of an address: its length. */
static size_t origin_size(const char *url)
{
    const char *host = strstr(url, "://");
    return host ? (size_t)(host - url) + 3 + strcspn(host + 3, "/?#") : 0;
}

/* Credentials go along, so only the origin that was named by the analyst is followed. */
static bool follow(struct trino_query *query, const char *next, struct error *err)
{
    const char *server = query->trino->place.server;
    size_t size = origin_size(server);
    query->next = NULL;
    if (!*next)
        return true;
    if (origin_size(next) != size || strncasecmp(next, server, size) != 0) {
        (void)error_set(err, ERROR_REFUSED, "Trino's next page lies at another place: %.*s",
                        (int)(origin_size(next) < 200 ? origin_size(next) : 200), next);
        return error_hint(err,
                          "Name the server as the cluster names itself (behind a proxy it needs "
                          "http-server.process-forwarded).");
    }
    query->next = arena_strdup(query->arena, next);
    return true;
}

static bool finish(struct trino_query *query, struct error *err)
{
    if (!query->rows.count)
        return error_set(err, ERROR_SQL, "Trino's answer has no columns");
    query->state = query->load ? TRINO_LOADING : TRINO_ARRIVED;
    return rows_end_all(&query->rows, err);
}

static bool take_page(struct trino_query *query, const struct trino_page *page, struct error *err)
{
    const json_t *answer = page->answer, *error = json_object_get(answer, "error");
    const json_t *columns = json_object_get(answer, "columns");
    read_facts(query, answer);
    if (error)
        return failed(query, error, err);
    if (columns && !query->rows.count && !trino_take_columns(query, columns, err))
        return false;
    if (!follow(query, json_get_string(answer, "nextUri", ""), err))
        return false;
    if (query->next && !ask(query, err)) /* the next page is on its way while this one is read */
        return false;
    if (page->rows.text && page->rows.kind == TOKEN_ARRAY &&
        !trino_take_rows(query, &page->rows, err))
        return false;
    return query->next || finish(query, err);
}

static bool is_busy(int status)
{
    return status == 429 || status == 502 || status == 503 || status == 504;
}

static bool refused(struct trino_query *query, const struct http_reply *reply, struct error *err)
{
    if (reply->status == 401) {
        (void)error_set(err, ERROR_REFUSED, "Trino does not accept these credentials of %s",
                        query->trino->place.user);
        return error_hint(err, "TRINO_PASSWORD or TRINO_TOKEN in the kernel's environment, or "
                               "%%trino --password asks for one.");
    }
    if (reply->status == 404 && *query->facts->id)
        return error_set(err, ERROR_UNAVAILABLE, "Trino has lost query %s", query->facts->id) ||
               error_hint(err, "The coordinator was started anew, or the query was too old.");
    (void)error_set(err, ERROR_UNAVAILABLE, "Trino answered with HTTP status %d: %.*s",
                    reply->status, (int)(reply->size < 200 ? reply->size : 200), reply->body);
    return error_hint(err, "Is %s a Trino coordinator?", query->trino->place.server);
}

static bool take_body(struct trino_query *query, struct error *err)
{
    const struct buf *body = &query->pages[query->coming];
    struct trino_page page = {.arena = arena_new()};
    bool ok;
    query->coming = 1 - query->coming;
    if (trino_read_page(body->data, body->size, &page))
        ok = take_page(query, &page, err);
    else
        ok = error_set(err, ERROR_UNAVAILABLE, "what %s answered is not Trino's JSON",
                       query->trino->place.server) ||
             error_hint(err, "Is it a Trino coordinator?");
    arena_free(page.arena);
    return ok;
}

static bool answered(struct trino_query *query, struct error *err)
{
    struct http_reply reply;
    struct http_transfer *transfer = query->transfer;
    bool came = http_reply(transfer, &reply, err);
    if (query->state == TRINO_STOPPING) {
        if (came && reply.status < 300)
            query->stopped =
                arena_printf(query->arena, "Trino has stopped query %s.", query->facts->id);
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    }
    if (!came)
        return false;
    if (is_busy(reply.status) && query->tries++ < TRIES_MOST &&
        time_monotonic() - query->begun < BUSY_MOST) {
        query->state = TRINO_WAITING;
        query->retry = time_monotonic() + BUSY_PAUSE;
        return true;
    }
    if (reply.status != 200)
        return refused(query, &reply, err);
    query->begun = time_monotonic();
    query->tries = 0;
    return take_body(query, err);
}

/* While rows come: has the embedded engine failed? */
static enum engine_step feed(struct trino_query *query, struct table **table, struct error *err)
{
    struct engine_wait ignored;
    return query->load ? query->load->engine->ops->step(query->load, &ignored, table, err)
                       : ENGINE_WAIT;
}

static enum engine_step trino_step(struct query *base, struct engine_wait *wait,
                                   struct table **table, struct error *err)
{
    struct trino_query *query = (struct trino_query *)base;
    struct http *http = query->trino->place.link->http;
    if (query->state == TRINO_LOADING)
        return query->load->engine->ops->step(query->load, wait, table, err);
    if (query->state == TRINO_WAITING && time_monotonic() >= query->retry && !ask(query, err))
        return ENGINE_ERROR;
    if (query->state == TRINO_WAITING) {
        *wait = (struct engine_wait){.fd = -1, .deadline = query->retry};
        return ENGINE_WAIT;
    }
    http_step(http);
    enum engine_step fed = feed(query, table, err);
    if (fed != ENGINE_WAIT)
        return fed;
    if (query->state == TRINO_ASKING && rows_full(&query->rows)) {
        *wait = (struct engine_wait){.fd = rows_fd(&query->rows), .events = POLLIN};
    } else if (http_done(query->transfer)) {
        if (!answered(query, err))
            return ENGINE_ERROR;
        if (query->state == TRINO_ARRIVED)
            return ENGINE_END;
        *wait = (struct engine_wait){.fd = -1, .deadline = time_monotonic()};
    } else {
        *wait = (struct engine_wait){.fd = http_fd(http), .events = POLLIN};
    }
    return ENGINE_WAIT;
}

/* ---- the rest -----------------------------------------------------------------------------------
 */

static void trino_describe(struct query *base, struct engine_info *info)
{
    struct trino_query *query = (struct trino_query *)base;
    *info = (struct engine_info){.fraction = -1, .rows = -1};
    if (query->load)
        query->load->engine->ops->describe(query->load, info);
    if (query->state != TRINO_LOADING)
        info->fraction = query->fraction;
    info->bytes_read = query->facts->bytes;
    info->scanned_rows = query->facts->rows;
    info->stopped = query->stopped;
    info->id = query->facts->id;
}

static void trino_stop(struct query *base)
{
    struct trino_query *query = (struct trino_query *)base;
    struct error ignored = {0};
    if (query->state == TRINO_LOADING) {
        query->load->engine->ops->stop(query->load);
        return;
    }
    if (query->stopping || !query->next)
        return;
    query->stopping = true;
    query->stopped =
        arena_printf(query->arena, "Trino was asked to stop query %s, and has not confirmed it.",
                     query->facts->id);
    if (send(query, "DELETE", query->next, &ignored)) {
        query->state = TRINO_STOPPING;
        http_step(query->trino->place.link->http);
    }
}

static const struct engine_ops ops = {
    .name = "trino",
    .stop_limit = STOP_LIMIT,
    .open = trino_open,
    .step = trino_step,
    .describe = trino_describe,
    .stop = trino_stop,
    .close = trino_close,
};

/* This machine's own addresses, where plain http carries a password no further. */
static bool is_here(const char *server)
{
    static const char *const names[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    for (size_t i = 0; i < COUNT(names); i++) {
        size_t size = strlen(names[i]);
        if (strncasecmp(server, names[i], size) == 0 && (!server[size] || server[size] == ':'))
            return true;
    }
    return false;
}

bool trino_engine(struct arena *arena, const struct trino_place *place, struct engine **out,
                  struct error *err)
{
    size_t size = origin_size(place->server);
    bool tls = strncasecmp(place->server, "https://", 8) == 0;
    if ((!tls && strncasecmp(place->server, "http://", 7) != 0) || size < 9 ||
        (place->server[size] && strcmp(place->server + size, "/") != 0) ||
        memchr(place->server, '@', size))
        return error_set(err, ERROR_USAGE, "\"%.200s\" is no address of a Trino server",
                         place->server) ||
               error_hint(err, "It is written like https://trino.example:8443.");
    if (trino_link_knows(place->link, place->user) && !tls && !is_here(place->server))
        return error_set(err, ERROR_REFUSED,
                         "a password is not sent over plain http to another machine") ||
               error_hint(err, "Use the cluster's https address.");
    if (!place->link->http && !(place->link->http = http_new(err)))
        return false;
    struct trino *trino = arena_alloc(arena, sizeof *trino);
    *trino = (struct trino){.engine = {&ops}, .arena = arena, .place = *place, .facts = unknown};
    trino->place.server = arena_strndup(arena, place->server, size);
    *out = &trino->engine;
    return true;
}

void trino_arrived(struct query *query, struct arrived *out)
{
    rows_take(&((struct trino_query *)query)->rows, out);
}

const struct trino_place *trino_place(const struct engine *engine)
{
    return &((const struct trino *)engine)->place;
}

int trino_fd(const struct engine *engine)
{
    return http_fd(((const struct trino *)engine)->place.link->http);
}

const struct trino_facts *trino_facts(const struct engine *engine)
{
    return &((const struct trino *)engine)->facts;
}
