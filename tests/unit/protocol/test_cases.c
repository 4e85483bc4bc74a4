/* Every row of the table over every way to reach a kernel: one test, and one line of the report,
 * a row, channel and way. */
#include "tests/unit/protocol/client.h"
#include "tests/unit/protocol/rows.h"

#include "base/buf.h"
#include "base/file.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define SIGNED 64

static const struct way ways[] = {
    {.name = "tcp"},
    {.name = "ipc", .ipc = true},
    {.name = "handshake", .handshake = true},
    {.name = "CURVE", .curve = true},
    {.name = "CURVE over ipc", .curve = true, .ipc = true},
    {.name = "CURVE by handshake", .curve = true, .handshake = true},
};

static const struct {
    unsigned channel;
    const char *name;
    enum port port;
} channels[] = {{SHELL, "shell", PORT_SHELL},
                {CONTROL, "control", PORT_CONTROL},
                {STDIN, "stdin", PORT_STDIN},
                {HEARTBEAT, "heartbeat", PORT_HEARTBEAT},
                {IOPUB, "iopub", PORT_IOPUB}};

/* What a test of cmocka is given. */
struct one {
    const struct way *way;
    const struct row *row;
    size_t channel; /* of channels */
    struct client *client;
    bool first, *sound; /* of its way; whether the last test left nothing behind */
};

/* ---- what is expected ---------------------------------------------------------------------------
 */

static bool is_any(const json_t *value)
{
    return json_is_string(value) && strcmp(json_string_value(value), "*") == 0;
}

/* Every member that is named has that value: "*" any, null none. */
static bool has(const json_t *found, const json_t *wanted)
{
    if (!json_is_object(wanted))
        return json_equal(found, wanted);
    bool ok = json_is_object(found);
    for (void *at = json_object_iter((json_t *)(uintptr_t)wanted); at && ok;
         at = json_object_iter_next((json_t *)(uintptr_t)wanted, at)) {
        const json_t *value = json_object_iter_value(at);
        const json_t *member = json_object_get(found, json_object_iter_key(at));
        ok = json_is_null(value) ? !member : member && (is_any(value) || has(member, value));
    }
    return ok;
}

static void check_members(struct client *client, const struct heard *heard, const char *members)
{
    json_t *wanted = json_own(client->arena, json_loads(members ? members : "{}", 0, NULL));
    assert_non_null(wanted);
    if (!has(heard->content, wanted))
        fail_msg("%s has %s instead of %s", heard->type,
                 json_dump(client->arena, heard->content, NULL), members);
}

