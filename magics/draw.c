#include "magics/draw.h"

#include "base/file.h"
#include "case/results.h"

#include <string.h>

#define POINTS 5000

static bool save_svg(struct magic_call *call, const struct table *table, const struct chart *chart,
                     const char *save, struct error *err)
{
    size_t length = strlen(save);
    if (length < 4 || strcmp(save + length - 4, ".svg") != 0) {
        (void)error_set(err, ERROR_USAGE, "--save writes a drawing as SVG, not \"%s\"", save);
        return error_hint(err, "For example: --save story.svg");
    }
    char *svg;
    size_t size;
    if (!chart_svg(call->arena, table, chart, &svg, &size, err) ||
        !file_replace(file_expand(call->arena, save), svg, size, 0644, err))
        return false;
    outputs_printf(call->outputs, "drawing saved to %s\n", save);
    return true;
}

bool draw_result(struct magic_call *call, const char *result, const struct chart *chart,
                 const char *save, struct error *err)
{
    struct result page;
    if (!results_page(call->session, result ? result : "_", 0, POINTS, call->arena, &page, err))
        return false;
    if (save && !save_svg(call, page.table, chart, save, err))
        return false;
    if (!page.table->rows) {
        page.caption.title = chart->title;
        page.caption.warning = "nothing to draw: the result has no rows";
        outputs_display(call->outputs, render_table(call->arena, page.table, &page.caption));
        return true;
    }
    struct bundle bundle;
    if (!chart_bundle(call->arena, page.table, chart, &bundle, err))
        return false;
    outputs_display(call->outputs, bundle);
    if (page.caption.total_rows > POINTS)
        outputs_warn(call->outputs, "drawn: the first %d of %lld rows; aggregate to draw them all",
                     POINTS, (long long)page.caption.total_rows);
    return true;
}
