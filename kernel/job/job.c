#include "job/job.h"

#include "base/buf.h"
#include "base/text.h"
#include "base/time.h"
#include "job/job_file.h"

#include <stdio.h>
#include <string.h>

#define BUNDLE_LIMIT ((size_t)64 * 1024)

const char *job_state_name(enum job_state state)
{
    static const char *const names[JOB_STATES] = {
        [JOB_RUNNING] = "running", [JOB_STOPPING] = "stopping", [JOB_CAME] = "arrived",
        [JOB_ENDED] = "done",      [JOB_BROKE] = "failed",      [JOB_STOPPED] = "stopped",
        [JOB_LEFT] = "left"};
    return names[state];
}

const struct job_kind *job_kind_named(const char *name)
{
    for (size_t i = 0; job_kinds[i]; i++)
        if (strcmp(job_kinds[i]->name, name) == 0)
            return job_kinds[i];
    return NULL;
}

static int64_t wall(void *state)
{
    (void)state;
    return time_now();
}

static int64_t monotonic(void *state)
{
    (void)state;
    return time_monotonic();
}

const struct job_clock job_clock = {wall, monotonic, NULL};

void job_say(struct job *job, const char *format, ...)
{
    char line[JOB_LINE_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    line[text_cut(line, strlen(line), sizeof line - 1)] = '\0';
    if (strcmp(line, job->line) == 0)
        return;
    memcpy(job->line, line, sizeof line);
    job->changed = true;
}

void job_show(struct job *job, struct bundle bundle)
{
    job->shown = bundle;
    job->changed = true;
}

bool job_note(struct job *job, const char *name, json_t *value, struct error *err)
{
    (void)json_object_set_new(job->notes, name, value);
    return job_file_write(job, err);
}

/* ---- the display --------------------------------------------------------------------------------
 */

static void add_line(struct buf *plain, struct buf *html, const char *text, const char *style)
{
    size_t size = strlen(text);
    if (plain->size)
        buf_addc(plain, '\n');
    text_plain(plain, text, size);
    buf_addf(html, "<div style=\"%s\">", style);
    text_html(html, text, size);
    buf_adds(html, "</div>");
}

static const char *head(const struct job *job, struct arena *arena)
{
    char begun[TIME_TEXT_SIZE];
    const char *state = job_state_name(job->progress);
    const char *text =
        arena_printf(arena, "Job %lld, %s, %s since %.19s UTC: %.200s", (long long)job->number,
                     job->kind->noun, state, time_millis(job->begun, begun), job->title);
    if (job->progress > JOB_CAME)
        text = arena_printf(arena, "Job %lld, %s, begun %.19s UTC, %s: %.200s",
                            (long long)job->number, job->kind->noun, begun, state, job->title);
    return text;
}

struct bundle job_bundle(const struct job *job, struct arena *arena)
{
    struct buf plain, html;
    if (job->shown.data)
        return job->shown;
    buf_init(&plain, BUNDLE_LIMIT);
    buf_init(&html, BUNDLE_LIMIT);
    buf_adds(&html, "<div class=\"tex2jax_ignore mathjax_ignore\">");
    add_line(&plain, &html, head(job, arena), "opacity: 0.75; font-size: 90%");
    if (*job->line)
        add_line(&plain, &html, job->line, "font-size: 90%");
    buf_adds(&html, "</div>");
    struct bundle bundle = {.data = json_own(arena, json_object())};
    (void)json_object_set_new(bundle.data, "text/plain", json_text(plain.data, plain.size));
    (void)json_object_set_new(bundle.data, "text/html", json_text(html.data, html.size));
    buf_release(&plain);
    buf_release(&html);
    return bundle;
}
