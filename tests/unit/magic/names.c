#include "tests/unit/magic/names.h"

#include <stdio.h>

static const struct name names[] = {
    {NAME_TABLE, "cloudtrail", NULL, "VIEW", "management events", NULL},
    {NAME_TABLE, "vpc_flow", NULL, "VIEW", "network flows", NULL},
    {NAME_TABLE, "_12", NULL, "TABLE", "a kept result", NULL},
    {NAME_TABLE, "busy", NULL, "TABLE", NULL, NULL},
    {NAME_COLUMN, "time_dt", "cloudtrail", "TIMESTAMP", "when it happened", NULL},
    {NAME_COLUMN, "actor", "cloudtrail",
     "STRUCT(\"user\" STRUCT(\"name\" VARCHAR, uid VARCHAR), invoked_by VARCHAR)", "who did it",
     NULL},
    {NAME_COLUMN, "api", "cloudtrail",
     "STRUCT(operation VARCHAR, request STRUCT(\"data\" VARCHAR, uid VARCHAR))", NULL, NULL},
    {NAME_COLUMN, "time_dt", "vpc_flow", "TIMESTAMP", "when it began", NULL},
    {NAME_COLUMN, "traffic", "vpc_flow", "STRUCT(bytes BIGINT, packets BIGINT)", NULL, NULL},
    {NAME_COLUMN, "who", "busy", "VARCHAR", NULL, NULL},
    {NAME_FUNCTION, "ip_in", NULL, "ip_in(cidr, ip)", "Whether an address lies in a network.",
     "ip_in('10.0.0.0/8', ip)"},
    {NAME_PARAMETER, "key", NULL, "parameter", "\"AKIAIOSFODNN7EXAMPLE\"", NULL},
    {NAME_SETTING, "limit", NULL, "N", "rows shown", NULL},
    {NAME_SETTING, "progress", NULL, "on|off", "show a line", NULL},
    {NAME_SETTING, "since", NULL, "T", "begin of the window", NULL},
    {NAME_KEY, "AKIAIOSFODNN7EXAMPLE", NULL, NULL, NULL, NULL},
    {NAME_KEY, "ASIAIOSFODNN7EXAMPLE", NULL, NULL, NULL, NULL},
    {NAME_USER, "alice", NULL, NULL, NULL, NULL},
    {NAME_ADDRESS, "198.51.100.7", NULL, NULL, NULL, NULL},
    {NAME_OPERATION, "CreateAccessKey", NULL, NULL, NULL, NULL},
};

const struct catalog *names_catalog(size_t more)
{
    struct catalog *catalog = catalog_new();
    for (size_t i = 0; i < COUNT(names); i++)
        catalog_add(catalog, &names[i]);
    for (size_t i = 0; i < more; i++) {
        char text[64], parent[64];
        if (i >= 1000 && i % 2)
            continue; /* odd ones stand in one table only */
        (void)snprintf(text, sizeof text, "column_%zu", i % 1000);
        (void)snprintf(parent, sizeof parent, "table_%zu", i / 1000);
        struct name column = {
            .kind = NAME_COLUMN, .text = text, .parent = parent, .type = "VARCHAR"};
        catalog_add(catalog, &column);
    }
    return catalog_share(catalog);
}
