/* Whose an event of CloudTrail is, what it says about a containment, and what it gave to whom. */
#include "response/watch_state.h"

#include "tests/unit/response/quoted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define ROLE "arn:aws:iam::111122223333:role/app"
#define USER "arn:aws:iam::111122223333:user/eve"
#define SECONDS INT64_C(1000000)

/* of magics/, which is not linked */
const struct job_kind *const job_kinds[] = {NULL};

/* ---- whose --------------------------------------------------------------------------------------
 */

#define SESSION(role, name)                                                                        \
    "{'userIdentity': {'type': 'AssumedRole', 'arn': 'arn:aws:sts::1:assumed-role/x/" name         \
    "', 'accessKeyId': 'ASIA1', 'sessionContext': {'sessionIssuer': {'arn': '" role                \
    "', 'userName': 'app'}}}}"
#define OF_USER(name)                                                                              \
    "{'userIdentity': {'type': 'IAMUser', 'userName': '" name "', 'accessKeyId': 'AKIA2'}}"
#define FEDERATED(issuer)                                                                          \
    "{'userIdentity': {'type': 'FederatedUser', 'accessKeyId': 'ASIA3', 'sessionContext': "        \
    "{'sessionIssuer': {'arn': '" issuer "', 'userName': 'nobody'}}}}"

static const struct whose {
    const char *action, *level, *name, *part, *arn, *record;
    bool is;
} whose[] = {
    {"user", "deny", "eve", NULL, USER, OF_USER("eve"), true},
    {"user", "deny", "eve", NULL, USER, OF_USER("adam"), false},
    {"user", "deny", "eve", NULL, USER, FEDERATED(USER), true},
    {"user", "deny", "eve", NULL, USER, FEDERATED(ROLE), false},
    {"user", "deny", "eve", NULL, USER, SESSION(ROLE, "eve"), false},
    /* a key with its user, or alone */
    {"key", "user", "eve", "AKIA2", USER, OF_USER("adam"), true},
    {"key", "user", "eve", "AKIA9", USER, OF_USER("eve"), true},
    {"key", "key", "eve", "AKIA9", USER, OF_USER("eve"), false},
    /* every session of a role, one, one instance's */
    {"role", "full", "app", NULL, ROLE, SESSION(ROLE, "s"), true},
    {"role", "full", "app", NULL, ROLE, SESSION(USER, "s"), false},
    {"session", NULL, "app", "s", ROLE, SESSION(ROLE, "s"), true},
    {"session", NULL, "app", "s", ROLE, SESSION(ROLE, "ss"), false},
    {"session", NULL, "eve", "ASIA1", USER, SESSION(ROLE, "s"), true},
    {"credentials", NULL, "app", "i-1", ROLE, SESSION(ROLE, "i-1"), true},
    {"instance", "isolate", "i-1", NULL, NULL, SESSION(ROLE, "i-1"), true},
    {"instance", "isolate", "i-1", NULL, NULL, SESSION(ROLE, "i-2"), false},
    {"instance", "isolate", "i-1", NULL, NULL, OF_USER("i-1"), false},
    /* what makes no calls has none, also none of callers without a name or key */
    {"bucket", NULL, "eve", NULL, NULL, OF_USER("eve"), false},
    {"bucket", NULL, "b", NULL, NULL, "{'userIdentity': {'type': 'AWSService'}}", false},
    {"role", "full", "app", NULL, ROLE, "{}", false},
};

static void events_belong_to_who_is_watched(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(whose); i++) {
        const struct whose *row = &whose[i];
        struct arena *arena = arena_new();
        struct watch_who who;
        struct suspect suspect = {.action = action_find(row->action),
                                  .given = row->name,
                                  .level = row->level,
                                  .name = row->name,
                                  .part = row->part,
                                  .arn = row->arn};
        char key[32];
        if (row->part && strlen(row->part) == 5) { /* as long as AWS's are, so that it is one */
            (void)snprintf(key, sizeof key, "%s%s", row->part, "AAAAAAAAAAAAAAA");
            suspect.part = key;
        }
        watch_who_of(&suspect, arena, &who);
        if (suspect.part == key)
            json_object_set_new(who.keys, row->part, json_true());
        if (watch_is_of(&who, quoted_json(arena, row->record)) != row->is)
            fail_msg("row %zu: %s %s, %s", i, row->action, row->name, row->record);
        arena_free(arena);
    }
}

/* ---- what it says -------------------------------------------------------------------------------
 */

#define AT(time, rest) "{'eventTime': '2026-11-29T10:00:" time "Z'" rest "}"
#define BEGUN(when)                                                                                \
    ", 'userIdentity': {'sessionContext': {'attributes': {'creationDate': '" when "'}}}"

