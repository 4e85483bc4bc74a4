/* columns - the columns and types of Security Lake's tables, as DuckDB spells them, and what is
 * said about them.
 *
 * Source: the Glue tables of source version 2 (OCSF 1.1.0) and the footers of AWS's version 1 files
 * (1.0.0-rc.2).
 */
#ifndef COFFERDAM_LAKE_COLUMNS_H
#define COFFERDAM_LAKE_COLUMNS_H

#include "lake/lake.h"

struct lake_column {
    const char *name;
    const char *type; /* DuckDB's spelling */
};

/* Columns of a source's table; version 1 or 2. NULL and 0 if the source has no such version. */
const struct lake_column *lake_columns(const struct source *source, int version, size_t *count);

/* The version 1 list of a source by its table suffix. */
const struct lake_column *lake_columns_1(const char *suffix, size_t *count);

/* How a column of version 2 is made from the columns of version 1: an SQL expression, or NULL if
 * version 1 lacks it. */
const char *lake_upgrade(const struct source *source, const char *column);

/* Where what a log calls `name` ("eventName", "srcaddr"), or a member whose path was forgotten
 * ("operation"), stands in the tables: "api.operation"; NULL: not known. In any case of letters. */
const char *lake_field_named(const char *name);

/* A sentence about a field ("actor.user.credential_uid"), or NULL. */
const char *lake_field_comment(const char *field);

#endif
