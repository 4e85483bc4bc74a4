#include "base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

static void ATTR_NORETURN broken(const char *what)
{
    (void)fprintf(stderr, "cofferdam: OpenSSL cannot do %s\n", what);
    abort();
}

struct hash {
    EVP_MD_CTX *context;
};

/* Keyed inner and outer states are computed once (RFC 2104) and copied for every message: half the work per message, and the
   same digest objects as hash_*, so that EVP_MAC and its fetches are never initialised. */
struct hmac {
    EVP_MD_CTX *inner, *outer; /* after the padded key */
    EVP_MD_CTX *running;
};

static EVP_MD_CTX *context_new(const EVP_MD *digest)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || !digest || EVP_DigestInit_ex(context, digest, NULL) != 1)
        broken("hashes");
    return context;
}

static void update(EVP_MD_CTX *context, const void *data, size_t size)
{
    if (EVP_DigestUpdate(context, data, size) != 1)
        broken("hashes");
}

static size_t finish(EVP_MD_CTX *context, unsigned char *out)
{
    unsigned size = 0;
    if (EVP_DigestFinal_ex(context, out, &size) != 1)
        broken("hashes");
    return size;
}

struct hash *hash_new(void)
{
    struct hash *hash = xcalloc(1, sizeof *hash);
    hash->context = context_new(EVP_sha256());
    return hash;
}

void hash_add(struct hash *hash, const void *data, size_t size)
{
    update(hash->context, data, size);
}

void hash_end(struct hash *hash, unsigned char out[static HASH_SIZE])
{
    (void)finish(hash->context, out);
    EVP_MD_CTX_free(hash->context);
    free(hash);
}

void hash_sha256(const void *data, size_t size, unsigned char out[static HASH_SIZE])
{
    struct hash *hash = hash_new();
    hash_add(hash, data, size);
    hash_end(hash, out);
}

void hash_hex(const unsigned char *bytes, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

struct scheme {
    const char *name;
    const EVP_MD *(*digest)(void);
};

static const struct scheme schemes[] = {
    {"hmac-sha256", EVP_sha256}, {"hmac-sha512", EVP_sha512}, {"hmac-sha384", EVP_sha384},
    {"hmac-sha224", EVP_sha224}, {"hmac-sha1", EVP_sha1},     {"hmac-md5", EVP_md5},
};

/* The digest fed with the key, padded to one block and xored with `pad`. */
static EVP_MD_CTX *keyed(const EVP_MD *digest, const unsigned char *key, unsigned char pad)
{
    unsigned char block[EVP_MAX_MD_SIZE * 4];
    size_t size = (size_t)EVP_MD_get_block_size(digest);
    if (size > sizeof block)
        broken("HMAC");
    for (size_t i = 0; i < size; i++)
        block[i] = key[i] ^ pad;
    EVP_MD_CTX *context = context_new(digest);
    update(context, block, size);
    wipe(block, sizeof block);
    return context;
}

struct hmac *hmac_new(const char *scheme, const void *key, size_t size)
{
    const struct scheme *row = NULL;
    for (size_t i = 0; i < COUNT(schemes) && !row; i++)
        if (strcmp(schemes[i].name, scheme) == 0)
            row = &schemes[i];
    if (!row)
        return NULL;
    const EVP_MD *digest = row->digest();
    unsigned char padded[EVP_MAX_MD_SIZE * 4] = {0};
    if (size > (size_t)EVP_MD_get_block_size(digest)) {
        EVP_MD_CTX *context = context_new(digest);
        update(context, key, size);
        (void)finish(context, padded);
        EVP_MD_CTX_free(context);
    } else if (size) {
        memcpy(padded, key, size);
    }
    struct hmac *hmac = xcalloc(1, sizeof *hmac);
    hmac->inner = keyed(digest, padded, 0x36);
    hmac->outer = keyed(digest, padded, 0x5c);
    hmac->running = context_new(digest);
    wipe(padded, sizeof padded);
    return hmac;
}

void hmac_free(struct hmac *hmac)
{
    if (!hmac)
        return;
    EVP_MD_CTX_free(hmac->inner); /* OpenSSL clears a digest's state when it frees it */
    EVP_MD_CTX_free(hmac->outer);
    EVP_MD_CTX_free(hmac->running);
    free(hmac);
}

static void copy(EVP_MD_CTX *to, const EVP_MD_CTX *from)
{
    if (EVP_MD_CTX_copy_ex(to, from) != 1)
        broken("HMAC");
}

void hmac_begin(struct hmac *hmac)
{
    copy(hmac->running, hmac->inner);
}

void hmac_add(struct hmac *hmac, const void *data, size_t size)
{
    update(hmac->running, data, size);
}

size_t hmac_end_hex(struct hmac *hmac, char *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t size = finish(hmac->running, digest);
    copy(hmac->running, hmac->outer);
    update(hmac->running, digest, size);
    size = finish(hmac->running, digest);
    hash_hex(digest, size, out);
    return 2 * size;
}

bool hash_equal(const void *a, const void *b, size_t size)
{
    return CRYPTO_memcmp(a, b, size) == 0;
}

void uuid_text(char out[static UUID_TEXT_SIZE])
{
    uuid_t bytes;
    uuid_generate_random(bytes);
    uuid_unparse_lower(bytes, out);
}
