#include "response/merkle.h"

#include <string.h>

static void join(const unsigned char *left, const unsigned char *right, unsigned char *out)
{
    unsigned char bytes[1 + 2 * HASH_SIZE] = {1};
    memcpy(bytes + 1, left, HASH_SIZE);
    memcpy(bytes + 1 + HASH_SIZE, right, HASH_SIZE);
    hash_sha256(bytes, sizeof bytes, out);
}

void merkle_add(struct merkle *merkle, const void *leaf, size_t size)
{
    static const unsigned char mark = 0;
    unsigned char node[HASH_SIZE];
    struct hash *hash = hash_new();
    size_t level = 0;
    hash_add(hash, &mark, 1);
    hash_add(hash, leaf, size);
    hash_end(hash, node);
    for (; merkle->count >> level & 1; level++)
        join(merkle->nodes[level], node, node);
    memcpy(merkle->nodes[level], node, HASH_SIZE);
    merkle->count++;
}

void merkle_root(const struct merkle *merkle, unsigned char out[static HASH_SIZE])
{
    bool begun = false;
    hash_sha256("", 0, out);
    for (size_t level = 0; level < COUNT(merkle->nodes); level++) {
        if (!(merkle->count >> level & 1))
            continue;
        if (begun)
            join(merkle->nodes[level], out, out);
        else
            memcpy(out, merkle->nodes[level], HASH_SIZE);
        begun = true;
    }
}
