/* One entry as a line: made, and its head and tail read again. */
#include "case/ledger_state.h"

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "case/redact.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEX (HASH_HEX_SIZE - 1)
#define SEQ "{\"seq\":"
#define PREV ",\"prev\":\""
#define KIND "\",\"kind\":\""
#define HASH ",\"hash\":\""

static const char *const names[LEDGER_KINDS] = {
    [LEDGER_BEGIN] = "begin",
    [LEDGER_KERNEL] = "kernel",
    [LEDGER_CELL] = "cell",
    [LEDGER_QUERY] = "query",
    [LEDGER_RESULT] = "result",
    [LEDGER_PLAN] = "plan",
    [LEDGER_APPROVAL] = "approval",
    [LEDGER_SAVED] = "saved",
    [LEDGER_INTENT] = "intent",
    [LEDGER_OUTCOME] = "outcome",
    [LEDGER_SETTLED] = "settled",
    [LEDGER_DECISION] = "decision",
    [LEDGER_PHASE] = "phase",
    [LEDGER_NOTE] = "note",
    [LEDGER_ATTACHMENT] = "attachment",
    [LEDGER_ACTION] = "action",
    [LEDGER_JOB] = "job",
    [LEDGER_WATCH] = "watch",
    [LEDGER_SEAL] = "seal",
    [LEDGER_TORN] = "torn",
    [LEDGER_BROKEN] = "broken",
};

const char *ledger_kind_name(enum ledger_kind kind)
{
    return kind < LEDGER_KINDS ? names[kind] : "entry";
}

/* ---- reading ------------------------------------------------------------------------------------
 */

static bool eat(const char **at, const char *end, const char *text)
{
    size_t size = strlen(text);
    if ((size_t)(end - *at) < size || memcmp(*at, text, size) != 0)
        return false;
    *at += size;
    return true;
}

static bool eat_hex(const char **at, const char *end, const char **out)
{
    if (end - *at < HEX)
        return false;
    for (size_t i = 0; i < HEX; i++)
        if (!((*at)[i] >= '0' && (*at)[i] <= '9') && !((*at)[i] >= 'a' && (*at)[i] <= 'f'))
            return false;
    *out = *at;
    *at += HEX;
    return true;
}

static bool eat_number(const char **at, const char *end, int64_t *out)
{
    int64_t number = 0;
    const char *from = *at;
    for (; *at < end && **at >= '0' && **at <= '9' && *at - from < 18; ++*at)
        number = number * 10 + (**at - '0');
    *out = number;
    return *at > from;
}

bool ledger_line_read(const char *line, size_t size, struct ledger_line *out)
{
    const char *at = line, *end = line + size;
    if (!eat(&at, end, SEQ) || !eat_number(&at, end, &out->sequence) || !eat(&at, end, PREV) ||
        !eat_hex(&at, end, &out->prev) || !eat(&at, end, KIND))
        return false;
    out->kind = at;
    while (at < end && *at >= 'a' && *at <= 'z')
        at++;
    out->kind_size = (size_t)(at - out->kind);
    if (!out->kind_size || at == end || *at != '"')
        return false;
    size_t tail = strlen(HASH) + HEX + strlen("\"}");
    if (size < tail || (const char *)end - tail < at)
        return false;
    at = end - tail;
    out->hashed = (size_t)(at - line);
    return eat(&at, end, HASH) && eat_hex(&at, end, &out->hash) && eat(&at, end, "\"}") &&
           at == end;
}

bool ledger_line_holds(const char *line, const struct ledger_line *read)
{
    unsigned char digest[HASH_SIZE];
    char hex[HASH_HEX_SIZE];
    hash_sha256(line, read->hashed, digest);
    hash_hex(digest, sizeof digest, hex);
    return memcmp(hex, read->hash, HEX) == 0;
}

/* ---- writing ------------------------------------------------------------------------------------
 */

static void add_text(struct buf *out, const char *name, const char *value)
{
    buf_addf(out, ",\"%s\":", name);
    if (value)
        text_json(out, value, strlen(value));
    else
        buf_adds(out, "null");
}

