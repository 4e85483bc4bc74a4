/* hash - SHA-256, HMAC and UUIDs; the only home of OpenSSL and libuuid. Thread-safe. */
#ifndef COFFERDAM_BASE_HASH_H
#define COFFERDAM_BASE_HASH_H

#include "base/base.h"

#define HASH_SHA1_SIZE 20
#define HASH_SIZE 32     /* bytes of a SHA-256 */
#define HASH_HEX_SIZE 65 /* its lower-case hex form with NUL */
#define UUID_TEXT_SIZE 37

void hash_sha256(const void *data, size_t size, unsigned char out[static HASH_SIZE]);
void hash_hex(const unsigned char *bytes, size_t size,
              char *out); /* writes 2 * size characters and NUL */

/* SHA-1 names files of AWS's caches; it proves nothing. */
void hash_sha1_hex(const void *data, size_t size, char out[static 2 * HASH_SHA1_SIZE + 1]);

/* SHA-256 in pieces. */
struct hash;
struct hash *hash_new(void);
void hash_add(struct hash *hash, const void *data, size_t size);
void hash_end(struct hash *hash, unsigned char out[static HASH_SIZE]); /* frees the hash */

/* HMAC over several pieces, with a key prepared once. One thread at a time per object. */
struct hmac;
struct hmac *hmac_new(
    const char *scheme, const void *key,
    size_t size); /* "hmac-sha256", "-sha512", "-md5"...; NULL: unknown, or refused by OpenSSL */
void hmac_free(struct hmac *hmac); /* wipes; NULL is allowed */
void hmac_begin(struct hmac *hmac);
void hmac_add(struct hmac *hmac, const void *data, size_t size);
size_t hmac_end(struct hmac *hmac,
                unsigned char *out); /* the bytes, at most 64; returns how many */
size_t hmac_end_hex(struct hmac *hmac,
                    char *out); /* lower-case hex with NUL, at most 129 bytes; returns its length */

/* Compares in constant time; lengths must be equal, which the caller checks first. */
bool hash_equal(const void *a, const void *b, size_t size);

/* Whether an RSA signature of SHA-256 (PKCS #1 v1.5) over the data is that of a public key in DER
 * (RSAPublicKey). Any bytes. */
struct hash_rsa {
    const void *key;
    size_t key_size;
    const void *signature;
    size_t signature_size;
};
bool hash_rsa_verifies(const struct hash_rsa *rsa, const void *data, size_t size);

void uuid_text(char out[static UUID_TEXT_SIZE]); /* random, lower case, with dashes */

#endif
