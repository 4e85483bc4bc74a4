/* map_trail_parts - the members of a CloudTrail record that are objects or lists, and the
 * observables made of the columns. */
#include "ingest/map_trail.h"

#include "base/text.h"

#include <string.h>

#define NAME_MOST 512 /* bytes of a name within a path of these objects; a longer one is cut */

/* userIdentity's members by their dotted path: a column, or -1 for those that are handled by their
 * own lines. */
struct identity_member {
    const char *path;
    int column;
};

static const struct identity_member identity_members[] = {
    {"type", TRAIL_USER_TYPE},
    {"principalId", TRAIL_USER_PRINCIPAL},
    {"arn", TRAIL_USER_ARN},
    {"accountId", TRAIL_USER_ACCOUNT},
    {"accessKeyId", TRAIL_USER_KEY},
    {"userName", TRAIL_USER_NAME},
    {"invokedBy", TRAIL_INVOKED_BY},
    {"identityProvider", TRAIL_IDP},
    {"sessionContext.sessionIssuer.arn", TRAIL_SESSION_ISSUER},
    {"sessionContext.webIdFederationData.federatedProvider", TRAIL_IDP},
    {"sessionContext.attributes.creationDate", TRAIL_SESSION_CREATED},
    {"sessionContext.attributes.mfaAuthenticated", TRAIL_SESSION_MFA},
};

static const struct identity_member *identity_find(const char *path, size_t size)
{
    for (size_t i = 0; i < COUNT(identity_members); i++) {
        const char *text = identity_members[i].path;
        if (text[0] == path[0] && strlen(text) == size && memcmp(text, path, size) == 0) {
            return &identity_members[i];
        }
    }
    return NULL;
}

/* Puts one member of userIdentity where it belongs; false if it has no column. */
static bool identity_put(struct mapping *mapping, const char *path, size_t size,
                         const struct token *value)
{
    const struct identity_member *member = identity_find(path, size);
    if (!member || value->kind == TOKEN_OBJECT || value->kind == TOKEN_ARRAY) {
        return false;
    }
    if (member->column == TRAIL_SESSION_CREATED) {
        int64_t time = 0;
        if (map_time_of(value, &time)) {
            map_put_number(mapping, TRAIL_SESSION_CREATED, time);
            return true;
        }
        return value->kind == TOKEN_NULL;
    }
    if (member->column == TRAIL_SESSION_MFA) {
        if (value->kind != TOKEN_NULL) {
            map_put_number(mapping, TRAIL_SESSION_MFA, token_true(value));
        }
        return true;
    }
    map_put_token(mapping, member->column, value);
    return true;
}

#define IDENTITY "userIdentity."
#define IDENTITY_SIZE (sizeof IDENTITY - 1)

/* Walks userIdentity and the objects within it that hold columns; `path` is written from `base` on.
 */
static void identity_walk(struct mapping *mapping, const struct token *object, char *path,
                          size_t base)
{
    struct cursor cursor = {.at = object->text, .end = object->text + object->size};
    bool first = true;
    bool ok = cursor_open(&cursor, '{');
    while (ok && cursor_more(&cursor, '}', &first, &ok)) {
        struct token name;
        struct token value;
        ok = cursor_name(&cursor, &name) && cursor_value(&cursor, &value);
        if (!ok) {
            break;
        }
        size_t fits = text_cut(name.text, name.size, NAME_MOST);
        memcpy(path + base, name.text, fits);
        size_t size = base + fits;
        const char *below = path + IDENTITY_SIZE;
        size_t below_size = size - IDENTITY_SIZE;
        if (identity_put(mapping, below, below_size, &value)) {
            continue;
        }
        bool deeper = below_size >= 14 && memcmp(below, "sessionContext", 14) == 0;
        if (value.kind == TOKEN_OBJECT && deeper && base < 64) {
            path[size] = '.';
            identity_walk(mapping, &value, path, size + 1);
        } else {
            flatten(mapping, path, size, &value);
        }
    }
}

void trail_put_identity(struct mapping *mapping, const struct token *identity)
{
    if (!token_present(identity)) {
        return;
    }
    if (identity->kind != TOKEN_OBJECT) {
        flatten(mapping, "userIdentity", 12, identity);
        return;
    }
    char path[2048] = IDENTITY;
    identity_walk(mapping, identity, path, IDENTITY_SIZE);
}

/* One resource: three leaves. What else it holds goes to unmapped. */
static void resource_read(struct mapping *mapping, const struct token *object,
                          struct writer_value *leaves)
{
    struct cursor cursor = {.at = object->text, .end = object->text + object->size};
    bool first = true;
    bool ok = cursor_open(&cursor, '{');
    while (ok && cursor_more(&cursor, '}', &first, &ok)) {
        struct token name;
        struct token value;
        ok = cursor_name(&cursor, &name) && cursor_value(&cursor, &value);
        if (!ok) {
            break;
        }
        int leaf = token_is(&name, "ARN")         ? 0
                   : token_is(&name, "accountId") ? 1
                   : token_is(&name, "type")      ? 2
                                                  : -1;
        if (leaf >= 0) {
            leaves[leaf] = map_text_of(mapping, &value);
        } else {
            char path[600] = "resources[].";
            size_t size = text_cut(name.text, name.size, NAME_MOST);
            memcpy(path + 12, name.text, size);
            flatten(mapping, path, 12 + size, &value);
        }
    }
}

