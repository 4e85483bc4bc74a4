/* registration - the handshake of a kernel that found its ports itself (JEP 66): it tells them to
 * the launcher and waits for its word.
 *
 * One message over a DEALER: the delimiter, the HMAC of the content, the content; the answer has
 * the same shape. The ports travel as text, as the launchers there are expect them. They are no
 * secret: this one socket is not encrypted, and nothing but the signed acknowledgement is believed.
 * Before the front runs; one thread.
 */
#ifndef COFFERDAM_JUPYTER_REGISTRATION_H
#define COFFERDAM_JUPYTER_REGISTRATION_H

#include "jupyter/sockets.h"

#define REGISTRATION_LIMIT 5000000 /* microseconds until the acknowledgement must be there */

/* Fails if no acknowledgement comes in time, or the program is told to end: then it must not stay.
 */
bool registration_run(const struct sockets *sockets, const struct connection *connection,
                      struct error *err) ATTR_USE_RESULT;

#endif
