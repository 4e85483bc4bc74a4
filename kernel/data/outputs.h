/* outputs - what a cell shows: streams, tables, prose, charts, progress; the only way out for a
 * magic.
 *
 * The worker gives it a sink that publishes; tests give it one that remembers. One cell, one
 * thread. Order is kept; streams are flushed before any other output. When silent, nothing reaches
 * the sink.
 */
#ifndef COFFERDAM_DATA_OUTPUTS_H
#define COFFERDAM_DATA_OUTPUTS_H

#include "data/prose.h"
#include "data/render.h"

enum output_kind {
    OUTPUT_STDOUT, /* text */
    OUTPUT_STDERR,
    OUTPUT_DISPLAY, /* data, metadata, display_id or NULL */
    OUTPUT_UPDATE,  /* the same, display_id set */
    OUTPUT_RESULT,  /* execute_result: at most one per cell, so only the cell's last table */
    OUTPUT_CLEAR,   /* wait */
    OUTPUT_PAGE,    /* data: the pager's bundle, goes into the reply's payload */
    OUTPUT_NEXT     /* text: a cell proposed to come next (payload set_next_input) */
};

struct output {
    enum output_kind kind;
    const char *text;
    size_t size;
    json_t *data, *metadata; /* borrowed by the sink: it takes references if it keeps them */
    const char *display_id;
    bool wait;
};

struct output_sink {
    void (*emit)(void *state, const struct output *output);
    void *state;
    bool gathers; /* it puts text together itself: every print is handed on at once */
};

struct outputs;

struct outputs *outputs_new(const struct output_sink *sink);
void outputs_free(struct outputs *outputs); /* flushes */

void outputs_print(struct outputs *outputs, const char *text,
                   size_t size); /* stdout; text as it is, made valid UTF-8 */
void outputs_print_stderr(struct outputs *outputs, const char *text, size_t size);
void outputs_printf(struct outputs *outputs, const char *format, ...) ATTR_PRINTF(2, 3);
void outputs_warn(struct outputs *outputs, const char *format, ...)
    ATTR_PRINTF(2, 3); /* stderr, one line */
void outputs_clear(struct outputs *outputs, bool wait);

void outputs_display(struct outputs *outputs, struct bundle bundle);
/* One that is replaced later, also after the cell, by whoever knows its id. */
void outputs_display_as(struct outputs *outputs, struct bundle bundle, const char *display_id);
/* The value of the cell: held back until the next outputs_result (then the older becomes a display)
   or until outputs_finish, which sends it as execute_result. */
void outputs_result(struct outputs *outputs, struct bundle bundle);
void outputs_page(struct outputs *outputs, struct bundle bundle);
void outputs_next_cell(struct outputs *outputs, const char *source);

/* One line that replaces itself, at most 5 times a second, shown only when the work takes longer
 * than 500 ms; `end` leaves the factual last line (also when nothing was shown before). With a NULL
 * text the next display or result takes the line's place. Plain text, escaped by us. */
void outputs_progress(struct outputs *outputs, const char *format, ...) ATTR_PRINTF(2, 3);
void outputs_progress_end(struct outputs *outputs, const char *format, ...) ATTR_PRINTF(2, 3);

/* Sends the text printed so far: before a question, and before work that may take long. A held
 * result stays held. */
void outputs_flush(struct outputs *outputs);

/* Sends what is held back. The worker calls it after the cell's last statement, also after a
 * failure. */
void outputs_finish(struct outputs *outputs);

#endif
