/* verify_state - a verification while it runs; for the files of this folder only. */
#ifndef COFFERDAM_CASE_VERIFY_STATE_H
#define COFFERDAM_CASE_VERIFY_STATE_H

#include "case/ledger_state.h"
#include "case/verify.h"

struct verifying {
    const struct verify_request *request;
    struct verify *out;
    struct arena *arena;
    const char *path;
    struct ledger_mark before; /* the entry before; sequence 0: none yet */
    char time[28];             /* its own clock: ISO texts of one width */
    size_t next_mark;
    json_t *files; /* of the evidence, looked at already: file -> true */
    /* lines that are no entries, until an entry says what they are */
    off_t unread_offset;
    int64_t unread_line; /* 0: none */
};

ATTR_PRINTF(4, 5)
void verify_found(struct verifying *verifying, enum verify_kind kind, int64_t sequence,
                  const char *format, ...);

/* verify_entry.c: one line that is an entry, `size` without the line end. */
void verify_entry(struct verifying *verifying, const char *line, size_t size);
/* Unread lines that no entry explained. */
void verify_unread(struct verifying *verifying);

#endif
