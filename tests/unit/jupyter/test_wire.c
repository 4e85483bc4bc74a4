#include "jupyter/wire.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define KEY "a0436f6c-1916-498b-8eb9-e81ab9368e84"
#define HEADER                                                                                     \
    "{\"msg_id\":\"m1\",\"session\":\"s1\",\"username\":\"u\",\"date\":\"2026-11-23T09:12:00."     \
    "000001Z\","                                                                                   \
    "\"msg_type\":\"execute_request\",\"version\":\"5.3\",\"extra\":{\"x\":[1,"                    \
    "\"\xf0\x9f\xa6\x80\"]}}"
#define FRAMES 7

/* Computed by Python's hmac over the four frames below. */
static const struct {
    const char *scheme, *signature;
} vectors[] = {
    {"hmac-sha256", "1d0a1bad1d5cfec42919bc303fd537d45c257350b06a2fc9462f80151d466fd6"},
    {"hmac-sha512", "c28f2fafbbcf64c7c2e74a06fb0a5ff6ba68753445f5822ada3c8a18b5c46024"
                    "675740e5b9f97359249fac91c0d7e2e55bc48ae8041efa4e89f96e95693ada6a"},
    {"hmac-md5", "eac530c5903491cb26234e2b8f89ddc4"},
};

/* A message with one identity: identity, delimiter, signature, header, parent_header, metadata,
 * content. */
struct sample {
    struct frame frames[16];
    size_t count;
    char bytes[16][512];
};

static void put(struct sample *sample, const char *text)
{
    size_t size = strlen(text);
    memcpy(sample->bytes[sample->count], text, size + 1);
    sample->frames[sample->count] = (struct frame){sample->bytes[sample->count], size};
    sample->count++;
}

static void fill(struct sample *sample, const char *signature)
{
    sample->count = 0;
    put(sample, "identity");
    put(sample, WIRE_DELIMITER);
    put(sample, signature);
    put(sample, HEADER);
    put(sample, "{}");
    put(sample, "{\"cellId\":\"c\"}");
    put(sample, "{\"code\":\"x = 1\"}");
}

static struct wire *new_wire(const char *scheme, const char *key)
{
    struct error err = {0};
    struct wire *wire = wire_new(scheme, key, strlen(key), &err);
    assert_non_null(wire);
    return wire;
}

/* Signs the four parts with a wire of the same key: wire_write's own signature is checked by the
 * vectors. */
static void sign(struct sample *sample, const char *key)
{
    struct hmac *hmac = hmac_new("hmac-sha256", key, strlen(key));
    hmac_begin(hmac);
    for (size_t i = 3; i < FRAMES; i++)
        hmac_add(hmac, sample->frames[i].data, sample->frames[i].size);
    sample->frames[2].size = hmac_end_hex(hmac, sample->bytes[2]);
    hmac_free(hmac);
}

static bool read_sample(struct wire *wire, const struct sample *sample, struct error *err)
{
    struct request *request = NULL;
    error_clear(err);
    bool ok = wire_read(wire, sample->frames, sample->count, &request, err);
    if (ok)
        request_release(request);
    return ok;
}

static void assert_refused(struct wire *wire, const struct sample *sample, const char *reason)
{
    struct error err;
    assert_false(read_sample(wire, sample, &err));
    assert_true(err.kind == ERROR_PROTOCOL || err.kind == ERROR_DATA);
    if (!strstr(err.message, reason))
        fail_msg("\"%s\" does not say \"%s\"", err.message, reason);
}

static void messages_signed_elsewhere_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct wire *wire = new_wire(vectors[i].scheme, KEY);
        struct sample sample;
        fill(&sample, vectors[i].signature);
        struct request *request = NULL;
        struct error err = {0};
        assert_true(wire_read(wire, sample.frames, sample.count, &request, &err));
        assert_string_equal(request->type, "execute_request");
        assert_string_equal(request->id, "m1");
        assert_string_equal(request->session, "s1");
        assert_int_equal(request->sent, 1795425120000001);
        assert_int_equal(request->identity_count, 1);
        assert_memory_equal(request->identities[0].data, "identity", 8);
        assert_int_equal(request->header.size,
                         strlen(HEADER)); /* verbatim, unknown keys included */
        assert_memory_equal(request->header.data, HEADER, strlen(HEADER));
        assert_string_equal(json_get_string(request->content, "code", ""), "x = 1");
        request_release(request);
        wire_free(wire);
    }
}

