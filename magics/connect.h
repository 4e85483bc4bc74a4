/* connect - the client of AWS as a magic uses it: with the analyst at hand for an MFA code. */
#ifndef COFFERDAM_MAGICS_CONNECT_H
#define COFFERDAM_MAGICS_CONNECT_H

#include "aws/aws.h"
#include "magic.h"

/* Borrowed from the session; asks through this cell until the next connect. */
struct aws *connect_aws(struct magic_call *call);

/* A call of this cell, stopped with it. */
bool connect_ask(struct magic_call *call, const char *op, json_t *params, json_t **reply,
                 struct error *err) ATTR_USE_RESULT;

#endif
