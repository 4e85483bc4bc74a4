#include "response/tag.h"

#include "base/time.h"
#include "response/arn.h"
#include "response/check.h"

#include <ctype.h>
#include <string.h>

#define VALUE_MOST 256
#define CASE "ir:case"
#define ACTION "ir:action"
#define ACTOR "ir:actor"
#define TIME "ir:time"

static const char *const names[] = {CASE, ACTION, ACTOR, TIME};

enum form { FORM_TEXT, FORM_LIST, FORM_FILTER };

/* A kind of thing that has tags: how they are read, and the calls that change them. */
struct tag_kind {
    const char *service, *type; /* of its ARN; type NULL: any */
    const char *read_op, *read_id;
    enum form read_form;
    const char *list, *key, *value; /* in the reply; key NULL: an object, not a list */
    const char *tag_op, *untag_op, *id, *tags;
    enum form form;
    const char *call_key, *call_value;
    const char *keys; /* of the call that takes them away: a list of names; NULL: as `tags` */
    bool whole;       /* named by its ARN */
};

static const struct tag_kind kinds[] = {
    {"iam", "user", "iam:GetUser", "UserName", FORM_TEXT, "User.Tags", "Key", "Value",
     "iam:TagUser", "iam:UntagUser", "UserName", "Tags", FORM_TEXT, "Key", "Value", "TagKeys",
     false},
    {"iam", "role", "iam:GetRole", "RoleName", FORM_TEXT, "Role.Tags", "Key", "Value",
     "iam:TagRole", "iam:UntagRole", "RoleName", "Tags", FORM_TEXT, "Key", "Value", "TagKeys",
     false},
    {"iam", "policy", "iam:GetPolicy", "PolicyArn", FORM_TEXT, "Policy.Tags", "Key", "Value",
     "iam:TagPolicy", "iam:UntagPolicy", "PolicyArn", "Tags", FORM_TEXT, "Key", "Value", "TagKeys",
     true},
    {"ec2", NULL, "ec2:DescribeTags", "resource-id", FORM_FILTER, "tagSet", "key", "value",
     "ec2:CreateTags", "ec2:DeleteTags", "ResourceId", "Tag", FORM_LIST, "Key", "Value", NULL,
     false},
    {"lambda", NULL, "lambda:GetFunction", "FunctionName", FORM_TEXT, "Tags", NULL, NULL,
     "lambda:TagResource", "lambda:UntagResource", "Resource", "Tags", FORM_TEXT, NULL, NULL,
     "TagKeys", true},
    {"kms", NULL, "kms:ListResourceTags", "KeyId", FORM_TEXT, "Tags", "TagKey", "TagValue",
     "kms:TagResource", "kms:UntagResource", "KeyId", "Tags", FORM_TEXT, "TagKey", "TagValue",
     "TagKeys", false},
    {"cloudtrail", NULL, "cloudtrail:ListTags", "ResourceIdList", FORM_LIST,
     "ResourceTagList.0.TagsList", "Key", "Value", "cloudtrail:AddTags", "cloudtrail:RemoveTags",
     "ResourceId", "TagsList", FORM_TEXT, "Key", "Value", NULL, true},
    {"sso", NULL, "sso-admin:ListTagsForResource", "ResourceArn", FORM_TEXT, "Tags", "Key", "Value",
     "sso-admin:TagResource", "sso-admin:UntagResource", "ResourceArn", "Tags", FORM_TEXT, "Key",
     "Value", "TagKeys", true},
    {"organizations", NULL, "organizations:ListTagsForResource", "ResourceId", FORM_TEXT, "Tags",
     "Key", "Value", "organizations:TagResource", "organizations:UntagResource", "ResourceId",
     "Tags", FORM_TEXT, "Key", "Value", "TagKeys", false},
};

static const struct tag_kind *kind_of(const char *service, const char *type)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(kinds[i].service, service) == 0 &&
            (!kinds[i].type || strcmp(kinds[i].type, type) == 0))
            return &kinds[i];
    return NULL;
}

/* What is tagged: the parameters that name it. */
struct tagged {
    const struct tag_kind *kind;
    json_t *read, *named;
    const char *id;               /* of the step */
    const char *words;            /* "user alice" */
    const char *account, *region; /* NULL: the suspect's */
};

/* ---- what they say ------------------------------------------------------------------------------
 */

/* Of what a tag may not hold, a dash stands for it. */
static const char *plain(struct arena *arena, const char *text)
{
    char *made = arena_strndup(arena, text, strnlen(text, VALUE_MOST));
    for (char *at = made; *at; at++)
        if ((unsigned char)*at > 0x7e ||
            (!isalnum((unsigned char)*at) && !strchr(" _.:/=+-@", *at)))
            *at = '-';
    return made;
}

static json_t *values_of(const struct planning *planning)
{
    struct arena *arena = planning->arena;
    char made[TIME_TEXT_SIZE];
    return plan_pack(arena, "{s:s, s:s, s:s, s:s}", CASE, plain(arena, planning->case_name), ACTION,
                     "contain", ACTOR, plain(arena, planning->caller), TIME,
                     arena_printf(arena, "%.19sZ", time_iso(planning->plan->made, made)));
}

