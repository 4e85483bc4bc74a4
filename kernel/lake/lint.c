#include "lake/lint.h"

#include "lake/lint_rules.h"
#include "lake/lint_text.h"

#include "base/base.h"

#include <stdlib.h>
#include <strings.h>

const struct lint_rule lint_rules[] = {
    {"D1", "user-id-as-key", "an id of a user or role (AIDA, AROA) where an access key stands",
     "The column holds AKIA and ASIA ids: no row is ever found.", lint_user_id_as_key, false},
    {"D2", "status-values", "a status that is never written",
     "Security Lake writes Success and Failure: no row is ever found.", lint_status, false},
    {"D3", "address-dot", "an address with a dot at its end",
     "No address ends so: no row is found.", lint_address_dot, false},
    {"D4", "or-beside-time", "AND and OR on one level beside a bound of time",
     "AND binds first: one branch is not bound in time and reads everything.", lint_or, false},
    {"D5", "day-with-hours", "hours in a bound of eventday, which has eight digits",
     "As texts '20231115' is less than '2023111512': the first day is lost.", lint_day_with_hours,
     false},
    {"D6", "type-is-a-name", "a name where a resource's type is compared",
     "Types are written AWS::S3::Bucket: no row is ever found.", lint_type, false},
    {"D7", "activity-without-class", "activity_id without class_uid",
     "The same number means another thing in each class: 1 is Logon, and Create.", lint_activity,
     false},
    {"D8", "no-such-day", "a date that no calendar has",
     "As a text it is harmless; as a bound it is not what was meant.", lint_no_such_day, false},
    {"D9", "data-event-in-management", "a data event asked of the table of management events",
     "Data events are in s3_data and lambda_execution: no row is ever found.", lint_data_event,
     false},
    {"D10", "no-partition", "no bound of time, account or region",
     "The whole table is read, and paid for.", lint_partition, false},
    {"D11", "sample", "LIMIT without ORDER BY",
     "Any rows come, and how many there are is not said: a sample is taken for the whole.",
     lint_sample, true},
    {"D12", "alias-in-having", "an alias of the SELECT list in HAVING",
     "Trino and Athena do not know it there: the query fails.", lint_having, false},
    {"D13", "member-of-text", "a member of a column that is text",
     "The column is JSON as text: the query fails.", lint_member_of_text, false},
    {"V1", "column-of-the-other-version", "a column that the table's version does not have",
     "Version 1 and 2 name it differently: the query fails, or means another thing.", lint_versions,
     false},
    {"V2", "identity-swapped",
     "user.uid means the ARN in version 2, the principal's id in version 1",
     "A query carried over by its table's name alone finds no row, without an error.", lint_swapped,
     false},
};
const size_t lint_rules_count = COUNT(lint_rules);

const struct lint_finding *lint_check(struct arena *arena, const char *sql, size_t size)
{
    struct lint_finding *first = NULL;
    struct lint_text text = {.arena = arena, .sql = sql, .size = size, .last = &first};
    lint_read(&text);
    for (size_t i = 0; i < lint_rules_count; i++) {
        text.rule = &lint_rules[i];
        lint_rules[i].check(&text);
    }
    return first;
}

int64_t lint_limit(struct arena *arena, const char *sql, size_t size)
{
    for (const struct lint_finding *finding = lint_check(arena, sql, size); finding;
         finding = finding->next)
        if (finding->rule->after && strncasecmp(finding->found, "LIMIT", 5) == 0)
            return strtoll(finding->found + 5, NULL, 10);
    return -1;
}
