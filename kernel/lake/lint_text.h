/* lint_text - a query as the rules see it: paths, values, operators, each with its place in the
 * brackets and its clause. */
#ifndef COFFERDAM_LAKE_LINT_TEXT_H
#define COFFERDAM_LAKE_LINT_TEXT_H

#include "lake/lint.h"

enum item_kind { ITEM_PATH, ITEM_STRING, ITEM_NUMBER, ITEM_SYMBOL, ITEM_END };

enum clause { CLAUSE_OTHER, CLAUSE_SELECT, CLAUSE_FROM, CLAUSE_WHERE, CLAUSE_HAVING, CLAUSE_LIMIT };

struct item {
    enum item_kind kind;
    const char *text; /* a path in lower case without quotes ("actor.user.uid"), a string's value, a
                         symbol; a word of SQL is a path as well */
    size_t offset, size;
    int depth; /* of brackets around it */
    int query; /* number of the SELECT it belongs to; 0 before the first */
    enum clause clause;
};

struct lint_text {
    struct arena *arena;
    const char *sql;
    size_t size;
    struct item *items; /* ends with ITEM_END */
    size_t count;
    bool second, first;           /* tables of Security Lake's version 2, 1 are named */
    bool management, data;        /* tables of management events, of data events */
    bool many_classes;            /* tables whose rows have several OCSF classes */
    const struct lint_rule *rule; /* whose turn it is */
    struct lint_finding **last;
    size_t findings;
};

void lint_read(struct lint_text *text);
/* `count` items from `item` on are wrong; at most 50 findings are kept. */
void lint_add(struct lint_text *text, const struct item *item, size_t count, const char *instead);

bool item_is(const struct item *item, const char *word);   /* a word or symbol */
bool item_ends(const struct item *item, const char *path); /* a path whose last parts these are */
bool item_compares(const struct item *item);               /* = <> != < > <= >= LIKE IN */

#endif