static json_t *pairs(struct arena *arena, json_t *values, const char *key, const char *value)
{
    json_t *made = json_own(arena, json_array()), *text;
    const char *name;
    json_object_foreach(values, name, text)
    {
        json_t *pair = json_pack("{s:s}", key, name);
        if (value)
            json_object_set(pair, value, text);
        json_array_append_new(made, pair);
    }
    return made;
}

json_t *tag_list(const struct planning *planning)
{
    return pairs(planning->arena, values_of(planning), "Key", "Value");
}

/* ---- steps --------------------------------------------------------------------------------------
 */

static json_t *with(const struct tagged *thing, const char *member, json_t *value,
                    struct arena *arena)
{
    json_t *made = json_own(arena, json_copy(thing->named));
    json_object_set(made, member, value);
    return made;
}

static json_t *setting(const struct tagged *thing, json_t *values, struct arena *arena)
{
    const struct tag_kind *kind = thing->kind;
    return with(thing, kind->tags,
                kind->call_key ? pairs(arena, values, kind->call_key, kind->call_value) : values,
                arena);
}

static json_t *taking(const struct tagged *thing, json_t *values, struct arena *arena)
{
    const struct tag_kind *kind = thing->kind;
    json_t *list = json_own(arena, json_array()), *text;
    const char *name;
    if (!kind->keys)
        return with(thing, kind->tags, pairs(arena, values, kind->call_key, NULL), arena);
    json_object_foreach(values, name, text)
    {
        json_array_append_new(list, json_texts(name));
    }
    return with(thing, kind->keys, list, arena);
}

static struct check shows(const struct tagged *thing, json_t *want)
{
    const struct tag_kind *kind = thing->kind;
    return (struct check){.op = kind->read_op,
                          .params = thing->read,
                          .list = kind->list,
                          .key = kind->key,
                          .path = kind->value,
                          .want = want,
                          .match = CHECK_TAGS};
}

/* Who else acted, and when, is as good: a second run leaves it. */
static json_t *any_actor(struct arena *arena, json_t *values)
{
    json_t *made = json_own(arena, json_copy(values));
    const char *const free[] = {ACTOR, TIME};
    for (size_t i = 0; i < COUNT(free); i++)
        if (json_object_get(made, free[i]))
            json_object_set_new(made, free[i], json_null());
    return made;
}

/* Where taking the rest back gives access again, the tags go with it; who only lost what somebody
 * gave to it is not contained. */
static unsigned flags_of(const struct planning *planning)
{
    bool contains = strcmp(planning->suspect->action->name, "rights") != 0;
    unsigned access = 0;
    for (const struct step *step = planning->plan->steps; step; step = step->next)
        if (contains && step->suspect == planning->suspect->number)
            access |= step->flags & STEP_ACCESS;
    return STEP_OPTIONAL | STEP_EXTENDS | access;
}

/* `before`: what the same names said, NULL where there were none. */
static void tag_step(struct planning *planning, const struct tagged *thing, json_t *values,
                     json_t *before)
{
    struct arena *arena = planning->arena;
    const struct suspect *suspect = planning->suspect;
    const struct tag_kind *kind = thing->kind;
    struct step step = {
        .id = arena_printf(arena, "%s%s", before ? "re" : "", thing->id),
        .wave = WAVE_TAG,
        .words = arena_printf(arena, "tag %s: case, action, who and when%s", thing->words,
                              before ? ", in place of other tags of these names" : ""),
        .op = kind->tag_op,
        .params = setting(thing, values, arena),
        .account = thing->account,
        .region = thing->region,
        .check = shows(thing, before ? values : any_actor(arena, values)),
        .flags = flags_of(planning),
        .credential = suspect->part ? suspect->part : suspect->name};
    step.undo.op = before ? kind->tag_op : kind->untag_op;
    step.undo.params = before ? setting(thing, before, arena) : taking(thing, values, arena);
    step.undo.words = before ? "the tags of these names that it had" : "take the tags away";
    step.undo.check = shows(thing, before ? before : values);
    step.undo.check.absent = !before;
    response_step(planning, &step);
}

/* This case's own, of an earlier run. */
static bool is_ours(const struct planning *planning, const struct check *check,
                    const json_t *values)
{
    const json_t *said = state_said(planning, check);
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *is = check_tag(check, said, names[i]);
        bool free = strcmp(names[i], ACTOR) == 0 || strcmp(names[i], TIME) == 0;
        if (!is || (!free && strcmp(is, json_get_string(values, names[i], "")) != 0))
            return false;
    }
    return true;
}

