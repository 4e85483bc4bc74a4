#include "lake/glue_sort.h"

#include "aws/reply.h"
#include "lake/columns.h"

#include <string.h>
#include <strings.h>

#define ENOUGH 80 /* of a hundred columns of a version, in a table of that version */

static const char *const column_lists[] = {"StorageDescriptor.Columns", "PartitionKeys"};

static bool has_column(const json_t *table, const char *name)
{
    for (size_t i = 0; i < COUNT(column_lists); i++)
        for (size_t j = 0; j < reply_count(table, column_lists[i]); j++)
            if (strcasecmp(reply_text(reply_item(table, column_lists[i], j), "Name"), name) == 0)
                return true;
    return false;
}

static bool has_all(const json_t *table, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!has_column(table, names[i]))
            return false;
    return true;
}

/* .../aws/CLOUD_TRAIL_MGMT/2.0/..., as Security Lake lays out its bucket. */
static bool by_place(const json_t *table, const struct source **source,
                     enum remote_version *version)
{
    static const enum remote_version versions[] = {REMOTE_1, REMOTE_2};
    const char *at = strstr(reply_text(table, "StorageDescriptor.Location"), "/aws/");
    for (size_t i = 0; at && i < sources_count; i++) {
        size_t size = strlen(sources_table[i].name);
        if (strncmp(at + 5, sources_table[i].name, size) != 0 || at[5 + size] != '/')
            continue;
        for (size_t j = 0; j < COUNT(versions); j++) {
            const char *name = remote_version_name(versions[j]);
            if (strncmp(at + 6 + size, name, strlen(name)) == 0) {
                *source = &sources_table[i];
                *version = versions[j];
                return true;
            }
        }
    }
    return false;
}

/* Per cent of a version's columns that the table has. */
static size_t likeness(const json_t *table, const struct source *source, int version)
{
    size_t count, found = 0;
    const struct lake_column *columns = lake_columns(source, version, &count);
    for (size_t i = 0; i < count; i++)
        found += has_column(table, columns[i].name);
    return count ? found * 100 / count : 0;
}

static bool by_columns(const json_t *table, const struct source **source,
                       enum remote_version *version)
{
    static const char *const trail[] = {"useridentity", "eventname", "eventsource",
                                        "requestparameters"};
    static const char *const ocsf[] = {"metadata", "class_uid", "time"};
    if (has_all(table, trail, COUNT(trail))) {
        *source = source_find("cloudtrail");
        *version = REMOTE_RAW;
        return true;
    }
    if (!has_all(table, ocsf, COUNT(ocsf)))
        return false;
    size_t best = ENOUGH - 1;
    *version = has_column(table, "time_dt") ? REMOTE_2 : REMOTE_1;
    for (size_t i = 0; i < sources_count; i++) {
        size_t like = likeness(table, &sources_table[i], (int)*version);
        if (like > best) {
            best = like;
            *source = &sources_table[i];
        }
    }
    return best >= ENOUGH;
}

bool glue_sort(const json_t *table, const struct source **source, enum remote_version *version)
{
    const char *target = reply_text(table, "TargetTable.Name");
    return remote_by_name(*target ? target : reply_text(table, "Name"), source, version) ||
           by_place(table, source, version) || by_columns(table, source, version);
}
