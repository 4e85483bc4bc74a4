#include "response/aim.h"

#include <arpa/inet.h>
#include <string.h>

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* IAM's unique ids that are no credentials. */
static const struct {
    const char *prefix, *what, *instead;
} ids[] = {
    {"AIDA", "the id of a user", "%cloudtrail user shows its name: contain that."},
    {"AROA", "the id of a role", "%cloudtrail role shows its name: contain role/NAME."},
    {"AIPA", "the id of an instance profile",
     "Contain its role, or credentials/i-... of an instance."},
    {"AGPA", "the id of a group", "Contain group/NAME."},
    {"ANPA", "the id of a policy", "Contain who has it."},
};

/* Parts of ARNs that are nobody's to contain. */
static const struct {
    const char *part, *what, *instead;
} arns[] = {
    {":root", "the root user of an account",
     "Nothing in an account denies root anything. Sign in as root, change its password, delete its "
     "keys; from the organization an SCP can fence the account."},
    {":role/aws-service-role/", "a service's own role, which AWS alone changes",
     "Contain whoever has the service act."},
    {":policy/", "a policy", "Contain the users and roles that have it."},
    {":mfa/", "an MFA device", "Contain its user; %eradicate takes a device away."},
    {":instance-profile/", "an instance profile",
     "Contain its role, or credentials/i-... of an instance."},
};

static bool is_id(const char *text, const char *prefix)
{
    size_t size = strlen(text);
    return size >= 16 && strncmp(text, prefix, 4) == 0 && strspn(text, CAPITALS) == size;
}

static bool is_address(const char *text)
{
    unsigned char bytes[16];
    char copy[64];
    size_t size = strcspn(text, "/");
    if (size >= sizeof copy)
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    return inet_pton(AF_INET, copy, bytes) == 1 || inet_pton(AF_INET6, copy, bytes) == 1;
}

static bool refuse(const char *text, const char *what, const char *instead, struct error *err)
{
    (void)error_set(err, ERROR_USAGE, "%s is %s", text, what);
    return error_hint(err, "%s", instead);
}

bool aim_check(const char *text, struct error *err)
{
    for (size_t i = 0; i < COUNT(ids); i++)
        if (is_id(text, ids[i].prefix))
            return refuse(text, ids[i].what, ids[i].instead, err);
    for (size_t i = 0; i < COUNT(arns); i++)
        if (strncmp(text, "arn:", 4) == 0 && strstr(text, arns[i].part))
            return refuse(text, arns[i].what, arns[i].instead, err);
    if (is_address(text))
        return refuse(text, "an address, which has no access of its own",
                      "%cloudtrail address shows the keys and roles that were used from there: "
                      "contain those.",
                      err);
    if (strcmp(text, "root") == 0)
        return refuse(text, arns[0].what, arns[0].instead, err);
    return true;
}

bool aim_unknown(const char *text, struct error *err)
{
    (void)error_set(err, ERROR_USAGE, "\"%s\" is nothing that can be contained", text);
    return error_hint(err, "Targets are access keys (AKIA...), sessions (ASIA..., their ARNs), "
                           "users, role/NAME, group/NAME, ARNs, credentials/i-..., instances, "
                           "security groups (sg-...), snapshots (snap-...), buckets, and @RESULT.");
}
