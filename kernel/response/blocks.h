/* blocks - a snapshot's blocks read through EBS's direct APIs and hashed, without a volume or an
 * instance; part of a job (jobs thread).
 *
 * CASE/evidence/blocks-SNAPSHOT.txt (0600) has a line "INDEX SHA-256" for each block that the
 * snapshot has, in order (what it has not is zeros); the root is that of the Merkle tree over the
 * lines without their ends. What stands there is not read again, so that it can be stopped and gone
 * on with at any block.
 */
#ifndef COFFERDAM_RESPONSE_BLOCKS_H
#define COFFERDAM_RESPONSE_BLOCKS_H

#include "job/job.h"

struct blocks;

/* What is known at the end. */
struct blocks_sum {
    int64_t count, bytes;
    char root[65], file_hash[65]; /* hexadecimal */
    const char *file;             /* its name in CASE/evidence; the job's arena's */
    int64_t file_size;
};

/* Belongs to the job's arena; NULL with the error set. */
struct blocks *blocks_new(struct job *job, const char *snapshot, struct error *err);
/* JOB_WAITS with its progress in the job's line, JOB_DONE with the sum, JOB_FAILED. */
enum job_step blocks_step(struct blocks *blocks, struct blocks_sum *sum, struct error *err);
void blocks_end(struct blocks *blocks); /* its calls; NULL is allowed */

/* What hashing costs: dollars for so many blocks, as AWS lists them in most regions. */
double blocks_price(int64_t count);
#define BLOCKS_SIZE ((int64_t)524288)
/* Data, price and time of hashing volumes of so many GiB, at most, in a sentence. */
const char *blocks_words(struct arena *arena, const char *instance, int64_t gib);

#endif
