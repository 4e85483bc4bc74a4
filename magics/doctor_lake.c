/* Security Lake's traps: tables that are not visible, grants that are missing, shares that nobody
 * accepted. Source: Security Lake's and Lake Formation's user guides on subscribers. */
#include "magics/doctor.h"

#include "aws/reply.h"

#include <string.h>

#define LINES_MOST 20 /* of one check */

/* ---- Glue ---------------------------------------------------------------------------------------
 */

static void check_default(struct doctor *doctor)
{
    const struct aws_gathering *answer = &doctor->answers[ANSWER_DEFAULT];
    if (answer->ok)
        doctor_say(doctor, DOCTOR_OK, NULL, "DESCRIBE on it is allowed");
    else if (answer->code && strcmp(answer->code, "EntityNotFoundException") == 0)
        doctor_say(doctor, DOCTOR_WARNING,
                   "Athena looks at it: if queries fail with \"default\" in the error, have it "
                   "made in Glue.",
                   "there is no database default");
    else if (answer->code && aws_is_denied(answer->code))
        doctor_say(doctor, DOCTOR_FAILS,
                   "Athena looks at it: grant DESCRIBE on the database default in Lake Formation.",
                   "%s", answer->error.message);
    else
        (void)doctor_has(doctor, answer);
}

static void check_tables(struct doctor *doctor)
{
    const struct glue *glue = &doctor->glue;
    size_t counts[REMOTE_VERSIONS] = {0};
    if (doctor->glue_error.kind) {
        doctor_say(doctor, DOCTOR_FAILS, doctor->glue_error.hint, "%s", doctor->glue_error.message);
        return;
    }
    for (size_t i = 0; i < glue->count; i++)
        counts[glue->tables[i].is.version]++;
    doctor_say(doctor, glue->count ? DOCTOR_OK : DOCTOR_WARNING,
               glue->count ? "%lake open athena lists them."
                           : "Ask in the Region of the lake or the subscription (%set region); a "
                             "subscriber needs a resource link.",
               "in %zu databases: Security Lake %zu of version 2 and %zu of version 1, "
               "CloudWatch %zu, raw trails %zu",
               glue->database_count, counts[REMOTE_2], counts[REMOTE_1], counts[REMOTE_UNIFIED],
               counts[REMOTE_RAW]);
}

static void check_links(struct doctor *doctor)
{
    size_t lines = 0;
    for (size_t i = 0; i < doctor->glue.database_count && lines < LINES_MOST; i++) {
        const struct glue_database *database = &doctor->glue.databases[i];
        if (!database->problem)
            continue;
        lines++;
        if (database->target)
            doctor_say(doctor, DOCTOR_FAILS,
                       "Grant DESCRIBE on the link and SELECT on its target (\"Grant on target\"); "
                       "if the share is gone, have the subscription renewed.",
                       "%s, a link to %s: %s", database->name, database->target, database->problem);
        else
            doctor_say(doctor, DOCTOR_HIDDEN, "Grant DESCRIBE on it in Lake Formation.", "%s: %s",
                       *database->name ? database->name : database->catalog, database->problem);
    }
}

/* ---- Lake Formation -----------------------------------------------------------------------------
 */

static void check_lake_formation(struct doctor *doctor)
{
    if (!doctor_has(doctor, &doctor->answers[ANSWER_LAKE_SETTINGS]))
        return;
    const json_t *settings =
        aws_gathered(&doctor->answers[ANSWER_LAKE_SETTINGS], "DataLakeSettings");
    const char *version = reply_text(settings, "Parameters.CROSS_ACCOUNT_VERSION");
    bool admin = false, old = strcmp(version, "1") == 0;
    for (size_t i = 0; doctor->principal && i < reply_count(settings, "DataLakeAdmins"); i++)
        admin |= strcmp(reply_text(reply_item(settings, "DataLakeAdmins", i),
                                   "DataLakePrincipalIdentifier"),
                        doctor->principal) == 0;
    doctor_say(doctor, old ? DOCTOR_FAILS : DOCTOR_OK,
               old ? "Security Lake's shares need version 3 or later: have it set in Lake "
                     "Formation's Data Catalog settings."
                   : NULL,
               "sharing across accounts: version %s; you are %s administrator of the data lake",
               *version ? version : "not said", admin ? "an" : "no");
}

static bool same(const json_t *resource, const char *member, const char *value)
{
    const char *text = reply_text(resource, member);
    return !*text || strcmp(text, value) == 0;
}

