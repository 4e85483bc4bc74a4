/* names - a catalog for the tests of completion and inspection: a lake, results and values seen. */
#ifndef COFFERDAM_TESTS_NAMES_H
#define COFFERDAM_TESTS_NAMES_H

#include "data/catalog.h"

/* The caller releases it. `more` columns and keys are added to it, to make it large. */
const struct catalog *names_catalog(size_t more);

#endif
