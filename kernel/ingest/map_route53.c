/* map_route53 - a query of the VPC's DNS resolver becomes a row. */
#include "ingest/map_flow.h"

#include <string.h>

struct member {
    const char *path;
    int column;
    bool number;
};

static const struct member members[] = {
    {"version", DNS_VERSION, false},
    {"account_id", DNS_ACCOUNT, false},
    {"region", DNS_REGION, false},
    {"vpc_id", DNS_VPC, false},
    {"srcaddr", DNS_IP, false},
    {"srcport", DNS_PORT, true},
    {"srcids.instance", DNS_INSTANCE, false},
    {"query_name", DNS_NAME, false},
    {"query_type", DNS_TYPE, false},
    {"query_class", DNS_CLASS, false},
    {"transport", DNS_TRANSPORT, false},
    {"srcids.resolver_endpoint", DNS_ENDPOINT, false},
    {"srcids.resolver_network_interface", DNS_ENDPOINT_INTERFACE, false},
    {"firewall_rule_group_id", DNS_RULE_GROUP, false},
};

/* Members that have columns or become part of one; all others go to unmapped. */
static const char *const taken[] = {
    "version",    "account_id", "region",    "vpc_id",  "query_timestamp",
    "query_name", "query_type", "rcode",     "answers", "query_class",
    "srcaddr",    "srcport",    "transport", "srcids",  "firewall_rule_action"};

struct named_number {
    const char *name;
    int number;
};

static const struct named_number rcodes[] = {
    {"NOERROR", 0}, {"FORMERR", 1}, {"SERVFAIL", 2}, {"NXDOMAIN", 3},
    {"NOTIMP", 4},  {"REFUSED", 5}, {"YXDOMAIN", 6}, {"YXRRSET", 7},
    {"NXRRSET", 8}, {"NOTAUTH", 9}, {"NOTZONE", 10},
};
static const struct named_number firewall_actions[] = {{"ALLOW", 1}, {"BLOCK", 2}, {"ALERT", 16}};

static int number_of(const struct named_number *table, size_t count, const struct token *token,
                     int otherwise)
{
    for (size_t i = 0; i < count; i++) {
        if (token_is(token, table[i].name)) {
            return table[i].number;
        }
    }
    return otherwise;
}

/* One answer: the leaves type, rdata, class. */
static void answer_read(struct mapping *mapping, const struct token *answer,
                        struct writer_value *leaves)
{
    static const char *const names[] = {"Type", "Rdata", "Class"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct token value;
        leaves[i] = (struct writer_value){.null = true};
        if (token_at(answer, names[i], &value)) {
            leaves[i] = map_text_of(mapping, &value);
        }
    }
}

#define ANSWERS_MOST 1000

/* A list of answers; a single one is taken as a list of one. */
static void put_answers(struct mapping *mapping, const struct token *answers)
{
    struct writer_value *items = slab_take(mapping->slab, 3 * ANSWERS_MOST * sizeof *items);
    size_t count = 0;
    if (answers->kind == TOKEN_OBJECT) {
        answer_read(mapping, answers, items);
        count = 1;
    } else if (answers->kind == TOKEN_ARRAY) {
        struct cursor cursor = {.at = answers->text, .end = answers->text + answers->size};
        bool first = true;
        bool ok = cursor_open(&cursor, '[');
        while (ok && count < ANSWERS_MOST && cursor_more(&cursor, ']', &first, &ok)) {
            struct token value;
            ok = cursor_value(&cursor, &value);
            if (ok && value.kind == TOKEN_OBJECT) {
                answer_read(mapping, &value, items + 3 * count++);
            }
        }
    }
    map_put_items(mapping, DNS_ANSWERS, items, count);
}

static void put_rest(struct mapping *mapping, const struct token *record)
{
    struct cursor cursor = {.at = record->text, .end = record->text + record->size};
    bool first = true;
    bool ok = cursor_open(&cursor, '{');
    while (ok && cursor_more(&cursor, '}', &first, &ok)) {
        struct token name;
        struct token value;
        ok = cursor_name(&cursor, &name) && cursor_value(&cursor, &value);
        bool known = !ok;
        for (size_t i = 0; !known && i < COUNT(taken); i++) {
            known = token_is(&name, taken[i]);
        }
        if (!known) {
            flatten(mapping, name.text, name.size, &value);
        }
    }
}

static void put_observables(struct mapping *mapping)
{
    struct writer_value *items = slab_take(mapping->slab, 8 * sizeof *items);
    struct writer_value *at = items;
    if (mapping->present >> DNS_NAME & 1) {
        at = map_observable(at, "query.hostname", &mapping->values[DNS_NAME], "Hostname", 1);
    }
    if (mapping->present >> DNS_IP & 1) {
        at = map_observable(at, "src_endpoint.ip", &mapping->values[DNS_IP], "IP Address", 2);
    }
    map_put_items(mapping, DNS_OBSERVABLES, items, (size_t)(at - items) / 4);
}

static struct writer_value or_none(const struct mapping *mapping, int column)
{
    bool there = mapping->present >> column & 1;
    return there ? mapping->values[column] : (struct writer_value){.text = "", .size = 0};
}

static void put_members(struct mapping *mapping, const struct token *record)
{
    for (size_t i = 0; i < COUNT(members); i++) {
        struct token value;
        if (!token_at(record, members[i].path, &value)) {
            continue;
        }
        struct writer_value text = map_text_of(mapping, &value);
        int64_t number = 0;
        if (!members[i].number) {
            map_put_text(mapping, members[i].column, text.text, text.size);
        } else if (map_number_of(&text, &number) && number <= 65535) {
            map_put_number(mapping, members[i].column, number);
        }
    }
    struct token value;
    if (token_at(record, "rcode", &value)) {
        map_put_number(mapping, DNS_RCODE, number_of(rcodes, COUNT(rcodes), &value, 99));
    }
    bool fired = token_at(record, "firewall_rule_action", &value);
    map_put_number(mapping, DNS_FIREWALL,
                   fired ? number_of(firewall_actions, COUNT(firewall_actions), &value, 0) : 0);
    if (token_at(record, "answers", &value)) {
        put_answers(mapping, &value);
    }
}

enum map_result map_route53(struct mapping *mapping, struct cursor *cursor, struct event *out)
{
    struct token record;
    if (!cursor_value(cursor, &record)) {
        return MAP_BROKEN;
    }
    struct token time;
    struct token name;
    if (!token_at(&record, "query_timestamp", &time) || !token_at(&record, "query_name", &name)) {
        return MAP_OTHER;
    }
    map_begin(mapping);
    if (!map_time_of(&time, &out->time)) {
        mapping->problem = "query_timestamp is not a time";
        return MAP_REFUSED;
    }
    map_put_number(mapping, DNS_TIME, out->time);
    put_members(mapping, &record);
    put_rest(mapping, &record);
    if (mapping->version == 2) {
        flatten_drop(mapping, "firewall_rule_group_id"); /* it has a column there */
    }
    flatten_put(mapping, DNS_UNMAPPED);
    put_observables(mapping);
    out->source = MAP_ROUTE53;
    out->account = or_none(mapping, DNS_ACCOUNT);
    out->region = or_none(mapping, DNS_REGION);
    out->id = (struct writer_value){.text = "", .size = 0};
    map_end(mapping, out);
    return MAP_ROW;
}
