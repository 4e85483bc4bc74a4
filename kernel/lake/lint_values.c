/* Rules about a value compared with a column. */
#include "lake/lint_rules.h"
#include "lake/lint_text.h"

#include "base/base.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Calls `visit` for each text compared with a column: c = 'x', c LIKE 'x', c IN ('x', 'y'),
 * c BETWEEN 'x' AND 'y'. */
static void each_value(struct lint_text *text,
                       void (*visit)(struct lint_text *text, const struct item *path,
                                     const struct item *value))
{
    for (size_t i = 0; i + 1 < text->count; i++) {
        const struct item *path = &text->items[i];
        size_t at = i + 1;
        if (path->kind != ITEM_PATH)
            continue;
        if (item_is(&text->items[at], "not"))
            at++;
        if (!item_compares(&text->items[at]) && !item_is(&text->items[at], "!") &&
            !item_is(&text->items[at], "between"))
            continue;
        bool list = item_is(&text->items[at], "in") || item_is(&text->items[at], "between");
        for (at++; item_is(&text->items[at], "=") || item_is(&text->items[at], ">") ||
                   (list && item_is(&text->items[at], "("));
             at++) {
        }
        for (; text->items[at].kind == ITEM_STRING; at++) {
            visit(text, path, &text->items[at]);
            if (!list ||
                !(item_is(&text->items[at + 1], ",") || item_is(&text->items[at + 1], "and")))
                break;
            at++;
        }
    }
}

static bool is_id(const char *value, const char *const *prefixes)
{
    size_t size = strlen(value);
    for (; *prefixes && size >= 16; prefixes++)
        if (strncmp(value, *prefixes, 4) == 0 &&
            strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == size)
            return true;
    return false;
}

static const char *quoted(struct lint_text *text, const char *path, const char *value)
{
    return arena_printf(text->arena, "%s = '%s'", path, value);
}

static void user_id(struct lint_text *text, const struct item *path, const struct item *value)
{
    static const char *const ids[] = {"AIDA", "AROA", NULL};
    if ((item_ends(path, "credential_uid") || item_ends(path, "accesskeyid")) &&
        is_id(value->text, ids))
        lint_add(text, path, (size_t)(value - path) + 1,
                 quoted(text, text->first ? "actor.user.uid" : "actor.user.uid_alt", value->text));
}

void lint_user_id_as_key(struct lint_text *text)
{
    each_value(text, user_id);
}

static void status(struct lint_text *text, const struct item *path, const struct item *value)
{
    static const struct {
        const char *written, *right;
    } words[] = {{"failed", "Failure"},    {"fail", "Failure"},       {"failure", "Failure"},
                 {"succeeded", "Success"}, {"successful", "Success"}, {"success", "Success"}};
    if (strcmp(path->text, "status") != 0)
        return;
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcasecmp(words[i].written, value->text) == 0 &&
            strcmp(words[i].right, value->text) != 0)
            lint_add(text, value, 1, arena_printf(text->arena, "'%s'", words[i].right));
}

void lint_status(struct lint_text *text)
{
    if (text->management || text->data)
        each_value(text, status);
}

static void address(struct lint_text *text, const struct item *path, const struct item *value)
{
    size_t size = strlen(value->text);
    if (size > 7 && value->text[size - 1] == '.' && strspn(value->text, "0123456789.") == size &&
        (item_ends(path, "ip") || item_ends(path, "sourceipaddress") || item_ends(path, "value")))
        lint_add(text, value, 1, arena_printf(text->arena, "'%.*s'", (int)(size - 1), value->text));
}

void lint_address_dot(struct lint_text *text)
{
    each_value(text, address);
}

static void type(struct lint_text *text, const struct item *path, const struct item *value)
{
    const char *dot = strrchr(path->text, '.');
    size_t size = strlen(value->text);
    if (!item_ends(path, "type") || !dot || strstr(path->text, "user.") ||
        !memchr(value->text, '-', size) ||
        strspn(value->text, "abcdefghijklmnopqrstuvwxyz0123456789.-") != size)
        return;
    lint_add(text, path, (size_t)(value - path) + 1,
             arena_printf(text->arena, "%.*s.uid LIKE '%%:::%s%%'", (int)(dot - path->text),
                          path->text, value->text));
}

void lint_type(struct lint_text *text)
{
    each_value(text, type);
}

/* ---- days ---------------------------------------------------------------------------------------
 */

static bool is_digits(const char *text, size_t size)
{
    return strlen(text) == size && strspn(text, "0123456789") == size;
}

static void day_hours(struct lint_text *text, const struct item *path, const struct item *value)
{
    if (item_ends(path, "eventday") && is_digits(value->text, 10))
        lint_add(text, value, 1, arena_printf(text->arena, "'%.8s'", value->text));
}

