/* results_text - what a query's words say before it runs: the tables it names, and a test of
 * networks that DuckDB would misunderstand. For the files of this folder. Pure functions over any
 * bytes. */
#ifndef COFFERDAM_CASE_RESULTS_TEXT_H
#define COFFERDAM_CASE_RESULTS_TEXT_H

#include "base/arena.h"
#include "base/buf.h"

/* contains('10.0.0.0/8', ip) is Trino's test of a network and DuckDB's search for a text: never
 * what was meant. True with the offset of the word and the network, which lies within `text`. */
struct network_test {
    size_t offset;
    const char *network;
    size_t network_size;
};
bool results_find_network(const char *text, size_t size, struct network_test *out);

/* "cloudtrail, vpc_flow": what stands behind FROM and JOIN, without the query's own WITH names, at
 * most four; "" if nothing does. */
const char *results_tables(const char *text, size_t size, struct arena *arena);

#endif
