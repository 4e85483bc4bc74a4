/* %lake status: what Security Lake's own API says, one table a call; a call that is refused is a
 * row that says so. */
#include "magics/connect.h"
#include "magics/lake_aws.h"

#include "aws/gather.h"
#include "aws/reply.h"
#include "base/buf.h"
#include "base/time.h"

#include <string.h>

#define REGIONS_MOST 40
#define PAGES 20
#define TEXT_MOST 4096

struct status {
    struct magic_call *call;
    struct arena *arena;
    const char *regions[REGIONS_MOST]; /* with a data lake */
    size_t region_count;
};

/* ---- words --------------------------------------------------------------------------------------
 */

static const char *words(struct arena *arena, struct buf *text)
{
    const char *made = text->size ? buf_to_arena(text, arena) : NULL;
    buf_release(text);
    return made;
}

static const char *retention(struct arena *arena, const json_t *lake)
{
    int64_t days = reply_int(lake, "lifecycleConfiguration.expiration.days", 0);
    return days ? arena_printf(arena, "%lld days", (long long)days) : "for ever";
}

static const char *transitions(struct arena *arena, const json_t *lake)
{
    static const char path[] = "lifecycleConfiguration.transitions";
    struct buf text;
    buf_init(&text, TEXT_MOST);
    for (size_t i = 0; i < reply_count(lake, path); i++)
        buf_addf(&text, "%safter %lld days %s", text.size ? ", " : "",
                 (long long)reply_int(reply_item(lake, path, i), "days", 0),
                 reply_text(reply_item(lake, path, i), "storageClass"));
    return words(arena, &text);
}

static const char *replication(struct arena *arena, const json_t *lake)
{
    static const char path[] = "replicationConfiguration.regions";
    struct buf text;
    buf_init(&text, TEXT_MOST);
    for (size_t i = 0; i < reply_count(lake, path); i++)
        buf_addf(&text, "%s%s", text.size ? ", " : "",
                 json_string_value(reply_item(lake, path, i)));
    return words(arena, &text);
}

static const char *encryption(const json_t *lake)
{
    const char *key = reply_text(lake, "encryptionConfiguration.kmsKeyId");
    return strcmp(key, "S3_MANAGED_KEY") == 0 ? "S3's own key" : key;
}

static const char *last_update(struct arena *arena, const json_t *lake)
{
    const char *reason = reply_text(lake, "updateStatus.exception.reason");
    return *reason ? arena_printf(arena, "%s: %s", reply_text(lake, "updateStatus.status"), reason)
                   : reply_text(lake, "updateStatus.status");
}

/* "CLOUD_TRAIL_MGMT 2.0", of AWS's or a custom source; also of {"sourceName", "sourceVersion"}. */
static const char *source_words(struct arena *arena, const json_t *source)
{
    static const char *const kinds[] = {"awsLogSource", "customLogSource"};
    for (size_t i = 0; i < COUNT(kinds); i++)
        source = reply_at(source, kinds[i]) ? reply_at(source, kinds[i]) : source;
    return arena_printf(arena, "%s %s", reply_text(source, "sourceName"),
                        reply_text(source, "sourceVersion"));
}

static const char *sources_words(struct arena *arena, const json_t *item)
{
    struct buf text;
    buf_init(&text, TEXT_MOST);
    for (size_t i = 0; i < reply_count(item, "sources"); i++)
        buf_addf(&text, "%s%s", text.size ? ", " : "",
                 source_words(arena, reply_item(item, "sources", i)));
    return words(arena, &text);
}

static const char *access_words(struct arena *arena, const json_t *subscriber)
{
    struct buf text;
    buf_init(&text, TEXT_MOST);
    for (size_t i = 0; i < reply_count(subscriber, "accessTypes"); i++)
        buf_addf(&text, "%s%s", text.size ? ", " : "",
                 json_string_value(reply_item(subscriber, "accessTypes", i)));
    return words(arena, &text);
}

/* ---- one row a thing ----------------------------------------------------------------------------
 */

static void put_texts(struct table *table, const char *const *values, size_t count)
{
    table_add_row(table);
    for (size_t i = 0; i < count; i++)
        table_put_string(table, i, values[i] && *values[i] ? values[i] : NULL);
}

