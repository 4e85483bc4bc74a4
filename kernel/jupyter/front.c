#include "jupyter/front.h"

#include "base/log.h"
#include "base/time.h"
#include "jupyter/front_state.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <zmq.h>

#define BATCH 64 /* messages of one socket before the others are looked at again */

enum item {
    ITEM_CONTROL,
    ITEM_STDIN,
    ITEM_IOPUB,
    ITEM_SHELL,
    ITEM_SIGNALS,
    ITEM_REPLIES,
    ITEM_INBOX, /* last: left out while outputs wait */
    ITEMS
};

/* One message of a ROUTER: verified and answered, or logged and dropped. False if there is none. */
static bool take_message(struct front *front, enum port port)
{
    static const enum channel channels[PORTS] = {
        [PORT_CONTROL] = CHANNEL_CONTROL, [PORT_STDIN] = CHANNEL_STDIN};
    struct frame frames[WIRE_FRAMES];
    size_t count;
    sockets_receive(front->sockets->sockets[port], front->scratch, frames, &count);
    if (!count)
        return false;
    trace_in(front->config->trace, port, frames, count);
    struct request *request = NULL;
    struct error err = {0};
    if (wire_read(front->wire, frames, count, &request, &err)) {
        arena_reset(front->scratch);
        request->channel = channels[port];
        if (port == PORT_STDIN)
            front_input_reply(front, request);
        else
            front_dispatch(front, request);
        request_release(request);
        return true;
    }
    arena_reset(front->scratch);
    if (front->config->vitals)
        front->config->vitals->bad_messages++;
    (void)error_wrap(&err, "dropped a message on %s", port_names[port]);
    log_error("wire", &err);
    return true;
}

static void take_messages(struct front *front, enum port port)
{
    for (int i = 0; i < BATCH && take_message(front, port); i++)
        ;
}

void front_take_answers(struct front *front)
{
    while (take_message(front, PORT_STDIN))
        ;
}

static void take_signals(struct front *front)
{
    struct signalfd_siginfo info;
    while (read(front->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGINT)
            front_interrupt_all(front);
        else
            front_stop(front);
    }
}

static void take_replies(struct front *front)
{
    struct packet *next;
    for (struct packet *packet = pipe_take(front->config->replies, 0); packet; packet = next) {
        next = packet->next;
        packet->next = NULL;
        front_packet(front, packet);
    }
}

/* A few at a time, and none while outputs must wait: control must not wait behind a flood of them.
 */
static void take_packets(struct front *front)
{
    if (!front->taken)
        front->taken = pipe_take(front->config->inbox, 0);
    int64_t now = time_monotonic();
    for (int i = 0; i < BATCH && front->taken && !front_paused(front, now); i++) {
        struct packet *packet = front->taken;
        front->taken = packet->next;
        packet->next = NULL;
        front_packet(front, packet);
    }
}

/* Control goes before shell: a stop must not wait behind what it stops. */
static void take_all(struct front *front, const zmq_pollitem_t *items)
{
    if (items[ITEM_SIGNALS].revents)
        take_signals(front);
    if (items[ITEM_IOPUB].revents)
        front_subscriptions(front);
    if (items[ITEM_CONTROL].revents)
        take_messages(front, PORT_CONTROL);
    if (items[ITEM_STDIN].revents)
        take_messages(front, PORT_STDIN);
    if (items[ITEM_REPLIES].revents)
        take_replies(front);
    if (items[ITEM_INBOX].revents || front->taken)
        take_packets(front);
    if (items[ITEM_SHELL].revents)
        take_messages(front, PORT_SHELL);
}

/* Milliseconds until a time, rounded up; -1 for none. */
static long wait_for(int64_t at, int64_t now)
{
    if (!at)
        return -1;
    return at <= now ? 0 : (long)((at - now + 999) / 1000);
}

static void loop(struct front *front)
{
    void *const *sockets = front->sockets->sockets;
    zmq_pollitem_t items[ITEMS] = {
        [ITEM_CONTROL] = {.socket = sockets[PORT_CONTROL], .events = ZMQ_POLLIN},
        [ITEM_STDIN] = {.socket = sockets[PORT_STDIN], .events = ZMQ_POLLIN},
        [ITEM_IOPUB] = {.socket = sockets[PORT_IOPUB], .events = ZMQ_POLLIN},
        [ITEM_SHELL] = {.socket = sockets[PORT_SHELL], .events = ZMQ_POLLIN},
        [ITEM_SIGNALS] = {.fd = front->signals, .events = ZMQ_POLLIN},
        [ITEM_REPLIES] = {.fd = pipe_fd(front->config->replies), .events = ZMQ_POLLIN},
        [ITEM_INBOX] = {.fd = pipe_fd(front->config->inbox), .events = ZMQ_POLLIN},
    };
    for (;;) {
        int64_t now = time_monotonic();
        int64_t next = front_timers(front, now);
        if (front_stopped(front, now)) {
            take_messages(front, PORT_SHELL); /* cells still on their way */
            front_abandon(front);
            return;
        }
        bool paused = front_paused(front, now);
        int count = paused ? ITEM_INBOX : ITEMS;
        items[ITEM_INBOX].revents = 0;
        bool more = front->taken && !paused;
        if (zmq_poll(items, count, more ? 0 : wait_for(next, now)) > 0 || more)
            take_all(front, items);
    }
}

static int open_signals(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool front_run(const struct front_config *config)
{
    struct front front = {
        .config = config,
        .sockets = config->sockets,
        .wire = config->wire,
        .scratch = arena_new(),
        .signals = open_signals(),
        .first_parent = (int)getppid(),
        .parent_at = config->parent > 1 ? time_monotonic() : 0,
    };
    (void)front_add_lane(&front, &config->main);
    publisher_init(&front.publisher, config->sockets, config->vitals);
    if (config->patience)
        front.publisher.patience = config->patience;
    if (config->window)
        front.publisher.window = config->window;
    loop(&front);
    bool orderly = front_all_gone(&front);
    publisher_release(&front.publisher);
    while (front.taken) {
        struct packet *packet = front.taken;
        front.taken = packet->next;
        packet_free(packet);
    }
    front_free_lanes(&front);
    (void)close(front.signals);
    arena_free(front.scratch);
    return orderly;
}
