/* The settings: one row each, behind %set, completion and help. */
#include "case/session_state.h"

#include "base/text.h"
#include "base/time.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool is_none(const char *value)
{
    return strcmp(value, "") == 0 || strcmp(value, "none") == 0 || strcmp(value, "None") == 0;
}

static const char *keep(struct session *session, const char *value)
{
    return is_none(value) ? NULL : arena_strdup(session->arena, value);
}

static bool set_limit(struct session *session, const char *value, struct error *err)
{
    char *end;
    intmax_t number = strtoimax(value, &end, 10);
    if (*end || end == value || number < 1 || number > 10000)
        return error_set(err, ERROR_USAGE, "limit must be a number from 1 to 10000, not \"%s\"",
                         value);
    session_settings_edit(session)->limit = (int64_t)number;
    return true;
}

static const char *get_limit(const struct session *session, struct arena *arena)
{
    return arena_printf(arena, "%" PRId64, session->settings.limit);
}

static bool set_engine(struct session *session, const char *value, struct error *err)
{
    if (strcmp(value, "local") != 0) {
        (void)error_set(err, ERROR_USAGE, "no engine \"%s\"", value);
        return error_hint(err, "The engine is: local.");
    }
    session_settings_edit(session)->engine = "local";
    return true;
}

static const char *get_engine(const struct session *session, struct arena *arena)
{
    (void)arena;
    return session->settings.engine;
}

static bool set_account(struct session *session, const char *value, struct error *err)
{
    if (!is_none(value) && (strlen(value) != 12 || strspn(value, "0123456789") != 12))
        return error_set(err, ERROR_USAGE, "an account has 12 digits, not \"%s\"", value);
    session_settings_edit(session)->account = keep(session, value);
    return true;
}

static const char *get_account(const struct session *session, struct arena *arena)
{
    (void)arena;
    return session->settings.account;
}

static bool set_profile(struct session *session, const char *value, struct error *err)
{
    (void)err;
    session_settings_edit(session)->profile = keep(session, value);
    session_aws_changed(session);
    return true;
}

static const char *get_profile(const struct session *session, struct arena *arena)
{
    (void)arena;
    return session->settings.profile;
}

static bool set_region(struct session *session, const char *value, struct error *err)
{
    if (!is_none(value) && value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-")])
        return error_set(err, ERROR_USAGE, "\"%s\" is no region", value) ||
               error_hint(err, "A region is written like eu-west-1.");
    session_settings_edit(session)->region = keep(session, value);
    session_aws_changed(session);
    return true;
}

static const char *get_region(const struct session *session, struct arena *arena)
{
    (void)arena;
    return session->settings.region;
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

static bool set_since(struct session *session, const char *value, struct error *err)
{
    return read_time(value, &session_settings_edit(session)->since, err);
}

static const char *get_since(const struct session *session, struct arena *arena)
{
    return show_time(session->settings.since, arena);
}

static bool set_until(struct session *session, const char *value, struct error *err)
{
    return read_time(value, &session_settings_edit(session)->until, err);
}

static const char *get_until(const struct session *session, struct arena *arena)
{
    return show_time(session->settings.until, arena);
}

static bool set_memory(struct session *session, const char *value, struct error *err)
{
    static const struct {
        const char *unit;
        int64_t bytes;
    } units[] = {{"", 1}, {"MB", 1000000}, {"GB", 1000000000}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
    char *end;
    intmax_t number = strtoimax(value, &end, 10);
    for (size_t i = 0; i < COUNT(units) && end != value; i++)
        if (strcmp(end, units[i].unit) == 0 && number >= 0 &&
            number <= INT64_MAX / units[i].bytes &&
            (number == 0 || number * units[i].bytes >= 64000000)) {
            session_settings_edit(session)->memory = (int64_t)number * units[i].bytes;
            session_local_changed(session);
            return true;
        }
    (void)error_set(err, ERROR_USAGE, "memory takes a size of at least 64MB, not \"%s\"", value);
    return error_hint(err, "For example: %%set memory 8GB; 0 is half of the machine.");
}

static const char *get_memory(const struct session *session, struct arena *arena)
{
    char text[32];
    return session->settings.memory
               ? arena_strdup(arena, text_bytes(session->settings.memory, text))
               : "half of the machine";
}

static bool set_case(struct session *session, const char *value, struct error *err)
{
    if (is_none(value))
        return error_set(err, ERROR_USAGE, "the case needs a folder");
    char *before = session->folder;
    const char *setting = session->settings.case_folder;
    session->folder = NULL;
    session_settings_edit(session)->case_folder = keep(session, value);
    session_local_changed(session);
    if (session_folder(session, err)) {
        free(before);
        return true;
    }
    session->folder = before;
    session->settings.case_folder = setting;
    return false;
}

static const char *get_case(const struct session *session, struct arena *arena)
{
    (void)arena;
    return session->settings.case_folder;
}

static bool set_progress(struct session *session, const char *value, struct error *err)
{
    bool on = strcmp(value, "on") == 0;
    if (!on && strcmp(value, "off") != 0)
        return error_set(err, ERROR_USAGE, "progress is on or off, not \"%s\"", value);
    session_settings_edit(session)->progress = on;
    return true;
}

static const char *get_progress(const struct session *session, struct arena *arena)
{
    (void)arena;
    return session->settings.progress ? "on" : "off";
}

const struct setting settings_table[] = {
    {"limit", "N", "rows shown of a result, 1 to 10000", set_limit, get_limit},
    {"engine", "NAME", "where SQL runs: local", set_engine, get_engine},
    {"account", "ID", "account that questions look at; none for all", set_account, get_account},
    {"profile", "NAME",
     "profile of ~/.aws whose credentials are used; none: as the environment says", set_profile,
     get_profile},
    {"region", "NAME", "region where AWS is asked; none: as the environment and the profile say",
     set_region, get_region},
    {"since", "T", "begin of the window that questions look at; none for all", set_since,
     get_since},
    {"until", "T", "end of that window", set_until, get_until},
    {"memory", "SIZE", "most memory of the embedded engine; 0 is half of the machine", set_memory,
     get_memory},
    {"case", "FOLDER", "folder of the case: kept results and the session", set_case, get_case},
    {"progress", "on|off", "show a line while long work runs", set_progress, get_progress},
};
const size_t settings_count = COUNT(settings_table);
