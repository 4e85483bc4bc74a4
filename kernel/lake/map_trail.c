/* map_trail - a CloudTrail record becomes a row. */
#include "lake/map_trail.h"

#include "base/hash.h"

#include <string.h>
#include <strings.h>

/* A member of the record, and the column its text goes to (-1: something else is done with it). */
struct member {
    const char *name;
    int column;
};

static const struct member members_table[MEMBERS] = {
    [MEMBER_EVENT_VERSION] = {"eventVersion", TRAIL_VERSION},
    [MEMBER_EVENT_CATEGORY] = {"eventCategory", TRAIL_CATEGORY},
    [MEMBER_EVENT_TYPE] = {"eventType", TRAIL_TYPE},
    [MEMBER_AWS_REGION] = {"awsRegion", TRAIL_REGION},
    [MEMBER_ERROR_CODE] = {"errorCode", TRAIL_ERROR},
    [MEMBER_ERROR_MESSAGE] = {"errorMessage", TRAIL_MESSAGE},
    [MEMBER_EVENT_NAME] = {"eventName", TRAIL_OPERATION},
    [MEMBER_API_VERSION] = {"apiVersion", TRAIL_API_VERSION},
    [MEMBER_EVENT_SOURCE] = {"eventSource", TRAIL_SERVICE},
    [MEMBER_REQUEST_ID] = {"requestID", TRAIL_REQUEST_UID},
    [MEMBER_EVENT_ID] = {"eventID", TRAIL_UID},
    [MEMBER_USER_AGENT] = {"userAgent", TRAIL_AGENT},
    [MEMBER_VPC_ENDPOINT] = {"vpcEndpointId", TRAIL_ENDPOINT},
    [MEMBER_EVENT_TIME] = {"eventTime", -1},
    [MEMBER_TIMESTAMP] = {"@timestamp", -1},
    [MEMBER_USER_IDENTITY] = {"userIdentity", -1},
    [MEMBER_ADDRESS] = {"sourceIPAddress", -1},
    [MEMBER_REQUEST] = {"requestParameters", -1},
    [MEMBER_RESPONSE] = {"responseElements", -1},
    [MEMBER_RESOURCES] = {"resources", -1},
    [MEMBER_ADDITIONAL] = {"additionalEventData", -1},
    [MEMBER_RECIPIENT] = {"recipientAccountId", -1},
    [MEMBER_MANAGEMENT] = {"managementEvent", -1},
    [MEMBER_LOOKUP] = {"CloudTrailEvent", -1},
};

static unsigned member_hash(const char *text, size_t size)
{
    return ((unsigned)size * 13u + (unsigned char)text[0] * 5u +
            (unsigned char)text[size - 1] * 3u + (unsigned char)text[size / 2] * 29u) &
           255u;
}

void mapping_init(struct mapping *mapping, struct slab *slab, int version)
{
    memset(mapping, 0, sizeof *mapping);
    mapping->slab = slab;
    mapping->version = version;
    buf_init(&mapping->scratch, (size_t)1 << 30);
    buf_init(&mapping->path, (size_t)1 << 30);
    trail_names_init(mapping->names);
    for (size_t i = 0; i < MEMBERS; i++) {
        unsigned at = member_hash(members_table[i].name, strlen(members_table[i].name));
        while (mapping->members[at]) {
            at = (at + 1) & 255u;
        }
        mapping->members[at] = (unsigned char)(i + 1);
    }
}

/* The member of a name in any case; *exact tells whether it is spelled as AWS does. */
static int member_find(const struct mapping *mapping, const struct token *name, bool *exact)
{
    if (!name->size) {
        return -1;
    }
    unsigned at = member_hash(name->text, name->size);
    for (; mapping->members[at]; at = (at + 1) & 255u) {
        const char *text = members_table[mapping->members[at] - 1].name;
        if (strlen(text) == name->size && strncasecmp(text, name->text, name->size) == 0) {
            *exact = memcmp(text, name->text, name->size) == 0;
            return mapping->members[at] - 1;
        }
    }
    return -1;
}

/* The record's members, found in one pass. Those without a column of their own are kept in the
   mapping, in the order in which they came. */
struct record {
    struct token members[MEMBERS];
    struct token names[MEMBERS]; /* as they were spelled */
};

static void other_add(struct mapping *mapping, const struct token *name, const struct token *value)
{
    if (mapping->other_count == mapping->other_capacity) {
        mapping->other_capacity = mapping->other_capacity ? mapping->other_capacity * 2 : 64;
        mapping->others =
            xrealloc(mapping->others, mapping->other_capacity * sizeof *mapping->others);
    }
    mapping->others[mapping->other_count].name = *name;
    mapping->others[mapping->other_count].value = *value;
    mapping->other_count++;
}