static bool same(const struct frame *a, const struct frame *b)
{
    return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

static struct heard expect(struct client *client, void *socket, const struct frame *header,
                           const char *type)
{
    struct heard heard = client_receive(client, socket);
    if (strcmp(heard.type, type) != 0 || !same(&heard.parent, header))
        fail_msg("%s to %.*s instead of %s to %.*s", heard.type, (int)heard.parent.size,
                 (const char *)heard.parent.data, type, (int)header->size,
                 (const char *)header->data);
    return heard;
}

/* The next message there is the reply to this one, and iopub speaks of nothing else: so the case
 * had no more than was seen. */
static void probe(struct client *client, void *socket)
{
    struct letter letter;
    const char *const text[] = {"kernel_info_request", NULL, NULL};
    client_write(client, &letter, text);
    client_send(socket, &letter, 0);
    (void)expect(client, socket, &letter.parts[0], "kernel_info_reply");
    assert_string_equal(client_published(client, &letter.parts[0]), "busy idle");
}

/* ---- a row --------------------------------------------------------------------------------------
 */

static const char *with_made(struct client *client, const char *text)
{
    const char *at = text ? strstr(text, "MADE") : NULL;
    return at ? arena_printf(client->arena, "%.*s%s%s", (int)(at - text), text, client->made,
                             at + strlen("MADE"))
              : text;
}

static void answer(struct client *client, const struct row *row, const struct frame *header)
{
    void *input = client->sockets[PORT_STDIN];
    struct heard question = expect(client, input, header, "input_request");
    check_members(client, &question, row->asked);
    struct letter letter;
    const char *const text[] = {"input_reply", with_made(client, row->header),
                                arena_printf(client->arena, "{\"value\":\"%s\"}", row->answer)};
    client_write(client, &letter, text);
    client_send(input, &letter, 0);
}

static void check_request(struct client *client, const struct row *row, void *socket)
{
    struct letter letter;
    const char *const text[] = {row->type, with_made(client, row->header),
                                with_made(client, row->content)};
    client_write(client, &letter, text);
    const struct frame *header = &letter.parts[0];
    client_send(socket, &letter, row->buffers);
    if (row->asked)
        answer(client, row, header);
    if (row->published)
        assert_string_equal(client_published(client, header), row->published);
    if (row->reply) {
        struct heard reply = expect(client, socket, header, row->reply);
        check_members(client, &reply, row->members);
        if (strcmp(row->reply, "create_subshell_reply") == 0)
            (void)snprintf(client->made, sizeof client->made, "%s",
                           json_get_string(reply.content, "subshell_id", ""));
    }
    if (row->ends)
        assert_int_equal(client_status(client), 0);
    else
        probe(client, socket == client->sockets[PORT_STDIN] ? client->sockets[PORT_SHELL] : socket);
}

/* ---- a broken one -------------------------------------------------------------------------------
 */

static size_t bytes_of_signature(enum harm harm)
{
    static const size_t sizes[] = {[HARM_SIGNATURE_0] = 0,
                                   [HARM_SIGNATURE_1] = 1,
                                   [HARM_SIGNATURE_63] = 63,
                                   [HARM_SIGNATURE_65] = 65};
    return harm >= HARM_SIGNATURE_0 && harm <= HARM_SIGNATURE_65 ? sizes[harm] : SIGNED;
}

static void flip(struct client *client, struct frame *part)
{
    char *copy = arena_strndup(client->arena, part->data, part->size);
    copy[part->size - 1] ^= 1;
    part->data = copy;
}

static void upper(char *text)
{
    for (; *text; text++)
        *text = (char)toupper((unsigned char)*text);
}

/* Damages the letter; gives how many of its parts are sent. */
static size_t damage(struct client *client, struct letter *letter, enum harm harm)
{
    struct frame all[5];
    memcpy(all, letter->parts, sizeof letter->parts);
    all[4] = (struct frame){"\0\xff", 2};
    if (harm == HARM_SIGNATURE_OVER_BUFFERS)
        client_sign(client, all, COUNT(all), letter->signature);
    if (harm == HARM_SIGNATURE_UPPER)
        upper(letter->signature);
    if (harm >= HARM_FLIPPED_HEADER && harm <= HARM_FLIPPED_CONTENT)
        flip(client, &letter->parts[harm - HARM_FLIPPED_HEADER]);
    if (harm < HARM_CUT_1 || harm > HARM_CUT_3)
        return COUNT(letter->parts);
    size_t parts = (size_t)(harm - HARM_CUT_1) + 1;
    client_sign(client, letter->parts, parts, letter->signature);
    return parts;
}

static void check_broken(struct client *client, const struct row *row, void *socket)
{
    struct letter letter;
    const char *const text[] = {row->type, NULL, row->content};
    client_write(client, &letter, text);
    if (row->harm == HARM_REPLAY) {
        client_send(socket, &letter, 0);
        (void)expect(client, socket, &letter.parts[0], "kernel_info_reply");
        assert_string_equal(client_published(client, &letter.parts[0]), "busy idle");
    }
    size_t parts = damage(client, &letter, row->harm), count = 0;
    char signature[SIGNED + 2] = "";
    memcpy(signature, letter.signature, SIGNED);
    struct frame frames[CLIENT_FRAMES];
    while (row->harm == HARM_CROWD && count < 20)
        frames[count++] = (struct frame){"id", 2};
    if (row->harm != HARM_NO_DELIMITER)
        frames[count++] = (struct frame){"<IDS|MSG>", 9};
    frames[count++] = (struct frame){signature, bytes_of_signature(row->harm)};
    for (size_t i = 0; i < parts; i++)
        frames[count++] = letter.parts[i];
    for (size_t i = 0; i < row->buffers; i++)
        frames[count++] = (struct frame){"\0\xff", 2};
    client_send_frames(socket, frames, count);
    probe(client, socket == client->sockets[PORT_STDIN] ? client->sockets[PORT_SHELL] : socket);
    assert_true(client_is_silent(socket, 0));
}

/* ---- what is no request -------------------------------------------------------------------------
 */

static void check_heartbeat(const struct row *row, void *socket)
{
    char bytes[64];
    const struct frame beat[] = {{row->content, strlen(row->content)}, {"", 0}, {"\0\xff", 2}};
    client_send_frames(socket, beat, COUNT(beat));
    for (size_t i = 0; i < COUNT(beat); i++) {
        assert_false(client_is_silent(socket, CLIENT_PATIENCE_MS));
        assert_int_equal(zmq_recv(socket, bytes, sizeof bytes, 0), beat[i].size);
        assert_memory_equal(bytes, beat[i].data, beat[i].size);
    }
    assert_true(client_is_silent(socket, 0));
}

/* One more subscriber is welcomed, under the prefix that it wants to hear. */
static void check_welcome(struct client *client, const struct row *row)
{
    void *socket = client_socket(client, ZMQ_SUB, PORT_IOPUB, row->content);
    struct heard welcome = client_receive(client, socket);
    (void)zmq_close(socket);
    const struct frame prefix = {row->content, strlen(row->content)}, none = {"{}", 2};
    assert_string_equal(welcome.type, row->type);
    assert_true(same(&welcome.identity, &prefix) && same(&welcome.parent, &none));
    assert_string_equal(json_get_string(welcome.content, "subscription", "?"), row->content);
    /* ours is a prefix of it */
    assert_string_equal(client_receive(client, client->sockets[PORT_IOPUB]).type, row->type);
}

static void run_one(void **state)
{
    struct one *one = *state;
    struct client *client = one->client;
    if (one->first)
        client_start(client, one->way);
    else if (!client->kernel)
        fail_msg("there is no kernel");
    else if (!*one->sound)
        client_connect(client);
    *one->sound = false;
    void *socket = client->sockets[channels[one->channel].port];
    if (channels[one->channel].channel == HEARTBEAT)
        check_heartbeat(one->row, socket);
    else if (channels[one->channel].channel == IOPUB)
        check_welcome(client, one->row);
    else if (one->row->harm)
        check_broken(client, one->row, socket);
    else
        check_request(client, one->row, socket);
    *one->sound = true;
}

/* ---- all of them --------------------------------------------------------------------------------
 */

static bool is_covered(const char *line)
{
    bool covered = false;
    for (size_t i = 0; i < rows_count; i++) {
        const char *at = strstr(rows[i].lines, line);
        covered = covered || (at && (at[strlen(line)] == ' ' || !at[strlen(line)]));
    }
    for (size_t i = 0; i < rows_elsewhere_count; i++)
        covered = covered || strcmp(rows_elsewhere[i].line, line) == 0;
    return covered;
}

static void every_line_of_the_checklist_has_a_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < rows_lines_count; i++)
        if (!is_covered(rows_lines[i]))
            fail_msg("%s has no row", rows_lines[i]);
    struct arena *arena = arena_new();
    for (size_t i = 0; i < rows_elsewhere_count; i++) {
        struct error err = {0};
        char *text;
        size_t size;
        assert_true(file_read(arena, rows_elsewhere[i].file, 1 << 24, &text, &size, &err));
        if (!strstr(text, arena_printf(arena, "    def %s(self", rows_elsewhere[i].test)))
            fail_msg("%s has no test %s", rows_elsewhere[i].file, rows_elsewhere[i].test);
    }
    arena_free(arena);
}

