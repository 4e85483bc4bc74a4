#include "aws/request.h"

#include "aws/xml.h"
#include "base/base64.h"
#include "base/gzip.h"
#include "base/hash.h"
#include "base/secret.h"

#include <string.h>

#define BODY_MOST ((size_t)16 << 20)

/* What one request is made from. */
struct making {
    const struct aws_op *op;
    const struct aws_service *service;
    const json_t *params;
    struct arena *arena;
    struct aws_request *out;
    struct error *err;
};

/* A leaf as text; NULL for an object, a list or null. */
static const char *leaf(struct arena *arena, const json_t *value)
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    if (json_is_integer(value))
        return arena_printf(arena, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value))
        return arena_printf(arena, "%.17g", json_real_value(value));
    return NULL;
}

/* As Python's json writes it, and so botocore. */
static const char *dump(struct arena *arena, const json_t *value, size_t *size)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    arena_defer(arena, secret_free, text);
    *size = text ? strlen(text) : 0;
    return text;
}

static bool wrong_kind(const struct making *making, const char *name)
{
    return error_set(making->err, ERROR_USAGE, "%s: %s cannot be sent as it is", making->op->name,
                     name);
}

bool aws_request_header(struct aws_request *request, const char *name, const char *value,
                        struct error *err)
{
    if (strpbrk(value, "\r\n"))
        return error_set(err, ERROR_USAGE, "a line break in %s", name);
    if (request->header_count == AWS_HEADERS_MOST)
        return error_set(err, ERROR_INTERNAL, "more headers than a request has room for");
    request->headers[request->header_count++] = (struct sigv4_header){name, value};
    return true;
}

/* ---- lists of "member=name" ---------------------------------------------------------------------
 */

struct naming {
    const char *member, *name;
};

/* The next of a row's list, or false behind its end. */
static bool next_naming(struct arena *arena, const char **list, struct naming *out)
{
    const char *at = *list ? *list + strspn(*list, " ") : "";
    size_t size = strcspn(at, " ");
    if (!size)
        return false;
    char *word = arena_strndup(arena, at, size);
    char *equals = strchr(word, '=');
    if (equals)
        *equals = '\0';
    *out = (struct naming){word, equals ? equals + 1 : word};
    *list = at + size;
    return true;
}

static bool is_named(struct arena *arena, const char *list, const char *member)
{
    for (struct naming naming; next_naming(arena, &list, &naming);)
        if (strcmp(naming.member, member) == 0)
            return true;
    return false;
}

/* ---- query and ec2 ------------------------------------------------------------------------------
 */

static bool add_form(const struct making *making, struct buf *out, const char *name,
                     const json_t *value);

static bool add_form_object(const struct making *making, struct buf *out, const char *name,
                            const json_t *object)
{
    const char *member;
    const json_t *value;
    json_t *open = json_incref((json_t *)(uintptr_t)object); /* jansson's loops ask for it */
    bool ok = true;
    json_object_foreach(open, member, value) ok =
        ok && add_form(making, out,
                       *name ? arena_printf(making->arena, "%s.%s", name, member) : member, value);
    json_decref(open);
    return ok;
}

static bool add_form_list(const struct making *making, struct buf *out, const char *name,
                          const json_t *list)
{
    bool flat = making->service->protocol == AWS_EC2_QUERY;
    if (!json_array_size(list) && !flat)
        buf_addf(out, "&%s=", name); /* an empty list is said */
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *each =
            arena_printf(making->arena, flat ? "%s.%zu" : "%s.member.%zu", name, i + 1);
        if (!add_form(making, out, each, json_array_get(list, i)))
            return false;
    }
    return true;
}

static bool add_form(const struct making *making, struct buf *out, const char *name,
                     const json_t *value)
{
    if (json_is_object(value))
        return add_form_object(making, out, name, value);
    if (json_is_array(value))
        return add_form_list(making, out, name, value);
    const char *text = leaf(making->arena, value);
    if (!text)
        return wrong_kind(making, name);
    buf_addc(out, '&');
    sigv4_encode(out, name, strlen(name), false);
    buf_addc(out, '=');
    sigv4_encode(out, text, strlen(text), false);
    return true;
}

