#include "aws/sigv4.h"

#include "base/hash.h"
#include "base/time.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define TEXT_MOST ((size_t)32 << 20) /* SQL and policies are far below */
#define KEYS 16                      /* derived signing keys that are kept */
#define SCOPE 160                    /* bytes of date, region and service */

/* A derived key and what it was derived from. */
struct signing_key {
    unsigned char secret[HASH_SIZE]; /* SHA-256 of the secret */
    char scope[SCOPE];
    struct hmac *hmac;
};

struct sigv4 {
    struct signing_key keys[KEYS];
    size_t next;
};

struct sigv4 *sigv4_new(void)
{
    return xcalloc(1, sizeof(struct sigv4));
}

void sigv4_free(struct sigv4 *sigv4)
{
    if (!sigv4)
        return;
    for (size_t i = 0; i < KEYS; i++)
        hmac_free(sigv4->keys[i].hmac);
    wipe(sigv4, sizeof *sigv4);
    free(sigv4);
}

static void put_number(char *out, size_t digits, int number)
{
    for (; digits; number /= 10)
        out[--digits] = (char)('0' + number % 10);
}

void sigv4_date(int64_t time, char out[static SIGV4_DATE_SIZE])
{
    int year, month, day, seconds = (int)(time / 1000000 % 86400);
    time_date(time, &year, &month, &day);
    memcpy(out, "yyyymmddThhmmssZ", SIGV4_DATE_SIZE);
    put_number(out, 4, year);
    put_number(out + 4, 2, month);
    put_number(out + 6, 2, day);
    put_number(out + 9, 2, seconds / 3600);
    put_number(out + 11, 2, seconds / 60 % 60);
    put_number(out + 13, 2, seconds % 60);
}

static bool is_bare(unsigned char byte, bool slashes)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.' ||
           byte == '~' || (slashes && byte == '/');
}

void sigv4_encode(struct buf *out, const char *text, size_t size, bool slashes)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < size;) {
        size_t bare = i;
        while (bare < size && is_bare((unsigned char)text[bare], slashes))
            bare++;
        buf_add(out, text + i, bare - i);
        if (bare < size) {
            unsigned char byte = (unsigned char)text[bare];
            buf_add(out, (const char[]){'%', digits[byte >> 4], digits[byte & 15]}, 3);
        }
        i = bare + 1;
    }
}

/* ---- path ---------------------------------------------------------------------------------------
 */

/* Without ".", ".." and empty segments; a slash at the end stays. */
static void normalise(struct buf *out, const char *path)
{
    buf_addc(out, '/');
    while (*path) {
        size_t size = strcspn(path, "/");
        bool last = path[size] == '\0';
        if (size == 2 && memcmp(path, "..", 2) == 0) {
            if (out->size > 1)
                out->size--; /* the slash behind the segment that goes */
            while (out->data[out->size - 1] != '/')
                out->size--;
        } else if (size && !(size == 1 && *path == '.')) {
            buf_add(out, path, size);
            if (!last)
                buf_addc(out, '/');
        }
        path += size + !last;
    }
    out->data[out->size] = '\0';
}

static void add_path(struct buf *out, const struct sigv4_request *request)
{
    const char *path = *request->path ? request->path : "/";
    if (request->as_is) {
        buf_adds(out, path);
        return;
    }
    struct buf clean;
    buf_init(&clean, TEXT_MOST);
    normalise(&clean, path);
    sigv4_encode(out, clean.data, clean.size, true);
    buf_release(&clean);
}

/* ---- query --------------------------------------------------------------------------------------
 */

struct pair {
    const char *name, *value; /* encoded as sent */
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *one = a, *two = b;
    int order = strcmp(one->name, two->name);
    return order ? order : strcmp(one->value, two->value);
}

static const char *hex_digit(char digit)
{
    static const char all[] = "0123456789abcdefABCDEF";
    return digit ? strchr(all, digit) : NULL;
}

/* The byte that "%2F" means at `text`, or -1. */
static int escaped(const char *text, size_t size)
{
    if (size < 3 || text[0] != '%' || !hex_digit(text[1]) || !hex_digit(text[2]))
        return -1;
    return (int)strtol((const char[]){text[1], text[2], '\0'}, NULL, 16);
}

