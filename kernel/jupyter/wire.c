#include "jupyter/wire.h"

#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEN_SLOTS ((size_t)2 * WIRE_REMEMBERED)
#define ID_SIZE 64

enum { PART_HEADER, PART_PARENT, PART_METADATA, PART_CONTENT, PARTS };

static const char *const part_names[PARTS] = {"header", "parent_header", "metadata", "content"};

/* Fingerprints of signatures: the newest generation is filled, the older one is only looked into. 0
 * = empty slot. */
struct seen {
    uint64_t *slots;
    size_t count;
};

struct wire {
    struct hmac *hmac; /* NULL: messages are not signed */
    size_t signature_size;
    struct seen newer, older;
    char session[UUID_TEXT_SIZE];
    uint64_t sent;
    char last_id[ID_SIZE];
};

struct wire *wire_new(const char *scheme, const void *key, size_t size, struct error *err)
{
    struct hmac *hmac = hmac_new(scheme, size ? key : " ", size ? size : 1);
    if (!hmac) {
        error_set(err, ERROR_PROTOCOL, "signature scheme \"%s\" is not known here", scheme);
        error_hint(err, "Use hmac-sha256 (Session.signature_scheme of the Jupyter server).");
        return NULL;
    }
    struct wire *wire = xcalloc(1, sizeof *wire);
    wire->hmac = hmac;
    uuid_text(wire->session);
    char hex[WIRE_SIGNATURE_SIZE];
    hmac_begin(hmac);
    wire->signature_size = hmac_end_hex(hmac, hex);
    if (!size) {
        hmac_free(hmac);
        wire->hmac = NULL;
        return wire;
    }
    wire->newer.slots = xcalloc(SEEN_SLOTS, sizeof *wire->newer.slots);
    wire->older.slots = xcalloc(SEEN_SLOTS, sizeof *wire->older.slots);
    return wire;
}

void wire_free(struct wire *wire)
{
    if (!wire)
        return;
    hmac_free(wire->hmac);
    free(wire->newer.slots);
    free(wire->older.slots);
    free(wire);
}

const char *wire_session(const struct wire *wire)
{
    return wire->session;
}

const char *wire_last_id(const struct wire *wire)
{
    return wire->last_id;
}

static bool seen_has(const struct seen *seen, uint64_t print)
{
    for (size_t i = print % SEEN_SLOTS; seen->slots[i]; i = (i + 1) % SEEN_SLOTS)
        if (seen->slots[i] == print)
            return true;
    return false;
}

/* True if the signature is new; it is remembered then. */
static bool remember(struct wire *wire, const char *signature)
{
    uint64_t print = 0;
    for (size_t i = 0; i < 16; i++)
        print = print << 4 | (uint64_t)((signature[i] & 15) + (signature[i] > '9' ? 9 : 0));
    print += print == 0;
    if (seen_has(&wire->newer, print) || seen_has(&wire->older, print))
        return false;
    if (wire->newer.count == WIRE_REMEMBERED) {
        struct seen oldest = wire->older;
        wire->older = wire->newer;
        memset(oldest.slots, 0, SEEN_SLOTS * sizeof *oldest.slots);
        wire->newer = (struct seen){.slots = oldest.slots};
    }
    size_t slot = print % SEEN_SLOTS;
    while (wire->newer.slots[slot])
        slot = (slot + 1) % SEEN_SLOTS;
    wire->newer.slots[slot] = print;
    wire->newer.count++;
    return true;
}

static void sign(struct wire *wire, const struct frame *parts, char *out)
{
    out[0] = '\0';
    if (!wire->hmac)
        return;
    hmac_begin(wire->hmac);
    for (size_t i = 0; i < PARTS; i++)
        hmac_add(wire->hmac, parts[i].data, parts[i].size);
    (void)hmac_end_hex(wire->hmac, out);
}

static bool verify(struct wire *wire, const struct frame *signature, const struct frame *parts,
                   struct error *err)
{
    if (!wire->hmac)
        return true;
    if (signature->size != wire->signature_size)
        return error_set(err, ERROR_PROTOCOL, "signature of %zu bytes instead of %zu",
                         signature->size, wire->signature_size);
    char expected[WIRE_SIGNATURE_SIZE];
    sign(wire, parts, expected);
    if (!hash_equal(expected, signature->data, wire->signature_size))
        return error_set(err, ERROR_PROTOCOL, "wrong signature");
    if (!remember(wire, expected))
        return error_set(err, ERROR_PROTOCOL, "signature seen before: a message was replayed");
    return true;
}

