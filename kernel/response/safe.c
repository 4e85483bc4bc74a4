#include "response/safe.h"

#include "response/account.h"
#include "response/arn.h"

#include <string.h>

#define BREAK_GLASS "ir:break-glass"

static bool overridden(const struct plan *plan, const char *arn)
{
    for (size_t i = 0; i < json_array_size(plan->overrides); i++)
        if (strcmp(json_string_value(json_array_get(plan->overrides, i)), arn) == 0)
            return true;
    return false;
}

static bool refuse(const struct suspect *suspect, const char *why, struct error *err)
{
    const char *arn = suspect->arn ? suspect->arn : suspect->given;
    (void)error_set(err, ERROR_REFUSED, "%s is %s", suspect->given, why);
    return error_hint(err, "If it is meant all the same, name it in full: --override %s", arn);
}

/* ---- who acts -----------------------------------------------------------------------------------
 */

/* Whether an ARN of a caller (a user, or a role's session) is the suspect. */
static bool is_identity(struct arena *arena, const struct suspect *suspect, const char *identity)
{
    struct arn own, its;
    if (!suspect->arn || !arn_read(identity, arena, &own) || !arn_read(suspect->arn, arena, &its) ||
        strcmp(own.account, its.account) != 0)
        return false;
    if (strcmp(own.type, "assumed-role") == 0) {
        size_t size = strcspn(own.resource, "/");
        const char *session = own.resource[size] ? own.resource + size + 1 : "";
        bool same = strcmp(its.type, "role") == 0 && strlen(its.name) == size &&
                    strncmp(own.resource, its.name, size) == 0;
        bool other = strcmp(suspect->action->name, "session") == 0 && suspect->part &&
                     strcmp(suspect->part, session) != 0;
        return same && !other;
    }
    return strcmp(own.type, its.type) == 0 && strcmp(own.name, its.name) == 0;
}

/* Whether one of the words is the text. */
static bool has_word(const char *words, const char *text)
{
    size_t size = text ? strlen(text) : 0;
    for (const char *at = words; at && *at && size; at += strcspn(at, " "), at += *at == ' ')
        if (strcspn(at, " ") == size && strncmp(at, text, size) == 0)
            return true;
    return false;
}

static bool stands_on(const struct response *response, const struct plan *plan,
                      const struct suspect *suspect, const char *behind)
{
    struct arn arn;
    bool found = has_word(behind, suspect->part) || has_word(behind, suspect->arn);
    for (const char *at = behind; at && *at && !found; at += strcspn(at, " "), at += *at == ' ') {
        const char *word = arena_strndup(response->arena, at, strcspn(at, " "));
        found =
            arn_read(word, response->arena, &arn) && is_identity(response->arena, suspect, word);
    }
    for (const struct step *step = plan->steps; step && !found; step = step->next)
        found = step->suspect == suspect->number && has_word(behind, step->credential);
    return found;
}

bool safe_is_own(const struct response *response, const struct plan *plan,
                 const struct suspect *suspect)
{
    bool own = false;
    for (const struct access *as = response->accesses; as && !own; as = as->next)
        own = is_identity(response->arena, suspect, as->arn) ||
              stands_on(response, plan, suspect, as->behind);
    return own;
}

static bool is_member(const json_t *picture, const struct suspect *suspect, const char *identity,
                      struct arena *arena)
{
    struct arn own;
    if (strcmp(suspect->action->name, "group") != 0 || !arn_read(identity, arena, &own) ||
        strcmp(own.type, "user") != 0)
        return false;
    const json_t *user = json_object_get(json_object_get(picture, "users"), own.name);
    return json_object_get(json_object_get(user, "groups"), suspect->name) != NULL;
}

static bool check_caller(const struct response *response, const struct plan *plan,
                         const struct suspect *suspect, const json_t *picture, struct error *err)
{
    for (const struct access *as = response->accesses; as; as = as->next) {
        if (is_identity(response->arena, suspect, as->arn))
            return refuse(suspect, "who this kernel acts as", err);
        if (stands_on(response, plan, suspect, as->behind))
            return refuse(suspect, "what the kernel's own credentials come from", err);
        if (strcmp(as->account, suspect->account) == 0 &&
            is_member(picture, suspect, as->arn, response->arena))
            return refuse(suspect, "a group of the user that this kernel acts as", err);
    }
    return true;
}

