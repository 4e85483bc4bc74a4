/* command - what the program does besides being a kernel: install, uninstall, example, magics. */
#ifndef COFFERDAM_COMMAND_H
#define COFFERDAM_COMMAND_H

#include "base/arena.h"
#include "base/error.h"

/* words[0] is the subcommand. *known is false if there is none of that name. */
bool command_run(char **words, size_t count, struct arena *arena, bool *known, struct error *err);

#endif
