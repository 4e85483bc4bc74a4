#include "desk_state.h"

#include "aws/keyring.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"
#include "case/ledger.h"
#include "case/shown.h"
#include "job/job_file.h"
#include "jobs.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define KNOWN_MOST 100

struct desk *desk_new(const struct worker *worker)
{
    struct desk *desk = xcalloc(1, sizeof *desk);
    desk->worker = worker;
    return desk;
}

static void free_known(struct known *known)
{
    if (known->job) {
        job_file_release(known->job);
        if (known->job->kind->forget)
            known->job->kind->forget(known->job);
        arena_free(known->job->arena);
    }
    request_release(known->request);
    free(known->title);
    free(known->line);
    free(known->shown);
    free(known->display);
    free(known);
}

void desk_free(struct desk *desk)
{
    if (!desk)
        return;
    while (desk->first) {
        struct known *known = desk->first;
        desk->first = known->next;
        free_known(known);
    }
    aws_keyring_release(desk->keyring);
    free(desk->views);
    free(desk);
}

/* ---- which there are ----------------------------------------------------------------------------
 */

bool desk_is_over(const struct known *known)
{
    return known->view.state > JOB_CAME;
}

struct known *desk_find(const struct desk *desk, int64_t number)
{
    struct known *known = desk->first;
    while (known && known->view.number != number)
        known = known->next;
    return known;
}

bool desk_all_over(const struct desk *desk, int64_t number)
{
    for (const struct known *known = desk->first; known; known = known->next)
        if (!desk_is_over(known) && (!number || known->view.number == number))
            return false;
    return true;
}

/* The oldest that is over is forgotten when they are too many. */
static void drop_oldest(struct desk *desk)
{
    struct known **link = &desk->first;
    while (*link && !desk_is_over(*link))
        link = &(*link)->next;
    struct known *known = *link;
    if (!known || desk->count < KNOWN_MOST)
        return;
    *link = known->next;
    desk->count--;
    free_known(known);
}

static void set_text(char **place, const char *text)
{
    free(*place);
    *place = xstrdup(text);
}

static void set_line(struct known *known, enum job_state state, const char *line)
{
    set_text(&known->line, line);
    known->view.state = state;
    known->view.line = known->line;
}

static struct known *add(struct desk *desk, const struct job *job)
{
    struct known *known = xcalloc(1, sizeof *known), **link = &desk->first;
    drop_oldest(desk);
    known->title = xstrdup(job->title);
    known->view = (struct job_view){.number = job->number,
                                    .cell = job->cell,
                                    .begun = job->begun,
                                    .noun = job->kind->noun,
                                    .title = known->title};
    known->display = job->display ? xstrdup(job->display) : NULL;
    set_line(known, job->progress, job->line);
    while (*link)
        link = &(*link)->next;
    *link = known;
    desk->count++;
    return known;
}

/* ---- what came ----------------------------------------------------------------------------------
 */

static void replace_display(struct desk *desk, struct known *known, struct bundle bundle)
{
    free(known->shown);
    known->shown = letter_display(bundle, known->display);
    if (!known->request)
        return;
    struct packet *packet = packet_new(PACKET_PUBLISH, known->request);
    packet->type = "update_display_data";
    packet->content = xstrdup(known->shown);
    packet->content_size = strlen(packet->content);
    pipe_push(desk->worker->front, packet);
}

/* Its last display belongs to the cell that began it, also in the journal: a browser that was
   closed meanwhile is told by %show output. */
static void keep_shown(struct session *session, const struct known *known)
{
    struct error err = {0};
    struct shown *shown = shown_of(session);
    if (!known->view.cell || !known->request)
        return;
    shown_output(shown, known->view.cell, "update_display_data", known->shown,
                 strlen(known->shown));
    if (!shown_write(shown, &err))
        log_error("desk", &err);
}

static void say_error(struct job *job)
{
    job->shown = (struct bundle){NULL, NULL};
    job_say(job, "%s%s%s", job->error.message, *job->error.hint ? ". " : "", job->error.hint);
}

/* What cannot be recorded stops no job. */
static void record(struct session *session, const struct job *job)
{
    struct error err = {0};
    struct ledger *ledger = session_ledger(session, &err);
    json_t *content = json_pack("{s:I, s:s, s:s}", "job", (json_int_t)job->number, "kind",
                                job->kind->name, "state", job_state_name(job->progress));
    (void)json_object_set_new(content, "title", json_texts(job->title));
    if (*job->line)
        (void)json_object_set_new(content, "line", json_texts(job->line));
    struct ledger_entry entry = {.kind = LEDGER_JOB, .content = content};
    if (!ledger)
        json_decref(content);
    if (!ledger || !ledger_write(ledger, &entry, 1, &err))
        log_error("desk", &err);
}

