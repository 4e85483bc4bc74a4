#include "engine/inflow.h"

#include "base/hash.h"
#include "base/time.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BYTES_FIRST ((size_t)1 << 20) /* of a block; a longer value has a block as long as it */
#define CELLS_MOST ((size_t)1 << 16)  /* of a block: with many columns it has fewer rows */
#define FULL ((size_t)48 << 20)       /* bytes waiting for the reader, blocks' own size */
#define SPARE_MOST 8                  /* blocks that are kept to be filled again */
#define MASK_BITS 64

struct inflow {
    char id[UUID_TEXT_SIZE];
    char **names;
    size_t columns, rows;         /* of a block: a multiple of MASK_BITS */
    struct inflow_block *filling; /* the writer's */
    struct inflow_block *shown;   /* the reader's */
    int room_fd;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t more, read;
    struct inflow_block *first, *last; /* waiting */
    struct inflow_block *spare;
    size_t spares, waiting; /* blocks, bytes */
    bool full, ended, broken;
    bool read_out; /* the reader was told that no more comes, or has left */
    bool left;     /* nobody reads any more */
    int holders;
};

/* ---- blocks -------------------------------------------------------------------------------------
 */

duckdb_string_t *inflow_texts(const struct inflow_block *block, size_t column)
{
    return block->texts + column * block->room;
}

uint64_t *inflow_valid(const struct inflow_block *block, size_t column)
{
    return block->valid + column * block->room / MASK_BITS;
}

static void block_free(struct inflow_block *block)
{
    if (!block)
        return;
    free(block->texts);
    free(block->valid);
    free(block->nulls);
    free(block->bytes);
    free(block);
}

static size_t block_size(const struct inflow *flow, const struct inflow_block *block)
{
    return block->size + flow->columns * flow->rows * sizeof *block->texts;
}

static struct inflow_block *block_new(const struct inflow *flow)
{
    struct inflow_block *block = xcalloc(1, sizeof *block);
    block->room = flow->rows;
    block->texts = xmalloc(flow->columns * flow->rows * sizeof *block->texts);
    block->valid = xmalloc(flow->columns * flow->rows / MASK_BITS * sizeof *block->valid);
    block->nulls = xcalloc(flow->columns, sizeof *block->nulls);
    block->size = BYTES_FIRST;
    block->bytes = xmalloc(block->size);
    return block;
}

/* An empty one with room for `size` bytes: one that was read already, or a new one. */
static struct inflow_block *take_empty(struct inflow *flow, size_t size)
{
    pthread_mutex_lock(&flow->mutex);
    struct inflow_block *block = flow->spare;
    if (block) {
        flow->spare = block->next;
        flow->spares--;
    }
    pthread_mutex_unlock(&flow->mutex);
    if (!block)
        block = block_new(flow);
    if (size > block->size) {
        free(block->bytes);
        block->bytes = xmalloc(size);
        block->size = size;
    }
    block->next = NULL;
    block->rows = block->used = 0;
    memset(block->nulls, 0, flow->columns * sizeof *block->nulls);
    return block;
}

/* Under the mutex. */
static void put_back(struct inflow *flow, struct inflow_block *block)
{
    if (!block)
        return;
    if (flow->spares == SPARE_MOST || block->size > BYTES_FIRST) {
        block_free(block);
        return;
    }
    block->next = flow->spare;
    flow->spare = block;
    flow->spares++;
}

static void free_list(struct inflow_block *block)
{
    while (block) {
        struct inflow_block *next = block->next;
        block_free(block);
        block = next;
    }
}

/* ---- the flow -----------------------------------------------------------------------------------
 */

