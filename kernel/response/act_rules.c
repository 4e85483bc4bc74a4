/* Rules of a security group, taken out one by one by their ids: no other rule is touched. */
#include "response/arn.h"
#include "response/check.h"
#include "response/host.h"

#include <ctype.h>
#include <string.h>

static const char *const levels[] = {"public", "ingress", "all", NULL};

static bool has_form(const char *text, const char *prefix)
{
    size_t size = strlen(prefix);
    if (strncmp(text, prefix, size) != 0)
        return false;
    size_t digits = strlen(text + size);
    for (const char *at = text + size; *at; at++)
        if (!isxdigit((unsigned char)*at) || isupper((unsigned char)*at))
            return false;
    return digits == 8 || digits == 17;
}

static enum claim claims(const char *text, struct arena *arena, struct suspect *out)
{
    struct arn arn;
    if (arn_read(text, arena, &arn) && strcmp(arn.service, "ec2") == 0 &&
        strcmp(arn.type, "security-group") == 0 && has_form(arn.name, "sg-")) {
        out->account = arn.account;
        out->region = arn.region;
        out->name = arn.name;
        return CLAIM_YES;
    }
    if (has_form(text, "sg-"))
        out->name = arena_strdup(arena, text);
    else if (has_form(text, "sgr-"))
        out->part = arena_strdup(arena, text);
    else
        return CLAIM_NO;
    return CLAIM_YES;
}

static json_t *filter(const struct planning *planning, const char *name, const char *value)
{
    return plan_pack(planning->arena, "{s:[{s:s, s:[s]}]}", "Filter", "Name", name, "Value", value);
}

/* The group of a rule that was named alone. */
static bool find_rule(struct planning *planning, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    json_t *params = plan_pack(planning->arena, "{s:[s]}", "SecurityGroupRuleId", suspect->part);
    struct reading rule = {.op = "ec2:DescribeSecurityGroupRules", .params = params};
    if (!response_read(planning, &rule, 1, err))
        return false;
    const json_t *found = state_at(planning, rule.op, params, "securityGroupRuleSet.0");
    if (!found)
        return response_absent_here(planning, "rule", suspect->part, err);
    suspect->name = reply_text(found, "groupId");
    return true;
}

static bool find(struct planning *planning, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    if (suspect->part && !suspect->name && !find_rule(planning, err))
        return false;
    json_t *params = plan_pack(planning->arena, "{s:[s]}", "GroupId", suspect->name);
    json_t *rules = filter(planning, "group-id", suspect->name);
    struct reading list[] = {
        {.op = "ec2:DescribeSecurityGroups", .params = params},
        {.op = "ec2:DescribeSecurityGroupRules", .params = rules},
        {.op = "ec2:DescribeNetworkInterfaces",
         .params = filter(planning, "group-id", suspect->name)},
    };
    if (!host_allows_group(planning, suspect->name, err) ||
        !response_read(planning, list, COUNT(list), err))
        return false;
    const char *code = state_code(planning, list[0].op, params);
    if (code && strncmp(code, "InvalidGroup", 12) == 0)
        return response_absent_here(planning, "group", suspect->name, err);
    if (code || state_code(planning, list[1].op, rules))
        return response_unread(planning, code ? list[0].op : list[1].op, code ? params : rules,
                               err);
    suspect->unique_id = suspect->name;
    suspect->arn =
        arena_printf(planning->arena, "arn:%s:ec2:%s:%s:security-group/%s", planning->partition,
                     suspect->region, planning->account, suspect->name);
    return true;
}

/* ---- a rule -------------------------------------------------------------------------------------
 */

static bool is_public(const json_t *rule)
{
    return strcmp(reply_text(rule, "cidrIpv4"), "0.0.0.0/0") == 0 ||
           strcmp(reply_text(rule, "cidrIpv6"), "::/0") == 0;
}

static bool is_meant(const struct planning *planning, const json_t *rule)
{
    const struct suspect *suspect = planning->suspect;
    bool out = reply_bool(rule, "isEgress");
    if (suspect->part)
        return strcmp(reply_text(rule, "securityGroupRuleId"), suspect->part) == 0;
    if (strcmp(suspect->level, "all") == 0)
        return true;
    return !out && (strcmp(suspect->level, "ingress") == 0 || is_public(rule));
}

/* Whom a rule lets in, as a request and as a rule show it. */
static const struct peer {
    const char *shown, *list, *member;
} peers[] = {
    {"cidrIpv4", "IpRanges", "CidrIp"},
    {"cidrIpv6", "Ipv6Ranges", "CidrIpv6"},
    {"prefixListId", "PrefixListIds", "PrefixListId"},
    {"referencedGroupInfo.groupId", "Groups", "GroupId"},
};

static const struct peer *peer_of(const json_t *rule)
{
    for (size_t i = 0; i < COUNT(peers); i++)
        if (*reply_text(rule, peers[i].shown))
            return &peers[i];
    return NULL;
}

static json_t *permission_of(struct arena *arena, const json_t *rule, const struct peer *peer)
{
    json_t *made = plan_pack(arena, "{s:s}", "IpProtocol", reply_text(rule, "ipProtocol"));
    json_t *who = plan_pack(arena, "{s:s}", peer->member, reply_text(rule, peer->shown));
    const char *owner = reply_text(rule, "referencedGroupInfo.userId");
    if (strcmp(reply_text(rule, "ipProtocol"), "-1") != 0) {
        json_object_set_new(made, "FromPort", json_integer(reply_int(rule, "fromPort", -1)));
        json_object_set_new(made, "ToPort", json_integer(reply_int(rule, "toPort", -1)));
    }
    if (*reply_text(rule, "description"))
        json_object_set_new(who, "Description", json_texts(reply_text(rule, "description")));
    if (*owner && strcmp(peer->member, "GroupId") == 0)
        json_object_set_new(who, "UserId", json_texts(owner));
    json_object_set(made, peer->list, plan_pack(arena, "[O]", who));
    return made;
}

