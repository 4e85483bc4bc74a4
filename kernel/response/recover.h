/* recover - what an earlier kernel left in the middle: said from the ledger at once, settled by
 * reading AWS. */
#ifndef COFFERDAM_RESPONSE_RECOVER_H
#define COFFERDAM_RESPONSE_RECOVER_H

#include "base/buf.h"
#include "response/response.h"

/* One line on plans that were cut off, from the ledger alone; nothing where there are none, or no
 * case folder yet. For a kernel's start. */
void response_cut_off(struct session *session, struct buf *said);

/* Settles what is unknown by reading AWS, and says of each plan that was cut off what was done,
 * what not, and how to go on or back. *any is false where there are none. Another kernel that is
 * acting now is left alone. */
bool response_recover(struct response *response, struct prose *prose, bool *any,
                      struct error *err) ATTR_USE_RESULT;

#endif
