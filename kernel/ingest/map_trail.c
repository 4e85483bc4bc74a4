/* map_trail - a CloudTrail record becomes a row. */
#include "ingest/map_trail.h"

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

/* Names are found in any case, so bit 5 is set in every letter. */
static unsigned member_hash(const char *text, size_t size)
{
    unsigned first = (unsigned char)text[0] | 0x20u;
    unsigned last = (unsigned char)text[size - 1] | 0x20u;
    unsigned middle = (unsigned char)text[size / 2] | 0x20u;
    return ((unsigned)size * 13u + first * 5u + last * 3u + middle * 29u) & 255u;
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

static void put_address(struct mapping *mapping, const struct token *address)
{
    if (token_present(address)) {
        struct writer_value text = map_text_of(mapping, address);
        bool ip = map_is_address(text.text, text.size);
        map_put_text(mapping, ip ? TRAIL_ADDRESS : TRAIL_DOMAIN, text.text, text.size);
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
        if (!token_present(value)) {
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
        return token_present(&record->members[MEMBER_ERROR_CODE]) ? 2 : 1;
    }
    struct token login;
    if (!token_at(&record->members[MEMBER_RESPONSE], "ConsoleLogin", &login)) {
        return 0;
    }
    flatten_drop(mapping, "responseElements.ConsoleLogin");
    return token_is(&login, "Success") ? 1 : token_is(&login, "Failure") ? 2 : 0;
}

/* The time of the event; false with the problem named if there is none. */
static bool put_time(struct mapping *mapping, const struct record *record, struct event *out)
{
    const struct token *time = &record->members[MEMBER_EVENT_TIME];
    time = token_present(time) ? time : &record->members[MEMBER_TIMESTAMP];
    if (!token_present(time)) {
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
    if (token_present(recipient)) {
        flatten(mapping, "recipientAccountId", 18, recipient);
        map_put_token(mapping, TRAIL_ACCOUNT, recipient);
    } else if (mapping->present >> TRAIL_USER_ACCOUNT & 1) {
        const struct writer_value *account = &mapping->values[TRAIL_USER_ACCOUNT];
        map_put_text(mapping, TRAIL_ACCOUNT, account->text, account->size);
    }
    const struct token *management = &record->members[MEMBER_MANAGEMENT];
    if (token_present(management)) {
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
    return token_present(&members[MEMBER_EVENT_NAME]) &&
           members[MEMBER_EVENT_NAME].kind == TOKEN_STRING &&
           token_present(&members[MEMBER_EVENT_SOURCE]) &&
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
    trail_put_identity(mapping, &record.members[MEMBER_USER_IDENTITY]);
    put_address(mapping, &record.members[MEMBER_ADDRESS]);
    struct trail_target target;
    trail_target(mapping, class_uid, record.members, &target);
    put_target(mapping, &target);
    put_parameters(mapping, &record, &target);
    map_put_number(mapping, TRAIL_STATUS, status_of(mapping, class_uid, &record));
    trail_put_resources(mapping, class_uid, &record.members[MEMBER_RESOURCES]);
    trail_put_additional(mapping, class_uid, &record.members[MEMBER_ADDITIONAL]);
    put_place(mapping, &record, out);
    if (mapping->version == 1) {
        const struct token *type = &record.members[MEMBER_EVENT_TYPE];
        if (token_present(type)) {
            flatten(mapping, "eventType", 9, type);
        }
    }
    for (size_t i = 0; i < mapping->other_count; i++) {
        struct writer_value name = map_text_of(mapping, &mapping->others[i].name);
        flatten(mapping, name.text, name.size, &mapping->others[i].value);
    }
    flatten_put(mapping, TRAIL_UNMAPPED);
    trail_put_observables(mapping);
    map_end(mapping, out);
    return MAP_ROW;
}
