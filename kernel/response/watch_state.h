/* watch_state - what the files of a watch share; nobody else includes it. Jobs thread. */
#ifndef COFFERDAM_RESPONSE_WATCH_STATE_H
#define COFFERDAM_RESPONSE_WATCH_STATE_H

#include "response/watch.h"

#define WATCH_EVENTS_MOST 10    /* kept, of each kind */
#define WATCH_SEEN_MOST 200000  /* events that are told apart */
#define WATCH_SESSIONS_MOST 200 /* sessions that are followed */

/* ---- whose calls (watch_event.c; pure) ---- */

struct watch_who {
    json_t *keys;            /* {id: true}: access keys and those of sessions; never NULL */
    const char *user, *role; /* names; NULL: none */
    const char *arn;         /* of that user or role; NULL: any */
    const char *session;     /* only of this name; NULL: every one */
};

/* What a call says about a containment. */
enum watch_call {
    CALL_BEFORE, /* the containment, or somebody else's */
    CALL_EARLY,  /* while it took effect */
    CALL_FRESH,  /* of a session that the level lets begin */
    CALL_DENIED,
    CALL_FREE, /* needs no permission: it tells that somebody is there, and gives nothing */
    CALL_THROUGH,
    CALLS
};

struct watch_times {
    int64_t since, after; /* first change; in effect everywhere */
    int64_t cut_off;      /* sessions begun later are let; 0: none are */
};

bool watch_is_of(const struct watch_who *who, const json_t *record);
enum watch_call watch_judge(const struct watch_times *times, const json_t *record);
/* The id of the access key that an event gave to somebody who is watched; NULL: it gave none. */
const char *watch_given(const struct watch_who *who, const json_t *record);
/* Whose calls are looked for: nobody's where the action's targets make none. */
void watch_who_of(const struct suspect *suspect, struct arena *arena, struct watch_who *out);

/* ---- the watch ---- */

enum live { LIVE_UNREAD, LIVE_HOLDS, LIVE_CHANGED, LIVE_GONE, LIVE_UNSEEN, LIVE_NONE, LIVES };

struct watch_target {
    const struct suspect *suspect;
    const char *words, *plan; /* plan NULL: it was not contained in this case */
    struct watch_who who;
    struct watch_times times;
    int64_t calls[CALLS];
    int64_t last; /* call since it took effect */
    enum live live;
    const char *found; /* what is different, or why it cannot be seen */
};

struct lookup {
    const char *attribute, *value;
    int64_t back; /* so long before the first change as well: for what was given out then */
};

/* One region. */
struct place {
    const char *name;
    struct aws_call *call;
    json_t *params; /* of the page that is asked for */
    int64_t due;    /* monotonic */
    int64_t begun;  /* this round, AWS's time */
    size_t at;      /* the lookup at hand; the first is that of our own calls */
    size_t knows;   /* lookups that were made once */
    int pages, pauses;
    int64_t own;      /* of our latest call seen; 0: none yet */
    int64_t reaches;  /* of this round */
    int64_t horizon;  /* of the last round that came to its end; 0: none did */
    bool whole;       /* this round reads all from the first change on */
    bool settled;     /* its horizon has passed the asked time, and all was read */
    const char *gap;  /* why it cannot be seen; NULL: it can */
    bool lasting;     /* the reason will not go away by itself */
    const char *more; /* what was left out although it can be seen; NULL: nothing */
};

struct watch {
    struct job *job;
    struct plan *plan;
    struct watch_target *targets;
    size_t target_count;
    struct lookup *lookups;
    size_t lookup_count, lookup_room, sessions;
    struct place *places;
    size_t place_count;
    int64_t since, begun, until; /* AWS's time */
    int64_t now;                 /* of the last step */
    json_t *seen;                /* ids of events that are counted */
    json_t *through, *denied;    /* the first and the last of them */
    bool uncounted;              /* more events or sessions than are told apart */
    struct live_reading *live;
    int64_t live_due;    /* monotonic */
    int64_t live_reads;  /* how often all of it was read */
    int64_t looked;      /* when the last of these was begun, AWS's time; 0: none was */
    struct arena *drawn; /* of what is shown */
    int64_t drawn_at;    /* monotonic */
    size_t drawn_news;   /* what was to be said at once then */
    const char *lake;    /* how far one was read; NULL: none was */
    bool stopped, over;
};

struct watch *watch_of(const struct job *job);
int64_t watch_now(const struct watch *watch);              /* AWS's time */
int64_t watch_clock(const struct watch *watch);            /* monotonic */
int64_t watch_scaled(int64_t microseconds, int64_t least); /* as fast as time goes */

/* watch_trail.c */
void trail_begin(struct watch *watch);
/* True while something is under way or will be asked. */
bool trail_step(struct watch *watch);
void trail_end(struct watch *watch);
/* A call of this target, if its event is not counted yet. */
void trail_count(struct watch *watch, struct watch_target *target, const json_t *record);

/* watch_live.c */
void live_begin(struct watch *watch);
void live_note_gap(struct watch *watch); /* the time in which no kernel looked */
/* True until all of it was read after the asked time. */
bool live_step(struct watch *watch);
void live_end(struct watch *watch);

/* watch_words.c */
enum verdict watch_verdict(const struct watch *watch);
struct bundle watch_bundle(const struct watch *watch, struct arena *arena);
const char *watch_line(const struct watch *watch, struct arena *arena);
/* All calls of one kind. */
int64_t watch_count(const struct watch *watch, enum watch_call call);
/* Parts of what was watched that could not be seen, in words; belongs to the arena. */
struct watch_gap {
    const char *what, *why;
};
struct watch_gap *watch_gaps(const struct watch *watch, struct arena *arena, size_t *count);
int64_t watch_horizon(const struct watch *watch); /* the earliest; 0: one is not known */
json_t *watch_entry(const struct watch *watch);   /* of the ledger; a new reference */

#endif
