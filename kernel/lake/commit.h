/* commit - files of a run are staged, then renamed into the lake under a journal: killed at any
 * point, as before or as after.
 *
 * DIR/.lock is held (flock) by the one writer. DIR/.staging/RUN/ takes everything that is written.
 * commit_end writes DIR/commit.json with all renames and removals, and only then does them;
 * lake_recover does them again after a crash, or removes what was staged when
 * there was no journal yet. One thread at a time but for commit_add.
 */
#ifndef COFFERDAM_LAKE_COMMIT_H
#define COFFERDAM_LAKE_COMMIT_H

#include "base/arena.h"
#include "base/error.h"

struct commit;

/* Takes the lock of the folder (made if it is missing), recovers what a dead writer left, makes an
   empty staging folder. ERROR_UNAVAILABLE if another writer is at work. */
struct commit *commit_begin(const char *lake, struct error *err);
/* After ERROR_UNAVAILABLE: the process that writes to the lake, or did last; 0 while it has not yet
   said who it is. */
long commit_holder(const char *lake);
const char *
commit_run(const struct commit *commit); /* name of the run: 20261123T091200Z-6f3a91c2 */
const char *commit_staging(const struct commit *commit); /* absolute path of the staging folder */
/* Is to be renamed to `to`, relative to the lake; folders are made. Thread-safe. */
void commit_add(struct commit *commit, const char *staged, const char *to);
/* A file of the lake (relative) is to be removed. Thread-safe. */
void commit_remove(struct commit *commit, const char *path);
/* Before commit_end: puts the staged files on the disk, which may take its time. */
void commit_sync(struct commit *commit);
/* Everything happens, or nothing. Frees the commit either way. */
bool commit_end(struct commit *commit, struct error *err) ATTR_USE_RESULT;
/* Nothing happened. Frees the commit; NULL is allowed. */
void commit_drop(struct commit *commit);

/* Rolls an unfinished run forward or back; *what says which in words ("" if there was none). Fails
   with ERROR_UNAVAILABLE while a writer is at work. */
bool lake_recover(const char *path, struct arena *arena, const char **what,
                  struct error *err) ATTR_USE_RESULT;

#endif
