/* rows - the protocol as a table: one row a case, run over every way to reach a kernel. */
#ifndef COFFERDAM_TESTS_PROTOCOL_ROWS_H
#define COFFERDAM_TESTS_PROTOCOL_ROWS_H

#include "base/base.h"

/* Where a request is sent. */
enum { SHELL = 1, CONTROL = 2, BOTH = SHELL | CONTROL, STDIN = 4, HEARTBEAT = 8, IOPUB = 16 };

/* How a message is broken; it then gets no reply and no status, and the next one is served. */
enum harm {
    HARM_NONE,
    HARM_SIGNATURE_0, /* bytes of it */
    HARM_SIGNATURE_1,
    HARM_SIGNATURE_63,
    HARM_SIGNATURE_65,
    HARM_SIGNATURE_UPPER,
    HARM_SIGNATURE_OVER_BUFFERS,
    HARM_FLIPPED_HEADER, /* one bit after signing */
    HARM_FLIPPED_PARENT,
    HARM_FLIPPED_METADATA,
    HARM_FLIPPED_CONTENT,
    HARM_NO_DELIMITER,
    HARM_CUT_1, /* so many parts */
    HARM_CUT_2,
    HARM_CUT_3,
    HARM_CROWD,  /* of identities */
    HARM_REPLAY, /* of a good one, which is answered */
};

struct row {
    const char *lines; /* of the checklist (rows_lines) */
    unsigned channels; /* each in turn */
    const char *type, *content;
    const char *header; /* more members, beginning with a comma; MADE is the subshell made last */
    size_t buffers;
    enum harm harm;
    const char *reply;     /* its type; NULL: there is none */
    const char *members;   /* JSON: what its content has; "*" for any value, null for none */
    const char *published; /* as client_published says it */
    const char *asked;     /* JSON: what input_request has; it is answered with: */
    const char *answer;
    bool ends; /* the kernel, with status 0 */
};

extern const struct row rows[];
extern const size_t rows_count;

/* The lines of the checklist that a kernel must or should meet: M and S. */
extern const char *const rows_lines[];
extern const size_t rows_lines_count;

/* Lines that need more than a message: which test has them. */
struct row_elsewhere {
    const char *line, *file, *test;
};
extern const struct row_elsewhere rows_elsewhere[];
extern const size_t rows_elsewhere_count;

#endif
