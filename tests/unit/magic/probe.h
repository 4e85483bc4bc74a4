/* probe - a table of magics for the tests of the magic floor, which knows no magic of its own. */
#ifndef COFFERDAM_TESTS_PROBE_H
#define COFFERDAM_TESTS_PROBE_H

#include "magic.h"

struct probe_options {
    const char *kind, *target, *into, *file, *folder, *column;
    struct option_list more;
    bool flag;
    int64_t limit, since;
};

extern const struct option_table probe_table;

struct query_probe {
    const char *sql, *into;
    int64_t limit;
};

extern const struct option_table query_table;

#endif