/* First change at 10:00:10.4, in effect at 10:00:20.5, sessions begun after 10:00:12 are let. */
static const struct judged {
    const char *record;
    bool cut_off;
    enum watch_call call;
} judged[] = {
    {AT("09", ""), false, CALL_BEFORE},
    {AT("10", ""), false, CALL_EARLY}, /* its second may be before or after */
    {AT("20", ""), false, CALL_EARLY},
    {AT("21", ""), false, CALL_THROUGH},
    {AT("21", ", 'errorCode': 'AccessDenied'"), false, CALL_DENIED},
    {AT("21", ", 'errorCode': 'Client.UnauthorizedOperation'"), false, CALL_DENIED},
    {AT("15", ", 'errorCode': 'AccessDenied'"), false, CALL_EARLY},
    /* an error that is no refusal answers a call that was let in */
    {AT("21", ", 'errorCode': 'NoSuchBucket'"), false, CALL_THROUGH},
    {AT("21", ", 'errorCode': 'Client.DryRunOperation'"), false, CALL_THROUGH},
    {AT("21", ", 'eventSource': 'sts.amazonaws.com', 'eventName': 'GetCallerIdentity'"), false,
     CALL_FREE},
    {AT("21", ", 'eventSource': 's3.amazonaws.com', 'eventName': 'GetCallerIdentity'"), false,
     CALL_THROUGH},
    {AT("21", ", 'eventSource': 'signin.amazonaws.com', 'eventName': 'ConsoleLogin'"), false,
     CALL_FREE},
    {AT("21", ", 'eventSource': 'signin.amazonaws.com', 'errorMessage': 'Failed authentication'"),
     false, CALL_DENIED},
    /* the level that ends old sessions only */
    {AT("21", BEGUN("2026-11-29T10:00:13Z")), true, CALL_FRESH},
    {AT("21", BEGUN("2026-11-29T10:00:13Z")), false, CALL_THROUGH},
    {AT("21", BEGUN("2026-11-29T10:00:11Z")), true, CALL_THROUGH},
    {AT("21", ", 'errorCode': 'AccessDenied'" BEGUN("2026-11-29T10:00:13Z")), true, CALL_DENIED},
    {AT("21", ""), true, CALL_THROUGH},
};

static void a_call_says_whether_the_containment_holds(void **state)
{
    const int64_t ten = INT64_C(1795946400) * SECONDS;
    (void)state;
    for (size_t i = 0; i < COUNT(judged); i++) {
        struct arena *arena = arena_new();
        struct watch_times times = {.since = ten + 10 * SECONDS + 400000,
                                    .after = ten + 20 * SECONDS + 500000,
                                    .cut_off = judged[i].cut_off ? ten + 12 * SECONDS : 0};
        enum watch_call call = watch_judge(&times, quoted_json(arena, judged[i].record));
        if (call != judged[i].call)
            fail_msg("row %zu: %s is %d, not %d", i, judged[i].record, call, judged[i].call);
        arena_free(arena);
    }
}

/* ---- what it gave -------------------------------------------------------------------------------
 */

#define GAVE(name, rest)                                                                           \
    "{'eventName': '" name "', 'responseElements': {'credentials': {'accessKeyId': 'ASIA7'}}, "    \
    "'userIdentity': {'type': 'IAMUser', 'userName': 'eve'}" rest "}"
#define INTO(role) ", 'requestParameters': {'roleArn': '" role "', 'roleSessionName': 's'}"

static const struct given {
    struct watch_who who;
    const char *record;
    bool gave;
} given[] = {
    {{.user = "eve", .arn = USER}, GAVE("GetFederationToken", ""), true},
    {{.user = "eve", .arn = USER}, GAVE("GetSessionToken", ""), true},
    {{.user = "adam"}, GAVE("GetFederationToken", ""), false},
    /* a role's session has the role's rights, whoever began it */
    {{.user = "eve", .arn = USER}, GAVE("AssumeRole", INTO(ROLE)), false},
    {{.role = "app", .arn = ROLE}, GAVE("AssumeRole", INTO(ROLE)), true},
    {{.role = "app", .arn = ROLE}, GAVE("AssumeRoleWithSAML", INTO(ROLE)), true},
    {{.role = "app", .arn = ROLE}, GAVE("AssumeRole", INTO(USER)), false},
    {{.role = "app", .arn = ROLE, .session = "t"}, GAVE("AssumeRole", INTO(ROLE)), false},
    {{.user = "eve"}, "{'eventName': 'GetSessionToken', 'errorCode': 'AccessDenied'}", false},
};

static void sessions_are_followed_to_who_has_their_rights(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(given); i++) {
        struct arena *arena = arena_new();
        struct watch_who who = given[i].who;
        json_t *record = quoted_json(arena, given[i].record);
        who.keys = json_own(arena, json_object());
        const char *key = watch_given(&who, record);
        if ((key != NULL) != given[i].gave)
            fail_msg("row %zu: %s", i, given[i].record);
        if (key)
            json_object_set_new(who.keys, key, json_true());
        assert_null(watch_given(&who, record)); /* once */
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_belong_to_who_is_watched),
        cmocka_unit_test(a_call_says_whether_the_containment_holds),
        cmocka_unit_test(sessions_are_followed_to_who_has_their_rights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
