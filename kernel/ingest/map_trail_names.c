/* map_trail_names - which class and activity of OCSF an operation of CloudTrail is.
 *
 * Security Lake's own list is not published; this is the community's (ocsf/examples), which agrees
 * with every published pair. A question about IAM changes must not rely on the class: see the field
 * map.
 */
#include "ingest/map_trail.h"

#include <string.h>

struct class_name {
    const char *name;
    int class_uid;
};

static const struct class_name class_names[] = {
    {"ConsoleLogin", CLASS_AUTHENTICATION},
    {"ExternalIdPDirectoryLogin", CLASS_AUTHENTICATION},
    {"CheckMfa", CLASS_AUTHENTICATION},
    {"CredentialChallenge", CLASS_AUTHENTICATION},
    {"CredentialVerification", CLASS_AUTHENTICATION},
    {"UserAuthentication", CLASS_AUTHENTICATION},
    {"AssumeRole", CLASS_AUTHENTICATION},
    {"AssumeRoleWithSAML", CLASS_AUTHENTICATION},
    {"AssumeRoleWithWebIdentity", CLASS_AUTHENTICATION},
    {"UpdateRole", CLASS_ACCOUNT},
    {"AttachUserPolicy", CLASS_ACCOUNT},
    {"PutRolePermissionsBoundary", CLASS_ACCOUNT},
    {"DeletePolicy", CLASS_ACCOUNT},
    {"RemoveUserFromGroup", CLASS_ACCOUNT},
    {"ChangePassword", CLASS_ACCOUNT},
    {"CreateAccessKey", CLASS_ACCOUNT},
    {"AttachGroupPolicy", CLASS_ACCOUNT},
    {"ResyncMFADevice", CLASS_ACCOUNT},
    {"DeleteRolePolicy", CLASS_ACCOUNT},
    {"PutUserPermissionsBoundary", CLASS_ACCOUNT},
    {"CreateUser", CLASS_ACCOUNT},
    {"CreateServiceLinkedRole", CLASS_ACCOUNT},
    {"PutRolePolicy", CLASS_ACCOUNT},
    {"DetachGroupPolicy", CLASS_ACCOUNT},
    {"UpdateAccessKey", CLASS_ACCOUNT},
    {"CreateInstanceProfile", CLASS_ACCOUNT},
    {"CreateRole", CLASS_ACCOUNT},
    {"DeleteUserPermissionsBoundary", CLASS_ACCOUNT},
    {"DeleteAccountAlias", CLASS_ACCOUNT},
    {"PutGroupPolicy", CLASS_ACCOUNT},
    {"CreateLoginProfile", CLASS_ACCOUNT},
    {"DeleteGroupPolicy", CLASS_ACCOUNT},
    {"DeleteLoginProfile", CLASS_ACCOUNT},
    {"DeleteUserPolicy", CLASS_ACCOUNT},
    {"DeactivateMFADevice", CLASS_ACCOUNT},
    {"RemoveRoleFromInstanceProfile", CLASS_ACCOUNT},
    {"UpdateUser", CLASS_ACCOUNT},
    {"EnableMFADevice", CLASS_ACCOUNT},
    {"DeleteUser", CLASS_ACCOUNT},
    {"AddRoleToInstanceProfile", CLASS_ACCOUNT},
    {"UpdateAccountEmailAddress", CLASS_ACCOUNT},
    {"UpdateRoleDescription", CLASS_ACCOUNT},
    {"DetachUserPolicy", CLASS_ACCOUNT},
    {"UpdateAssumeRolePolicy", CLASS_ACCOUNT},
    {"DeleteGroup", CLASS_ACCOUNT},
    {"DeleteServiceLinkedRole", CLASS_ACCOUNT},
    {"DeleteAccessKey", CLASS_ACCOUNT},
    {"AddUserToGroup", CLASS_ACCOUNT},
    {"DeleteVirtualMFADevice", CLASS_ACCOUNT},
    {"FinalizeSmsMfaRegistration", CLASS_ACCOUNT},
    {"DeleteRolePermissionsBoundary", CLASS_ACCOUNT},
    {"DetachRolePolicy", CLASS_ACCOUNT},
    {"DeleteInstanceProfile", CLASS_ACCOUNT},
    {"UpdateGroup", CLASS_ACCOUNT},
    {"UpdateLoginProfile", CLASS_ACCOUNT},
    {"RequestSmsMfaRegistration", CLASS_ACCOUNT},
    {"DeleteRole", CLASS_ACCOUNT},
    {"PutUserPolicy", CLASS_ACCOUNT},
    {"CreateVirtualMFADevice", CLASS_ACCOUNT},
    {"AttachRolePolicy", CLASS_ACCOUNT},
    {"EmailUpdated", CLASS_ACCOUNT},
    {"AccountNameUpdated", CLASS_ACCOUNT},
    {"PasswordUpdated", CLASS_ACCOUNT},
    {"DeleteAccountPasswordPolicy", CLASS_ACCOUNT},
    {"UpdateAccountPasswordPolicy", CLASS_ACCOUNT},
    {"UpdateAccountName", CLASS_ACCOUNT},
    {"TagInstanceProfile", CLASS_ACCOUNT},
    {"TagRole", CLASS_ACCOUNT},
    {"TagUser", CLASS_ACCOUNT},
    {"UntagInstanceProfile", CLASS_ACCOUNT},
    {"UntagRole", CLASS_ACCOUNT},
    {"UntagUser", CLASS_ACCOUNT},
    {"CreateAccountAlias", CLASS_ACCOUNT},
};