/* {"GroupId", "IpPermissions", "TagSpecification"}: the rule as it was. */
static json_t *authorize(const struct planning *planning, const json_t *rule,
                         const struct peer *peer)
{
    struct arena *arena = planning->arena;
    json_t *made = plan_pack(arena, "{s:s, s:[O]}", "GroupId", planning->suspect->name,
                             "IpPermissions", permission_of(arena, rule, peer));
    json_t *tags = json_own(arena, json_array());
    for (size_t i = 0; i < reply_count(rule, "tagSet"); i++) {
        const json_t *tag = reply_item(rule, "tagSet", i);
        json_array_append(tags, plan_pack(arena, "{s:s, s:s}", "Key", reply_text(tag, "key"),
                                          "Value", reply_text(tag, "value")));
    }
    if (json_array_size(tags))
        json_object_set(
            made, "TagSpecification",
            plan_pack(arena, "[{s:s, s:O}]", "ResourceType", "security-group-rule", "Tag", tags));
    return made;
}

/* What a rule like it shows; its id will be another one. */
static json_t *looks(struct arena *arena, const json_t *rule, const struct peer *peer)
{
    json_t *made =
        plan_pack(arena, "{s:s, s:s, s:s}", "isEgress", reply_text(rule, "isEgress"), "ipProtocol",
                  reply_text(rule, "ipProtocol"), peer->shown, reply_text(rule, peer->shown));
    if (strcmp(reply_text(rule, "ipProtocol"), "-1") != 0) {
        json_object_set_new(made, "fromPort", json_texts(reply_text(rule, "fromPort")));
        json_object_set_new(made, "toPort", json_texts(reply_text(rule, "toPort")));
    }
    return made;
}

static const char *in_words(struct arena *arena, const json_t *rule, const struct peer *peer)
{
    bool out = reply_bool(rule, "isEgress");
    bool all = strcmp(reply_text(rule, "ipProtocol"), "-1") == 0;
    const char *ports = arena_printf(arena, " ports %s to %s", reply_text(rule, "fromPort"),
                                     reply_text(rule, "toPort"));
    return arena_printf(arena, "%s %s%s %s %s",
                        out ? "out:" : "in:", all ? "everything" : reply_text(rule, "ipProtocol"),
                        all ? "" : ports, out ? "to" : "from", reply_text(rule, peer->shown));
}

static void rule_step(struct planning *planning, const json_t *rule, const struct peer *peer)
{
    struct arena *arena = planning->arena;
    const char *id = reply_text(rule, "securityGroupRuleId"), *group = planning->suspect->name;
    bool out = reply_bool(rule, "isEgress");
    struct check check = {.op = "ec2:DescribeSecurityGroupRules",
                          .params = filter(planning, "group-id", group),
                          .list = "securityGroupRuleSet"};
    struct step step = {
        .id = id,
        .wave = WAVE_DISABLE,
        .words = arena_printf(arena, "take rule %s out of %s (%s)", id, group,
                              in_words(arena, rule, peer)),
        .op = out ? "ec2:RevokeSecurityGroupEgress" : "ec2:RevokeSecurityGroupIngress",
        .params = plan_pack(arena, "{s:s, s:[s]}", "GroupId", group, "SecurityGroupRuleId", id),
        .check = check,
        .flags = STEP_ACCESS,
        .credential = group,
        .undo = {.op =
                     out ? "ec2:AuthorizeSecurityGroupEgress" : "ec2:AuthorizeSecurityGroupIngress",
                 .params = authorize(planning, rule, peer),
                 .words = arena_printf(arena, "the rule is there again, under a new id (%s)",
                                       in_words(arena, rule, peer)),
                 .check = check}};
    step.check.key = "securityGroupRuleId";
    step.check.id = id;
    step.check.absent = true;
    step.undo.check.want = looks(arena, rule, peer);
    step.undo.check.match = CHECK_HAS;
    response_step(planning, &step);
}

static bool plan(struct planning *planning, struct error *err)
{
    const struct suspect *suspect = planning->suspect;
    if (!find(planning, err))
        return false;
    json_t *rules = state_list(planning, "ec2:DescribeSecurityGroupRules",
                               filter(planning, "group-id", suspect->name), "securityGroupRuleSet");
    json_t *users = state_list(planning, "ec2:DescribeNetworkInterfaces",
                               filter(planning, "group-id", suspect->name), "networkInterfaceSet");
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        const struct peer *peer = peer_of(rule);
        if (is_meant(planning, rule) && peer)
            rule_step(planning, rule, peer);
    }
    response_say(planning, NOTE_BREAKS,
                 "the group belongs to %zu interfaces; all of them lose what these rules allow",
                 json_array_size(users));
    response_say(planning, NOTE_NOT_COVERED,
                 "connections that are open and tracked live on until they are idle (up to 5 "
                 "days): contain the instance to end them; other groups may allow the same");
    response_say(planning, NOTE_SAVED, "all rules of %s with their descriptions and tags",
                 suspect->name);
    return true;
}

const struct action action_rules = {
    .name = "rules",
    .summary = "rules of a security group (sg-..., or one rule sgr-...): those that let the whole "
               "internet in; --level ingress all that let something in, --level all every rule",
    .undone = "each rule as it was, with description and tags, under a new id; with "
              "--restore-access naming the group",
    .not_covered = "connections that are open; other groups and rules that allow the same",
    .levels = levels,
    .regional = true,
    .claims = claims,
    .find = find,
    .plan = plan,
};
