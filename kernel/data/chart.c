/* A drawing's data, read from a table once; chart_vega.c and chart_svg.c write it. */
#include "data/chart.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/process.h"
#include "base/text.h"
#include "base/time.h"
#include "data/charting.h"

#include <stdlib.h>
#include <string.h>

#define POINT_LIMIT 5000
#define PNG_LIMIT ((size_t)4 * 1024 * 1024)
#define PNG_TIME 10000 /* milliseconds */

static bool find_column(const struct table *table, const char *name, const char *option, int *out,
                        struct error *err)
{
    *out = -1;
    if (!name)
        return true;
    *out = table_column(table, name);
    if (*out >= 0)
        return true;
    const char *names[256];
    size_t count = 0;
    for (; count < table->column_count && count < COUNT(names); count++)
        names[count] = table->columns[count].name;
    const char *near = text_nearest(name, names, count);
    (void)error_set(err, ERROR_USAGE, "the result has no column %s for %s", name, option);
    return near ? error_hint(err, "Did you mean %s?", near)
                : error_hint(err, "%%show shows the result's columns.");
}

static double number_of(const struct cell *cell, bool *known)
{
    *known = !cell->null;
    if (cell->null)
        return 0;
    if (cell->type == TYPE_INT64 || cell->type == TYPE_TIME)
        return (double)cell->integer;
    if (cell->type == TYPE_DOUBLE)
        return cell->real;
    if (cell->numeric)
        return strtod(cell->text.data, NULL);
    *known = false;
    return 0;
}

/* Made visible here, as the specification's JSON keeps what it is given. */
static const char *text_of(const struct cell *cell, struct arena *arena)
{
    struct buf text, shown;
    buf_init(&text, 4096);
    buf_init(&shown, 32 * 1024);
    render_cell_text(&text, cell);
    text_visible(&shown, text.data, text_cut(text.data, text.size, 120), false);
    char *copy = arena_strndup(arena, shown.data, shown.size);
    buf_release(&shown);
    buf_release(&text);
    return copy;
}

/* Index of a category, added when it is new. */
static size_t category(struct categories *categories, const char *name, struct arena *arena)
{
    for (size_t i = 0; i < categories->count; i++)
        if (strcmp(categories->names[i], name) == 0)
            return i;
    if (categories->count == CATEGORY_LIMIT)
        return CATEGORY_LIMIT - 1;
    if (categories->count == CATEGORY_LIMIT - 1)
        name = "(others)";
    categories->names[categories->count] = arena_strdup(arena, name);
    return categories->count++;
}

static void read_point(struct charting *charting, const struct table *table, int64_t row,
                       struct point *point)
{
    struct cell x = table_cell(table, row, (size_t)charting->x);
    bool known;
    point->x = number_of(&x, &known);
    if (!charting->x_number)
        point->x = (double)category(&charting->xs, text_of(&x, charting->arena), charting->arena);
    point->known = charting->x_number ? known : true;
    point->y = 1;
    if (charting->chart->kind == CHART_TIMELINE) {
        const char *lane = "";
        if (charting->y >= 0) {
            struct cell y = table_cell(table, row, (size_t)charting->y);
            lane = text_of(&y, charting->arena);
        }
        point->y = (double)category(&charting->lanes, lane, charting->arena);
    } else if (charting->y >= 0) {
        struct cell y = table_cell(table, row, (size_t)charting->y);
        point->y = number_of(&y, &known);
        point->known = point->known && known;
    }
    if (charting->color >= 0) {
        struct cell color = table_cell(table, row, (size_t)charting->color);
        point->color =
            category(&charting->colors, text_of(&color, charting->arena), charting->arena);
    }
    if (charting->label >= 0) {
        struct cell label = table_cell(table, row, (size_t)charting->label);
        point->label = text_of(&label, charting->arena);
    }
}

static bool is_number(const struct column *column)
{
    return column->type == TYPE_INT64 || column->type == TYPE_DOUBLE || column->type == TYPE_TIME ||
           column->numeric;
}

static void count_bars(struct charting *charting)
{
    size_t kept = 0;
    for (size_t i = 0; i < charting->count; i++) {
        size_t j = 0;
        while (j < kept && (charting->points[j].x != charting->points[i].x ||
                            charting->points[j].color != charting->points[i].color))
            j++;
        if (j < kept)
            charting->points[j].y += charting->points[i].y;
        else
            charting->points[kept++] = charting->points[i];
    }
    charting->count = kept;
}

static bool read_chart(struct arena *arena, const struct table *table, const struct chart *chart,
                       struct charting *out, struct error *err)
{
    *out = (struct charting){.arena = arena, .chart = chart};
    if (!find_column(table, chart->x, chart->kind == CHART_TIMELINE ? "--time" : "--x", &out->x,
                     err) ||
        !find_column(table, chart->y, chart->kind == CHART_TIMELINE ? "--lane" : "--y", &out->y,
                     err) ||
        !find_column(table, chart->color, "--color", &out->color, err) ||
        !find_column(table, chart->label, "--label", &out->label, err))
        return false;
    if (table->rows > POINT_LIMIT) {
        (void)error_set(err, ERROR_LIMIT, "%lld rows are too many to draw: at most %d",
                        (long long)table->rows, POINT_LIMIT);
        return error_hint(
            err,
            "Aggregate first: SELECT date_trunc('hour', time) AS hour, count(*) ... GROUP BY 1.");
    }
    out->x_number = is_number(&table->columns[out->x]) && chart->kind != CHART_BAR;
    out->x_time = table->columns[out->x].type == TYPE_TIME && chart->kind != CHART_BAR;
    if (chart->kind == CHART_TIMELINE && !out->x_time)
        return error_set(err, ERROR_USAGE, "column %s holds no times", chart->x);
    if (chart->kind != CHART_TIMELINE && out->y >= 0 && !is_number(&table->columns[out->y]))
        return error_set(err, ERROR_USAGE, "column %s holds no numbers", chart->y);
    out->points = arena_alloc(arena, ((size_t)table->rows + 1) * sizeof *out->points);
    for (int64_t row = 0; row < table->rows; row++) {
        read_point(out, table, row, &out->points[out->count]);
        out->count += out->points[out->count].known;
    }
    if (chart->kind == CHART_BAR || (out->y < 0 && chart->kind != CHART_TIMELINE))
        count_bars(out);
    out->width = chart->width ? chart->width : 720;
    size_t lanes = out->lanes.count ? out->lanes.count : 1;
    out->height = chart->height                   ? chart->height
                  : chart->kind == CHART_TIMELINE ? (int)(80 + lanes * 28)
                                                  : 320;
    return true;
}

