/* map_flow - the columns of VPC flow and resolver rows as their mappers give them to SQL. */
#ifndef COFFERDAM_INGEST_MAP_FLOW_H
#define COFFERDAM_INGEST_MAP_FLOW_H

#include "ingest/map.h"

/* Fields of a flow record in the names of AWS's format, dashes left out. */
enum flow_field {
    FLOW_VERSION,
    FLOW_ACCOUNT,
    FLOW_INTERFACE,
    FLOW_SRC,
    FLOW_DST,
    FLOW_SRC_PORT,
    FLOW_DST_PORT,
    FLOW_PROTOCOL,
    FLOW_PACKETS,
    FLOW_BYTES,
    FLOW_START,
    FLOW_END,
    FLOW_ACTION,
    FLOW_STATUS,
    FLOW_VPC, /* up to here the default format of version 2, but for this one */
    FLOW_SUBNET,
    FLOW_INSTANCE,
    FLOW_TCP_FLAGS,
    FLOW_TYPE,
    FLOW_PKT_SRC,
    FLOW_PKT_DST,
    FLOW_REGION,
    FLOW_ZONE,
    FLOW_SRC_SERVICE,
    FLOW_DST_SERVICE,
    FLOW_DIRECTION,
    FLOW_PATH,
    FLOW_FIELDS
};
#define FLOW_DEFAULT 14 /* fields of the default format */
#define FLOW_UNKNOWN 16 /* most fields without a column that one format may have */

/* The order of fields in a file: from its header line, or the default. -1 - i: the i-th unknown
 * one. */
struct flow_format {
    int fields[FLOW_FIELDS + FLOW_UNKNOWN];
    size_t count;
    char unknown[FLOW_UNKNOWN][64];
    size_t unknown_count;
};

enum flow_column {
    FLOW_COL_TIME,
    FLOW_COL_END,
    FLOW_COL_VERSION,
    FLOW_COL_ACCOUNT,
    FLOW_COL_REGION,
    FLOW_COL_ZONE,
    FLOW_COL_SRC_PORT,
    FLOW_COL_SRC_SERVICE,
    FLOW_COL_SRC_IP,
    FLOW_COL_SRC_VIA,
    FLOW_COL_DST_PORT,
    FLOW_COL_DST_SERVICE,
    FLOW_COL_DST_IP,
    FLOW_COL_DST_VIA,
    FLOW_COL_INTERFACE,
    FLOW_COL_VPC,
    FLOW_COL_INSTANCE,
    FLOW_COL_SUBNET,
    FLOW_COL_PROTOCOL,
    FLOW_COL_TCP_FLAGS,
    FLOW_COL_PROTOCOL_VERSION,
    FLOW_COL_PATH,
    FLOW_COL_DIRECTION, /* 1 inbound, 2 outbound, 0 not known */
    FLOW_COL_PACKETS,
    FLOW_COL_BYTES,
    FLOW_COL_STATUS,
    FLOW_COL_ACTION, /* 1 accepted, 2 rejected, 0 neither */
    FLOW_COL_UNMAPPED,
    FLOW_COL_OBSERVABLES,
    FLOW_COLUMNS
};

enum dns_column {
    DNS_TIME,
    DNS_VERSION,
    DNS_ACCOUNT,
    DNS_REGION,
    DNS_VPC,
    DNS_IP,
    DNS_PORT,
    DNS_INSTANCE,
    DNS_NAME,
    DNS_TYPE,
    DNS_CLASS,
    DNS_ANSWERS,
    DNS_TRANSPORT,
    DNS_ENDPOINT,
    DNS_ENDPOINT_INTERFACE,
    DNS_RCODE,    /* number, 99 other */
    DNS_FIREWALL, /* 0 none, 1 allow, 2 block, 16 alert */
    DNS_RULE_GROUP,
    DNS_UNMAPPED,
    DNS_OBSERVABLES,
    DNS_COLUMNS
};

enum finding_column {
    FINDING_TIME,
    FINDING_ACCOUNT,
    FINDING_REGION,
    FINDING_TEXT, /* the whole finding as compact JSON: its many lists are mapped in SQL */
    FINDING_UNMAPPED,
    FINDING_OBSERVABLES,
    FINDING_COLUMNS
};

/* Reads a header line; false if it is none. */
bool flow_header(const char *line, size_t size, struct flow_format *format);
void flow_default(struct flow_format *format);
/* Notes one field of a format by its name (of a header, a JSON member or a Parquet column). */
void flow_name(struct flow_format *format, const char *name, size_t size);
/* One line of text. MAP_OTHER if it has not as many fields as the format. */
enum map_result map_flow_line(struct mapping *mapping, const struct flow_format *format,
                              const char *line, size_t size, struct event *out);
/* Fields already cut: values[i] belongs to format->fields[i]; NULL text = missing. */
enum map_result map_flow_values(struct mapping *mapping, const struct flow_format *format,
                                const struct writer_value *values, struct event *out);
enum map_result map_flow_json(struct mapping *mapping, struct cursor *cursor, struct event *out);
enum map_result map_route53(struct mapping *mapping, struct cursor *cursor, struct event *out);
enum map_result map_finding(struct mapping *mapping, struct cursor *cursor, struct event *out);

/* An observable of four leaves: name, value, type, type_id. */
struct writer_value *map_observable(struct writer_value *at, const char *name,
                                    const struct writer_value *value, const char *type,
                                    int type_id);
void map_put_items(struct mapping *mapping, int column, const struct writer_value *items,
                   size_t count);
/* Whole numbers of decimal digits; false otherwise. */
bool map_number_of(const struct writer_value *text, int64_t *number);

#endif
