#include "case/results_text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define TABLES_SHOWN 4
#define TABLES_MOST 64

enum piece_kind { PIECE_END, PIECE_WORD, PIECE_NAME, PIECE_STRING, PIECE_SYMBOL };

struct piece {
    enum piece_kind kind;
    const char *text; /* quotes included */
    size_t size;
};

struct scan {
    const char *at, *end;
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static void skip_block(struct scan *scan)
{
    int depth = 0;
    do {
        bool begins = scan->end - scan->at > 1 && scan->at[0] == '/' && scan->at[1] == '*';
        bool ends = scan->end - scan->at > 1 && scan->at[0] == '*' && scan->at[1] == '/';
        depth += begins ? 1 : ends ? -1 : 0;
        scan->at += begins || ends ? 2 : 1;
    } while (depth && scan->at < scan->end);
}

static void skip_blanks(struct scan *scan)
{
    while (scan->at < scan->end) {
        char next = scan->end - scan->at > 1 ? scan->at[1] : '\0';
        if (*scan->at == '-' && next == '-') {
            const char *line = memchr(scan->at, '\n', (size_t)(scan->end - scan->at));
            scan->at = line ? line : scan->end;
        } else if (*scan->at == '/' && next == '*') {
            skip_block(scan);
        } else if (isspace((unsigned char)*scan->at) || !*scan->at) {
            scan->at++;
        } else {
            return;
        }
    }
}

static struct piece next_piece(struct scan *scan)
{
    skip_blanks(scan);
    struct piece piece = {.kind = PIECE_END, .text = scan->at};
    if (scan->at >= scan->end)
        return piece;
    char c = *scan->at++;
    if (c == '\'' || c == '"') {
        piece.kind = c == '"' ? PIECE_NAME : PIECE_STRING;
        /* a doubled quote ends one text and begins the next: for these questions that is the same
         */
        const char *close = memchr(scan->at, c, (size_t)(scan->end - scan->at));
        scan->at = close ? close + 1 : scan->end;
    } else if (is_word(c)) {
        piece.kind = PIECE_WORD;
        while (scan->at < scan->end && is_word(*scan->at))
            scan->at++;
    } else {
        piece.kind = PIECE_SYMBOL;
    }
    piece.size = (size_t)(scan->at - piece.text);
    return piece;
}

static bool is(const struct piece *piece, const char *word)
{
    return piece->kind == PIECE_WORD && piece->size == strlen(word) &&
           strncasecmp(piece->text, word, piece->size) == 0;
}

static bool is_symbol(const struct piece *piece, char c)
{
    return piece->kind == PIECE_SYMBOL && *piece->text == c;
}

/* 'address/bits' with its quotes */
static bool is_network(const struct piece *piece)
{
    const char *text = piece->text + 1, *end = piece->text + piece->size - 1;
    if (piece->kind != PIECE_STRING || piece->size < 6)
        return false;
    const char *slash = memchr(text, '/', (size_t)(end - text));
    if (!slash || slash + 1 == end || end - slash > 4)
        return false;
    for (const char *c = text; c < slash; c++)
        if (!isxdigit((unsigned char)*c) && *c != '.' && *c != ':')
            return false;
    for (const char *c = slash + 1; c < end; c++)
        if (!isdigit((unsigned char)*c))
            return false;
    size_t size = (size_t)(slash - text);
    return memchr(text, '.', size) || memchr(text, ':', size);
}

bool results_find_network(const char *text, size_t size, struct network_test *out)
{
    struct scan scan = {.at = text, .end = text + size};
    struct piece before[2] = {{0}, {0}}; /* contains ( */
    for (;;) {
        struct piece piece = next_piece(&scan);
        if (piece.kind == PIECE_END)
            return false;
        if (is(&before[0], "contains") && is_symbol(&before[1], '(') && is_network(&piece)) {
            *out = (struct network_test){.offset = (size_t)(before[0].text - text),
                                         .network = piece.text + 1,
                                         .network_size = piece.size - 2};
            return true;
        }
        before[0] = before[1];
        before[1] = piece;
    }
}

struct tables {
    struct piece found[TABLES_MOST], with[TABLES_MOST];
    size_t found_count, with_count;
};

static void add(struct piece *list, size_t *count, const struct piece *piece)
{
    for (size_t i = 0; i < *count; i++)
        if (list[i].size == piece->size && strncasecmp(list[i].text, piece->text, piece->size) == 0)
            return;
    if (*count < TABLES_MOST)
        list[(*count)++] = *piece;
}

static bool is_name(const struct piece *piece)
{
    return piece->kind == PIECE_WORD || piece->kind == PIECE_NAME;
}

/* a.b.c as one piece; a name before a bracket is a function and no table. */
static struct piece read_table(struct scan *scan, struct piece piece, bool *function)
{
    struct scan ahead = *scan;
    struct piece next = next_piece(&ahead);
    while (is_symbol(&next, '.')) {
        struct piece part = next_piece(&ahead);
        if (!is_name(&part))
            break;
        piece.size = (size_t)(part.text + part.size - piece.text);
        *scan = ahead;
        next = next_piece(&ahead);
    }
    *function = is_symbol(&next, '(');
    return piece;
}

/* Where FROM is a clause: in the text itself and in brackets that begin as a query does, unlike
 * extract(year FROM t). One bit a bracket, the innermost lowest. */
struct brackets {
    uint64_t queries;
    bool opened; /* the piece before opened one */
};

static bool is_clause(struct brackets *brackets, const struct piece *piece)
{
    if (brackets->opened && (is(piece, "SELECT") || is(piece, "WITH") || is(piece, "FROM")))
        brackets->queries |= 1;
    brackets->opened = is_symbol(piece, '(');
    if (brackets->opened)
        brackets->queries <<= 1;
    else if (is_symbol(piece, ')'))
        brackets->queries = brackets->queries >> 1 | (brackets->queries & UINT64_C(1) << 63);
    return brackets->queries & 1;
}

static void collect(struct scan *scan, struct tables *tables)
{
    struct piece before = {0}, word = {0};
    struct brackets brackets = {.queries = 1};
    bool clause = true;
    for (struct piece piece = next_piece(scan); piece.kind != PIECE_END; piece = next_piece(scan)) {
        bool from = is(&word, "FROM") && clause && !is(&before, "DISTINCT");
        clause = is_clause(&brackets, &piece);
        if (is_symbol(&piece, '(') && is(&word, "AS") && is_name(&before))
            add(tables->with, &tables->with_count, &before);
        if ((from || is(&word, "JOIN")) && is_name(&piece)) {
            bool function;
            piece = read_table(scan, piece, &function);
            if (!function)
                add(tables->found, &tables->found_count, &piece);
        }
        before = word;
        word = piece;
    }
}

static bool is_listed(const struct piece *piece, const struct piece *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].size == piece->size && strncasecmp(list[i].text, piece->text, piece->size) == 0)
            return true;
    return false;
}

const char *results_tables(const char *text, size_t size, struct arena *arena)
{
    struct scan scan = {.at = text, .end = text + size};
    struct tables *tables = arena_alloc(arena, sizeof *tables);
    struct buf out;
    buf_init(&out, 4096);
    size_t shown = 0;
    collect(&scan, tables);
    for (size_t i = 0; i < tables->found_count; i++) {
        const struct piece *table = &tables->found[i];
        if (is_listed(table, tables->with, tables->with_count))
            continue;
        if (shown++ == TABLES_SHOWN) {
            buf_adds(&out, ", ...");
            break;
        }
        buf_adds(&out, shown > 1 ? ", " : "");
        buf_add(&out, table->text, table->size);
    }
    const char *list = buf_to_arena(&out, arena);
    buf_release(&out);
    return list;
}
