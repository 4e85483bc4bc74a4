/* The same drawing as SVG, by ourselves: for files, and for the PNG. Deterministic: the same
 * points, the same bytes. */
#include "data/charting.h"

#include "base/text.h"
#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MARGIN_TOP 40
#define MARGIN_BOTTOM 56
#define MARGIN_RIGHT 52
#define TICKS 6

struct frame {
    const struct charting *charting;
    struct buf *out;
    double left, top, width, height; /* of the plotting area */
    double x_low, x_high, y_low, y_high;
};

const char *charting_color(size_t index)
{
    static const char *const palette[] = {"#2f6f9f", "#d1603d", "#4f9d69", "#8e5ea2", "#c9a227",
                                          "#5b8e9c", "#b5446e", "#6b7f3a", "#7a6a58", "#3f4e8c"};
    return palette[index % COUNT(palette)];
}

static void add_text(struct buf *out, const char *text, size_t most)
{
    size_t size = strlen(text), cut = text_cut(text, size, most);
    text_xml(out, text, cut);
    if (cut < size)
        buf_adds(out, "…");
}

static double place_x(const struct frame *frame, double x)
{
    double span = frame->x_high - frame->x_low;
    return frame->left + (span > 0 ? (x - frame->x_low) / span : 0.5) * frame->width;
}

static double place_y(const struct frame *frame, double y)
{
    double span = frame->y_high - frame->y_low;
    return frame->top + frame->height -
           (span > 0 ? (y - frame->y_low) / span : 0.5) * frame->height;
}

/* 1, 2 or 5 times a power of ten. */
static double nice_step(double span)
{
    if (span <= 0)
        return 1;
    double raw = span / TICKS, power = pow(10, floor(log10(raw))), unit = raw / power;
    return (unit <= 1 ? 1 : unit <= 2 ? 2 : unit <= 5 ? 5 : 10) * power;
}

static double time_step(double span)
{
    static const double steps[] = {
        1e3,         1e4,         1e5,          1e6,          5e6,           15e6,          60e6,
        300e6,       900e6,       3600e6,       3 * 3600e6,   6 * 3600e6,    12 * 3600e6,   86400e6,
        2 * 86400e6, 7 * 86400e6, 30 * 86400e6, 91 * 86400e6, 365 * 86400e6, 3650 * 86400e6};
    for (size_t i = 0; i < COUNT(steps); i++)
        if (span / steps[i] <= TICKS)
            return steps[i];
    return steps[COUNT(steps) - 1];
}

static void set_ranges(struct frame *frame)
{
    const struct charting *charting = frame->charting;
    frame->x_low = frame->y_low = INFINITY;
    frame->x_high = frame->y_high = -INFINITY;
    for (size_t i = 0; i < charting->count; i++) {
        frame->x_low = fmin(frame->x_low, charting->points[i].x);
        frame->x_high = fmax(frame->x_high, charting->points[i].x);
        frame->y_low = fmin(frame->y_low, charting->points[i].y);
        frame->y_high = fmax(frame->y_high, charting->points[i].y);
    }
    if (!charting->count)
        frame->x_low = frame->x_high = frame->y_low = frame->y_high = 0;
    if (!charting->x_number) {
        frame->x_low = -0.5;
        frame->x_high = (double)charting->xs.count - 0.5;
    } else if (frame->x_low < frame->x_high) {
        double room = (frame->x_high - frame->x_low) * 0.02;
        frame->x_low -= room;
        frame->x_high += room;
    }
    if (charting->lanes.count) {
        frame->y_low = -0.5;
        frame->y_high = (double)charting->lanes.count - 0.5;
    } else {
        frame->y_low = fmin(frame->y_low, 0);
        double step = nice_step(frame->y_high - frame->y_low);
        frame->y_high = ceil(frame->y_high / step) * step;
    }
}

