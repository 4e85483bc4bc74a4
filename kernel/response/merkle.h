/* merkle - one hash over many, of leaves that come one by one: the tree of RFC 6962 (section 2.1).
 *
 * A leaf's hash is SHA-256 of 0x00 and its bytes, a node's of 0x01 and both below it. Whoever holds
 * the leaves can show that one of them belongs to the root without the others. Pure; any thread.
 */
#ifndef COFFERDAM_RESPONSE_MERKLE_H
#define COFFERDAM_RESPONSE_MERKLE_H

#include "base/hash.h"

struct merkle {
    unsigned char nodes[64][HASH_SIZE]; /* of whole trees of 2^i leaves, where count has bit i */
    uint64_t count;
};

void merkle_add(struct merkle *merkle, const void *leaf, size_t size); /* {0} is the empty tree */
void merkle_root(const struct merkle *merkle, unsigned char out[static HASH_SIZE]);

#endif
