/* Tables of Glue's: told apart by name, place and columns; what was saved is not believed blindly.
 */
#include "lake/glue.h"
#include "lake/glue_sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TRAIL "UserIdentity eventName eventsource requestparameters"
#define OCSF                                                                                       \
    "metadata time cloud api dst_endpoint resources actor http_request src_endpoint class_name "   \
    "class_uid category_name category_uid severity_id severity user activity_name activity_id "    \
    "type_uid type_name status mfa unmapped"

/* As GetTables shows it; `columns` separated by blanks. */
static json_t *table_of(const char *name, const char *columns, const char *location)
{
    json_t *list = json_array();
    while (*columns) {
        size_t size = strcspn(columns, " ");
        (void)json_array_append_new(list, json_pack("{s:s%}", "Name", columns, size));
        columns += size + (columns[size] == ' ');
    }
    return json_pack("{s:s, s:{s:o, s:s}}", "Name", name, "StorageDescriptor", "Columns", list,
                     "Location", location);
}

static void check(json_t *table, const char *view, enum remote_version version)
{
    const struct source *source = NULL;
    enum remote_version found = REMOTE_VERSIONS;
    bool ours = glue_sort(table, &source, &found);
    assert_true(ours == (view != NULL));
    if (view) {
        assert_string_equal(source->view, view);
        assert_int_equal(found, version);
    }
    json_decref(table);
}

static void tables_are_told_apart(void **state)
{
    (void)state;
    static const char *const place = "s3://b/aws/S3_DATA/2.0/region=x/";
    check(table_of("amazon_security_lake_table_eu_west_1_vpc_flow_1_0", "", ""), "vpc_flow",
          REMOTE_1);
    check(table_of("aws_cloudtrail__data", "", ""), "s3_data", REMOTE_UNIFIED);
    check(table_of("x", "a", place), "s3_data", REMOTE_2);
    check(table_of("x", TRAIL, "s3://trail/"), "cloudtrail", REMOTE_RAW);
    check(table_of("x", OCSF, ""), "cloudtrail", REMOTE_1);
    check(table_of("x", "metadata class_uid time time_dt", ""), NULL, REMOTE_2);
    check(table_of("x", "useridentity eventname", "s3://b/aws/S3_DATAX/2.0/"), NULL, REMOTE_2);
    check(table_of("x", "a b", "s3://b/aws/S3_DATA/3.0/"), NULL, REMOTE_2);
    check(json_object(), NULL, REMOTE_2);
    json_t *link = table_of("x", "", "");
    (void)json_object_set_new(
        link, "TargetTable",
        json_pack("{s:s}", "Name", "amazon_security_lake_table_us_east_1_waf_2_0"));
    check(link, "waf", REMOTE_2);
}

static void only_what_makes_sense_is_remembered(void **state)
{
    (void)state;
    struct error err = {0};
    struct arena *arena = arena_new();
    struct session *session = session_new(NULL, &err);
    json_t *saved =
        json_pack("[s, {s:s}, {s:s, s:s, s:s, s:s, s:s, s:s}, {s:s, s:s, s:s, s:s, s:s, s:s}]",
                  "junk", "view", "cloudtrail", "view", "cloudtrail", "version", "9.9", "region",
                  "r", "catalog", "c", "database", "d", "table", "t", "view", "cloudtrail",
                  "version", "2.0", "region", "r", "catalog", "c", "database", "d", "table", "t");
    struct remote remote;
    assert_non_null(saved);
    assert_false(lake_athena_tables(session, NULL, arena, &remote));
    session_set_athena_tables(session, saved);
    json_decref(saved);
    assert_true(lake_athena_tables(session, NULL, arena, &remote));
    assert_int_equal(remote.count, 1);
    assert_int_equal(remote.tables[0].version, REMOTE_2);
    assert_true(remote_has(&remote, "cloudtrail"));
    assert_false(lake_athena_tables(session, "elsewhere", arena, &remote));
    session_free(session);
    arena_free(arena);
}

static void add(json_t *list, const char *version, const char *database, const char *target)
{
    json_t *made =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "view", "cloudtrail", "version", version,
                  "region", "r", "catalog", "c", "database", database, "table", "t");
    if (target)
        (void)json_object_set_new(made, "target", json_string(target));
    (void)json_array_append_new(list, made);
}

static size_t answering(json_t *list, struct arena *arena)
{
    struct error err = {0};
    struct session *session = session_new(NULL, &err);
    struct remote remote;
    session_set_athena_tables(session, list);
    (void)lake_athena_tables(session, NULL, arena, &remote);
    session_free(session);
    return remote.count;
}

static void copies_of_the_same_events_do_not_answer_twice(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    json_t *list = json_own(arena, json_array());
    add(list, "trail", "raw", NULL);
    assert_int_equal(answering(list, arena), 1);
    add(list, "CloudWatch", "logs", NULL);
    assert_int_equal(answering(list, arena), 1);
    add(list, "1.0", "old", NULL);
    add(list, "2.0", "new", NULL);
    assert_int_equal(answering(list, arena), 2);
    add(list, "2.0", "link", "111122223333.theirs");
    add(list, "2.0", "another_link", "111122223333.theirs");
    assert_int_equal(answering(list, arena), 3);
    add(list, "2.0", "table_link", "111122223333.theirs.t");
    assert_int_equal(answering(list, arena), 3);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_told_apart),
        cmocka_unit_test(copies_of_the_same_events_do_not_answer_twice),
        cmocka_unit_test(only_what_makes_sense_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
