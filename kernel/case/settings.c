/* The settings: one row each, behind %set, completion and help. */
#include "case/session_state.h"

#include "aws/endpoint.h"
#include "base/text.h"
#include "base/time.h"

#include <ctype.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct settings settings_default(void)
{
    return (struct settings){.limit = 200,
                             .engine = "local",
                             .case_folder = ".cofferdam",
                             .budget = -1,
                             .progress = true,
                             .lint = "on"};
}

static const char **text_in(struct settings *settings, const struct setting *setting)
{
    return (const char **)((char *)settings + setting->offset);
}

void settings_copy(struct settings *to, const struct settings *from, struct arena *arena)
{
    *to = *from;
    for (size_t i = 0; i < settings_count; i++) {
        const char **text = settings_table[i].offset ? text_in(to, &settings_table[i]) : NULL;
        if (text && *text)
            *text = arena_strdup(arena, *text);
    }
}

/* What the kernel has once is the main prompt's to set. */
static bool is_main(const struct session *session, const struct setting *setting, struct error *err)
{
    return !session_is_subshell(session) ||
           error_set(err, ERROR_REFUSED, "%s is the whole kernel's and not set in a subshell",
                     setting->name) ||
           error_hint(err, "Run it in the main console or notebook: all prompts follow.");
}

static bool is_none(const char *value)
{
    return strcmp(value, "") == 0 || strcmp(value, "none") == 0 || strcmp(value, "None") == 0;
}

static const char *keep(struct session *session, const char *value)
{
    return is_none(value) ? NULL : arena_strdup(session->arena, value);
}

/* A setting that is a text, whatever it says. */
static bool set_text(struct session *session, const struct setting *setting, const char *value,
                     struct error *err)
{
    (void)err;
    *text_in(&session->settings, setting) = keep(session, value);
    session->settings_changed = true;
    session_names_changed(session);
    return true;
}

static const char *get_text(const struct session *session, const struct setting *setting,
                            struct arena *arena)
{
    (void)arena;
    return *(const char *const *)((const char *)&session->settings + setting->offset);
}

/* One of the words of `value`, "a|b|c". */
static bool set_choice(struct session *session, const struct setting *setting, const char *value,
                       struct error *err)
{
    size_t size = strlen(value);
    for (const char *word = setting->value; *word; word += strcspn(word, "|"), word += *word == '|')
        if (strcspn(word, "|") == size && memcmp(word, value, size) == 0)
            return set_text(session, setting, value, err);
    (void)error_set(err, ERROR_USAGE, "%s is %s, not \"%s\"", setting->name, setting->value, value);
    return error_hint(err, "For example: %%set %s %.*s", setting->name,
                      (int)strcspn(setting->value, "|"), setting->value);
}

static bool set_limit(struct session *session, const struct setting *setting, const char *value,
                      struct error *err)
{
    (void)setting;
    char *end;
    intmax_t number = strtoimax(value, &end, 10);
    if (*end || end == value || number < 1 || number > 10000)
        return error_set(err, ERROR_USAGE, "limit must be a number from 1 to 10000, not \"%s\"",
                         value);
    session_settings_edit(session)->limit = (int64_t)number;
    return true;
}

static const char *get_limit(const struct session *session, const struct setting *setting,
                             struct arena *arena)
{
    (void)setting;
    return arena_printf(arena, "%" PRId64, session->settings.limit);
}

static bool set_account(struct session *session, const struct setting *setting, const char *value,
                        struct error *err)
{
    if (!is_none(value) && (strlen(value) != 12 || strspn(value, "0123456789") != 12))
        return error_set(err, ERROR_USAGE, "an account has 12 digits, not \"%s\"", value);
    return set_text(session, setting, value, err);
}

/* "111122223333=profile, 444455556666=arn:aws:iam::444455556666:role/IR". */
static bool set_accounts(struct session *session, const struct setting *setting, const char *value,
                         struct error *err)
{
    for (const char *at = value + strspn(value, ", "); !is_none(value) && *at;
         at += strspn(at, ", ")) {
        size_t size = strcspn(at, ", ");
        if (strspn(at, "0123456789") != 12 || at[12] != '=' || size < 14)
            return error_set(err, ERROR_USAGE, "\"%.*s\" is no account and how it is reached",
                             (int)size, at) ||
                   error_hint(err, "It is written 111122223333=PROFILE or "
                                   "111122223333=arn:aws:iam::111122223333:role/NAME.");
        at += size;
    }
    return set_text(session, setting, value, err);
}

static bool set_profile(struct session *session, const struct setting *setting, const char *value,
                        struct error *err)
{
    session_aws_changed(session);
    return set_text(session, setting, value, err);
}

