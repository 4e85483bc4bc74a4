#include "magics/recorded.h"

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "case/verify.h"

#include <inttypes.h>
#include <string.h>

#define SUMMARY_MOST 120
#define FINDINGS_SHOWN 100

struct record_options {
    const char *what, *notebook;
    int64_t last;
};

static const char *const whats[] = {"show", "verify", NULL};

static const struct option options[] = {
    {.name = "WHAT",
     .help = "show (the default): where the record stands and its last entries; verify: whether "
             "it is as it was written",
     .choices = whats,
     OPT_TEXT(struct record_options, what)},
    {.name = "NOTEBOOK",
     .help = "with verify: a notebook (.ipynb) whose outputs are a witness of the record",
     .values = VALUES_FILE,
     OPT_TEXT(struct record_options, notebook)},
    {.name = "--last",
     .value = "N",
     .help = "with show: how many entries (default 20)",
     .min = 1,
     .max = 10000,
     OPT_INT(struct record_options, last)},
};

/* ---- show ---------------------------------------------------------------------------------------
 */

/* What an entry is about, in the words of its content; the first that is there. */
static const char *summary_of(const json_t *content, struct arena *arena)
{
    static const char *const members[] = {"says",     "source", "sql",   "question",
                                          "markdown", "phase",  "name",  "op",
                                          "what",     "result", "found", "version"};
    for (size_t i = 0; i < COUNT(members); i++) {
        const char *text = json_get_string(content, members[i], NULL);
        if (!text || !*text)
            continue;
        size_t size = strcspn(text, "\n"), most = text_cut(text, size, SUMMARY_MOST);
        return arena_printf(arena, "%.*s%s", (int)most, text,
                            most < size || text[size] ? " ..." : "");
    }
    return NULL;
}

struct showing {
    struct table *table;
    struct arena *arena;
    int64_t from; /* the first sequence that is shown */
};

static bool add_entry(void *state, const json_t *entry, struct error *err)
{
    const struct showing *showing = state;
    struct table *table = showing->table;
    (void)err;
    if (json_get_int(entry, "seq", 0) < showing->from)
        return true;
    table_add_row(table);
    table_put_int(table, 0, json_get_int(entry, "seq", 0));
    table_put_string(table, 1, json_get_string(entry, "time", NULL));
    table_put_string(table, 2, json_get_string(entry, "kind", NULL));
    table_put_int(table, 3, json_get_int(entry, "cell", 0));
    table_put_string(table, 4, summary_of(json_object_get(entry, "content"), showing->arena));
    return true;
}

static bool list_entries(struct magic_call *call, struct ledger *ledger, int64_t head,
                         struct error *err)
{
    static const struct column columns[] = {{.name = "entry", .type = TYPE_INT64},
                                            {.name = "time", .type = TYPE_TEXT},
                                            {.name = "kind", .type = TYPE_TEXT},
                                            {.name = "cell", .type = TYPE_INT64},
                                            {.name = "what", .type = TYPE_TEXT}};
    const struct record_options *given = call->options;
    int64_t last = given->last ? given->last : 20;
    struct showing showing = {.table = table_new(call->arena, columns, COUNT(columns)),
                              .arena = call->arena,
                              .from = head - last + 1};
    struct ledger_visit visit = {.kind = LEDGER_KINDS, .visit = add_entry, .state = &showing};
    if (!ledger_each(ledger, &visit, err))
        return false;
    struct caption caption = {.title = "Last entries of the record", .total_rows = head};
    outputs_result(call->outputs, render_table(call->arena, showing.table, &caption));
    return true;
}

/* "12 cells, 3 queries". */
static const char *kinds_of(const struct verify *verify, struct arena *arena)
{
    struct buf text;
    char number[32];
    buf_init(&text, 4096);
    for (enum ledger_kind kind = 0; kind < LEDGER_KINDS; kind++)
        if (verify->kinds[kind])
            buf_addf(&text, "%s%s %s", text.size ? ", " : "",
                     text_number(verify->kinds[kind], number), ledger_kind_name(kind));
    const char *said = buf_to_arena(&text, arena);
    buf_release(&text);
    return said;
}

static void say_place(struct magic_call *call, struct prose *prose, const struct ledger *ledger,
                      const struct verify *verify)
{
    prose_paragraph(prose, "The record of this case has %b entries, from %s to %s.",
                    arena_printf(call->arena, "%" PRId64, verify->entries),
                    verify->first_time ? verify->first_time : "-",
                    verify->last_time ? verify->last_time : "-");
    prose_bullet(prose, 0, "kinds: %s", kinds_of(verify, call->arena));
    prose_bullet(prose, 0, "file: %c", file_join(call->arena, ledger_folder(ledger), LEDGER_FILE));
    recorded_line(prose, &verify->head);
}

