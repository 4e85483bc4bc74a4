#include "response/bucket.h"

#include "response/arn.h"

#include <string.h>

#define LAKE "aws-security-data-lake-"

/* ---- whom it spares -----------------------------------------------------------------------------
 */

/* The role's name of a session's ARN; NULL: the caller is no session of a role. */
static const char *role_of(const struct planning *planning)
{
    struct arn arn;
    if (!arn_read(planning->caller, planning->arena, &arn) || strcmp(arn.type, "assumed-role") != 0)
        return NULL;
    return arena_strndup(planning->arena, arn.resource, strcspn(arn.resource, "/"));
}

bool bucket_read_caller(struct planning *planning, struct error *err)
{
    const char *role = role_of(planning);
    struct reading read = {.op = "iam:GetRole",
                           .params =
                               plan_pack(planning->arena, "{s:s}", "RoleName", role ? role : "")};
    return !role || response_read(planning, &read, 1, err);
}

const char *bucket_caller(const struct planning *planning)
{
    const char *role = role_of(planning);
    if (!role)
        return planning->caller;
    const json_t *arn = state_at(planning, "iam:GetRole",
                                 plan_pack(planning->arena, "{s:s}", "RoleName", role), "Role.Arn");
    /* where the role cannot be read: whatever its path is */
    return json_is_string(arn) ? json_string_value(arn)
                               : arena_printf(planning->arena, "arn:%s:iam::%s:role/*%s",
                                              planning->partition, planning->account, role);
}

/* ---- what is never closed -----------------------------------------------------------------------
 */

static bool refuse(const struct planning *planning, const char *what, struct error *err)
{
    const json_t *overrides = planning->plan->overrides;
    const char *arn = planning->suspect->arn;
    for (size_t i = 0; i < json_array_size(overrides); i++)
        if (strcmp(json_string_value(json_array_get(overrides, i)), arn) == 0)
            return true;
    (void)error_set(err, ERROR_REFUSED, "bucket %s %s", planning->suspect->name, what);
    return error_hint(
        err, "Closing it would blind the investigation. If that is meant: --override %s", arn);
}

bool bucket_allowed(struct planning *planning, struct error *err)
{
    struct arena *arena = planning->arena;
    const char *name = planning->suspect->name;
    json_t *params = plan_pack(arena, "{s:b}", "includeShadowTrails", 1);
    struct reading trails = {.op = "cloudtrail:DescribeTrails", .params = params};
    if (strncmp(name, LAKE, strlen(LAKE)) == 0)
        return refuse(planning, "is Security Lake's", err);
    if (planning->evidence && strcmp(planning->evidence, name) == 0)
        return refuse(planning, "holds the evidence (%set evidence)", err);
    if (!response_read(planning, &trails, 1, err))
        return false;
    json_t *list = state_list(planning, trails.op, params, "trailList");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *trail = json_array_get(list, i);
        if (strcmp(reply_text(trail, "S3BucketName"), name) == 0)
            return refuse(
                planning,
                arena_printf(arena, "takes the logs of trail %s", reply_text(trail, "Name")), err);
    }
    if (state_code(planning, trails.op, params))
        response_say(planning, NOTE_NOT_COVERED,
                     "whether a trail writes into bucket %s could not be read (%s)", name,
                     state_code(planning, trails.op, params));
    return true;
}