/* Cuts the frames into identities, signature and the four parts. */
static bool cut(const struct frame *frames, size_t count, struct request *request,
                const struct frame **rest, struct error *err)
{
    size_t mark = 0;
    while (mark < count && (frames[mark].size != strlen(WIRE_DELIMITER) ||
                            memcmp(frames[mark].data, WIRE_DELIMITER, strlen(WIRE_DELIMITER)) != 0))
        mark++;
    if (mark == count)
        return error_set(err, ERROR_PROTOCOL, "message of %zu frames has no delimiter", count);
    if (mark > REQUEST_IDENTITIES)
        return error_set(err, ERROR_PROTOCOL, "message has %zu identities, at most %d are taken",
                         mark, REQUEST_IDENTITIES);
    if (count - mark - 1 < 1 + PARTS)
        return error_set(err, ERROR_PROTOCOL,
                         "message has %zu frames after the delimiter, 5 are needed",
                         count - mark - 1);
    for (size_t i = 0; i < mark; i++)
        request->identities[i] = (struct frame){
            arena_strndup(request->arena, frames[i].data, frames[i].size), frames[i].size};
    request->identity_count = mark;
    *rest = frames + mark + 1;
    return true;
}

/* An empty object is by far the most frequent part: it costs no parser. */
static bool parse(struct request *request, const struct frame *parts, size_t part,
                  const json_t **out, struct error *err)
{
    const struct frame *frame = &parts[part];
    size_t limit = part == PART_CONTENT ? WIRE_CONTENT_LIMIT : WIRE_HEADER_LIMIT;
    json_t *value = frame->size == 2 && memcmp(frame->data, "{}", 2) == 0
                        ? json_own(request->arena, json_object())
                        : json_parse(request->arena, frame->data, frame->size, limit, err);
    if (!value)
        return error_wrap(err, "%s", part_names[part]);
    if (!json_is_object(value))
        return error_set(err, ERROR_PROTOCOL, "%s is not a JSON object", part_names[part]);
    *out = value;
    return true;
}

/* The header goes back to the front end as it came, unless its bytes are not text. */
static bool read_header(struct request *request, const struct frame *part, const json_t *header,
                        struct error *err)
{
    request->type = json_get_string(header, "msg_type", "");
    request->id = json_get_string(header, "msg_id", "");
    request->session = json_get_string(header, "session", "");
    request->subshell = json_get_string(header, "subshell_id", "");
    if (!*request->type || !*request->id)
        return error_set(err, ERROR_PROTOCOL, "header has no %s",
                         *request->type ? "msg_id" : "msg_type");
    const char *date = json_get_string(header, "date", "");
    if (!time_parse(date, strlen(date), &request->sent))
        request->sent = 0;
    if (text_is_valid(part->data, part->size)) {
        request->header =
            (struct frame){arena_strndup(request->arena, part->data, part->size), part->size};
        return true;
    }
    size_t size = 0;
    char *text = json_dump(request->arena, header, &size);
    request->header = (struct frame){text, size};
    return true;
}

bool wire_read(struct wire *wire, const struct frame *frames, size_t count, struct request **out,
               struct error *err)
{
    struct request *request = request_new();
    const struct frame *rest = frames;
    const json_t *header = NULL;
    bool ok = cut(frames, count, request, &rest, err) && verify(wire, rest, rest + 1, err) &&
              parse(request, rest + 1, PART_HEADER, &header, err) &&
              parse(request, rest + 1, PART_PARENT, &request->parent, err) &&
              parse(request, rest + 1, PART_METADATA, &request->metadata, err) &&
              parse(request, rest + 1, PART_CONTENT, &request->content, err) &&
              read_header(request, rest + 1, header, err);
    if (!ok) {
        request_release(request);
        return false;
    }
    request->received = time_now();
    *out = request;
    return true;
}

void wire_write(struct wire *wire, const struct message *message, struct wire_frames *out)
{
    static const struct frame nothing = {"{}", 2};
    char date[TIME_TEXT_SIZE];
    (void)snprintf(wire->last_id, sizeof wire->last_id, "%s_%llu", wire->session,
                   (unsigned long long)wire->sent++);
    int head =
        snprintf(out->head, sizeof out->head,
                 "{\"msg_id\":\"%s\",\"session\":\"%s\",\"username\":\"kernel\",\"date\":\"%s\","
                 "\"msg_type\":\"%s\",\"version\":\"" WIRE_PROTOCOL "\"}",
                 wire->last_id, wire->session,
                 time_iso(message->date ? message->date : time_now(), date), message->type);
    struct frame *parts = out->frames + 2;
    parts[PART_HEADER] = (struct frame){out->head, (size_t)head};
    parts[PART_PARENT] = message->parent.size ? message->parent : nothing;
    parts[PART_METADATA] = message->metadata.size ? message->metadata : nothing;
    parts[PART_CONTENT] = message->content.size ? message->content : nothing;
    sign(wire, parts, out->signature);
    out->frames[0] = (struct frame){WIRE_DELIMITER, strlen(WIRE_DELIMITER)};
    out->frames[1] = (struct frame){out->signature, strlen(out->signature)};
}