static bool set_region(struct session *session, const struct setting *setting, const char *value,
                       struct error *err)
{
    if (!is_none(value) && !aws_is_region(value))
        return error_set(err, ERROR_USAGE, "\"%s\" is no region", value) ||
               error_hint(err, "A region is written like eu-west-1.");
    session_aws_changed(session);
    return set_text(session, setting, value, err);
}

static bool set_output(struct session *session, const struct setting *setting, const char *value,
                       struct error *err)
{
    if (!is_none(value) && (strncmp(value, "s3://", 5) != 0 || strlen(value) < 8))
        return error_set(err, ERROR_USAGE, "\"%s\" is no place in S3", value) ||
               error_hint(err, "It is written like s3://bucket/prefix/.");
    return set_text(session, setting, value, err);
}

static bool set_budget(struct session *session, const struct setting *setting, const char *value,
                       struct error *err)
{
    char *end = NULL;
    double usd = is_none(value) ? -1 : strtod(value, &end);
    if (end && (*end || end == value || !(usd >= 0 && usd <= 1e6)))
        return error_set(err, ERROR_USAGE, "\"%s\" is no amount in USD", value) ||
               error_hint(err, "For example: %%set %s 2.50; none takes it away.", setting->name);
    session_settings_edit(session)->budget = usd;
    return true;
}

static const char *get_budget(const struct session *session, const struct setting *setting,
                              struct arena *arena)
{
    (void)setting;
    const struct settings *settings = &session->settings;
    if (settings->budget < 0)
        return NULL;
    return arena_printf(arena, "%.2f, of which %.4f are spent", settings->budget,
                        session_spent(session));
}

static bool read_time(const char *value, int64_t *out, struct error *err)
{
    int64_t time = 0;
    if (is_none(value) || time_parse_relative(value, time_now(), &time)) {
        *out = time;
        return true;
    }
    (void)error_set(err, ERROR_USAGE, "\"%s\" is no time", value);
    return error_hint(err, "Times are UTC: 2026-03-04, 2026-03-04T10:00:00Z, or back from now: "
                           "24h, 7d; none for all.");
}

static const char *show_time(int64_t time, struct arena *arena)
{
    char text[TIME_TEXT_SIZE];
    return time ? arena_strdup(arena, time_iso(time, text)) : NULL;
}

static bool set_since(struct session *session, const struct setting *setting, const char *value,
                      struct error *err)
{
    (void)setting;
    return read_time(value, &session_settings_edit(session)->since, err);
}

static const char *get_since(const struct session *session, const struct setting *setting,
                             struct arena *arena)
{
    (void)setting;
    return show_time(session->settings.since, arena);
}

static bool set_until(struct session *session, const struct setting *setting, const char *value,
                      struct error *err)
{
    (void)setting;
    return read_time(value, &session_settings_edit(session)->until, err);
}

static const char *get_until(const struct session *session, const struct setting *setting,
                             struct arena *arena)
{
    (void)setting;
    return show_time(session->settings.until, arena);
}

