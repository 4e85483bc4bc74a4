#include "engine/csv.h"

#include "base/text.h"
#include "engine/inflow.h"

#include <stdlib.h>
#include <string.h>

void csv_init(struct csv *csv, struct inflow *flow, size_t columns)
{
    *csv = (struct csv){.flow = flow, .columns = columns};
    csv->cells = xcalloc(columns, sizeof *csv->cells);
    buf_init(&csv->rest, CSV_ROW_MOST + ((size_t)1 << 20));
    buf_init(&csv->text, 3 * CSV_ROW_MOST); /* as many as U+FFFD takes */
}

void csv_release(struct csv *csv)
{
    if (!csv->cells)
        return;
    free(csv->cells);
    csv->cells = NULL;
    buf_release(&csv->rest);
    buf_release(&csv->text);
}

/* ---- one row ------------------------------------------------------------------------------------
 */

enum found { WHOLE, CUT, WRONG };

/* Where reading is: `last`: nothing comes behind `end`. */
struct place {
    char *row, *at, *end;
    bool last;
};

static enum found read_quoted(struct place *place, struct csv_cell *cell)
{
    char *quote = ++place->at;
    cell->at = (size_t)(quote - place->row);
    while ((quote = memchr(quote, '"', (size_t)(place->end - quote)))) {
        if (quote + 1 == place->end && !place->last)
            return CUT;
        if (quote + 1 == place->end || quote[1] != '"')
            break;
        cell->doubled = true;
        quote += 2;
    }
    if (!quote)
        return place->last ? WRONG : CUT;
    cell->size = (size_t)(quote - place->row) - cell->at;
    place->at = quote + 1;
    return WHOLE;
}

static enum found read_bare(struct place *place, struct csv_cell *cell)
{
    char *at = place->at;
    cell->at = (size_t)(at - place->row);
    while (at < place->end && *at != ',' && *at != '\n' && *at != '\r')
        at++;
    if (at == place->end && !place->last)
        return CUT;
    cell->size = (size_t)(at - place->at);
    cell->null = !cell->size;
    place->at = at;
    return WHOLE;
}

/* Behind a value: `*more` follows in this row, or the row ends. */
static enum found read_border(struct place *place, bool *more)
{
    char *at = place->at, *end = place->end;
    *more = false;
    if (at == end)
        return place->last ? WHOLE : CUT;
    if (*at == '\r' && at + 1 == end && !place->last)
        return CUT;
    if (*at == '\r' && at + 1 < end && at[1] == '\n')
        at++;
    if (*at != ',' && *at != '\n')
        return WRONG;
    *more = *at == ',';
    place->at = at + 1;
    return WHOLE;
}

static bool wrong(const struct csv *csv, struct error *err)
{
    return error_set(err, ERROR_DATA, "row %lld of the result is no CSV of Athena's",
                     (long long)csv->rows);
}

static enum found read_row(struct csv *csv, struct place *place, struct error *err)
{
    size_t count = 0;
    bool more = true;
    for (; more; count++) {
        struct csv_cell extra, *cell = count < csv->columns ? &csv->cells[count] : &extra;
        *cell = (struct csv_cell){.at = 0};
        enum found found = place->at < place->end && *place->at == '"' ? read_quoted(place, cell)
                                                                       : read_bare(place, cell);
        if (found == WHOLE)
            found = read_border(place, &more);
        if (found == WRONG)
            (void)wrong(csv, err);
        if (found != WHOLE)
            return found;
    }
    if (count == csv->columns)
        return WHOLE;
    (void)error_set(err, ERROR_DATA, "row %lld of the result has %zu values, not %zu",
                    (long long)csv->rows, count, csv->columns);
    return WRONG;
}

/* The quotes of a value, once each. */
static size_t join_quotes(char *text, size_t size)
{
    char *to = text, *from = text, *end = text + size;
    for (char *quote; (quote = memchr(from, '"', (size_t)(end - from))); from = quote + 2) {
        size_t part = (size_t)(quote - from) + 1;
        memmove(to, from, part);
        to += part;
    }
    memmove(to, from, (size_t)(end - from));
    return (size_t)(to - text) + (size_t)(end - from);
}

static void hand_over(struct csv *csv, const struct place *place)
{
    bool valid = text_is_valid(place->row, (size_t)(place->at - place->row));
    for (size_t i = 0; i < csv->columns; i++) {
        const struct csv_cell *cell = &csv->cells[i];
        char *text = place->row + cell->at;
        size_t size = cell->doubled ? join_quotes(text, cell->size) : cell->size;
        if (valid || cell->null) {
            inflow_put(csv->flow, i, cell->null ? NULL : text, size);
            continue;
        }
        buf_clear(&csv->text);
        text_valid(&csv->text, text, size);
        inflow_put(csv->flow, i, csv->text.data ? csv->text.data : "", csv->text.size);
    }
    inflow_end_row(csv->flow);
}

/* ---- all of them --------------------------------------------------------------------------------
 */

/* Hands over all whole rows; what is left comes to the front. */
static bool read_rows(struct csv *csv, bool last, struct error *err)
{
    struct buf *rest = &csv->rest;
    struct place place = {.at = rest->data, .end = rest->data + rest->size, .last = last};
    enum found found = WHOLE;
    while (place.at < place.end) {
        place.row = place.at;
        found = read_row(csv, &place, err);
        if (found != WHOLE)
            break;
        if (csv->rows++)
            hand_over(csv, &place);
        place.row = place.at;
    }
    if (found == WRONG)
        return false;
    size_t left = found == CUT ? (size_t)(place.end - place.row) : 0;
    memmove(rest->data, place.end - left, left);
    rest->size = left;
    csv->again = 2 * left < CSV_ROW_MOST ? 2 * left : CSV_ROW_MOST;
    return left <= CSV_ROW_MOST || error_set(err, ERROR_LIMIT, "row %lld is longer than %zu MiB",
                                             (long long)csv->rows, CSV_ROW_MOST >> 20);
}

bool csv_add(struct csv *csv, const void *bytes, size_t size, struct error *err)
{
    while (size) { /* in pieces, so that the limit is a row's alone */
        size_t part = size < ((size_t)1 << 20) ? size : (size_t)1 << 20;
        buf_add(&csv->rest, bytes, part);
        if (csv->rest.full)
            return error_set(err, ERROR_LIMIT, "row %lld is longer than %zu MiB",
                             (long long)csv->rows, CSV_ROW_MOST >> 20);
        if (csv->rest.size >= csv->again && !read_rows(csv, false, err))
            return false;
        bytes = (const char *)bytes + part;
        size -= part;
    }
    return true;
}

bool csv_end(struct csv *csv, struct error *err)
{
    return !csv->rest.size || read_rows(csv, true, err);
}
