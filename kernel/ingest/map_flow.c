/* map_flow - a VPC flow record becomes a row: text in any order of fields, JSON, Parquet.
 *
 * As Security Lake does it: the endpoint's address is that of the packet, the interface's address
 * becomes an intermediate one where they differ; interface, instance, subnet and VPC belong to the
 * side that the flow's direction says.
 */
#include "ingest/map_flow.h"

#include "base/text.h"

#include <string.h>

/* Names in lower case without dashes and underscores, so that srcaddr, src-addr and srcAddr are the
 * same field. */
static const char *const field_names[FLOW_FIELDS] = {
    [FLOW_VERSION] = "version",
    [FLOW_ACCOUNT] = "accountid",
    [FLOW_INTERFACE] = "interfaceid",
    [FLOW_SRC] = "srcaddr",
    [FLOW_DST] = "dstaddr",
    [FLOW_SRC_PORT] = "srcport",
    [FLOW_DST_PORT] = "dstport",
    [FLOW_PROTOCOL] = "protocol",
    [FLOW_PACKETS] = "packets",
    [FLOW_BYTES] = "bytes",
    [FLOW_START] = "start",
    [FLOW_END] = "end",
    [FLOW_ACTION] = "action",
    [FLOW_STATUS] = "logstatus",
    [FLOW_VPC] = "vpcid",
    [FLOW_SUBNET] = "subnetid",
    [FLOW_INSTANCE] = "instanceid",
    [FLOW_TCP_FLAGS] = "tcpflags",
    [FLOW_TYPE] = "type",
    [FLOW_PKT_SRC] = "pktsrcaddr",
    [FLOW_PKT_DST] = "pktdstaddr",
    [FLOW_REGION] = "region",
    [FLOW_ZONE] = "azid",
    [FLOW_SRC_SERVICE] = "pktsrcawsservice",
    [FLOW_DST_SERVICE] = "pktdstawsservice",
    [FLOW_DIRECTION] = "flowdirection",
    [FLOW_PATH] = "trafficpath",
};