/* Of a name in two spellings AWS's own has the column. */
static void member_set(struct mapping *mapping, struct record *record, const struct token *name,
                       const struct token *value)
{
    bool exact = false;
    int member = member_find(mapping, name, &exact);
    if (member < 0 || (!exact && record->members[member].text)) {
        other_add(mapping, name, value);
        return;
    }
    bool same = record->members[member].text && record->names[member].size == name->size &&
                memcmp(record->names[member].text, name->text, name->size) == 0;
    if (record->members[member].text && !same) {
        other_add(mapping, &record->names[member], &record->members[member]);
    }
    record->members[member] = *value;
    record->names[member] = *name;
}

static bool record_read(struct mapping *mapping, struct cursor *cursor, struct record *record)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        record->members[i].text = NULL;
        record->members[i].size = 0;
    }
    mapping->other_count = 0;
    bool first = true;
    bool ok = cursor_open(cursor, '{');
    while (ok && cursor_more(cursor, '}', &first, &ok)) {
        struct token name;
        struct token value;
        ok = cursor_name(cursor, &name) && cursor_value(cursor, &value);
        if (ok) {
            member_set(mapping, record, &name, &value);
        }
    }
    return ok;
}

static bool present(const struct token *token)
{
    return token->text && token->kind != TOKEN_NULL;
}

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

