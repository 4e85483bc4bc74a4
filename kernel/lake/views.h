/* views - the SQL that gives opened files Security Lake's databases, tables and the short names. */
#ifndef COFFERDAM_LAKE_VIEWS_H
#define COFFERDAM_LAKE_VIEWS_H

#include "lake/scan.h"

/* Columns found in a table's files, in lower case, NULL-terminated; NULL for own tables, whose
 * columns are known. */
struct view_columns {
    const char **names;
};

/* CREATE statements, in order, for all tables of all scans: schemas, table views, short views, the
   catalog of tables. columns[i] belongs to the i-th table of the concatenated scans. */
struct views_request {
    struct scan *const *scans;
    size_t scan_count;
    const struct view_columns *columns;
};
void views_write(const struct views_request *request, struct arena *arena, const char ***statements,
                 size_t *count);

/* Appends one reader over the files of a source in all regions of our own lakes of version 2: one
 * scan instead of a union of scans. False, with nothing appended, where there are none. */
bool views_own_files(const struct views_request *request, const struct source *source,
                     struct buf *out);

/* The macros that the views and questions need. NULL-terminated. */
const char *const *views_macros(void);

/* SELECT list that brings a table's columns to the exact types of its own version, missing ones as
 * NULL. */
void views_select(const struct scan_table *table, const struct view_columns *columns,
                  struct buf *out);

#endif
