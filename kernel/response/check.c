#include "response/check.h"

#include "aws/reply.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>

#define POLICY_MOST ((size_t)64 * 1024)
#define READS_MOST 2000 /* bytes of a value that is shown beside another */

bool code_is_absent(const char *code)
{
    static const char *const codes[] = {
        "NoSuchEntity",
        "NoSuchBucketPolicy",
        "NoSuchPublicAccessBlockConfiguration",
        "OwnershipControlsNotFoundError",
        "NoSuchTagSet",
        "ResourceNotFoundException",
        "PolicyNotFoundException",
        "InvalidGroup.NotFound",
        "InvalidSnapshot.NotFound",
        "InvalidInstanceID.NotFound",
        "InvalidAMIID.NotFound",
    };
    for (size_t i = 0; code && i < COUNT(codes); i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

static int hex(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    int letter = tolower((unsigned char)digit);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* Without %XX; RFC 3986 leaves '+' alone. */
static char *decoded(const char *text, struct arena *arena, size_t *size)
{
    char *made = arena_alloc(arena, strlen(text) + 1), *out = made;
    for (const char *at = text; *at; at++) {
        int high = at[0] == '%' ? hex(at[1]) : -1, low = high >= 0 ? hex(at[2]) : -1;
        *out++ = low >= 0 ? (char)(high * 16 + low) : *at;
        at += low >= 0 ? 2 : 0;
    }
    *size = (size_t)(out - made);
    return made;
}

json_t *policy_read(const json_t *value, struct arena *arena)
{
    const char *text = json_string_value(value);
    struct error ignored = {0};
    size_t size = 0;
    if (json_is_object(value))
        return json_own(arena, json_deep_copy(value));
    if (!text || !*text || strlen(text) > 4 * POLICY_MOST)
        return NULL;
    char *plain = *text == '%' ? decoded(text, arena, &size) : arena_strdup(arena, text);
    size = *text == '%' ? size : strlen(text);
    json_t *policy = json_parse(arena, plain, size, POLICY_MOST, &ignored);
    return json_is_object(policy) ? policy : NULL;
}

/* The item that a check is about; NULL: there is none. */
static const json_t *item_of(const struct check *check, const json_t *replies)
{
    if (!check->list)
        return json_array_get(replies, 0);
    for (size_t page = 0; page < json_array_size(replies); page++) {
        const json_t *reply = json_array_get(replies, page);
        for (size_t i = 0; i < reply_count(reply, check->list); i++) {
            const json_t *item = reply_item(reply, check->list, i);
            const json_t *name = check->key ? reply_at(item, check->key) : item;
            if (!check->id ||
                (json_string_value(name) && strcmp(json_string_value(name), check->id) == 0))
                return item;
        }
    }
    return NULL;
}

static bool has_text(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *one = json_string_value(json_array_get(list, i));
        if (one && strcmp(one, text) == 0)
            return true;
    }
    return false;
}

/* As sets of texts; a list of XML that came once is one value. */
static bool same_set(const json_t *found, const json_t *want)
{
    size_t count = json_is_array(found) ? json_array_size(found) : json_string_length(found) > 0;
    if (count != json_array_size(want))
        return false;
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_is_array(found) ? json_array_get(found, i) : found;
        if (!json_string_value(one) || !has_text(want, json_string_value(one)))
            return false;
    }
    return true;
}

static bool same_scalar(const json_t *found, const json_t *want)
{
    const char *text = json_string_value(found), *wanted = json_string_value(want);
    if (text && wanted)
        return strcmp(text, wanted) == 0;
    if (text && json_is_boolean(want)) /* XML has texts only */
        return strcmp(text, json_is_true(want) ? "true" : "false") == 0;
    if (text && json_is_integer(want)) {
        char number[32];
        json_t *written = json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(want));
        bool same = strlen(text) < sizeof number && strcmp(text, json_string_value(written)) == 0;
        json_decref(written);
        return same;
    }
    return json_equal(found, want);
}

static bool same(const json_t *found, const json_t *want)
{
    if (!json_is_object(want))
        return json_is_array(want) ? same_set(found, want) : same_scalar(found, want);
    struct arena *arena = arena_new();
    json_t *policy = policy_read(found, arena);
    bool equal = policy && json_equal(policy, want);
    arena_free(arena);
    return equal;
}

