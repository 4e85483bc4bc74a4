#include "engine/reads.h"

#include "base/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define WITHIN_MOST 4 /* EXECUTE IMMEDIATE 'EXECUTE IMMEDIATE ...' */

/* ---- words, as Trino's grammar cuts them (SqlBase.g4) -------------------------------------------
 */

enum piece_kind { PIECE_END, PIECE_WORD, PIECE_STRING, PIECE_NAME, PIECE_SIGN };

struct piece {
    enum piece_kind kind;
    const char *at; /* of a string or name without its quotes */
    size_t size;
};

struct reader {
    const char *sql, *whom;
    size_t size, at;
    const char *unclear; /* why the far end may read it otherwise; NULL: it will not */
};

static char byte_at(const struct reader *in, size_t at)
{
    return at < in->size ? in->sql[at] : '\0';
}

static void skip_comment(struct reader *in)
{
    for (in->at += 2; in->at < in->size; in->at++) {
        if (byte_at(in, in->at) == '*' && byte_at(in, in->at + 1) == '/') {
            in->at += 2;
            return;
        }
        if (byte_at(in, in->at) == '/' && byte_at(in, in->at + 1) == '*')
            in->unclear = "a comment within a comment";
    }
    in->unclear = "a comment that is not closed";
}

static void skip_blanks(struct reader *in)
{
    while (in->at < in->size) {
        char c = in->sql[in->at], next = byte_at(in, in->at + 1);
        if (strchr(" \t\r\n", c) && c) {
            in->at++;
        } else if (c == '-' && next == '-') {
            while (in->at < in->size && in->sql[in->at] != '\r' && in->sql[in->at] != '\n')
                in->at++;
        } else if (c == '/' && next == '*') {
            skip_comment(in);
        } else {
            return;
        }
    }
}

/* Only the doubled quote stands for itself: a backslash is a backslash. */
static struct piece quoted(struct reader *in, char quote, enum piece_kind kind)
{
    size_t begin = ++in->at;
    for (; in->at < in->size; in->at++) {
        if (in->sql[in->at] != quote)
            continue;
        if (byte_at(in, in->at + 1) != quote)
            return (struct piece){kind, in->sql + begin, in->at++ - begin};
        in->at++;
    }
    in->unclear = "quotes that are not closed";
    return (struct piece){PIECE_END, NULL, 0};
}

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '@';
}

static struct piece next_piece(struct reader *in)
{
    skip_blanks(in);
    if (in->at >= in->size || in->unclear)
        return (struct piece){PIECE_END, NULL, 0};
    char c = in->sql[in->at];
    size_t begin = in->at;
    if (c == '\'')
        return quoted(in, c, PIECE_STRING);
    if (c == '"' || c == '`')
        return quoted(in, c, PIECE_NAME);
    if (c == '$' && byte_at(in, in->at + 1) == '$')
        in->unclear = "a text between $$";
    if (!is_word_byte(c)) {
        in->at++;
        return (struct piece){PIECE_SIGN, in->sql + begin, 1};
    }
    while (in->at < in->size && is_word_byte(in->sql[in->at]))
        in->at++;
    return (struct piece){PIECE_WORD, in->sql + begin, in->at - begin};
}

static bool is_word(const struct piece *piece, const char *word)
{
    return (piece->kind == PIECE_WORD || piece->kind == PIECE_NAME) &&
           piece->size == strlen(word) && strncasecmp(piece->at, word, piece->size) == 0;
}

static bool is_bare(const struct piece *piece, const char *word)
{
    return piece->kind == PIECE_WORD && is_word(piece, word);
}

static bool is_sign(const struct piece *piece, char sign)
{
    return piece->kind == PIECE_SIGN && *piece->at == sign;
}

/* ---- what is refused ----------------------------------------------------------------------------
 */