static void add_time(struct buf *out, const char *name, int64_t time)
{
    char text[TIME_TEXT_SIZE];
    add_text(out, name, time ? time_iso(time, text) : NULL);
}

static void add_head(const struct ledger *ledger, const struct ledger_entry *entry,
                     const struct ledger_mark *before, struct buf *out)
{
    int64_t now = time_now();
    int64_t server = entry->server_time     ? entry->server_time
                     : ledger->offset_known ? now + ledger->offset
                                            : 0;
    buf_addf(out, SEQ "%" PRId64 PREV "%s" KIND "%s\"", before->sequence + 1,
             before->sequence ? before->hash : LEDGER_FIRST_PREV, ledger_kind_name(entry->kind));
    add_time(out, "time", now);
    buf_addf(out, ",\"mono\":%" PRId64, time_monotonic());
    add_time(out, "server", server);
    buf_adds(out, ",\"identity\":");
    if (ledger->arn) {
        buf_adds(out, "{\"arn\":");
        text_json(out, ledger->arn, strlen(ledger->arn));
        add_text(out, "account", ledger->account);
        add_text(out, "id", ledger->id);
        buf_adds(out, "}");
    } else {
        buf_adds(out, "null");
    }
    add_text(out, "kernel", ledger->kernel);
    buf_addf(out, ",\"cell\":%" PRId64, entry->cell ? entry->cell : ledger->cell);
    add_text(out, "cell_id", entry->cell ? NULL : ledger->cell_id);
    add_text(out, "notebook", ledger->notebook);
}

/* What is too large for a line goes to a file of the evidence; its reference stands instead. */
static bool move_out(struct ledger *ledger, json_t *content, const char *name, size_t most,
                     struct error *err)
{
    json_t *value = json_object_get(content, name), *reference;
    struct arena *arena = arena_new();
    size_t size;
    char *text = json_dump(arena, value, &size);
    bool ok = true;
    if (size > most) {
        struct ledger_evidence evidence = {
            .name = arena_printf(arena, "%s.json", name), .data = text, .size = size};
        ok = ledger_keep(ledger, &evidence, &reference, err);
        if (ok)
            (void)json_object_set_new(content, name, reference);
    }
    arena_free(arena);
    return ok;
}

/* The content as it is written: a new reference. */
static json_t *prepare(struct ledger *ledger, json_t *given, struct error *err)
{
    json_t *content = given ? redact_json(given) : json_object(), *value;
    const char *name;
    void *next;
    bool ok = json_is_object(content) ||
              error_set(err, ERROR_INTERNAL, "an entry's content is an object");
    json_object_foreach_safe(content, next, name, value)
    {
        bool open = json_is_object(value) || json_is_array(value) || json_is_string(value);
        ok = ok && (!open || move_out(ledger, content, name, LEDGER_MEMBER_MOST, err));
    }
    if (ok)
        return content;
    json_decref(content);
    return NULL;
}

bool ledger_line_add(struct ledger *ledger, struct ledger_entry *entry,
                     const struct ledger_mark *before, struct buf *out, struct error *err)
{
    json_t *content = prepare(ledger, entry->content, err);
    if (!content)
        return false;
    char *text = json_dumps(content, JSON_COMPACT);
    json_decref(content);
    size_t begin = out->size;
    unsigned char digest[HASH_SIZE];
    add_head(ledger, entry, before, out);
    buf_addf(out, ",\"content\":%s", text ? text : "{}");
    free(text);
    if (out->full || out->size - begin + 2 * HEX > LEDGER_LINE_MOST)
        return error_set(err, ERROR_LIMIT, "an entry of the ledger has at most %zu bytes",
                         LEDGER_LINE_MOST) ||
               error_hint(err, "Keep what is large as a file: %%attach FILE.");
    hash_sha256(out->data + begin, out->size - begin, digest);
    hash_hex(digest, sizeof digest, entry->mark.hash);
    entry->mark.sequence = before->sequence + 1;
    buf_addf(out, HASH "%s\"}\n", entry->mark.hash);
    return true;
}
