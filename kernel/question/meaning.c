#include "question/meaning.h"

#include "base/text.h"

#include <string.h>

/* Which views have a field. */
enum { CALLS = 1, FLOWS = 2, NAMES = 4, FINDINGS = 8, ALL = 15 };

static const struct {
    const char *view;
    unsigned bit;
} views[] = {{"cloudtrail", CALLS}, {"s3_data", CALLS}, {"lambda_execution", CALLS},
             {"vpc_flow", FLOWS},   {"route53", NAMES}, {"findings", FINDINGS}};

#define MILLIS "CAST(from_unixtime(\"time\" / 1e3) AT TIME ZONE 'UTC' AS timestamp(3))"
#define RAW_IP "CAST(TRY_CAST(sourceipaddress AS ipaddress) AS varchar)"
#define FLAT_BEGIN "nullif(json_format(CAST(map_filter(unmapped, (k, v) -> starts_with(k, '"
#define FLAT_END ".')) AS JSON)), '{}')"

/* One row a meaning: version 2's column, which the embedded engine has for every table, and what
 * differs elsewhere. NULL: as version 2, or for raw tables unknown. Lists are joined to texts. */
static const struct field {
    unsigned views;
    const char *word;
    const char *second; /* version 2 */
    const char *first, *unified, *raw;
} fields[] = {
    {ALL, "time", "time_dt", MILLIS, NULL,
     "CAST(from_iso8601_timestamp(eventtime) AT TIME ZONE 'UTC' AS timestamp(3))"},
    {ALL, "account", "accountid", NULL, "cloud.account.uid", "recipientaccountid"},
    {ALL, "region", "region", NULL, "cloud.region", "awsregion"},
    {CALLS, "event", "metadata.uid", NULL, NULL, "eventid"},
    {CALLS, "service", "api.service.\"name\"", NULL, NULL, "eventsource"},
    {CALLS, "operation", "api.operation", NULL, NULL, "eventname"},
    {CALLS, "outcome", "status", NULL, NULL,
     "CASE WHEN errorcode IS NULL THEN 'Success' ELSE 'Failure' END"},
    {CALLS, "error", "api.response.\"error\"", NULL, NULL, "errorcode"},
    {CALLS, "message", "api.response.message", NULL, NULL, "errormessage"},
    {CALLS, "who", "actor.\"user\".uid", "actor.\"user\".uuid", NULL, "useridentity.arn"},
    {CALLS, "principal", "actor.\"user\".uid_alt", "actor.\"user\".uid", NULL,
     "useridentity.principalid"},
    {CALLS, "user", "actor.\"user\".\"name\"", NULL, NULL, "useridentity.username"},
    {CALLS, "user_type", "actor.\"user\".\"type\"", NULL, NULL, "useridentity.type"},
    {CALLS, "caller_account", "actor.\"user\".account.uid", "actor.\"user\".account_uid", NULL,
     "useridentity.accountid"},
    {CALLS, "key", "actor.\"user\".credential_uid", NULL, NULL, "useridentity.accesskeyid"},
    {CALLS, "issuer", "actor.\"session\".issuer", NULL, NULL,
     "useridentity.sessioncontext.sessionissuer.arn"},
    {CALLS, "invoked_by", "actor.invoked_by", NULL, NULL, "useridentity.invokedby"},
    {CALLS, "address", "src_endpoint.ip", NULL, NULL, RAW_IP},
    {CALLS, "domain", "src_endpoint.\"domain\"", NULL, NULL,
     "CASE WHEN " RAW_IP " IS NULL THEN sourceipaddress END"},
    {CALLS, "agent", "http_request.user_agent", NULL, NULL, "useragent"},
    {CALLS, "request", "api.request.\"data\"", FLAT_BEGIN "requestParameters" FLAT_END, NULL,
     "requestparameters"},
    {CALLS, "response", "api.response.\"data\"", FLAT_BEGIN "responseElements" FLAT_END, NULL,
     "responseelements"},
    {CALLS, "mfa", "is_mfa", "mfa", NULL,
     "(useridentity.sessioncontext.attributes.mfaauthenticated = 'true')"},
    {CALLS, "unmapped", "unmapped", NULL, NULL,
     "TRY(transform_keys(CAST(json_parse(additionaleventdata) AS map(varchar, varchar)), (k, v) -> "
     "'additionalEventData.' || k))"},
    {FLOWS, "from_address", "src_endpoint.ip", NULL, NULL, NULL},
    {FLOWS, "to_address", "dst_endpoint.ip", NULL, NULL, NULL},
    {FLOWS, "to_port", "dst_endpoint.port", NULL, NULL, NULL},
    {FLOWS, "from_instance", "src_endpoint.instance_uid", NULL, NULL, NULL},
    {FLOWS, "to_instance", "dst_endpoint.instance_uid", NULL, NULL, NULL},
    {FLOWS, "from_interface", "src_endpoint.interface_uid", NULL, NULL, NULL},
    {FLOWS, "to_interface", "dst_endpoint.interface_uid", NULL, NULL, NULL},
    {FLOWS, "direction", "connection_info.direction", NULL, NULL, NULL},
    {FLOWS, "action", "action",
     "CASE lower(disposition) WHEN 'blocked' THEN 'Denied' WHEN 'allowed' THEN 'Allowed' END", NULL,
     NULL},
    {FLOWS, "bytes", "traffic.bytes", NULL, NULL, NULL},
    {FLOWS, "packets", "traffic.packets", NULL, NULL, NULL},
    {NAMES, "hostname", "query.hostname", NULL, NULL, NULL},
    {NAMES, "query_type", "query.\"type\"", NULL, NULL, NULL},
    {NAMES, "rcode", "rcode", NULL, NULL, NULL},
    {NAMES, "asking_instance", "src_endpoint.instance_uid", NULL, NULL, NULL},
    {NAMES, "asking_address", "src_endpoint.ip", NULL, NULL, NULL},
    {NAMES, "answers", "member_texts(answers, rdata)", NULL, NULL, NULL},
    {FINDINGS, "severity", "severity", NULL, NULL, NULL},
    {FINDINGS, "title", "finding_info.title", "finding.title", NULL, NULL},
    {FINDINGS, "product", "metadata.product.\"name\"", NULL, NULL, NULL},
    {FINDINGS, "resource_ids", "member_texts(resources, uid)", NULL, NULL, NULL},
    {FINDINGS, "finding_status", "status", "state", NULL, NULL},
    {FINDINGS, "finding_id", "finding_info.uid", "finding.uid", NULL, NULL},
};

