#include "response/blocks.h"

#include "aws/reply.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "response/merkle.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW 16       /* blocks under way */
#define PAGE 1000       /* blocks of a listing */
#define FLUSH 500       /* lines kept before they go to the disk */
#define LINE_MOST 80    /* "4294967295 " and 64 digits */
#define USD_BLOCK 3e-6  /* GetSnapshotBlock */
#define USD_PAGE 0.6e-6 /* ListSnapshotBlocks */

#define BLOCKS_GIB 2048 /* of a GiB */
#define PACE 100        /* MB/s, which is bytes a microsecond: an assumption */

struct slot {
    struct aws_call *call;
    int64_t index;
};

struct blocks {
    struct job *job;
    const char *snapshot, *path, *file;
    struct merkle merkle;
    struct hash *file_hash;
    int64_t file_size, written; /* bytes, lines */
    int64_t next;               /* the first block that is not in the file */
    struct buf lines;           /* not on the disk yet */
    size_t held;                /* how many those are */
    struct aws_call *list;
    json_t *page; /* of the listing at hand; NULL: none */
    size_t taken; /* of its blocks */
    char *token;  /* of the page after it; NULL: it is the last, or the first is not asked */
    bool listed;  /* no page is left */
    struct slot slots[WINDOW];
    size_t first, under_way; /* a ring: blocks come in order */
};

double blocks_price(int64_t count)
{
    return (double)count * USD_BLOCK + (double)(count / PAGE + 1) * USD_PAGE;
}

const char *blocks_words(struct arena *arena, const char *instance, int64_t gib)
{
    char took[TIME_TEXT_SIZE];
    int64_t count = gib * BLOCKS_GIB;
    return arena_printf(arena,
                        "the blocks of %s are read and hashed once its snapshots are complete: at "
                        "most %lld GiB in %lld blocks, at most USD %.2f for the calls (and what "
                        "your network takes for data that leaves the region), about %s at %d MB/s; "
                        "it can be stopped and gone on with",
                        instance, (long long)gib, (long long)count, blocks_price(count),
                        time_duration(count * BLOCKS_SIZE / PACE, took), PACE);
}

static void add_line(struct blocks *blocks, const char *line, size_t size)
{
    merkle_add(&blocks->merkle, line, size);
    hash_add(blocks->file_hash, line, size);
    hash_add(blocks->file_hash, "\n", 1);
    blocks->file_size += (int64_t)size + 1;
    blocks->written++;
}

/* ---- what is there already ----------------------------------------------------------------------
 */

/* "INDEX HASH\n", its index above the last. */
static bool is_line(const struct blocks *blocks, const char *line, size_t size, int64_t *index)
{
    char *end;
    intmax_t number = strtoimax(line, &end, 10);
    if (end == line || *end != ' ' || number < blocks->next || number > UINT32_MAX)
        return false;
    *index = (int64_t)number;
    return strspn(end + 1, "0123456789abcdef") == 64 && end + 65 == line + size - 1 &&
           line[size - 1] == '\n';
}

/* A line that a crash tore is cut off. */
static bool read_kept(struct blocks *blocks, struct error *err)
{
    FILE *file = fopen(blocks->path, "re");
    char line[LINE_MOST + 2];
    int64_t index;
    if (!file)
        return errno == ENOENT || error_errno(err, errno, "\"%s\"", blocks->path);
    while (fgets(line, sizeof line, file) && is_line(blocks, line, strlen(line), &index)) {
        add_line(blocks, line, strlen(line) - 1);
        blocks->next = index + 1;
    }
    (void)fclose(file);
    if (truncate(blocks->path, (off_t)blocks->file_size) != 0)
        return error_errno(err, errno, "\"%s\"", blocks->path);
    return true;
}

static void end_hash(void *blocks)
{
    unsigned char unused[HASH_SIZE];
    struct blocks *made = blocks;
    if (made->file_hash)
        hash_end(made->file_hash, unused);
    buf_release(&made->lines);
    free(made->token);
    json_decref(made->page);
}

struct blocks *blocks_new(struct job *job, const char *snapshot, struct error *err)
{
    struct arena *arena = job->arena;
    const char *folder = file_join(arena, job->folder, "evidence");
    struct blocks *blocks = arena_alloc(arena, sizeof *blocks);
    blocks->job = job;
    blocks->snapshot = arena_strdup(arena, snapshot);
    blocks->file = arena_printf(arena, "blocks-%s.txt", snapshot);
    blocks->path = file_join(arena, folder, blocks->file);
    blocks->file_hash = hash_new();
    buf_init(&blocks->lines, FLUSH * LINE_MOST);
    arena_defer(arena, end_hash, blocks);
    return file_make_folder(folder, 0700, err) && read_kept(blocks, err) ? blocks : NULL;
}

/* ---- calls --------------------------------------------------------------------------------------
 */

static struct aws_call *ask(struct blocks *blocks, const char *op, json_t *params,
                            struct error *err)
{
    struct aws_asking asking = {.op = op, .params = params, .region = blocks->job->region};
    struct aws_call *call = aws_start(blocks->job->aws, &asking, err);
    json_decref(params);
    return call;
}

static bool ask_page(struct blocks *blocks, struct error *err)
{
    json_t *params = json_pack("{s:s, s:i}", "snapshotId", blocks->snapshot, "MaxResults", PAGE);
    if (blocks->token)
        json_object_set_new(params, "NextToken", json_texts(blocks->token));
    else if (blocks->next)
        json_object_set_new(params, "StartingBlockIndex", json_integer(blocks->next));
    blocks->list = ask(blocks, "ebs:ListSnapshotBlocks", params, err);
    return blocks->list != NULL;
}