/* Whatever way it was encoded, as AWS encodes it. */
static const char *encode_again(struct arena *arena, const char *text, size_t size)
{
    struct buf bytes, encoded;
    buf_init(&bytes, TEXT_MOST);
    buf_init(&encoded, TEXT_MOST);
    for (size_t i = 0; i < size; i++) {
        int byte = escaped(text + i, size - i);
        buf_addc(&bytes, byte < 0 ? text[i] : (char)byte);
        i += byte < 0 ? 0 : 2;
    }
    sigv4_encode(&encoded, bytes.data ? bytes.data : "", bytes.size, false);
    const char *result = buf_to_arena(&encoded, arena);
    buf_release(&bytes);
    buf_release(&encoded);
    return result;
}

static void add_query(struct buf *out, const char *query)
{
    if (!query || !*query)
        return;
    struct arena *arena = arena_new();
    size_t count = 1, used = 0;
    for (const char *c = query; *c; c++)
        count += *c == '&';
    struct pair *pairs = arena_alloc(arena, count * sizeof *pairs);
    for (const char *at = query;; at++) {
        size_t size = strcspn(at, "&");
        const char *equals = memchr(at, '=', size);
        size_t name = equals ? (size_t)(equals - at) : size;
        if (size) {
            pairs[used].name = encode_again(arena, at, name);
            pairs[used++].value = equals ? encode_again(arena, equals + 1, size - name - 1) : "";
        }
        at += size;
        if (!*at)
            break;
    }
    qsort(pairs, used, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < used; i++)
        buf_addf(out, "%s%s=%s", i ? "&" : "", pairs[i].name, pairs[i].value);
    arena_free(arena);
}

/* ---- headers ------------------------------------------------------------------------------------
 */

/* What proxies may change or a connection is about. */
static bool is_signed(const char *name)
{
    static const char *const unsigned_names[] = {"authorization", "connection",
                                                 "expect",        "transfer-encoding",
                                                 "user-agent",    "x-amzn-trace-id"};
    for (size_t i = 0; i < COUNT(unsigned_names); i++)
        if (strcasecmp(name, unsigned_names[i]) == 0)
            return false;
    return true;
}

/* Stable: values of one name stay in their order. */
static size_t sort_headers(const struct sigv4_request *request, const struct sigv4_header **sorted)
{
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct sigv4_header *header = &request->headers[i];
        if (!is_signed(header->name))
            continue;
        size_t at = count++;
        for (; at && strcasecmp(sorted[at - 1]->name, header->name) > 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = header;
    }
    return count;
}

static void add_lower(struct buf *out, const char *name)
{
    size_t size = strlen(name);
    char *room = buf_room(out, size);
    if (!room)
        return;
    for (size_t i = 0; i < size; i++)
        room[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20 : name[i]);
    buf_grew(out, size);
}

/* Without blanks at both ends, and one for several within. */
static void add_folded(struct buf *out, const char *value)
{
    for (bool first = true; *(value += strspn(value, " \t\r\n")); first = false) {
        size_t size = strcspn(value, " \t\r\n");
        if (!first)
            buf_addc(out, ' ');
        buf_add(out, value, size);
        value += size;
    }
}

static void add_names(struct buf *out, const struct sigv4_header *const *sorted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i && strcasecmp(sorted[i - 1]->name, sorted[i]->name) == 0)
            continue;
        if (i)
            buf_addc(out, ';');
        add_lower(out, sorted[i]->name);
    }
}

static void add_headers(struct buf *out, const struct sigv4_request *request, struct buf *names)
{
    const struct sigv4_header **sorted = xcalloc(request->header_count, sizeof(void *));
    size_t count = sort_headers(request, sorted);
    for (size_t i = 0; i < count; i++) {
        if (i && strcasecmp(sorted[i - 1]->name, sorted[i]->name) == 0) {
            buf_addc(out, ',');
        } else {
            if (i)
                buf_addc(out, '\n');
            add_lower(out, sorted[i]->name);
            buf_addc(out, ':');
        }
        add_folded(out, sorted[i]->value);
    }
    buf_adds(out, "\n\n");
    add_names(names, sorted, count);
    buf_add(out, names->data, names->size);
    free(sorted);
}

/* ---- signing ------------------------------------------------------------------------------------
 */

/* The names of the signed headers go to `names` as well. */
static void make_canonical(const struct sigv4_request *request, struct buf *out, struct buf *names)
{
    buf_adds(out, request->method);
    buf_addc(out, '\n');
    add_path(out, request);
    buf_addc(out, '\n');
    add_query(out, request->query);
    buf_addc(out, '\n');
    add_headers(out, request, names);
    buf_addc(out, '\n');
    buf_adds(out, request->payload);
}

void sigv4_canonical(const struct sigv4_request *request, struct buf *out)
{
    struct buf names;
    buf_init(&names, TEXT_MOST);
    make_canonical(request, out, &names);
    buf_release(&names);
}

