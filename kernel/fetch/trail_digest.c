/* What CloudTrail signed: hourly digests with the hashes of the log files they cover. */
#include "fetch/objects.h"
#include "fetch/trail.h"

#include "aws/reply.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/gzip.h"
#include "base/hash.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define DIGEST_LIMIT ((size_t)64 * 1024 * 1024)
#define SIGNATURE_LIMIT 1024 /* bytes; RSA of 8,192 bits */
#define NAMED_MOST 5         /* files named in a gap */
#define KEY_PAGES 20         /* of one region; keys live for months, a page has dozens */

struct verifying {
    struct trail *trail;
    struct object *objects;
    struct verdict *verdict;
    struct gzip *gzip;
    json_t *keys; /* region -> fingerprint -> key in base64 */
    size_t changed, gone, unsigned_digests;
};

/* Says the first few of a kind; all are counted. */
static void say(struct verifying *verifying, size_t *count, const char *what, const char *key)
{
    if ((*count)++ < NAMED_MOST)
        trail_gap(verifying->trail, "%s %s", what, key);
}

/* ---- keys ---- */

static bool add_keys(void *state, const json_t *reply, struct error *err)
{
    (void)err;
    for (size_t i = 0; i < reply_count(reply, "PublicKeyList"); i++) {
        const json_t *one = reply_item(reply, "PublicKeyList", i);
        (void)json_object_set_new(state, reply_text(one, "Fingerprint"),
                                  json_texts(reply_text(one, "Value")));
    }
    return true;
}

/* CloudTrail's public keys of a region, asked once; fingerprint -> base64. */
static const json_t *keys_of(struct verifying *verifying, const char *region)
{
    struct trail *trail = verifying->trail;
    json_t *keys = json_object_get(verifying->keys, region);
    if (keys)
        return keys;
    keys = json_object();
    (void)json_object_set_new(verifying->keys, region, keys);
    json_t *params =
        json_own(trail->arena, json_pack("{s:I, s:I}", "StartTime",
                                         (json_int_t)(trail->out->since / 1000000 - 86400),
                                         "EndTime", (json_int_t)(trail->out->until / 1000000)));
    struct aws_asking asking = {.op = "cloudtrail:ListPublicKeys",
                                .params = params,
                                .region = region,
                                .cancel = trail->request->cancel};
    struct aws_pages pages = {.visit = add_keys, .state = keys, .limit = KEY_PAGES};
    struct error why = {0};
    if (!aws_call_pages(session_aws(trail->request->session), &asking, &pages, &why))
        trail_gap(trail, "the keys of digests in %s cannot be read: %s", region, why.message);
    return keys;
}

/* ---- one digest ---- */

