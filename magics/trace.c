#include "magics/engines.h"
#include "magics/places.h"
#include "question/lineage.h"
#include "question/question.h"
#include "question/target.h"
#include "magic.h"

#include <string.h>

struct trace_options {
    const char *key;
    int64_t since, until;
    int64_t limit;
    const char *into, *source;
};

static const struct option options[] = {
    {.name = "KEY",
     .help = "access key the family descends from (AKIA..., or ASIA... of a session)",
     OPT_TEXT(struct trace_options, key),
     .required = true,
     .values = VALUES_TARGET},
    {.name = "--since",
     .value = "T",
     .help = "only events at or after T (UTC: ISO time, or back from now: 24h, 7d)",
     OPT_TIME(struct trace_options, since),
     .values = VALUES_TIME},
    {.name = "--until",
     .value = "T",
     .help = "only events before T",
     OPT_TIME(struct trace_options, until),
     .values = VALUES_TIME},
    {.name = "--source",
     .value = PLACE_SOURCES,
     .help = "who is asked: a lake, an engine, CloudTrail's API, a trail in S3, or all there is; "
             "without it the engine of the settings",
     OPT_TEXT(struct trace_options, source),
     .choices = place_sources},
    {.name = "--limit",
     .value = "N",
     .help = "members listed in the tree (default 200)",
     OPT_INT(struct trace_options, limit),
     .min = 1,
     .max = 10000},
    {.name = "--into",
     .value = "NAME",
     .help = "keep the members under this name, for --family and SQL",
     OPT_TEXT(struct trace_options, into)},
};

static bool is_credential(const struct member *member)
{
    return member->kind == MEMBER_KEY || member->kind == MEMBER_SESSION ||
           member->kind == MEMBER_CONSOLE || member->kind == MEMBER_INSTANCE_SESSION;
}

/* One line of the tree: what, whose, when made, calls, and its end if somebody deleted it. */
static void tree_line(struct prose *prose, const struct member *member, int depth)
{
    prose_bullet(prose, depth > 5 ? 5 : depth, "%s %c", member_kind_name(member->kind), member->id);
    if (member->owner && strcmp(member->owner, member->id) != 0)
        prose_add(prose, " of %s", member->owner);
    if (member->made_at)
        prose_add(prose, ", made %t", member->made_at);
    if (is_credential(member))
        prose_add(prose, ", %d calls (%d failed)", member->calls, member->failed);
    if (member->region && !is_credential(member))
        prose_add(prose, ", in %s", member->region);
    if (member->deleted_at)
        prose_add(prose, " — %b %t by %c", "deleted", member->deleted_at,
                  member->deleted_by ? member->deleted_by : "an unknown caller");
}

struct tree {
    struct prose *prose;
    const struct lineage *lineage;
    int64_t left; /* lines still to be written */
};

static void tree_children(struct tree *tree, const char *parent, int depth)
{
    for (const struct member *member = tree->lineage->members; member && depth < 64;
         member = member->next) {
        if (member->depth == 0 || !member->parent || strcmp(member->parent, parent) != 0 ||
            strcmp(member->id, parent) == 0)
            continue;
        if (tree->left-- <= 0)
            return;
        tree_line(tree->prose, member, depth);
        if (is_credential(member))
            tree_children(tree, member->id, depth + 1);
    }
}

static void count_kinds(struct prose *prose, const struct lineage *lineage)
{
    static const char *const many[MEMBER_KINDS] = {
        "access keys", "sessions", "console sessions", "instance sessions",
        "users",       "roles",    "instances",        "buckets",
        "functions",   "policies", "login profiles"};
    int64_t counts[MEMBER_KINDS] = {0}, deleted = 0;
    for (const struct member *member = lineage->members; member; member = member->next) {
        if (member->depth)
            counts[member->kind]++;
        deleted += member->deleted_at != 0;
    }
    const char *comma = "";
    for (size_t kind = 0; kind < MEMBER_KINDS; kind++)
        if (counts[kind]) {
            prose_add(prose, "%s%d %s", comma, counts[kind],
                      counts[kind] == 1 ? member_kind_name((enum member_kind)kind) : many[kind]);
            comma = ", ";
        }
    if (!*comma)
        prose_add(prose, "nothing");
    if (deleted)
        prose_add(prose, "; %d of them deleted since", deleted);
}

static void show_tree(struct magic_call *call, const struct lineage *lineage, int64_t limit)
{
    struct prose *prose = prose_new(call->arena);
    const struct member *root = lineage->members;
    prose_paragraph(prose, "%b %c made ", "Family of", root->id);
    count_kinds(prose, lineage);
    prose_add(prose, " (fixpoint after %d rounds).", (int64_t)lineage->rounds);
    tree_line(prose, root, 0);
    struct tree tree = {.prose = prose, .lineage = lineage, .left = limit};
    tree_children(&tree, root->id, 1);
    if (tree.left < 0)
        prose_paragraph(
            prose, "The tree is cut at %d lines; the table below and --limit show more.", limit);
    if (lineage->warning)
        prose_paragraph(prose, "%s", lineage->warning);
    outputs_display(call->outputs, prose_bundle(prose));
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct trace_options *given = call->options;
    if (!target_check(TARGET_KEY, given->key, "key", err))
        return false;
    struct lineage_request request = {.key = given->key,
                                      .since = given->since,
                                      .until = given->until,
                                      .into = given->into,
                                      .limit = given->limit,
                                      .line = call->line};
    struct lineage lineage;
    struct result shown;
    struct question_request asked = {.since = given->since, .until = given->until};
    if (!place_find(call, given->source, &asked, err))
        return false;
    request.place = asked.place;
    bool traced =
        lineage_trace(call->session, &request, call->cancel, call->arena, &lineage, &shown, err);
    engine_say_cost(call, request.place.engine);
    if (!traced)
        return false;
    show_tree(call, &lineage, given->limit ? given->limit : 200);
    outputs_result(call->outputs, render_table(call->arena, shown.table, &shown.caption));
    return true;
}

static const struct magic_example examples[] = {
    {"%trace AKIAIOSFODNN7EXAMPLE", "the family of a key, here one that the lake does not know"},
};

const struct magic magic_trace = {
    .name = "trace",
    .summary = "the family tree of a credential: what it made, what that made in turn, what was "
               "deleted by whom",
    .details = "Follows successful calls to the fixpoint: access keys, sessions of AssumeRole, "
               "GetSessionToken and GetFederationToken, users and their "
               "keys, console sign-ins with passwords that the family set, instances and the "
               "credentials their roles used, roles, policies, buckets and "
               "functions. Failed calls make nothing. Deleted members stay in the tree with who "
               "deleted them, when, and the event that proves it.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_READS,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct trace_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
