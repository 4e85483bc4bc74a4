/* The file of a ledger: its lock, and what others wrote to it meanwhile. */
#include "case/ledger_state.h"

#include "base/file.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_WAIT 5000000  /* microseconds: nobody holds it for longer than one write and sync */
#define LOCK_PAUSE 1000000 /* nanoseconds */
#define TAIL_FIRST ((size_t)64 * 1024)

/* ---- opening and locking ------------------------------------------------------------------------
 */

static bool open_file(struct ledger *ledger, struct error *err)
{
    struct stat status;
    bool fresh = !file_exists(ledger->path);
    int file =
        open(ledger->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (file < 0)
        return error_errno(err, errno, "cannot open the ledger \"%s\"", ledger->path);
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        (void)close(file);
        return error_set(err, ERROR_IO, "the ledger \"%s\" is no file", ledger->path);
    }
    if (fresh && !file_sync_folder(ledger->folder, err)) {
        (void)close(file);
        return false;
    }
    ledger->file = file;
    ledger->device = status.st_dev;
    ledger->inode = status.st_ino;
    return true;
}

/* The name stands for the file that is open: nobody put another one in its place. */
static bool is_same(const struct ledger *ledger)
{
    struct stat status;
    return stat(ledger->path, &status) == 0 && status.st_dev == ledger->device &&
           status.st_ino == ledger->inode;
}

