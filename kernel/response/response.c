#include "response/response_state.h"

#include "base/time.h"

#include <stdlib.h>
#include <string.h>

/* Tests let the waits of a run go by faster: at most a thousandfold. */
#define RATE_VARIABLE "COFFERDAM_TIME_RATE"

int64_t response_rate(void)
{
    const char *given = getenv(RATE_VARIABLE);
    long number = given ? strtol(given, NULL, 10) : 1;
    return number >= 1 && number <= 1000 ? number : 1;
}

static void wait_really(void *state, struct aws *aws, struct cancel *cancel, int64_t ms)
{
    (void)state;
    int64_t until = time_monotonic() + ms * 1000 / response_rate();
    while (time_monotonic() < until && !(cancel && cancel_raised(cancel))) {
        aws_wait(aws, cancel, until);
        aws_step(aws);
    }
}

static const struct response_clock real_time = {wait_really, NULL};

struct response *response_new(const struct response_with *with, struct error *err)
{
    struct response *response = arena_alloc(with->arena, sizeof *response);
    response->with = *with;
    response->arena = with->arena;
    response->guard = session_guard(with->session);
    response->secrets = arena_new_secret();
    arena_defer(with->arena, (void (*)(void *))arena_free, response->secrets);
    if (!with->clock)
        response->with.clock = &real_time;
    return aws_region(with->aws, &response->region, err) ? response : NULL;
}

void response_wait(struct response *response, int64_t ms)
{
    const struct response_clock *clock = response->with.clock;
    if (ms > 0)
        clock->wait(clock->state, response->with.aws, response->with.cancel, ms);
}

const char *response_account(const struct response *response)
{
    return response->home ? response->home->account : NULL;
}