struct inflow *inflow_new(const char *const *names, size_t columns)
{
    struct inflow *flow = xcalloc(1, sizeof *flow);
    uuid_text(flow->id);
    flow->columns = columns;
    flow->names = xcalloc(columns, sizeof *flow->names);
    for (size_t i = 0; i < columns; i++)
        flow->names[i] = xstrdup(names[i]);
    size_t rows = CELLS_MOST / (columns ? columns : 1) / MASK_BITS * MASK_BITS;
    flow->rows = rows > INFLOW_ROWS ? INFLOW_ROWS : rows ? rows : MASK_BITS;
    flow->room_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&flow->mutex, NULL);
    pthread_cond_init(&flow->more, NULL);
    time_condition(&flow->read);
    flow->holders = 1;
    return flow;
}

struct inflow *inflow_hold(struct inflow *flow)
{
    pthread_mutex_lock(&flow->mutex);
    flow->holders++;
    pthread_mutex_unlock(&flow->mutex);
    return flow;
}

void inflow_release(struct inflow *flow)
{
    if (!flow)
        return;
    pthread_mutex_lock(&flow->mutex);
    bool last = --flow->holders == 0;
    pthread_mutex_unlock(&flow->mutex);
    if (!last)
        return;
    block_free(flow->filling);
    block_free(flow->shown);
    free_list(flow->first);
    free_list(flow->spare);
    for (size_t i = 0; i < flow->columns; i++)
        free(flow->names[i]);
    free(flow->names);
    close(flow->room_fd);
    pthread_cond_destroy(&flow->more);
    pthread_cond_destroy(&flow->read);
    pthread_mutex_destroy(&flow->mutex);
    free(flow);
}

const char *inflow_id(const struct inflow *flow)
{
    return flow->id;
}

size_t inflow_columns(const struct inflow *flow)
{
    return flow->columns;
}

const char *inflow_name(const struct inflow *flow, size_t column)
{
    return flow->names[column];
}

/* ---- the writer ---------------------------------------------------------------------------------
 */

static void hand_over(struct inflow *flow)
{
    struct inflow_block *block = flow->filling;
    flow->filling = NULL;
    pthread_mutex_lock(&flow->mutex);
    bool left = flow->left;
    if (!left) {
        *(flow->first ? &flow->last->next : &flow->first) = block;
        flow->last = block;
        flow->waiting += block_size(flow, block);
        flow->full = flow->waiting > FULL;
        pthread_cond_signal(&flow->more);
    }
    pthread_mutex_unlock(&flow->mutex);
    if (left)
        block_free(block);
}

static void text_set(duckdb_string_t *text, const char *bytes, size_t size)
{
    text->value.pointer.length = (uint32_t)size;
    if (size <= sizeof text->value.inlined.inlined) {
        memset(text->value.inlined.inlined, 0, sizeof text->value.inlined.inlined);
        memcpy(text->value.inlined.inlined, bytes, size);
        return;
    }
    memcpy(text->value.pointer.prefix, bytes, sizeof text->value.pointer.prefix);
    memcpy(&text->value.pointer.ptr, &bytes, sizeof bytes);
}

static bool is_inlined(const duckdb_string_t *text)
{
    return text->value.inlined.length <= sizeof text->value.inlined.inlined;
}

static void put_null(struct inflow_block *block, size_t column)
{
    uint64_t *valid = inflow_valid(block, column);
    if (!block->nulls[column])
        memset(valid, 0xff, block->room / MASK_BITS * sizeof *valid);
    block->nulls[column] = true;
    valid[block->rows / MASK_BITS] &= ~((uint64_t)1 << (block->rows % MASK_BITS));
}

static bool is_null(const struct inflow_block *block, size_t column, size_t row)
{
    return block->nulls[column] &&
           !(inflow_valid(block, column)[row / MASK_BITS] >> (row % MASK_BITS) & 1);
}

/* The row that has begun goes on in a block with `size` bytes more of room. */
static void turn_over(struct inflow *flow, size_t begun, size_t size)
{
    struct inflow_block *old = flow->filling;
    size_t row = old->rows;
    for (size_t i = 0; i < begun; i++)
        size += inflow_texts(old, i)[row].value.pointer.length;
    flow->filling = take_empty(flow, size);
    for (size_t i = 0; i < begun; i++) {
        const duckdb_string_t *text = &inflow_texts(old, i)[row];
        if (is_null(old, i, row))
            inflow_put(flow, i, NULL, 0);
        else
            inflow_put(flow, i,
                       is_inlined(text) ? text->value.inlined.inlined : text->value.pointer.ptr,
                       text->value.pointer.length);
    }
    struct inflow_block *filling = flow->filling;
    flow->filling = old;
    if (old->rows)
        hand_over(flow);
    else
        block_free(old);
    flow->filling = filling;
}

