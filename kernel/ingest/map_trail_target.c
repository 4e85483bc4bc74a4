/* map_trail_target - whose account or login an event was about: the columns user.* of account
 * changes and logins. */
#include "ingest/map_trail.h"

#include <string.h>

/* Where a value may lie, the best place first; the one that was used leaves unmapped of version 1.
 */
struct place {
    enum trail_member member;
    const char *path;
    const char *key;
};

static const struct place names[] = {
    {MEMBER_RESPONSE, "user.userName", "responseElements.user.userName"},
    {MEMBER_RESPONSE, "role.description", "responseElements.role.description"},
    {MEMBER_RESPONSE, "role.roleName", "responseElements.role.roleName"},
    {MEMBER_REQUEST, "userName", NULL},
    {MEMBER_REQUEST, "roleName", NULL},
};
static const struct place ids[] = {
    {MEMBER_RESPONSE, "user.userId", "responseElements.user.userId"},
    {MEMBER_RESPONSE, "role.roleId", "responseElements.role.roleId"},
};
static const struct place arns[] = {
    {MEMBER_RESPONSE, "user.arn", NULL},
    {MEMBER_RESPONSE, "role.arn", NULL},
};
static const struct place role_arns[] = {{MEMBER_REQUEST, "roleArn", "requestParameters.roleArn"}};
static const struct place role_sessions[] = {
    {MEMBER_REQUEST, "roleSessionName", "requestParameters.roleSessionName"}};

struct places {
    const struct place *rows;
    size_t count;
};

static struct writer_value look(struct mapping *mapping, struct places places,
                                const struct token *members, struct trail_target *out)
{
    for (size_t i = 0; i < places.count; i++) {
        struct token value;
        if (token_at(&members[places.rows[i].member], places.rows[i].path, &value)) {
            if (places.rows[i].key && out->used_count < COUNT(out->used)) {
                out->used[out->used_count++] = places.rows[i].key;
            }
            return map_text_of(mapping, &value);
        }
    }
    return (struct writer_value){.text = NULL};
}

static void account_target(struct mapping *mapping, const struct token *members,
                           struct trail_target *out)
{
    /* What was asked for is the target's name as well, so it leaves unmapped even where the
       answer's name was taken. */
    out->used[out->used_count++] = "requestParameters.userName";
    out->used[out->used_count++] = "requestParameters.roleName";
    out->name = look(mapping, (struct places){names, COUNT(names)}, members, out);
    out->id = look(mapping, (struct places){ids, COUNT(ids)}, members, out);
    out->arn = look(mapping, (struct places){arns, COUNT(arns)}, members, out);
}

static void login_target(struct mapping *mapping, const struct token *members,
                         struct trail_target *out)
{
    if (members[MEMBER_EVENT_NAME].size >= 10 &&
        memcmp(members[MEMBER_EVENT_NAME].text, "AssumeRole", 10) == 0) {
        out->arn = look(mapping, (struct places){role_arns, COUNT(role_arns)}, members, out);
        out->name =
            look(mapping, (struct places){role_sessions, COUNT(role_sessions)}, members, out);
        return;
    }
    uint64_t arn = (uint64_t)1 << TRAIL_USER_ARN;
    uint64_t principal = (uint64_t)1 << TRAIL_USER_PRINCIPAL;
    if (mapping->present & arn) {
        out->arn = mapping->values[TRAIL_USER_ARN];
    }
    if (mapping->present & principal) {
        out->id = mapping->values[TRAIL_USER_PRINCIPAL];
    }
}

void trail_target(struct mapping *mapping, int class_uid, const struct token *members,
                  struct trail_target *out)
{
    memset(out, 0, sizeof *out);
    if (class_uid == CLASS_ACCOUNT) {
        account_target(mapping, members, out);
    } else if (class_uid == CLASS_AUTHENTICATION) {
        login_target(mapping, members, out);
    }
}
