/* Any bytes as a log file: the reader and the mappers end, and every row they make can be written
   as Parquet: valid UTF-8 everywhere, JSON text that a strict parser takes, no key twice in a map,
   times within the calendar. */
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "ingest/map_sql.h"
#include "ingest/map_trail.h"
#include "ingest/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void check_text(const struct writer_value *value)
{
    must(text_is_valid(value->text, value->size), "a text is not UTF-8");
}

static void check_json(const struct writer_value *value)
{
    json_error_t error;
    json_t *json = json_loadb(value->text, value->size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    /* Numbers that jansson cannot hold are JSON all the same; so is what it finds too deep. */
    must(json || strstr(error.text, "too big") || strstr(error.text, "overflow") ||
             strstr(error.text, "depth"),
         "a JSON column is not JSON");
    json_decref(json);
}

static void check_map(const struct writer_value *map)
{
    for (uint32_t i = 0; i < map->size; i++) {
        check_text(&map->items[2 * i]);
        check_text(&map->items[2 * i + 1]);
        for (uint32_t k = 0; map->size < 200 && k < i; k++)
            must(map->items[2 * i].size != map->items[2 * k].size ||
                     memcmp(map->items[2 * i].text, map->items[2 * k].text,
                            map->items[2 * i].size) != 0,
                 "a key stands twice in a map");
    }
}

static void check_row(const struct event *event)
{
    const struct map_shape *shape = &map_shapes[event->source];
    const struct writer_value *value = event->row.values;
    for (size_t i = 0; i < shape->column_count; i++) {
        if (!(event->row.present >> i & 1))
            continue;
        if (strcmp(shape->columns[i].type, "VARCHAR") == 0)
            check_text(value);
        else if (strcmp(shape->columns[i].type, "MAP(VARCHAR, VARCHAR)") == 0)
            check_map(value);
        bool trail = event->source <= MAP_LAMBDA;
        if (strcmp(shape->columns[i].type, "JSON") == 0 ||
            (trail && (i == TRAIL_REQUEST || i == TRAIL_RESPONSE)))
            check_json(value);
        value++;
    }
    must(event->time > -62135596800000001 && event->time < 253402300800000000,
         "a time outside the calendar");
    check_text(&event->region);
    check_text(&event->account);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    char path[64];
    snprintf(path, sizeof path, "/tmp/cofferdam-fuzz-ingest-%ld", (long)getpid());
    FILE *file = fopen(path, "wb");
    must(file && fwrite(data + 1, 1, size - 1, file) == size - 1 && fclose(file) == 0,
         "no room in /tmp");
    struct slab slab = {0};
    struct mapping mapping;
    struct reader reader;
    mapping_init(&mapping, &slab, data[0] & 1 ? 1 : 2);
    reader_init(&reader, &mapping);
    reader_open(&reader, path, (int64_t)size - 1);
    struct event event;
    bool more = true;
    while (more) {
        enum reader_found found = reader_next(&reader, &event);
        if (found == READER_ROW)
            check_row(&event);
        else if (found == READER_END)
            more = reader_next_part(&reader);
        else if (found == READER_PARQUET)
            reader.done = true;
    }
    reader_release(&reader);
    mapping_release(&mapping);
    slab_release(&slab);
    unlink(path);
    return 0;
}