/* Whether a grant is for us: the identity itself, or everybody. */
static bool is_for(const struct doctor *doctor, const json_t *grant)
{
    const char *to = reply_text(grant, "Principal.DataLakePrincipalIdentifier");
    return (doctor->principal && strcmp(to, doctor->principal) == 0) ||
           strcmp(to, doctor->arn) == 0 || strcmp(to, "IAM_ALLOWED_PRINCIPALS") == 0 ||
           strstr(to, ":IAMPrincipals") != NULL;
}

static bool has_permission(const json_t *grant, const char *name)
{
    for (size_t i = 0; i < reply_count(grant, "Permissions"); i++) {
        const char *text = json_string_value(reply_item(grant, "Permissions", i));
        if (text && (strcmp(text, name) == 0 || strcmp(text, "ALL") == 0))
            return true;
    }
    return false;
}

/* SELECT on this table, by its name or by a wildcard over its database. */
static bool may_select(const struct doctor *doctor, const char *database, const char *table)
{
    static const char *const kinds[] = {"Resource.Table", "Resource.TableWithColumns"};
    const json_t *reply = aws_gathered(&doctor->answers[ANSWER_GRANTS], "");
    for (size_t i = 0; i < reply_count(reply, "PrincipalResourcePermissions"); i++) {
        const json_t *grant = reply_item(reply, "PrincipalResourcePermissions", i);
        for (size_t j = 0; j < COUNT(kinds); j++) {
            const json_t *on = reply_at(grant, kinds[j]);
            if (on && is_for(doctor, grant) && has_permission(grant, "SELECT") &&
                same(on, "DatabaseName", database) &&
                (reply_at(on, "TableWildcard") || same(on, "Name", table)))
                return true;
        }
    }
    return false;
}

/* "account.database[.table]" -> its database and table; a link's own where it links to none. */
static void target_of(struct doctor *doctor, const struct glue_table *table, const char **database,
                      const char **name)
{
    *database = table->is.database;
    *name = table->is.table;
    const char *dot = table->target ? strchr(table->target, '.') : NULL;
    if (!dot)
        return;
    size_t size = strcspn(dot + 1, ".");
    *database = arena_strndup(doctor->arena, dot + 1, size);
    if (dot[1 + size])
        *name = dot + 2 + size;
}

static void check_grants(struct doctor *doctor)
{
    size_t ours = 0, granted = 0;
    const char *missing = NULL;
    if (!doctor->glue.count || !doctor_has(doctor, &doctor->answers[ANSWER_GRANTS]))
        return;
    for (size_t i = 0; i < doctor->glue.count; i++) {
        const struct glue_table *table = &doctor->glue.tables[i];
        const char *database, *name;
        if (table->is.version != REMOTE_1 && table->is.version != REMOTE_2)
            continue;
        target_of(doctor, table, &database, &name);
        bool may = may_select(doctor, database, name);
        ours++;
        granted += may;
        if (!may && !missing)
            missing = arena_printf(doctor->arena, "%s.%s", database, name);
    }
    if (!ours)
        return;
    if (!missing)
        doctor_say(doctor, DOCTOR_OK, NULL, "SELECT on all %zu tables of Security Lake", ours);
    else
        doctor_say(doctor, DOCTOR_WARNING,
                   "Grant SELECT on the tables (of a link: \"Grant on target\"). Grants to groups "
                   "and by tags are not seen here.",
                   "SELECT on %zu of %zu tables of Security Lake; not on %s", granted, ours,
                   missing);
}

/* ---- RAM ----------------------------------------------------------------------------------------
 */

static void check_invitations(struct doctor *doctor)
{
    size_t waiting = 0;
    const struct aws_gathering *answer = &doctor->answers[ANSWER_INVITATIONS];
    if (!doctor_has(doctor, answer))
        return;
    for (size_t page = 0; page < json_array_size(answer->replies); page++) {
        const json_t *reply = json_array_get(answer->replies, page);
        for (size_t i = 0; i < reply_count(reply, "resourceShareInvitations"); i++) {
            const json_t *one = reply_item(reply, "resourceShareInvitations", i);
            const char *state = reply_text(one, "status");
            if (strcmp(state, "PENDING") != 0 && strcmp(state, "EXPIRED") != 0)
                continue;
            if (waiting++ >= LINES_MOST)
                continue;
            doctor_say(doctor, strcmp(state, "PENDING") == 0 ? DOCTOR_FAILS : DOCTOR_WARNING,
                       strcmp(state, "PENDING") == 0
                           ? arena_printf(doctor->arena,
                                          "aws ram accept-resource-share-invitation "
                                          "--resource-share-invitation-arn %s",
                                          reply_text(one, "resourceShareInvitationArn"))
                           : "Have the subscription edited: that makes a new share.",
                       "%s of account %s is %s", reply_text(one, "resourceShareName"),
                       reply_text(one, "senderAccountId"),
                       strcmp(state, "PENDING") == 0 ? "not accepted" : "no longer to be accepted");
        }
    }
    if (!waiting)
        doctor_say(doctor, DOCTOR_OK, NULL, "none waits");
}

