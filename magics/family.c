#include "magics/family.h"

#include "base/text.h"
#include "base/time.h"
#include "magics/places.h"
#include "question/lineage.h"

#include <string.h>

#define DAY (INT64_C(86400) * 1000000)
#define LAWFUL_DAYS 90
#define LAWFUL_MOST 200
#define ROLE_SESSION (DAY / 2) /* the longest that a role's session lives */
#define SESSIONS_OF_A_ROLE 3   /* above that the role's sessions are ended as a whole */
#define MEMBERS_MOST 500

static bool has_lake(const struct magic_call *call, const char *source)
{
    const char *const *paths;
    size_t count = 0;
    session_lakes(call->session, &paths, &count);
    bool local = strcmp(session_settings(call->session)->engine, "local") == 0;
    return count || source || !local;
}

bool family_begin(struct magic_call *call, const char *source, struct family *out,
                  struct error *err)
{
    (void)err;
    *out = (struct family){.source = source, .traced = json_own(call->arena, json_object())};
    if (!has_lake(call, source))
        out->unknown = "no lake is open (%lake open, or --source)";
    else
        out->lawful = json_own(call->arena, json_array());
    return true;
}

static void add(struct magic_call *call, struct family *family, struct response_found found)
{
    for (size_t i = 0; i < family->count; i++)
        if (strcmp(family->found[i].text, found.text) == 0)
            return;
    if (family->count == family->room) {
        size_t room = family->room ? 2 * family->room : 32;
        struct response_found *grown = arena_alloc(call->arena, room * sizeof *grown);
        if (family->count)
            memcpy(grown, family->found, family->count * sizeof *grown);
        family->found = grown;
        family->room = room;
    }
    family->found[family->count++] = found;
}

static const char *made_by(struct magic_call *call, const struct member *member)
{
    char time[TIME_TEXT_SIZE];
    return arena_printf(
        call->arena, "made by %s%s%s", member->parent ? member->parent : "the family",
        member->made_at ? " at " : "", member->made_at ? time_millis(member->made_at, time) : "");
}

/* The role of an ARN of a session, or NULL. */
static const char *role_of(struct magic_call *call, const char *arn)
{
    const char *role = arn ? strstr(arn, ":assumed-role/") : NULL;
    if (!role)
        return NULL;
    role += strlen(":assumed-role/");
    return arena_strndup(call->arena, role, strcspn(role, "/"));
}

static size_t sessions_of(struct magic_call *call, const struct lineage *lineage, const char *role)
{
    size_t count = 0;
    for (const struct member *one = lineage->members; one; one = one->next) {
        const char *its = one->depth ? role_of(call, one->owner) : NULL;
        count += its && strcmp(its, role) == 0;
    }
    return count;
}

static void add_session(struct magic_call *call, struct family *family,
                        const struct lineage *lineage, const struct member *member)
{
    const char *role = role_of(call, member->owner);
    int64_t last = member->made_at > member->last ? member->made_at : member->last;
    if (!role)
        return; /* of a user: it ends with the user */
    if (last && last + ROLE_SESSION < time_now()) {
        family->over++;
        return;
    }
    bool many = sessions_of(call, lineage, role) > SESSIONS_OF_A_ROLE;
    add(call, family,
        (struct response_found){.text = many ? arena_printf(call->arena, "role/%s", role)
                                             : member->owner,
                                .account = member->account,
                                .level = many ? "sessions" : NULL,
                                .why = made_by(call, member)});
}

/* Whether a key made sessions that have its user's rights: they end with the user only. */
static bool made_sessions(const struct lineage *lineage, const char *key)
{
    for (const struct member *one = lineage->members; one; one = one->next)
        if (one->kind == MEMBER_SESSION && one->parent && strcmp(one->parent, key) == 0 &&
            !(one->owner && strstr(one->owner, ":assumed-role/")))
            return true;
    return false;
}

static void add_rest(struct magic_call *call, struct family *family, const struct member *member)
{
    family->rest =
        arena_printf(call->arena, "%s%s%s %s", family->rest ? family->rest : "",
                     family->rest ? ", " : "", member_kind_name(member->kind), member->id);
}