static bool take_page(struct blocks *blocks, struct error *err)
{
    json_t *reply;
    bool ok = aws_reply(blocks->list, &reply, err);
    if (ok) {
        const char *token = json_get_string(reply, "NextToken", NULL);
        free(blocks->token);
        blocks->token = token ? xstrdup(token) : NULL;
        json_decref(blocks->page);
        blocks->page = json_incref(json_object_get(reply, "Blocks"));
        blocks->taken = 0;
        blocks->listed = !token;
        if (reply_int(reply, "BlockSize", BLOCKS_SIZE) != BLOCKS_SIZE)
            ok = error_set(err, ERROR_DATA, "the blocks of %s have %lld bytes, not %lld",
                           blocks->snapshot, (long long)reply_int(reply, "BlockSize", 0),
                           (long long)BLOCKS_SIZE);
    }
    aws_end(blocks->list);
    blocks->list = NULL;
    return ok;
}

static bool ask_block(struct blocks *blocks, struct error *err)
{
    struct slot *slot = &blocks->slots[(blocks->first + blocks->under_way) % WINDOW];
    const json_t *block = json_array_get(blocks->page, blocks->taken);
    int64_t index = reply_int(block, "BlockIndex", -1);
    json_t *params = json_pack("{s:s, s:I, s:s}", "snapshotId", blocks->snapshot, "blockIndex",
                               (json_int_t)index, "BlockToken", reply_text(block, "BlockToken"));
    slot->index = index;
    slot->call = ask(blocks, "ebs:GetSnapshotBlock", params, err);
    blocks->taken++;
    blocks->under_way += slot->call != NULL;
    return slot->call != NULL;
}

static bool flush(struct blocks *blocks, struct error *err)
{
    if (!blocks->held)
        return true;
    bool ok = file_append(blocks->path, blocks->lines.data, blocks->lines.size, 0600, true, err);
    buf_clear(&blocks->lines);
    blocks->held = 0;
    return ok;
}

/* The oldest block that is under way has come. */
static bool take_block(struct blocks *blocks, struct error *err)
{
    struct slot *slot = &blocks->slots[blocks->first];
    const struct aws_facts *facts = aws_call_facts(slot->call);
    unsigned char bytes[HASH_SIZE];
    char hex[HASH_HEX_SIZE], line[LINE_MOST];
    json_t *none;
    bool ok = aws_reply(slot->call, &none, err);
    if (ok && (!facts->body || (int64_t)facts->size != BLOCKS_SIZE))
        ok = error_set(err, ERROR_DATA, "block %lld of %s has %zu bytes, not %lld",
                       (long long)slot->index, blocks->snapshot, facts->size,
                       (long long)BLOCKS_SIZE);
    if (ok) {
        hash_sha256(facts->body, facts->size, bytes);
        hash_hex(bytes, sizeof bytes, hex);
        int size = snprintf(line, sizeof line, "%lld %s", (long long)slot->index, hex);
        add_line(blocks, line, (size_t)size);
        buf_addf(&blocks->lines, "%s\n", line);
        blocks->next = slot->index + 1;
        ok = ++blocks->held < FLUSH || flush(blocks, err);
    }
    aws_end(slot->call);
    slot->call = NULL;
    blocks->first = (blocks->first + 1) % WINDOW;
    blocks->under_way--;
    return ok;
}

/* ---- the job ------------------------------------------------------------------------------------
 */

static void sum_up(struct blocks *blocks, struct blocks_sum *sum)
{
    unsigned char bytes[HASH_SIZE];
    merkle_root(&blocks->merkle, bytes);
    hash_hex(bytes, sizeof bytes, sum->root);
    hash_end(blocks->file_hash, bytes);
    blocks->file_hash = NULL;
    hash_hex(bytes, sizeof bytes, sum->file_hash);
    sum->count = blocks->written;
    sum->bytes = blocks->written * BLOCKS_SIZE;
    sum->file = blocks->file;
    sum->file_size = blocks->file_size;
}

static bool advance(struct blocks *blocks, struct error *err)
{
    if (blocks->list && aws_done(blocks->list) && !take_page(blocks, err))
        return false;
    while (blocks->under_way && aws_done(blocks->slots[blocks->first].call))
        if (!take_block(blocks, err))
            return false;
    while (blocks->under_way < WINDOW && blocks->taken < json_array_size(blocks->page))
        if (!ask_block(blocks, err))
            return false;
    bool used_up = blocks->taken == json_array_size(blocks->page);
    return blocks->list || blocks->listed || !used_up || ask_page(blocks, err);
}

enum job_step blocks_step(struct blocks *blocks, struct blocks_sum *sum, struct error *err)
{
    struct job *job = blocks->job;
    if (!advance(blocks, err)) {
        struct error unwritten = {0};
        (void)flush(blocks, &unwritten); /* what came is kept: the next run goes on behind it */
        return JOB_FAILED;
    }
    bool over =
        blocks->listed && !blocks->under_way && blocks->taken == json_array_size(blocks->page);
    job_say(job, "hashing %s: %lld blocks, up to block %lld", blocks->snapshot,
            (long long)blocks->written, (long long)blocks->next);
    if (!over)
        return JOB_WAITS;
    if (!flush(blocks, err))
        return JOB_FAILED;
    sum_up(blocks, sum);
    return JOB_DONE;
}

void blocks_end(struct blocks *blocks)
{
    struct error unwritten = {0};
    if (!blocks)
        return;
    (void)flush(blocks, &unwritten);
    aws_end(blocks->list);
    blocks->list = NULL;
    for (size_t i = 0; i < WINDOW; i++) {
        aws_end(blocks->slots[i].call);
        blocks->slots[i].call = NULL;
    }
    blocks->under_way = 0;
}
