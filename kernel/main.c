#include "aide.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "case/commons.h"
#include "command.h"
#include "jobs.h"
#include "jupyter/connection.h"
#include "jupyter/front.h"
#include "jupyter/registration.h"
#include "subshell.h"
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define EXIT_USAGE 2
#define SETTLE_LIMIT 4000000 /* microseconds: Jupyter kills 5 s after it asked to end */

static const char usage[] =
    "usage: cofferdam -f FILE             run as the kernel of a connection file (Jupyter does "
    "this)\n"
    "       cofferdam                     run on free ports; prints the connection file it writes\n"
    "       cofferdam --trace TRACE -f FILE\n"
    "                                     the same, all messages written to TRACE, without keys\n"
    "       cofferdam install (--user | --sys-prefix | --prefix DIR) [--name NAME] [--display-name "
    "TEXT]\n"
    "       cofferdam uninstall (--user | --sys-prefix | --prefix DIR) [--name NAME]\n"
    "       cofferdam example sec318 --into DIR [--seed N] [--scale N]\n"
    "                                     write the logs of the training incident\n"
    "       cofferdam ingest SOURCE --into DIR [--table-version 1|2]\n"
    "                                     raw logs into a lake, as %lake ingest\n"
    "       cofferdam magics              the table of magics in Markdown\n"
    "       cofferdam --version | --help\n";

/* Prints the error for a person at a terminal. */
static int fail(const struct error *err)
{
    struct buf text;
    buf_init(&text, 16 * sizeof *err);
    buf_adds(&text, "cofferdam: ");
    text_visible(&text, err->message, strlen(err->message), true);
    if (err->hint[0])
        buf_addf(&text, "\n%s", err->hint);
    (void)fprintf(stderr, "%s\n", text.data);
    buf_release(&text);
    return err->kind == ERROR_USAGE ? EXIT_USAGE : EXIT_FAILURE;
}

static bool blank(const char *code, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!strchr(" \t\r\n\f\v", code[i]) || !code[i])
            return false;
    return true;
}

/* Signals go to the front alone: blocked before the first thread begins, so that every thread
 * inherits it. */
