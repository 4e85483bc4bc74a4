/* watching - the job of %watch: what is read in AWS (response/watch.h), and at its end the open
 * lake, which sees data events as well. */
#ifndef COFFERDAM_MAGICS_WATCHING_H
#define COFFERDAM_MAGICS_WATCHING_H

#include "job/job.h"

extern const struct job_kind watch_kind;

#endif
