/* quoted - JSON in tests, easy on the eyes. */
#ifndef COFFERDAM_TESTS_QUOTED_H
#define COFFERDAM_TESTS_QUOTED_H

#include "base/json.h"

/* JSON written with single quotes, at most 4 KiB; the test fails where it is none. The arena's. */
json_t *quoted_json(struct arena *arena, const char *text);

#endif
