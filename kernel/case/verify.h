/* verify - is a ledger as it was written? Finds every changed, missing, swapped or cut entry and
 * says where.
 *
 * Each line's hash is reckoned anew and compared with the line's own, with `prev` of the next and
 * with what witnesses say (the marks in a notebook's outputs). Files of the evidence that entries
 * name are hashed as well. What a crash tore is right where the next entry names it. Without a
 * witness that is later, entries cut off the end cannot be missed: `vouched` says how far it goes.
 * Reads only; any thread.
 */
#ifndef COFFERDAM_CASE_VERIFY_H
#define COFFERDAM_CASE_VERIFY_H

#include "base/cancel.h"
#include "case/ledger.h"

#define VERIFY_FINDINGS_MOST 1000

enum verify_kind {
    VERIFY_CHANGED,  /* an entry's bytes are not those that were hashed */
    VERIFY_CHAIN,    /* it does not go on from the one before */
    VERIFY_MISSING,  /* numbers are left out */
    VERIFY_ORDER,    /* numbers go back: swapped, or added twice */
    VERIFY_UNREAD,   /* a line that is no entry, and no crash explains it */
    VERIFY_TAIL,     /* behind the last entry */
    VERIFY_BROKEN,   /* a kernel found other entries than it had written, and said so then */
    VERIFY_EVIDENCE, /* a file is missing or changed */
    VERIFY_WITNESS,  /* a notebook shows another entry of that number, or one that is not there */
};

struct verify_finding {
    struct verify_finding *next;
    enum verify_kind kind;
    int64_t line, sequence; /* 1-based; 0: none */
    const char *text;
};

/* Texts and lists belong to the arena. */
struct verify {
    int64_t entries, lines, bytes;
    int64_t kinds[LEDGER_KINDS];
    int64_t torn;       /* writes that a crash tore, each named by the next entry */
    int64_t clock_back; /* entries whose clock was behind the one before; a fact, no fault */
    int64_t files;      /* of the evidence, as they should be */
    struct ledger_mark head;
    const char *first_time, *last_time; /* ISO; NULL: no entry */
    struct verify_finding *findings, *last;
    int64_t finding_count; /* may be more than are listed */
    int64_t vouched;       /* the last entry that a witness showed; 0: none did */
    int64_t marks;         /* of witnesses, compared */
};

/* What a witness saw: the entry of that number had this hash. */
struct verify_mark {
    struct ledger_mark mark;
    int64_t cell; /* of the notebook, 1-based */
};

struct verify_request {
    const char *folder;              /* of the case */
    const struct verify_mark *marks; /* sorted by sequence */
    size_t mark_count;
    struct cancel *cancel; /* may be NULL */
};

/* A missing ledger is ERROR_NOT_FOUND; false only where it cannot be read. */
bool verify_ledger(const struct verify_request *request, struct arena *arena, struct verify *out,
                   struct error *err) ATTR_USE_RESULT;

/* The marks that stand in the outputs of a notebook (.ipynb), sorted, each once. */
bool verify_notebook(const char *path, struct arena *arena, struct verify_request *out,
                     struct error *err) ATTR_USE_RESULT;

#endif
