/* gather - many calls side by side, with their pages, to the end of the last.
 *
 * For questions put to many regions, databases or services at once: one that fails keeps none of
 * the others from its answer. At most 16 are under way at a time. The client's thread.
 */
#ifndef COFFERDAM_AWS_GATHER_H
#define COFFERDAM_AWS_GATHER_H

#include "aws/aws.h"

struct aws_gathering {
    const char *op;                            /* "glue:GetTables"; NULL: nothing is asked */
    json_t *params;                            /* borrowed; NULL: none */
    const char *region;                        /* NULL: the client's */
    const struct aws_credentials *credentials; /* NULL: the chain's */
    int pages;                                 /* most pages that are asked for; 0: one */
    /* What came; texts and replies belong to the arena. */
    bool ok;             /* every page that was asked for came */
    bool more;           /* there were more pages */
    json_t *replies;     /* a list, page by page; also those before a page that failed */
    struct error error;  /* where not ok */
    const char *code;    /* AWS's error code, NULL: none */
    int status;          /* HTTP's of the last answer; 0: none */
    int64_t server_time; /* its Date, Unix microseconds; 0: none */
    int64_t answered;    /* when it came, by this machine's clock */
    const char *body;    /* the last answer's, where it is no reply (s3:GetObject); NULL: none */
    size_t size;
};

/* False only when the analyst stops. */
bool aws_gather(struct aws *aws, struct aws_gathering *list, size_t count, struct cancel *cancel,
                struct arena *arena, struct error *err) ATTR_USE_RESULT;

/* The first reply's value at a path (reply_at), NULL where there is none. */
const json_t *aws_gathered(const struct aws_gathering *gathering, const char *path);

#endif
