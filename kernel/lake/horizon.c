#include "lake/horizon.h"

#include "base/time.h"

int64_t horizon_within(int64_t now, int64_t own, int64_t delivery)
{
    int64_t usual = now - delivery;
    return own && own < usual ? own : usual;
}

int64_t horizon_of(int64_t now, int64_t own)
{
    return horizon_within(now, own, HORIZON_DELIVERY);
}

const char *horizon_words(struct arena *arena, const struct horizon *horizon)
{
    char time[TIME_TEXT_SIZE];
    return arena_printf(
        arena,
        "Visibility horizon, an estimate: %.19s UTC%s%s (%s). What happened later may still be on "
        "its way.",
        time_millis(horizon->time, time), horizon->place ? " in " : "",
        horizon->place ? horizon->place : "",
        horizon->own ? "the newest of our own calls that is seen there"
                     : "events take about 15 minutes, and not in order");
}
