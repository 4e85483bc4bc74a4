/* shown_state - the inside of shown; for shown*.c only. */
#ifndef COFFERDAM_CASE_SHOWN_STATE_H
#define COFFERDAM_CASE_SHOWN_STATE_H

#include "base/buf.h"
#include "case/shown.h"

struct shown {
    struct session *session; /* which owns this */
    int64_t started;         /* names the folder */
    int64_t cell;            /* of what waits */
    const char *stream;      /* of the text that waits; a constant */
    struct buf text;         /* escaped */
    struct buf update;       /* content of the last update_display_data */
    struct buf lines;        /* ready to be written */
    struct error trouble;    /* of a write in the middle of a cell, told at its end */
    bool broken;             /* could not be written once: given up */
};

#endif