static const struct verb {
    const char *word, *hint;
} refused[] = {
    {"UNLOAD", "--unload brings a large result as Parquet files of the case."},
    {"PREPARE", "Write :name for a value: it is bound."},
    {"DEALLOCATE", "Write :name for a value: it is bound."},
    {"EXECUTE", "Write the statement itself, with :name for a value: what was prepared is not seen "
                "here."},
    {"SET", "%set changes the kernel's settings: catalog, schema, trino_session."},
    {"RESET", "%set changes the kernel's settings: catalog, schema, trino_session."},
    {"USE", "%set database, or %set trino_catalog and trino_schema, choose where tables are looked "
            "for."},
    {"CALL", "A procedure may change what it likes; a question does not need one."},
    {"USING", "A function elsewhere may change what it likes; a question does not need one."},
};

static const char *const verbs[] = {"SELECT", "WITH", "VALUES",  "TABLE",
                                    "SHOW",   "DESC", "DESCRIBE"};

/* What is no word may be a blank of another alphabet, or a mark that no editor shows. */
static bool hint_at_verb(const struct piece *verb, const char *word, struct error *err)
{
    const char *meant = *word ? text_nearest(word, verbs, COUNT(verbs)) : NULL;
    for (size_t i = 0; i < COUNT(refused); i++)
        if (strcmp(word, refused[i].word) == 0)
            return error_hint(err, "%s", refused[i].hint);
    if (meant)
        return error_hint(err, "Did you mean %s?", meant);
    if (verb->kind == PIECE_SIGN && (unsigned char)*verb->at >= 0x80)
        return error_hint(err, "It begins with a letter or blank that SQL does not know and that "
                               "may be invisible: delete what stands before the first word.");
    return error_hint(err, "--into NAME keeps a result, --save FILE writes it.");
}

static bool refuse_verb(const struct reader *in, const struct piece *verb, struct error *err)
{
    char word[33] = "";
    size_t size = verb->kind != PIECE_WORD       ? 0
                  : verb->size < sizeof word - 1 ? verb->size
                                                 : sizeof word - 1;
    for (size_t i = 0; i < size; i++)
        word[i] = (char)toupper((unsigned char)verb->at[i]);
    (void)error_set(err, ERROR_REFUSED, "%s is not sent to %s: a query only reads",
                    *word ? word : "what is no statement", in->whom);
    return hint_at_verb(verb, word, err);
}

static bool refuse(const struct reader *in, const char *what, const char *hint, struct error *err)
{
    return error_set(err, ERROR_REFUSED, "not sent to %s: %s", in->whom, what) ||
           error_hint(err, "%s", hint);
}

static bool refuse_unclear(const struct reader *in, struct error *err)
{
    const char *hint = strstr(in->unclear, "not closed")
                           ? "Close what was opened."
                           : "Two readers may understand it in two ways: write it plainly.";
    return refuse(in, in->unclear, hint, err);
}

/* ---- the statement ------------------------------------------------------------------------------
 */

static bool check(struct reader *in, int within, struct error *err);

/* EXECUTE IMMEDIATE 'text' [USING ...]: by its text. */
static bool check_execute(struct reader *in, const struct piece *verb, int within,
                          struct error *err)
{
    struct piece immediate = next_piece(in), text = next_piece(in);
    if (!is_bare(&immediate, "IMMEDIATE") || text.kind != PIECE_STRING || in->unclear)
        return refuse_verb(in, verb, err);
    if (within >= WITHIN_MOST || memchr(text.at, '\'', text.size))
        return refuse(in, "a statement within a statement within others", "Write it out.", err);
    struct reader inner = {.sql = text.at, .whom = in->whom, .size = text.size};
    return check(&inner, within + 1, err) && (!inner.unclear || refuse_unclear(&inner, err));
}