/* The values at the path of all items: a new reference. */
static json_t *all_of(const struct check *check, const json_t *said)
{
    json_t *values = json_array();
    const json_t *replies = json_object_get(said, "replies");
    for (size_t page = 0; page < json_array_size(replies); page++) {
        const json_t *reply = json_array_get(replies, page);
        for (size_t i = 0; i < reply_count(reply, check->list); i++)
            json_array_append(values, (json_t *)(uintptr_t)reply_at(
                                          reply_item(reply, check->list, i), check->path));
    }
    return values;
}

/* Where one name is enough, several things of it are as good as one. */
static bool same_values(const struct check *check, const json_t *said)
{
    json_t *values = all_of(check, said);
    bool equal = json_array_size(values) >= json_array_size(check->want);
    for (size_t i = 0; equal && i < json_array_size(values); i++) {
        const char *text = json_string_value(json_array_get(values, i));
        equal = text && has_text(check->want, text);
    }
    for (size_t i = 0; equal && i < json_array_size(check->want); i++) {
        const char *text = json_string_value(json_array_get(check->want, i));
        equal = text && has_text(values, text);
    }
    json_decref(values);
    return equal;
}

static bool has_members(const json_t *item, const json_t *want)
{
    const char *name;
    json_t *value;
    bool has = json_is_object(item);
    json_object_foreach((json_t *)(uintptr_t)want, name, value)
    {
        const json_t *found = reply_at(item, name);
        has = has && found && (json_equal(found, value) || same_scalar(found, value));
    }
    return has;
}

static bool one_has(const struct check *check, const json_t *said)
{
    const json_t *replies = json_object_get(said, "replies");
    bool found = !check->list && has_members(json_array_get(replies, 0), check->want);
    for (size_t page = 0; check->list && !found && page < json_array_size(replies); page++) {
        const json_t *reply = json_array_get(replies, page);
        for (size_t i = 0; !found && i < reply_count(reply, check->list); i++)
            found = has_members(reply_item(reply, check->list, i), check->want);
    }
    return found;
}

static const json_t *tag_of(const struct check *check, const json_t *said, const char *name)
{
    const json_t *replies = json_object_get(said, "replies");
    for (size_t page = 0; page < json_array_size(replies); page++) {
        const json_t *reply = json_array_get(replies, page);
        if (!check->key) {
            const json_t *found = json_object_get(reply_at(reply, check->list), name);
            if (found)
                return found;
            continue;
        }
        for (size_t i = 0; i < reply_count(reply, check->list); i++) {
            const json_t *one = reply_item(reply, check->list, i);
            if (strcmp(reply_text(one, check->key), name) == 0)
                return reply_at(one, check->path);
        }
    }
    return NULL;
}

const char *check_tag(const struct check *check, const json_t *said, const char *name)
{
    return json_string_value(tag_of(check, said, name));
}

static bool has_tags(const struct check *check, const json_t *said)
{
    const char *name;
    json_t *text;
    bool has = true;
    json_object_foreach(check->want, name, text)
    {
        const char *is = check_tag(check, said, name);
        bool same = is && (json_is_null(text) || strcmp(is, json_string_value(text)) == 0);
        has = has && (check->absent ? !is : same);
    }
    return has;
}

/* Those there are of these names: {} for none. Belongs to the arena. */
static json_t *tags_of(const struct check *check, const json_t *said, struct arena *arena)
{
    json_t *made = json_own(arena, json_object()), *text;
    const char *name;
    json_object_foreach(check->want, name, text)
    {
        const char *is = check_tag(check, said, name);
        if (is)
            json_object_set_new(made, name, json_texts(is));
    }
    return made;
}

/* Where the reply was read: the value, NULL where there is none. A body that is no reply is the
 * value itself. */
static const json_t *value_of(const struct check *check, const json_t *said)
{
    const json_t *item = item_of(check, json_object_get(said, "replies"));
    const json_t *body = json_object_get(said, "body");
    if (body && !check->list && !check->path)
        return body;
    return item && check->path ? reply_at(item, check->path) : item;
}

