/* trail - what the files of a trail's fetch share: which trail, which of its objects, and whether
 * they are as CloudTrail wrote them.
 *
 * Source: CloudTrail's user guide on the names of log and digest files, on the structure of digest
 * files and on validating them with one's own means.
 */
#ifndef COFFERDAM_FETCH_TRAIL_H
#define COFFERDAM_FETCH_TRAIL_H

#include "fetch/fetch.h"

/* One file of the trail. */
struct log {
    const char *key;
    const char *region;
    int64_t time; /* that its name says */
    enum { LOG_UNCOVERED, LOG_VERIFIED, LOG_CHANGED } state;
    unsigned char hash[32]; /* of what it holds, unpacked */
    bool hashed;
};

struct trail {
    const struct fetch_request *request;
    struct fetched *out;
    struct arena *arena;
    const char *name, *bucket, *prefix; /* "PREFIX/AWSLogs/" */
    struct log *logs;                   /* in the order of their keys */
    size_t log_count;
    struct log *digests;
    size_t digest_count;
    struct buf *gaps; /* what is wrong or missing, in words */
};

/* Adds a part to the gaps: "; " before it if need be. */
void trail_gap(struct trail *trail, const char *format, ...) ATTR_PRINTF(2, 3);

/* ---- trail_list.c ---- */

bool trail_find(struct trail *trail, struct error *err) ATTR_USE_RESULT;
/* Logs and digests of the window. */
bool trail_list(struct trail *trail, struct error *err) ATTR_USE_RESULT;

/* ---- trail_digest.c: what the signed digests say of the logs ---- */

struct verdict {
    int64_t verified, uncovered; /* logs */
    int64_t digests;             /* whose signature holds */
};
bool trail_verify(struct trail *trail, struct verdict *out, struct error *err) ATTR_USE_RESULT;

#endif
