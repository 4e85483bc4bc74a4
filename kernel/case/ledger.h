/* ledger - the record of a case: append-only JSON lines, each of which holds the hash of the one
 * before.
 *
 * CASE/ledger.jsonl (0600). A line is one entry, its members always in this order:
 *
 *   {"seq":12,"prev":HASH,"kind":"note","time":UTC,"mono":US,"server":UTC|null,"identity":{"arn",
 *    "account","id"}|null,"kernel":ID,"cell":3,"cell_id":ID|null,"notebook":PATH|null,
 *    "content":{...},"hash":HASH}
 *
 * `hash` is the SHA-256 of the line's bytes as written, from { to the byte before `,"hash"`; `prev`
 * is that of the line before (64 zeros for the first). So every byte is covered, those of the last
 * line as well; what lies behind the last line can only be vouched for from outside. Places that
 * are kept free for signatures and time stamps: entries of kind "seal" (which name the sequence and
 * hash they vouch for) and a member "seal" behind "hash". `time` is this machine's clock, `mono`
 * its monotonic clock within the kernel's boot, `server` AWS's clock: of the answer the entry is
 * about, else reckoned from the last answer.
 *
 * Several kernels append to one file: each append locks it (flock), reads what others wrote and
 * goes on behind it. What was torn by a crash stays where it is, closed by a line end, and the next
 * entry is of kind "torn" with its place and hash; where a kernel finds other entries than it
 * wrote, it says so in one of kind "broken", and goes on behind what is there. case/verify.h
 * understands both.
 *
 * Secrets never stand in it (case/redact.h). Members of a content above 8 KiB go to a file of
 * CASE/evidence, with its name, SHA-256 and size in their place. One thread at a time per object;
 * threads and kernels may each have one of their own for the same folder.
 */
#ifndef COFFERDAM_CASE_LEDGER_H
#define COFFERDAM_CASE_LEDGER_H

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"

#define LEDGER_FILE "ledger.jsonl"
#define LEDGER_LINE_MOST ((size_t)256 * 1024) /* bytes of an entry */

enum ledger_kind {
    LEDGER_BEGIN,  /* of a case: its id and the format */
    LEDGER_KERNEL, /* a kernel's first entry: version, machine, process, boot (a subshell's: its id)
                    */
    LEDGER_CELL,
    LEDGER_QUERY,
    LEDGER_RESULT,
    LEDGER_PLAN,
    LEDGER_APPROVAL, /* "plan": the sequence of what was approved */
    LEDGER_SAVED,    /* "plan", and the state before the change */
    LEDGER_INTENT,   /* case/guard.h writes these two */
    LEDGER_OUTCOME,
    LEDGER_SETTLED, /* "intent", and what reading AWS showed of it */
    LEDGER_DECISION,
    LEDGER_PHASE,
    LEDGER_NOTE,
    LEDGER_ATTACHMENT,
    LEDGER_ACTION, /* what a response did or undid, as a whole */
    LEDGER_JOB,    /* what outlives a cell: started, went on, ended */
    LEDGER_WATCH,
    LEDGER_SEAL, /* kept free */
    LEDGER_TORN,
    LEDGER_BROKEN,
    LEDGER_KINDS
};
const char *ledger_kind_name(enum ledger_kind kind); /* "note" */

/* Where an entry stands, for outputs and witnesses. */
struct ledger_mark {
    int64_t sequence;
    char hash[HASH_HEX_SIZE];
};

struct ledger_entry {
    enum ledger_kind kind;
    json_t *content;         /* an object, taken also on failure; NULL: empty */
    int64_t server_time;     /* of AWS's answer it is about, Unix microseconds; 0: none */
    int64_t cell;            /* of another cell than ledger_set_cell's; 0: of that one */
    struct ledger_mark mark; /* filled */
};

struct ledger;

/* `folder` exists; nothing is read or written yet. `notebook` may be NULL. */
struct ledger *ledger_new(const char *folder, const char *notebook);
/* Its kernel's entry will say that it is of that subshell; NULL: of none. */
void ledger_set_subshell(struct ledger *ledger, const char *id);
void ledger_free(struct ledger *ledger); /* NULL is allowed; what was written is synced */

/* What later entries say of themselves. */
void ledger_set_cell(struct ledger *ledger, int64_t count, const char *id); /* id: NULL, none */
struct ledger_identity {
    const char *account, *arn, *id; /* as sts:GetCallerIdentity said; copied */
};
void ledger_set_identity(struct ledger *ledger, const struct ledger_identity *identity);
void ledger_set_offset(struct ledger *ledger, int64_t offset); /* aws_server_offset */

/* One entry on the disk: written and synced when it returns true. `content` is taken; `mark` may be
 * NULL. Nothing is written where it fails. */
bool ledger_append(struct ledger *ledger, enum ledger_kind kind, json_t *content,
                   struct ledger_mark *mark, struct error *err) ATTR_USE_RESULT;
/* Several in one write and one sync: all of them or none. */
bool ledger_append_all(struct ledger *ledger, struct ledger_entry *entries, size_t count,
                       struct error *err) ATTR_USE_RESULT;
/* Written, so that it outlives the kernel, but not yet synced: ledger_sync or the next append does
 * that. */
bool ledger_write(struct ledger *ledger, struct ledger_entry *entries, size_t count,
                  struct error *err) ATTR_USE_RESULT;
bool ledger_sync(struct ledger *ledger, struct error *err);
bool ledger_unsynced(const struct ledger *ledger);

/* The last entry this object knows of; sequence 0: none. */
struct ledger_mark ledger_head(const struct ledger *ledger);
const char *ledger_folder(const struct ledger *ledger);
const char *ledger_notebook(const struct ledger *ledger); /* NULL: unknown */
const char *ledger_kernel(const struct ledger *ledger);   /* the id in its entries */

/* Calls visit for the entries of one kind (LEDGER_KINDS: of all) in their order, whole, with their
 * members as above. Reads the file, not what was written by this object only. Nothing is verified.
 */
struct ledger_visit {
    enum ledger_kind kind;
    bool (*visit)(void *state, const json_t *entry, struct error *err); /* false: stop */
    void *state;
};
bool ledger_each(struct ledger *ledger, const struct ledger_visit *visit,
                 struct error *err) ATTR_USE_RESULT;
/* The entry of that sequence number; ERROR_NOT_FOUND if there is none. Belongs to the arena. */
bool ledger_find(struct ledger *ledger, int64_t sequence, struct arena *arena, json_t **entry,
                 struct error *err) ATTR_USE_RESULT;

/* Large or delicate bytes (a state before a change, user data, a picture): a file of CASE/evidence,
 * 0600, synced, named after its hash. *reference is {"file","sha256","size"} for the entry that
 * speaks of it: a new reference for the caller. */
struct ledger_evidence {
    const char *name; /* a plain file name for people: "user-data-i-0123.json" */
    const void *data;
    size_t size;
};
bool ledger_keep(struct ledger *ledger, const struct ledger_evidence *evidence, json_t **reference,
                 struct error *err) ATTR_USE_RESULT;

#endif