/* Behind EXPLAIN: what it explains is run only with ANALYZE. */
static bool check_explain(struct reader *in, int within, struct error *err)
{
    size_t behind = in->at;
    struct piece piece = next_piece(in);
    if (is_sign(&piece, '(')) {
        for (piece = next_piece(in); !is_sign(&piece, ')'); piece = next_piece(in)) {
            if (is_bare(&piece, "ANALYZE"))
                return refuse(in, "EXPLAIN (ANALYZE)", "Write EXPLAIN ANALYZE.", err);
            if (piece.kind != PIECE_WORD && !is_sign(&piece, ','))
                return in->unclear || refuse(in, "EXPLAIN with what is no option",
                                             "Write (TYPE DISTRIBUTED).", err);
        }
        behind = in->at;
        piece = next_piece(in);
    }
    if (!is_bare(&piece, "ANALYZE")) {
        if (is_bare(&piece,
                    "EXECUTE")) /* Athena and Trino do not run it, but it is told apart here */
            return check_execute(in, &piece, within, err);
        in->at = behind;
        return true;
    }
    behind = in->at;
    piece = next_piece(in);
    if (!is_bare(&piece, "VERBOSE"))
        in->at = behind;
    if (within >= WITHIN_MOST)
        return refuse(in, "a statement within a statement within others", "Write it out.", err);
    return check(in, within + 1, err);
}

static bool is_reading(const struct piece *verb)
{
    for (size_t i = 0; i < COUNT(verbs); i++)
        if (is_bare(verb, verbs[i]))
            return true;
    return false;
}

/* TABLE(pg.system.query(query => 'DELETE ...')): a text for another database. */
static bool is_passing_on(const struct piece last[static 2], const struct piece *now)
{
    static const char *const functions[] = {"query", "raw_query"};
    for (size_t i = 0; i < COUNT(functions); i++)
        if (is_sign(now, '(') && is_word(&last[1], functions[i]) &&
            (is_sign(&last[0], '.') || is_sign(&last[0], '(')))
            return true;
    return false;
}

/* The rest: brackets that close what stands around, a second statement, functions that pass on. */
static bool check_rest(struct reader *in, int depth, struct error *err)
{
    struct piece last[2] = {{PIECE_END, NULL, 0}, {PIECE_END, NULL, 0}};
    for (struct piece now = next_piece(in); now.kind != PIECE_END; now = next_piece(in)) {
        depth += is_sign(&now, '(') - is_sign(&now, ')');
        if (depth < 0)
            return refuse(in, "a bracket that was not opened", "Close what was opened.", err);
        if (is_passing_on(last, &now))
            return refuse(in, "a function that hands a text on to another database",
                          "Ask that database's tables by their names.", err);
        if (is_sign(&last[1], ';') && !is_sign(&now, ';'))
            return refuse(in, "a second statement", "Ask one at a time.", err);
        last[0] = last[1];
        last[1] = now;
    }
    return depth == 0 || in->unclear ||
           refuse(in, "a bracket that is not closed", "Close what was opened.", err);
}

static bool check(struct reader *in, int within, struct error *err)
{
    int depth = 0;
    struct piece verb = next_piece(in);
    while (is_sign(&verb, ';')) /* nothing, sent before the statement */
        verb = next_piece(in);
    for (; is_sign(&verb, '('); depth++)
        verb = next_piece(in);
    if (is_bare(&verb, "EXPLAIN") && !depth)
        return check_explain(in, within, err) && check_rest(in, 0, err);
    if (is_bare(&verb, "EXECUTE") && !depth)
        return check_execute(in, &verb, within, err) && check_rest(in, 0, err);
    if (!is_reading(&verb))
        return in->unclear ? true : refuse_verb(in, &verb, err);
    return check_rest(in, depth, err);
}

bool reads_check(const char *sql, size_t size, const char *whom, struct error *err)
{
    struct reader in = {.sql = sql, .whom = whom, .size = size};
    if (!check(&in, 0, err))
        return false;
    while (!in.unclear && in.at < in.size) /* behind an inner statement too */
        (void)next_piece(&in);
    return !in.unclear || refuse_unclear(&in, err);
}