/* The last words of a job: shown, written, forgotten. */
static void close_job(struct desk *desk, struct session *session, struct known *known,
                      struct bundle shown)
{
    struct job *job = known->job;
    struct arena *arena = arena_new();
    struct error err = {0};
    if (job->progress == JOB_BROKE)
        say_error(job);
    replace_display(desk, known, shown.data ? shown : job_bundle(job, arena));
    keep_shown(session, known);
    set_line(known, job->progress, job->line);
    record(session, job);
    if (!job_file_end(job, &err))
        log_error("desk", &err);
    if (job->kind->forget)
        job->kind->forget(job);
    known->job = NULL;
    arena_free(job->arena);
    arena_free(arena);
}

/* False: interrupted; it is tried again. */
static bool commit(struct desk *desk, struct session *session, struct known *known)
{
    struct job *job = known->job;
    struct arena *arena = arena_new();
    struct job_commit here = {.session = session, .cancel = desk->worker->cancel, .arena = arena};
    here.name = arena_printf(arena, job->cell ? "_%lld" : "job_%lld",
                             (long long)(job->cell ? job->cell : job->number));
    if (job->progress != JOB_CAME) { /* it broke, or was stopped */
        close_job(desk, session, known, here.shown);
        arena_free(arena);
        return true;
    }
    error_clear(&job->error);
    bool ok = !job->kind->commit || job->kind->commit(job, &here, &job->error);
    bool again = !ok && job->error.kind == ERROR_INTERRUPTED;
    if (!again) {
        job->progress = !ok ? JOB_BROKE : here.stopped ? JOB_STOPPED : JOB_ENDED;
        close_job(desk, session, known, here.shown);
    }
    arena_free(arena);
    return !again;
}

/* Everything that arrived, in its order. */
static bool commit_all(struct desk *desk, struct session *session)
{
    bool any = false;
    for (struct known *known = desk->first; known; known = known->next) {
        if (!known->job)
            continue;
        if (!commit(desk, session, known))
            break;
        any = true;
    }
    return any;
}

static void open_letter(struct desk *desk, struct letter *letter)
{
    struct known *known = desk_find(desk, letter->number);
    if (!known || (letter->kind != LETTER_LINE && letter->kind != LETTER_OVER))
        return;
    if (letter->kind == LETTER_LINE) {
        set_line(known, letter->state, letter->line);
        free(known->shown);
        known->shown = letter->shown;
        letter->shown = NULL;
        return;
    }
    known->job = letter->job;
    letter->job = NULL;
    known->view.state = JOB_CAME;
}

static void read_news(struct desk *desk)
{
    struct packet *next;
    for (struct packet *packet = pipe_take(desk->worker->news, 0); packet; packet = next) {
        next = packet->next;
        packet->next = NULL;
        if (packet->kind == PACKET_NEWS)
            open_letter(desk, packet->value);
        packet_free(packet);
    }
}

bool desk_news(struct desk *desk, struct session *session)
{
    read_news(desk);
    return session && commit_all(desk, session);
}

bool desk_pending(const struct desk *desk)
{
    const struct known *known = desk->first;
    while (known && !known->job)
        known = known->next;
    return known != NULL;
}

static void release_keys(void *keyring)
{
    aws_keyring_release(keyring);
}

/* What came while the cell runs, is kept by it. */
void desk_catch_up(struct running *running)
{
    read_news(running->desk);
    (void)commit_all(running->desk, running->session);
}

/* ---- beginning ----------------------------------------------------------------------------------
 */

void desk_show_in(struct running *running, const struct known *known, struct bundle bundle)
{
    outputs_display_as(running->outputs, bundle, known->display);
}

