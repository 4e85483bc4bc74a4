/* machine - an EC2 instance as it is, and the steps of its containment, which several rows share.
 *
 * Read once in a planning; all belongs to its arena. The steps are planned the same whatever the
 * state is: what is made (groups, snapshots) is named by the step that makes it, and the step's
 * check finds it where it is there already.
 */
#ifndef COFFERDAM_RESPONSE_MACHINE_H
#define COFFERDAM_RESPONSE_MACHINE_H

#include "response/action.h"

struct machine {
    struct planning *planning;
    const char *id;
    const json_t *instance;    /* of DescribeInstances */
    json_t *interfaces;        /* of DescribeNetworkInterfaces: those that are attached */
    json_t *volumes;           /* of DescribeVolumes: those that are attached */
    const json_t *scaling;     /* of DescribeAutoScalingInstances; NULL: in no group */
    const json_t *association; /* of its instance profile; NULL: none */
    bool spot, store_root;
};

/* "i-" and 8 or 17 hexadecimal digits, alone or at the end of an ARN of an instance. */
enum claim machine_claims(const char *text, struct arena *arena, struct suspect *out);
/* Reads what describes it, and fills the suspect. ERROR_NOT_FOUND where there is none,
 * ERROR_REFUSED for one that is terminated or that this kernel runs on. */
bool machine_read(struct planning *planning, struct machine *out, struct error *err);

/* machine_protect.c: against termination, deletion with it, scaling and load balancers (R11). */
bool machine_protect(struct machine *machine, struct error *err);
/* machine_preserve.c: snapshots of all volumes at one instant, locked, shared; an image by choice
 * (R13, R14, R16). */
bool machine_preserve(struct machine *machine, struct error *err);
/* machine_share.c: into the account for forensics, where the keys permit. */
bool machine_share(struct machine *machine, struct error *err);
/* machine_copy.c: a copy of a volume's snapshot under another key, once that is complete. */
bool machine_copy(const struct machine *machine, const char *volume, const char *key,
                  struct error *err) ATTR_USE_RESULT;
const char *machine_copy_id(const struct machine *machine, const char *volume); /* its step */
/* machine_preserve.c: which set of the case ("i-... 1"), what reads it, and the snapshot of a
 * volume as later calls name it. */
const char *machine_set(const struct machine *machine);
json_t *machine_taken(const struct machine *machine);
json_t *machine_snapshot(const struct machine *machine, const char *volume);
/* machine_isolate.c: two groups made and verified, then both swaps of each interface (R10). */
bool machine_isolate(struct machine *machine, struct error *err);

/* machine_keep.c: picture and output of its console, and its user data. */
bool machine_keep(struct planning *planning, const struct keeping *keeping, struct error *err);

/* Parameters that name a few ids: {"InstanceId": [id]}; belongs to the arena. */
json_t *machine_ids(const struct planning *planning, const char *name, const char *id);
/* {"Filter": [{"Name": name, "Value": [value]}]}. */
json_t *machine_filter(const struct planning *planning, const char *name, const char *value);
/* The value of a tag of a thing of EC2; NULL: it has none of this name. */
const char *machine_tag(const json_t *thing, const char *name);
/* The volumes of which a snapshot can be taken. */
json_t *machine_preservable(const struct machine *machine);

/* What is made carries these tags: the case, the instance, which set it is. */
json_t *machine_tags(const struct machine *machine, const char *kind);

#endif
