/* names - a catalog for the tests of completion and inspection: a lake, results and values seen. */
#ifndef COFFERDAM_TESTS_NAMES_H
#define COFFERDAM_TESTS_NAMES_H

#include "data/catalog.h"

/* The caller releases it. `more` columns are added: column_0 to column_999 of table_0, and so on.
 */
const struct catalog *names_catalog(size_t more);

#endif
