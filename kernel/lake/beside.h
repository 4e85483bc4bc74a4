/* beside - lakes of ours beside the open ones: each is a schema of its own in the embedded engine,
 * with the short names and lake_tables, so that what came from CloudTrail's API or from a trail is
 * asked by the same questions without being mixed into the lake.
 *
 * Schemas stay until the session ends. Worker thread.
 */
#ifndef COFFERDAM_LAKE_BESIDE_H
#define COFFERDAM_LAKE_BESIDE_H

#include "lake/lake.h"

/* The events of several places, each once by its id. */
#define LAKE_UNITED "united"

/* Gives the lake of table version 2 in `path` (it may be empty, or not be there yet) the schema
 * `schema`; a second call renews it, for files came in. */
bool lake_beside(struct session *session, const char *schema, const char *path,
                 struct cancel *cancel, struct arena *arena, struct error *err) ATTR_USE_RESULT;

/* LAKE_UNITED becomes the union of these schemas ("main" is the open lakes), an event of an earlier
 * one before its copies in later ones. Only the events of the API have ids: flows, names and
 * findings come from the first schema that has them. */
bool lake_unite(struct session *session, const char *const *schemas, size_t count,
                struct cancel *cancel, struct arena *arena, struct error *err) ATTR_USE_RESULT;
/* Takes the union away: what it is made of is about to change. */
void lake_part(struct session *session);

#endif
