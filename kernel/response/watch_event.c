/* Whose an event of CloudTrail is, and what it says about a containment. */
#include "response/watch_state.h"

#include "base/time.h"
#include "response/arn.h"

#include <string.h>

#define SECOND INT64_C(1000000)

static bool same(const char *a, const char *b)
{
    return a && b && *a && strcmp(a, b) == 0;
}

/* ---- whose calls --------------------------------------------------------------------------------
 */

enum caller {
    CALLER_NONE,    /* it makes no calls: its state is watched */
    CALLER_USER,    /* a user, with its keys and sessions */
    CALLER_KEY,     /* as a user, or the key alone */
    CALLER_ROLE,    /* every session of a role */
    CALLER_SESSION, /* one of a role, or the user who made it */
    CALLER_NAMED    /* sessions of this name, of whatever role */
};

static const struct {
    const char *action;
    enum caller caller;
} callers[] = {
    {"user", CALLER_USER},       {"key", CALLER_KEY},        {"role", CALLER_ROLE},
    {"session", CALLER_SESSION}, {"trust", CALLER_ROLE},     {"credentials", CALLER_SESSION},
    {"profile", CALLER_NAMED},   {"instance", CALLER_NAMED}, {"person", CALLER_NAMED},
};

static enum caller caller_of(const struct suspect *suspect)
{
    for (size_t i = 0; i < COUNT(callers); i++)
        if (strcmp(callers[i].action, suspect->action->name) == 0)
            return callers[i].caller;
    return CALLER_NONE;
}

static void is_user(const struct suspect *suspect, struct watch_who *out)
{
    out->user = suspect->name;
    out->arn = suspect->arn;
}

static void is_role(const struct suspect *suspect, const char *session, struct watch_who *out)
{
    out->role = suspect->name;
    out->arn = suspect->arn;
    out->session = session;
}

void watch_who_of(const struct suspect *suspect, struct arena *arena, struct watch_who *out)
{
    *out = (struct watch_who){.keys = json_own(arena, json_object())};
    const char *part = suspect->part;
    if (part && (is_id(part, "AKIA") || is_id(part, "ASIA")))
        json_object_set_new(out->keys, part, json_true());
    switch (caller_of(suspect)) {
    case CALLER_USER:
        is_user(suspect, out);
        return;
    case CALLER_KEY:
        if (!suspect->level || strcmp(suspect->level, "key") != 0)
            is_user(suspect, out);
        return;
    case CALLER_ROLE:
        is_role(suspect, NULL, out);
        return;
    case CALLER_SESSION:
        if (suspect->arn && strstr(suspect->arn, ":role/"))
            is_role(suspect, part, out);
        else
            is_user(suspect, out);
        return;
    case CALLER_NAMED:
        out->session = suspect->name;
        return;
    case CALLER_NONE:
        return;
    }
}

/* ---- whose it is --------------------------------------------------------------------------------
 */

static bool is_users(const struct watch_who *who, const json_t *identity)
{
    const char *issuer = reply_text(identity, "sessionContext.sessionIssuer.arn");
    bool federated = strcmp(reply_text(identity, "type"), "FederatedUser") == 0;
    if (!who->user)
        return false;
    if (federated)
        return same(who->arn, issuer) ||
               same(who->user, reply_text(identity, "sessionContext.sessionIssuer.userName"));
    return strcmp(reply_text(identity, "type"), "IAMUser") == 0 &&
           same(who->user, reply_text(identity, "userName"));
}

static bool is_session(const struct watch_who *who, const json_t *identity)
{
    const char *arn = reply_text(identity, "arn"), *name = strrchr(arn, '/');
    if (strcmp(reply_text(identity, "type"), "AssumedRole") != 0 || (!who->role && !who->session))
        return false;
    if (who->session && !same(who->session, name ? name + 1 : ""))
        return false;
    return !who->role || same(who->arn, reply_text(identity, "sessionContext.sessionIssuer.arn")) ||
           (!who->arn &&
            same(who->role, reply_text(identity, "sessionContext.sessionIssuer.userName")));
}

bool watch_is_of(const struct watch_who *who, const json_t *record)
{
    const json_t *identity = json_object_get(record, "userIdentity");
    const char *key = reply_text(identity, "accessKeyId");
    return json_object_get(who->keys, key) || is_users(who, identity) || is_session(who, identity);
}

/* ---- what it says -------------------------------------------------------------------------------
 */

/* Codes of a call that was turned away. Any other error is the answer to one that was let in. */
static bool is_refusal(const char *code)
{
    static const char *const words[] = {
        "AccessDenied", "Unauthorized",          "NotAuthorized",
        "AuthFailure",  "InvalidClientTokenId",  "UnrecognizedClient",
        "ExpiredToken", "SignatureDoesNotMatch", "Failed authentication"};
    for (size_t i = 0; i < COUNT(words); i++)
        if (strstr(code, words[i]))
            return true;
    return false;
}

/* No policy can deny these (STS's API reference says so of each); a sign-in alone gives nothing. */
static bool is_free(const json_t *record)
{
    static const char *const names[][2] = {{"sts.amazonaws.com", "GetCallerIdentity"},
                                           {"sts.amazonaws.com", "GetSessionToken"},
                                           {"sts.amazonaws.com", "GetAccessKeyInfo"},
                                           {"signin.amazonaws.com", NULL}};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(reply_text(record, "eventSource"), names[i][0]) == 0 &&
            (!names[i][1] || strcmp(reply_text(record, "eventName"), names[i][1]) == 0))
            return true;
    return false;
}

static bool is_fresh(const struct watch_times *times, const json_t *record)
{
    int64_t begun = reply_time(record, "userIdentity.sessionContext.attributes.creationDate");
    return times->cut_off && begun > times->cut_off;
}

/* Events and AWS's answers have whole seconds. */
enum watch_call watch_judge(const struct watch_times *times, const json_t *record)
{
    int64_t time = reply_time(record, "eventTime");
    const char *code = reply_text(record, "errorCode");
    if (!*code && strcmp(reply_text(record, "eventSource"), "signin.amazonaws.com") == 0)
        code = reply_text(record, "errorMessage");
    if (time < times->since / SECOND * SECOND)
        return CALL_BEFORE;
    if (time <= times->after)
        return CALL_EARLY;
    if (is_refusal(code))
        return CALL_DENIED;
    if (is_fresh(times, record))
        return CALL_FRESH;
    return is_free(record) ? CALL_FREE : CALL_THROUGH;
}

/* ---- what it gave -------------------------------------------------------------------------------
 */

const char *watch_given(const struct watch_who *who, const json_t *record)
{
    const char *name = reply_text(record, "eventName");
    const char *key = reply_text(record, "responseElements.credentials.accessKeyId");
    if (!*key || json_object_get(who->keys, key))
        return NULL;
    if (strncmp(name, "AssumeRole", strlen("AssumeRole")) == 0) {
        const char *session = reply_text(record, "requestParameters.roleSessionName");
        bool role = who->role && same(who->arn, reply_text(record, "requestParameters.roleArn"));
        return role && (!who->session || same(who->session, session)) ? key : NULL;
    }
    bool makes = strcmp(name, "GetFederationToken") == 0 || strcmp(name, "GetSessionToken") == 0;
    return makes && watch_is_of(who, record) ? key : NULL;
}
