#include "question/meaning.h"

#include "base/text.h"

#include <string.h>

/* One row a meaning. Paths below {request} and {response} are JSON paths of the raw event. */
static const struct {
    const char *word;
    const char *local; /* DuckDB over version 2 (the short names always are) */
} fields[] = {
    {"time", "time_dt"},
    {"event", "metadata.uid"},
    {"account", "accountid"},
    {"region", "region"},
    {"service", "api.service.\"name\""},
    {"operation", "api.operation"},
    {"status", "CASE WHEN api.response.\"error\" IS NOT NULL THEN 'Failure' ELSE status END"},
    {"error", "api.response.\"error\""},
    {"message", "api.response.message"},
    {"ok", "(api.response.\"error\" IS NULL)"},
    {"failed", "(api.response.\"error\" IS NOT NULL OR status = 'Failure')"},
    {"denied", "(api.response.\"error\" IN ('AccessDenied', 'AccessDeniedException', "
               "'Client.UnauthorizedOperation', 'UnauthorizedOperation', "
               "'Client.InvalidPermission.NotFound', 'Client.OperationNotPermitted', "
               "'UnauthorizedAccess', 'AuthorizationError') OR "
               "contains(api.response.\"error\", 'AccessDenied') OR "
               "contains(api.response.\"error\", 'Unauthorized'))"},
    {"reads", "(starts_with(api.operation, 'Get') OR starts_with(api.operation, 'List') OR "
              "starts_with(api.operation, 'Describe') OR "
              "starts_with(api.operation, 'Head') OR starts_with(api.operation, 'Lookup') OR "
              "starts_with(api.operation, 'BatchGet') OR "
              "starts_with(api.operation, 'Search'))"},
    {"who", "actor.\"user\".uid"},
    {"principal", "actor.\"user\".uid_alt"},
    {"user", "actor.\"user\".\"name\""},
    {"user_type", "actor.\"user\".\"type\""},
    {"caller_account", "actor.\"user\".account.uid"},
    {"key", "actor.\"user\".credential_uid"},
    {"issuer", "actor.\"session\".issuer"},
    {"invoked_by", "actor.invoked_by"},
    {"address", "src_endpoint.ip"},
    {"source", "coalesce(src_endpoint.ip, src_endpoint.\"domain\")"},
    {"agent", "http_request.user_agent"},
    {"request", "api.request.\"data\""},
    {"response", "api.response.\"data\""},
};

static const char *field_local(const char *word, size_t size)
{
    for (size_t i = 0; i < COUNT(fields); i++)
        if (strlen(fields[i].word) == size && memcmp(fields[i].word, word, size) == 0)
            return fields[i].local;
    return NULL;
}

static bool begins(const char *word, size_t size, const char *prefix)
{
    size_t length = strlen(prefix);
    return size > length && memcmp(word, prefix, length) == 0;
}

/* Data that a foreign lake cut short is no JSON: such a row has no member, and the question goes
   on. (TRY() would say the same, but DuckDB 1.5 fails to bind it below a GROUP BY with a subquery.)
 */
static bool write_path(const char *word, size_t size, struct buf *out)
{
    const char *colon = memchr(word, ':', size);
    const char *column = colon ? field_local(word, (size_t)(colon - word)) : NULL;
    if (!column)
        return false;
    buf_addf(out, "CASE WHEN json_valid(%s) THEN json_extract_string(%s, ", column, column);
    text_sql_string(out, colon + 1, size - (size_t)(colon + 1 - word));
    buf_adds(out, ") END");
    return true;
}

bool meaning_write(const char *word, size_t size, struct buf *out)
{
    const char *local = field_local(word, size);
    if (local) {
        buf_adds(out, local);
        return true;
    }
    if (begins(word, size, "unmapped:")) {
        buf_adds(out, "unmapped[");
        text_sql_string(out, word + strlen("unmapped:"), size - strlen("unmapped:"));
        buf_addc(out, ']');
        return true;
    }
    if (begins(word, size, "list:")) /* a path with [*]: a list of texts */
        return write_path(word + strlen("list:"), size - strlen("list:"), out);
    return write_path(word, size, out);
}
