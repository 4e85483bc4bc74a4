/* OpenSSL 3 calls these functions deprecated. They are used since they need none of its providers:
   the first EVP digest of a process costs 0.9 ms (measured, OpenSSL 3.0), these cost 12 us, and a
   kernel signs before its first reply. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/hash.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#define BLOCK_MAX SHA512_CBLOCK
#define DIGEST_MAX SHA512_DIGEST_LENGTH

union state {
    SHA256_CTX sha256;
    SHA512_CTX sha512;
    SHA_CTX sha1;
    MD5_CTX md5;
};

struct digest {
    const char *scheme;
    size_t block, size;
    bool (*init)(union state *state); /* false: this OpenSSL refuses it (MD5 under FIPS) */
    void (*update)(union state *state, const void *data, size_t size);
    void (*final)(union state *state, unsigned char *out);
};

static bool sha224_init(union state *state)
{
    return SHA224_Init(&state->sha256) == 1;
}

static bool sha256_init(union state *state)
{
    return SHA256_Init(&state->sha256) == 1;
}

static void sha256_update(union state *state, const void *data, size_t size)
{
    (void)SHA256_Update(&state->sha256, data, size);
}

static void sha256_final(union state *state, unsigned char *out)
{
    (void)SHA256_Final(out, &state->sha256);
}

static bool sha384_init(union state *state)
{
    return SHA384_Init(&state->sha512) == 1;
}

static bool sha512_init(union state *state)
{
    return SHA512_Init(&state->sha512) == 1;
}

static void sha512_update(union state *state, const void *data, size_t size)
{
    (void)SHA512_Update(&state->sha512, data, size);
}

static void sha512_final(union state *state, unsigned char *out)
{
    (void)SHA512_Final(out, &state->sha512);
}

static bool sha1_init(union state *state)
{
    return SHA1_Init(&state->sha1) == 1;
}

static void sha1_update(union state *state, const void *data, size_t size)
{
    (void)SHA1_Update(&state->sha1, data, size);
}

static void sha1_final(union state *state, unsigned char *out)
{
    (void)SHA1_Final(out, &state->sha1);
}

static bool md5_init(union state *state)
{
    return MD5_Init(&state->md5) == 1;
}

static void md5_update(union state *state, const void *data, size_t size)
{
    (void)MD5_Update(&state->md5, data, size);
}

static void md5_final(union state *state, unsigned char *out)
{
    (void)MD5_Final(out, &state->md5);
}

static const struct digest digests[] = {
    {"hmac-sha256", 64, 32, sha256_init, sha256_update, sha256_final},
    {"hmac-sha512", 128, 64, sha512_init, sha512_update, sha512_final},
    {"hmac-sha384", 128, 48, sha384_init, sha512_update, sha512_final},
    {"hmac-sha224", 64, 28, sha224_init, sha256_update, sha256_final},
    {"hmac-sha1", 64, 20, sha1_init, sha1_update, sha1_final},
    {"hmac-md5", 64, 16, md5_init, md5_update, md5_final},
};

struct hash {
    SHA256_CTX context;
};

/* The states after the padded key (RFC 2104) are computed once and copied for every message. */
struct hmac {
    const struct digest *digest;
    union state inner, outer, running;
};

struct hash *hash_new(void)
{
    struct hash *hash = xcalloc(1, sizeof *hash);
    (void)SHA256_Init(&hash->context);
    return hash;
}

void hash_add(struct hash *hash, const void *data, size_t size)
{
    (void)SHA256_Update(&hash->context, data, size);
}

void hash_end(struct hash *hash, unsigned char out[static HASH_SIZE])
{
    (void)SHA256_Final(out, &hash->context);
    free(hash);
}

void hash_sha256(const void *data, size_t size, unsigned char out[static HASH_SIZE])
{
    SHA256_CTX context;
    (void)SHA256_Init(&context);
    (void)SHA256_Update(&context, data, size);
    (void)SHA256_Final(out, &context);
}

void hash_sha1_hex(const void *data, size_t size, char out[static 2 * HASH_SHA1_SIZE + 1])
{
    unsigned char digest[HASH_SHA1_SIZE];
    (void)SHA1(data, size, digest);
    hash_hex(digest, sizeof digest, out);
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

/* The state after the key, padded to one block and xored with `pad`. */
static void key_state(const struct digest *digest, union state *state, const unsigned char *key,
                      unsigned char pad)
{
    unsigned char block[BLOCK_MAX];
    for (size_t i = 0; i < digest->block; i++)
        block[i] = key[i] ^ pad;
    (void)digest->init(state);
    digest->update(state, block, digest->block);
    wipe(block, sizeof block);
}

struct hmac *hmac_new(const char *scheme, const void *key, size_t size)
{
    const struct digest *digest = NULL;
    for (size_t i = 0; i < COUNT(digests) && !digest; i++)
        if (strcmp(digests[i].scheme, scheme) == 0)
            digest = &digests[i];
    union state probe;
    if (!digest || !digest->init(&probe))
        return NULL;
    struct hmac *hmac = xcalloc(1, sizeof *hmac);
    unsigned char padded[BLOCK_MAX] = {0};
    if (size > digest->block) {
        (void)digest->init(&hmac->running);
        digest->update(&hmac->running, key, size);
        digest->final(&hmac->running, padded);
    } else if (size) {
        memcpy(padded, key, size);
    }
    hmac->digest = digest;
    key_state(digest, &hmac->inner, padded, 0x36);
    key_state(digest, &hmac->outer, padded, 0x5c);
    wipe(padded, sizeof padded);
    hmac_begin(hmac);
    return hmac;
}

void hmac_free(struct hmac *hmac)
{
    if (!hmac)
        return;
    wipe(hmac, sizeof *hmac);
    free(hmac);
}

void hmac_begin(struct hmac *hmac)
{
    hmac->running = hmac->inner;
}

void hmac_add(struct hmac *hmac, const void *data, size_t size)
{
    hmac->digest->update(&hmac->running, data, size);
}

size_t hmac_end(struct hmac *hmac, unsigned char *out)
{
    unsigned char result[DIGEST_MAX];
    hmac->digest->final(&hmac->running, result);
    hmac->running = hmac->outer;
    hmac->digest->update(&hmac->running, result, hmac->digest->size);
    hmac->digest->final(&hmac->running, out);
    wipe(result, sizeof result);
    return hmac->digest->size;
}

size_t hmac_end_hex(struct hmac *hmac, char *out)
{
    unsigned char result[DIGEST_MAX];
    size_t size = hmac_end(hmac, result);
    hash_hex(result, size, out);
    return 2 * size;
}

bool hash_equal(const void *a, const void *b, size_t size)
{
    return CRYPTO_memcmp(a, b, size) == 0;
}

bool hash_rsa_verifies(const struct hash_rsa *rsa, const void *data, size_t size)
{
    const unsigned char *der = rsa->key;
    EVP_PKEY *key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &der, (long)rsa->key_size);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool valid = key && context &&
                 EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                 EVP_DigestVerify(context, rsa->signature, rsa->signature_size, data, size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return valid;
}

void uuid_text(char out[static UUID_TEXT_SIZE])
{
    uuid_t bytes;
    uuid_generate_random(bytes);
    uuid_unparse_lower(bytes, out);
}