static void set_signals(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGHUP, &ignore, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

/* Everything of a running kernel, owned by run_kernel. */
struct kernel {
    struct sockets sockets;
    struct wire *wire;
    struct cancel *cancel;
    struct commons *commons;
    struct vitals vitals;
    struct pipe *to_worker, *to_aide, *to_jobs, *news, *answers, *inbox, *replies;
    struct worker worker;
    struct aide aide;
    struct jobs jobs;
    pthread_t worker_thread, aide_thread, jobs_thread;
};

static bool start_actors(struct kernel *kernel, struct error *err)
{
    kernel->worker = (struct worker){.pipe = kernel->to_worker,
                                     .answers = kernel->answers,
                                     .front = kernel->inbox,
                                     .ready = kernel->replies,
                                     .aide = kernel->to_aide,
                                     .jobs = kernel->to_jobs,
                                     .news = kernel->news,
                                     .cancel = kernel->cancel,
                                     .vitals = &kernel->vitals,
                                     .commons = kernel->commons,
                                     .notebook = getenv("JPY_SESSION_NAME")};
    kernel->aide = (struct aide){.pipe = kernel->to_aide, .front = kernel->replies};
    kernel->jobs = (struct jobs){
        .pipe = kernel->to_jobs, .news = kernel->news, .front = kernel->inbox, .clock = &job_clock};
    int failed = pthread_create(&kernel->worker_thread, NULL, worker_run, &kernel->worker);
    if (!failed)
        failed = pthread_create(&kernel->aide_thread, NULL, aide_run, &kernel->aide);
    if (!failed)
        failed = pthread_create(&kernel->jobs_thread, NULL, jobs_run, &kernel->jobs);
    return !failed || error_errno(err, failed, "cannot start a thread");
}

/* An actor that did not come back in time is left behind: nothing it may still touch is freed. */
static void end_kernel(struct kernel *kernel, bool orderly, const char *own_file)
{
    sockets_close(&kernel->sockets);
    if (own_file)
        (void)unlink(own_file);
    if (!orderly) {
        log_line(LOG_LEVEL_WARN, "main", "a cell did not stop in time: the kernel ends without it");
        _exit(EXIT_SUCCESS);
    }
    (void)pthread_join(kernel->worker_thread, NULL);
    (void)pthread_join(kernel->aide_thread, NULL);
    (void)pthread_join(kernel->jobs_thread, NULL);
    if (!commons_settle(kernel->commons, SETTLE_LIMIT)) {
        log_line(LOG_LEVEL_WARN, "main", "a result was not written in time: it is not kept");
        _exit(EXIT_SUCCESS);
    }
    wire_free(kernel->wire);
    cancel_free(kernel->cancel);
    commons_release(kernel->commons);
    pipe_free(kernel->to_worker);
    pipe_free(kernel->to_aide);
    pipe_free(kernel->to_jobs);
    pipe_free(kernel->news);
    pipe_free(kernel->answers);
    pipe_free(kernel->inbox);
    pipe_free(kernel->replies);
}

static int64_t parent_to_watch(void)
{
    const char *parent = getenv("JPY_PARENT_PID");
    return parent ? strtoll(parent, NULL, 10) : 0;
}

/* How the kernel can be found: started by hand it says so to the person, registered to its launcher
 * (JEP 66); for everybody else there is its own connection file. */
static bool announce(const struct kernel *kernel, const struct connection *connection,
                     struct arena *arena, const char **own_file, struct error *err)
{
    struct error trouble = {0};
    if (connection->registrar.port) {
        if (!registration_run(&kernel->sockets, connection, err))
            return false;
        if (!connection_write(connection, arena, own_file, &trouble))
            log_error("main", &trouble);
        return true;
    }
    if (!connection_write(connection, arena, own_file, err))
        return false;
    (void)printf("%s\nattach with: jupyter console --existing %s\n", *own_file,
                 file_name(*own_file));
    (void)fflush(stdout);
    return true;
}

struct serving {
    struct connection *connection;
    const char **own_file; /* NULL: the file is the front end's */
    struct trace *trace;   /* may be NULL */
};

static bool serve(const struct serving *serving, struct arena *arena, struct error *err)
{
    struct connection *connection = serving->connection;
    const char **own_file = serving->own_file;
    struct kernel kernel = {
        .wire = wire_new(connection->scheme, connection->key, strlen(connection->key), err)};
    if (!kernel.wire || !sockets_open(&kernel.sockets, connection, err)) {
        wire_free(kernel.wire);
        return false;
    }
    if (connection_is_exposed(connection))
        log_line(
            LOG_LEVEL_WARN, "main",
            "listening on %s without encryption: cells and answers can be read on the network; "
            "set KernelManager.transport_encryption to \"required\"",
            connection->ip);
    if (own_file && !announce(&kernel, connection, arena, own_file, err)) {
        sockets_close(&kernel.sockets);
        wire_free(kernel.wire);
        return false;
    }
    sockets_describe(connection, &kernel.vitals);
    kernel.cancel = cancel_new();
    kernel.commons = commons_new();
    kernel.to_worker = pipe_new();
    kernel.to_aide = pipe_new();
    kernel.to_jobs = pipe_new();
    kernel.news = pipe_new();
    kernel.answers = pipe_new();
    kernel.inbox = pipe_new();
    kernel.replies = pipe_new();
    if (!start_actors(&kernel, err))
        return false;
    struct front_config config = {
        .sockets = &kernel.sockets,
        .connection = connection,
        .wire = kernel.wire,
        .main = {.worker = kernel.to_worker, .answers = kernel.answers, .cancel = kernel.cancel},
        .aide = kernel.to_aide,
        .jobs = kernel.to_jobs,
        .open = subshell_open,
        .close = subshell_close,
        .state = &kernel.worker,
        .inbox = kernel.inbox,
        .replies = kernel.replies,
        .vitals = &kernel.vitals,
        .trace = serving->trace,
        .parent = parent_to_watch(),
        .blank = blank};
    bool orderly = front_run(&config);
    end_kernel(&kernel, orderly, own_file ? *own_file : NULL);
    return true;
}

/* A process that could not start has no thread to wait for: the operating system takes everything
 * back. */
static int run_kernel(const char *file, const char *trace)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none); /* a dump would hold credentials */
    set_signals();
    struct arena *arena = arena_new();
    struct error err = {0};
    struct connection connection = {0};
    const char *own_file = NULL;
    bool ok = true;
    if (file)
        ok = connection_read(&connection, file, arena, &err);
    else
        connection_make(&connection, arena);
    struct serving serving = {.connection = &connection,
                              .own_file = !file || connection.registrar.port ? &own_file : NULL,
                              .trace = ok && trace ? trace_new(trace, &err) : NULL};
    ok = ok && !err.kind && serve(&serving, arena, &err);
    trace_free(serving.trace);
    int status = ok ? EXIT_SUCCESS : fail(&err);
    arena_free(arena);
    return status;
}

static int run_words(char **words, size_t count)
{
    if (strcmp(words[0], "-f") == 0 && count == 2)
        return run_kernel(words[1], NULL);
    if (strcmp(words[0], "--trace") == 0 && count == 4 && strcmp(words[2], "-f") == 0)
        return run_kernel(words[3], words[1]);
    if (strcmp(words[0], "--version") == 0 && count == 1)
        return printf("cofferdam %s\n", COFFERDAM_VERSION) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    if (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0)
        return fputs(usage, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    struct arena *arena = arena_new();
    struct error err = {0};
    bool known = true;
    bool ok = command_run(words, count, arena, &known, &err);
    if (!known)
        (void)fputs(usage, stderr);
    int status = known ? (ok ? EXIT_SUCCESS : fail(&err)) : EXIT_USAGE;
    arena_free(arena);
    return status;
}

int main(int argc, char **argv)
{
    json_set_alloc_funcs(secret_malloc, secret_free); /* JSON holds credentials, too */
    return argc < 2 ? run_kernel(NULL, NULL) : run_words(argv + 1, (size_t)argc - 1);
}