static bool hex_bytes(const char *text, unsigned char *out, size_t *size)
{
    size_t length = strlen(text);
    *size = length / 2;
    if (length % 2 || *size > SIGNATURE_LIMIT || strspn(text, "0123456789abcdefABCDEF") != length)
        return false;
    for (size_t i = 0; i < *size; i++) {
        const char pair[] = {text[2 * i], text[2 * i + 1], '\0'};
        out[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return true;
}

/* What was signed: the digest's end, its place, its hash and the signature before it. */
static void write_signed(const json_t *digest, const struct buf *text, struct buf *out)
{
    unsigned char hash[HASH_SIZE];
    char hex[HASH_HEX_SIZE];
    hash_sha256(text->data, text->size, hash);
    hash_hex(hash, HASH_SIZE, hex);
    buf_addf(out, "%s\n%s/%s\n%s\n%s", json_get_string(digest, "digestEndTime", ""),
             json_get_string(digest, "digestS3Bucket", ""),
             json_get_string(digest, "digestS3Object", ""), hex,
             json_get_string(digest, "previousDigestSignature", "null"));
}

/* A digest copied to another place proves nothing about this one. */
static bool is_in_place(const struct trail *trail, const struct log *file, const json_t *digest)
{
    return strcmp(json_get_string(digest, "digestS3Bucket", ""), trail->bucket) == 0 &&
           strcmp(json_get_string(digest, "digestS3Object", ""), file->key) == 0;
}

static bool is_signed(struct verifying *verifying, const struct log *file, const json_t *digest,
                      const struct buf *text, const char *signature)
{
    const char *fingerprint = json_get_string(digest, "digestPublicKeyFingerprint", "");
    const char *key = json_get_string(keys_of(verifying, file->region), fingerprint, NULL);
    unsigned char bytes[SIGNATURE_LIMIT];
    size_t size;
    struct buf der, words;
    if (!key || !is_in_place(verifying->trail, file, digest) || !hex_bytes(signature, bytes, &size))
        return false;
    buf_init(&der, 16 * 1024);
    buf_init(&words, 64 * 1024);
    write_signed(digest, text, &words);
    bool valid = base64_read(&der, key, strlen(key)) && !words.full &&
                 hash_rsa_verifies(&(struct hash_rsa){der.data, der.size, bytes, size}, words.data,
                                   words.size);
    buf_release(&der);
    buf_release(&words);
    return valid;
}

static int by_key(const void *key, const void *item)
{
    const struct log *log = item;
    return strcmp(key, log->key);
}

static struct log *find(struct log *list, size_t count, const char *key)
{
    return count ? bsearch(key, list, count, sizeof *list, by_key) : NULL;
}

/* A log that a signed digest names: as it was, changed, or gone. */
static void check_log(struct verifying *verifying, const struct log *digest, const json_t *named)
{
    struct trail *trail = verifying->trail;
    const char *key = json_get_string(named, "s3Object", "");
    struct log *log = find(trail->logs, trail->log_count, key);
    char hex[HASH_HEX_SIZE];
    if (!log) { /* those of the hour before the window were not listed */
        if (digest->time - (int64_t)3600 * 1000000 > trail->out->since)
            say(verifying, &verifying->gone, "DELETED since it was signed:", key);
        return;
    }
    if (!log->hashed)
        return;
    hash_hex(log->hash, HASH_SIZE, hex);
    bool same = strcmp(hex, json_get_string(named, "hashValue", "")) == 0;
    log->state = same ? LOG_VERIFIED : LOG_CHANGED;
    verifying->verdict->verified += same;
    if (!same)
        say(verifying, &verifying->changed, "CHANGED since it was signed:", key);
}

static void check_before(struct verifying *verifying, const json_t *digest)
{
    struct trail *trail = verifying->trail;
    const char *before = json_get_string(digest, "previousDigestS3Object", NULL);
    if (!before || !trail->digest_count || find(trail->digests, trail->digest_count, before) ||
        strcmp(before, trail->digests[0].key) < 0)
        return;
    const struct log *file = NULL; /* the oldest of the same folder ends what was listed */
    size_t folder = (size_t)(strrchr(before, '_') ? strrchr(before, '_') - before : 0);
    for (size_t i = 0; i < trail->digest_count && !file; i++)
        if (strncmp(trail->digests[i].key, before, folder) == 0)
            file = &trail->digests[i];
    if (file && strcmp(before, file->key) > 0)
        say(verifying, &verifying->gone, "DELETED, a digest:", before);
}

static bool take_digest(void *state, size_t index, const struct object_body *body,
                        struct error *err)
{
    struct verifying *verifying = state;
    const struct log *file = &verifying->trail->digests[index];
    struct arena *arena = arena_new();
    struct error why = {0};
    struct buf text;
    buf_init(&text, DIGEST_LIMIT);
    (void)err;
    json_t *digest = NULL;
    if (gzip_expand(verifying->gzip, body->bytes, body->size, &text, &why))
        digest = json_parse(arena, text.data, text.size, DIGEST_LIMIT, &why);
    if (digest && is_signed(verifying, file, digest, &text,
                            json_get_string(body->metadata, "signature", ""))) {
        size_t i;
        json_t *named;
        verifying->verdict->digests++;
        json_array_foreach(json_object_get(digest, "logFiles"), i, named)
            check_log(verifying, file, named);
        check_before(verifying, digest);
    } else {
        say(verifying, &verifying->unsigned_digests,
            "a digest whose signature does not hold:", file->key);
    }
    buf_release(&text);
    arena_free(arena);
    return true;
}

/* ---- all of them ---- */

static void say_counts(const struct verifying *verifying)
{
    const struct {
        size_t count;
        const char *what;
    } kinds[] = {{verifying->changed, "changed files"},
                 {verifying->gone, "deleted files"},
                 {verifying->unsigned_digests, "digests without a valid signature"}};
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (kinds[i].count > NAMED_MOST)
            trail_gap(verifying->trail, "in all %zu %s", kinds[i].count, kinds[i].what);
}

bool trail_verify(struct trail *trail, struct verdict *out, struct error *err)
{
    struct object *objects = arena_alloc(trail->arena, (trail->digest_count + 1) * sizeof *objects);
    struct verifying verifying = {.trail = trail,
                                  .objects = objects,
                                  .verdict = out,
                                  .gzip = gzip_new(),
                                  .keys = json_own(trail->arena, json_object())};
    struct objects fetching = {.aws = session_aws(trail->request->session),
                               .cancel = trail->request->cancel,
                               .bucket = trail->bucket,
                               .take = take_digest,
                               .state = &verifying};
    *out = (struct verdict){0};
    for (size_t i = 0; i < trail->digest_count; i++)
        objects[i] = (struct object){.key = trail->digests[i].key};
    bool ok = objects_fetch(&fetching, objects, trail->digest_count, trail->arena, err);
    gzip_free(verifying.gzip);
    for (size_t i = 0; i < trail->digest_count; i++)
        if (objects[i].failure)
            say(&verifying, &verifying.unsigned_digests,
                "a digest that cannot be read:", objects[i].key);
    say_counts(&verifying);
    for (size_t i = 0; i < trail->log_count; i++)
        out->uncovered += trail->logs[i].state == LOG_UNCOVERED;
    trail->out->calls += (int64_t)trail->digest_count;
    return ok;
}
