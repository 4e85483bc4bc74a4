/* The kernel's own traffic: what waits, what was lost, how fast a stop was, who can read along. */
#include "magics/doctor.h"

#include "base/text.h"
#include "base/time.h"

static void check_cells(struct doctor *doctor)
{
    long long waiting = (long long)doctor->call->vitals->cells_waiting;
    doctor_say(doctor, DOCTOR_OK, NULL, "%lld wait behind this one", waiting);
}

static void check_backlog(struct doctor *doctor)
{
    const struct vitals *vitals = doctor->call->vitals;
    char bytes[32];
    int64_t messages = vitals->backlog_messages;
    doctor_say(doctor, messages ? DOCTOR_WARNING : DOCTOR_OK,
               messages ? "A front end reads slowly; they are sent as it reads." : NULL,
               "%lld messages, %s", (long long)messages, text_bytes(vitals->backlog_bytes, bytes));
}

static void check_dropped(struct doctor *doctor)
{
    const struct vitals *vitals = doctor->call->vitals;
    long long dropped = (long long)vitals->dropped;
    if (!dropped)
        doctor_say(doctor, DOCTOR_OK, NULL, "0");
    else
        doctor_say(doctor, DOCTOR_WARNING, "%show output N brings back what cell N has shown.",
                   "up to %lld messages to a front end that did not read (%lld times)", dropped,
                   (long long)vitals->stuck);
}

static void check_spilled(struct doctor *doctor)
{
    char bytes[32];
    doctor_say(doctor, DOCTOR_OK, NULL, "%s in files instead of cells",
               text_bytes(doctor->call->vitals->spilled_bytes, bytes));
}

static void check_interrupt(struct doctor *doctor)
{
    char took[TIME_TEXT_SIZE];
    int64_t last = doctor->call->vitals->interrupt_us;
    if (last)
        doctor_say(doctor, last > 100000 ? DOCTOR_WARNING : DOCTOR_OK, NULL,
                   "the last one took %s until the cell was back", time_duration(last, took));
    else
        doctor_say(doctor, DOCTOR_OK, NULL, "none yet");
}

static void check_bad(struct doctor *doctor)
{
    long long bad = (long long)doctor->call->vitals->bad_messages;
    doctor_say(doctor, bad ? DOCTOR_WARNING : DOCTOR_OK,
               bad ? "The kernel's log says what was wrong with them." : NULL,
               "%lld messages with a wrong signature or broken", bad);
}

static void check_library(struct doctor *doctor)
{
    const struct vitals *vitals = doctor->call->vitals;
    doctor_say(doctor, vitals->can_encrypt ? DOCTOR_OK : DOCTOR_WARNING,
               vitals->can_encrypt ? NULL : "Install a libzmq that was built with libsodium.",
               "%s, %s CURVE", vitals->library, vitals->can_encrypt ? "with" : "without");
}

static void check_encryption(struct doctor *doctor)
{
    const struct vitals *vitals = doctor->call->vitals;
    if (vitals->encrypted)
        doctor_say(doctor, DOCTOR_OK, NULL, "CURVE on all five sockets, over %s",
                   vitals->transport);
    else
        doctor_say(doctor, DOCTOR_OK,
                   "KernelManager.transport_encryption = \"auto\" in Jupyter's configuration "
                   "encrypts.",
                   "none, over %s", vitals->transport);
}

const struct doctor_check doctor_kernel[] = {
    {"cells", check_cells},     {"backlog", check_backlog},       {"dropped", check_dropped},
    {"spilled", check_spilled}, {"interrupt", check_interrupt},   {"bad messages", check_bad},
    {"library", check_library}, {"encryption", check_encryption}, {0},
};