static void a_flipped_bit_in_any_signed_frame_is_refused(void **state)
{
    (void)state;
    struct wire *wire = new_wire("hmac-sha256", KEY);
    for (size_t frame = 2; frame < FRAMES; frame++) {
        struct sample sample;
        fill(&sample, vectors[0].signature);
        for (size_t byte = 0; byte < sample.frames[frame].size; byte++) {
            sample.bytes[frame][byte] ^= 1;
            assert_refused(wire, &sample, "wrong signature");
            sample.bytes[frame][byte] ^= 1;
        }
    }
    wire_free(wire);
}

static void a_signature_of_another_length_is_refused_before_it_is_compared(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 63, 65, 128};
    struct wire *wire = new_wire("hmac-sha256", KEY);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct sample sample;
        char signature[256];
        fill(&sample, vectors[0].signature);
        memset(signature, 'a', sizeof signature);
        memcpy(signature, vectors[0].signature, 64);
        sample.frames[2] = (struct frame){signature, sizes[i]};
        assert_refused(wire, &sample, "instead of 64");
    }
    wire_free(wire);
}

static void nothing_is_parsed_before_the_signature_holds(void **state)
{
    (void)state;
    struct wire *wire = new_wire("hmac-sha256", KEY);
    struct sample sample;
    fill(&sample, vectors[0].signature);
    sample.frames[3] = (struct frame){"{broken", 7};
    assert_refused(wire, &sample, "wrong signature");
    wire_free(wire);
}

static void a_signature_is_taken_once_and_not_again_within_its_memory(void **state)
{
    (void)state;
    struct wire *wire = new_wire("hmac-sha256", KEY);
    struct sample sample, other;
    struct error err;
    fill(&sample, vectors[0].signature);
    assert_true(read_sample(wire, &sample, &err));
    assert_refused(wire, &sample, "replayed");
    for (int i = 0; i < WIRE_REMEMBERED - 1; i++) {
        fill(&other, "");
        (void)snprintf(other.bytes[6], sizeof other.bytes[6], "{\"i\":%d}", i);
        other.frames[6].size = strlen(other.bytes[6]);
        sign(&other, KEY);
        assert_true(read_sample(wire, &other, &err));
    }
    assert_refused(wire, &sample, "replayed");
    wire_free(wire);
}

static void buffers_are_not_signed(void **state)
{
    (void)state;
    struct wire *wire = new_wire("hmac-sha256", KEY);
    struct sample sample;
    struct error err;
    fill(&sample, vectors[0].signature);
    put(&sample, "buffer one");
    put(&sample, "");
    assert_true(read_sample(wire, &sample, &err));
    wire_free(wire);
}

static void identities_are_kept_up_to_their_limit(void **state)
{
    (void)state;
    struct wire *wire = new_wire("hmac-sha256", "");
    struct sample sample, many = {.count = 0};
    struct error err = {0};
    fill(&sample, "");
    for (size_t before = 0; before <= REQUEST_IDENTITIES + 1; before++) {
        many.count = 0;
        for (size_t i = 0; i < before; i++)
            put(&many, "id");
        for (size_t i = 1; i < sample.count; i++)
            if (many.count < COUNT(many.frames))
                put(&many, sample.bytes[i]);
        struct request *request = NULL;
        error_clear(&err);
        bool ok = wire_read(wire, many.frames, many.count, &request, &err);
        assert_int_equal(ok, before <= REQUEST_IDENTITIES);
        if (ok)
            assert_int_equal(request->identity_count, before);
        request_release(request);
    }
    wire_free(wire);
}

static void missing_frames_are_refused(void **state)
{
    (void)state;
    struct wire *wire = new_wire("hmac-sha256", KEY);
    struct sample sample;
    for (size_t count = 0; count < FRAMES; count++) {
        fill(&sample, vectors[0].signature);
        sample.count = count;
        assert_refused(wire, &sample, count < 2 ? "no delimiter" : "after the delimiter");
    }
    wire_free(wire);
}

static void broken_parts_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        size_t frame;
        const char *text, *reason;
    } cases[] = {
        {3, "{", "header"},
        {3, "[]", "header is not a JSON object"},
        {3, "{\"msg_type\":\"x\"}", "header has no msg_id"},
        {3, "{\"msg_id\":\"x\"}", "header has no msg_type"},
        {3, "{\"msg_id\":1,\"msg_type\":\"x\"}", "header has no msg_id"},
        {4, "nonsense", "parent_header"},
        {5, "\"text\"", "metadata is not a JSON object"},
        {6, "{\"code\":", "content"},
        {6, "", "content"},
        {6, "null", "content is not a JSON object"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct wire *wire = new_wire("hmac-sha256", KEY);
        struct sample sample;
        fill(&sample, "");
        sample.frames[cases[i].frame] = (struct frame){cases[i].text, strlen(cases[i].text)};
        sign(&sample, KEY);
        assert_refused(wire, &sample, cases[i].reason);
        wire_free(wire);
    }
}

