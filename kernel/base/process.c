#include "base/process.h"

#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ERROR_TEXT_LIMIT 65536 /* more than one read: its first line always fits */
#define REAP_STEP_MS 5 /* between looks at a child that has closed its outputs but not ended */

extern char **environ;

/* The ends of one pipe: `ours` does not block. */
struct channel {
    int ours, theirs;
};

struct child {
    const struct process *process;
    pid_t pid;
    struct channel in, out, err;
    size_t written;
    int64_t deadline; /* monotonic microseconds */
    struct buf *output;
    struct buf errors;
};

static void close_end(int *descriptor)
{
    if (*descriptor >= 0)
        (void)close(*descriptor);
    *descriptor = -1;
}

static void channel_close(struct channel *channel)
{
    close_end(&channel->ours);
    close_end(&channel->theirs);
}

static bool channel_open(struct channel *channel, bool we_write)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    *channel = (struct channel){.ours = ends[we_write ? 1 : 0], .theirs = ends[we_write ? 0 : 1]};
    return fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 && fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(channel->ours, F_SETFL, O_NONBLOCK) == 0;
}

/* The kernel blocks signals in its threads; a child starts with none blocked and none ignored, in a
 * group of its own. */
static int spawn(struct child *child)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    (void)sigemptyset(&none);
    (void)sigemptyset(&usual);
    static const int signals[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGQUIT};
    for (size_t i = 0; i < COUNT(signals); i++)
        (void)sigaddset(&usual, signals[i]);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF);
    (void)posix_spawnattr_setpgroup(&attributes, 0);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &usual);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, child->in.theirs, STDIN_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, child->out.theirs, STDOUT_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, child->err.theirs, STDERR_FILENO);
    char *argv[64] = {NULL};
    for (size_t i = 0; i + 1 < COUNT(argv) && child->process->argv[i]; i++)
        memcpy(&argv[i], &child->process->argv[i],
               sizeof argv[i]); /* posix_spawn's argv is not const, but is not written */
    int number = posix_spawnp(&child->pid, argv[0], &actions, &attributes, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    return number;
}

/* write() without the SIGPIPE that a child which reads no input would cause in this thread. */
static ssize_t write_quietly(int descriptor, const char *bytes, size_t size)
{
    sigset_t pipe_only, old;
    (void)sigemptyset(&pipe_only);
    (void)sigaddset(&pipe_only, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe_only, &old);
    ssize_t written = write(descriptor, bytes, size);
    int number = errno;
    if (written < 0 && number == EPIPE && !sigismember(&old, SIGPIPE)) {
        const struct timespec now = {0};
        while (sigtimedwait(&pipe_only, NULL, &now) < 0 && errno == EINTR)
            continue;
    }
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = number;
    return written;
}

static void give_input(struct child *child)
{
    const struct process *process = child->process;
    size_t left = process->input_size - child->written;
    if (left) {
        ssize_t written =
            write_quietly(child->in.ours, (const char *)process->input + child->written, left);
        if (written > 0)
            child->written += (size_t)written;
        else if (errno != EAGAIN && errno != EINTR) /* it reads no more */
            child->written = process->input_size;
    }
    if (child->written == process->input_size)
        close_end(&child->in.ours);
}

static void take_output(int *descriptor, struct buf *to)
{
    char piece[16384];
    ssize_t got = read(*descriptor, piece, sizeof piece);
    if (got > 0)
        buf_add(to, piece, (size_t)got);
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        close_end(descriptor);
}

/* Waits at most until the deadline for one of our pipes or the cancel; a step of it if there is
 * none to wait for. */
static void wait_step(struct child *child)
{
    struct cancel *cancel = child->process->cancel;
    struct pollfd waits[] = {
        {.fd = child->in.ours, .events = POLLOUT},
        {.fd = child->out.ours, .events = POLLIN},
        {.fd = child->err.ours, .events = POLLIN},
        {.fd = cancel ? cancel_fd(cancel) : -1, .events = POLLIN},
    };
    int64_t left = (child->deadline - time_monotonic()) / 1000 + 1;
    bool ending = child->out.ours < 0 && child->err.ours < 0;
    int timeout = left < 0 ? 0 : left > 1000 ? 1000 : (int)left;
    if (ending && timeout > REAP_STEP_MS)
        timeout = REAP_STEP_MS;
    if (poll(waits, COUNT(waits), timeout) <= 0)
        return;
    if (waits[0].revents)
        give_input(child);
    if (waits[1].revents)
        take_output(&child->out.ours, child->output);
    if (waits[2].revents)
        take_output(&child->err.ours, &child->errors);
}

/* Did it end? It stays a zombie, so that its group's number cannot be given to another before end()
 * kills the group. */
static bool has_ended(const struct child *child)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid == child->pid;
}

static bool run(struct child *child, struct error *err)
{
    const struct process *process = child->process;
    for (;;) {
        if (process->cancel && cancel_raised(process->cancel))
            return error_set(err, ERROR_INTERRUPTED, "interrupted");
        if (child->output->full)
            return error_set(err, ERROR_LIMIT, "%s wrote more than %zu bytes", process->argv[0],
                             child->output->limit);
        if (time_monotonic() >= child->deadline)
            return error_set(err, ERROR_LIMIT, "%s took longer than %lld ms and was stopped",
                             process->argv[0], (long long)process->limit_ms);
        if (child->out.ours < 0 && child->err.ours < 0 && has_ended(child))
            return true;
        wait_step(child);
    }
}

/* Kills what is left of the group and reaps the child. */
static int end(struct child *child)
{
    int status = 0;
    (void)kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

static bool judge(struct child *child, int status, struct error *err)
{
    const char *name = child->process->argv[0];
    int line = (int)strcspn(child->errors.data, "\r\n");
    const char *colon = line ? ": " : "";
    if (WIFSIGNALED(status))
        return error_set(err, ERROR_DATA, "%s died of signal %d%s%.*s", name, WTERMSIG(status),
                         colon, line, child->errors.data);
    if (WEXITSTATUS(status) != 0)
        return error_set(err, ERROR_DATA, "%s failed (exit %d)%s%.*s", name, WEXITSTATUS(status),
                         colon, line, child->errors.data);
    return true;
}

static bool start(struct child *child, struct error *err)
{
    const char *name = child->process->argv[0];
    if (!channel_open(&child->in, true) || !channel_open(&child->out, false) ||
        !channel_open(&child->err, false))
        return error_errno(err, errno, "cannot make a pipe to %s", name);
    int number = spawn(child);
    if (number == ENOENT || number == EACCES) {
        (void)error_set(err, ERROR_UNAVAILABLE, "the program %s is not installed", name);
        return error_hint(err, "Install it, or add its folder to PATH and restart the kernel.");
    }
    if (number != 0)
        return error_errno(err, number, "cannot start %s", name);
    return true;
}

bool process_run(const struct process *process, struct buf *out, struct error *err)
{
    struct child child = {
        .process = process,
        .in = {-1, -1},
        .out = {-1, -1},
        .err = {-1, -1},
        .deadline = time_monotonic() + process->limit_ms * 1000,
        .output = out,
    };
    buf_init(&child.errors, ERROR_TEXT_LIMIT);
    bool ok = start(&child, err);
    if (ok) {
        close_end(&child.in.theirs);
        close_end(&child.out.theirs);
        close_end(&child.err.theirs);
        ok = run(&child, err);
        int status = end(&child);
        ok = ok && judge(&child, status, err);
    }
    channel_close(&child.in);
    channel_close(&child.out);
    channel_close(&child.err);
    buf_release(&child.errors);
    return ok;
}