const json_t *check_item(const struct check *check, const json_t *said)
{
    const json_t *replies = json_object_get(said, "replies");
    return check->match == CHECK_ALL ? json_array_get(replies, 0) : item_of(check, replies);
}

static bool matches(const struct check *check, const json_t *said)
{
    const json_t *value = value_of(check, said);
    switch (check->match) {
    case CHECK_ALL:
        return same_values(check, said);
    case CHECK_HAS:
        return one_has(check, said);
    case CHECK_TAGS:
        return has_tags(check, said);
    case CHECK_ONE_OF:
        return json_string_value(value) && has_text(check->want, json_string_value(value));
    case CHECK_SAME:
        break;
    }
    return check_item(check, said) && same(value, check->want);
}

static bool is_there(const json_t *value)
{
    return value && !json_is_null(value) && !(json_is_string(value) && !json_string_length(value));
}

enum held check_holds(const struct check *check, const json_t *said)
{
    const char *code = json_get_string(said, "code", NULL);
    if (!said || (code && !code_is_absent(code)))
        return HELD_UNKNOWN;
    if (code)
        return check->absent ? HELD_YES : HELD_NO;
    if (check->match == CHECK_TAGS)
        return has_tags(check, said) ? HELD_YES : HELD_NO;
    bool there = is_there(value_of(check, said));
    if (check->absent)
        return there ? HELD_NO : HELD_YES;
    if (!check->want)
        return there ? HELD_YES : HELD_NO;
    return matches(check, said) ? HELD_YES : HELD_NO;
}

static const char *short_text(const json_t *value, struct arena *arena)
{
    if (!value)
        return "not there";
    const char *text =
        json_is_string(value) ? json_string_value(value) : json_dump(arena, value, NULL);
    return strlen(text) <= 60
               ? text
               : arena_printf(arena, "%.*s...", (int)text_cut(text, strlen(text), 57), text);
}

const char *check_shows(const struct check *check, const json_t *said, struct arena *arena)
{
    const char *code = json_get_string(said, "code", NULL);
    const char *what = check->path ? check->path : check->list ? check->list : check->op;
    if (!said)
        return "it was not read back";
    if (code && !code_is_absent(code))
        return arena_printf(arena, "reading it back failed: %s", code);
    const json_t *value = code ? NULL : value_of(check, said);
    if (check->match == CHECK_ALL && !code)
        value = json_own(arena, all_of(check, said));
    if (check->match == CHECK_TAGS && !code)
        value = tags_of(check, said, arena);
    if (check->absent)
        return arena_printf(arena, "%s is still there", what);
    if (!check->want)
        return arena_printf(arena, "%s is not there", what);
    return arena_printf(arena, "%s is %s, not %s", what, short_text(value, arena),
                        short_text(check->want, arena));
}

/* ---- side by side ---- */

#define THERE "there"
#define NOT_THERE "not there"

static const char *whole_text(const json_t *value, struct arena *arena)
{
    const json_t *policy = policy_read(value, arena);
    const char *text = json_string_value(policy ? policy : value);
    if (!text)
        text = json_dump(arena, policy ? policy : value, NULL);
    return strlen(text) <= READS_MOST
               ? text
               : arena_printf(arena, "%.*s...", (int)text_cut(text, strlen(text), READS_MOST - 3),
                              text);
}

const char *check_reads(const struct check *check, const json_t *said, struct arena *arena)
{
    const char *code = json_get_string(said, "code", NULL);
    if (!said)
        return "not read";
    if (code && !code_is_absent(code))
        return arena_printf(arena, "cannot be read: %s", code);
    if (code)
        return NOT_THERE;
    if (check->match == CHECK_HAS)
        return one_has(check, said) ? THERE : NOT_THERE;
    if (check->match == CHECK_ALL)
        return whole_text(json_own(arena, all_of(check, said)), arena);
    bool tags = check->match == CHECK_TAGS;
    const json_t *value = tags ? tags_of(check, said, arena) : value_of(check, said);
    if (!is_there(value) || (tags && !json_object_size(value)))
        return NOT_THERE;
    return check->want ? whole_text(value, arena) : THERE;
}

const char *check_wants(const struct check *check, struct arena *arena)
{
    if (check->absent)
        return NOT_THERE;
    return check->want && check->match != CHECK_HAS ? whole_text(check->want, arena) : THERE;
}