static unsigned name_hash(const char *text, size_t size)
{
    unsigned hash = (unsigned)size * 7u;
    hash += (unsigned char)text[0] * 31u + (unsigned char)text[size - 1] * 17u +
            (unsigned char)text[size / 2] * 131u;
    return (hash ^ hash >> 8) & 255u;
}

void trail_names_init(unsigned char table[256])
{
    memset(table, 0, 256);
    for (size_t i = 0; i < COUNT(class_names); i++) {
        unsigned at = name_hash(class_names[i].name, strlen(class_names[i].name));
        while (table[at]) {
            at = (at + 1) & 255u;
        }
        table[at] = (unsigned char)(i + 1);
    }
}

int trail_class(const unsigned char table[256], const struct writer_value *operation)
{
    if (!operation->size) {
        return CLASS_API;
    }
    unsigned at = name_hash(operation->text, operation->size);
    for (; table[at]; at = (at + 1) & 255u) {
        const struct class_name *name = &class_names[table[at] - 1];
        if (strlen(name->name) == operation->size &&
            memcmp(name->name, operation->text, operation->size) == 0) {
            return name->class_uid;
        }
    }
    return CLASS_API;
}

/* Activity by what the operation's name begins with; the first row that fits counts. */
struct prefix {
    const char *text;
    int activity;
};

#define OTHER 99

static const struct prefix api_prefixes[] = {
    {"Create", 1},       {"Run", 1},        {"Generate", 1},  {"Get", 2},    {"List", 2},
    {"Describe", 2},     {"Search", 2},     {"Lookup", 2},    {"Update", 3}, {"Put", 3},
    {"Modify", 3},       {"Add", 3},        {"Remove", 3},    {"Start", 3},  {"Stop", 3},
    {"Attach", 3},       {"Detach", 3},     {"Associate", 3}, {"Tag", 3},    {"Untag", 3},
    {"Disassociate", 3}, {"Deregister", 3}, {"Disable", 3},   {"Enable", 3}, {"Delete", 4},
    {"Set", 3},          {"Terminate", 4},  {"Register", 3},
};
static const struct prefix account_prefixes[] = {
    {"Create", 1},         {"ChangePassword", 3}, {"PasswordUpdated", 3}, {"Delete", 6},
    {"Attach", 7},         {"AddUserToGroup", 7}, {"PutUserPolicy", 7},   {"PutRolePolicy", 7},
    {"PutGroupPolicy", 7}, {"Detach", 8},         {"Remove", 8},
};
static const struct prefix login_prefixes[] = {{"ConsoleLogin", 1}, {"AssumeRole", 1}};

static int prefix_find(const struct prefix *table, size_t count,
                       const struct writer_value *operation)
{
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(table[i].text);
        if (operation->size >= size && memcmp(operation->text, table[i].text, size) == 0) {
            return table[i].activity;
        }
    }
    return OTHER;
}

int trail_activity(int class_uid, const struct writer_value *operation)
{
    if (class_uid == CLASS_ACCOUNT) {
        return prefix_find(account_prefixes, COUNT(account_prefixes), operation);
    }
    if (class_uid == CLASS_AUTHENTICATION) {
        return prefix_find(login_prefixes, COUNT(login_prefixes), operation);
    }
    return prefix_find(api_prefixes, COUNT(api_prefixes), operation);
}
