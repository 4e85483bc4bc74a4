/* ledger_state - the inside of a ledger, shared by the files of this folder only. */
#ifndef COFFERDAM_CASE_LEDGER_STATE_H
#define COFFERDAM_CASE_LEDGER_STATE_H

#include "base/buf.h"
#include "case/ledger.h"

#include <sys/types.h>

#define LEDGER_BATCH_MOST ((size_t)8 * 1024 * 1024) /* bytes of one write */
#define LEDGER_MEMBER_MOST ((size_t)8 * 1024)       /* of a content, before it is evidence */
#define LEDGER_FIRST_PREV "0000000000000000000000000000000000000000000000000000000000000000"

/* A line's head and tail, read without parsing its content. */
struct ledger_line {
    int64_t sequence;
    const char *prev, *kind, *hash; /* within the line, not ended by NUL */
    size_t kind_size;
    size_t hashed; /* bytes that `hash` is over */
};
/* `line` without its line end. False: it is no entry. The hash is not verified. */
bool ledger_line_read(const char *line, size_t size, struct ledger_line *out);
/* The hash is that of the bytes. */
bool ledger_line_holds(const char *line, const struct ledger_line *read);

/* What is behind the last entry and none itself: left by a crash. */
struct ledger_torn {
    off_t offset;
    size_t size; /* 0: nothing */
    char hash[HASH_HEX_SIZE];
    bool ended; /* the file ends with a line end */
};

struct ledger {
    char *folder, *path, *notebook;
    char *subshell; /* or NULL */
    char kernel[UUID_TEXT_SIZE];
    int file; /* -1: not open */
    dev_t device;
    ino_t inode;
    bool known;               /* the tail has been read */
    bool moved;               /* another file stands in its place since our last look */
    bool introduced;          /* the kernel's own entry is written */
    bool unsynced;            /* something written is not synced */
    off_t end;                /* of the file, as of our last look */
    struct ledger_mark head;  /* sequence 0: no entry yet */
    struct ledger_torn torn;  /* as found by ledger_look */
    struct ledger_mark found; /* of a ledger that is not as we left it; sequence -1: as we left it*/
    /* what entries say of themselves */
    int64_t cell;
    char *cell_id;
    char *account, *arn, *id;
    bool offset_known;
    int64_t offset;
};

/* ledger_file.c: opens the file and takes its lock; it is given back by ledger_unlock. */
bool ledger_lock(struct ledger *ledger, struct error *err);
void ledger_unlock(struct ledger *ledger);
/* Under the lock: what others wrote since, so that head, end, torn and found are of now. */
bool ledger_look(struct ledger *ledger, struct error *err);

/* Bytes of a file in place of what `out` held; false with errno, also where there are fewer. */
bool ledger_read_bytes(int file, off_t from, size_t size, struct buf *out);

/* ledger_line.c: adds one line; the content is redacted and its large members are kept elsewhere
   before. */
bool ledger_line_add(struct ledger *ledger, struct ledger_entry *entry,
                     const struct ledger_mark *before, struct buf *out, struct error *err);

#endif
