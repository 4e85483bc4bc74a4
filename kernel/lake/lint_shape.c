/* Rules about the shape of a query: bounds, clauses, columns of a version. */
#include "lake/lint_rules.h"
#include "lake/lint_text.h"

#include "base/base.h"

#include <string.h>

static bool is_bound(const struct item *item)
{
    static const char *const columns[] = {"eventday", "time_dt", "time", "eventtime"};
    for (size_t i = 0; i < COUNT(columns); i++)
        if (item_ends(item, columns[i]))
            return true;
    return false;
}

/* AND, OR and a bound of time side by side in one WHERE. */
void lint_or(struct lint_text *text)
{
    for (size_t i = 0; i < text->count; i++) {
        const struct item *or_ = &text->items[i];
        bool and_ = false, time = false, between = false;
        if (!item_is(or_, "or") || or_->clause != CLAUSE_WHERE)
            continue;
        for (size_t j = 0; j < text->count; j++) {
            const struct item *item = &text->items[j];
            if (item->query != or_->query || item->clause != CLAUSE_WHERE ||
                item->depth != or_->depth)
                continue;
            time = time || is_bound(item);
            if (item_is(item, "between"))
                between = true;
            else if (item_is(item, "and") && between)
                between = false;
            else if (item_is(item, "and"))
                and_ = true;
        }
        if (and_ && time)
            lint_add(text, or_, 1, "... AND (a OR b)");
    }
}

static bool names_class(const struct item *item)
{
    static const char *const columns[] = {"class_uid", "class_name", "type_uid", "type_name",
                                          "activity_name"};
    for (size_t i = 0; i < COUNT(columns); i++)
        if (item_ends(item, columns[i]))
            return true;
    return false;
}

void lint_activity(struct lint_text *text)
{
    bool named = false;
    for (size_t i = 0; i < text->count; i++)
        named = named || (names_class(&text->items[i]) && text->items[i].clause == CLAUSE_WHERE);
    for (size_t i = 0; i + 1 < text->count && !named && text->many_classes; i++)
        if (item_ends(&text->items[i], "activity_id") && item_compares(&text->items[i + 1]) &&
            text->items[i].clause == CLAUSE_WHERE)
            lint_add(text, &text->items[i], 1, "class_uid = 3002 AND activity_id");
}

static bool is_partition(const struct item *item)
{
    return is_bound(item) || item_ends(item, "accountid") || item_ends(item, "region") ||
           item_ends(item, "start_time_dt") || item_ends(item, "end_time_dt");
}

/* Tables of raw logs, as AWS's own set-ups name them; their partitions have many names. */
static bool is_raw_table(const struct item *item)
{
    static const char *const tables[] = {"cloudtrail", "cloudtrail_logs", "vpcflow",
                                         "vpc_flow_logs", "r53dns"};
    for (size_t i = 0; i < COUNT(tables); i++)
        if (item_ends(item, tables[i]) && item->clause == CLAUSE_FROM)
            return true;
    return false;
}

static void raw_partition(struct lint_text *text)
{
    const struct item *table = NULL;
    for (size_t i = 0; i < text->count; i++) {
        if (item_is(&text->items[i], "where"))
            return;
        if (!table && is_raw_table(&text->items[i]))
            table = &text->items[i];
    }
    if (table)
        lint_add(text, table, 1, "... WHERE its partition of time BETWEEN ... AND ...");
}

void lint_partition(struct lint_text *text)
{
    const struct item *table = NULL;
    if (!text->first && !text->second) {
        raw_partition(text);
        return;
    }
    for (size_t i = 0; i < text->count; i++) {
        const struct item *item = &text->items[i];
        if (!table && item->kind == ITEM_PATH && item->clause == CLAUSE_FROM &&
            strstr(item->text, "amazon_security_lake_table_"))
            table = item;
        if (is_partition(item) && item->clause == CLAUSE_WHERE)
            return;
    }
    if (table)
        lint_add(
            text, table, 1,
            text->first
                ? "... WHERE eventday BETWEEN '20260301' AND '20260331' AND accountid = '...'"
                : "... WHERE time_dt >= TIMESTAMP '2026-03-01 00:00:00' AND accountid = '...'");
}

/* The outermost LIMIT of rows as they come. */
void lint_sample(struct lint_text *text)
{
    const struct item *limit = NULL;
    bool ordered = false, grouped = false;
    for (size_t i = 0; i < text->count; i++) {
        const struct item *item = &text->items[i];
        ordered = ordered || (item_is(item, "order") && item->depth == 0);
        grouped = grouped || (item_is(item, "group") && item->depth == 0);
        if (item_is(item, "limit") && item->depth == 0 && text->items[i + 1].kind == ITEM_NUMBER)
            limit = item;
    }
    bool ours = text->first || text->second;
    if (limit && ours && !ordered && !grouped)
        lint_add(text, limit, 2, "ORDER BY ... LIMIT n, beside SELECT count(*)");
}

