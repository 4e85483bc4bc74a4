/* Any bytes as what is recorded and as what Athena would be sent: redaction ends, takes nothing
   twice and leaves a text valid that was; a line is read within its bytes; a statement is judged
   once and for all. */
#include "base/text.h"
#include "case/ledger_state.h"
#include "case/redact.h"
#include "engine/reads.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void redacted_once(const char *text, size_t size)
{
    struct buf once, twice;
    buf_init(&once, 64 * (size + 64));
    buf_init(&twice, 64 * (size + 64));
    bool taken = redact_text(&once, text, size);
    must(!once.full && (taken || (once.size == size && memcmp(once.data, text, size) == 0)));
    must(!text_is_valid(text, size) || text_is_valid(once.data, once.size));
    must(!redact_text(&twice, once.data, once.size) || twice.size <= 2 * once.size + 64);
    buf_release(&once);
    buf_release(&twice);
}

static void read_within(const char *line, size_t size)
{
    struct ledger_line read;
    if (!ledger_line_read(line, size, &read))
        return;
    must(read.hashed < size && read.hash >= line && read.hash + HASH_HEX_SIZE - 1 <= line + size);
    must(read.kind >= line && read.kind + read.kind_size <= line + size);
    (void)ledger_line_holds(line, &read);
}

/* A second statement that writes is refused behind whatever is sent. */
static void judged(const char *sql, size_t size)
{
    struct error err = {0}, more = {0};
    struct buf text;
    bool sent = reads_check(sql, size, "Trino", &err);
    must(sent || (err.kind == ERROR_REFUSED && err.message[0] && err.hint[0]));
    buf_init(&text, size + 64);
    buf_add(&text, sql, size);
    buf_adds(&text, "\n;DROP TABLE t");
    must(!reads_check(text.data, text.size, "Trino", &more));
    buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* a copy of its own, so that a byte too far is seen */
    char *text = malloc(size ? size : 1);
    must(text != NULL);
    if (size)
        memcpy(text, data, size);
    redacted_once(text, size);
    read_within(text, size);
    judged(text, size);
    free(text);
    return 0;
}
