#include "lake/check.h"

#include "base/buf.h"

#include <string.h>

/* Per source, account and region: hours with and without events between its first and last one, and
   ids that occur twice. {id} is the id of a row where the source has one. */
static const char part_sql[] =
    "SELECT '{view}' AS source, accountid AS account, region, count(*) AS \"rows\", count({id}) - "
    "count(DISTINCT {id}) AS duplicates, min(time_dt) AS "
    "first_event, max(time_dt) AS last_event, count(DISTINCT date_trunc('hour', time_dt)) AS "
    "hours_with_events, "
    "date_diff('hour', min(time_dt), max(time_dt)) + 1 - count(DISTINCT date_trunc('hour', "
    "time_dt)) AS hours_without FROM \"{view}\" GROUP BY ALL";

static const char gap_sql[] =
    "SELECT '{view}' AS source, accountid AS account, region, hour AS gap_begins, next_hour AS "
    "gap_ends, date_diff('hour', hour, next_hour) - 1 AS hours FROM "
    "(SELECT accountid, region, hour, lead(hour) OVER (PARTITION BY accountid, region ORDER BY "
    "hour) AS next_hour FROM (SELECT DISTINCT accountid, region, "
    "date_trunc('hour', time_dt) AS hour FROM \"{view}\")) WHERE date_diff('hour', hour, "
    "next_hour) > 6";

static const char *id_of(const struct source *source)
{
    static const char *const with_ids[] = {"cloudtrail", "s3_data", "lambda_execution"};
    for (size_t i = 0; i < COUNT(with_ids); i++)
        if (strcmp(with_ids[i], source->view) == 0)
            return "metadata.uid";
    return "NULL";
}

static void fill(struct buf *out, const char *template, const struct source *source)
{
    for (const char *at = template; *at;) {
        if (strncmp(at, "{view}", 6) == 0) {
            buf_adds(out, source->view);
            at += 6;
        } else if (strncmp(at, "{id}", 4) == 0) {
            buf_adds(out, id_of(source));
            at += 4;
        } else {
            buf_addc(out, *at++);
        }
    }
}

static bool build(struct session *session, const char *template, const char *order,
                  struct cancel *cancel, struct arena *arena, const char **sql, struct error *err)
{
    struct buf text;
    buf_init(&text, 64 * 1024);
    for (size_t i = 0; i < sources_count; i++) {
        struct lake_window window;
        if (!lake_window(session, NULL, sources_table[i].view, cancel, arena, &window, err)) {
            buf_release(&text);
            return false;
        }
        if (!window.known || !window.rows)
            continue;
        buf_adds(&text, text.size ? " UNION ALL " : "");
        fill(&text, template, &sources_table[i]);
    }
    bool any = text.size > 0;
    buf_adds(&text, order);
    *sql = buf_to_arena(&text, arena);
    buf_release(&text);
    return any || error_set(err, ERROR_NOT_FOUND, "the open lake holds no rows of a known source");
}

static bool ask(struct session *session, const char *sql, struct cancel *cancel,
                struct arena *arena, struct result *out, struct error *err)
{
    struct results_request request = {
        .sql = sql, .size = strlen(sql), .line = 1, .source = "local: the open lake"};
    return results_run(session, &request, NULL, cancel, arena, out, err);
}

static void say_gaps(struct prose *prose, const struct result *gaps)
{
    if (!gaps->caption.total_rows) {
        prose_bullet(prose, 0,
                     "%b no source, account and region is silent for more than six hours between "
                     "its events.",
                     "Gaps:");
        return;
    }
    prose_bullet(prose, 0, "%b %d silences of more than six hours; the longest are in the table.",
                 "Gaps:", gaps->caption.total_rows);
}

static int64_t sum(const struct table *table, const char *column)
{
    int64_t total = 0;
    for (int64_t row = 0; row < table->rows; row++)
        total += table_int(table, row, column);
    return total;
}

bool lake_check(struct session *session, struct outputs *outputs, struct cancel *cancel,
                struct arena *arena, struct result *out, struct error *err)
{
    const char *parts_sql, *gaps_sql;
    struct result gaps;
    if (!build(session, gap_sql, " ORDER BY hours DESC, source, account, region, gap_begins",
               cancel, arena, &gaps_sql, err) ||
        !build(session, part_sql, " ORDER BY source, account, region", cancel, arena, &parts_sql,
               err) ||
        !ask(session, gaps_sql, cancel, arena, &gaps, err) ||
        !ask(session, parts_sql, cancel, arena, out, err))
        return error_wrap(err, "checking the lake");
    struct prose *prose = prose_new(arena);
    int64_t duplicates = sum(out->table, "duplicates");
    prose_paragraph(prose, "%d rows in %d groups of source, account and region.",
                    sum(out->table, "rows"), out->caption.total_rows);
    say_gaps(prose, &gaps);
    if (duplicates)
        prose_bullet(prose, 0, "%b %d rows repeat an event id: %c lists them.",
                     "Duplicates:", duplicates, "%cloudtrail duplicates");
    else
        prose_bullet(prose, 0, "%b every event id occurs once.", "Duplicates:");
    outputs_display(outputs, prose_bundle(prose));
    if (gaps.caption.total_rows)
        outputs_display(outputs, render_table(arena, gaps.table, &gaps.caption));
    outputs_result(outputs, render_table(arena, out->table, &out->caption));
    return true;
}
