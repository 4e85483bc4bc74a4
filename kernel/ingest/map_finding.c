/* map_finding - a finding in Security Hub's format (ASFF) becomes a row; its lists and objects are
 * mapped in SQL. */
#include "ingest/map_flow.h"

#include <string.h>

/* Paths that columns hold; what ends in * stands for all below. */
static const char *const taken[] = {
    "SchemaVersion",
    "Id",
    "ProductArn",
    "ProductName",
    "Region",
    "GeneratorId",
    "AwsAccountId",
    "Types[]",
    "FirstObservedAt",
    "LastObservedAt",
    "CreatedAt",
    "UpdatedAt",
    "Severity.Label",
    "Title",
    "Description",
    "Remediation.*",
    "RelatedFindings[].*",
    "Process.*",
    "Resources[].*",
    "Compliance.Status",
    "Compliance.RelatedRequirements[]",
    "Compliance.StatusReasons[].Description",
    "Workflow.Status",
    "Malware[].Name",
    "Malware[].Type",
    "Malware[].Path",
    "Vulnerabilities[].Id",
    "Vulnerabilities[].ReferenceUrls[]",
    "Vulnerabilities[].RelatedVulnerabilities[]",
    "Vulnerabilities[].Vendor.Name",
    "Vulnerabilities[].Vendor.Url",
    "Vulnerabilities[].Vendor.VendorCreatedAt",
    "Vulnerabilities[].Vendor.VendorUpdatedAt",
    "Vulnerabilities[].VulnerablePackages[].*",
    "Confidence",
    "SourceUrl",
};

static bool is_taken(const struct writer_value *key)
{
    for (size_t i = 0; i < COUNT(taken); i++) {
        size_t size = strlen(taken[i]);
        bool all = taken[i][size - 1] == '*';
        size -= all;
        if ((all ? key->size > size : key->size == size) &&
            memcmp(key->text, taken[i], size) == 0) {
            return true;
        }
    }
    return false;
}

static void put_rest(struct mapping *mapping, const struct token *record)
{
    struct cursor cursor = {.at = record->text, .end = record->text + record->size};
    bool first = true;
    bool ok = cursor_open(&cursor, '{');
    while (ok && cursor_more(&cursor, '}', &first, &ok)) {
        struct token name;
        struct token value;
        ok = cursor_name(&cursor, &name) && cursor_value(&cursor, &value);
        if (ok) {
            flatten(mapping, name.text, name.size, &value);
        }
    }
    for (size_t i = 0; i < mapping->pairs.count; i++) {
        if (is_taken(&mapping->pairs.items[i].key)) {
            mapping->pairs.items[i].pieces = 0;
        }
    }
    flatten_put(mapping, FINDING_UNMAPPED);
}

/* Each resource's id is worth a look elsewhere. */
static void put_observables(struct mapping *mapping, const struct token *record)
{
    struct writer_value *items = slab_take(mapping->slab, 4 * 64 * sizeof *items);
    struct writer_value *at = items;
    struct token resources;
    if (token_at(record, "Resources", &resources) && resources.kind == TOKEN_ARRAY) {
        struct cursor cursor = {.at = resources.text, .end = resources.text + resources.size};
        bool first = true;
        bool ok = cursor_open(&cursor, '[');
        while (ok && at < items + 4 * 64 && cursor_more(&cursor, ']', &first, &ok)) {
            struct token resource;
            struct token id;
            ok = cursor_value(&cursor, &resource);
            if (ok && resource.kind == TOKEN_OBJECT && token_at(&resource, "Id", &id)) {
                struct writer_value text = map_text_of(mapping, &id);
                at = map_observable(at, "resources[].uid", &text, "Resource UID", 10);
            }
        }
    }
    map_put_items(mapping, FINDING_OBSERVABLES, items, (size_t)(at - items) / 4);
}

static struct writer_value text_at(struct mapping *mapping, const struct token *record,
                                   const char *path)
{
    struct token value;
    if (!token_at(record, path, &value)) {
        return (struct writer_value){.text = "", .size = 0};
    }
    return map_text_of(mapping, &value);
}

/* The same finding at another time of update is another row. */
static struct writer_value id_of(struct mapping *mapping, const struct token *record, int64_t time)
{
    struct writer_value id = text_at(mapping, record, "Id");
    buf_clear(&mapping->scratch);
    buf_add(&mapping->scratch, id.text, id.size);
    buf_addf(&mapping->scratch, "|%lld", (long long)(time / 1000));
    size_t size = mapping->scratch.size;
    return (struct writer_value){.text = slab_text(mapping->slab, mapping->scratch.data, size),
                                 .size = (uint32_t)size};
}

static bool is_finding(const struct token *record)
{
    static const char *const needed[] = {"Id", "ProductArn", "AwsAccountId"};
    for (size_t i = 0; i < COUNT(needed); i++) {
        struct token value;
        if (!token_at(record, needed[i], &value)) {
            return false;
        }
    }
    return true;
}

enum map_result map_finding(struct mapping *mapping, struct cursor *cursor, struct event *out)
{
    struct token record;
    if (!cursor_value(cursor, &record)) {
        return MAP_BROKEN;
    }
    if (!is_finding(&record)) {
        return MAP_OTHER;
    }
    map_begin(mapping);
    struct token time;
    if (!token_at(&record, "UpdatedAt", &time) && !token_at(&record, "CreatedAt", &time)) {
        mapping->problem = "no UpdatedAt";
        return MAP_REFUSED;
    }
    if (!map_time_of(&time, &out->time)) {
        mapping->problem = "UpdatedAt is not a time";
        return MAP_REFUSED;
    }
    map_put_number(mapping, FINDING_TIME, out->time);
    out->account = text_at(mapping, &record, "AwsAccountId");
    out->region = text_at(mapping, &record, "Region");
    out->id = id_of(mapping, &record, out->time);
    out->source = MAP_FINDINGS;
    map_put_text(mapping, FINDING_ACCOUNT, out->account.text, out->account.size);
    if (out->region.size) {
        map_put_text(mapping, FINDING_REGION, out->region.text, out->region.size);
    }
    struct writer_value text = map_json_of(mapping, &record);
    map_put_text(mapping, FINDING_TEXT, text.text, text.size);
    put_rest(mapping, &record);
    put_observables(mapping, &record);
    map_end(mapping, out);
    return MAP_ROW;
}