static void what_python_would_send_is_forgiven(void **state)
{
    (void)state;
    struct wire *wire = new_wire("hmac-sha256", KEY);
    struct sample sample;
    struct error err = {0};
    struct request *request = NULL;
    fill(&sample, "");
    const char *content = "{\"code\":\"a\\ud800b\\u0000c\xff\"}";
    sample.frames[6] = (struct frame){content, strlen(content)};
    const char *header = "{\"msg_id\":\"m\xff\",\"msg_type\":\"execute_request\"}";
    sample.frames[3] = (struct frame){header, strlen(header)};
    sign(&sample, KEY);
    assert_true(wire_read(wire, sample.frames, sample.count, &request, &err));
    assert_string_equal(json_get_string(request->content, "code", ""), "a\xef\xbf\xbd"
                                                                       "b\xef\xbf\xbd"
                                                                       "c\xef\xbf\xbd");
    assert_true(text_is_valid(request->header.data,
                              request->header.size)); /* it goes out again as parent_header */
    assert_int_equal(request->sent, 0);
    request_release(request);
    wire_free(wire);
}

static void an_empty_key_turns_signing_off(void **state)
{
    (void)state;
    struct wire *wire = new_wire("hmac-sha256", "");
    struct sample sample;
    struct error err;
    fill(&sample, "");
    assert_true(read_sample(wire, &sample, &err));
    assert_true(read_sample(wire, &sample, &err)); /* nothing to remember */
    struct message message = {.type = "status", .content = {"{}", 2}};
    struct wire_frames out;
    wire_write(wire, &message, &out);
    assert_int_equal(out.frames[1].size, 0);
    wire_free(wire);
}

static void unknown_schemes_are_refused(void **state)
{
    (void)state;
    struct error err = {0};
    assert_null(wire_new("hmac-rot13", "k", 1, &err));
    assert_int_equal(err.kind, ERROR_PROTOCOL);
    assert_non_null(strstr(err.message, "hmac-rot13"));
}

static void what_is_written_can_be_read_by_a_front_end(void **state)
{
    (void)state;
    struct wire *kernel = new_wire("hmac-sha256", KEY), *front_end = new_wire("hmac-sha256", KEY);
    for (int i = 0; i < 2; i++) {
        struct message message = {.type = "status",
                                  .parent = {HEADER, strlen(HEADER)},
                                  .content = {"{\"execution_state\":\"busy\"}", 26},
                                  .date = 1795425120000001};
        struct wire_frames out;
        struct request *request = NULL;
        struct error err = {0};
        wire_write(kernel, &message, &out);
        assert_true(wire_read(front_end, out.frames, COUNT(out.frames), &request, &err));
        assert_string_equal(request->type, "status");
        assert_string_equal(request->id, wire_last_id(kernel));
        assert_string_equal(request->session, wire_session(kernel));
        assert_int_equal(request->sent, 1795425120000001);
        assert_string_equal(json_get_string(request->parent, "msg_id", ""), "m1");
        json_error_t ignored;
        json_t *header = json_loadb(request->header.data, request->header.size, 0, &ignored);
        assert_string_equal(json_get_string(header, "version", ""), WIRE_PROTOCOL);
        assert_string_equal(json_get_string(header, "date", ""), "2026-11-23T09:12:00.000001Z");
        json_decref(header);
        request_release(request);
    }
    wire_free(kernel);
    wire_free(front_end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_signed_elsewhere_are_read),
        cmocka_unit_test(a_flipped_bit_in_any_signed_frame_is_refused),
        cmocka_unit_test(a_signature_of_another_length_is_refused_before_it_is_compared),
        cmocka_unit_test(nothing_is_parsed_before_the_signature_holds),
        cmocka_unit_test(a_signature_is_taken_once_and_not_again_within_its_memory),
        cmocka_unit_test(buffers_are_not_signed),
        cmocka_unit_test(identities_are_kept_up_to_their_limit),
        cmocka_unit_test(missing_frames_are_refused),
        cmocka_unit_test(broken_parts_are_refused_by_name),
        cmocka_unit_test(what_python_would_send_is_forgiven),
        cmocka_unit_test(an_empty_key_turns_signing_off),
        cmocka_unit_test(unknown_schemes_are_refused),
        cmocka_unit_test(what_is_written_can_be_read_by_a_front_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
