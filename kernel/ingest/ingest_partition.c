/* ingest_partition - which (source, region, account, month) an event belongs to, and where that
 * lies in the lake. */
#include "ingest/ingest_run.h"

#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void partitions_init(struct partitions *partitions)
{
    memset(partitions, 0, sizeof *partitions);
    pthread_mutex_init(&partitions->mutex, NULL);
}

static void partition_free(struct partition *partition)
{
    while (partition->pieces) {
        struct piece_file *next = partition->pieces->next;
        free(partition->pieces->path);
        free(partition->pieces);
        partition->pieces = next;
    }
    for (size_t i = 0; partition->existing && partition->existing[i]; i++) {
        free(partition->existing[i]);
    }
    free(partition->existing);
    id_set_release(&partition->ids);
    free(partition->events);
    free(partition->region);
    free(partition->account);
    free(partition);
}

void partitions_release(struct partitions *partitions)
{
    for (size_t i = 0; i < partitions->count; i++) {
        partition_free(partitions->all[i]);
    }
    free(partitions->all);
    pthread_mutex_destroy(&partitions->mutex);
}

static int month_of(int64_t time)
{
    int year = 0;
    int month = 0;
    int day = 0;
    time_date(time, &year, &month, &day);
    return year * 12 + month - 1;
}

void partition_span(const struct partition *partition, int64_t *from, int64_t *to)
{
    int next = partition->month + 1;
    *from = time_from_date(partition->month / 12, partition->month % 12 + 1, 1);
    *to = time_from_date(next / 12, next % 12 + 1, 1);
}

static bool text_is(const char *text, const struct writer_value *value)
{
    return strlen(text) == value->size && memcmp(text, value->text, value->size) == 0;
}

static struct partition *partition_new(struct partitions *partitions, const struct event *event,
                                       int month)
{
    struct partition *partition = xcalloc(1, sizeof *partition);
    partition->number = (uint32_t)partitions->count;
    partition->source = (enum map_source)event->source;
    partition->region = xstrndup(event->region.text, event->region.size);
    partition->account = xstrndup(event->account.text, event->account.size);
    partition->month = month;
    if (partitions->count == partitions->capacity) {
        partitions->capacity = partitions->capacity ? partitions->capacity * 2 : 256;
        partitions->all =
            xrealloc(partitions->all, partitions->capacity * sizeof(struct partition *));
    }
    partitions->all[partitions->count++] = partition;
    return partition;
}

struct partition *partition_of(struct ingest_run *run, const struct event *event)
{
    struct partitions *partitions = &run->partitions;
    int month = month_of(event->time);
    uint64_t hash[2];
    id_hash(run->key, event->region.text, event->region.size, hash);
    uint64_t mixed = hash[0] * 31;
    id_hash(run->key, event->account.text, event->account.size, hash);
    mixed += hash[0] * 17 + (uint64_t)month * 7 + event->source;
    struct partition **slot = &partitions->slots[mixed % PARTITION_SLOTS];
    pthread_mutex_lock(&partitions->mutex);
    struct partition *found = *slot;
    while (found &&
           !(found->month == month && found->source == (enum map_source)event->source &&
             text_is(found->region, &event->region) && text_is(found->account, &event->account))) {
        found = found->next_in_slot;
    }
    if (!found) {
        found = partition_new(partitions, event, month);
        found->next_in_slot = *slot;
        *slot = found;
    }
    pthread_mutex_unlock(&partitions->mutex);
    return found;
}

/* A value of a log as a folder's name: anything unusual is written as %XX, nothing as "unknown". */
static void folder_name(struct buf *out, const char *text)
{
    if (!*text) {
        buf_adds(out, "unknown");
    }
    for (size_t i = 0; text[i] && i < 128; i++) {
        unsigned char c = (unsigned char)text[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     c == '-' || c == '_';
        if (plain) {
            buf_addc(out, (char)c);
        } else {
            buf_addf(out, "%%%02X", c);
        }
    }
}

char *partition_folder(const struct ingest_run *run, const struct partition *partition,
                       struct arena *arena)
{
    struct buf path;
    buf_init(&path, 4096);
    buf_addf(&path, "aws/%s/%d.0/region=", sources_table[partition->source].name, run->version);
    folder_name(&path, partition->region);
    buf_adds(&path, "/accountId=");
    folder_name(&path, partition->account);
    char *text = buf_to_arena(&path, arena);
    buf_release(&path);
    return text;
}
