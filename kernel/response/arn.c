#include "response/arn.h"

#include <string.h>

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-"

bool arn_read(const char *text, struct arena *arena, struct arn *out)
{
    const char *parts[6];
    const char *at = text;
    if (strncmp(text, "arn:", 4) != 0)
        return false;
    for (size_t i = 0; i < COUNT(parts); i++) {
        const char *colon = i + 1 < COUNT(parts) ? strchr(at, ':') : at + strlen(at);
        if (!colon)
            return false;
        parts[i] = arena_strndup(arena, at, (size_t)(colon - at));
        at = *colon ? colon + 1 : colon;
    }
    const char *slash = strchr(parts[5], '/');
    *out = (struct arn){
        .partition = parts[1], .service = parts[2], .region = parts[3], .account = parts[4]};
    out->type = slash ? arena_strndup(arena, parts[5], (size_t)(slash - parts[5])) : parts[5];
    out->resource = slash ? slash + 1 : "";
    const char *last = strrchr(parts[5], '/');
    out->name = last ? last + 1 : parts[5];
    return *out->type != '\0';
}

bool is_id(const char *text, const char *prefix)
{
    size_t size = strlen(text);
    return size >= 16 && size <= 128 && strncmp(text, prefix, strlen(prefix)) == 0 &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == size;
}

static bool is_name(const char *text)
{
    size_t size = strlen(text);
    return size >= 1 && size <= 128 && strspn(text, NAME_CHARACTERS) == size;
}

enum claim response_claims_iam(const char *text, const char *type, struct arena *arena,
                               struct suspect *out)
{
    struct arn arn;
    size_t size = strlen(type);
    if (arn_read(text, arena, &arn)) {
        if (strcmp(arn.service, "iam") != 0 || strcmp(arn.type, type) != 0 || !is_name(arn.name))
            return CLAIM_NO;
        out->name = arn.name;
        out->account = arn.account;
        return CLAIM_YES;
    }
    if (strncmp(text, type, size) == 0 && text[size] == '/' && is_name(text + size + 1)) {
        out->name = arena_strdup(arena, text + size + 1);
        return CLAIM_YES;
    }
    if (!is_name(text))
        return CLAIM_NO;
    out->name = arena_strdup(arena, text);
    return CLAIM_MAYBE;
}

bool response_unread(const struct planning *planning, const char *op, const json_t *params,
                     struct error *err)
{
    const char *code = state_code(planning, op, params);
    const char *message = state_message(planning, op, params);
    (void)error_set(err, ERROR_AWS, "%s", message ? message : code ? code : "no answer");
    return error_wrap(err, "%s of %s", op, planning->suspect->given);
}

bool response_absent(const struct planning *planning, const char *word, const char *name,
                     struct error *err)
{
    (void)error_set(err, ERROR_NOT_FOUND, "account %s has no %s %s", planning->account, word, name);
    return error_hint(err, "It is mistyped (capitals count, a path does not belong to it), was "
                           "deleted, or is in another account (--account).");
}

bool response_absent_here(const struct planning *planning, const char *word, const char *name,
                          struct error *err)
{
    (void)error_set(err, ERROR_NOT_FOUND, "account %s has no %s %s in %s", planning->account, word,
                    name, planning->suspect->region);
    return error_hint(err, "It is mistyped, was deleted, or is in another region (--region) or "
                           "account (--account).");
}