static bool set_memory(struct session *session, const struct setting *setting, const char *value,
                       struct error *err)
{
    static const struct {
        const char *unit;
        int64_t bytes;
    } units[] = {{"", 1}, {"MB", 1000000}, {"GB", 1000000000}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
    char *end;
    if (!is_main(session, setting, err))
        return false;
    intmax_t number = strtoimax(value, &end, 10);
    for (size_t i = 0; i < COUNT(units) && end != value; i++)
        if (strcmp(end, units[i].unit) == 0 && number >= 0 &&
            number <= INT64_MAX / units[i].bytes &&
            (number == 0 || number * units[i].bytes >= 64000000)) {
            session_settings_edit(session)->memory = (int64_t)number * units[i].bytes;
            return true;
        }
    (void)error_set(err, ERROR_USAGE, "memory takes a size of at least 64MB, not \"%s\"", value);
    return error_hint(err, "For example: %%set memory 8GB; 0 is half of the machine.");
}

static const char *get_memory(const struct session *session, const struct setting *setting,
                              struct arena *arena)
{
    (void)setting;
    char text[32];
    return session->settings.memory
               ? arena_strdup(arena, text_bytes(session->settings.memory, text))
               : "half of the machine";
}

static bool set_case(struct session *session, const struct setting *setting, const char *value,
                     struct error *err)
{
    if (!is_main(session, setting, err))
        return false;
    if (is_none(value))
        return error_set(err, ERROR_USAGE, "the case needs a folder");
    char *before = session->folder;
    const char *folder = session->settings.case_folder;
    session->folder = NULL;
    session_settings_edit(session)->case_folder = keep(session, value);
    if (session_folder(session, err)) {
        free(before);
        return true;
    }
    session->folder = before;
    session->settings.case_folder = folder;
    return false;
}

static bool set_progress(struct session *session, const struct setting *setting, const char *value,
                         struct error *err)
{
    (void)setting;
    bool on = strcmp(value, "on") == 0;
    if (!on && strcmp(value, "off") != 0)
        return error_set(err, ERROR_USAGE, "progress is on or off, not \"%s\"", value);
    session_settings_edit(session)->progress = on;
    return true;
}

static const char *get_progress(const struct session *session, const struct setting *setting,
                                struct arena *arena)
{
    (void)setting;
    (void)arena;
    return session->settings.progress ? "on" : "off";
}

const struct setting settings_table[] = {
    {"limit", "N", "rows shown of a result, 1 to 10000", set_limit, get_limit, 0},
    {"engine", "local|athena|trino", "where SQL runs", set_choice, get_text,
     offsetof(struct settings, engine)},
    {"account", "ID", "account that questions look at; none for all", set_account, get_text,
     offsetof(struct settings, account)},
    {"accounts", "LIST",
     "how a response reaches other accounts: 111122223333=PROFILE or =ROLE-ARN, with commas "
     "between",
     set_accounts, get_text, offsetof(struct settings, accounts)},
    {"break_glass", "NAMES",
     "users and roles that are never contained, by name or ARN with blanks between; as those that "
     "are tagged ir:break-glass=true",
     set_text, get_text, offsetof(struct settings, break_glass)},
    {"evidence", "BUCKET", "the bucket that evidence is kept in: never contained", set_text,
     get_text, offsetof(struct settings, evidence)},
    {"forensics", "ID", "the account that examines snapshots: they are shared with it", set_account,
     get_text, offsetof(struct settings, forensics)},
    {"profile", "NAME",
     "profile of ~/.aws whose credentials are used; none: as the environment says", set_profile,
     get_text, offsetof(struct settings, profile)},
    {"region", "NAME", "region where AWS is asked; none: as the environment and the profile say",
     set_region, get_text, offsetof(struct settings, region)},
    {"workgroup", "NAME", "Athena's workgroup; none: primary", set_text, get_text,
     offsetof(struct settings, workgroup)},
    {"catalog", "NAME", "Athena's data catalog; none: AwsDataCatalog", set_text, get_text,
     offsetof(struct settings, catalog)},
    {"database", "NAME", "where Athena looks for a table's name", set_text, get_text,
     offsetof(struct settings, database)},
    {"output", "S3", "s3://bucket/prefix/ for Athena's results, where the workgroup has none",
     set_output, get_text, offsetof(struct settings, output)},
    {"trino", "URL",
     "the Trino cluster, https://trino.example:8443; none: TRINO_SERVER of the environment",
     set_text, get_text, offsetof(struct settings, trino)},
    {"trino_user", "NAME", "as whom Trino is asked; none: TRINO_USER or USER of the environment",
     set_text, get_text, offsetof(struct settings, trino_user)},
    {"trino_ca", "FILE",
     "the authority (PEM) that vouches for the cluster; none: the system knows it", set_text,
     get_text, offsetof(struct settings, trino_ca)},
    {"trino_catalog", "NAME", "Trino's catalog; none: TRINO_CATALOG of the environment", set_text,
     get_text, offsetof(struct settings, trino_catalog)},
    {"trino_schema", "NAME", "Trino's schema", set_text, get_text,
     offsetof(struct settings, trino_schema)},
    {"trino_session", "LIST", "session properties: name=value,name=value", set_text, get_text,
     offsetof(struct settings, trino_session)},
    {"budget", "USD",
     "most that this session's Athena queries may cost together; what would pass it is refused",
     set_budget, get_budget, 0},
    {"lint", "on|off", "look at queries for Athena and Trino before they are sent", set_choice,
     get_text, offsetof(struct settings, lint)},
    {"since", "T", "begin of the window that questions look at; none for all", set_since, get_since,
     0},
    {"until", "T", "end of that window", set_until, get_until, 0},
    {"memory", "SIZE", "most memory of the embedded engine; 0 is half of the machine", set_memory,
     get_memory, 0},
    {"case", "FOLDER", "folder of the case: kept results and the session", set_case, get_text,
     offsetof(struct settings, case_folder)},
    {"progress", "on|off", "show a line while long work runs", set_progress, get_progress, 0},
};
const size_t settings_count = COUNT(settings_table);
