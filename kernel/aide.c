#include "aide.h"

#include "base/log.h"
#include "base/text.h"
#include "cell.h"
#include "complete.h"
#include "inspect.h"

#include <stdlib.h>
#include <string.h>

#define WRITE_AFTER_MS 200

/* What the thread owns. */
struct desk {
    const struct aide *aide;
    const struct catalog *catalog;
    int64_t serial; /* of it */
    struct history *history;
};

/* The text of a question and where its cursor stands. */
struct place {
    const char *code;
    size_t size;
    size_t cursor; /* code points */
};

static struct place read_place(const json_t *content)
{
    const json_t *code = json_object_get(content, "code");
    struct place place = {"", 0, 0};
    if (json_is_string(code))
        place = (struct place){json_string_value(code), json_string_length(code), 0};
    int64_t points = (int64_t)text_points(place.code, place.size);
    int64_t cursor = json_get_int(content, "cursor_pos", points);
    if (cursor < 0 || cursor > points)
        cursor = points;
    place.cursor = (size_t)cursor;
    return place;
}

static json_t *answer_complete(struct desk *desk, const json_t *content, struct arena *arena)
{
    struct place place = read_place(content);
    struct completion found = complete(place.code, place.size, place.cursor, desk->catalog, arena);
    json_t *matches = json_array(), *types = json_array();
    for (size_t i = 0; i < found.count; i++) {
        const struct match *match = &found.matches[i];
        (void)json_array_append_new(matches, json_texts(match->text));
        json_t *type = json_object();
        (void)json_object_set_new(type, "start", json_integer((json_int_t)found.start));
        (void)json_object_set_new(type, "end", json_integer((json_int_t)found.end));
        (void)json_object_set_new(type, "text", json_texts(match->text));
        (void)json_object_set_new(type, "type", json_texts(match->type ? match->type : ""));
        (void)json_object_set_new(type, "signature",
                                  json_texts(match->signature ? match->signature : ""));
        (void)json_array_append_new(types, type);
    }
    json_t *reply = json_object(), *metadata = json_object();
    (void)json_object_set_new(reply, "matches", matches);
    (void)json_object_set_new(reply, "cursor_start", json_integer((json_int_t)found.start));
    (void)json_object_set_new(reply, "cursor_end", json_integer((json_int_t)found.end));
    (void)json_object_set_new(metadata, "_jupyter_types_experimental", types);
    (void)json_object_set_new(reply, "metadata", metadata);
    return reply;
}

static json_t *answer_inspect(struct desk *desk, const json_t *content, struct arena *arena)
{
    struct place place = read_place(content);
    struct bundle bundle = {0};
    int detail = (int)json_get_int(content, "detail_level", 0);
    bool found = inspect(
        &(struct inspection){
            .text = place.code, .size = place.size, .cursor = place.cursor, .detail_level = detail},
        desk->catalog, arena, &bundle);
    json_t *reply = json_object();
    (void)json_object_set_new(reply, "found", json_boolean(found));
    (void)json_object_set_new(reply, "data",
                              found && bundle.data ? json_incref(bundle.data) : json_object());
    (void)json_object_set_new(
        reply, "metadata", found && bundle.metadata ? json_incref(bundle.metadata) : json_object());
    return reply;
}

/* This reply has no status of its own kind: `status` is the answer. */
static json_t *answer_is_complete(struct desk *desk, const json_t *content, struct arena *arena)
{
    static const char *const names[] = {
        [CELL_COMPLETE] = "complete", [CELL_INCOMPLETE] = "incomplete", [CELL_INVALID] = "invalid"};
    (void)desk;
    (void)arena;
    struct place place = read_place(content);
    const char *indent = "";
    enum cell_state state = cell_state(place.code, place.size, &indent);
    json_t *reply = json_object();
    (void)json_object_set_new(reply, "status", json_texts(names[state]));
    if (state == CELL_INCOMPLETE)
        (void)json_object_set_new(reply, "indent", json_texts(indent));
    return reply;
}

static enum history_access read_access(const json_t *content)
{
    const char *access = json_get_string(content, "hist_access_type", "tail");
    if (strcmp(access, "range") == 0)
        return HISTORY_RANGE;
    return strcmp(access, "search") == 0 ? HISTORY_SEARCH : HISTORY_TAIL;
}

static json_t *answer_history(struct desk *desk, const json_t *content, struct arena *arena)
{
    struct history_query query = {
        .access = read_access(content),
        .session = json_get_int(content, "session", 0),
        .start = json_get_int(content, "start", 0),
        .stop = json_get_int(content, "stop", 0),
        .n = json_get_int(content, "n", 0),
        .pattern = json_get_string(content, "pattern", "*"),
        .unique = json_get_bool(content, "unique", false),
        .output = json_get_bool(content, "output", false),
    };
    json_t *reply = json_object();
    (void)json_object_set(reply, "history", history_ask(desk->history, &query, arena));
    return reply;
}

