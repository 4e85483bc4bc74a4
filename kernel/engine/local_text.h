/* local_text - values of DuckDB's types as text, and nested ones as JSON. */
#ifndef COFFERDAM_ENGINE_LOCAL_TEXT_H
#define COFFERDAM_ENGINE_LOCAL_TEXT_H

#include "base/buf.h"
#include "engine/duckdb_api.h"

/* A vector with its type, borrowed from a chunk. */
struct local_vector {
    duckdb_vector vector;
    duckdb_logical_type type;
    duckdb_type id;
    void *data;
    uint64_t *validity; /* NULL: all valid */
    bool json;          /* text that is JSON already */
};
void local_vector_of(const struct duckdb_api *api, duckdb_vector vector, duckdb_logical_type type,
                     struct local_vector *out);

/* Appends the value of a row; `json`: as a JSON value, strings quoted, NULL as null. */
void local_text(const struct duckdb_api *api, const struct local_vector *vector, size_t row,
                bool json, struct buf *out);

const char *local_type_name(duckdb_type id); /* "VARCHAR", "STRUCT" */

#endif
