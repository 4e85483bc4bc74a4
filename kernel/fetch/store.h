/* store - where fetched events lie in the case: CASE/fetched/PLACE with incoming/ (not ingested
 * yet), raw/ (as they came, kept) and lake/.
 */
#ifndef COFFERDAM_FETCH_STORE_H
#define COFFERDAM_FETCH_STORE_H

#include "base/buf.h"
#include "fetch/fetch.h"
#include "ingest/ingest.h"

struct store {
    const struct fetch_request *request;
    struct arena *arena;
    const char *place; /* "api" */
    const char *incoming, *raw, *lake;
    const char *file; /* the JSON lines of this fetch */
    struct buf lines; /* not written yet */
};

bool store_open(struct store *store, const struct fetch_request *request, const char *place,
                struct arena *arena, struct error *err) ATTR_USE_RESULT;
/* One event as JSON text. */
bool store_add(struct store *store, const char *event, size_t size, struct error *err);
/* Ingests what is incoming, keeps it as raw and gives the lake its schema. */
bool store_take(struct store *store, struct fetched *out, struct error *err) ATTR_USE_RESULT;
void store_close(struct store *store); /* writes what came before a stop */

#endif
