/* ledger_writes FOLDER COUNT ENTRIES: what a durable entry costs beside a bare write and fsync of
 * the same bytes, in turn and medians of COUNT; and milliseconds to verify a ledger of ENTRIES. */
#include "base/file.h"
#include "base/time.h"
#include "case/verify.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
    (void)fprintf(stderr, "ledger_writes: %s\n", what);
    exit(1);
}

static int by_size(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, two = *(const int64_t *)b;
    return (one > two) - (one < two);
}

static double median(int64_t *values, long count)
{
    qsort(values, (size_t)count, sizeof *values, by_size);
    return (double)values[count / 2];
}

static json_t *content(long i)
{
    return json_pack("{s:s, s:s, s:s, s:I}", "op", "iam:PutUserPolicy", "region", "us-east-1",
                     "params_sha256",
                     "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "number",
                     (json_int_t)i);
}

/* Both in turn, so that the disk's mood is the same for both. */
static double ratio(const char *folder, long count)
{
    struct arena *arena = arena_new();
    struct error err = {0};
    const char *path = file_join(arena, folder, LEDGER_FILE);
    struct ledger *ledger = ledger_new(folder, "incident.ipynb");
    int64_t *ours = xcalloc((size_t)count, sizeof *ours),
            *bare = xcalloc((size_t)count, sizeof *bare);
    char *bytes = xcalloc(1, LEDGER_LINE_MOST);
    int file = open(file_join(arena, folder, "bare"), O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (file < 0 || !ledger_append(ledger, LEDGER_INTENT, content(0), NULL, &err))
        fail(err.message);
    for (long i = 0; i < count; i++) {
        int64_t size = file_size(path), begin = time_monotonic();
        if (!ledger_append(ledger, LEDGER_INTENT, content(i), NULL, &err))
            fail(err.message);
        ours[i] = time_monotonic() - begin;
        size_t line = (size_t)(file_size(path) - size);
        begin = time_monotonic();
        if (write(file, bytes, line) != (ssize_t)line || fsync(file) != 0)
            fail("a bare write");
        bare[i] = time_monotonic() - begin;
    }
    double found = median(ours, count) / median(bare, count);
    (void)close(file);
    ledger_free(ledger);
    free(ours);
    free(bare);
    free(bytes);
    arena_free(arena);
    return found;
}

static double verify_ms(const char *folder, long entries)
{
    struct arena *arena = arena_new();
    struct error err = {0};
    struct ledger *ledger = ledger_new(folder, "incident.ipynb");
    while (ledger_head(ledger).sequence < entries) {
        struct ledger_entry entry = {.kind = LEDGER_INTENT, .content = content(0)};
        if (!ledger_write(ledger, &entry, 1, &err))
            fail(err.message);
    }
    ledger_free(ledger);
    int64_t times[5];
    for (size_t i = 0; i < COUNT(times); i++) {
        struct verify_request request = {.folder = folder};
        struct verify verify;
        int64_t begin = time_monotonic();
        if (!verify_ledger(&request, arena, &verify, &err) || verify.finding_count ||
            verify.entries < entries)
            fail("the ledger is not as it was written");
        times[i] = time_monotonic() - begin;
    }
    arena_free(arena);
    return median(times, COUNT(times)) / 1000;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        fail("FOLDER COUNT ENTRIES");
    double durable = ratio(argv[1], strtol(argv[2], NULL, 10));
    (void)printf("{\"durable_ratio\": %.3f, \"verify_ms\": %.1f}\n", durable,
                 verify_ms(argv[1], strtol(argv[3], NULL, 10)));
    return 0;
}
