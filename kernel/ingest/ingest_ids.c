/* ingest_ids - telling an event that was there before: sets of 128-bit keyed hashes of ids, one per
 * partition.
 *
 * The hash is SipHash-2-4 with 128 bits of output and a random key per run: who writes the logs
 * must not be able to make two ids collide, which would hide an event as a duplicate. Source:
 * Aumasson and Bernstein, "SipHash", 2012.
 */
#include "ingest/ingest_run.h"

#include "base/file.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static uint64_t rotate(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static uint64_t little(const unsigned char *bytes, size_t size)
{
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++) {
        word |= (uint64_t)bytes[i] << (8 * i);
    }
    return word;
}

static void absorb(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    sip_round(v);
    v[0] ^= word;
}

static uint64_t squeeze(uint64_t v[4])
{
    for (int i = 0; i < 4; i++) {
        sip_round(v);
    }
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void id_hash(const uint64_t key[2], const void *bytes, size_t size, uint64_t out[2])
{
    const unsigned char *at = bytes;
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du ^ 0xee,
                     key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u};
    size_t left = size;
    for (; left >= 8; left -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at,
               8); /* the order of bytes does not matter: hashes never leave the process */
        absorb(v, word);
    }
    absorb(v, (uint64_t)size << 56 | (left ? little(at, left) : 0));
    v[2] ^= 0xee;
    out[0] = squeeze(v);
    v[1] ^= 0xdd;
    out[1] = squeeze(v);
}

static void grow(struct id_set *set)
{
    struct id_set old = *set;
    set->capacity = old.capacity ? old.capacity * 2 : 1024;
    set->slots = xcalloc(set->capacity, sizeof *set->slots);
    set->count = 0;
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i][0] | old.slots[i][1]) {
            (void)id_set_add(set, old.slots[i]);
        }
    }
    free(old.slots);
}

bool id_set_add(struct id_set *set, const uint64_t id[2])
{
    if ((set->count + 1) * 4 > set->capacity * 3) {
        grow(set);
    }
    size_t at = (size_t)id[0] & (set->capacity - 1);
    for (; set->slots[at][0] | set->slots[at][1]; at = (at + 1) & (set->capacity - 1)) {
        if (set->slots[at][0] == id[0] && set->slots[at][1] == id[1]) {
            return false;
        }
    }
    set->slots[at][0] = id[0];
    set->slots[at][1] = id[1];
    set->count++;
    return true;
}

void id_set_release(struct id_set *set)
{
    free(set->slots);
    memset(set, 0, sizeof *set);
}

/* Files of the lake that may hold rows of the partition's month. */
static void find_existing(struct ingest_run *run, struct partition *partition)
{
    struct arena *arena = arena_new();
    char *folder = file_join(arena, run->into, partition_folder(run, partition, arena));
    const char *month =
        arena_printf(arena, "%04d%02d", partition->month / 12, partition->month % 12 + 1);
    size_t count = 0;
    size_t capacity = 8;
    char **paths = xcalloc(capacity, sizeof(char *));
    size_t folder_count = 0;
    char **folders = file_list(arena, folder, &folder_count);
    for (size_t i = 0; folders && i < folder_count; i++) {
        const char *value = strchr(folders[i], '=');
        if (strncmp(folders[i], "event", 5) != 0 || !value || strncmp(value + 1, month, 6) != 0) {
            continue;
        }
        char *inner = file_join(arena, folder, folders[i]);
        size_t file_count = 0;
        char **files = file_list(arena, inner, &file_count);
        for (size_t k = 0; files && k < file_count; k++) {
            size_t size = strlen(files[k]);
            if (size < 8 || strcmp(files[k] + size - 8, ".parquet") != 0) {
                continue;
            }
            if (count + 2 > capacity) {
                capacity *= 2;
                paths = xrealloc(paths, capacity * sizeof(char *));
            }
            paths[count++] = xstrdup(file_join(arena, inner, files[k]));
        }
    }
    paths[count] = NULL;
    partition->existing = paths;
    arena_free(arena);
}

struct loading {
    struct ingest_run *run;
    struct id_set *ids;
};

static bool on_id(void *state, const struct writer_value *cells, size_t columns, struct error *err)
{
    struct loading *loading = state;
    (void)columns;
    (void)err;
    if (!cells[0].null) {
        uint64_t id[2];
        id_hash(loading->run->key, cells[0].text, cells[0].size, id);
        (void)id_set_add(loading->ids, id);
    }
    return true;
}

bool partition_load_ids(struct ingest_run *run, int lane, struct partition *partition,
                        struct error *err)
{
    const char *id = map_shapes[partition->source].id[run->version - 1];
    if (!partition->existing) {
        find_existing(run, partition);
    }
    partition->ids_loaded = true;
    if (!id || (!partition->existing[0] && !partition->pieces)) {
        return true;
    }
    struct buf sql;
    buf_init(&sql, (size_t)1 << 26);
    buf_addf(&sql, "SELECT %s FROM read_parquet([", id);
    const char *comma = "";
    for (size_t i = 0; partition->existing[i]; i++, comma = ", ") {
        buf_adds(&sql, comma);
        text_sql_string(&sql, partition->existing[i], strlen(partition->existing[i]));
    }
    for (const struct piece_file *piece = partition->pieces; piece;
         piece = piece->next, comma = ", ") {
        buf_adds(&sql, comma);
        text_sql_string(&sql, piece->path, strlen(piece->path));
    }
    buf_adds(&sql, "], union_by_name = true, hive_partitioning = false)");
    struct loading loading = {.run = run, .ids = &partition->ids};
    struct writer_visit visit = {.visit = on_id, .state = &loading};
    struct writer_statement statement = {.lane = lane, .sql = sql.data};
    bool ok = writer_read(run->writer, &statement, &visit, err);
    buf_release(&sql);
    return ok;
}