bool chart_svg(struct arena *arena, const struct table *table, const struct chart *chart,
               char **svg, size_t *size, struct error *err)
{
    struct charting charting;
    if (!read_chart(arena, table, chart, &charting, err))
        return false;
    struct buf out;
    buf_init(&out, PNG_LIMIT);
    charting_svg(&charting, &out);
    bool whole = !out.full;
    *svg = buf_to_arena(&out, arena);
    *size = out.size;
    buf_release(&out);
    return whole || error_set(err, ERROR_LIMIT, "the drawing is larger than 4 MiB");
}

/* Numbers of the drawing for consoles: one line a point, at most 40. */
static json_t *plain_text(const struct charting *charting)
{
    struct buf out;
    char time[TIME_TEXT_SIZE];
    buf_init(&out, 64 * 1024);
    if (charting->chart->title) {
        text_plain(&out, charting->chart->title, strlen(charting->chart->title));
        buf_addc(&out, '\n');
    }
    for (size_t i = 0; i < charting->count && i < 40; i++) {
        const struct point *point = &charting->points[i];
        if (charting->x_time)
            buf_adds(&out, time_millis((int64_t)point->x, time));
        else if (charting->x_number)
            buf_addf(&out, "%g", point->x);
        else
            text_plain(&out, charting->xs.names[(size_t)point->x],
                       strlen(charting->xs.names[(size_t)point->x]));
        const char *lane = charting->lanes.count ? charting->lanes.names[(size_t)point->y] : NULL;
        buf_adds(&out, "  ");
        if (lane)
            text_plain(&out, lane, strlen(lane));
        else
            buf_addf(&out, "%g", point->y);
        if (charting->colors.count) {
            buf_adds(&out, "  ");
            text_plain(&out, charting->colors.names[point->color],
                       strlen(charting->colors.names[point->color]));
        }
        if (point->label) {
            buf_adds(&out, "  ");
            text_plain(&out, point->label, strlen(point->label));
        }
        buf_addc(&out, '\n');
    }
    if (charting->count > 40)
        buf_addf(&out, "and %zu more points\n", charting->count - 40);
    json_t *text = json_text(out.data, out.size);
    buf_release(&out);
    return text;
}

static json_t *base64(const struct buf *bytes)
{
    struct buf out;
    buf_init(&out, bytes->size * 2 + 8);
    base64_add(&out, bytes->data, bytes->size);
    json_t *text = json_text(out.data, out.size);
    buf_release(&out);
    return text;
}

/* Pages and paper show the plain text then: it says why. */
static void add_missing(json_t *data, const struct error *problem)
{
    struct buf words;
    buf_init(&words, PNG_LIMIT);
    buf_addf(&words, "%sno picture: rsvg-convert (Debian: librsvg2-bin) did not draw it: %s\n",
             json_string_value(json_object_get(data, "text/plain")), problem->message);
    json_object_set_new(data, "text/plain", json_text(words.data, words.size));
    buf_release(&words);
}

/* The picture for HTML and PDF; without rsvg-convert the bundle goes without it. */
static bool add_png(const struct charting *charting, json_t *data, struct error *err)
{
    static const char *const argv[] = {"rsvg-convert", "--format=png", "--zoom=2", NULL};
    struct buf svg, png;
    buf_init(&svg, PNG_LIMIT);
    buf_init(&png, PNG_LIMIT);
    charting_svg(charting, &svg);
    struct process process = {.argv = argv,
                              .input = svg.data,
                              .input_size = svg.size,
                              .limit_ms = PNG_TIME,
                              .cancel = charting->chart->cancel};
    struct error problem = {0};
    bool drawn = process_run(&process, &png, &problem);
    if (drawn)
        json_object_set_new(data, "image/png", base64(&png));
    else if (problem.kind != ERROR_INTERRUPTED)
        add_missing(data, &problem);
    buf_release(&svg);
    buf_release(&png);
    if (!drawn && problem.kind == ERROR_INTERRUPTED)
        *err = problem;
    return drawn || problem.kind != ERROR_INTERRUPTED;
}

bool chart_bundle(struct arena *arena, const struct table *table, const struct chart *chart,
                  struct bundle *out, struct error *err)
{
    struct charting charting;
    if (!read_chart(arena, table, chart, &charting, err))
        return false;
    json_t *data = json_own(arena, json_object());
    json_object_set_new(data, "application/vnd.vegalite.v5+json", charting_vega(&charting));
    json_object_set_new(data, "text/plain", plain_text(&charting));
    json_t *size = json_pack("{s:i, s:i}", "width", charting.width, "height", charting.height);
    *out = (struct bundle){.data = data,
                           .metadata = json_own(arena, json_pack("{s:o}", "image/png", size))};
    return add_png(&charting, data, err);
}
