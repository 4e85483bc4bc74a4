/* show_output - what a cell of this kernel has shown, once more: for whom a browser was closed. */
#ifndef COFFERDAM_MAGICS_SHOW_OUTPUT_H
#define COFFERDAM_MAGICS_SHOW_OUTPUT_H

#include "magic.h"

bool show_output(struct magic_call *call, int64_t cell, struct error *err);

#endif
