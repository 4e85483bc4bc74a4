/* lineage_sql - the statements of a trace: facts taken from the lake once, then rounds over the
 * facts until nothing is new.
 *
 * trace_facts: one row per thing made or deleted by a successful call. trace_keys: one row per
 * credential seen, with who used it. trace_family: the members found so far. All three live in the
 * engine's memory and are dropped at the end.
 */
#ifndef COFFERDAM_QUESTION_LINEAGE_SQL_H
#define COFFERDAM_QUESTION_LINEAGE_SQL_H

extern const char *const lineage_prepare[]; /* NULL-terminated; {calls} is the union; $1 since, $2
                                               until where it occurs */
extern const char lineage_seed[];           /* $1 the key */
extern const char *const lineage_rounds[];  /* NULL-terminated; each adds what is new */
extern const char lineage_answer[];         /* all members with deletions and calls */
extern const char *const lineage_drop[];

#endif