static void stack_range(struct frame *frame)
{
    const struct charting *charting = frame->charting;
    double most = 0;
    for (size_t x = 0; x < charting->xs.count; x++) {
        double sum = 0;
        for (size_t i = 0; i < charting->count; i++)
            sum += charting->points[i].x == (double)x ? charting->points[i].y : 0;
        most = fmax(most, sum);
    }
    double step = nice_step(most - fmin(frame->y_low, 0));
    frame->y_high = ceil(most / step) * step;
}

static void y_axis(const struct frame *frame)
{
    const struct charting *charting = frame->charting;
    if (charting->lanes.count) {
        for (size_t i = 0; i < charting->lanes.count; i++) {
            double y = place_y(frame, (double)i);
            buf_addf(frame->out,
                     "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#dddddd\"/>",
                     frame->left, y, frame->left + frame->width, y);
            buf_addf(frame->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">",
                     frame->left - 8, y + 4);
            add_text(frame->out, charting->lanes.names[i], 24);
            buf_adds(frame->out, "</text>\n");
        }
        return;
    }
    double step = nice_step(frame->y_high - frame->y_low);
    for (double value = frame->y_low; value <= frame->y_high + step / 2; value += step) {
        double y = place_y(frame, value);
        buf_addf(frame->out,
                 "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#dddddd\"/>",
                 frame->left, y, frame->left + frame->width, y);
        buf_addf(frame->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n",
                 frame->left - 8, y + 4, value);
    }
}

static void x_tick(const struct frame *frame, double x, const char *text, size_t most)
{
    buf_addf(frame->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", x,
             frame->top + frame->height + 18);
    add_text(frame->out, text, most);
    buf_adds(frame->out, "</text>\n");
}

static void time_axis(const struct frame *frame)
{
    double step = time_step(frame->x_high - frame->x_low);
    char text[TIME_TEXT_SIZE];
    for (double value = ceil(frame->x_low / step) * step; value <= frame->x_high; value += step) {
        (void)time_millis((int64_t)value, text);
        text[step >= 86400e6 ? 10 : step >= 60e6 ? 16 : 19] = '\0';
        double x = place_x(frame, value);
        buf_addf(frame->out,
                 "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#eeeeee\"/>", x,
                 frame->top, x, frame->top + frame->height);
        x_tick(frame, x, text, 24);
    }
}

static void x_axis(const struct frame *frame)
{
    const struct charting *charting = frame->charting;
    char text[32];
    if (charting->x_time) {
        time_axis(frame);
    } else if (charting->x_number) {
        double step = nice_step(frame->x_high - frame->x_low);
        for (double value = ceil(frame->x_low / step) * step; value <= frame->x_high;
             value += step) {
            (void)snprintf(text, sizeof text, "%g", value);
            x_tick(frame, place_x(frame, value), text, 24);
        }
    } else {
        size_t every = charting->xs.count / 12 + 1;
        for (size_t i = 0; i < charting->xs.count; i += every)
            x_tick(frame, place_x(frame, (double)i), charting->xs.names[i], 14);
    }
    if (charting->chart->x) {
        buf_addf(frame->out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"#555555\">",
                 frame->left + frame->width / 2, charting->height - 12);
        add_text(frame->out, charting->chart->x, 60);
        buf_adds(frame->out, charting->x_time ? " (UTC)</text>\n" : "</text>\n");
    }
}

static void draw_bars(const struct frame *frame)
{
    const struct charting *charting = frame->charting;
    double width = frame->width / (double)(charting->xs.count ? charting->xs.count : 1) * 0.8;
    double tops[CATEGORY_LIMIT] = {0};
    for (size_t i = 0; i < charting->count; i++) {
        const struct point *point = &charting->points[i];
        double *top = &tops[(size_t)point->x];
        double from = place_y(frame, *top), to = place_y(frame, *top + point->y);
        buf_addf(frame->out,
                 "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
                 place_x(frame, point->x) - width / 2, fmin(from, to), width, fabs(from - to),
                 charting_color(point->color));
        *top += point->y;
    }
}

