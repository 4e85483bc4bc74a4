/* lake_aws - the parts of %lake that ask AWS: which tables Athena has, and Security Lake's own
 * state. */
#ifndef COFFERDAM_MAGICS_LAKE_AWS_H
#define COFFERDAM_MAGICS_LAKE_AWS_H

#include "magic.h"

/* What was given on the line; NULL: nothing. */
struct lake_place {
    const char *region, *catalog, *database;
};

/* Finds the tables, shows them and keeps them in the session; *any: there are some. */
bool lake_open_athena(struct magic_call *call, const struct lake_place *place, bool *any,
                      struct error *err) ATTR_USE_RESULT;
/* Shows those that the session knows; false: there are none. */
bool lake_show_athena(struct magic_call *call);

/* Security Lake's API, table by table (magics/lake_status.c). */
bool lake_status(struct magic_call *call, const struct lake_place *place,
                 struct error *err) ATTR_USE_RESULT;

#endif
