#include "lake/lint_text.h"

#include "base/base.h"
#include "base/sql_lex.h"

#include <ctype.h>
#include <string.h>

#define TOKENS_MOST 20000
#define FINDINGS_MOST 50
#define DEPTH_MOST 256

struct reading {
    struct lint_text *text;
    struct lexer lexer;
    struct item *item; /* that is being made */
    int depth, queries;
    struct {
        int query;
        enum clause clause;
    } stack[DEPTH_MOST];
};

static const struct {
    const char *word;
    enum clause clause;
} clauses[] = {
    {"select", CLAUSE_SELECT}, {"from", CLAUSE_FROM},   {"where", CLAUSE_WHERE},
    {"having", CLAUSE_HAVING}, {"limit", CLAUSE_LIMIT}, {"group", CLAUSE_OTHER},
    {"order", CLAUSE_OTHER},   {"union", CLAUSE_OTHER},
};

static const char *lower(struct arena *arena, const char *bytes, size_t size)
{
    char *text = arena_strndup(arena, bytes, size);
    for (char *c = text; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return text;
}

/* The value of '..' or the name of "..": what is between the quotes, doubled ones as they are. */
static const char *unquoted(const struct reading *reading, const struct token *token, bool fold)
{
    const char *bytes = reading->text->sql + token->offset;
    size_t size = token->size;
    if (size >= 2) {
        bytes++;
        size -= 2;
    }
    return fold ? lower(reading->text->arena, bytes, size)
                : arena_strndup(reading->text->arena, bytes, size);
}

static const char *name_of(const struct reading *reading, const struct token *token)
{
    return token->kind == TOKEN_NAME
               ? unquoted(reading, token, true)
               : lower(reading->text->arena, reading->text->sql + token->offset, token->size);
}

static bool is_dot(const struct reading *reading, const struct token *token)
{
    return token->kind == TOKEN_SYMBOL && token->size == 1 &&
           reading->text->sql[token->offset] == '.';
}

/* a.b."c": one item. */
static void read_path(struct reading *reading, const struct token *first)
{
    struct item *item = reading->item;
    item->kind = ITEM_PATH;
    item->text = name_of(reading, first);
    for (;;) {
        struct lexer before = reading->lexer;
        struct token dot = sql_next(&reading->lexer);
        struct token part = is_dot(reading, &dot) ? sql_next(&reading->lexer) : dot;
        if (!is_dot(reading, &dot) || (part.kind != TOKEN_WORD && part.kind != TOKEN_NAME)) {
            reading->lexer = before;
            return;
        }
        if (strlen(item->text) < 512)
            item->text =
                arena_printf(reading->text->arena, "%s.%s", item->text, name_of(reading, &part));
        item->size = part.offset + part.size - item->offset;
    }
}

static void read_item(struct reading *reading, const struct token *token)
{
    static const enum item_kind kinds[] = {
        [TOKEN_END] = ITEM_END,       [TOKEN_WORD] = ITEM_PATH, [TOKEN_NUMBER] = ITEM_NUMBER,
        [TOKEN_STRING] = ITEM_STRING, [TOKEN_NAME] = ITEM_PATH, [TOKEN_SYMBOL] = ITEM_SYMBOL,
        [TOKEN_PARAM] = ITEM_SYMBOL,
    };
    struct item *item = reading->item;
    item->kind = kinds[token->kind];
    item->offset = token->offset;
    item->size = token->size;
    if (item->kind == ITEM_PATH)
        read_path(reading, token);
    else if (item->kind == ITEM_STRING)
        item->text = unquoted(reading, token, false);
    else
        item->text =
            arena_strndup(reading->text->arena, reading->text->sql + token->offset, token->size);
}

/* Which clause of which SELECT an item stands in. */
static void place_item(struct reading *reading)
{
    struct item *item = reading->item;
    int depth = reading->depth < DEPTH_MOST ? reading->depth : DEPTH_MOST - 1;
    if (item_is(item, ")") && reading->depth)
        depth = --reading->depth < DEPTH_MOST ? reading->depth : DEPTH_MOST - 1;
    for (size_t i = 0; i < COUNT(clauses) && item->kind == ITEM_PATH; i++)
        if (strcmp(clauses[i].word, item->text) == 0) {
            reading->stack[depth].clause = clauses[i].clause;
            if (clauses[i].clause == CLAUSE_SELECT)
                reading->stack[depth].query = ++reading->queries;
        }
    item->depth = reading->depth;
    item->query = reading->stack[depth].query;
    item->clause = reading->stack[depth].clause;
    if (!item_is(item, "("))
        return;
    if (++reading->depth < DEPTH_MOST)
        reading->stack[reading->depth] = reading->stack[depth];
}

static bool contains(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static void note_table(struct lint_text *text, const struct item *item)
{
    const char *name = item->text;
    if (item->kind != ITEM_PATH || !contains(name, "amazon_security_lake_table_"))
        return;
    bool calls = contains(name, "cloud_trail_mgmt");
    bool data = contains(name, "s3_data") || contains(name, "lambda_execution");
    text->management |= calls;
    text->data |= data;
    text->many_classes |= calls || contains(name, "sh_findings");
    text->first |= contains(name, "_1_0");
    text->second |= contains(name, "_2_0");
}

void lint_read(struct lint_text *text)
{
    struct reading reading = {.text = text, .lexer = {.text = text->sql, .size = text->size}};
    text->items = arena_alloc(text->arena, (TOKENS_MOST + 1) * sizeof *text->items);
    for (text->count = 0; text->count < TOKENS_MOST; text->count++) {
        struct token token = sql_next(&reading.lexer);
        reading.item = &text->items[text->count];
        if (token.kind == TOKEN_END)
            break;
        read_item(&reading, &token);
        place_item(&reading);
        note_table(text, reading.item);
    }
    text->items[text->count] = (struct item){.kind = ITEM_END, .text = ""};
}

void lint_add(struct lint_text *text, const struct item *item, size_t count, const char *instead)
{
    const struct item *end = item + count - 1;
    if (text->findings++ >= FINDINGS_MOST)
        return;
    struct lint_finding *finding = arena_alloc(text->arena, sizeof *finding);
    finding->rule = text->rule;
    finding->offset = item->offset;
    finding->size = end->offset + end->size - item->offset;
    finding->found = arena_strndup(text->arena, text->sql + item->offset, finding->size);
    finding->instead = instead;
    *text->last = finding;
    text->last = &finding->next;
}

bool item_is(const struct item *item, const char *word)
{
    return (item->kind == ITEM_PATH || item->kind == ITEM_SYMBOL) && strcmp(item->text, word) == 0;
}

bool item_ends(const struct item *item, const char *path)
{
    size_t size = strlen(item->text), length = strlen(path);
    return item->kind == ITEM_PATH && size >= length &&
           strcmp(item->text + size - length, path) == 0 &&
           (size == length || item->text[size - length - 1] == '.');
}

bool item_compares(const struct item *item)
{
    static const char *const words[] = {"=", "<>", "!=", "<", ">", "<=", ">=", "like", "in"};
    for (size_t i = 0; i < COUNT(words); i++)
        if (item_is(item, words[i]))
            return true;
    return false;
}
