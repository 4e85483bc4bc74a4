/* Vega-Lite v5 with inline values only, neutral field names and no expression: a log's text is data
 * and nothing else. */
#include "data/charting.h"

#include "base/time.h"

static json_t *channel(const char *field, const char *type, const char *title)
{
    json_t *object = json_object();
    json_object_set_new(object, "field", json_texts(field));
    json_object_set_new(object, "type", json_texts(type));
    json_object_set_new(object, "title", title ? json_texts(title) : json_null());
    return object;
}

static json_t *values(const struct charting *charting)
{
    json_t *list = json_array();
    char time[TIME_TEXT_SIZE];
    for (size_t i = 0; i < charting->count; i++) {
        const struct point *point = &charting->points[i];
        json_t *row = json_object();
        if (charting->x_time)
            json_object_set_new(row, "x", json_texts(time_iso((int64_t)point->x, time)));
        else
            json_object_set_new(row, "x",
                                charting->x_number
                                    ? json_real(point->x)
                                    : json_texts(charting->xs.names[(size_t)point->x]));
        if (charting->lanes.count)
            json_object_set_new(row, "y", json_texts(charting->lanes.names[(size_t)point->y]));
        else
            json_object_set_new(row, "y", json_real(point->y));
        if (charting->colors.count)
            json_object_set_new(row, "c", json_texts(charting->colors.names[point->color]));
        if (point->label)
            json_object_set_new(row, "l", json_texts(point->label));
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *x_channel(const struct charting *charting)
{
    json_t *x = channel("x",
                        charting->x_time     ? "temporal"
                        : charting->x_number ? "quantitative"
                                             : "ordinal",
                        charting->chart->x);
    if (charting->x_time) {
        json_t *scale = json_object();
        json_object_set_new(scale, "type", json_texts("utc"));
        json_object_set_new(x, "scale", scale);
    } else if (!charting->x_number) {
        json_object_set_new(x, "sort", json_null());
    }
    return x;
}

static json_t *color_channel(const struct charting *charting)
{
    json_t *color = channel("c", "nominal", charting->chart->color);
    json_t *scale = json_object(), *domain = json_array(), *range = json_array();
    for (size_t i = 0; i < charting->colors.count; i++) {
        json_array_append_new(domain, json_texts(charting->colors.names[i]));
        json_array_append_new(range, json_texts(charting_color(i)));
    }
    json_object_set_new(scale, "domain", domain);
    json_object_set_new(scale, "range", range);
    json_object_set_new(color, "scale", scale);
    return color;
}

static json_t *mark(const struct charting *charting)
{
    static const char *const marks[] = {[CHART_BAR] = "bar",
                                        [CHART_LINE] = "line",
                                        [CHART_POINT] = "point",
                                        [CHART_TIMELINE] = "tick"};
    json_t *object = json_object();
    json_object_set_new(object, "type", json_texts(marks[charting->chart->kind]));
    json_object_set_new(object, "tooltip", json_true());
    if (!charting->colors.count)
        json_object_set_new(object, "color", json_texts(charting_color(0)));
    if (charting->chart->kind == CHART_LINE)
        json_object_set_new(object, "point", json_true());
    if (charting->chart->kind == CHART_TIMELINE)
        json_object_set_new(object, "thickness", json_integer(3));
    return object;
}

static json_t *tooltips(const struct charting *charting)
{
    json_t *list = json_array();
    json_array_append_new(list, channel("l", "nominal", charting->chart->label));
    json_array_append_new(
        list, channel("x", charting->x_time ? "temporal" : "nominal", charting->chart->x));
    if (charting->colors.count)
        json_array_append_new(list, channel("c", "nominal", charting->chart->color));
    return list;
}

json_t *charting_vega(const struct charting *charting)
{
    json_t *spec = json_object(), *data = json_object(), *encoding = json_object();
    const char *y = charting->chart->y      ? charting->chart->y
                    : charting->lanes.count ? NULL
                                            : "count";
    json_object_set_new(spec, "$schema",
                        json_texts("https://vega.github.io/schema/vega-lite/v5.json"));
    json_object_set_new(data, "values", values(charting));
    json_object_set_new(spec, "data", data);
    if (charting->chart->title)
        json_object_set_new(spec, "title", json_texts(charting->chart->title));
    json_object_set_new(spec, "width", json_integer(charting->width));
    json_object_set_new(spec, "height", json_integer(charting->height - 80));
    json_object_set_new(spec, "mark", mark(charting));
    json_object_set_new(encoding, "x", x_channel(charting));
    json_object_set_new(encoding, "y",
                        channel("y", charting->lanes.count ? "nominal" : "quantitative", y));
    if (charting->colors.count)
        json_object_set_new(encoding, "color", color_channel(charting));
    if (charting->label >= 0)
        json_object_set_new(encoding, "tooltip", tooltips(charting));
    json_object_set_new(spec, "encoding", encoding);
    return spec;
}