#define RESOURCES_MOST 100000

static size_t count_elements(const struct token *array)
{
    struct cursor cursor = {.at = array->text, .end = array->text + array->size};
    bool first = true;
    bool ok = cursor_open(&cursor, '[');
    size_t count = 0;
    while (ok && cursor_more(&cursor, ']', &first, &ok)) {
        struct token value;
        ok = cursor_value(&cursor, &value);
        count += ok && value.kind == TOKEN_OBJECT;
    }
    return count;
}

void trail_put_resources(struct mapping *mapping, int class_uid, const struct token *resources)
{
    bool list = token_present(resources) && resources->kind == TOKEN_ARRAY;
    if (token_present(resources) && (class_uid != CLASS_API || !list)) {
        flatten(mapping, "resources", 9, resources);
    }
    if (class_uid != CLASS_API) {
        return;
    }
    size_t count = list ? count_elements(resources) : 0;
    count = count < RESOURCES_MOST ? count : RESOURCES_MOST;
    struct writer_value *items = slab_take(mapping->slab, count * 3 * sizeof *items);
    for (size_t i = 0; i < count * 3; i++) {
        items[i] = (struct writer_value){.null = true};
    }
    size_t filled = 0;
    if (count) {
        struct cursor cursor = {.at = resources->text, .end = resources->text + resources->size};
        bool first = true;
        bool ok = cursor_open(&cursor, '[');
        while (ok && filled < count && cursor_more(&cursor, ']', &first, &ok)) {
            struct token value;
            ok = cursor_value(&cursor, &value);
            if (ok && value.kind == TOKEN_OBJECT) {
                resource_read(mapping, &value, items + 3 * filled++);
            }
        }
    }
    mapping->values[TRAIL_RESOURCES] =
        (struct writer_value){.items = items, .size = (uint32_t)filled};
    mapping->present |= (uint64_t)1 << TRAIL_RESOURCES;
}

/* LoginTo and MFAUsed of logins have columns. */
void trail_put_additional(struct mapping *mapping, int class_uid, const struct token *additional)
{
    if (!token_present(additional)) {
        return;
    }
    flatten(mapping, "additionalEventData", 19, additional);
    if (class_uid != CLASS_AUTHENTICATION) {
        return;
    }
    struct token value;
    if (token_at(additional, "LoginTo", &value)) {
        map_put_token(mapping, TRAIL_LOGIN_TO, &value);
        flatten_drop(mapping, "additionalEventData.LoginTo");
    }
    if (token_at(additional, "MFAUsed", &value)) {
        map_put_number(mapping, TRAIL_MFA_USED, token_is(&value, "Yes") || token_true(&value));
        flatten_drop(mapping, "additionalEventData.MFAUsed");
    }
}

struct observable {
    int column;
    const char *name, *type;
    int type_id;
};

static const struct observable observables[] = {
    {TRAIL_USER_NAME, "actor.user.name", "User Name", 4},
    {TRAIL_ADDRESS, "src_endpoint.ip", "IP Address", 2},
    {TRAIL_DOMAIN, "src_endpoint.domain", "Hostname", 1},
    {TRAIL_RESOURCES, "resources[].uid", "Resource UID", 10},
    {TRAIL_TARGET_NAME, "user.name", "User Name", 4},
};

static struct writer_value *observable_add(struct writer_value *at, const struct observable *row,
                                           const struct writer_value *value)
{
    at[0] = (struct writer_value){.text = row->name, .size = (uint32_t)strlen(row->name)};
    at[1] = *value;
    at[2] = (struct writer_value){.text = row->type, .size = (uint32_t)strlen(row->type)};
    at[3] = (struct writer_value){.number = row->type_id};
    return at + 4;
}

void trail_put_observables(struct mapping *mapping)
{
    uint64_t resources = (uint64_t)1 << TRAIL_RESOURCES;
    const struct writer_value *list = &mapping->values[TRAIL_RESOURCES];
    size_t most = COUNT(observables) + (mapping->present & resources ? list->size : 0);
    struct writer_value *items = slab_take(mapping->slab, most * 4 * sizeof *items);
    struct writer_value *at = items;
    for (size_t i = 0; i < COUNT(observables); i++) {
        const struct observable *row = &observables[i];
        if (!(mapping->present >> row->column & 1)) {
            continue;
        }
        if (row->column != TRAIL_RESOURCES) {
            at = observable_add(at, row, &mapping->values[row->column]);
            continue;
        }
        for (size_t k = 0; k < list->size; k++) {
            if (!list->items[k * 3].null) {
                at = observable_add(at, row, &list->items[k * 3]);
            }
        }
    }
    mapping->values[TRAIL_OBSERVABLES] =
        (struct writer_value){.items = items, .size = (uint32_t)((size_t)(at - items) / 4)};
    mapping->present |= (uint64_t)1 << TRAIL_OBSERVABLES;
}
