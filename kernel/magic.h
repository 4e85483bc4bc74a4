/* magic - one const struct per file in magics/: everything the kernel knows about a magic, and how
 * it is run.
 *
 * To add one: write magics/NAME.c with `const struct magic magic_NAME = {...}` and put one line
 * into magics/magics.c. Parsing, usage, help, completion, inspection and the README's table come
 * from the definition; the tests run its examples.
 */
#ifndef COFFERDAM_MAGIC_H
#define COFFERDAM_MAGIC_H

#include "base/cancel.h"
#include "base/vitals.h"
#include "data/outputs.h"
#include "options.h"

struct session;  /* case/session.h */
struct job_desk; /* job/job.h */

enum magic_body { MAGIC_BODY_NONE, MAGIC_BODY_OPTIONAL, MAGIC_BODY_REQUIRED };
enum magic_effect { MAGIC_READS, MAGIC_LOCAL /* writes files of the case */, MAGIC_CHANGES_AWS };

/* What a magic may ask the analyst while it runs. */
struct magic_prompt {
    const char *text;
    bool password;
};

/* All that a magic's run gets. */
struct magic_call {
    const struct magic *magic;
    struct session *session;
    struct outputs *outputs;
    struct cancel *cancel;
    const struct vitals *vitals; /* of the kernel's traffic; NULL: there is none (tests) */
    struct arena *arena;
    const void *options; /* the magic's own struct, filled */
    const char *body;    /* of %%magic, or NULL */
    size_t body_size;
    const char *arguments; /* the magic's line behind its name, as written */
    int line;              /* of the cell on which the magic stands, 1-based */
    int body_line;         /* of the cell on which the body begins */
    /* Asks the analyst for a line of text (Jupyter's stdin) and waits for it, ended by a stop. NULL
       in tests: then refuse. The answer belongs to the arena. Fails where the front end cannot ask
       (papermill, nbconvert: ERROR_UNAVAILABLE). `password` keeps it off the screen and out of the
       notebook. */
    bool (*ask)(void *state, const struct magic_prompt *prompt, struct arena *arena,
                const char **answer, struct error *err);
    void *ask_state;
    /* What outlives the cell (job/job.h); NULL: nothing can. */
    const struct job_desk *jobs;
    /* The text of a parameter for `:name` in the line (struct options_input); NULL: none are known.
     */
    const char *(*parameter)(void *state, const char *name, struct arena *arena, bool *known);
    void *parameter_state;
};

struct magic_example {
    const char *code; /* a whole cell, run by the tests over the training incident */
    const char *says; /* what it shows, half a sentence */
};

struct magic {
    const char *name;    /* without %, e.g. "cloudtrail" */
    const char *summary; /* one line */
    const char *details; /* paragraphs for help; may be NULL */
    enum magic_body body;
    const char *body_name; /* placeholder: "SQL", "MARKDOWN"; NULL if no body */
    enum magic_effect effect;
    struct option_table options;
    const struct magic_example *examples;
    size_t example_count;
    /* Values of a positional that only the magic knows (question names...): fills names of matches;
       may be NULL. Called on the aide's thread: const data only. */
    const char *const *(*values)(const struct option *option);
    bool (*run)(struct magic_call *call, struct error *err);
};

extern const struct magic *const magics[]; /* magics/magics.c; sorted by name, NULL-terminated */

const struct magic *magic_find(const char *name, size_t size);
/* ERROR_USAGE for an unknown name: "unknown magic %athen", "Did you mean %athena?" */
bool magic_unknown(const char *name, size_t size, struct error *err);
/* Parses the line's options and runs it. */
bool magic_run(struct magic_call *call, const char *line, size_t size, struct error *err);
/* The page of %magic? and %help magic. */
struct bundle magic_help(const struct magic *magic, struct arena *arena);

#endif
