/* job_file - CASE/jobs/: what is known of a job when its kernel is gone.
 *
 * One owner at a time: the worker makes the file, the jobs thread rewrites it, the worker ends it.
 * Files of ended jobs stay for %jobs of later kernels, the last hundred of them.
 */
#ifndef COFFERDAM_JOB_JOB_FILE_H
#define COFFERDAM_JOB_JOB_FILE_H

#include "job/job.h"

/* Numbers the job, takes its lock and writes it. */
bool job_file_make(struct job *job, struct error *err) ATTR_USE_RESULT;
bool job_file_write(const struct job *job, struct error *err);
/* The last state, and the lock is free. */
bool job_file_end(struct job *job, struct error *err);
void job_file_release(struct job *job); /* the lock only: a later kernel takes it up */

/* Reads the jobs of a case that no living kernel has, in the order of their numbers: those under
 * way are locked, made ready to begin and have JOB_RUNNING; what cannot be taken up has become
 * JOB_LEFT; the others are over. `visit` takes the job (its arena). A file that cannot be read is
 * passed over. */
void job_files_take(const char *folder, void (*visit)(void *state, struct job *job), void *state);

#endif
