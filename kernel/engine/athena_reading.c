#include "engine/athena_reading.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MOST 50000

/* Between two tokens: Athena's comments do not nest, the lexer's do. */
static bool is_plain_gap(const char *text, size_t size)
{
    bool inside = false;
    for (size_t i = 0; i + 1 < size; i++) {
        bool opens = text[i] == '/' && text[i + 1] == '*';
        bool closes = text[i] == '*' && text[i + 1] == '/';
        if (opens && inside)
            return false;
        inside = (inside || opens) && !closes;
        i += opens || closes;
    }
    return true;
}

static const char *lower(struct arena *arena, const char *bytes, size_t size)
{
    char *text = arena_strndup(arena, bytes, size);
    for (char *c = text; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return text;
}

/* What stands between quotes, doubled ones once. */
static char *unquoted(struct arena *arena, const char *bytes, size_t size)
{
    char *text = arena_alloc(arena, size + 1), *into = text;
    for (size_t i = 1; i + 1 < size; i++) {
        *into++ = bytes[i];
        i += bytes[i] == bytes[0];
    }
    return text;
}

static const char *text_of(struct arena *arena, const char *bytes, const struct token *token)
{
    if (token->kind == TOKEN_STRING)
        return unquoted(arena, bytes, token->size);
    if (token->kind != TOKEN_NAME)
        return lower(arena, bytes, token->size);
    const char *name = unquoted(arena, bytes, token->size);
    return lower(arena, name, strlen(name));
}

/* `$1`, as statements are bound. */
static void join_parameter(struct athena_words *words)
{
    struct athena_word *number = &words->at[words->count - 1], *dollar = number - 1;
    if (words->count < 2 || number->kind != TOKEN_NUMBER || strcmp(dollar->text, "$") != 0 ||
        dollar->offset + 1 != number->offset)
        return;
    dollar->kind = TOKEN_PARAM;
    dollar->size += number->size;
    dollar->number = strtoul(number->text, NULL, 10);
    words->count--;
}

/* 12, 1.5, 2e3; Athena reads 1.5FROM as two words. */
static bool is_plain_number(const char *bytes, size_t size)
{
    size_t at = 0;
    while (at < size && (isdigit((unsigned char)bytes[at]) || bytes[at] == '.'))
        at++;
    at += at < size && tolower((unsigned char)bytes[at]) == 'e';
    while (at < size && isdigit((unsigned char)bytes[at]))
        at++;
    return at == size;
}

static bool is_known(const char *bytes, const struct token *token)
{
    if (token->kind == TOKEN_NUMBER)
        return is_plain_number(bytes, token->size);
    bool quoted = token->kind == TOKEN_STRING || token->kind == TOKEN_NAME;
    return !token->open && (!quoted || bytes[0] == '\'' || bytes[0] == '"');
}

bool athena_read_words(struct arena *arena, const struct engine_request *request,
                       struct athena_words *out, const char **why)
{
    struct lexer lexer = {.text = request->sql, .size = request->size};
    size_t room = request->size < WORDS_MOST ? request->size : WORDS_MOST, last = 0;
    *out = (struct athena_words){.at = arena_alloc(arena, (room + 1) * sizeof *out->at)};
    for (;;) {
        struct token token = sql_next(&lexer);
        const char *bytes = request->sql + token.offset;
        if (!is_plain_gap(request->sql + last, token.offset - last) || lexer.open_comment)
            *why = "its comments are not understood";
        else if (out->count > room - (token.kind != TOKEN_END))
            *why = "it has too many words";
        else if (!is_known(bytes, &token))
            *why = "its quotes and numbers are not all understood";
        if (*why)
            return false;
        if (token.kind == TOKEN_END)
            break;
        last = token.offset + token.size;
        out->at[out->count++] = (struct athena_word){.kind = token.kind,
                                                     .text = text_of(arena, bytes, &token),
                                                     .offset = token.offset,
                                                     .size = token.size};
        join_parameter(out);
    }
    out->at[out->count] = (struct athena_word){.kind = TOKEN_END, .text = ""};
    return true;
}

bool athena_word_is(const struct athena_word *word, const char *text)
{
    return (word->kind == TOKEN_WORD || word->kind == TOKEN_SYMBOL) &&
           strcmp(word->text, text) == 0;
}

bool athena_is_name(const struct athena_word *word)
{
    return word->kind == TOKEN_WORD || word->kind == TOKEN_NAME;
}
