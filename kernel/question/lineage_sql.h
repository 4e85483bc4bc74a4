/* lineage_sql - the statements of a trace: facts taken from the lake once, then rounds over the
 * facts until nothing is new.
 *
 * trace_calls: the successful calls that make or delete something, and trace_keys: one row per
 * credential seen, with who used it; both are asked of the engine that has the data. trace_facts:
 * one row per thing made or deleted. trace_family: the members found so far. All live in the
 * embedded engine and are dropped at the end.
 */
#ifndef COFFERDAM_QUESTION_LINEAGE_SQL_H
#define COFFERDAM_QUESTION_LINEAGE_SQL_H

extern const char lineage_calls[];          /* trace_calls, in words of meaning */
extern const char lineage_keys[];           /* trace_keys, in words of meaning */
extern const char *const lineage_prepare[]; /* NULL-terminated */
extern const char lineage_seed[];           /* $1 the key */
extern const char *const lineage_rounds[];  /* NULL-terminated; each adds what is new */
extern const char lineage_answer[];         /* all members with deletions and calls */
extern const char *const lineage_drop[];

#endif
