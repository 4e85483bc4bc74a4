/* fetch - CloudTrail's events brought into the case from where AWS keeps them: its own API
 * (LookupEvents) and the objects of a trail in S3.
 *
 * What comes is written as it came below CASE/fetched/PLACE/raw and ingested into the lake beside
 * it; each event is there once however often it is fetched. A stop loses nothing: what had come is
 * ingested by the next fetch of the place. Only reads. Worker thread.
 *
 * Source of the limits: CloudTrail's API reference and quotas (LookupEvents: 2 calls a second in
 * each region, 50 events a page, 90 days, one attribute, management events).
 */
#ifndef COFFERDAM_FETCH_FETCH_H
#define COFFERDAM_FETCH_FETCH_H

#include "case/session.h"
#include "lake/lake.h"

struct fetch_request {
    struct session *session;
    struct cancel *cancel;
    struct outputs *outputs; /* for the progress, which the caller ends; NULL: none is shown */
    int64_t since, until;    /* UTC microseconds; until 0: now */
    const char *account;     /* of a trail that sees several; NULL: all */
    const char *region;      /* NULL: all enabled */
    /* of LookupEvents: "AccessKeyId", "Username", "EventId", "ResourceName"; NULL: every event */
    const char *attribute, *value;
};

/* Texts belong to the arena. */
struct fetched {
    const char *schema;   /* of the lake beside: "fetched_api", "fetched_trail" */
    int64_t since, until; /* what was looked through */
    int64_t events;       /* that came */
    int64_t fresh;        /* of them not known before */
    int64_t calls;        /* or objects */
    size_t regions;
    int64_t elapsed;
    const char *how;  /* in words: by which attribute, of which trail */
    const char *gaps; /* what could not be seen, and why; NULL: nothing */
    const char *note; /* the horizon; NULL: none is known */
};

/* Fails where nothing at all could be asked, and for a stop. */
bool fetch_api(const struct fetch_request *request, struct arena *arena, struct fetched *out,
               struct error *err) ATTR_USE_RESULT;
bool fetch_trail(const struct fetch_request *request, struct arena *arena, struct fetched *out,
                 struct error *err) ATTR_USE_RESULT;

/* What earlier fetches of a place ("api", "trail") left in the case: its schema, or NULL. */
bool fetch_earlier(const struct fetch_request *request, const char *place, struct arena *arena,
                   const char **schema, struct error *err) ATTR_USE_RESULT;

#endif
