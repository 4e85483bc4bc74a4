/* meaning - fields by what they mean, turned into the columns of a table version and the functions
 * of an engine.
 *
 * The embedded engine has all versions in version 2's columns already (lake/views.c). Elsewhere a
 * view is a flat subquery: each of its fields is a column of the field's own name, made from the
 * columns of the table's version, and a word is just that name. Only functions that Athena engine
 * version 3 documents are written for Trino.
 */
#ifndef COFFERDAM_QUESTION_MEANING_H
#define COFFERDAM_QUESTION_MEANING_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "lake/remote.h"

enum dialect { DIALECT_LOCAL, DIALECT_TRINO };

/* What a word stands for in other words ("ok" is "({error} IS NULL)"), or NULL. */
const char *meaning_derived(const char *word, size_t size);

/* Appends the SQL of a word from a question ("key", "request:$.bucketName",
   "unmapped:tlsDetails.tlsVersion", "each:response:$.items[*].id"). False if the word is no field.
 */
bool meaning_write(enum dialect dialect, const char *word, size_t size, struct buf *out);

/* Appends "expression AS field, ..." of a view's fields for a table of this version, in Trino's SQL
 * but for calls that dialect_spell() has still to spell. */
void meaning_project(const char *view, enum remote_version version, struct buf *out);

/* Appends `sql` with each call of a function whose spelling differs written as the dialect has it.
   Fails for unbalanced brackets only: the questions are ours. */
bool dialect_spell(enum dialect dialect, const char *sql, struct arena *arena, struct buf *out,
                   struct error *err);

#endif
