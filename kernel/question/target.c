#include "question/target.h"

#include "base/base.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define USER_IS                                                                                    \
    "({user} = {target} OR {who} = {target} OR {principal} = {target} OR ends_with({who}, '/' || " \
    "{target}) OR "                                                                                \
    "ends_with({principal}, ':' || {target}))"

static const struct {
    const char *name, *article, *example;
    const char *caller; /* the condition {by} */
} kinds[TARGET_KINDS] = {
    [TARGET_NONE] = {"nothing", "nothing", "", "TRUE"},
    [TARGET_KEY] = {"access key", "an access key", "AKIAIOSFODNN7EXAMPLE", "{key} = {target}"},
    [TARGET_USER] = {"user", "a user", "alice", USER_IS},
    [TARGET_ROLE] = {"role", "a role", "arn:aws:iam::111122223333:role/Admin",
                     "({issuer} = {target} OR ends_with({issuer}, '/' || {target}) OR "
                     "starts_with({principal}, {target} || ':'))"},
    [TARGET_ADDRESS] =
        {"address", "an address or network", "198.51.100.7",
         "({address} = {target} OR (contains({target}, '/') AND ip_in({target}, {address})))"},
    [TARGET_INSTANCE] = {"instance", "an instance", "i-0abcdef1234567890",
                         "ends_with({principal}, ':' || {target})"},
    [TARGET_BUCKET] = {"bucket", "a bucket", "my-bucket", USER_IS},
    [TARGET_EVENT] = {"event", "an event id", "7f1c9e0a-3b1f-4d6e-9f53-0a2b4c6d8e10",
                      "{event} = {target}"},
    [TARGET_ANY] = {"target", "a target", "AKIAIOSFODNN7EXAMPLE", USER_IS},
};

/* IAM's prefixes of unique ids: what an identifier of 16 or more capitals and digits is. */
static const struct {
    const char *prefix;
    enum target_kind kind;
    const char *what;
} prefixes[] = {
    {"AKIA", TARGET_KEY, "an access key"},
    {"ASIA", TARGET_KEY, "a session's access key"},
    {"AIDA", TARGET_USER, "a user id"},
    {"AROA", TARGET_ROLE, "a role id"},
    {"AIPA", TARGET_ANY, "an instance profile id"},
    {"AGPA", TARGET_ANY, "a group id"},
    {"ANPA", TARGET_ANY, "a policy id"},
};

static const char *prefix_of(const char *text, enum target_kind *kind)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < COUNT(prefixes); i++)
        if (size >= 16 && size <= 128 && strncmp(text, prefixes[i].prefix, 4) == 0 &&
            strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == size) {
            *kind = prefixes[i].kind;
            return prefixes[i].what;
        }
    return NULL;
}

static bool is_address(const char *text)
{
    char copy[64];
    unsigned char bytes[16];
    size_t size = strcspn(text, "/");
    if (size >= sizeof copy)
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    return inet_pton(AF_INET, copy, bytes) == 1 || inet_pton(AF_INET6, copy, bytes) == 1;
}

const char *target_value(struct arena *arena, const char *text)
{
    unsigned char bytes[16];
    char address[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    if (!slash || !is_address(text) || strspn(slash + 1, "0123456789") != strlen(slash + 1) ||
        strlen(slash) < 2 || strlen(slash) > 4)
        return text;
    int family = strchr(text, ':') ? AF_INET6 : AF_INET;
    size_t size = family == AF_INET6 ? 16 : 4, bits = (size_t)strtoul(slash + 1, NULL, 10);
    if (bits > size * 8 ||
        inet_pton(family, arena_strndup(arena, text, (size_t)(slash - text)), bytes) != 1)
        return text;
    for (size_t i = 0; i < size; i++) {
        size_t kept = bits > i * 8 ? bits - i * 8 : 0;
        bytes[i] &= kept >= 8 ? 0xff : (unsigned char)(0xff00 >> kept);
    }
    (void)inet_ntop(family, bytes, address, sizeof address);
    return arena_printf(arena, "%s%s", address, slash);
}

static bool is_event(const char *text)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    return size == 36;
}

static bool is_instance(const char *text)
{
    size_t size = strlen(text);
    return strncmp(text, "i-", 2) == 0 && size >= 10 &&
           strspn(text + 2, "0123456789abcdefABCDEF") == size - 2;
}