/* ---- who must be able to get in -----------------------------------------------------------------
 */

static const json_t *principal_of(const json_t *picture, const struct suspect *suspect)
{
    const char *list = suspect->arn && strstr(suspect->arn, ":role/") ? "roles" : "users";
    return json_object_get(json_object_get(picture, list), suspect->name);
}

static bool is_break_glass(const struct response *response, const json_t *principal,
                           const struct suspect *suspect)
{
    const char *named = session_settings(response->with.session)->break_glass;
    const char *tag = json_get_string(json_object_get(principal, "tags"), BREAK_GLASS, "false");
    return strcmp(tag, "true") == 0 || has_word(named, suspect->name) ||
           has_word(named, suspect->arn);
}

/* Somebody can begin to be this role: not a service alone. */
static bool is_for_people(const json_t *role)
{
    const json_t *statements = json_object_get(json_object_get(role, "trust"), "Statement");
    for (size_t i = 0; i < reply_count(statements, ""); i++) {
        const json_t *one = reply_item(statements, "", i), *who = json_object_get(one, "Principal");
        if (strcmp(json_get_string(one, "Effect", ""), "Allow") == 0 &&
            (json_is_string(who) || json_object_get(who, "AWS") ||
             json_object_get(who, "Federated")))
            return true;
    }
    return false;
}

/* A suspect loses what it may: all but one of its sessions or its credentials elsewhere. */
static bool is_denied(const struct plan *plan, const char *account, const json_t *principal)
{
    for (const struct suspect *one = plan->suspects; one; one = one->next) {
        bool part = one->part && strstr(one->arn ? one->arn : "", ":role/");
        bool back = strcmp(one->action->name, "rights") == 0; /* it keeps what it had */
        bool whole = !part && !back && !(one->level && strcmp(one->level, "key") == 0);
        if (whole && strcmp(one->account, account) == 0 && one->arn &&
            strcmp(one->arn, json_get_string(principal, "arn", "")) == 0)
            return true;
    }
    return false;
}

/* Administrators before the plan, and those that it leaves. */
static void count_admins(const struct plan *plan, const char *account, const json_t *picture,
                         size_t *before, size_t *left)
{
    const char *name;
    json_t *one;
    json_object_foreach(json_object_get(picture, "users"), name, one)
    {
        bool admin = account_is_admin(picture, one);
        *before += admin;
        *left += admin && !is_denied(plan, account, one);
    }
    json_object_foreach(json_object_get(picture, "roles"), name, one)
    {
        bool admin = account_is_admin(picture, one) && is_for_people(one);
        *before += admin;
        *left += admin && !is_denied(plan, account, one);
    }
}

static bool check_admins(const struct plan *plan, const json_t *pictures, struct error *err)
{
    for (const struct suspect *one = plan->suspects; one; one = one->next) {
        size_t before = 0, left = 0;
        const json_t *picture = json_object_get(pictures, one->account);
        if (!picture || !one->arn || overridden(plan, one->arn) ||
            !account_is_admin(picture, principal_of(picture, one)))
            continue;
        count_admins(plan, one->account, picture, &before, &left);
        if (before && !left)
            return refuse(one, "the last administrator of its account", err);
    }
    return true;
}

static bool check_one(const struct response *response, const struct plan *plan,
                      const struct suspect *one, struct error *err)
{
    const json_t *pictures = response->start ? response->start : response->before;
    const json_t *picture = json_object_get(pictures, one->account);
    if (one->arn && overridden(plan, one->arn))
        return true;
    if (!check_caller(response, plan, one, picture, err))
        return false;
    return !is_break_glass(response, principal_of(picture, one), one) ||
           refuse(one, "a break-glass principal, which has to get in when nobody else can", err);
}

/* What only puts back what was before keeps nobody out. */
bool safe_found(const struct response *response, const struct plan *plan,
                const struct suspect *suspect, struct error *err)
{
    const char *action = suspect->action->name;
    return !response->start || strcmp(action, "rights") == 0 || strcmp(action, "trust") == 0 ||
           check_one(response, plan, suspect, err);
}

bool safe_check(struct response *response, struct plan *plan, struct error *err)
{
    const json_t *pictures = response->start ? response->start : response->before;
    for (const struct suspect *one = plan->suspects; one; one = one->next)
        if (!check_one(response, plan, one, err))
            return false;
    return check_admins(plan, pictures, err);
}
