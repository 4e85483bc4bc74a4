#include "example/example_state.h"

#include "base/file.h"
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64: small, and the same everywhere. */
uint64_t chance(struct example *example)
{
    uint64_t z = example->random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

uint64_t chance_below(struct example *example, uint64_t limit)
{
    return chance(example) % limit;
}

static void chance_letters(struct example *example, const char *alphabet, size_t count, char *out)
{
    size_t letters = strlen(alphabet);
    for (size_t i = 0; i < count; i++)
        out[i] = alphabet[chance_below(example, letters)];
    out[count] = '\0';
}

void chance_capitals(struct example *example, const char *prefix, size_t count, char *out)
{
    size_t size = strlen(prefix);
    memcpy(out, prefix, size);
    chance_letters(example, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", count, out + size);
}

void chance_hex(struct example *example, const char *prefix, size_t count, char *out)
{
    size_t size = strlen(prefix);
    memcpy(out, prefix, size);
    chance_letters(example, "0123456789abcdef", count, out + size);
}

void chance_uuid(struct example *example, char out[static 40])
{
    uint64_t high = chance(example), low = chance(example);
    (void)snprintf(out, 40, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(high >> 32),
                   (unsigned)(high >> 16 & 0xFFFF), (unsigned)(high & 0xFFF),
                   (unsigned)((low >> 48 & 0x3FFF) | 0x8000),
                   (unsigned long long)(low & 0xFFFFFFFFFFFFULL));
}

void chance_address(struct example *example, const char *prefix, char out[static 40])
{
    (void)snprintf(out, 40, "%s%u", prefix, (unsigned)(1 + chance_below(example, 254)));
}

/* ---- truth ---- */

static json_t *find_member(struct example *example, const char *kind, const char *id)
{
    for (size_t i = 0; i < json_array_size(example->members); i++) {
        json_t *member = json_array_get(example->members, i);
        if (strcmp(json_get_string(member, "kind", ""), kind) == 0 &&
            strcmp(json_get_string(member, "id", ""), id) == 0)
            return member;
    }
    return NULL;
}

static json_t *time_text(int64_t time)
{
    char text[TIME_TEXT_SIZE];
    (void)time_iso(time, text);
    return json_texts(text);
}

void truth_made(struct example *example, const char *kind, const char *id, const char *parent,
                const struct event *event)
{
    if (find_member(example, kind, id))
        return;
    json_t *member = json_object();
    json_object_set_new(member, "kind", json_texts(kind));
    json_object_set_new(member, "id", json_texts(id));
    json_object_set_new(member, "parent", parent ? json_texts(parent) : json_null());
    json_object_set_new(member, "made_event", event ? json_texts(event->id) : json_null());
    json_object_set_new(member, "made_at", event ? time_text(event->time) : json_null());
    json_object_set_new(member, "deleted_by", json_null());
    json_object_set_new(member, "deleted_event", json_null());
    json_object_set_new(member, "deleted_at", json_null());
    json_array_append_new(example->members, member);
}

void truth_deleted(struct example *example, const char *kind, const char *id,
                   const struct event *event)
{
    json_t *member = find_member(example, kind, id);
    if (!member)
        return;
    json_object_set_new(member, "deleted_by", json_texts(event->caller.key));
    json_object_set_new(member, "deleted_event", json_texts(event->id));
    json_object_set_new(member, "deleted_at", time_text(event->time));
}

static void count_members(struct example *example)
{
    for (size_t i = 0; i < json_array_size(example->members); i++) {
        json_t *member = json_array_get(example->members, i);
        const char *kind = json_get_string(member, "kind", "");
        if (!strstr(kind, "session") && strcmp(kind, "access key") != 0)
            continue;
        const json_t *count = json_object_get(example->counts, json_get_string(member, "id", ""));
        json_object_set_new(member, "calls", json_integer(json_get_int(count, "calls", 0)));
        json_object_set_new(member, "failed", json_integer(json_get_int(count, "failed", 0)));
    }
}

static bool truth_write(struct example *example, struct error *err)
{
    count_members(example);
    json_object_set(example->truth, "members", example->members);
    char *text = json_dumps(example->truth, JSON_INDENT(2) | JSON_SORT_KEYS);
    bool ok = file_replace(file_join(example->arena, example->request->folder, "truth.json"), text,
                           strlen(text), 0644, err);
    free(text);
    return ok;
}

static bool check(const struct example_request *request, struct arena *arena, struct error *err)
{
    if (strcmp(request->name, "sec318") != 0) {
        (void)error_set(err, ERROR_USAGE, "no example \"%s\"", request->name);
        return error_hint(err, "There is one: sec318.");
    }
    if (request->scale < 0 || request->scale > EXAMPLE_SCALE_LIMIT)
        return error_set(err, ERROR_USAGE, "the scale must lie between 1 and %d",
                         EXAMPLE_SCALE_LIMIT);
    if (file_exists(file_join(arena, request->folder, "truth.json")) ||
        file_exists(file_join(arena, request->folder, "AWSLogs"))) {
        (void)error_set(err, ERROR_USAGE, "%s already holds logs", request->folder);
        return error_hint(err, "Choose a new folder, or remove that one.");
    }
    return file_make_folder(request->folder, 0755, err);
}

static bool write_all(struct example *example, struct error *err)
{
    company_make(example);
    story_write(example);
    if (!noise_write(example, err))
        return false;
    network_noise(example);
    if (example->broken)
        return error_set(err, ERROR_LIMIT, "the example is larger than its limits");
    return example_files(example, err) && truth_write(example, err);
}

bool example_write(const struct example_request *request, struct example_report *report,
                   struct error *err)
{
    *report = (struct example_report){0};
    struct arena *arena = arena_new();
    if (!check(request, arena, err)) {
        arena_free(arena);
        return false;
    }
    struct example *example = xcalloc(1, sizeof *example);
    example->request = request;
    example->report = report;
    example->arena = arena;
    example->random = (request->seed ? request->seed : 1) * UINT64_C(0xD1342543DE82EF95);
    example->members = json_array();
    example->counts = json_object();
    example->truth = json_object();
    for (size_t i = 0; i < EXAMPLE_SLOTS; i++)
        buf_init(&example->slots[i], (size_t)1024 * 1024 * 1024);
    buf_init(&example->flows, (size_t)1024 * 1024 * 1024);
    buf_init(&example->queries, (size_t)1024 * 1024 * 1024);
    bool ok = write_all(example, err);
    for (size_t i = 0; i < EXAMPLE_SLOTS; i++)
        buf_release(&example->slots[i]);
    buf_release(&example->flows);
    buf_release(&example->queries);
    json_decref(example->members);
    json_decref(example->counts);
    json_decref(example->truth);
    arena_free(arena);
    free(example);
    return ok;
}
