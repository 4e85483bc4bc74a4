/* Frames as a stranger may send them: the first byte chooses whether they are signed rightly, then
   each frame is its size in two bytes and its bytes. What is read must be usable: text that is
   text, a header that goes out again. */
#include "jupyter/wire.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct wire *new_wire(const char *key)
{
    struct error err = {0};
    struct wire *wire = wire_new("hmac-sha256", key, strlen(key), &err);
    if (!wire)
        abort();
    return wire;
}

/* Cuts the input into frames. */
static size_t cut(const uint8_t *data, size_t size, struct frame *frames, size_t limit)
{
    size_t count = 0;
    while (size >= 2 && count < limit) {
        size_t length = (size_t)data[0] << 8 | data[1];
        data += 2;
        size -= 2;
        length = length < size ? length : size;
        frames[count++] = (struct frame){data, length};
        data += length;
        size -= length;
    }
    return count;
}

/* Puts the right signature in, so that the parsers behind it are reached. */
static void sign(struct frame *frames, size_t count, char *signature)
{
    size_t mark = 0;
    while (mark < count && (frames[mark].size != strlen(WIRE_DELIMITER) ||
                            memcmp(frames[mark].data, WIRE_DELIMITER, frames[mark].size) != 0))
        mark++;
    if (count < mark + 6)
        return;
    struct hmac *hmac = hmac_new("hmac-sha256", "key", 3);
    hmac_begin(hmac);
    for (size_t i = mark + 2; i < mark + 6; i++)
        hmac_add(hmac, frames[i].data, frames[i].size);
    frames[mark + 1] = (struct frame){signature, hmac_end_hex(hmac, signature)};
    hmac_free(hmac);
}

static void check(struct wire *wire, const struct request *request)
{
    if (!text_is_valid(request->header.data, request->header.size) || !*request->type ||
        !*request->id || !json_is_object(request->content) || !json_is_object(request->parent))
        abort();
    struct message message = {.type = "status", .parent = request->header, .content = {"{}", 2}};
    struct wire_frames out;
    wire_write(wire, &message, &out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct frame frames[WIRE_FRAMES];
    char signature[WIRE_SIGNATURE_SIZE];
    size_t count = cut(data + 1, size - 1, frames, WIRE_FRAMES);
    if (data[0] & 1)
        sign(frames, count, signature);
    struct wire *wire = new_wire(data[0] & 2 ? "" : "key");
    struct request *request = NULL;
    struct error err = {0};
    if (wire_read(wire, frames, count, &request, &err)) {
        check(wire, request);
        request_release(request);
    } else if (err.kind == ERROR_NONE) {
        abort();
    }
    wire_free(wire);
    return 0;
}
