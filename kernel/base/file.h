/* file - files and folders with errors that name the path; nothing here follows a shell or the
 * locale. Thread-safe. */
#ifndef COFFERDAM_BASE_FILE_H
#define COFFERDAM_BASE_FILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"

#include <sys/types.h>

/* Reads a whole file of at most `limit` bytes into the arena (NUL added). */
bool file_read(struct arena *arena, const char *path, size_t limit, char **data, size_t *size,
               struct error *err) ATTR_USE_RESULT;
/* Writes a new file beside the old one, fsyncs, renames over it, fsyncs the folder: the old or the
 * new, never half. */
bool file_replace(const char *path, const void *data, size_t size, mode_t mode,
                  struct error *err) ATTR_USE_RESULT;
/* Appends and, if asked, fsyncs. Creates the file with `mode`. */
bool file_append(const char *path, const void *data, size_t size, mode_t mode, bool sync,
                 struct error *err) ATTR_USE_RESULT;

/* Makes a folder and its parents (existing ones are fine); a new last one gets `mode`. */
bool file_make_folder(const char *path, mode_t mode, struct error *err) ATTR_USE_RESULT;
/* Removes a file or a whole folder; a missing one is fine. Never follows symbolic links. */
bool file_remove_all(const char *path, struct error *err) ATTR_USE_RESULT;
/* The hash of its bytes. */
bool file_sha256(const char *path, unsigned char out[static HASH_SIZE],
                 struct error *err) ATTR_USE_RESULT;
bool file_exists(const char *path);
bool file_is_folder(const char *path);
int64_t file_size(const char *path); /* -1 if it cannot be read */
bool file_sync_folder(const char *path, struct error *err) ATTR_USE_RESULT;

/* Calls visit for every regular file below `root` (or root itself) in byte order of paths, symbolic
   links not followed, hidden names included. Stops and returns false when visit does. At most
   `limit` files, else ERROR_LIMIT. */
struct file_visit {
    bool (*visit)(void *state, const char *path, int64_t size, struct error *err);
    void *state;
    size_t limit;
};
bool file_walk(const char *root, const struct file_visit *visit, struct error *err) ATTR_USE_RESULT;

/* Names in one folder, sorted, NULL-terminated, in arena memory; folders end in '/'. NULL if it
 * cannot be read. */
char **file_list(struct arena *arena, const char *folder, size_t *count);

const char *file_name(const char *path); /* after the last '/' */
char *file_join(struct arena *arena, const char *folder, const char *name);
/* "~" and "~/x" by $HOME; otherwise the same text. */
char *file_expand(struct arena *arena, const char *path);
/* Absolute path without ".", ".." and symbolic links where it exists; otherwise cwd + path,
 * cleaned. */
char *file_absolute(struct arena *arena, const char *path);
/* As somebody in the working folder would type it: relative where it lies below. */
char *file_typed(struct arena *arena, const char *path);
/* Folder of the running executable (/proc/self/exe), in arena memory. */
char *file_executable_folder(struct arena *arena);

#endif
