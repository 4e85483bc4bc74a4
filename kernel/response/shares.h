/* shares - snapshots of volumes and images of an account, and who else may use them.
 *
 * In a picture (account.h) as "shares": {REGION: {ID: {"made": TIME, "to": {ACCOUNT: true}}}}. "to"
 * holds accounts, "all" for everybody, and ARNs of organizations and their units; it is absent
 * where nobody looked at it, a region where it could not be read. EBS only: snapshots of databases
 * are not looked at.
 */
#ifndef COFFERDAM_RESPONSE_SHARES_H
#define COFFERDAM_RESPONSE_SHARES_H

#include "response/account.h"

#define SHARES_MOST 200 /* of snapshots and of images of a region, the newest: one call each */

/* Adds "shares" to the picture. `earlier`: a picture whose regions are looked at; NULL: all enabled
 * ones. False only for a stop; what could not be read is said in "partial". */
bool shares_read(struct response *response, const struct access *access, const json_t *earlier,
                 json_t *picture, struct error *err) ATTR_USE_RESULT;

/* A look at the same as a run begins, in the regions of the plan's pictures. It goes on alongside
 * what else is read before the first change, so that it holds up no deny: from its begin to its end
 * it waits for 300 ms at most. shares_glanced ends it and must be called; it puts what was answered
 * by then into the pictures `start` (by account; NULL: none is wanted): "shares", and of which
 * kinds of a region all is known, "listed": {"us-east-1 snapshot": true}. */
struct glance;
struct glance *shares_glance(struct response *response);
bool shares_glanced(struct glance *glance, json_t *start, struct error *err);

/* Whether somebody may use it who could not when that picture was taken. */
enum shared { SHARED_BEFORE, SHARED_SINCE, SHARED_UNKNOWN };
enum shared shares_since(const json_t *picture, const struct new_thing *thing, struct arena *arena);

/* A snapshot or an image: the calls, and the names of their members. */
struct share_kind {
    const char *word, *prefix; /* "snapshot", "snap-" */
    const char *list_op, *list, *id, *made;
    const char *get_op, *attribute, *granted; /* who may: call, its parameter, the reply's list */
    const char *set_op, *parameter;           /* "SnapshotId" */
    const char *absent;                       /* AWS's code for "there is none" */
};
/* By an id's form; NULL: it is none. */
const struct share_kind *share_kind_of(const char *id);
json_t *share_params(const struct share_kind *kind, const char *id, struct arena *arena);

/* A member of the list of who may, and the list of a call that changes it: "userId", "UserId". */
struct share_grantee {
    const char *reply, *call;
};
const struct share_grantee *share_grantee_of(const char *who);
/* Whether they examine it for us: the account that is set, one that the plan shares with. */
bool share_is_meant(const struct plan *plan, const char *forensics, const char *who);
/* Who may use it, of the list's items: {WHO: true}; a new reference. */
json_t *share_grants(const struct share_kind *kind, const json_t *reply);

#endif
