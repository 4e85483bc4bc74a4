#include "jobs.h"

#include "aws/keyring.h"
#include "base/log.h"
#include "base/time.h"
#include "job/job_file.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define TELL_INTERVAL 500000 /* microseconds between two updates of a display */
#define QUIT_LIMIT 200000    /* for the far ends to confirm that they stop */

/* One account and region, for all jobs there. */
struct client {
    struct client *next;
    struct aws *aws;
    struct aws_keyring *base;                /* of who assumes the role; `aws` has it; NULL: none */
    char *profile, *role, *account, *region; /* NULL: none */
    int users;
};

struct doing {
    struct doing *next;
    struct job *job;
    struct client *client;
    struct request *request; /* parent of its display; NULL: not shown */
    bool begun;
    int64_t told; /* monotonic */
};

/* What the thread owns. */
struct hall {
    const struct jobs *jobs;
    struct doing *first;
    struct client *clients;
    struct renewals *renewals;
    struct aws_keyring *session; /* of the session's client; NULL: it has none */
    int64_t renew_at;            /* Unix microseconds; 0: nothing will be due */
    int64_t quit_by;             /* monotonic; 0: not ending */
};

static int64_t now_of(const struct hall *hall)
{
    return hall->jobs->clock->monotonic(hall->jobs->clock->state);
}