static const struct answer {
    const char *request, *reply;
    json_t *(*answer)(struct desk *desk, const json_t *content,
                      struct arena *arena); /* new reference */
} answers[] = {
    {"complete_request", "complete_reply", answer_complete},
    {"inspect_request", "inspect_reply", answer_inspect},
    {"is_complete_request", "is_complete_reply", answer_is_complete},
    {"history_request", "history_reply", answer_history},
};

/* The front sends only what stands in the table. */
static void reply(struct desk *desk, struct request *request)
{
    struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(answers); i++) {
        if (strcmp(answers[i].request, request->type) != 0)
            continue;
        json_t *content = json_own(arena, answers[i].answer(desk, request->content, arena));
        if (!json_object_get(content, "status"))
            (void)json_object_set_new(content, "status", json_texts("ok"));
        struct packet *packet = packet_new(PACKET_REPLY, request);
        packet->type = answers[i].reply;
        packet->content = json_dumps(content, JSON_COMPACT);
        packet->content_size = packet->content ? strlen(packet->content) : 0;
        pipe_push(desk->aide->front, packet);
    }
    arena_free(arena);
}

/* A line of history on its way, in one piece of memory. */
struct news_line {
    struct history_line line;
    char text[];
};

void aide_tell_line(struct pipe *aide, const struct history_line *line)
{
    if (line->input_size > HISTORY_INPUT_LIMIT)
        return;
    size_t output =
        line->output ? text_cut(line->output, line->output_size, HISTORY_OUTPUT_LIMIT) : 0;
    struct news_line *news = xmalloc(sizeof *news + line->input_size + output);
    news->line = *line;
    memcpy(news->text, line->input, line->input_size);
    news->line.input = news->text;
    if (line->output) {
        memcpy(news->text + line->input_size, line->output, output);
        news->line.output = news->text + line->input_size;
        news->line.output_size = output;
    }
    struct packet *packet = packet_new(PACKET_NEWS, NULL);
    packet->type = "line";
    packet->value = news;
    packet->value_free = free;
    pipe_quiet(aide, packet);
}

static void release_catalog(void *value)
{
    const struct catalog *catalog = value;
    catalog_release(catalog);
}

void aide_tell_catalog(struct pipe *aide, const struct catalog *catalog, int64_t serial)
{
    struct packet *packet = packet_new(PACKET_NEWS, NULL);
    packet->type = "catalog";
    packet->count = serial;
    packet->value = (void *)(uintptr_t)catalog; /* const: the packet only hands it on */
    packet->value_free = release_catalog;
    pipe_quiet_state(aide, packet);
}

static void hear(struct desk *desk, struct packet *packet)
{
    if (strcmp(packet->type, "line") == 0) {
        const struct news_line *news = packet->value;
        history_add(desk->history, &news->line);
        return;
    }
    if (packet->count <= desk->serial)
        return; /* a worker was slower than another one */
    catalog_release(desk->catalog);
    desk->catalog = packet->value;
    desk->serial = packet->count;
    packet->value = NULL;
}

/* False when it is time to go. */
static bool work(struct desk *desk, struct packet *packet, bool *asked)
{
    if (packet->kind == PACKET_REQUEST)
        reply(desk, packet->request);
    else if (packet->kind == PACKET_NEWS)
        hear(desk, packet);
    *asked = *asked || packet->kind == PACKET_REQUEST;
    return packet->kind != PACKET_QUIT;
}

/* History is written when nobody asks anything, so that no completion waits for a disk. */
void *aide_run(void *state)
{
    struct desk desk = {
        .aide = state, .catalog = catalog_share(catalog_new()), .history = history_new()};
    for (bool going = true; going;) {
        struct packet *next;
        bool asked = false;
        int patience = history_pending(desk.history) ? WRITE_AFTER_MS : -1;
        for (struct packet *packet = pipe_take(desk.aide->pipe, patience); packet; packet = next) {
            next = packet->next;
            packet->next = NULL;
            going = work(&desk, packet, &asked) && going;
            packet_free(packet);
        }
        if (!asked || history_pending(desk.history) >= PIPE_QUIET_LIMIT)
            history_write(desk.history);
    }
    history_free(desk.history);
    catalog_release(desk.catalog);
    struct packet *gone = packet_new(PACKET_GONE, NULL);
    gone->from = ACTOR_AIDE;
    pipe_push(desk.aide->front, gone);
    return NULL;
}
