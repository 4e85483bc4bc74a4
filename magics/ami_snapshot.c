#include "magics/preserving.h"
#include "magics/responding.h"

#include "response/blocks.h"

#include <stdlib.h>
#include <string.h>

struct ami_options {
    struct option_list targets;
    const char *lock, *share, *key, *most, *yes, *account, *region;
    int64_t days, set, decision;
    bool image, hash, dry_run;
};

static const char *const locks[] = {"governance", "compliance", "none", NULL};

static const struct option options[] = {
    {.name = "INSTANCE",
     .value = "INSTANCE",
     .help = "i-..., its ARN, or @RESULT for a column of a kept result",
     OPT_LIST(struct ami_options, targets),
     .values = VALUES_TARGET},
    {.name = "--image",
     .help = "make an image as well, without a reboot: what can be started again",
     OPT_FLAG(struct ami_options, image)},
    {.name = "--lock",
     .help = "who can delete the snapshots before their time: whoever may unlock them (governance, "
             "if nothing is given), nobody at all (compliance), everybody (none)",
     OPT_TEXT(struct ami_options, lock),
     .choices = locks},
    {.name = "--days",
     .value = "N",
     .help = "how long the lock holds; 90 if nothing is given",
     OPT_INT(struct ami_options, days),
     .min = 1,
     .max = 36500},
    {.name = "--share",
     .value = "ACCOUNT",
     .help = "the account that examines them, instead of %set forensics; none",
     OPT_TEXT(struct ami_options, share)},
    {.name = "--key",
     .value = "KEY",
     .help = "copy complete snapshots that AWS's own key keeps from being shared under this one",
     OPT_TEXT(struct ami_options, key)},
    {.name = "--hash",
     .help = "read all blocks when they are complete and hash them: costs, shown first",
     OPT_FLAG(struct ami_options, hash)},
    {.name = "--most",
     .value = "USD",
     .help = "hash snapshots that are there already without a question, if it costs at most this",
     OPT_TEXT(struct ami_options, most)},
    {.name = "--set",
     .value = "N",
     .help = "take another set although the case has one: 2 and up",
     OPT_INT(struct ami_options, set),
     .min = 1,
     .max = 1000},
    {.name = "--dry-run",
     .help = "show what would be done and try the permissions; nothing is asked and nothing "
             "changed",
     OPT_FLAG(struct ami_options, dry_run)},
    {.name = "--decision",
     .value = "N",
     .help = "the decision (%decide) that this carries out",
     OPT_INT(struct ami_options, decision),
     .min = 1,
     .max = 1000000},
    {.name = "--yes",
     .value = "PLAN-ID",
     .help = "approve the plan that was shown under this id, without a question",
     OPT_TEXT(struct ami_options, yes)},
    {.name = "--account",
     .value = "ID",
     .help = "account of the instance (%set accounts leads there)",
     OPT_TEXT(struct ami_options, account)},
    {.name = "--region",
     .value = "NAME",
     .help = "its region",
     OPT_TEXT(struct ami_options, region)},
};

static bool is_account(const char *text)
{
    return strlen(text) == 12 && strspn(text, "0123456789") == 12;
}

static bool wishes_of(struct magic_call *call, json_t **out, struct error *err)
{
    const struct ami_options *given = call->options;
    const char *share = given->share ? given->share : session_settings(call->session)->forensics;
    json_t *made =
        json_own(call->arena, json_pack("{s:b, s:b, s:s}", "image", given->image, "hash",
                                        given->hash, "lock", given->lock ? given->lock : locks[0]));
    if (given->key)
        json_object_set_new(made, "key", json_texts(given->key));
    if (given->days)
        json_object_set_new(made, "lock_days", json_integer(given->days));
    if (given->set)
        json_object_set_new(made, "set", json_integer(given->set));
    if (share && strcmp(share, "none") != 0) {
        if (!is_account(share))
            return error_set(err, ERROR_USAGE, "an account has 12 digits, not \"%s\"", share);
        json_object_set_new(made, "share", json_texts(share));
    }
    *out = made;
    return true;
}