void inflow_put(struct inflow *flow, size_t column, const char *text, size_t size)
{
    if (!flow->filling)
        flow->filling = take_empty(flow, size);
    struct inflow_block *block = flow->filling;
    duckdb_string_t *place = &inflow_texts(block, column)[block->rows];
    if (!text) {
        put_null(block, column);
        text_set(place, "", 0);
        return;
    }
    if (size <= sizeof place->value.inlined.inlined) {
        text_set(place, text, size);
        return;
    }
    if (block->size - block->used < size) {
        turn_over(flow, column, size);
        block = flow->filling;
        place = &inflow_texts(block, column)[block->rows];
    }
    memcpy(block->bytes + block->used, text, size);
    text_set(place, block->bytes + block->used, size);
    block->used += size;
}

void inflow_end_row(struct inflow *flow)
{
    if (!flow->filling) /* of no column */
        flow->filling = take_empty(flow, 0);
    if (++flow->filling->rows == flow->rows)
        hand_over(flow);
}

void inflow_finish(struct inflow *flow, bool broken)
{
    if (flow->filling && flow->filling->rows && !broken)
        hand_over(flow);
    pthread_mutex_lock(&flow->mutex);
    if (!flow->ended)
        flow->broken = broken;
    flow->ended = true;
    pthread_cond_signal(&flow->more);
    pthread_cond_broadcast(&flow->read);
    pthread_mutex_unlock(&flow->mutex);
}

bool inflow_full(struct inflow *flow)
{
    pthread_mutex_lock(&flow->mutex);
    bool full = flow->full;
    eventfd_t ignored;
    if (full)
        (void)eventfd_read(flow->room_fd, &ignored);
    pthread_mutex_unlock(&flow->mutex);
    return full;
}

int inflow_fd(const struct inflow *flow)
{
    return flow->room_fd;
}

/* ---- the reader ---------------------------------------------------------------------------------
 */

/* Under the mutex: the writer goes on when half is read. */
static void note_room(struct inflow *flow)
{
    if (!flow->full || flow->waiting > FULL / 2)
        return;
    flow->full = false;
    (void)eventfd_write(flow->room_fd, 1);
}

static void end_read(struct inflow *flow)
{
    flow->read_out = true;
    pthread_cond_broadcast(&flow->read);
}

const struct inflow_block *inflow_next(struct inflow *flow, bool *broken)
{
    pthread_mutex_lock(&flow->mutex);
    put_back(flow, flow->shown);
    while (!flow->first && !flow->ended)
        pthread_cond_wait(&flow->more, &flow->mutex);
    *broken = flow->broken;
    struct inflow_block *block = flow->broken ? NULL : flow->first;
    flow->shown = block;
    if (block) {
        flow->first = block->next;
        flow->waiting -= block_size(flow, block);
        note_room(flow);
    } else {
        end_read(flow);
    }
    pthread_mutex_unlock(&flow->mutex);
    return block;
}

void inflow_leave(struct inflow *flow)
{
    pthread_mutex_lock(&flow->mutex);
    flow->left = true;
    end_read(flow);
    flow->full = false;
    (void)eventfd_write(flow->room_fd, 1);
    pthread_mutex_unlock(&flow->mutex);
    inflow_release(flow);
}

void inflow_wait(struct inflow *flow, int64_t limit)
{
    int64_t at = time_monotonic() + limit;
    pthread_mutex_lock(&flow->mutex);
    while (!flow->read_out && !flow->broken && time_wait(&flow->read, &flow->mutex, at))
        ;
    pthread_mutex_unlock(&flow->mutex);
}