static bool token_true(const struct token *token)
{
    return token->kind == TOKEN_TRUE || token_is(token, "true") || token_is(token, "True") ||
           token_is(token, "TRUE");
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
        if (!ok || name.size > 512) {
            continue;
        }
        memcpy(path + base, name.text, name.size);
        size_t size = base + name.size;
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

static void put_identity(struct mapping *mapping, const struct token *identity)
{
    if (!present(identity)) {
        return;
    }
    if (identity->kind != TOKEN_OBJECT) {
        flatten(mapping, "userIdentity", 12, identity);
        return;
    }
    char path[2048] = IDENTITY;
    identity_walk(mapping, identity, path, IDENTITY_SIZE);
}

static void put_address(struct mapping *mapping, const struct token *address)
{
    if (present(address)) {
        struct writer_value text = map_text_of(mapping, address);
        bool ip = map_is_address(text.text, text.size);
        map_put_text(mapping, ip ? TRAIL_ADDRESS : TRAIL_DOMAIN, text.text, text.size);
    }
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
            size_t size = name.size < 512 ? name.size : 512;
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

static void put_resources(struct mapping *mapping, int class_uid, const struct token *resources)
{
    bool list = present(resources) && resources->kind == TOKEN_ARRAY;
    if (present(resources) && (class_uid != CLASS_API || !list)) {
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
static void put_additional(struct mapping *mapping, int class_uid, const struct token *additional)
{
    if (!present(additional)) {
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

static void put_parameters(struct mapping *mapping, const struct record *record,
                           const struct trail_target *target)
{
    static const struct {
        enum trail_member member;
        int column;
        const char *name;
    } both[] = {{MEMBER_REQUEST, TRAIL_REQUEST, "requestParameters"},
                {MEMBER_RESPONSE, TRAIL_RESPONSE, "responseElements"}};
    for (size_t i = 0; i < COUNT(both); i++) {
        const struct token *value = &record->members[both[i].member];
        if (!present(value)) {
            continue;
        }
        if (mapping->version == 1) {
            flatten(mapping, both[i].name, strlen(both[i].name), value);
        } else {
            struct writer_value text = map_json_of(mapping, value);
            map_put_text(mapping, both[i].column, text.text, text.size);
        }
    }
    for (size_t i = 0; mapping->version == 1 && i < target->used_count; i++) {
        flatten_drop(mapping, target->used[i]);
    }
}

static void put_target(struct mapping *mapping, const struct trail_target *target)
{
    const struct writer_value *values[] = {&target->arn, &target->id, &target->name};
    for (int i = 0; i < 3; i++) {
        if (values[i]->text) {
            map_put_text(mapping, TRAIL_TARGET_ARN + i, values[i]->text, values[i]->size);
        }
    }
}

static int status_of(struct mapping *mapping, int class_uid, const struct record *record)
{
    if (class_uid != CLASS_AUTHENTICATION) {
        return present(&record->members[MEMBER_ERROR_CODE]) ? 2 : 1;
    }
    struct token login;
    if (!token_at(&record->members[MEMBER_RESPONSE], "ConsoleLogin", &login)) {
        return 0;
    }
    flatten_drop(mapping, "responseElements.ConsoleLogin");
    return token_is(&login, "Success") ? 1 : token_is(&login, "Failure") ? 2 : 0;
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

static void put_observables(struct mapping *mapping)
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

/* The time of the event; false with the problem named if there is none. */
static bool put_time(struct mapping *mapping, const struct record *record, struct event *out)
{
    const struct token *time = &record->members[MEMBER_EVENT_TIME];
    time = present(time) ? time : &record->members[MEMBER_TIMESTAMP];
    if (!present(time)) {
        mapping->problem = "no eventTime";
        return false;
    }
    if (!map_time_of(time, &out->time)) {
        mapping->problem = "eventTime is not a time";
        return false;
    }
    map_put_number(mapping, TRAIL_TIME, out->time);
    return true;
}

static struct writer_value value_or_none(const struct mapping *mapping, int column)
{
    bool there = mapping->present >> column & 1;
    return there ? mapping->values[column] : (struct writer_value){.text = "", .size = 0};
}

/* Whose event it is, and which table it goes to. */
static void put_place(struct mapping *mapping, const struct record *record, struct event *out)
{
    const struct token *recipient = &record->members[MEMBER_RECIPIENT];
    if (present(recipient)) {
        flatten(mapping, "recipientAccountId", 18, recipient);
        map_put_token(mapping, TRAIL_ACCOUNT, recipient);
    } else if (mapping->present >> TRAIL_USER_ACCOUNT & 1) {
        const struct writer_value *account = &mapping->values[TRAIL_USER_ACCOUNT];
        map_put_text(mapping, TRAIL_ACCOUNT, account->text, account->size);
    }
    const struct token *management = &record->members[MEMBER_MANAGEMENT];
    if (present(management)) {
        flatten(mapping, "managementEvent", 15, management);
    }
    bool data = token_is(&record->members[MEMBER_EVENT_CATEGORY], "Data") ||
                (management->text && management->kind == TOKEN_FALSE);
    bool s3 = token_is(&record->members[MEMBER_EVENT_SOURCE], "s3.amazonaws.com");
    bool lambda = token_is(&record->members[MEMBER_EVENT_SOURCE], "lambda.amazonaws.com");
    out->source = data && s3 ? MAP_S3_DATA : data && lambda ? MAP_LAMBDA : MAP_TRAIL;
    out->account = value_or_none(mapping, TRAIL_ACCOUNT);
    out->region = value_or_none(mapping, TRAIL_REGION);
    out->id = value_or_none(mapping, TRAIL_UID);
}

static bool is_trail(const struct record *record)
{
    const struct token *members = record->members;
    if (members[MEMBER_LOOKUP].text) {
        return false; /* output of lookup-events: the record is the text within it */
    }
    return present(&members[MEMBER_EVENT_NAME]) &&
           members[MEMBER_EVENT_NAME].kind == TOKEN_STRING &&
           present(&members[MEMBER_EVENT_SOURCE]) &&
           (members[MEMBER_USER_IDENTITY].text || members[MEMBER_EVENT_VERSION].text ||
            members[MEMBER_EVENT_TIME].text || members[MEMBER_AWS_REGION].text);
}

/* A record without an id gets one made of its bytes, so that it is told when it comes again. */
static void put_made_id(struct mapping *mapping, const char *from, const char *to)
{
    unsigned char hash[HASH_SIZE];
    char text[HASH_HEX_SIZE + 8] = "sha256:";
    hash_sha256(from, (size_t)(to - from), hash);
    hash_hex(hash, HASH_SIZE / 2, text + 7);
    size_t size = strlen(text);
    map_put_text(mapping, TRAIL_UID, slab_text(mapping->slab, text, size), size);
}

enum map_result map_trail(struct mapping *mapping, struct cursor *cursor, struct event *out)
{
    struct record record;
    const char *from = cursor->at;
    if (!record_read(mapping, cursor, &record)) {
        return MAP_BROKEN;
    }
    if (!is_trail(&record)) {
        return MAP_OTHER;
    }
    map_begin(mapping);
    if (!put_time(mapping, &record, out)) {
        return MAP_REFUSED;
    }
    for (size_t i = 0; i < MEMBERS; i++) {
        if (members_table[i].column >= 0) {
            map_put_token(mapping, members_table[i].column, &record.members[i]);
        }
    }
    if (!(mapping->present >> TRAIL_UID & 1)) {
        put_made_id(mapping, from, cursor->at);
    }
    int class_uid = trail_class(mapping->names, &mapping->values[TRAIL_OPERATION]);
    map_put_number(mapping, TRAIL_CLASS, class_uid);
    map_put_number(mapping, TRAIL_ACTIVITY,
                   trail_activity(class_uid, &mapping->values[TRAIL_OPERATION]));
    put_identity(mapping, &record.members[MEMBER_USER_IDENTITY]);
    put_address(mapping, &record.members[MEMBER_ADDRESS]);
    struct trail_target target;
    trail_target(mapping, class_uid, record.members, &target);
    put_target(mapping, &target);
    put_parameters(mapping, &record, &target);
    map_put_number(mapping, TRAIL_STATUS, status_of(mapping, class_uid, &record));
    put_resources(mapping, class_uid, &record.members[MEMBER_RESOURCES]);
    put_additional(mapping, class_uid, &record.members[MEMBER_ADDITIONAL]);
    put_place(mapping, &record, out);
    if (mapping->version == 1) {
        const struct token *type = &record.members[MEMBER_EVENT_TYPE];
        if (present(type)) {
            flatten(mapping, "eventType", 9, type);
        }
    }
    for (size_t i = 0; i < mapping->other_count; i++) {
        struct writer_value name = map_text_of(mapping, &mapping->others[i].name);
        flatten(mapping, name.text, name.size, &mapping->others[i].value);
    }
    flatten_put(mapping, TRAIL_UNMAPPED);
    put_observables(mapping);
    map_end(mapping, out);
    return MAP_ROW;
}