static void add_scope(struct buf *out, const struct sigv4_request *request)
{
    char date[SIGV4_DATE_SIZE];
    sigv4_date(request->time, date);
    buf_add(out, date, 8);
    buf_addc(out, '/');
    buf_adds(out, request->region);
    buf_addc(out, '/');
    buf_adds(out, request->service);
    buf_adds(out, "/aws4_request");
}

void sigv4_string_to_sign(const struct sigv4_request *request, const struct buf *canonical,
                          struct buf *out)
{
    char date[SIGV4_DATE_SIZE], hex[2 * HASH_SIZE + 1];
    unsigned char digest[HASH_SIZE];
    sigv4_date(request->time, date);
    hash_sha256(canonical->data, canonical->size, digest);
    hash_hex(digest, sizeof digest, hex);
    buf_adds(out, ALGORITHM "\n");
    buf_adds(out, date);
    buf_addc(out, '\n');
    add_scope(out, request);
    buf_addc(out, '\n');
    buf_adds(out, hex);
}

/* HMAC-SHA256 of a text with the key, into the key. */
static void chain(unsigned char key[static HASH_SIZE], const char *text, size_t size)
{
    struct hmac *hmac = hmac_new("hmac-sha256", key, HASH_SIZE);
    hmac_begin(hmac);
    hmac_add(hmac, text, size);
    hmac_end(hmac, key);
    hmac_free(hmac);
}

static struct hmac *derive(const char *secret, const struct sigv4_request *request)
{
    char date[SIGV4_DATE_SIZE];
    unsigned char key[HASH_SIZE];
    sigv4_date(request->time, date);
    size_t size = strlen(secret) + 4;
    char *first = xmalloc(size);
    memcpy(first, "AWS4", 4);
    memcpy(first + 4, secret, size - 4);
    struct hmac *hmac = hmac_new("hmac-sha256", first, size);
    wipe(first, size);
    free(first);
    hmac_begin(hmac);
    hmac_add(hmac, date, 8);
    hmac_end(hmac, key);
    hmac_free(hmac);
    chain(key, request->region, strlen(request->region));
    chain(key, request->service, strlen(request->service));
    chain(key, "aws4_request", strlen("aws4_request"));
    hmac = hmac_new("hmac-sha256", key, sizeof key);
    wipe(key, sizeof key);
    return hmac;
}

static struct hmac *signing_key(struct sigv4 *sigv4, const char *secret, const struct buf *scope,
                                const struct sigv4_request *request)
{
    unsigned char digest[HASH_SIZE];
    hash_sha256(secret, strlen(secret), digest);
    bool fits = scope->size < SCOPE;
    for (size_t i = 0; i < KEYS && fits; i++)
        if (sigv4->keys[i].hmac && strcmp(sigv4->keys[i].scope, scope->data) == 0 &&
            hash_equal(sigv4->keys[i].secret, digest, sizeof digest))
            return sigv4->keys[i].hmac;
    struct signing_key *key = &sigv4->keys[sigv4->next++ % KEYS];
    hmac_free(key->hmac);
    key->hmac = derive(secret, request);
    memcpy(key->secret, digest, sizeof digest);
    memcpy(key->scope, fits ? scope->data : "", fits ? scope->size + 1 : 1);
    return key->hmac;
}

void sigv4_sign(struct sigv4 *sigv4, const struct sigv4_credentials *credentials,
                const struct sigv4_request *request, struct buf *out)
{
    struct buf canonical, names, scope, text;
    char hex[2 * HASH_SIZE + 1];
    buf_init_secret(&canonical, TEXT_MOST);
    buf_init(&names, TEXT_MOST);
    buf_init(&scope, TEXT_MOST);
    buf_init(&text, TEXT_MOST);
    make_canonical(request, &canonical, &names);
    add_scope(&scope, request);
    sigv4_string_to_sign(request, &canonical, &text);
    struct hmac *hmac = signing_key(sigv4, credentials->secret_access_key, &scope, request);
    hmac_begin(hmac);
    hmac_add(hmac, text.data, text.size);
    (void)hmac_end_hex(hmac, hex);
    const char *const parts[] = {ALGORITHM,  " Credential=", credentials->access_key_id,
                                 "/",        scope.data,     ", SignedHeaders=",
                                 names.data, ", Signature=", hex};
    for (size_t i = 0; i < COUNT(parts); i++)
        buf_adds(out, parts[i]);
    buf_release(&canonical);
    buf_release(&names);
    buf_release(&scope);
    buf_release(&text);
}
