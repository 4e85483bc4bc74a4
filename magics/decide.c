#include "magics/recorded.h"

#include "base/text.h"
#include "case/decision.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TEXT_MOST 1000 /* bytes of a question, an option, a name */
#define REASON_MOST 4000
#define VOTES_MOST 1000000

struct decide_options {
    const char *question;
    struct option_list options, by, votes, reasons;
    const char *choose;
};

static const struct option options[] = {
    {.name = "QUESTION",
     .help = "what is decided",
     .required = true,
     OPT_TEXT(struct decide_options, question)},
    {.name = "OPTION",
     .help = "what can be done: two or more. The first is the red card, the second the blue one",
     OPT_LIST(struct decide_options, options)},
    {.name = "--choose",
     .value = "OPTION",
     .help = "what is decided, in its words, by its number or card (default: what has most votes; "
             "else it is asked)",
     OPT_TEXT(struct decide_options, choose)},
    {.name = "--votes",
     .value = "OPTION=N",
     .help = "how many raised its card; once for each option",
     OPT_LIST(struct decide_options, votes)},
    {.name = "--by",
     .value = "NAME",
     .help = "who decides; again for each person (default: the identity that AWS verified)",
     OPT_LIST(struct decide_options, by)},
    {.name = "--reason",
     .value = "TEXT",
     .help = "why; again for each reason, those of the minority as well",
     OPT_LIST(struct decide_options, reasons)},
};

/* ---- what was given -----------------------------------------------------------------------------
 */

static bool check_text(const char *what, const char *text, size_t most, struct error *err)
{
    if (!text[strspn(text, " \t\r\n")])
        return error_set(err, ERROR_USAGE, "%s is empty", what);
    return strlen(text) <= most ||
           error_set(err, ERROR_LIMIT, "%s has more than %zu bytes", what, most);
}

static bool check_list(const char *what, const struct option_list *list, size_t most,
                       struct error *err)
{
    for (size_t i = 0; i < list->count; i++)
        if (!check_text(what, list->items[i], most, err))
            return false;
    return true;
}

/* The index of an option by its words, number or card; the count where there is none. */
static size_t find_option(const struct decision *decision, const char *word, size_t size)
{
    static const char *const cards[] = {"red", "blue"};
    for (size_t i = 0; i < decision->option_count; i++) {
        const char *text = decision->options[i].text;
        if (strlen(text) == size && strncasecmp(text, word, size) == 0)
            return i;
    }
    for (size_t i = 0; i < decision->option_count; i++)
        if ((size == 1 && word[0] == (char)('1' + i)) ||
            (i < COUNT(cards) && strlen(cards[i]) == size &&
             strncasecmp(cards[i], word, size) == 0))
            return i;
    return decision->option_count;
}

static bool no_option(const char *word, size_t size, struct error *err)
{
    return error_set(err, ERROR_USAGE, "\"%.*s\" is none of the options", (int)size, word) ||
           error_hint(err, "Name an option in its words, by its number, or as red (the first) or "
                           "blue (the second).");
}

static bool take_votes(struct decision *decision, const struct option_list *votes,
                       struct error *err)
{
    for (size_t i = 0; i < votes->count; i++) {
        const char *given = votes->items[i], *equals = strrchr(given, '=');
        char *end = NULL;
        long count =
            equals && equals[1] >= '0' && equals[1] <= '9' ? strtol(equals + 1, &end, 10) : -1;
        if (count < 0 || *end || count > VOTES_MOST)
            return error_set(err, ERROR_USAGE, "\"%s\" is no count of votes", given) ||
                   error_hint(err, "Write --votes contain=12 --votes \"look on=7\".");
        size_t index = find_option(decision, given, (size_t)(equals - given));
        if (index == decision->option_count)
            return no_option(given, (size_t)(equals - given), err);
        if (decision->options[index].votes >= 0)
            return error_set(err, ERROR_USAGE, "the votes of \"%s\" are given twice",
                             decision->options[index].text);
        decision->options[index].votes = count;
    }
    return true;
}

/* The option with most votes; false where two have as many, or nobody voted. */
static bool majority(const struct decision *decision, size_t *chosen)
{
    int64_t most = -1;
    bool alone = false;
    for (size_t i = 0; i < decision->option_count; i++) {
        int64_t votes = decision->options[i].votes;
        alone = votes > most || (alone && votes < most);
        if (votes > most) {
            most = votes;
            *chosen = i;
        }
    }
    return alone && most > 0;
}

static bool not_said(struct error *err)
{
    *err = (struct error){0};
    return error_set(err, ERROR_USAGE, "what was decided is not said") ||
           error_hint(err, "Say it with --choose OPTION, or count with --votes OPTION=N.");
}

static bool ask_choice(struct magic_call *call, struct decision *decision, struct error *err)
{
    struct buf text;
    buf_init(&text, 65536);
    buf_addf(&text, "%s\n", decision->question);
    for (size_t i = 0; i < decision->option_count; i++)
        buf_addf(&text, "%zu  %s\n", i + 1, decision->options[i].text);
    buf_adds(&text, "Decided: ");
    struct magic_prompt prompt = {.text = buf_to_arena(&text, call->arena)};
    const char *answer = "";
    bool asked = call->ask && call->ask(call->ask_state, &prompt, call->arena, &answer, err);
    buf_release(&text);
    if (!asked)
        return err->kind == ERROR_NONE || err->kind == ERROR_UNAVAILABLE ? not_said(err) : false;
    decision->chosen = find_option(decision, answer, strlen(answer));
    return decision->chosen < decision->option_count || no_option(answer, strlen(answer), err);
}