static void add_lake(struct status *status, struct table *table, const json_t *lake)
{
    const char *region = reply_text(lake, "region"), *bucket = reply_text(lake, "s3BucketArn");
    const char *name = strrchr(bucket, ':');
    const char *const values[] = {region,
                                  reply_text(lake, "createStatus"),
                                  last_update(status->arena, lake),
                                  encryption(lake),
                                  retention(status->arena, lake),
                                  transitions(status->arena, lake),
                                  replication(status->arena, lake),
                                  name ? name + 1 : bucket};
    put_texts(table, values, COUNT(values));
    if (status->region_count < REGIONS_MOST)
        status->regions[status->region_count++] = arena_strdup(status->arena, region);
}

static void add_source(struct status *status, struct table *table, const json_t *item)
{
    for (size_t i = 0; i < reply_count(item, "sources"); i++) {
        const char *const values[] = {reply_text(item, "region"), reply_text(item, "account"),
                                      source_words(status->arena, reply_item(item, "sources", i))};
        put_texts(table, values, COUNT(values));
    }
}

/* Several regions may tell of the same one. */
static bool is_shown(const struct table *table, const char *id)
{
    for (int64_t row = 0; row < table->rows; row++)
        if (strcmp(table_text(table, row, "id"), id) == 0)
            return true;
    return false;
}

static void add_subscriber(struct status *status, struct table *table, const json_t *item)
{
    const char *const values[] = {
        reply_text(item, "subscriberName"), reply_text(item, "subscriberStatus"),
        access_words(status->arena, item),  reply_text(item, "subscriberIdentity.principal"),
        sources_words(status->arena, item), reply_text(item, "resourceShareName"),
        reply_text(item, "subscriberId")};
    if (!is_shown(table, reply_text(item, "subscriberId")))
        put_texts(table, values, COUNT(values));
}

static void add_exception(struct status *status, struct table *table, const json_t *item)
{
    const char *const values[] = {NULL, reply_text(item, "region"), reply_text(item, "exception"),
                                  reply_text(item, "remediation")};
    (void)status;
    put_texts(table, values, COUNT(values));
    if (reply_time(item, "timestamp"))
        table_put_int(table, 0, reply_time(item, "timestamp"));
}

static void add_automatic(struct status *status, struct table *table, const json_t *item)
{
    const char *const values[] = {reply_text(item, "region"), sources_words(status->arena, item)};
    put_texts(table, values, COUNT(values));
}

/* ---- one table a call ---------------------------------------------------------------------------
 */

static const struct column lake_columns[] = {
    {.name = "region", .type = TYPE_TEXT},      {.name = "status", .type = TYPE_TEXT},
    {.name = "last_update", .type = TYPE_TEXT}, {.name = "encryption", .type = TYPE_TEXT},
    {.name = "kept", .type = TYPE_TEXT},        {.name = "moved", .type = TYPE_TEXT},
    {.name = "copied_to", .type = TYPE_TEXT},   {.name = "bucket", .type = TYPE_TEXT}};
static const struct column source_columns[] = {{.name = "region", .type = TYPE_TEXT},
                                               {.name = "account", .type = TYPE_TEXT},
                                               {.name = "source", .type = TYPE_TEXT}};
static const struct column subscriber_columns[] = {
    {.name = "subscriber", .type = TYPE_TEXT}, {.name = "status", .type = TYPE_TEXT},
    {.name = "access", .type = TYPE_TEXT},     {.name = "account", .type = TYPE_TEXT},
    {.name = "sources", .type = TYPE_TEXT},    {.name = "share", .type = TYPE_TEXT},
    {.name = "id", .type = TYPE_TEXT}};
static const struct column exception_columns[] = {{.name = "time", .type = TYPE_TIME},
                                                  {.name = "region", .type = TYPE_TEXT},
                                                  {.name = "exception", .type = TYPE_TEXT},
                                                  {.name = "what_to_do", .type = TYPE_TEXT}};
static const struct column automatic_columns[] = {{.name = "region", .type = TYPE_TEXT},
                                                  {.name = "sources", .type = TYPE_TEXT}};

