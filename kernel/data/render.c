#include "data/render.h"

#include "base/buf.h"
#include "base/text.h"
#include "base/time.h"
#include "data/rendering.h"

#include <string.h>

/* A renderer writes rows [0, rows) of the table in its format; the caption's words are put around
 * it by the caller. */
struct renderer {
    const char *mime;
    void (*write)(struct buf *out, const struct rendering *rendering);
    int64_t row_limit; /* 0: none; a table beyond it is not given in this format */
    size_t column_limit;
};

static const struct renderer renderers[] = {
    {.mime = "text/plain", .write = render_plain},
    {.mime = "text/markdown", .write = render_markdown},
    {.mime = "text/html", .write = render_html},
    {.mime = "text/latex", .write = render_latex, .row_limit = 60, .column_limit = 8},
};

static void add_part(struct buf *out, const char *separator, const char *text)
{
    if (out->size)
        buf_adds(out, separator);
    buf_adds(out, text);
}

/* "showing 200 of 58,231 rows"; "3 rows"; "no rows". */
static void add_count(struct buf *out, const struct rendering *rendering)
{
    char shown[32], total[32];
    int64_t all = rendering->caption->total_rows;
    if (all < rendering->table->rows && all >= 0)
        all = rendering->table->rows;
    (void)text_number(rendering->rows, shown);
    if (all < 0)
        buf_addf(out, "showing %s rows", shown);
    else if (all > rendering->rows)
        buf_addf(out, "showing %s of %s rows", shown, text_number(all, total));
    else if (all == 0)
        buf_adds(out, "no rows");
    else
        buf_addf(out, "%s row%s", shown, all == 1 ? "" : "s");
}

static void add_window(struct buf *out, const struct caption *caption)
{
    char since[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];
    if (!caption->since && !caption->until)
        return;
    buf_addf(out, " · %s to %s UTC",
             caption->since ? time_millis(caption->since, since) : "the beginning",
             caption->until ? time_millis(caption->until, until) : "the end");
}

/* The factual line under a table. Values may hold log bytes: the format's writer escapes the whole
 * line. */
static char *facts_line(struct arena *arena, const struct rendering *rendering)
{
    struct buf out;
    buf_init(&out, 8192);
    const struct caption *caption = rendering->caption;
    add_count(&out, rendering);
    if (caption->source)
        buf_addf(&out, " · %s", caption->source);
    add_window(&out, caption);
    if (caption->kept)
        buf_addf(&out, " · kept as %s", caption->kept);
    char *line = buf_to_arena(&out, arena);
    buf_release(&out);
    return line;
}

static char *warning_line(struct arena *arena, const struct rendering *rendering)
{
    struct buf out;
    buf_init(&out, 8192);
    if (rendering->caption->warning)
        add_part(&out, "; ", rendering->caption->warning);
    if (rendering->rows < rendering->table->rows)
        add_part(&out, "; ", "further rows would make this output larger than 1 MiB");
    if (rendering->cut_values) {
        char count[32];
        struct buf part;
        buf_init(&part, 512);
        buf_addf(&part, "%s value%s cut at 2 KiB: %%show %s ROW COLUMN opens one whole",
                 text_number(rendering->cut_values, count),
                 rendering->cut_values == 1 ? " is" : "s are",
                 rendering->caption->kept ? rendering->caption->kept : "_");
        add_part(&out, "; ", part.data);
        buf_release(&part);
    }
    char *line = buf_to_arena(&out, arena);
    buf_release(&out);
    return line;
}

/* What differs from run to run, on a line of its own. */
static char *cost_line(struct arena *arena, const struct caption *caption)
{
    char elapsed[TIME_TEXT_SIZE], bytes[32];
    if (!caption->elapsed && !caption->bytes_read)
        return arena_strdup(arena, "");
    (void)time_duration(caption->elapsed, elapsed);
    if (!caption->bytes_read)
        return arena_printf(arena, "took %s", elapsed);
    return arena_printf(arena, "took %s, %s read", elapsed, text_bytes(caption->bytes_read, bytes));
}

struct formats {
    struct buf texts[COUNT(renderers)];
    bool given[COUNT(renderers)];
};

static size_t write_formats(struct rendering *rendering, struct formats *formats)
{
    size_t total = 0;
    for (size_t i = 0; i < COUNT(renderers); i++) {
        const struct renderer *renderer = &renderers[i];
        struct buf *text = &formats->texts[i];
        buf_clear(text);
        formats->given[i] =
            !renderer->row_limit || (rendering->rows <= renderer->row_limit &&
                                     rendering->table->column_count <= renderer->column_limit);
        if (!formats->given[i])
            continue;
        renderer->write(text, rendering);
        total += text->full ? (size_t)RENDER_BUNDLE_LIMIT * 2 : text->size;
    }
    return total;
}

static void write_words(struct arena *arena, struct rendering *rendering)
{
    rendering->cut_values = render_cut_values(rendering->table, rendering->rows);
    rendering->facts = facts_line(arena, rendering);
    rendering->warning = warning_line(arena, rendering);
    rendering->cost = cost_line(arena, rendering->caption);
}

/* All representations together stay below the limit: fewer rows are tried until they do. */
static void write_fitting(struct arena *arena, struct rendering *rendering, struct formats *formats)
{
    for (;;) {
        write_words(arena, rendering);
        size_t total = write_formats(rendering, formats);
        if (total <= RENDER_BUNDLE_LIMIT || rendering->rows == 0)
            return;
        int64_t fewer =
            (int64_t)((double)rendering->rows * RENDER_BUNDLE_LIMIT / (double)total * 0.95);
        rendering->rows = fewer < rendering->rows ? fewer : rendering->rows - 1;
    }
}

static json_t *metadata_of(struct arena *arena, const struct caption *caption)
{
    json_t *facts = json_object();
    json_object_set_new(facts, "total_rows", json_integer(caption->total_rows));
    json_object_set_new(facts, "elapsed_us", json_integer(caption->elapsed));
    json_object_set_new(facts, "bytes_read", json_integer(caption->bytes_read));
    if (caption->kept)
        json_object_set_new(facts, "kept", json_texts(caption->kept));
    json_t *metadata = json_own(arena, json_object());
    json_object_set_new(metadata, "cofferdam", facts);
    return metadata;
}

struct bundle render_table(struct arena *arena, const struct table *table,
                           const struct caption *caption)
{
    struct rendering rendering = {.table = table, .caption = caption, .rows = table->rows};
    struct formats formats;
    for (size_t i = 0; i < COUNT(renderers); i++)
        buf_init(&formats.texts[i], RENDER_BUNDLE_LIMIT);
    write_fitting(arena, &rendering, &formats);
    json_t *data = json_own(arena, json_object());
    for (size_t i = 0; i < COUNT(renderers); i++) {
        if (formats.given[i])
            json_object_set_new(data, renderers[i].mime,
                                json_text(formats.texts[i].data, formats.texts[i].size));
        buf_release(&formats.texts[i]);
    }
    return (struct bundle){.data = data, .metadata = metadata_of(arena, caption)};
}
