/* host - the machine that this kernel runs on is never cut off: its instance, interfaces and
 * security groups. */
#ifndef COFFERDAM_RESPONSE_HOST_H
#define COFFERDAM_RESPONSE_HOST_H

#include "response/action.h"

/* Reads the metadata service, once, and what EC2 says of that instance. ERROR_REFUSED with the
 * reason; an override names the ARN in full. */
bool host_allows_instance(struct planning *planning, const char *id,
                          struct error *err) ATTR_USE_RESULT;
bool host_allows_group(struct planning *planning, const char *id,
                       struct error *err) ATTR_USE_RESULT;

#endif