static const struct part {
    const char *op, *list, *title;
    const struct column *columns;
    size_t column_count;
    void (*add)(struct status *status, struct table *table, const json_t *item);
    bool each_region; /* asked in each region with a data lake: the answer is only that region's */
    bool in_regions;  /* takes the regions as a parameter */
} parts[] = {
    {"securitylake:ListDataLakes", "dataLakes", "Security Lake", lake_columns, COUNT(lake_columns),
     add_lake, false, true},
    {"securitylake:ListLogSources", "sources", "Sources", source_columns, COUNT(source_columns),
     add_source, false, true},
    {"securitylake:ListSubscribers", "subscribers", "Subscribers", subscriber_columns,
     COUNT(subscriber_columns), add_subscriber, true, false},
    {"securitylake:ListDataLakeExceptions", "exceptions", "Exceptions", exception_columns,
     COUNT(exception_columns), add_exception, false, true},
    {"securitylake:GetDataLakeOrganizationConfiguration", "autoEnableNewAccount",
     "New accounts of the organization", automatic_columns, COUNT(automatic_columns), add_automatic,
     false, false},
};

static json_t *params_of(struct status *status, const struct part *part,
                         const struct lake_place *place)
{
    if (!part->in_regions || !place->region)
        return NULL;
    return json_own(status->arena, json_pack("{s:[s]}", "regions", place->region));
}

/* The words of a refusal, in the column behind the first, which says "not visible". */
static void add_hidden(struct table *table, const struct aws_gathering *from, const char *region)
{
    struct buf text;
    buf_init(&text, TEXT_MOST);
    if (region)
        buf_addf(&text, "%s: ", region);
    buf_adds(&text, from->error.message);
    if (*from->error.hint)
        buf_addf(&text, ". %s", from->error.hint);
    table_add_row(table);
    table_put_string(table, 0, "not visible");
    table_put_text(table, 1, text.data, text.size);
    buf_release(&text);
}

/* Its own table, since a column of times cannot say why. */
static struct table *hidden_table(struct arena *arena)
{
    static const struct column columns[] = {{.name = "state", .type = TYPE_TEXT},
                                            {.name = "reason", .type = TYPE_TEXT}};
    return table_new(arena, columns, COUNT(columns));
}

static void show(struct status *status, const struct part *part, const struct table *table)
{
    struct caption caption = {.title = part->title, .source = part->op, .total_rows = table->rows};
    outputs_result(status->call->outputs, render_table(status->arena, table, &caption));
}

static void show_part(struct status *status, const struct part *part,
                      const struct aws_gathering *answers, size_t count)
{
    struct table *table = table_new(status->arena, part->columns, part->column_count);
    struct table *hidden = hidden_table(status->arena);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < json_array_size(answers[i].replies); j++) {
            const json_t *reply = json_array_get(answers[i].replies, j);
            for (size_t k = 0; k < reply_count(reply, part->list); k++)
                part->add(status, table, reply_item(reply, part->list, k));
        }
        if (!answers[i].ok)
            add_hidden(hidden, &answers[i], answers[i].region);
    }
    if (table->rows || !hidden->rows)
        show(status, part, table);
    if (hidden->rows)
        show(status, part, hidden);
}

/* The first part alone, since it names the regions; then all others side by side. */
bool lake_status(struct magic_call *call, const struct lake_place *place, struct error *err)
{
    struct status status = {.call = call, .arena = call->arena};
    struct aws *aws = connect_aws(call);
    struct aws_gathering *answers =
        arena_alloc(call->arena, (COUNT(parts) + REGIONS_MOST) * sizeof *answers);
    size_t begins[COUNT(parts) + 1] = {0}, used = 0;
    for (size_t i = 0; i < COUNT(parts); i++) {
        bool each = parts[i].each_region && status.region_count;
        for (size_t j = 0; j < (each ? status.region_count : 1); j++)
            answers[used++] =
                (struct aws_gathering){.op = parts[i].op,
                                       .params = params_of(&status, &parts[i], place),
                                       .region = each ? status.regions[j] : place->region,
                                       .pages = PAGES};
        begins[i + 1] = used;
        if (i == 0 && !aws_gather(aws, answers, used, call->cancel, call->arena, err))
            return false;
        if (i == 0)
            show_part(&status, &parts[0], answers, used);
    }
    if (!aws_gather(aws, answers + 1, used - 1, call->cancel, call->arena, err))
        return false;
    for (size_t i = 1; i < COUNT(parts); i++)
        show_part(&status, &parts[i], answers + begins[i], begins[i + 1] - begins[i]);
    return true;
}
