#include "magics/recorded.h"

void recorded_line(struct prose *prose, const struct ledger_mark *mark)
{
    prose_paragraph(prose, "ledger entry %d, SHA-256 %c", mark->sequence, mark->hash);
}

bool recorded_add(struct magic_call *call, enum ledger_kind kind, json_t *content,
                  struct ledger_mark *mark, struct error *err)
{
    struct ledger *ledger = session_ledger(call->session, err);
    if (ledger)
        return ledger_append(ledger, kind, content, mark, err);
    json_decref(content);
    return false;
}
