#include "question/summary.h"

#include "base/text.h"
#include "question/meaning.h"

#include <string.h>

/* One pass over the kept rows per kind of fact; `%KEPT%` is the kept result's quoted name,
 * `%READS%` what the questions call reading. */
static const char summary_sql[] =
    "WITH e AS (SELECT * FROM %KEPT%), "
    "facts AS (SELECT 'who' AS kind, who AS name, 0 AS later, count(*) AS calls, min(time) AS "
    "first, max(time) AS last FROM e WHERE who IS NOT NULL GROUP BY who UNION ALL "
    "SELECT 'key', \"key\", 0, count(*), min(time), max(time) FROM e WHERE \"key\" <> '' GROUP BY "
    "\"key\" UNION ALL "
    "SELECT 'source', source, 0, count(*), min(time), max(time) FROM e WHERE source IS NOT NULL "
    "GROUP BY source UNION ALL "
    "SELECT 'agent', agent, 0, count(*), min(time), max(time) FROM e WHERE agent IS NOT NULL GROUP "
    "BY agent UNION ALL "
    "SELECT 'region', region, 0, count(*), min(time), max(time) FROM e WHERE region IS NOT NULL "
    "GROUP BY region UNION ALL "
    /* who may do what counts more than what was done often */
    "SELECT 'change', operation, min(CASE WHEN service IN ('iam.amazonaws.com', "
    "'organizations.amazonaws.com', 'sts.amazonaws.com') THEN 0 ELSE 1 END), count(*), min(time), "
    "max(time) FROM e WHERE error IS NULL AND NOT %READS% GROUP BY operation UNION ALL "
    "SELECT 'denied', operation, 0, count(*), min(time), max(time) FROM e WHERE error IS NOT NULL "
    "GROUP BY operation UNION ALL "
    "SELECT 'all', NULL, 0, count(*), min(time), max(time) FROM e), "
    "ranked AS (SELECT *, row_number() OVER (PARTITION BY kind ORDER BY later, calls DESC, first, "
    "name) AS place, count(*) OVER (PARTITION BY kind) AS kinds, sum(calls) OVER (PARTITION BY "
    "kind) AS total FROM facts) "
    "SELECT kind, name, calls, first, last, kinds, CAST(total AS BIGINT) AS total FROM ranked "
    "WHERE place <= CASE kind WHEN 'change' THEN 16 ELSE 8 END ORDER BY kind, place";

/* The text up to a mark; returns what follows the mark. */
static const char *add_to(struct buf *sql, const char *text, const char *mark)
{
    const char *found = strstr(text, mark);
    buf_add(sql, text, found ? (size_t)(found - text) : strlen(text));
    return found ? found + strlen(mark) : NULL;
}

static void write_sql(struct buf *sql, const char *kept)
{
    const char *rest = add_to(sql, summary_sql, "%KEPT%");
    buf_adds(sql, "results.main.");
    text_sql_name(sql, kept, strlen(kept));
    rest = add_to(sql, rest, "%READS%");
    const char *reads = meaning_derived("reads", 5);
    while ((reads = add_to(sql, reads, "{operation}")))
        buf_adds(sql, "operation");
    buf_adds(sql, rest);
}

struct facts {
    const struct table *table;
};

static int64_t first_row(const struct facts *facts, const char *kind)
{
    for (int64_t row = 0; row < facts->table->rows; row++)
        if (strcmp(table_text(facts->table, row, "kind"), kind) == 0)
            return row;
    return -1;
}

static int64_t number(const struct facts *facts, const char *kind, const char *column)
{
    int64_t row = first_row(facts, kind);
    return row < 0 ? 0 : table_int(facts->table, row, column);
}

/* "RunInstances (3), CreateUser (1) and 4 more" as values of a bullet, each escaped by prose. */
static void add_list(struct prose *prose, const struct facts *facts, const char *kind)
{
    int64_t row = first_row(facts, kind);
    int64_t kinds = table_int(facts->table, row, "kinds");
    int64_t shown = 0;
    for (; row < facts->table->rows && strcmp(table_text(facts->table, row, "kind"), kind) == 0;
         row++, shown++)
        prose_add(prose, "%s%c (%d)", shown ? ", " : "", table_text(facts->table, row, "name"),
                  table_int(facts->table, row, "calls"));
    if (kinds > shown)
        prose_add(prose, " and %d more", kinds - shown);
}

static void add_facts(struct prose *prose, const struct facts *facts)
{
    static const struct {
        const char *kind, *label;
    } lines[] = {{"who", "Who: "},      {"key", "Keys: "},       {"source", "From: "},
                 {"agent", "With: "},   {"region", "Regions: "}, {"change", "Changed: "},
                 {"denied", "Failed: "}};
    for (size_t i = 0; i < COUNT(lines); i++) {
        if (first_row(facts, lines[i].kind) < 0)
            continue;
        prose_bullet(prose, 0, "%b", lines[i].label);
        add_list(prose, facts, lines[i].kind);
    }
    if (first_row(facts, "change") < 0)
        prose_bullet(prose, 0, "%b nothing: no call that changes something succeeded", "Changed:");
}

static void totals_line(struct prose *prose, const struct facts *facts)
{
    int64_t denied = number(facts, "denied", "total");
    int64_t calls = number(facts, "all", "calls");
    prose_paragraph(prose, "%d calls between %t and %t UTC; %d failed, %d succeeded.", calls,
                    number(facts, "all", "first"), number(facts, "all", "last"), denied,
                    calls - denied);
}

bool summary_show(struct session *session, const struct question_request *request,
                  const struct result *result, struct outputs *outputs, struct cancel *cancel,
                  struct arena *arena, struct error *err)
{
    if (!outputs || !result->info.kept || table_column(result->table, "agent") < 0)
        return true;
    struct buf sql;
    buf_init(&sql, 64 * 1024);
    write_sql(&sql, result->info.kept);
    struct local *local = session_local(session, err);
    struct local_statement statement = {.sql = sql.data, .cancel = cancel};
    struct table *answer = NULL;
    bool asked = local && local_run(local, &statement, arena, &answer, err);
    buf_release(&sql);
    if (!asked)
        return error_wrap(err, "summary");
    struct facts facts = {.table = answer};
    struct prose *prose = prose_new(arena);
    enum target_kind kind = request->question->target;
    prose_paragraph(prose, "%b %c", target_kind_name(kind), request->target);
    totals_line(prose, &facts);
    add_facts(prose, &facts);
    outputs_display(outputs, prose_bundle(prose));
    return true;
}