static bool wait_lock(const struct ledger *ledger, struct error *err)
{
    int64_t until = time_monotonic() + LOCK_WAIT;
    while (flock(ledger->file, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return error_errno(err, errno, "cannot lock the ledger \"%s\"", ledger->path);
        if (time_monotonic() > until)
            return error_set(err, ERROR_UNAVAILABLE, "another process holds the ledger \"%s\"",
                             ledger->path) ||
                   error_hint(err, "Look for a kernel of this case that stands still, and end it.");
        struct timespec pause = {.tv_nsec = LOCK_PAUSE};
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

bool ledger_lock(struct ledger *ledger, struct error *err)
{
    for (int i = 0; i < 10; i++) {
        if (ledger->file < 0 && !open_file(ledger, err))
            return false;
        if (!wait_lock(ledger, err))
            return false;
        if (is_same(ledger))
            return true;
        (void)close(ledger->file); /* releases the lock as well */
        ledger->file = -1;
        ledger->moved = true;
    }
    return error_set(err, ERROR_IO, "the ledger \"%s\" does not stay in its place", ledger->path);
}

void ledger_unlock(struct ledger *ledger)
{
    if (ledger->file >= 0)
        (void)flock(ledger->file, LOCK_UN);
}

/* ---- the tail -----------------------------------------------------------------------------------
 */

bool ledger_read_bytes(int file, off_t from, size_t size, struct buf *out)
{
    buf_clear(out);
    char *room = size ? buf_room(out, size) : NULL;
    size_t used = 0;
    while (room && used < size) {
        ssize_t got = pread(file, room + used, size - used, from + (off_t)used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = EIO; /* it was cut meanwhile */
        if (got <= 0)
            return false;
        used += (size_t)got;
    }
    if (room)
        buf_grew(out, used);
    return true;
}

static bool read_part(const struct ledger *ledger, off_t from, size_t size, struct buf *out,
                      struct error *err)
{
    return ledger_read_bytes(ledger->file, from, size, out) ||
           error_errno(err, errno, "cannot read the ledger \"%s\"", ledger->path);
}

static void set_mark(struct ledger_mark *mark, const struct ledger_line *line)
{
    mark->sequence = line->sequence;
    memcpy(mark->hash, line->hash, HASH_HEX_SIZE - 1);
    mark->hash[HASH_HEX_SIZE - 1] = '\0';
}

static void set_torn(struct ledger_torn *torn, off_t offset, const char *bytes, size_t size)
{
    unsigned char digest[HASH_SIZE];
    *torn = (struct ledger_torn){.offset = offset, .ended = !size || bytes[size - 1] == '\n'};
    torn->size = torn->ended && size ? size - 1 : size;
    hash_sha256(bytes, torn->size, digest);
    hash_hex(digest, sizeof digest, torn->hash);
}

/* Where the last line that is an entry begins and ends in these bytes. */
static bool last_entry(const struct buf *part, bool from_line, struct ledger_line *line,
                       size_t *behind)
{
    size_t end = part->size;
    while (end > 0) {
        if (part->data[end - 1] != '\n') { /* a line that never ended */
            while (end > 0 && part->data[end - 1] != '\n')
                end--;
            continue;
        }
        size_t begin = end - 1;
        while (begin > 0 && part->data[begin - 1] != '\n')
            begin--;
        if (begin == 0 && !from_line)
            return false;
        if (ledger_line_read(part->data + begin, end - 1 - begin, line) &&
            ledger_line_holds(part->data + begin, line)) {
            *behind = end;
            return true;
        }
        end = begin;
    }
    return false;
}

/* The last entry of the file, looked for from its end in ever larger parts. */
static bool find_tail(struct ledger *ledger, off_t size, struct ledger_mark *mark,
                      struct error *err)
{
    struct buf part;
    buf_init(&part, (size_t)size + 1);
    bool ok = true, found = false;
    size_t want = TAIL_FIRST, behind = 0;
    *mark = (struct ledger_mark){0};
    for (; ok && !found; want *= 4) {
        size_t take = (off_t)want < size ? want : (size_t)size;
        struct ledger_line line;
        ok = read_part(ledger, size - (off_t)take, take, &part, err);
        found = ok && last_entry(&part, (off_t)take == size, &line, &behind);
        if (found)
            set_mark(mark, &line);
        if (take == (size_t)size)
            break;
    }
    if (ok)
        set_torn(&ledger->torn, size - (off_t)(part.size - behind), part.data + behind,
                 part.size - behind);
    buf_release(&part);
    return ok;
}

/* What was appended since our last look goes on where we left: other kernels' entries, perhaps with
 * lines between them that a crash tore. False: it does not. */
static bool follow(struct ledger *ledger, const struct buf *added)
{
    struct ledger_mark head = ledger->head;
    size_t behind = 0, next;
    for (size_t at = 0; at < added->size; at = next) {
        const char *line = added->data + at, *end = memchr(line, '\n', added->size - at);
        struct ledger_line read;
        next = end ? (size_t)(end - added->data) + 1 : added->size;
        if (!end || !ledger_line_read(line, (size_t)(end - line), &read))
            continue;
        const char *before = head.sequence ? head.hash : LEDGER_FIRST_PREV;
        if (read.sequence != head.sequence + 1 ||
            memcmp(read.prev, before, HASH_HEX_SIZE - 1) != 0 || !ledger_line_holds(line, &read))
            return false;
        set_mark(&head, &read);
        behind = next;
    }
    ledger->head = head;
    set_torn(&ledger->torn, ledger->end + (off_t)behind, added->data + behind,
             added->size - behind);
    return true;
}

/* Others have written: their entries are ours to go on behind. */
static bool catch_up(struct ledger *ledger, off_t size, bool *followed, struct error *err)
{
    struct buf added;
    buf_init(&added, (size_t)(size - ledger->end) + 1);
    bool ok = read_part(ledger, ledger->end, (size_t)(size - ledger->end), &added, err);
    *followed = ok && follow(ledger, &added);
    buf_release(&added);
    return ok;
}

bool ledger_look(struct ledger *ledger, struct error *err)
{
    struct stat status;
    if (fstat(ledger->file, &status) != 0)
        return error_errno(err, errno, "cannot read the ledger \"%s\"", ledger->path);
    ledger->torn = (struct ledger_torn){.ended = true, .offset = status.st_size};
    ledger->found.sequence = -1;
    if (ledger->known && !ledger->moved && status.st_size == ledger->end)
        return true;
    bool followed = false;
    if (ledger->known && !ledger->moved && status.st_size > ledger->end &&
        !catch_up(ledger, status.st_size, &followed, err))
        return false;
    if (!followed) {
        struct ledger_mark tail;
        if (!find_tail(ledger, status.st_size, &tail, err))
            return false;
        if (ledger->known &&
            (tail.sequence != ledger->head.sequence || strcmp(tail.hash, ledger->head.hash) != 0))
            ledger->found = tail;
        else
            ledger->head = tail;
    }
    ledger->end = status.st_size;
    ledger->known = true;
    ledger->moved = false;
    return true;
}
