/* install - the kernelspec: how Jupyter finds this program; `cofferdam install` and `cofferdam
 * uninstall`. */
#ifndef COFFERDAM_INSTALL_H
#define COFFERDAM_INSTALL_H

#include "base/arena.h"
#include "base/error.h"

enum install_where { INSTALL_USER, INSTALL_SYS_PREFIX, INSTALL_PREFIX };

struct install {
    enum install_where where;
    const char *prefix; /* INSTALL_PREFIX */
    const char *name;   /* folder of the spec: letters, digits, "-", "_", "."; NULL = "cofferdam" */
    const char *display_name; /* NULL = "Cofferdam (incident response)" */
    const char *binary;       /* absolute path that the spec names; NULL = this program */
};

/* Writes kernel.json (with this program's absolute path) and the logos; *folder (arena) is where.
 */
bool install_write(const struct install *install, struct arena *arena, const char **folder,
                   struct error *err) ATTR_USE_RESULT;
/* Removes a spec that install_write has written; one of another program is refused. */
bool install_remove(const struct install *install, struct arena *arena, const char **folder,
                    struct error *err) ATTR_USE_RESULT;

#endif