static bool make_form(const struct making *making)
{
    struct buf body;
    buf_init_secret(&body, BODY_MOST);
    buf_addf(&body, "Action=%s&Version=%s", making->op->name, making->service->version);
    bool ok = add_form_object(making, &body, "", making->params);
    if (body.full)
        ok = error_set(making->err, ERROR_LIMIT, "%s: the request is too large", making->op->name);
    making->out->body = ok ? buf_to_arena(&body, making->arena) : NULL;
    making->out->size = body.size;
    buf_release(&body);
    return ok &&
           aws_request_header(making->out, "Content-Type",
                              "application/x-www-form-urlencoded; charset=utf-8", making->err);
}

/* ---- json ---------------------------------------------------------------------------------------
 */

static bool make_json(const struct making *making)
{
    const char *target =
        arena_printf(making->arena, "%s.%s", making->service->target, making->op->name);
    making->out->body = dump(making->arena, making->params, &making->out->size);
    return aws_request_header(making->out, "X-Amz-Target", target, making->err) &&
           aws_request_header(making->out, "Content-Type", "application/x-amz-json-1.1",
                              making->err);
}

/* ---- rest ---------------------------------------------------------------------------------------
 */

/* "{Bucket}" and "{Key+}" with their values; what is used is taken out of `rest`. */
static bool fill_path(const struct making *making, const char *form, struct buf *out, json_t *rest)
{
    while (*form) {
        size_t plain = strcspn(form, "{");
        buf_add(out, form, plain);
        form += plain;
        if (!*form)
            break;
        size_t size = strcspn(form, "}") - 1;
        bool greedy = form[size] == '+';
        const char *name = arena_strndup(making->arena, form + 1, size - greedy);
        const char *value = leaf(making->arena, json_object_get(making->params, name));
        if (!value || !*value)
            return error_set(making->err, ERROR_USAGE, "%s: %s is missing", making->op->name, name);
        if (making->service->protocol == AWS_REST_XML && strcmp(name, "Bucket") == 0)
            making->out->bucket = value;
        sigv4_encode(out, value, strlen(value), greedy);
        (void)json_object_del(rest, name);
        form += size + 2;
    }
    return true;
}

static bool add_pair(const struct making *making, struct buf *out, const char *name,
                     const json_t *value)
{
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            if (!add_pair(making, out, name, json_array_get(value, i)))
                return false;
        return true;
    }
    const char *text = leaf(making->arena, value);
    if (!text)
        return wrong_kind(making, name);
    if (out->size)
        buf_addc(out, '&');
    sigv4_encode(out, name, strlen(name), false);
    buf_addc(out, '=');
    sigv4_encode(out, text, strlen(text), false);
    return true;
}

static bool fill_query(const struct making *making, struct buf *out, json_t *rest)
{
    const char *list = making->op->query;
    for (struct naming naming; next_naming(making->arena, &list, &naming);) {
        const json_t *value = json_object_get(making->params, naming.member);
        if (value && !add_pair(making, out, naming.name, value))
            return false;
        (void)json_object_del(rest, naming.member);
    }
    return true;
}

static bool fill_headers(const struct making *making, json_t *rest)
{
    const char *list = making->op->headers;
    for (struct naming naming; next_naming(making->arena, &list, &naming);) {
        const json_t *value = json_object_get(making->params, naming.member);
        const char *text = leaf(making->arena, value);
        if (value && !text)
            return wrong_kind(making, naming.member);
        if (text && !aws_request_header(making->out, naming.name, text, making->err))
            return false;
        (void)json_object_del(rest, naming.member);
    }
    return true;
}

/* The member that is the body: text as it is, an object as JSON or XML. */
static bool fill_payload(const struct making *making)
{
    const char *list = making->op->payload;
    struct naming naming;
    struct aws_request *out = making->out;
    const json_t *value = next_naming(making->arena, &list, &naming)
                              ? json_object_get(making->params, naming.member)
                              : NULL;
    if (!value)
        return true;
    if (json_is_string(value)) {
        out->body = json_string_value(value);
        out->size = json_string_length(value);
        return true;
    }
    if (making->service->protocol == AWS_REST_XML) {
        out->body = xml_write(making->arena, naming.name, making->service->xmlns, value);
        out->size = strlen(out->body);
        return true;
    }
    out->body = dump(making->arena, value, &out->size);
    return aws_request_header(out, "Content-Type", "application/json", making->err);
}

