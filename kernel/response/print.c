/* Steps as commands of AWS's command line, for a person without this tool. */
#include "response/response.h"

#include "base/buf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define COMMANDS_MOST ((size_t)1024 * 1024)

/* "PutUserPolicy" -> "put-user-policy", "UpdateSSHPublicKey" -> "update-ssh-public-key". */
static void dashed(struct buf *out, const char *name)
{
    for (const char *at = name; *at; at++) {
        bool capital = isupper((unsigned char)at[0]) != 0;
        bool after_small = at > name && !isupper((unsigned char)at[-1]);
        bool before_small = at > name && at[1] && islower((unsigned char)at[1]);
        if (capital && (after_small || before_small))
            buf_addc(out, '-');
        buf_addc(out, (char)tolower((unsigned char)*at));
    }
}

/* One word of a shell, whatever the bytes. */
static void quoted(struct buf *out, const char *text)
{
    buf_addc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            buf_adds(out, "'\\''");
        else if ((unsigned char)*text >= ' ' && *text != 0x7f)
            buf_addc(out, *text);
        else
            buf_adds(out, "?");
    }
    buf_addc(out, '\'');
}

/* EC2 is asked by its wire's names; the command line wants the members' own. */
static const struct {
    const char *wire, *member;
} ec2_names[] = {{"InstanceId", "InstanceIds"},
                 {"SecurityGroupId", "Groups"},
                 {"SecurityGroupRuleId", "SecurityGroupRuleIds"},
                 {"GroupDescription", "Description"},
                 {"TagSpecification", "TagSpecifications"},
                 {"Tag", "Tags"},
                 {"ResourceId", "Resources"},
                 {"BlockDeviceMapping", "BlockDeviceMappings"},
                 {"Filter", "Filters"},
                 {"UserId", "UserIds"}};

static const char *member_name(const char *wire, const json_t *value)
{
    for (size_t i = 0; i < COUNT(ec2_names); i++)
        if (strcmp(ec2_names[i].wire, wire) == 0 &&
            (json_is_array(value) || strcmp(wire, "GroupDescription") == 0))
            return ec2_names[i].member;
    return wire;
}

/* New reference. */
static json_t *as_members(json_t *value)
{
    const char *name;
    json_t *member, *made = json_is_array(value) ? json_array() : json_object();
    for (size_t i = 0; i < json_array_size(value); i++)
        json_array_append_new(made, as_members(json_array_get(value, i)));
    json_object_foreach(value, name, member)
    {
        json_object_set_new(made, member_name(name, member), as_members(member));
    }
    if (json_is_array(value) || json_is_object(value))
        return made;
    json_decref(made);
    return json_deep_copy(value);
}

/* All parameters as one document: the command line reads the API's own names there. */
static void add_command(struct buf *out, const struct step *step, const char *op, json_t *params)
{
    const char *colon = strchr(op, ':');
    json_t *members = strncmp(op, "ec2:", 4) == 0 ? as_members(params) : json_incref(params);
    char *text = json_dumps(members, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(members);
    buf_addf(out, "aws %.*s%s ", (int)(colon - op), op, strncmp(op, "s3:", 3) == 0 ? "api" : "");
    dashed(out, colon + 1);
    if (step->region) {
        buf_adds(out, " --region ");
        quoted(out, step->region);
    }
    buf_adds(out, " --cli-input-json ");
    quoted(out, text ? text : "{}");
    buf_addc(out, '\n');
    free(text);
}

static void add_step(struct buf *out, const struct step *step, bool inverse)
{
    const char *words = inverse ? step->undo.words : step->words;
    buf_addf(out, "# account %s: ", step->account ? step->account : "?");
    for (; words && *words; words++)
        buf_addc(out, (unsigned char)*words < ' ' ? ' ' : *words);
    buf_addc(out, '\n');
    if (!inverse)
        add_command(out, step, step->op, step->params);
    else if (step->undo.op)
        add_command(out, step, step->undo.op, step->undo.params);
    else
        buf_addf(out, "# cannot be taken back: %s\n", step->why ? step->why : "it has no inverse");
}

const char *response_commands(const struct plan *plan, bool inverse, struct arena *arena)
{
    struct buf out;
    size_t count = 0;
    const struct step **list =
        arena_alloc(arena, (plan->step_count + 1) * sizeof(const struct step *));
    buf_init(&out, COMMANDS_MOST);
    for (size_t wave = 0; wave < WAVES; wave++)
        for (const struct step *step = plan->steps; step; step = step->next)
            if (step->wave == (enum wave)wave && !(step->held && !inverse))
                list[count++] = step;
    for (size_t i = 0; i < count; i++)
        add_step(&out, list[inverse ? count - 1 - i : i], inverse);
    const char *text = buf_to_arena(&out, arena);
    buf_release(&out);
    return text;
}