/* Words made of words. */
static const struct {
    const char *word, *words;
} derived[] = {
    {"status", "CASE WHEN {error} IS NOT NULL THEN 'Failure' ELSE {outcome} END"},
    {"ok", "({error} IS NULL)"},
    {"failed", "({error} IS NOT NULL OR {outcome} = 'Failure')"},
    {"denied", "({error} IN ('AccessDenied', 'AccessDeniedException', "
               "'Client.UnauthorizedOperation', 'UnauthorizedOperation', "
               "'Client.InvalidPermission.NotFound', 'Client.OperationNotPermitted', "
               "'UnauthorizedAccess', 'AuthorizationError') OR contains({error}, 'AccessDenied') "
               "OR contains({error}, 'Unauthorized'))"},
    {"reads", "(starts_with({operation}, 'Get') OR starts_with({operation}, 'List') OR "
              "starts_with({operation}, 'Describe') OR starts_with({operation}, 'Head') OR "
              "starts_with({operation}, 'Lookup') OR starts_with({operation}, 'BatchGet') OR "
              "starts_with({operation}, 'Search') OR starts_with({operation}, 'Simulate') OR "
              "starts_with({operation}, 'Validate') OR starts_with({operation}, "
              "'GenerateDataKey') OR {operation} IN ('Decrypt', 'Encrypt', 'Verify', 'Query', "
              "'Scan', 'GenerateCredentialReport', 'GenerateServiceLastAccessedDetails', "
              "'CheckMfa'))"},
    {"source", "coalesce({address}, {domain})"},
};

static bool is_word(const char *name, const char *word, size_t size)
{
    return strlen(name) == size && memcmp(name, word, size) == 0;
}

const char *meaning_derived(const char *word, size_t size)
{
    for (size_t i = 0; i < COUNT(derived); i++)
        if (is_word(derived[i].word, word, size))
            return derived[i].words;
    return NULL;
}

static bool write_field(enum dialect dialect, const char *word, size_t size, struct buf *out)
{
    for (size_t i = 0; i < COUNT(fields); i++) {
        if (!is_word(fields[i].word, word, size))
            continue;
        if (dialect == DIALECT_LOCAL)
            buf_adds(out, fields[i].second);
        else
            text_sql_name(out, word, size);
        return true;
    }
    return false;
}

/* ---- members of JSON ----------------------------------------------------------------------------
 */

struct path {
    const char *column; /* the word before the colon */
    size_t column_size;
    const char *path; /* "$.a.b" */
    size_t size;
};

static bool cut_path(const char *word, size_t size, struct path *out)
{
    const char *colon = memchr(word, ':', size);
    if (!colon)
        return false;
    *out =
        (struct path){word, (size_t)(colon - word), colon + 1, (size_t)(word + size - colon - 1)};
    return true;
}

/* Data that a foreign lake cut short is no JSON: such a row has no member, and the question goes
   on. (TRY() would say the same, but DuckDB 1.5 fails to bind it below a GROUP BY with a subquery.)
 */