/* arn:aws:glue:REGION:ACCOUNT:table/DATABASE/TABLE or :database/DATABASE -> "ACCOUNT.DATABASE". */
static const char *shared_database(struct doctor *doctor, const char *arn)
{
    static const char *const kinds[] = {":table/", ":database/"};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const char *at = strstr(arn, kinds[i]);
        if (!at || at - arn < 12 || strncmp(arn, "arn:", 4) != 0 || !strstr(arn, ":glue:"))
            continue;
        const char *name = at + strlen(kinds[i]);
        return arena_printf(doctor->arena, "%.12s.%.*s", at - 12, (int)strcspn(name, "/"), name);
    }
    return NULL;
}

static bool is_linked(const struct doctor *doctor, const char *database)
{
    size_t size = strlen(database);
    for (size_t i = 0; i < doctor->glue.database_count; i++) {
        const char *target = doctor->glue.databases[i].target;
        if (target && strcmp(target, database) == 0)
            return true;
    }
    for (size_t i = 0; i < doctor->glue.count; i++) {
        const char *target = doctor->glue.tables[i].target;
        if (target && strncmp(target, database, size) == 0 &&
            (!target[size] || target[size] == '.'))
            return true;
    }
    return false;
}

static const char *link_command(struct doctor *doctor, const char *database)
{
    return arena_printf(doctor->arena,
                        "Make a resource link: aws glue create-database --database-input "
                        "'{\"Name\": \"security_lake\", \"TargetDatabase\": {\"CatalogId\": "
                        "\"%.12s\", \"DatabaseName\": \"%s\"}}'",
                        database, database + 13);
}

static void check_shares(struct doctor *doctor)
{
    const struct aws_gathering *answer = &doctor->answers[ANSWER_SHARED];
    json_t *seen = json_own(doctor->arena, json_object());
    if (!doctor_has(doctor, answer))
        return;
    for (size_t page = 0; page < json_array_size(answer->replies); page++) {
        const json_t *reply = json_array_get(answer->replies, page);
        for (size_t i = 0; i < reply_count(reply, "resources"); i++) {
            const char *database =
                shared_database(doctor, reply_text(reply_item(reply, "resources", i), "arn"));
            if (!database || json_object_get(seen, database) ||
                json_object_size(seen) >= LINES_MOST)
                continue;
            (void)json_object_set_new(seen, database, json_true());
            bool linked = is_linked(doctor, database);
            doctor_say(doctor, linked ? DOCTOR_OK : DOCTOR_FAILS,
                       linked ? NULL : link_command(doctor, database), "%s is shared with us, %s",
                       database, linked ? "and linked" : "but nothing links to it here");
        }
    }
    if (!json_object_size(seen))
        doctor_say(doctor, DOCTOR_OK, NULL, "no database of another account is shared with us");
}

/* ---- Security Lake ------------------------------------------------------------------------------
 */

static void check_security_lake(struct doctor *doctor)
{
    const struct aws_gathering *answer = &doctor->answers[ANSWER_LAKES];
    const json_t *reply = aws_gathered(answer, "");
    size_t count = reply_count(reply, "dataLakes"), bad = 0;
    const char *state = NULL;
    if (!answer->ok && answer->code && aws_is_denied(answer->code)) {
        doctor_say(doctor, DOCTOR_HIDDEN,
                   "Only the delegated administrator's account sees it; a subscriber does not need "
                   "it.",
                   "%s", answer->error.message);
        return;
    }
    if (!doctor_has(doctor, answer))
        return;
    for (size_t i = 0; i < count; i++) {
        const json_t *lake = reply_item(reply, "dataLakes", i);
        bad += strcmp(reply_text(lake, "createStatus"), "COMPLETED") != 0 ||
               strcmp(reply_text(lake, "updateStatus.status"), "FAILED") == 0;
        if (doctor->region && strcmp(reply_text(lake, "region"), doctor->region) == 0)
            state = reply_text(lake, "createStatus");
    }
    doctor_say(
        doctor, bad ? DOCTOR_WARNING : DOCTOR_OK, bad ? "%lake status shows what is wrong." : NULL,
        "in %zu regions, %zu of them with a problem; here: %s", count, bad, state ? state : "none");
}

const struct doctor_check doctor_lake[] = {
    {"database default", check_default},
    {"tables", check_tables},
    {"hidden in Glue", check_links},
    {"Lake Formation", check_lake_formation},
    {"grants", check_grants},
    {"share invitations", check_invitations},
    {"shares", check_shares},
    {"Security Lake", check_security_lake},
    {NULL, NULL},
};