/* eventday BETWEEN date_format(..., '%Y%m%d%H') AND ... */
void lint_day_with_hours(struct lint_text *text)
{
    bool day = false;
    each_value(text, day_hours);
    for (size_t i = 0; i < text->count; i++) {
        const struct item *item = &text->items[i];
        day = day || item_ends(item, "eventday");
        if (day && item->kind == ITEM_STRING && strcmp(item->text, "%Y%m%d%H") == 0)
            lint_add(text, item, 1, "'%Y%m%d'");
        if (item_is(item, "group") || item_is(item, "order"))
            day = false;
    }
}

static int days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month < 1 || month > 12 ? 0 : days[month - 1] + (month == 2 && leap);
}

/* YYYYMMDD or YYYY-MM-DD...: the last day of that month where there is no such day. */
static const char *real_day(struct lint_text *text, const char *value)
{
    char digits[9] = {0};
    bool dashes = strlen(value) >= 10 && value[4] == '-' && value[7] == '-';
    if (!dashes && strlen(value) != 8)
        return NULL;
    for (size_t i = 0, j = 0; j < 8 && value[i]; i++) {
        if (dashes && (i == 4 || i == 7))
            continue;
        if (!isdigit((unsigned char)value[i]))
            return NULL;
        digits[j++] = value[i];
    }
    long number = strtol(digits, NULL, 10);
    int year = (int)(number / 10000), month = (int)(number / 100 % 100), day = (int)(number % 100);
    int last = days_of(year, month);
    if (year < 2000 || year > 2100 || !last || (day >= 1 && day <= last))
        return NULL;
    return dashes ? arena_printf(text->arena, "'%04d-%02d-%02d%s'", year, month, last, value + 10)
                  : arena_printf(text->arena, "'%04d%02d%02d'", year, month, last);
}

static void no_such_day(struct lint_text *text, const struct item *path, const struct item *value)
{
    const char *day = item_ends(path, "eventday") || item_ends(path, "time_dt")
                          ? real_day(text, value->text)
                          : NULL;
    if (day)
        lint_add(text, value, 1, day);
}

void lint_no_such_day(struct lint_text *text)
{
    each_value(text, no_such_day);
    for (size_t i = 0; i + 1 < text->count; i++) {
        const struct item *value = &text->items[i + 1];
        if ((item_is(&text->items[i], "timestamp") || item_is(&text->items[i], "date")) &&
            value->kind == ITEM_STRING && real_day(text, value->text))
            lint_add(text, value, 1, real_day(text, value->text));
    }
}

/* ---- data events --------------------------------------------------------------------------------
 */

static void data_event(struct lint_text *text, const struct item *path, const struct item *value)
{
    static const struct {
        const char *operation, *table;
    } events[] = {
        {"GetObject", "s3_data"},     {"PutObject", "s3_data"},     {"DeleteObject", "s3_data"},
        {"DeleteObjects", "s3_data"}, {"HeadObject", "s3_data"},    {"CopyObject", "s3_data"},
        {"ListObjects", "s3_data"},   {"ListObjectsV2", "s3_data"}, {"GetObjectAcl", "s3_data"},
        {"UploadPart", "s3_data"},    {"RestoreObject", "s3_data"}, {"Invoke", "lambda_execution"}};
    if (!item_ends(path, "api.operation"))
        return;
    for (size_t i = 0; i < COUNT(events); i++)
        if (strcmp(events[i].operation, value->text) == 0)
            lint_add(text, path, (size_t)(value - path) + 1,
                     arena_printf(text->arena, "FROM amazon_security_lake_table_..._%s_%s",
                                  events[i].table, text->first ? "1_0" : "2_0"));
}

void lint_data_event(struct lint_text *text)
{
    if (text->management && !text->data)
        each_value(text, data_event);
}

/* ---- identities ---------------------------------------------------------------------------------
 */

static void swapped(struct lint_text *text, const struct item *path, const struct item *value)
{
    static const char *const principals[] = {"AIDA", "AROA", NULL};
    static const char *const keys[] = {"AKIA", "ASIA", NULL};
    bool arn = strncmp(value->text, "arn:", 4) == 0;
    if (!strstr(path->text, "user.u"))
        return;
    if (is_id(value->text, keys))
        lint_add(text, path, (size_t)(value - path) + 1,
                 quoted(text, "actor.user.credential_uid", value->text));
    else if (text->first && !text->second && item_ends(path, "user.uid") && arn)
        lint_add(text, path, 1, "actor.user.uuid");
    else if (text->second && !text->first && item_ends(path, "user.uid") &&
             is_id(value->text, principals))
        lint_add(text, path, 1, "actor.user.uid_alt");
}

void lint_swapped(struct lint_text *text)
{
    each_value(text, swapped);
}