/* GiB of the volumes whose snapshots are there already. */
static int64_t gib_of(struct magic_call *call, const struct plan *plan, struct error *err)
{
    int64_t gib = 0;
    for (const struct suspect *one = plan->suspects; one && !err->kind; one = one->next) {
        struct aws_asking asking = {
            .op = "ec2:DescribeSnapshots", .region = one->region, .cancel = call->cancel};
        const struct step *step =
            plan_find(plan, arena_printf(call->arena, "%zu.snapshots", one->number));
        json_t *reply;
        if (!step)
            continue;
        asking.params = step->check.params;
        if (!aws_call(session_aws(call->session), &asking, call->arena, &reply, err))
            return 0;
        for (size_t i = 0; i < reply_count(reply, "snapshotSet"); i++)
            gib += reply_int(reply_item(reply, "snapshotSet", i), "volumeSize", 0);
    }
    return gib;
}

/* Hashing costs: nothing is begun before somebody has seen how much. */
static bool may_hash(struct magic_call *call, const struct plan *plan, struct error *err)
{
    const struct ami_options *given = call->options;
    int64_t gib = gib_of(call, plan, err);
    const char *name = plan->suspects->name, *answer = NULL;
    double price = blocks_price(gib * (((int64_t)1 << 30) / BLOCKS_SIZE));
    struct error problem = {0};
    if (err->kind)
        return false;
    outputs_printf(call->outputs, "%s\n", blocks_words(call->arena, name, gib));
    if (given->most && strtod(given->most, NULL) >= price)
        return true;
    struct magic_prompt prompt = {
        .text = arena_printf(call->arena, "To read and hash them, type  %s : ", name)};
    if (call->ask && call->ask(call->ask_state, &prompt, call->arena, &answer, &problem) &&
        strcmp(answer, name) == 0)
        return true;
    if (problem.kind && problem.kind != ERROR_UNAVAILABLE) {
        *err = problem;
        return false;
    }
    outputs_printf(call->outputs, "Not begun. Where nobody can be asked: --most %.2f\n",
                   price + 0.005);
    return false;
}

/* All of it is there already: how it stands, and the hashes if they are wanted. */
static bool follow_what_is_there(struct magic_call *call, const struct response *response,
                                 struct plan *plan, struct error *err)
{
    const struct ami_options *given = call->options;
    if (given->hash && !may_hash(call, plan, err)) {
        for (struct suspect *one = plan->suspects; one; one = one->next)
            json_object_set_new(one->wishes, "hash", json_false());
        if (err->kind)
            return false;
    }
    return preserving_follow(call, response, plan, err);
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct ami_options *given = call->options;
    struct response *response = responding(call, err);
    struct response_request request = {.targets = given->targets.items,
                                       .target_count = given->targets.count,
                                       .level = "preserve",
                                       .decision = given->decision,
                                       .account = given->account,
                                       .region = given->region};
    struct responding_approved by = {given->yes, given->decision};
    struct responding_plan offered = {.only_show = given->dry_run};
    if (!response)
        return false;
    if (given->yes)
        return responding_kept(call, response, &by, &offered.plan, err) &&
               responding_yes(call, response, &offered, err);
    if (!given->targets.count)
        return error_set(err, ERROR_USAGE, "no instance is named") ||
               error_hint(err, "%%ami-snapshot i-0123456789abcdef0 shows a plan; "
                               "%%ami-snapshot --yes PLAN-ID carries out one that was shown.");
    if (!wishes_of(call, &request.wishes, err) ||
        !response_plan(response, &request, &offered.plan, err) ||
        !responding_offer(call, response, &offered, err))
        return false;
    return plan_open(offered.plan) || given->dry_run ||
           follow_what_is_there(call, response, offered.plan, err);
}

static const struct magic_example examples[] = {
    {"%ami-snapshot i-0123456789abcdef0 --dry-run", "what preserving an instance would do"},
};

const struct magic magic_ami_snapshot = {
    .name = "ami-snapshot",
    .summary = "preserve an instance before anything else: locked snapshots of all volumes at one "
               "instant, followed to their end, by choice an image, hashes, a share",
    .details =
        "The plan is the default. Snapshots are accepted at once: what they hold is fixed then; "
        "a job follows them until they are complete, and goes on in a later kernel.\n\n"
        "--hash reads every block of the complete snapshots through EBS's direct APIs. "
        "CASE/evidence/blocks-SNAPSHOT.txt then has a line \"INDEX SHA-256\" for each block of 512 "
        "KiB that the snapshot has (what it has not is zeros); the root is that of the Merkle tree "
        "of RFC 6962 over these lines.\n\n"
        "Undone by %undo: the protection of the instance and shares. Snapshots, images and locks "
        "stay. Not covered: memory, instance stores.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_CHANGES_AWS,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct ami_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
