/* csv - Athena's CSV, as its bytes come, into a flow.
 *
 * The dialect: comma, line feed (with or without a carriage return), all that is text in double
 * quotes, a quote in it doubled; nothing between two commas is null, "" an empty text. The first
 * row has the names and is passed over. Bytes that are no UTF-8 become U+FFFD. A row of another
 * number of values, something behind a closing quote, a row above 32 MiB are errors that name the
 * row. Worker thread. Source: reference/duckdb.md 6.
 */
#ifndef COFFERDAM_ENGINE_CSV_H
#define COFFERDAM_ENGINE_CSV_H

#include "base/buf.h"
#include "base/error.h"

#define CSV_ROW_MOST ((size_t)32 << 20) /* bytes of a row */

struct inflow;

struct csv_cell {
    size_t at, size; /* in the row's text */
    bool null;
    bool doubled; /* holds quotes that are doubled */
};

/* Embedded; csv_init ... csv_release. */
struct csv {
    struct inflow *flow;
    struct buf rest; /* what is not yet a whole row */
    size_t again;    /* not looked at before there are so many bytes of it */
    struct csv_cell *cells;
    size_t columns;
    int64_t rows; /* with the names */
    struct buf text;
};

void csv_init(struct csv *csv, struct inflow *flow, size_t columns);
void csv_release(struct csv *csv); /* may be repeated */

bool csv_add(struct csv *csv, const void *bytes, size_t size, struct error *err) ATTR_USE_RESULT;
bool csv_end(struct csv *csv, struct error *err) ATTR_USE_RESULT;

#endif