static void add_member(struct magic_call *call, struct family *family,
                       const struct lineage *lineage, const struct member *member)
{
    struct response_found found = {.account = member->account, .why = made_by(call, member)};
    if (member->deleted_at)
        return;
    switch (member->kind) {
    case MEMBER_USER:
    case MEMBER_LOGIN:
        found.text = arena_printf(call->arena, "user/%s", member->id);
        break;
    case MEMBER_ROLE:
        found.text = arena_printf(call->arena, "role/%s", member->id);
        found.level = "full";
        break;
    case MEMBER_KEY:
        found.text = member->id;
        found.level = made_sessions(lineage, member->id) ? "user" : "key";
        break;
    case MEMBER_SESSION:
    case MEMBER_INSTANCE_SESSION:
        add_session(call, family, lineage, member);
        return;
    case MEMBER_INSTANCE:
    case MEMBER_BUCKET:
    case MEMBER_FUNCTION:
        add_rest(call, family, member);
        return;
    default:
        return;
    }
    add(call, family, found);
}

static bool is_key(const char *text)
{
    return strncmp(text, "AKIA", 4) == 0 || strncmp(text, "ASIA", 4) == 0;
}

bool family_trace(struct magic_call *call, struct family *family, const char *key,
                  struct error *err)
{
    struct lineage lineage = {0};
    struct result ignored;
    struct question_request asked = {0};
    if (!family->lawful || !is_key(key) || json_object_get(family->traced, key))
        return true;
    json_object_set_new(family->traced, key, json_true());
    if (!place_find(call, family->source, &asked, err))
        return false;
    struct lineage_request request = {
        .key = key, .line = call->line, .unkept = true, .place = asked.place};
    if (!lineage_trace(call->session, &request, call->cancel, call->arena, &lineage, &ignored, err))
        return error_wrap(err, "the family of %s", key) ||
               error_hint(err, "--alone contains what is named without asking the lake.");
    for (const struct member *member = lineage.members; member; member = member->next)
        if (member->depth && family->count < MEMBERS_MOST)
            add_member(call, family, &lineage, member);
    return true;
}

/* ---- lawful use ---------------------------------------------------------------------------------
 */

static void add_lawful(struct magic_call *call, struct family *family, const struct table *rows,
                       int64_t row)
{
    char last[TIME_TEXT_SIZE], count[32];
    const char *who = arena_printf(call->arena, "%s from %s", table_text(rows, row, "who"),
                                   table_text(rows, row, "source"));
    const char *agent = table_text(rows, row, "agent");
    int64_t calls = table_int(rows, row, "calls");
    const char *words = arena_printf(call->arena, "%s (%.60s): %s calls to %s, last %s", who, agent,
                                     text_number(calls, count), table_text(rows, row, "services"),
                                     time_millis(table_int(rows, row, "last_seen"), last));
    json_array_append_new(family->lawful, json_pack("{s:o, s:o}", "who", json_texts(who), "words",
                                                    json_texts(words)));
}

static bool ask_lawful(struct magic_call *call, const struct family *family, const char *target,
                       int64_t since, struct result *out, struct error *err)
{
    struct question_request request = {.question = question_find("impact"),
                                       .target = target,
                                       .since = since,
                                       .limit = LAWFUL_MOST,
                                       .unkept = true,
                                       .line = call->line};
    *out = (struct result){0};
    if (place_find(call, family->source, &request, err) &&
        question_ask(call->session, &request, NULL, call->cancel, call->arena, out, err))
        return true;
    return error_wrap(err, "who uses %s lawfully", target) ||
           error_hint(err, "--alone contains what is named without asking the lake.");
}

/* Of what was not used lately, the whole lake says who used it last: the logs of an old incident
   end before the last 90 days begin. */
bool family_lawful(struct magic_call *call, struct family *family, const char *target,
                   struct error *err)
{
    struct result out;
    if (!family->lawful)
        return true;
    if (!ask_lawful(call, family, target, time_now() - LAWFUL_DAYS * DAY, &out, err) ||
        ((!out.table || !out.table->rows) && !ask_lawful(call, family, target, 0, &out, err)))
        return false;
    for (int64_t row = 0; out.table && row < out.table->rows; row++)
        add_lawful(call, family, out.table, row);
    return true;
}