static bool write_local_path(const struct path *path, struct buf *out)
{
    buf_adds(out, "CASE WHEN json_valid(");
    if (!write_field(DIALECT_LOCAL, path->column, path->column_size, out))
        return false;
    buf_adds(out, ") THEN json_extract_string(");
    (void)write_field(DIALECT_LOCAL, path->column, path->column_size, out);
    buf_adds(out, ", ");
    text_sql_string(out, path->path, path->size);
    buf_adds(out, ") END");
    return true;
}

/* Version 1 has the members flattened: {"requestParameters.a.b": "x"}. */
static void write_flat_path(const struct path *path, struct buf *out)
{
    bool request = is_word("request", path->column, path->column_size);
    buf_adds(out, "json_extract_scalar(");
    (void)write_field(DIALECT_TRINO, path->column, path->column_size, out);
    buf_addf(out, ", '$[\"%s.%.*s\"]')", request ? "requestParameters" : "responseElements",
             (int)(path->size - 2), path->path + 2);
}

/* A member that is no scalar is its JSON, as the embedded engine has it. */
static bool write_trino_path(const struct path *path, struct buf *out)
{
    static const char *const calls[] = {"coalesce(json_extract_scalar(",
                                        "nullif(json_format(json_extract("};
    for (size_t i = 0; i < COUNT(calls); i++) {
        buf_adds(out, calls[i]);
        if (!write_field(DIALECT_TRINO, path->column, path->column_size, out))
            return false;
        buf_adds(out, ", ");
        text_sql_string(out, path->path, path->size);
        buf_adds(out, i ? ")), 'null'), " : "), ");
    }
    write_flat_path(path, out);
    buf_addc(out, ')');
    return true;
}

/* The members of a list as rows: "response:$.items[*].id". */
static bool write_each(enum dialect dialect, const struct path *path, struct buf *out)
{
    const char *star = strstr(path->path, "[*].");
    if (!star || star >= path->path + path->size)
        return false;
    buf_adds(out, "UNNEST(");
    if (dialect == DIALECT_LOCAL) {
        bool known = write_local_path(path, out);
        buf_addc(out, ')');
        return known;
    }
    buf_adds(out, "transform(TRY_CAST(json_extract(");
    if (!write_field(dialect, path->column, path->column_size, out))
        return false;
    buf_adds(out, ", ");
    text_sql_string(out, path->path, (size_t)(star - path->path));
    buf_adds(out, ") AS array(json)), i -> json_extract_scalar(i, '$.");
    buf_add(out, star + 4, (size_t)(path->path + path->size - star - 4));
    buf_adds(out, "')))");
    return true;
}

static bool write_unmapped(enum dialect dialect, const struct path *path, struct buf *out)
{
    buf_adds(out, dialect == DIALECT_LOCAL ? "unmapped[" : "element_at(\"unmapped\", ");
    text_sql_string(out, path->path, path->size);
    buf_addc(out, dialect == DIALECT_LOCAL ? ']' : ')');
    return true;
}

bool meaning_write(enum dialect dialect, const char *word, size_t size, struct buf *out)
{
    static const char each[] = "each:";
    struct path path;
    if (write_field(dialect, word, size, out))
        return true;
    if (size > sizeof each && memcmp(word, each, sizeof each - 1) == 0)
        return cut_path(word + sizeof each - 1, size - (sizeof each - 1), &path) &&
               write_each(dialect, &path, out);
    if (!cut_path(word, size, &path))
        return false;
    if (is_word("unmapped", path.column, path.column_size))
        return write_unmapped(dialect, &path, out);
    return dialect == DIALECT_LOCAL ? write_local_path(&path, out) : write_trino_path(&path, out);
}

/* ---- views of another engine --------------------------------------------------------------------
 */

static const char *expression(const struct field *field, enum remote_version version)
{
    const char *const own[REMOTE_VERSIONS] = {[REMOTE_1] = field->first,
                                              [REMOTE_UNIFIED] = field->unified,
                                              [REMOTE_RAW] = field->raw ? field->raw : "NULL"};
    return own[version] ? own[version] : field->second;
}

void meaning_project(const char *view, enum remote_version version, struct buf *out)
{
    unsigned bit = 0;
    for (size_t i = 0; i < COUNT(views); i++)
        if (strcmp(views[i].view, view) == 0)
            bit = views[i].bit;
    bool any = false;
    for (size_t i = 0; i < COUNT(fields); i++) {
        if (!(fields[i].views & bit))
            continue;
        buf_addf(out, "%s%s AS \"%s\"", any ? ", " : "", expression(&fields[i], version),
                 fields[i].word);
        any = true;
    }
}
