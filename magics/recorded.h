/* recorded - what magics say of an entry that they made. */
#ifndef COFFERDAM_MAGICS_RECORDED_H
#define COFFERDAM_MAGICS_RECORDED_H

#include "case/session.h"
#include "magic.h"

/* The one line that differs from run to run: "ledger entry 12, SHA-256 4f1d...". */
void recorded_line(struct prose *prose, const struct ledger_mark *mark);

/* Puts an entry on the disk; the content is taken. */
bool recorded_add(struct magic_call *call, enum ledger_kind kind, json_t *content,
                  struct ledger_mark *mark, struct error *err) ATTR_USE_RESULT;

#endif
