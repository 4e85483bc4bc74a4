/* IAM's credential report: credentials that nobody watches. Asking for a new report changes
 * nothing that anybody has; without that permission the last one is read. */
#include "alert/source.h"

#include "base/base64.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

#define DAY ((int64_t)86400 * 1000000)
#define UNUSED_DAYS 90
#define ROOT_DAYS 7
#define REPORT_LIMIT ((size_t)16 << 20)
#define COLUMNS_MOST 64
#define PAUSE 1000000 /* microseconds between two looks at a report that is being made */
#define LOOKS_MOST 20

/* One line of the report. A user's name may hold commas, no other column does: columns are counted
 * from the right. */
struct person {
    const char *const *names; /* of columns */
    size_t count;
    const char *values[COLUMNS_MOST]; /* from [2] on */
    const char *user, *arn;
};

static const char *value_of(const struct person *person, const char *name)
{
    for (size_t i = 2; i < person->count; i++)
        if (strcmp(person->names[i], name) == 0)
            return person->values[i];
    return "";
}

static bool is_true(const struct person *person, const char *name)
{
    return strcmp(value_of(person, name), "true") == 0;
}

/* 0 for "N/A", "no_information"... */
static int64_t time_of(const struct person *person, const char *name)
{
    const char *text = value_of(person, name);
    int64_t time = 0;
    return time_parse(text, strlen(text), &time) ? time : 0;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct findings {
    char words[400];
    int64_t time; /* when the credential was used or made last */
};

static void add(struct findings *findings, int64_t time, const char *words)
{
    size_t size = strlen(findings->words);
    (void)snprintf(findings->words + size, sizeof findings->words - size, "%s%s", size ? "; " : "",
                   words);
    findings->time = later(findings->time, time);
}

static void look_at_key(const struct person *person, int number, bool root, int64_t now,
                        struct findings *findings)
{
    char column[64], words[100], day[TIME_TEXT_SIZE];
    (void)snprintf(column, sizeof column, "access_key_%d_active", number);
    if (!is_true(person, column))
        return;
    (void)snprintf(column, sizeof column, "access_key_%d_last_used_date", number);
    int64_t used = time_of(person, column);
    (void)snprintf(column, sizeof column, "access_key_%d_last_rotated", number);
    int64_t made = time_of(person, column), last = used ? used : made;
    if (root)
        add(findings, last, "root has an active access key");
    if (root && used > now - ROOT_DAYS * DAY)
        add(findings, used, "it was used in the last 7 days");
    if (!root && last && last < now - UNUSED_DAYS * DAY) {
        (void)snprintf(words, sizeof words, "access key %d is active, but was %s on %s", number,
                       used ? "last used" : "never used since it was made", time_day(last, day));
        add(findings, last, words);
    }
}

static void look(const struct person *person, int64_t now, struct findings *findings)
{
    bool root = strcmp(person->user, "<root_account>") == 0;
    int64_t signed_in = time_of(person, "password_last_used");
    if (root && signed_in > now - ROOT_DAYS * DAY)
        add(findings, signed_in, "root signed in within the last 7 days");
    if (!is_true(person, "mfa_active") && (root || is_true(person, "password_enabled")))
        add(findings, signed_in ? signed_in : time_of(person, "user_creation_time"),
            root ? "root has no MFA" : "console sign-in without MFA");
    for (int number = 1; number <= 2; number++)
        look_at_key(person, number, root, now, findings);
}

static void add_person(struct inquiry *inquiry, const struct person *person)
{
    struct findings findings = {.words = ""};
    look(person, time_now(), &findings);
    if (!findings.words[0])
        return;
    struct alert *alert = alert_add(inquiry);
    alert->time = findings.time;
    alert->severity = "low";
    alert->kind = ALERT_USER;
    alert->subject = alert_text(inquiry, person->user);
    alert->what = alert_text(inquiry, findings.words);
    alert->id = alert_text(inquiry, person->arn);
    alert->status = "open";
    if (strcmp(person->user, "<root_account>") == 0)
        alert->then = "%cloudtrail root";
}

/* ---- the report ---------------------------------------------------------------------------------
 */

/* Cuts a line at its commas; how many there are. */
static size_t cut(char *line, char *out[COLUMNS_MOST])
{
    size_t count = 0;
    for (char *at = line; at && count < COLUMNS_MOST; count++) {
        out[count] = at;
        at = strchr(at, ',');
        if (at)
            *at++ = '\0';
    }
    return count;
}

/* "alice,arn:aws:iam::123456789012:user/alice,2014-..." with as many columns as the header. */
static bool read_person(char *line, struct person *person)
{
    char *arn = strstr(line, ",arn:");
    if (!arn)
        return false;
    *arn = '\0';
    person->user = line;
    person->arn = arn + 1;
    char *at = arn + 1 + strlen(arn + 1); /* the end, then backwards */
    for (size_t i = person->count; i-- > 2;) {
        while (at > arn + 1 && at[-1] != ',')
            at--;
        if (at <= arn + 1)
            return false;
        person->values[i] = at;
        *--at = '\0';
    }
    return true;
}

static void read_report(struct inquiry *inquiry, char *text)
{
    char *names[COLUMNS_MOST], *rest = strchr(text, '\n');
    if (rest)
        *rest++ = '\0';
    struct person person = {.names = (const char *const *)names, .count = cut(text, names)};
    if (person.count < 3 || strcmp(names[0], "user") != 0) {
        gap_add(inquiry, "not visible", "the credential report is none");
        return;
    }
    while (rest && *rest) {
        char *line = rest;
        rest = strchr(rest, '\n');
        if (rest)
            *rest++ = '\0';
        if (read_person(line, &person))
            add_person(inquiry, &person);
        else
            gap_add(inquiry, "not visible", "a line of the credential report is broken");
    }
}

static void take_report(struct alert_call *call, const json_t *reply)
{
    const char *content = reply_text(reply, "Content");
    struct buf text;
    buf_init(&text, REPORT_LIMIT);
    bool ok = base64_read(&text, content, strlen(content)) && !text.full;
    if (ok && text.data)
        read_report(call->inquiry, text.data);
    else
        gap_add(call->inquiry, "not visible", "the credential report is none");
    buf_release(&text);
}

static void ask_report(struct inquiry *inquiry, int page);

/* It is still being made. */
static bool is_on_its_way(struct alert_call *call, const char *code, const struct error *why)
{
    (void)why;
    bool waits = code && strcmp(code, "ReportInProgress") == 0 && call->page < LOOKS_MOST;
    if (waits)
        ask_report(call->inquiry, call->page + 1);
    return waits;
}

static void ask_report(struct inquiry *inquiry, int page)
{
    alert_ask(inquiry, &(struct alert_call){.op = "iam:GetCredentialReport",
                                            .expects = "Content",
                                            .page = page,
                                            .pause = page ? PAUSE : 0,
                                            .take = take_report,
                                            .forgive = is_on_its_way});
}

static void take_begun(struct alert_call *call, const json_t *reply)
{
    (void)reply;
    ask_report(call->inquiry, 0);
}

static bool read_last(struct alert_call *call, const char *code, const struct error *why)
{
    (void)code;
    (void)why;
    ask_report(call->inquiry, 0);
    return true;
}

static void begin(struct inquiry *inquiry)
{
    alert_ask(inquiry, &(struct alert_call){.op = "iam:GenerateCredentialReport",
                                            .expects = "State",
                                            .take = take_begun,
                                            .forgive = read_last});
}

const struct alert_source alert_credentials = {
    .name = "credentials",
    .title = "IAM's credential report",
    .otherwise = "%cloudtrail logins",
    .begin = begin,
};
