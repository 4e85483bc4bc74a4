#include "worker_cell.h"

#include "base/text.h"
#include "magic.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define PROMPT_LIMIT ((size_t)16 * 1024)
#define END_OF_FILE "\x04" /* what front ends send for Control-D */

static bool may_ask(const struct running *running, struct error *err)
{
    if (json_get_bool(running->request->content, "allow_stdin", true))
        return true;
    error_set(err, ERROR_UNAVAILABLE, "this front end cannot be asked");
    return error_hint(err, "Give the value as an option or as a parameter; papermill and nbconvert "
                           "never answer questions.");
}

static void drop_stale(struct pipe *answers)
{
    struct packet *next;
    for (struct packet *packet = pipe_take(answers, 0); packet; packet = next) {
        next = packet->next;
        packet_free(packet);
    }
}

static void send_question(struct running *running, const struct magic_prompt *prompt)
{
    struct buf content;
    buf_init(&content, 8 * PROMPT_LIMIT);
    size_t size = strlen(prompt->text);
    buf_adds(&content, "{\"prompt\":");
    text_json(&content, prompt->text, text_cut(prompt->text, size, PROMPT_LIMIT));
    buf_addf(&content, ",\"password\":%s}", prompt->password ? "true" : "false");
    struct packet *packet = packet_new(PACKET_ASK, running->request);
    packet->type = "input_request";
    packet->content_size = content.size;
    packet->content = buf_take(&content);
    pipe_push(running->worker->front, packet);
}

/* Until an answer or a stop. The first answer is taken. */
static struct packet *wait_for_answer(const struct worker *worker)
{
    struct pollfd items[] = {{.fd = cancel_fd(worker->cancel), .events = POLLIN},
                             {.fd = pipe_fd(worker->answers), .events = POLLIN}};
    while (!cancel_raised(worker->cancel)) {
        struct packet *packet = pipe_take(worker->answers, 0);
        if (packet)
            return packet;
        if (poll(items, COUNT(items), -1) < 0 && errno != EINTR)
            return NULL;
    }
    return NULL;
}

bool running_ask(void *state, const struct magic_prompt *prompt, struct arena *arena,
                 const char **answer, struct error *err)
{
    struct running *running = state;
    if (!may_ask(running, err))
        return false;
    drop_stale(running->worker->answers);
    outputs_flush(running->outputs);
    send_question(running, prompt);
    struct packet *packet = wait_for_answer(running->worker);
    if (!packet)
        return error_set(err, ERROR_INTERRUPTED, "interrupted while waiting for an answer");
    const json_t *value = json_object_get(packet->request->content, "value");
    bool ok = json_is_string(value) && strcmp(json_string_value(value), END_OF_FILE) != 0;
    if (ok)
        *answer = arena_strndup(arena, json_string_value(value), json_string_length(value));
    else
        error_set(err, ERROR_USAGE, "the question was closed without an answer");
    packet_free(packet);
    return ok;
}