static void draw_line(const struct frame *frame, size_t color)
{
    const struct charting *charting = frame->charting;
    bool first = true;
    buf_addf(frame->out, "<path fill=\"none\" stroke-width=\"2\" stroke=\"%s\" d=\"",
             charting_color(color));
    for (size_t i = 0; i < charting->count; i++) {
        if (charting->points[i].color != color)
            continue;
        buf_addf(frame->out, "%c%.1f %.1f", first ? 'M' : 'L',
                 place_x(frame, charting->points[i].x), place_y(frame, charting->points[i].y));
        first = false;
    }
    buf_adds(frame->out, "\"/>\n");
}

static void draw_points(const struct frame *frame)
{
    const struct charting *charting = frame->charting;
    for (size_t i = 0; i < charting->count; i++) {
        const struct point *point = &charting->points[i];
        double x = place_x(frame, point->x), y = place_y(frame, point->y);
        if (charting->chart->kind == CHART_TIMELINE)
            buf_addf(frame->out,
                     "<rect x=\"%.1f\" y=\"%.1f\" width=\"3\" height=\"16\" fill=\"%s\"", x - 1.5,
                     y - 8, charting_color(point->color));
        else
            buf_addf(frame->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"", x, y,
                     charting_color(point->color));
        if (!point->label) {
            buf_adds(frame->out, "/>\n");
            continue;
        }
        buf_adds(frame->out, "><title>");
        add_text(frame->out, point->label, 120);
        buf_addf(frame->out, "</title></%s>\n",
                 charting->chart->kind == CHART_TIMELINE ? "rect" : "circle");
    }
}

static void draw_legend(const struct frame *frame)
{
    const struct charting *charting = frame->charting;
    double x = frame->left;
    for (size_t i = 0; i < charting->colors.count && x < charting->width - 80; i++) {
        buf_addf(frame->out, "<rect x=\"%.1f\" y=\"%d\" width=\"10\" height=\"10\" fill=\"%s\"/>",
                 x, MARGIN_TOP - 14, charting_color(i));
        buf_addf(frame->out, "<text x=\"%.1f\" y=\"%d\">", x + 14, MARGIN_TOP - 5);
        add_text(frame->out, charting->colors.names[i], 20);
        buf_adds(frame->out, "</text>\n");
        size_t size = strlen(charting->colors.names[i]);
        x += 30 + 7 * (double)(size < 20 ? size : 20);
    }
}

static void draw_data(const struct frame *frame)
{
    const struct charting *charting = frame->charting;
    if (charting->chart->kind == CHART_BAR) {
        draw_bars(frame);
        return;
    }
    size_t colors = charting->colors.count ? charting->colors.count : 1;
    for (size_t color = 0; color < colors && charting->chart->kind == CHART_LINE; color++)
        draw_line(frame, color);
    draw_points(frame);
}

void charting_svg(const struct charting *charting, struct buf *out)
{
    struct frame frame = {.charting = charting,
                          .out = out,
                          .left = charting->lanes.count ? 170 : 72,
                          .top = MARGIN_TOP};
    frame.width = charting->width - frame.left - MARGIN_RIGHT;
    frame.height = charting->height - MARGIN_TOP - MARGIN_BOTTOM;
    set_ranges(&frame);
    if (charting->chart->kind == CHART_BAR)
        stack_range(&frame);
    buf_addf(out,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 "
             "%d %d\" font-family=\"DejaVu Sans, sans-serif\" "
             "font-size=\"11\" fill=\"#222222\">\n",
             charting->width, charting->height, charting->width, charting->height);
    buf_addf(out, "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", charting->width,
             charting->height);
    if (charting->chart->title) {
        buf_adds(out, "<text x=\"16\" y=\"18\" font-size=\"14\" font-weight=\"bold\">");
        add_text(out, charting->chart->title, 100);
        buf_adds(out, "</text>\n");
    }
    draw_legend(&frame);
    y_axis(&frame);
    x_axis(&frame);
    draw_data(&frame);
    buf_adds(out, "</svg>\n");
}