/* Names that others have there are steps of their own: their way back is another call. */
static void tag_steps(struct planning *planning, const struct tagged *thing)
{
    struct arena *arena = planning->arena;
    json_t *values = values_of(planning);
    json_t *new = json_own(arena, json_object()), *had = json_own(arena, json_object());
    json_t *over = json_own(arena, json_object());
    struct check check = shows(thing, values);
    const json_t *said = state_said(planning, &check);
    bool ours = is_ours(planning, &check, values);
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *is = ours ? NULL : check_tag(&check, said, names[i]);
        json_object_set(is ? over : new, names[i], json_object_get(values, names[i]));
        if (is)
            json_object_set_new(had, names[i], json_texts(is));
    }
    if (json_object_size(new))
        tag_step(planning, thing, new, NULL);
    if (json_object_size(over))
        tag_step(planning, thing, over, had);
}

/* What cannot be read could not be put back. */
static bool tag_thing(struct planning *planning, const struct tagged *thing, struct error *err)
{
    struct reading read = {.op = thing->kind->read_op, .params = thing->read};
    if (!response_read(planning, &read, 1, err))
        return false;
    const char *code = state_code(planning, read.op, read.params);
    if (code)
        response_say(planning, NOTE_NOT_COVERED,
                     "%s is not tagged: which tags it has could not be read (%s)", thing->words,
                     code);
    else
        tag_steps(planning, thing);
    return true;
}

/* ---- of what ------------------------------------------------------------------------------------
 */

static json_t *named(const struct planning *planning, const char *member, enum form form,
                     const char *id)
{
    struct arena *arena = planning->arena;
    if (form == FORM_FILTER)
        return plan_pack(arena, "{s:[{s:s, s:[s]}]}", "Filter", "Name", member, "Value", id);
    return plan_pack(arena, form == FORM_LIST ? "{s:[s]}" : "{s:s}", member, id);
}

static struct tagged thing_of(const struct planning *planning, const struct tag_kind *kind,
                              const char *name, const char *arn)
{
    const char *read = kind->read_form == FORM_LIST ? arn : name;
    return (struct tagged){.kind = kind,
                           .read = named(planning, kind->read_id, kind->read_form, read),
                           .named = named(planning, kind->id, kind->form, kind->whole ? arn : name),
                           .id = "tag"};
}

static bool is_touched(const struct planning *planning)
{
    const struct step *step = planning->plan->steps;
    while (step && step->suspect != planning->suspect->number)
        step = step->next;
    return step && planning->plan->kind == PLAN_CONTAIN;
}

static const struct {
    const char *service, *words;
} without[] = {
    {"iam", "a group has no tags in IAM"},
    {"s3", "S3 replaces all tags of a bucket at once: one that somebody sets at the same moment, "
           "and that permissions or costs hang on, would be lost"},
};

bool tag_suspect(struct planning *planning, struct error *err)
{
    const struct suspect *suspect = planning->suspect;
    struct arena *arena = planning->arena;
    struct arn arn;
    if (!is_touched(planning) || !suspect->arn || !arn_read(suspect->arn, arena, &arn))
        return true;
    const struct tag_kind *kind = kind_of(arn.service, arn.type);
    for (size_t i = 0; !kind && i < COUNT(without); i++)
        if (strcmp(without[i].service, arn.service) == 0)
            response_say(planning, NOTE_NOT_COVERED, "%s is not tagged: %s", suspect->name,
                         without[i].words);
    if (!kind)
        return true;
    bool iam = strcmp(arn.service, "iam") == 0 || strcmp(arn.service, "lambda") == 0;
    struct tagged thing = thing_of(planning, kind, iam ? suspect->name : arn.name, suspect->arn);
    thing.words = arena_printf(arena, "%s %s", kind->type ? kind->type : suspect->action->name,
                               iam ? suspect->name : arn.name);
    return tag_thing(planning, &thing, err);
}

bool tag_resource(struct planning *planning, const char *id, struct error *err)
{
    struct tagged thing = thing_of(planning, kind_of("ec2", ""), id, id);
    thing.id = arena_printf(planning->arena, "tag-%s", id);
    thing.words = id;
    return tag_thing(planning, &thing, err);
}

bool tag_permission_set(struct planning *planning, const char *instance, const char *set,
                        struct error *err)
{
    struct arena *arena = planning->arena;
    const char *last = strrchr(set, '/') ? strrchr(set, '/') + 1 : set;
    json_t *params = plan_pack(arena, "{s:s, s:s}", "InstanceArn", instance, "ResourceArn", set);
    struct tagged thing = {.kind = kind_of("sso", ""),
                           .read = params,
                           .named = params,
                           .id = arena_printf(arena, "tag-%s", last),
                           .words = arena_printf(arena, "permission set %s", last)};
    return tag_thing(planning, &thing, err);
}

void tag_policy(struct planning *planning, json_t *id, const struct step *rest)
{
    json_t *params = plan_pack(planning->arena, "{s:O}", "ResourceId", id);
    struct tagged thing = {.kind = kind_of("organizations", ""),
                           .read = params,
                           .named = params,
                           .id = "tag-fence",
                           .words = "the SCP",
                           .account = rest->account,
                           .region = rest->region};
    tag_step(planning, &thing, values_of(planning), NULL);
}
