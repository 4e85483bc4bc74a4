/* tag - what an investigation made or touched says so where AWS has tags: the case, the action, who
 * acted, when.
 *
 * A tag is a note for people, nothing relies on one: who contains or fights here may write the
 * same. It comes last, behind all that keeps an attacker out, and that it cannot be set (denied, 50
 * tags already) is said and fails nothing. Tags of this case that are there stay as they are, so
 * that a second run changes nothing; others of the same names come back with the undo.
 */
#ifndef COFFERDAM_RESPONSE_TAG_H
#define COFFERDAM_RESPONSE_TAG_H

#include "response/action.h"

/* Behind an action's plan: adds the steps that tag the suspect, where the action has steps for it.
 * Reads what tags it has. */
bool tag_suspect(struct planning *planning, struct error *err) ATTR_USE_RESULT;

/* Something else that the action touches or makes: a thing of EC2, by its id. */
bool tag_resource(struct planning *planning, const char *id, struct error *err) ATTR_USE_RESULT;
/* A permission set of Identity Center. */
bool tag_permission_set(struct planning *planning, const char *instance, const char *set,
                        struct error *err) ATTR_USE_RESULT;
/* A policy that an earlier step of the plan makes: `id` names it as later calls do (plan_of). Only
 * account and region of `rest` count. */
void tag_policy(struct planning *planning, json_t *id, const struct step *rest);

/* [{"Key": "ir:case", "Value": ...}, ...] for calls that make something. */
json_t *tag_list(const struct planning *planning);

#endif
