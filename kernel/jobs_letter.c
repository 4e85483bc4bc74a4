#include "jobs.h"

#include "aws/keyring.h"
#include "job/job_file.h"

#include <stdlib.h>

/* Of a letter that nobody opened: the kernel ends. */
static void release(void *value)
{
    struct letter *letter = value;
    if (letter->job) {
        job_file_release(letter->job);
        arena_free(letter->job->arena);
    }
    aws_keyring_release(letter->keyring);
    free(letter->profile);
    free(letter->region);
    free(letter->line);
    free(letter->shown);
    free(letter);
}

static struct packet *packet_of(struct request *request, const struct letter *letter)
{
    struct packet *packet = packet_new(PACKET_NEWS, request);
    struct letter *copy = xmalloc(sizeof *copy);
    *copy = *letter;
    packet->value = copy;
    packet->value_free = release;
    return packet;
}

void letter_send(struct pipe *pipe, struct request *request, const struct letter *letter)
{
    pipe_push(pipe, packet_of(request, letter));
}

void letter_quiet(struct pipe *pipe, const struct letter *letter)
{
    pipe_quiet(pipe, packet_of(NULL, letter));
}

char *letter_display(struct bundle bundle, const char *display)
{
    json_t *content = json_object(), *transient = json_object();
    (void)json_object_set_new(transient, "display_id", json_texts(display));
    (void)json_object_set(content, "data", bundle.data);
    if (bundle.metadata)
        (void)json_object_set(content, "metadata", bundle.metadata);
    else
        (void)json_object_set_new(content, "metadata", json_object());
    (void)json_object_set_new(content, "transient", transient);
    char *text = json_dumps(content, JSON_COMPACT);
    json_decref(content);
    return text;
}
