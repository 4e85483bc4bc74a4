#include "magics/connect.h"

#include "aws/reply.h"
#include "base/time.h"
#include "case/session.h"
#include "data/render.h"

#include <string.h>

/* One line of the answer. */
static void add(struct table *table, const char *what, const char *value)
{
    table_add_row(table);
    table_put_string(table, 0, what);
    table_put_string(table, 1, value && *value ? value : NULL);
}

/* "role IR, session me" of arn:aws:sts::123456789012:assumed-role/IR/me. */
static const char *describe(struct arena *arena, const char *arn)
{
    const char *resource = arn;
    for (int i = 0; i < 5 && resource; i++) {
        resource = strchr(resource, ':');
        resource = resource ? resource + 1 : NULL;
    }
    if (!resource)
        return NULL;
    const char *slash = strchr(resource, '/');
    const char *last = strrchr(resource, '/');
    if (strcmp(resource, "root") == 0)
        return "the root user";
    if (slash && strncmp(resource, "assumed-role/", 13) == 0 && last > slash)
        return arena_printf(arena, "role %.*s, session %s", (int)(last - slash - 1), slash + 1,
                            last + 1);
    return slash ? arena_printf(arena, "%.*s %s", (int)(slash - resource), resource, slash + 1)
                 : resource;
}

static const char *ends(struct arena *arena, int64_t expires)
{
    char time[TIME_TEXT_SIZE], left[TIME_TEXT_SIZE];
    int64_t now = time_now();
    if (!expires)
        return "never (a long-term key)";
    return expires < now ? arena_printf(arena, "%s UTC: over", time_millis(expires, time))
                         : arena_printf(arena, "%s UTC, in %s", time_millis(expires, time),
                                        time_duration(expires - now, left));
}

static bool run(struct magic_call *call, struct error *err)
{
    static const struct column columns[] = {{.name = "who", .type = TYPE_TEXT},
                                            {.name = "value", .type = TYPE_TEXT}};
    struct aws *aws = connect_aws(call);
    const struct aws_credentials *credentials;
    const char *region;
    json_t *reply;
    if (!aws_region(aws, &region, err) ||
        !aws_find_credentials(aws, call->cancel, &credentials, err) ||
        !connect_ask(call, "sts:GetCallerIdentity", NULL, &reply, err) ||
        !aws_find_credentials(aws, call->cancel, &credentials, err))
        return false;
    guard_learn(session_guard(call->session), credentials->access_key_id, reply);
    const char *arn = reply_text(reply, "Arn");
    struct table *table = table_new(call->arena, columns, COUNT(columns));
    add(table, "identity", describe(call->arena, arn));
    add(table, "ARN", arn);
    add(table, "account", reply_text(reply, "Account"));
    add(table, "user id", reply_text(reply, "UserId"));
    add(table, "access key", credentials->access_key_id);
    add(table, "credentials from", credentials->source);
    add(table, "they end", ends(call->arena, credentials->expires));
    add(table, "profile", aws_profile(aws));
    add(table, "region", region);
    struct caption caption = {.title = "Who asks AWS", .total_rows = table->rows};
    outputs_result(call->outputs, render_table(call->arena, table, &caption));
    return true;
}

static const struct magic_example examples[] = {
    {"%whoami", "as whom this kernel would ask"},
};

const struct magic magic_whoami = {
    .name = "whoami",
    .summary =
        "as whom AWS is asked: identity, account, where the credentials come from, when they "
        "end",
    .details = "Asks sts:GetCallerIdentity, which needs no permission. No secret is ever shown. "
               "%set profile and %set region choose another identity and region.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_READS,
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
