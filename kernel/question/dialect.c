/* Calls whose spelling differs from engine to engine. */
#include "question/meaning.h"

#include "base/base.h"

#include <ctype.h>
#include <string.h>

#define ARGUMENTS_MOST 8

/* $1.. are the arguments. NULL: the call stays as it is. Where a name stands for two meanings, the
 * question's is the embedded engine's. */
static const struct spelling {
    const char *name;
    const char *local, *trino;
} spellings[] = {
    {"contains", NULL, "(strpos($1, $2) > 0)"},
    {"ends_with", NULL, "(substr($1, -length($2)) = $2)"},
    {"ip_in", NULL, "coalesce(TRY(contains($1, TRY_CAST($2 AS ipaddress))), FALSE)"},
    {"distinct_texts", "string_agg(DISTINCT $1, ', ' ORDER BY $1)",
     "array_join(array_sort(array_agg(DISTINCT $1) FILTER (WHERE $1 IS NOT NULL)), ', ')"},
    {"member_texts", "array_to_string(list_transform($1, lambda m: m.$2), ', ')",
     "array_join(transform($1, m -> m.$2), ', ')"},
    {"five_minutes", "time_bucket(INTERVAL 5 MINUTES, $1)",
     "date_add('minute', -(minute($1) % 5), date_trunc('minute', $1))"},
    {"minutes_between", "round(CAST(epoch_ms($2) - epoch_ms($1) AS DOUBLE) / 60000, 1)",
     "round(CAST(date_diff('millisecond', $1, $2) AS double) / 60000, 1)"},
    {"map_text", "CAST(to_json(map_from_entries(list_sort(map_entries($1)))) AS VARCHAR)",
     "json_format(CAST($1 AS JSON))"},
};

struct call {
    const struct spelling *spelling;
    const char *arguments[ARGUMENTS_MOST];
    size_t sizes[ARGUMENTS_MOST];
    size_t count;
    const char *end; /* behind the closing bracket */
};

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Behind a string or a quoted name that begins here, else NULL. */
static const char *behind_quote(const char *at)
{
    if (*at != '\'' && *at != '"')
        return NULL;
    char quote = *at++;
    while (*at && (*at != quote || at[1] == quote))
        at += *at == quote ? 2 : 1;
    return *at ? at + 1 : at;
}

static const struct spelling *spelling_at(const char *sql, const char *at)
{
    if (at > sql && (is_name(at[-1]) || at[-1] == '.'))
        return NULL;
    for (size_t i = 0; i < COUNT(spellings); i++) {
        size_t size = strlen(spellings[i].name);
        if (strncmp(at, spellings[i].name, size) == 0 && at[size] == '(')
            return &spellings[i];
    }
    return NULL;
}

/* The arguments up to the bracket that closes; `at` is behind the one that opens. */
static bool cut_arguments(const char *at, struct call *call)
{
    int depth = 0;
    const char *begin = at;
    for (; *at; at++) {
        const char *behind = behind_quote(at);
        if (behind)
            at = behind - 1;
        bool ends = depth == 0 && (*at == ')' || *at == ',');
        depth += !behind && *at == '(' ? 1 : !behind && *at == ')' ? -1 : 0;
        if (behind || !ends || call->count >= ARGUMENTS_MOST)
            continue;
        while (*begin == ' ')
            begin++;
        call->arguments[call->count] = begin;
        call->sizes[call->count++] = (size_t)(at - begin);
        begin = at + 1;
        if (*at == ')') {
            call->end = at + 1;
            return true;
        }
    }
    return false;
}

static bool write_call(enum dialect dialect, const struct call *call, struct arena *arena,
                       struct buf *out, struct error *err)
{
    const char *form = dialect == DIALECT_LOCAL ? call->spelling->local : call->spelling->trino;
    const char *spelled[ARGUMENTS_MOST];
    for (size_t i = 0; i < call->count; i++) {
        struct buf argument;
        buf_init(&argument, out->limit);
        bool ok = dialect_spell(dialect, arena_strndup(arena, call->arguments[i], call->sizes[i]),
                                arena, &argument, err);
        spelled[i] = argument.size ? buf_to_arena(&argument, arena) : "";
        buf_release(&argument);
        if (!ok)
            return false;
    }
    if (!form)
        buf_addf(out, "%s(", call->spelling->name);
    for (size_t i = 0; !form && i < call->count; i++)
        buf_addf(out, "%s%s", i ? ", " : "", spelled[i]);
    if (!form)
        buf_addc(out, ')');
    for (; form && *form; form++) {
        size_t number = *form == '$' ? (size_t)(form[1] - '1') : ARGUMENTS_MOST;
        if (number < call->count)
            buf_adds(out, spelled[number]), form++;
        else
            buf_addc(out, *form);
    }
    return true;
}

bool dialect_spell(enum dialect dialect, const char *sql, struct arena *arena, struct buf *out,
                   struct error *err)
{
    for (const char *at = sql; *at;) {
        struct call call = {.spelling = spelling_at(sql, at)};
        const char *behind = behind_quote(at);
        if (behind) {
            buf_add(out, at, (size_t)(behind - at));
            at = behind;
        } else if (!call.spelling) {
            buf_addc(out, *at++);
        } else if (!cut_arguments(at + strlen(call.spelling->name) + 1, &call)) {
            return error_set(err, ERROR_INTERNAL, "a question's call of %s does not end",
                             call.spelling->name);
        } else if (!write_call(dialect, &call, arena, out, err)) {
            return false;
        } else {
            at = call.end;
        }
    }
    return true;
}