static bool fill_body(const struct making *making, const json_t *rest)
{
    struct aws_request *out = making->out;
    if (making->op->payload)
        return fill_payload(making);
    bool bodiless = strcmp(out->method, "GET") == 0 || strcmp(out->method, "HEAD") == 0 ||
                    strcmp(out->method, "DELETE") == 0;
    if (bodiless && !json_object_size(rest))
        return true;
    if (bodiless || making->service->protocol == AWS_REST_XML) {
        const char *name = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)rest));
        return !name ||
               error_set(making->err, ERROR_USAGE, "%s does not take %s", making->op->name, name);
    }
    out->body = dump(making->arena, rest, &out->size);
    return aws_request_header(out, "Content-Type", "application/json", making->err);
}

static bool add_checksum(const struct making *making)
{
    struct aws_request *out = making->out;
    uint32_t crc = gzip_crc32(out->body, out->size);
    unsigned char bytes[] = {(unsigned char)(crc >> 24), (unsigned char)(crc >> 16),
                             (unsigned char)(crc >> 8), (unsigned char)crc};
    struct buf text;
    buf_init(&text, 16);
    base64_add(&text, bytes, sizeof bytes);
    const char *value = buf_to_arena(&text, making->arena);
    buf_release(&text);
    return aws_request_header(out, "x-amz-sdk-checksum-algorithm", "CRC32", making->err) &&
           aws_request_header(out, "x-amz-checksum-crc32", value, making->err);
}

static bool make_rest(const struct making *making)
{
    struct aws_request *out = making->out;
    const char *form = making->op->path, *mark = strchr(form, '?');
    json_t *rest = json_own(making->arena, json_copy((json_t *)(uintptr_t)making->params));
    struct buf path, query;
    buf_init(&path, BODY_MOST);
    buf_init(&query, BODY_MOST);
    if (mark)
        buf_adds(&query, mark + 1);
    size_t size = mark ? (size_t)(mark - form) : strlen(form);
    bool ok = fill_path(making, arena_strndup(making->arena, form, size), &path, rest) &&
              fill_query(making, &query, rest) && fill_headers(making, rest) &&
              fill_body(making, rest);
    out->path = buf_to_arena(&path, making->arena);
    out->query = query.size ? buf_to_arena(&query, making->arena) : NULL;
    buf_release(&path);
    buf_release(&query);
    return ok && (!making->op->checksum || !out->body || add_checksum(making));
}

/* ---- all ----------------------------------------------------------------------------------------
 */

static bool fill_host(const struct making *making)
{
    const char *form = making->op->host;
    making->out->before_host = "";
    if (!form)
        return true;
    size_t size = strcspn(form, "}");
    const char *name = arena_strndup(making->arena, form + 1, size - 1);
    const char *value = leaf(making->arena, json_object_get(making->params, name));
    if (!value || strspn(value, "0123456789") != 12 || value[12])
        return error_set(making->err, ERROR_USAGE, "%s: %s is no account number", making->op->name,
                         name);
    making->out->before_host = arena_printf(making->arena, "%s%s", value, form + size + 1);
    return true;
}

/* The row's token, so that the call can be sent again. */
static const json_t *filled(const struct making *making)
{
    const char *fill = making->op->fill;
    if (!fill || json_object_get(making->params, fill) ||
        is_named(making->arena, making->op->headers, fill))
        return making->params;
    char token[UUID_TEXT_SIZE];
    uuid_text(token);
    json_t *copy = json_own(making->arena, json_copy((json_t *)(uintptr_t)making->params));
    (void)json_object_set_new(copy, fill, json_string(token));
    return copy;
}

bool aws_request_make(const struct aws_op *op, const json_t *params, struct arena *arena,
                      struct aws_request *out, struct error *err)
{
    *out = (struct aws_request){.method = op->method ? op->method : "POST", .path = "/"};
    struct making making = {.op = op,
                            .service = aws_service_of(op),
                            .params = params ? params : json_own(arena, json_object()),
                            .arena = arena,
                            .out = out,
                            .err = err};
    making.params = filled(&making);
    if (!fill_host(&making))
        return false;
    switch (making.service->protocol) {
    case AWS_JSON_1_1:
        return make_json(&making);
    case AWS_QUERY:
    case AWS_EC2_QUERY:
        return make_form(&making);
    case AWS_REST_JSON:
    case AWS_REST_XML:
        return make_rest(&making);
    }
    return error_set(err, ERROR_INTERNAL, "%s has no protocol", op->name);
}