/* cmocka writes names into XML as they are. */
static const char *name_of(struct arena *arena, const struct one *one)
{
    const struct row *row = one->row;
    char *name =
        arena_printf(arena, "%s, %s, row %zu: %s%s %s", one->way->name, channels[one->channel].name,
                     (size_t)(row - rows) + 1, row->harm ? "broken " : "", row->type,
                     row->content ? row->content : "");
    for (char *c = name; *c; c++)
        *c = *c == '"' || *c == '<' || *c == '&' || (unsigned char)*c < ' ' ? '\'' : *c;
    return name;
}

/* Tests of one way, one behind the other: they share a kernel, which the last row ends. */
static size_t add_way(struct arena *arena, struct one *shared, struct CMUnitTest *tests)
{
    size_t count = 0;
    for (size_t i = 0; i < rows_count; i++)
        for (size_t channel = 0; channel < COUNT(channels); channel++) {
            if (!(rows[i].channels & channels[channel].channel))
                continue;
            struct one *one = arena_alloc(arena, sizeof *one);
            *one = *shared;
            one->row = &rows[i];
            one->channel = channel;
            one->first = count == 0;
            tests[count++] = (struct CMUnitTest){
                .name = name_of(arena, one), .test_func = run_one, .initial_state = one};
        }
    return count;
}

int main(void)
{
    struct arena *arena = arena_new();
    struct client clients[COUNT(ways)] = {0};
    bool sound[COUNT(ways)] = {false};
    size_t count = 1;
    struct CMUnitTest *tests =
        arena_alloc(arena, (1 + COUNT(ways) * rows_count * COUNT(channels)) * sizeof *tests);
    tests[0] = (struct CMUnitTest)cmocka_unit_test(every_line_of_the_checklist_has_a_row);
    for (size_t i = 0; i < COUNT(ways); i++) {
        struct one shared = {.way = &ways[i], .client = &clients[i], .sound = &sound[i]};
        count += add_way(arena, &shared, tests + count);
    }
    int failed = _cmocka_run_group_tests("cases", tests, count, NULL, NULL);
    for (size_t i = 0; i < COUNT(ways); i++)
        if (clients[i].arena)
            client_end(&clients[i]);
    arena_free(arena);
    return failed;
}
