/* shown - what the cells of this kernel have shown, kept next to the case: a journal of every
 * output, and a file for what a cell shows beyond a limit.
 *
 * outputs/STARTED-PID/ in the case folder, mode 0700: journal.jsonl holds one line an output
 * ({"cell", "type", "content"}: what went to the front ends, so that a closed or stopped one loses
 * nothing), N.txt the whole text of a cell that showed more than SHOWN_LIMIT. Lines are written at
 * the end of a cell, or when many wait; not synced: they outlive the browser and the kernel, not
 * the machine. A disk that is full costs the journal, never the cell. Belongs to the session; its
 * thread.
 */
#ifndef COFFERDAM_CASE_SHOWN_H
#define COFFERDAM_CASE_SHOWN_H

#include "base/hash.h"
#include "case/session.h"

#define SHOWN_LIMIT ((size_t)1024 * 1024) /* bytes of a cell's outputs, as JSON, shown at once */
#define SHOWN_HEAD (SHOWN_LIMIT * 3 / 4)  /* of them from the beginning, if there are more */
#define SHOWN_TAIL ((size_t)64 * 1024)    /* of text from the end */
#define SHOWN_LINE_LIMIT ((size_t)16 * 1024 * 1024)

struct shown;

/* Made at first use. */
struct shown *shown_of(struct session *session);

/* The folder of this kernel's outputs, made if it is not there; arena memory. NULL: error. */
const char *shown_folder(struct shown *shown, struct arena *arena, struct error *err);

/* An output of a cell. `content` is JSON text; of a stream what stands between the quotes of its
 * text: pieces that follow each other become one line. An update replaces an earlier one of the
 * same display that waits to be written. */
void shown_text(struct shown *shown, int64_t cell, const char *stream, const char *escaped,
                size_t size);
void shown_output(struct shown *shown, int64_t cell, const char *type, const char *content,
                  size_t size);

/* Writes what waits. False the first time it cannot; after that the journal is given up silently.
 */
bool shown_write(struct shown *shown, struct error *err) ATTR_USE_RESULT;

/* Every output of a cell in order; the strings live while visit runs. ERROR_NOT_FOUND if there is
 * none. */
struct shown_visit {
    bool (*visit)(void *state, const char *type, json_t *content, struct error *err);
    void *state;
};
bool shown_each(struct shown *shown, int64_t cell, const struct shown_visit *visit,
                struct error *err) ATTR_USE_RESULT;

/* The file of a cell that shows too much: begun with what it has shown so far, then fed. */
struct surplus;
struct surplus *surplus_new(struct shown *shown, int64_t cell, const char *head, size_t size);
void surplus_add(struct surplus *surplus, const char *text, size_t size);

struct surplus_report {
    const char *path;     /* as the analyst can type it; arena memory */
    int64_t bytes, lines; /* of the whole file */
    char hash[HASH_HEX_SIZE];
    const char *tail; /* the last text, from a line's beginning where there is one; arena */
    size_t tail_size;
    struct error trouble; /* not everything could be written */
};
/* Ends the file; frees the surplus. */
void surplus_end(struct surplus *surplus, struct arena *arena, struct surplus_report *out);

#endif