static bool choose(struct magic_call *call, const struct decide_options *given,
                   struct decision *decision, struct error *err)
{
    if (given->choose) {
        decision->chosen = find_option(decision, given->choose, strlen(given->choose));
        return decision->chosen < decision->option_count ||
               no_option(given->choose, strlen(given->choose), err);
    }
    if (!given->votes.count)
        return ask_choice(call, decision, err);
    return majority(decision, &decision->chosen) ||
           error_set(err, ERROR_USAGE, "the votes decide nothing: two options have as many") ||
           error_hint(err, "Say with --choose OPTION what is done, and with --reason why.");
}

/* By name, or as AWS knows who asks; never as nobody. */
static bool take_people(struct magic_call *call, const struct decide_options *given,
                        struct decision *decision, struct error *err)
{
    if (given->by.count > DECISION_PEOPLE)
        return error_set(err, ERROR_LIMIT, "more than %d people", DECISION_PEOPLE);
    for (size_t i = 0; i < given->by.count; i++) {
        for (size_t j = 0; j < i; j++)
            if (strcasecmp(given->by.items[i], given->by.items[j]) == 0)
                return error_set(err, ERROR_USAGE, "\"%s\" is named twice", given->by.items[i]);
        decision->people[i] = given->by.items[i];
    }
    decision->people_count = given->by.count;
    const struct guard_caller *caller = guard_caller(session_guard(call->session));
    if (!decision->people_count && caller)
        decision->people[decision->people_count++] = caller->arn;
    return decision->people_count || error_set(err, ERROR_USAGE, "who decides is not said") ||
           error_hint(err, "Say it with --by NAME, once for each person.");
}

static bool read_given(struct magic_call *call, struct decision *decision, struct error *err)
{
    const struct decide_options *given = call->options;
    if (!check_text("the question", given->question, TEXT_MOST, err) ||
        !check_list("an option", &given->options, TEXT_MOST, err) ||
        !check_list("a name", &given->by, TEXT_MOST, err) ||
        !check_list("a reason", &given->reasons, REASON_MOST, err))
        return false;
    if (given->options.count < 2 || given->options.count > DECISION_OPTIONS)
        return error_set(err, ERROR_USAGE, "a decision has 2 to %d options, not %zu",
                         DECISION_OPTIONS, given->options.count) ||
               error_hint(err, "Write %%decide \"Contain now?\" contain \"look on\".");
    decision->question = given->question;
    decision->option_count = given->options.count;
    for (size_t i = 0; i < given->options.count; i++) {
        const char *text = given->options.items[i];
        decision->option_count = i;
        if (find_option(decision, text, strlen(text)) < i && strlen(text) > 1)
            return error_set(err, ERROR_USAGE, "the option \"%s\" is named twice", text);
        decision->options[i] = (struct decision_option){.text = text, .votes = -1};
    }
    decision->option_count = given->options.count;
    decision->reasons = given->reasons.items;
    decision->reason_count = given->reasons.count;
    return take_people(call, given, decision, err) && take_votes(decision, &given->votes, err) &&
           choose(call, given, decision, err);
}

/* ---- what is shown ------------------------------------------------------------------------------
 */

static const char *join(struct magic_call *call, const char *const *words, size_t count)
{
    struct buf text;
    buf_init(&text, 1024 * 1024);
    for (size_t i = 0; i < count; i++)
        buf_addf(&text, "%s%s", !i ? "" : i + 1 < count ? ", " : " and ", words[i]);
    const char *joined = buf_to_arena(&text, call->arena);
    buf_release(&text);
    return joined;
}

static void show(struct magic_call *call, const struct decision *decision)
{
    struct prose *prose = prose_new(call->arena);
    prose_paragraph(prose, "Decision %d: %b", decision->number, decision->question);
    for (size_t i = 0; i < decision->option_count; i++) {
        const struct decision_option *option = &decision->options[i];
        if (i == decision->chosen)
            prose_bullet(prose, 0, "%b, decided", option->text);
        else
            prose_bullet(prose, 0, "%s", option->text);
        if (option->votes >= 0)
            prose_add(prose, option->votes == 1 ? ", %d vote" : ", %d votes", option->votes);
    }
    prose_paragraph(prose, "By %s.", join(call, decision->people, decision->people_count));
    for (size_t i = 0; i < decision->reason_count; i++)
        prose_bullet(prose, 0, "because: %s", decision->reasons[i]);
    recorded_line(prose, &decision->mark);
    outputs_display(call->outputs, prose_bundle(prose));
}

static bool run(struct magic_call *call, struct error *err)
{
    struct decision decision = {0};
    if (!read_given(call, &decision, err) ||
        !decision_add(call->session, &decision, call->arena, err))
        return false;
    show(call, &decision);
    return true;
}

static const struct magic_example examples[] = {
    {"%decide \"Contain now, or look on?\" contain \"look on\" --votes red=12 --votes blue=7 "
     "--by Ada --by Grace --reason \"it makes new keys\"",
     "a vote in the room, and who stands for it"},
    {"%decide \"Terminate the instance?\" yes no --choose no --by Ada --reason \"no image yet\"",
     "a decision of one person"},
};

const struct magic magic_decide = {
    .name = "decide",
    .summary = "what is decided, by whom, with which votes and reasons",
    .details =
        "A decision gets a number, which %contain, %undo, %ami-snapshot and %eradicate take as "
        "--decision N. It is on the disk, in the ledger of the case, before it is shown. Names are "
        "as they are "
        "given; whether AWS had verified an identity then stands in the entry.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_LOCAL,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct decide_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