static bool look(struct magic_call *call, struct verify_request *request, struct verify *verify,
                 struct ledger **ledger, struct error *err)
{
    if (!session_has_ledger(call->session))
        return error_set(err, ERROR_NOT_FOUND, "nothing is recorded in this case yet") ||
               error_hint(err, "A query, a %%note or a %%decide begins the record.");
    *ledger = session_ledger(call->session, err);
    if (!*ledger)
        return false;
    request->folder = ledger_folder(*ledger);
    request->cancel = call->cancel;
    return verify_ledger(request, call->arena, verify, err);
}

static bool show(struct magic_call *call, struct error *err)
{
    struct verify_request request = {0};
    struct verify verify = {0};
    struct ledger *ledger = NULL;
    if (!look(call, &request, &verify, &ledger, err))
        return false;
    struct prose *prose = prose_new(call->arena);
    say_place(call, prose, ledger, &verify);
    if (verify.finding_count)
        prose_paragraph(prose, "It is not as it was written: see %c.", "%record verify");
    outputs_display(call->outputs, prose_bundle(prose));
    return list_entries(call, ledger, verify.head.sequence, err);
}

/* ---- verify -------------------------------------------------------------------------------------
 */

static void say_findings(struct prose *prose, const struct verify *verify)
{
    int64_t shown = 0;
    for (const struct verify_finding *finding = verify->findings; finding && shown < FINDINGS_SHOWN;
         finding = finding->next, shown++)
        prose_bullet(prose, 0, "line %d: %s", finding->line, finding->text);
    if (verify->finding_count > shown)
        prose_bullet(prose, 0, "and %d more", verify->finding_count - shown);
}

/* What the verification cannot say stands beside what it says. */
static void say_limits(struct prose *prose, const struct verify *verify, const char *notebook)
{
    int64_t left = verify->head.sequence - verify->vouched;
    if (!notebook)
        prose_paragraph(prose,
                        "Nothing outside the record vouches for its end: entries cut off "
                        "there would not be missed. A notebook that shows later outputs "
                        "would tell: %c.",
                        "%record verify NOTEBOOK");
    else if (!verify->marks)
        prose_paragraph(prose,
                        "The notebook %c bears no marks of this record: it vouches for "
                        "nothing.",
                        notebook);
    else
        prose_paragraph(prose,
                        "The notebook %c shows %d marks, the last of entry %d. For the %d "
                        "entries behind it nothing outside the record vouches.",
                        notebook, verify->marks, verify->vouched, left > 0 ? left : 0);
    if (verify->torn)
        prose_bullet(prose, 0, "writes that a crash tore, named by the entry behind them: %d",
                     verify->torn);
    if (verify->clock_back)
        prose_bullet(prose, 0,
                     "entries whose clock is behind the one before: %d; their order is "
                     "that of their numbers",
                     verify->clock_back);
    if (verify->files)
        prose_bullet(prose, 0, "files of the evidence, as the entries name them: %d",
                     verify->files);
}

static bool verify_all(struct magic_call *call, struct error *err)
{
    const struct record_options *given = call->options;
    struct verify_request request = {0};
    struct verify verify = {0};
    struct ledger *ledger = NULL;
    if ((given->notebook &&
         !verify_notebook(file_expand(call->arena, given->notebook), call->arena, &request, err)) ||
        !look(call, &request, &verify, &ledger, err))
        return false;
    struct prose *prose = prose_new(call->arena);
    say_place(call, prose, ledger, &verify);
    if (verify.finding_count)
        prose_paragraph(prose, "%b", "The record is not as it was written:");
    else
        prose_paragraph(prose,
                        "Every entry is as it was written, and goes on from the one before.");
    say_findings(prose, &verify);
    say_limits(prose, &verify, given->notebook);
    outputs_display(call->outputs, prose_bundle(prose));
    return !verify.finding_count ||
           error_set(err, ERROR_DATA, "the record is not as it was written: %" PRId64 " finding%s",
                     verify.finding_count, verify.finding_count == 1 ? "" : "s") ||
           error_hint(err,
                      "Keep the file as it is; what stands above the first finding still holds.");
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct record_options *given = call->options;
    bool verifies = given->what && strcmp(given->what, "verify") == 0;
    if (given->notebook && !verifies)
        return error_set(err, ERROR_USAGE, "a notebook is only compared by verify") ||
               error_hint(err, "Write %%record verify %s.", given->notebook);
    return verifies ? verify_all(call, err) : show(call, err);
}

static const struct magic_example examples[] = {
    {"%note before\n%record", "where the record stands, and its last entries"},
    {"%note before\n%record verify", "every entry as it was written, or which is not"},
};

const struct magic magic_record = {
    .name = "record",
    .summary =
        "the tamper-evident record of the case: where it stands, and whether it is as it was "
        "written",
    .details =
        "Every cell, query, result, note, decision and change is an entry of ledger.jsonl in the "
        "case folder, with the SHA-256 of the entry before it. verify finds what was changed, left "
        "out, swapped or cut, and files of the evidence that are not as they were. Outputs bear "
        "the "
        "number and hash of the record's last entry in their metadata, so that a saved notebook is "
        "a witness of what the record was then. What was cut behind the last witness cannot be "
        "found.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_READS,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct record_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