static int field_find(const char *name, size_t size)
{
    char plain[64];
    size_t at = 0;
    for (size_t i = 0; i < size && at < sizeof plain - 1; i++) {
        char c = name[i];
        if (c != '-' && c != '_') {
            plain[at++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        }
    }
    plain[at] = 0;
    for (int i = 0; i < FLOW_FIELDS; i++) {
        if (strcmp(plain, field_names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

void flow_name(struct flow_format *format, const char *name, size_t size)
{
    if (format->count == COUNT(format->fields)) {
        return;
    }
    int field = field_find(name, size);
    if (field >= 0) {
        format->fields[format->count++] = field;
        return;
    }
    size_t number =
        format->unknown_count < FLOW_UNKNOWN - 1 ? format->unknown_count++ : FLOW_UNKNOWN - 1;
    char *copy = format->unknown[number];
    size_t fits = text_cut(name, size, sizeof format->unknown[0] - 1);
    memcpy(copy, name, fits);
    copy[fits] = 0;
    for (size_t i = 0; i < fits; i++) {
        copy[i] = copy[i] == '-' ? '_' : copy[i]; /* as Security Lake names them in unmapped */
    }
    format->fields[format->count++] = -1 - (int)number;
}

/* The next word of a line separated by blanks. */
static bool word_next(const char **at, const char *end, const char **word, size_t *size)
{
    while (*at < end && (**at == ' ' || **at == '\t' || **at == '\r')) {
        (*at)++;
    }
    *word = *at;
    while (*at < end && **at != ' ' && **at != '\t' && **at != '\r') {
        (*at)++;
    }
    *size = (size_t)(*at - *word);
    return *size > 0;
}

bool flow_header(const char *line, size_t size, struct flow_format *format)
{
    memset(format, 0, sizeof *format);
    const char *at = line;
    const char *word;
    size_t length;
    uint64_t seen = 0;
    while (word_next(&at, line + size, &word, &length)) {
        flow_name(format, word, length);
        int field = format->fields[format->count - 1];
        seen |= field >= 0 ? (uint64_t)1 << field : 0;
    }
    uint64_t needed = (uint64_t)1 << FLOW_START | (uint64_t)1 << FLOW_SRC | (uint64_t)1 << FLOW_DST;
    return (seen & needed) == needed;
}

void flow_default(struct flow_format *format)
{
    memset(format, 0, sizeof *format);
    for (int i = 0; i < FLOW_DEFAULT; i++) {
        format->fields[i] = i;
    }
    format->count = FLOW_DEFAULT;
}

bool map_number_of(const struct writer_value *text, int64_t *number)
{
    if (!text->text || !text->size || text->size > 18) {
        return false;
    }
    *number = 0;
    for (size_t i = 0; i < text->size; i++) {
        if (text->text[i] < '0' || text->text[i] > '9') {
            return false;
        }
        *number = *number * 10 + (text->text[i] - '0');
    }
    return true;
}

struct writer_value *map_observable(struct writer_value *at, const char *name,
                                    const struct writer_value *value, const char *type, int type_id)
{
    at[0] = (struct writer_value){.text = name, .size = (uint32_t)strlen(name)};
    at[1] = *value;
    at[2] = (struct writer_value){.text = type, .size = (uint32_t)strlen(type)};
    at[3] = (struct writer_value){.number = type_id};
    return at + 4;
}

void map_put_items(struct mapping *mapping, int column, const struct writer_value *items,
                   size_t count)
{
    mapping->values[column] = (struct writer_value){.items = items, .size = (uint32_t)count};
    mapping->present |= (uint64_t)1 << column;
}

static bool is(const struct writer_value *value, const char *text)
{
    return value->text && value->size == strlen(text) &&
           memcmp(value->text, text, value->size) == 0;
}

static bool given(const struct writer_value *value)
{
    return value->text && value->size && !is(value, "-");
}

static void put_if_number(struct mapping *mapping, int column, const struct writer_value *value)
{
    int64_t number = 0;
    if (map_number_of(value, &number) && (number <= INT32_MAX || column >= FLOW_COL_PACKETS)) {
        map_put_number(mapping, column, number);
    }
}

struct put {
    int column;
    enum flow_field field;
    char how; /* 'n' a number, 't' text where given, 'r' text as it is, "-" too */
};

static const struct put puts_table[] = {
    {FLOW_COL_VERSION, FLOW_VERSION, 't'},       {FLOW_COL_ACCOUNT, FLOW_ACCOUNT, 't'},
    {FLOW_COL_REGION, FLOW_REGION, 't'},         {FLOW_COL_ZONE, FLOW_ZONE, 't'},
    {FLOW_COL_SRC_PORT, FLOW_SRC_PORT, 'n'},     {FLOW_COL_SRC_SERVICE, FLOW_SRC_SERVICE, 'r'},
    {FLOW_COL_DST_PORT, FLOW_DST_PORT, 'n'},     {FLOW_COL_DST_SERVICE, FLOW_DST_SERVICE, 'r'},
    {FLOW_COL_INTERFACE, FLOW_INTERFACE, 't'},   {FLOW_COL_VPC, FLOW_VPC, 't'},
    {FLOW_COL_INSTANCE, FLOW_INSTANCE, 't'},     {FLOW_COL_SUBNET, FLOW_SUBNET, 't'},
    {FLOW_COL_PROTOCOL, FLOW_PROTOCOL, 'n'},     {FLOW_COL_TCP_FLAGS, FLOW_TCP_FLAGS, 'n'},
    {FLOW_COL_PROTOCOL_VERSION, FLOW_TYPE, 't'}, {FLOW_COL_PATH, FLOW_PATH, 'r'},
    {FLOW_COL_PACKETS, FLOW_PACKETS, 'n'},       {FLOW_COL_BYTES, FLOW_BYTES, 'n'},
    {FLOW_COL_STATUS, FLOW_STATUS, 't'},
};

static void put_address(struct mapping *mapping, int column, const struct writer_value *packet,
                        const struct writer_value *interface)
{
    const struct writer_value *ip = given(packet) ? packet : interface;
    if (!given(ip)) {
        return;
    }
    map_put_text(mapping, column, ip->text, ip->size);
    bool differs = given(interface) && (interface->size != ip->size ||
                                        memcmp(interface->text, ip->text, ip->size) != 0);
    if (differs) {
        struct writer_value *item = slab_take(mapping->slab, sizeof *item);
        *item = *interface;
        map_put_items(mapping, column + 1, item, 1);
    }
}

static bool put_times(struct mapping *mapping, const struct writer_value *known, struct event *out)
{
    int64_t seconds = 0;
    struct token start = {
        .kind = TOKEN_STRING, .text = known[FLOW_START].text, .size = known[FLOW_START].size};
    if (map_number_of(&known[FLOW_START], &seconds)) {
        start.kind = TOKEN_NUMBER;
    }
    if (!given(&known[FLOW_START]) || !map_time_of(&start, &out->time)) {
        mapping->problem = "no start time";
        return false;
    }
    map_put_number(mapping, FLOW_COL_TIME, out->time);
    struct token end = {
        .kind = start.kind, .text = known[FLOW_END].text, .size = known[FLOW_END].size};
    int64_t time = 0;
    if (given(&known[FLOW_END]) && map_time_of(&end, &time)) {
        map_put_number(mapping, FLOW_COL_END, time);
    }
    return true;
}

static void put_flow_observables(struct mapping *mapping)
{
    struct writer_value *items = slab_take(mapping->slab, 8 * sizeof *items);
    struct writer_value *at = items;
    if (mapping->present >> FLOW_COL_SRC_IP & 1) {
        at = map_observable(at, "src_endpoint.ip", &mapping->values[FLOW_COL_SRC_IP], "IP Address",
                            2);
    }
    if (mapping->present >> FLOW_COL_DST_IP & 1) {
        at = map_observable(at, "dst_endpoint.ip", &mapping->values[FLOW_COL_DST_IP], "IP Address",
                            2);
    }
    map_put_items(mapping, FLOW_COL_OBSERVABLES, items, (size_t)(at - items) / 4);
}

static struct writer_value or_none(const struct mapping *mapping, int column)
{
    bool there = mapping->present >> column & 1;
    return there ? mapping->values[column] : (struct writer_value){.text = "", .size = 0};
}

enum map_result map_flow_values(struct mapping *mapping, const struct flow_format *format,
                                const struct writer_value *values, struct event *out)
{
    struct writer_value known[FLOW_FIELDS];
    memset(known, 0, sizeof known);
    map_begin(mapping);
    for (size_t i = 0; i < format->count; i++) {
        if (format->fields[i] >= 0) {
            known[format->fields[i]] = values[i];
        } else if (values[i].text) {
            const char *name = format->unknown[-1 - format->fields[i]];
            struct token token = {
                .kind = TOKEN_STRING, .text = values[i].text, .size = values[i].size};
            flatten(mapping, name, strlen(name), &token);
        }
    }
    if (!put_times(mapping, known, out)) {
        return MAP_REFUSED;
    }
    for (size_t i = 0; i < COUNT(puts_table); i++) {
        const struct writer_value *value = &known[puts_table[i].field];
        if (puts_table[i].how == 'n') {
            put_if_number(mapping, puts_table[i].column, value);
        } else if (puts_table[i].how == 'r' ? value->text != NULL : given(value)) {
            map_put_text(mapping, puts_table[i].column, value->text, value->size);
        }
    }
    put_address(mapping, FLOW_COL_SRC_IP, &known[FLOW_PKT_SRC], &known[FLOW_SRC]);
    put_address(mapping, FLOW_COL_DST_IP, &known[FLOW_PKT_DST], &known[FLOW_DST]);
    const struct writer_value *way = &known[FLOW_DIRECTION];
    map_put_number(mapping, FLOW_COL_DIRECTION, is(way, "ingress") ? 1 : is(way, "egress") ? 2 : 0);
    const struct writer_value *action = &known[FLOW_ACTION];
    map_put_number(mapping, FLOW_COL_ACTION,
                   is(action, "ACCEPT")   ? 1
                   : is(action, "REJECT") ? 2
                                          : 0);
    flatten_put(mapping, FLOW_COL_UNMAPPED);
    put_flow_observables(mapping);
    out->source = MAP_VPC_FLOW;
    out->account = or_none(mapping, FLOW_COL_ACCOUNT);
    out->region = or_none(mapping, FLOW_COL_REGION);
    out->id = (struct writer_value){.text = "", .size = 0};
    map_end(mapping, out);
    return MAP_ROW;
}

enum map_result map_flow_line(struct mapping *mapping, const struct flow_format *format,
                              const char *line, size_t size, struct event *out)
{
    struct writer_value values[COUNT(format->fields)];
    const char *at = line;
    size_t count = 0;
    const char *word;
    size_t length;
    while (word_next(&at, line + size, &word, &length)) {
        if (count == 0 && length > 12 && word[4] == '-' && word[length - 1] == 'Z') {
            continue; /* the time that an export of CloudWatch puts before each line */
        }
        if (count == format->count) {
            return MAP_OTHER;
        }
        values[count++] = (struct writer_value){.text = word, .size = (uint32_t)length};
    }
    return count == format->count ? map_flow_values(mapping, format, values, out) : MAP_OTHER;
}

enum map_result map_flow_json(struct mapping *mapping, struct cursor *cursor, struct event *out)
{
    struct flow_format format;
    memset(&format, 0, sizeof format);
    struct writer_value values[COUNT(format.fields)];
    uint64_t seen = 0;
    bool first = true;
    bool ok = cursor_open(cursor, '{');
    while (ok && cursor_more(cursor, '}', &first, &ok)) {
        struct token name;
        struct token value;
        ok = cursor_name(cursor, &name) && cursor_value(cursor, &value);
        if (!ok) {
            return MAP_BROKEN;
        }
        if (value.kind == TOKEN_NULL || format.count == COUNT(format.fields)) {
            continue;
        }
        flow_name(&format, name.text, name.size);
        int field = format.fields[format.count - 1];
        seen |= field >= 0 ? (uint64_t)1 << field : 0;
        values[format.count - 1] = map_text_of(mapping, &value);
    }
    bool flow = seen >> FLOW_SRC & 1 && seen >> FLOW_DST & 1 &&
                (seen & ((uint64_t)1 << FLOW_DST_PORT | (uint64_t)1 << FLOW_PACKETS |
                         (uint64_t)1 << FLOW_START));
    return !ok ? MAP_BROKEN : flow ? map_flow_values(mapping, &format, values, out) : MAP_OTHER;
}
