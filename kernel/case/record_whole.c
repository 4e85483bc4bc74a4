/* The hash of a whole result that is larger than what was shown: made while the worker has nothing
 * to do. */
#include "case/record.h"

#include "base/time.h"
#include "case/results_name.h"
#include "case/session_state.h"

#include <stdlib.h>
#include <string.h>

#define WHOLE_ROWS 200000  /* larger results have the hash of their shown rows only */
#define WHOLE_MOST 16      /* results that wait */
#define PAGE_VALUES 100000 /* read at once */
#define STEP 30000         /* microseconds of one rest: the next cell waits no longer */

struct whole {
    struct whole *next;
    char *name;
    int64_t query, rows, done, page;
    struct hash *hash; /* NULL: not begun */
};

static void drop(struct session *session, struct whole *whole)
{
    struct whole **link = &session->record.wholes;
    unsigned char digest[HASH_SIZE];
    while (*link != whole)
        link = &(*link)->next;
    *link = whole->next;
    if (whole->hash)
        hash_end(whole->hash, digest);
    free(whole->name);
    free(whole);
}

void record_whole_forget(struct session *session, const char *name)
{
    struct whole *next;
    for (struct whole *whole = session->record.wholes; whole; whole = next) {
        next = whole->next;
        if (!name || strcmp(whole->name, name) == 0)
            drop(session, whole);
    }
}

void record_whole_add(struct session *session, const struct record_query *query, int64_t number)
{
    int64_t rows = query->info->rows, columns = (int64_t)query->table->column_count;
    struct whole **link = &session->record.wholes;
    size_t count = 0;
    for (; *link; link = &(*link)->next)
        count++;
    if (rows > WHOLE_ROWS || count >= WHOLE_MOST)
        return;
    *link = xcalloc(1, sizeof **link);
    **link = (struct whole){.name = xstrdup(query->info->kept),
                            .query = number,
                            .rows = rows,
                            .page = PAGE_VALUES / (columns ? columns : 1) + 1};
}

/* One page more; false: it cannot be read, or is not what it was. */
static bool add_page(struct session *session, struct whole *whole)
{
    struct arena *arena = arena_new();
    struct error ignored = {0};
    struct table *page = NULL;
    struct results_rows rows = {.name = whole->name, .offset = whole->done, .limit = whole->page};
    bool ok = results_read(session, &rows, arena, &page, &ignored) && page->rows > 0 &&
              whole->done + page->rows <= whole->rows;
    if (ok) {
        bool first = !whole->hash;
        whole->hash = first ? hash_new() : whole->hash;
        record_hash_add(whole->hash, page, first);
        whole->done += page->rows;
    }
    arena_free(arena);
    return ok;
}

static json_t *content_of(struct whole *whole)
{
    unsigned char digest[HASH_SIZE];
    char hash[HASH_HEX_SIZE];
    hash_end(whole->hash, digest);
    whole->hash = NULL;
    hash_hex(digest, sizeof digest, hash);
    return json_pack("{s:I, s:s, s:I, s:s}", "query", (json_int_t)whole->query, "kept", whole->name,
                     "rows", (json_int_t)whole->rows, "sha256", hash);
}

void record_whole_step(struct session *session)
{
    struct whole *whole = session->record.wholes;
    int64_t until = time_monotonic() + STEP;
    bool ok = commons_is_open(session);
    while (ok && whole->done < whole->rows && time_monotonic() < until)
        ok = add_page(session, whole);
    if (ok && whole->done < whole->rows)
        return; /* goes on with the next rest */
    if (ok)
        record_write(session, LEDGER_RESULT, content_of(whole));
    drop(session, whole);
}
