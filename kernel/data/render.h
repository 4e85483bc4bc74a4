/* render - one table becomes one MIME bundle; every format is a row of renderers[], each with its
 * one escaping function.
 *
 * text/plain, text/markdown, text/html (inline styles only, no script, nothing external, the same
 * after JupyterLab's sanitizer and in a dark theme) and text/latex (only up to 60 rows and 8
 * columns). The same input gives the same bytes; what differs from run to run (elapsed time, bytes
 * read) stands in the metadata and in one line of its own. At most 2 KiB of one value and 1 MiB of
 * one bundle; what is cut is named in the caption. Times UTC with milliseconds, numbers
 * right-aligned with no separators inside values, NULL is shown as a dim "null" and differs from an
 * empty text.
 */
#ifndef COFFERDAM_DATA_RENDER_H
#define COFFERDAM_DATA_RENDER_H

#include "base/json.h"
#include "data/table.h"

#define RENDER_VALUE_LIMIT 2048
#define RENDER_BUNDLE_LIMIT (1024 * 1024)

/* What is said about a table. Texts may hold log bytes. Zero means: not said. */
struct caption {
    const char *title;    /* may be NULL */
    const char *source;   /* engine and tables: "local: cloudtrail" */
    const char *kept;     /* name under which the whole result is kept: "_12" */
    int64_t total_rows;   /* of the whole result; -1 unknown. The table may hold fewer: "showing 200
                             of 58,231 rows" */
    int64_t since, until; /* window asked for or seen, UTC microseconds; 0 = none */
    const char *warning;  /* "incomplete: interrupted after 1,200,000 rows" */
    const char *hint;     /* a sentence on what to do next */
    int64_t elapsed;      /* microseconds; metadata and the line of its own */
    int64_t bytes_read;   /* likewise; 0 = not known */
};

/* A MIME bundle: both objects belong to the arena it was made in. */
struct bundle {
    json_t *data;     /* MIME type -> value */
    json_t *metadata; /* may be NULL */
};

struct bundle render_table(struct arena *arena, const struct table *table,
                           const struct caption *caption);

/* One value, whole, as readable text: JSON indented, times in UTC (for %show _12 ROW COLUMN). At
 * most 1 MiB. */
struct bundle render_value(struct arena *arena, const struct cell *cell, const char *title);

/* A value as one short line of plain text without escaping for a format (the caller's text_* does
 * that). */
struct buf;
void render_cell_text(struct buf *out, const struct cell *cell);

/* Writes a table as CSV (RFC 4180, header, formulas disarmed) or JSON lines to `out`. */
void render_csv(struct buf *out, const struct table *table);
void render_json_lines(struct buf *out, const struct table *table);

#endif