/* Is a word an alias of this SELECT: [AS] word before a comma or FROM? */
static const struct item *alias_of(struct lint_text *text, const struct item *word)
{
    for (size_t i = 1; i + 1 < text->count; i++) {
        const struct item *item = &text->items[i];
        if (item->query == word->query && item->clause == CLAUSE_SELECT &&
            item->depth == word->depth && strcmp(item->text, word->text) == 0 &&
            item_is(&text->items[i - 1], "as"))
            return item;
    }
    return NULL;
}

/* The expression before AS, back to the comma or SELECT. */
static const char *expression_of(struct lint_text *text, const struct item *alias)
{
    const struct item *begin = alias - 1;
    while (begin > text->items && !(begin[-1].depth == alias->depth &&
                                    (item_is(begin - 1, ",") || item_is(begin - 1, "select"))))
        begin--;
    size_t end = alias[-2].offset + alias[-2].size;
    return begin < alias - 1 && end > begin->offset
               ? arena_strndup(text->arena, text->sql + begin->offset, end - begin->offset)
               : NULL;
}

void lint_having(struct lint_text *text)
{
    for (size_t i = 1; i < text->count; i++) {
        const struct item *item = &text->items[i];
        if (item->clause != CLAUSE_HAVING || item->kind != ITEM_PATH)
            continue;
        const struct item *alias = alias_of(text, item);
        const char *expression = alias ? expression_of(text, alias) : NULL;
        if (expression)
            lint_add(text, item, 1, expression);
    }
}

/* ---- columns ------------------------------------------------------------------------------------
 */

/* AWS's own set-up of the resolver's raw logs has its lists as text: q -> q.instance of such a
 * one. */
static void raw_lists(struct lint_text *text)
{
    bool raw = false;
    for (size_t i = 0; i < text->count; i++)
        raw = raw || (item_ends(&text->items[i], "r53dns") && text->items[i].clause == CLAUSE_FROM);
    for (size_t i = 0; i < text->count && raw; i++) {
        const struct item *item = &text->items[i];
        if (item->depth > 0 && (item_is(item, "answers") || item_is(item, "srcids")))
            lint_add(text, item, 1,
                     arena_printf(text->arena, "CAST(json_parse(%s) AS array(json))", item->text));
    }
}

void lint_member_of_text(struct lint_text *text)
{
    raw_lists(text);
    static const char *const columns[] = {"additionaleventdata.", "requestparameters.",
                                          "responseelements.", "api.request.data.",
                                          "api.response.data."};
    for (size_t i = 0; i < text->count; i++) {
        const struct item *item = &text->items[i];
        for (size_t j = 0; j < COUNT(columns) && item->kind == ITEM_PATH; j++) {
            size_t size = strlen(columns[j]);
            if (strncmp(item->text, columns[j], size) != 0)
                continue;
            const char *member = text->sql + item->offset + size; /* as it was written */
            lint_add(text, item, 1,
                     arena_printf(text->arena, "json_extract_scalar(%.*s, '$.%.*s')", (int)size - 1,
                                  columns[j], (int)(item->size - size), member));
        }
    }
}

/* Columns that one version does not have, and what they are called there. */
static const struct {
    const char *column;
    int version; /* in whose tables it is wrong */
    const char *instead;
} versions[] = {
    {"actor.user.uuid", 2, "actor.user.uid"},
    {"user.uuid", 2, "user.uid"},
    {"actor.user.account_uid", 2, "actor.user.account.uid"},
    {"actor.session.mfa", 2, "actor.session.is_mfa"},
    {"eventday", 2, "time_dt"},
    {"finding.title", 2, "finding_info.title"},
    {"finding.uid", 2, "finding_info.uid"},
    {"finding.desc", 2, "finding_info.desc"},
    {"finding.types", 2, "finding_info.types"},
    {"actor.user.uid_alt", 1, "actor.user.uid"},
    {"actor.user.account.uid", 1, "actor.user.account_uid"},
    {"actor.session.is_mfa", 1, "actor.session.mfa"},
    {"time_dt", 1, "eventday"},
    {"api.request.data", 1, "unmapped['requestParameters...']"},
    {"api.response.data", 1, "unmapped['responseElements...']"},
    {"finding_info.title", 1, "finding.title"},
    {"finding_info.uid", 1, "finding.uid"},
    {"finding_info.desc", 1, "finding.desc"},
    {"finding_info.types", 1, "finding.types"},
};

void lint_versions(struct lint_text *text)
{
    int version = text->second && !text->first ? 2 : text->first && !text->second ? 1 : 0;
    for (size_t i = 0; i < text->count && version; i++)
        for (size_t j = 0; j < COUNT(versions); j++)
            if (versions[j].version == version &&
                strcmp(text->items[i].text, versions[j].column) == 0 &&
                text->items[i].kind == ITEM_PATH && (i == 0 || !item_is(&text->items[i - 1], "as")))
                lint_add(text, &text->items[i], 1, versions[j].instead);
}