void desk_share_keys(struct desk *desk, struct session *session)
{
    struct aws_keyring *keyring = session_keyring(session);
    const char *profile = session_settings(session)->profile;
    const char *region = session_settings(session)->region;
    int64_t due = keyring ? aws_keyring_due(keyring) : 0;
    if (keyring == desk->keyring && (due != desk->due || !desk_all_over(desk, 0)))
        pipe_wake(desk->worker->jobs); /* what a cell has found, jobs may wait for */
    desk->due = due;
    if (keyring == desk->keyring)
        return;
    aws_keyring_release(desk->keyring);
    desk->keyring = keyring ? aws_keyring_hold(keyring) : NULL;
    struct letter letter = {.kind = LETTER_KEYS,
                            .keyring = keyring ? aws_keyring_hold(keyring) : NULL,
                            .profile = profile ? xstrdup(profile) : NULL,
                            .region = region ? xstrdup(region) : NULL};
    letter_send(desk->worker->jobs, NULL, &letter);
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The session's own where it asks as the same profile: a person need not be asked again. */
static void give_keys(const struct running *running, struct job *job)
{
    struct aws_keyring *keyring = session_keyring(running->session);
    if (!keyring || !same(session_settings(running->session)->profile, job->as.profile))
        return;
    job->keyring = aws_keyring_hold(keyring);
    arena_defer(job->arena, release_keys, job->keyring);
}

/* To the jobs thread: from here on it is not the worker's. */
static void send(struct running *running, struct job *job)
{
    struct known *known = add(running->desk, job);
    struct arena *arena = arena_new();
    give_keys(running, job);
    struct request *parent = running->silent ? NULL : running->request;
    known->request = parent ? request_hold(parent) : NULL;
    desk_show_in(running, known, job_bundle(job, arena));
    arena_free(arena);
    struct letter letter = {.kind = LETTER_BEGIN, .number = job->number, .job = job};
    letter_send(running->worker->jobs, parent, &letter);
}

static bool has_room(struct desk *desk, struct error *err)
{
    int under_way = 0;
    for (const struct known *known = desk->first; known; known = known->next)
        under_way += !desk_is_over(known);
    if (under_way < JOB_MOST)
        return true;
    return error_set(err, ERROR_LIMIT, "%d jobs are under way, which is the most", JOB_MOST) ||
           error_hint(err, "%%jobs lists them, %%jobs stop N ends one.");
}

static void set_display(struct job *job)
{
    char *display = arena_alloc(job->arena, UUID_TEXT_SIZE);
    uuid_text(display);
    job->display = display;
}

static const char *copy(struct arena *arena, const char *text)
{
    return text ? arena_strdup(arena, text) : NULL;
}

static bool make(struct running *running, const struct job_order *order, struct job *job,
                 struct error *err)
{
    struct session *session = running->session;
    struct arena *arena = job->arena;
    const char *folder = session_folder(session, err), *exports = session_exports(session, err);
    if (!folder || !exports || !file_make_folder(exports, 0700, err))
        return false;
    job->kind = order->kind;
    job->cell = running->count;
    job->begun = time_now();
    job->title = arena_strdup(arena, order->title);
    job->order = json_own(arena, json_deep_copy(order->order));
    job->notes = json_own(arena, json_object());
    job->folder = arena_strdup(arena, folder);
    job->exports = arena_strdup(arena, exports);
    const char *profile = order->as.profile;
    job->as.profile = copy(arena, profile ? profile : session_settings(session)->profile);
    job->as.role = copy(arena, order->as.role);
    job->as.account = copy(arena, order->as.account);
    job->region = copy(arena, order->region);
    set_display(job);
    return job_file_make(job, err);
}

bool desk_begin(void *state, const struct job_order *order, int64_t *number, struct error *err)
{
    struct running *running = state;
    struct arena *arena = arena_new_secret();
    struct job *job = arena_alloc(arena, sizeof *job);
    *job = (struct job){.arena = arena, .carry = order->carry, .fd = -1, .lock = -1};
    if (order->carry)
        arena_defer(arena, order->carry_free, order->carry);
    if (!has_room(running->desk, err) || !make(running, order, job, err)) {
        job_file_release(job);
        arena_free(arena);
        return false;
    }
    *number = job->number;
    record(running->session, job);
    send(running, job);
    return true;
}

/* ---- after a restart ----------------------------------------------------------------------------
 */

static void take_up(void *state, struct job *job)
{
    struct running *running = state;
    if (job->progress != JOB_RUNNING) {
        if (job->progress == JOB_LEFT && !desk_find(running->desk, job->number))
            outputs_warn(running->outputs, "job %lld (%s) ended with its kernel",
                         (long long)job->number, job->kind->noun);
        (void)add(running->desk, job);
        arena_free(job->arena);
        return;
    }
    outputs_warn(running->outputs, "job %lld (%s) was under way and is taken up again",
                 (long long)job->number, job->kind->noun);
    set_display(job);
    send(running, job);
}

void desk_take_up(struct desk *desk, struct running *running)
{
    struct arena *arena = arena_new();
    (void)desk;
    const char *folder = session_settings(running->session)->case_folder;
    job_files_take(file_absolute(arena, file_expand(arena, folder)), take_up, running);
    arena_free(arena);
}
