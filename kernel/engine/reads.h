/* reads - whether a statement of Trino or Athena only reads: what the far end would do is decided
 * by its own rules of text, not by ours.
 *
 * SELECT, WITH, VALUES, TABLE, SHOW, DESCRIBE and EXPLAIN pass; EXPLAIN ANALYZE and EXECUTE
 * IMMEDIATE by the statement within. Everything else is refused with its reason: also EXECUTE of a
 * prepared statement, whose text is not at hand, functions that hand a text on to another database,
 * text that two readers may understand in two ways (a comment within a comment, $$), and brackets
 * that would end what stands around the statement. Pure; any bytes.
 */
#ifndef COFFERDAM_ENGINE_READS_H
#define COFFERDAM_ENGINE_READS_H

#include "base/error.h"

/* `whom` is the engine's name for people. ERROR_REFUSED. */
bool reads_check(const char *sql, size_t size, const char *whom, struct error *err) ATTR_USE_RESULT;

#endif