/* ---- clients ------------------------------------------------------------------------------------
 */

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static char *copied(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static bool serves(const struct client *client, const struct job *job)
{
    const struct job_as *as = &job->as;
    return same(client->profile, as->profile) && same(client->role, as->role) &&
           same(client->account, as->account) && same(client->region, job->region) &&
           (!job->keyring ||
            job->keyring == (as->role ? client->base : aws_keyring_of(client->aws)));
}

static struct client *make_client(struct hall *hall, const struct job *job)
{
    const struct job_as *as = &job->as;
    struct aws_settings settings = {.profile = as->profile,
                                    .region = job->region,
                                    .keyring = as->role ? NULL : job->keyring,
                                    .role = as->role,
                                    .base = as->role ? job->keyring : NULL,
                                    .account = as->account};
    struct client *client = xcalloc(1, sizeof *client);
    client->aws = aws_new(&settings);
    aws_set_patient(client->aws);
    renewals_watch(hall->renewals, aws_keyring_of(client->aws), &settings);
    client->base = settings.base;
    client->profile = copied(as->profile);
    client->role = copied(as->role);
    client->account = copied(as->account);
    client->region = copied(job->region);
    client->next = hall->clients;
    hall->clients = client;
    return client;
}

static struct client *client_of(struct hall *hall, const struct job *job)
{
    struct client *client = hall->clients;
    while (client && !serves(client, job))
        client = client->next;
    if (!client)
        client = make_client(hall, job);
    client->users++;
    return client;
}

static void leave_client(struct hall *hall, struct client *client)
{
    if (--client->users)
        return;
    struct client **link = &hall->clients;
    while (*link && *link != client)
        link = &(*link)->next;
    if (*link)
        *link = client->next;
    renewals_leave(hall->renewals, aws_keyring_of(client->aws));
    aws_free(client->aws);
    free(client->profile);
    free(client->role);
    free(client->account);
    free(client->region);
    free(client);
}

/* ---- telling ------------------------------------------------------------------------------------
 */

static void tell(struct hall *hall, struct doing *doing)
{
    struct job *job = doing->job;
    struct arena *arena = arena_new();
    struct bundle bundle = job_bundle(job, arena);
    char *content = letter_display(bundle, job->display);
    struct letter letter = {.kind = LETTER_LINE,
                            .number = job->number,
                            .state = job->progress,
                            .line = xstrdup(job->line),
                            .shown = xstrdup(content)};
    letter_quiet(hall->jobs->news, &letter);
    if (doing->request) {
        struct packet *packet = packet_new(PACKET_PUBLISH, doing->request);
        packet->type = "update_display_data";
        packet->content = content;
        packet->content_size = strlen(content);
        pipe_push(hall->jobs->front, packet);
    } else {
        free(content);
    }
    arena_free(arena);
    job->changed = false;
    doing->told = now_of(hall);
}

/* Not more often than a reader can follow. */
static void tell_changes(struct hall *hall)
{
    for (struct doing *doing = hall->first; doing; doing = doing->next)
        if (doing->job->changed && now_of(hall) - doing->told >= TELL_INTERVAL)
            tell(hall, doing);
}

/* A person is needed: the job goes on when a cell has found credentials. */
static void say_trouble(struct hall *hall)
{
    struct error why = {0};
    for (struct doing *doing = hall->first; doing; doing = doing->next)
        if (aws_is_waiting(doing->job->aws) &&
            aws_keyring_trouble(aws_keyring_of(doing->job->aws), &why))
            job_say(doing->job,
                    "waits for credentials (%s): %%whoami in a cell asks for what is needed, of "
                    "another account its profile or role in %%set accounts; then the job goes on",
                    why.message);
}

/* ---- a job's life -------------------------------------------------------------------------------
 */

static struct doing *unlink_doing(struct hall *hall, struct doing *doing)
{
    struct doing **link = &hall->first;
    while (*link != doing)
        link = &(*link)->next;
    *link = doing->next;
    return *link;
}

/* Its connections are gone with this. Returns the next. */
static struct doing *dismiss(struct hall *hall, struct doing *doing)
{
    struct doing *next = unlink_doing(hall, doing);
    if (doing->job->kind->end)
        doing->job->kind->end(doing->job);
    leave_client(hall, doing->client);
    doing->job->aws = NULL;
    return next;
}

static struct doing *hand_over(struct hall *hall, struct doing *doing, enum job_state state)
{
    struct doing *next = dismiss(hall, doing);
    doing->job->progress = state;
    struct letter letter = {
        .kind = LETTER_OVER, .number = doing->job->number, .job = doing->job, .state = state};
    letter_send(hall->jobs->news, doing->request, &letter);
    request_release(doing->request);
    free(doing);
    return next;
}

/* Returns the next. */
static struct doing *step(struct hall *hall, struct doing *doing)
{
    struct job *job = doing->job;
    bool stopping = job->progress == JOB_STOPPING;
    enum job_step came = JOB_FAILED;
    job->due = 0;
    if (stopping && (!doing->begun || !job->kind->stop))
        return hand_over(hall, doing, JOB_STOPPED);
    if (doing->begun || job->kind->begin(job, &job->error)) {
        doing->begun = true;
        came = job->kind->step(job, &job->error);
    } else {
        doing->begun = true;
    }
    if (came == JOB_WAITS)
        return doing->next;
    return hand_over(hall, doing, came == JOB_DONE ? JOB_CAME : stopping ? JOB_STOPPED : JOB_BROKE);
}

static void take_job(struct hall *hall, struct job *job, struct request *request)
{
    struct doing *doing = xcalloc(1, sizeof *doing);
    struct doing **link = &hall->first;
    doing->job = job;
    doing->request = request ? request_hold(request) : NULL;
    doing->client = client_of(hall, job);
    job->aws = doing->client->aws;
    job->clock = hall->jobs->clock;
    while (*link)
        link = &(*link)->next;
    *link = doing;
}

static void ask_to_stop(struct job *job)
{
    if (job->progress != JOB_RUNNING)
        return;
    job->progress = JOB_STOPPING;
    job->changed = true;
    if (job->kind->stop)
        job->kind->stop(job);
}

/* Another profile has another keyring. */
static void watch_session(struct hall *hall, const struct letter *letter)
{
    if (hall->session)
        renewals_leave(hall->renewals, hall->session);
    hall->session = letter->keyring; /* a name from here on: the watch has a reference */
    struct aws_settings settings = {.profile = letter->profile, .region = letter->region};
    if (hall->session)
        renewals_watch(hall->renewals, hall->session, &settings);
}

static void open_letter(struct hall *hall, struct packet *packet)
{
    struct letter *letter = packet->value;
    if (letter->kind == LETTER_KEYS)
        watch_session(hall, letter);
    if (letter->kind == LETTER_FRESH)
        renewals_over(hall->renewals, letter->keyring);
    if (letter->kind == LETTER_BEGIN) {
        take_job(hall, letter->job, packet->request);
        letter->job = NULL;
    }
    for (struct doing *doing = hall->first; letter->kind == LETTER_STOP && doing;
         doing = doing->next)
        if (doing->job->number == letter->number && doing->begun)
            ask_to_stop(doing->job);
        else if (doing->job->number == letter->number)
            doing->job->progress = JOB_STOPPING;
}

/* ---- the end of the kernel ----------------------------------------------------------------------
 */

static void begin_quit(struct hall *hall)
{
    hall->quit_by = now_of(hall) + QUIT_LIMIT;
    for (struct doing *doing = hall->first; doing; doing = doing->next)
        if (!doing->job->kind->resumes && doing->begun)
            ask_to_stop(doing->job);
}

static void leave_job(struct hall *hall, struct doing *doing)
{
    struct job *job = doing->job;
    struct error err = {0};
    (void)dismiss(hall, doing);
    if (job->kind->resumes) {
        job_file_release(job);
    } else {
        job->progress = JOB_STOPPED;
        job_say(job, "ended with the kernel");
        if (!job_file_end(job, &err))
            log_error("jobs", &err);
    }
    request_release(doing->request);
    arena_free(job->arena);
    free(doing);
}

/* What can be taken up again does not hold the kernel. */
static bool may_quit(const struct hall *hall)
{
    const struct doing *doing = hall->first;
    while (doing && doing->job->kind->resumes)
        doing = doing->next;
    return !doing || now_of(hall) >= hall->quit_by;
}

/* ---- the loop -----------------------------------------------------------------------------------
 */

static int64_t sooner(int64_t a, int64_t b)
{
    return !a || (b && b < a) ? b : a;
}

static int wait_ms(const struct hall *hall)
{
    int64_t now = now_of(hall), until = hall->quit_by, network = 0;
    for (const struct doing *doing = hall->first; doing; doing = doing->next) {
        until = sooner(until, doing->job->due);
        if (doing->job->changed)
            until = sooner(until, doing->told + TELL_INTERVAL);
        if (!doing->begun || (doing->job->progress == JOB_STOPPING && !doing->job->kind->stop))
            until = now;
    }
    for (const struct client *client = hall->clients; client; client = client->next)
        network = sooner(network, aws_deadline(client->aws));
    if (!until && !network && !hall->renew_at)
        return -1;
    int64_t left = until ? until - now : INT64_MAX;
    if (hall->renew_at && hall->renew_at - time_now() < left)
        left = hall->renew_at - time_now();
    if (network && network - time_monotonic() < left)
        left = network - time_monotonic();
    return left <= 0 ? 0 : left > 60000000 ? 60000 : (int)((left + 999) / 1000);
}

static void wait_for_news(const struct hall *hall)
{
    struct pollfd fds[1 + 2 * JOB_MOST];
    nfds_t count = 0;
    fds[count++] = (struct pollfd){.fd = pipe_fd(hall->jobs->pipe), .events = POLLIN};
    for (const struct client *client = hall->clients; client && count < COUNT(fds);
         client = client->next)
        if (aws_fd(client->aws) >= 0)
            fds[count++] = (struct pollfd){.fd = aws_fd(client->aws), .events = POLLIN};
    for (const struct doing *doing = hall->first; doing && count < COUNT(fds); doing = doing->next)
        if (doing->job->fd >= 0)
            fds[count++] = (struct pollfd){.fd = doing->job->fd, .events = POLLIN};
    (void)poll(fds, count, wait_ms(hall));
}

static void take_letters(struct hall *hall)
{
    struct packet *next;
    for (struct packet *packet = pipe_take(hall->jobs->pipe, 0); packet; packet = next) {
        next = packet->next;
        packet->next = NULL;
        if (packet->kind == PACKET_NEWS)
            open_letter(hall, packet);
        else if (packet->kind == PACKET_QUIT && !hall->quit_by)
            begin_quit(hall);
        packet_free(packet);
    }
}

void *jobs_run(void *state)
{
    struct hall hall = {.jobs = state};
    hall.renewals = renewals_new(hall.jobs->pipe);
    while (!hall.quit_by || !may_quit(&hall)) {
        wait_for_news(&hall);
        take_letters(&hall);
        for (struct client *client = hall.clients; client; client = client->next)
            aws_step(client->aws);
        for (struct doing *doing = hall.first; doing;)
            doing = step(&hall, doing);
        say_trouble(&hall);
        tell_changes(&hall);
        hall.renew_at = renewals_step(hall.renewals);
    }
    while (hall.first)
        leave_job(&hall, hall.first);
    renewals_free(hall.renewals);
    struct packet *gone = packet_new(PACKET_GONE, NULL);
    gone->from = ACTOR_JOBS;
    pipe_push(hall.jobs->front, gone);
    return NULL;
}