static enum target_kind kind_of_arn(const char *text)
{
    static const struct {
        const char *part;
        enum target_kind kind;
    } parts[] = {{":user/", TARGET_USER},         {":role/", TARGET_ROLE},
                 {":assumed-role/", TARGET_USER}, {":federated-user/", TARGET_USER},
                 {":instance/", TARGET_INSTANCE}, {":s3:::", TARGET_BUCKET},
                 {":root", TARGET_USER}};
    for (size_t i = 0; i < COUNT(parts); i++)
        if (strstr(text, parts[i].part))
            return parts[i].kind;
    return TARGET_ANY;
}

enum target_kind target_kind_of(const char *text)
{
    enum target_kind kind = TARGET_ANY;
    if (prefix_of(text, &kind))
        return kind;
    if (is_address(text))
        return TARGET_ADDRESS;
    if (is_event(text))
        return TARGET_EVENT;
    if (is_instance(text))
        return TARGET_INSTANCE;
    return strncmp(text, "arn:", 4) == 0 ? kind_of_arn(text) : TARGET_ANY;
}

const char *target_kind_name(enum target_kind kind)
{
    return kinds[kind].name;
}

const char *target_kind_article(enum target_kind kind)
{
    return kinds[kind].article;
}

const char *target_example(enum target_kind kind)
{
    return kinds[kind].example;
}

static const char *what_is(const char *text, enum target_kind kind)
{
    enum target_kind ignored;
    const char *what = prefix_of(text, &ignored);
    return what ? what : kinds[kind].article;
}

static const char *question_for(enum target_kind kind)
{
    static const char *const names[TARGET_KINDS] = {
        [TARGET_KEY] = "key",         [TARGET_USER] = "user",         [TARGET_ROLE] = "role",
        [TARGET_ADDRESS] = "address", [TARGET_INSTANCE] = "instance", [TARGET_BUCKET] = "bucket",
        [TARGET_EVENT] = "event"};
    return names[kind] ? names[kind] : "profile";
}

bool target_check(enum target_kind wanted, const char *text, const char *question,
                  struct error *err)
{
    enum target_kind kind = target_kind_of(text);
    bool fits = wanted == TARGET_ANY || wanted == kind ||
                (kind == TARGET_ANY && wanted != TARGET_KEY && wanted != TARGET_ADDRESS);
    if (wanted == TARGET_NONE) {
        (void)error_set(err, ERROR_USAGE, "question %s takes no target, but \"%s\" is given",
                        question, text);
        return error_hint(err, "Narrow it with --since, --until, --account and --region.");
    }
    if (wanted == TARGET_EVENT || wanted == TARGET_BUCKET)
        fits = kind == wanted || kind == TARGET_ANY;
    if (fits)
        return true;
    if (kind == TARGET_ANY) {
        (void)error_set(err, ERROR_USAGE, "\"%s\" does not look like %s", text,
                        kinds[wanted].article);
        return error_hint(err, "An example: %%cloudtrail %s %s", question, kinds[wanted].example);
    }
    (void)error_set(err, ERROR_USAGE, "%s is %s, not %s", text, what_is(text, kind),
                    kinds[wanted].article);
    return error_hint(err, "Did you mean: %%cloudtrail %s %s", question_for(kind), text);
}

/* A word's condition for one target and for a family; the condition {by} of one target depends on
 * its kind. {credentials}, {instances} and {member} are question.c's. */
static const struct {
    const char *word, *target, *family;
} conditions[] = {
    {"by", NULL, "{key} IN {credentials}"},
    {"flow",
     "({from_instance} = {target} OR {to_instance} = {target} OR {from_address} = {target} OR "
     "{to_address} = {target} OR {from_interface} = {target} OR {to_interface} = {target})",
     "({from_instance} IN {instances} OR {to_instance} IN {instances})"},
    {"dns",
     "({asking_instance} = {target} OR {asking_address} = {target} OR {hostname} = {target} OR "
     "{hostname} = {target} || '.' OR contains(', ' || {answers} || ', ', ', ' || {target} || ', "
     "'))",
     "{asking_instance} IN {instances}"},
    {"finding", "contains({resource_ids}, {target})", "{member:resource_ids}"},
};

const char *target_condition(const char *word, size_t size, enum target_scope scope,
                             enum target_kind kind)
{
    for (size_t i = 0; i < COUNT(conditions); i++) {
        if (strlen(conditions[i].word) != size || memcmp(conditions[i].word, word, size) != 0)
            continue;
        if (scope == SCOPE_ALL)
            return "TRUE";
        if (scope == SCOPE_FAMILY)
            return conditions[i].family;
        return conditions[i].target ? conditions[i].target : kinds[kind].caller;
    }
    return NULL;
}
