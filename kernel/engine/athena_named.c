#include "engine/athena_named.h"

#include "engine/athena_filters.h"

#include <string.h>

#define TABLES_MOST 500
#define VIEWS_MOST 200 /* WITH queries */
#define DEPTH_MOST 100
#define TIMES_MOST 1000000

/* A WITH query: `within` is the one its text stands in; 0 is the whole statement. */
struct view {
    const char *name;
    size_t within;
    int64_t times;
};

/* One place in a FROM: a table, or a WITH query that is named there. */
struct mention {
    struct athena_named *table; /* NULL: a WITH query */
    size_t view;
    size_t within;
};

struct finding {
    struct arena *arena;
    const struct engine_request *request;
    struct athena_words words;
    size_t at;
    size_t within;
    struct view views[VIEWS_MOST + 1];
    size_t view_count;
    size_t closed[VIEWS_MOST], closed_count;   /* in the order in which their texts end */
    size_t visible[VIEWS_MOST], visible_count; /* by name, here */
    struct mention mentions[TABLES_MOST];
    size_t mention_count;
    int distinct; /* aggregates of distinct values */
    int depth;
    const char **why;
};

/* What stands between two brackets. */
struct level {
    bool select;     /* a SELECT is here, not only an expression */
    bool from;       /* in its list of tables */
    bool table_next; /* here a table must be named */
    size_t tables;   /* of the current FROM */
    struct athena_named *only;
    const char *alias;
};

static bool unclear(struct finding *finding, const char *why)
{
    if (!*finding->why)
        *finding->why = why;
    return false;
}

static const struct athena_word *word_at(const struct finding *finding, size_t ahead)
{
    size_t at = finding->at + ahead;
    return &finding->words.at[at < finding->words.count ? at : finding->words.count];
}

static bool takes(struct finding *finding, const char *text)
{
    bool is = athena_word_is(word_at(finding, 0), text);
    finding->at += is;
    return is;
}

/* ---- a table ------------------------------------------------------------------------------------
 */

static bool add_mention(struct finding *finding, struct mention mention)
{
    if (finding->mention_count == TABLES_MOST)
        return unclear(finding, "it names too many tables");
    mention.within = finding->within;
    finding->mentions[finding->mention_count++] = mention;
    return true;
}

static bool is_view(const struct finding *finding, const char *name, size_t *out)
{
    for (size_t i = finding->visible_count; i > 0; i--)
        if (strcmp(finding->views[finding->visible[i - 1]].name, name) == 0) {
            *out = finding->visible[i - 1];
            return true;
        }
    return false;
}

/* [AS] name: words that go on with the FROM are none. */
static const char *read_alias(struct finding *finding)
{
    static const char *const others[] = {
        "on",    "using",       "join",   "inner", "left",   "right",     "full",  "cross",
        "where", "group",       "having", "order", "limit",  "offset",    "fetch", "union",
        "for",   "tablesample", "except", "match", "window", "intersect", "as",    "natural"};
    (void)takes(finding, "as");
    const struct athena_word *word = word_at(finding, 0);
    for (size_t i = 0; i < COUNT(others); i++)
        if (athena_word_is(word, others[i]))
            return NULL;
    if (!athena_is_name(word))
        return NULL;
    finding->at++;
    return word->text;
}

/* name, database.name, catalog.database.name */
static bool read_table(struct finding *finding, struct level *level)
{
    const char *parts[3] = {word_at(finding, 0)->text};
    size_t count = 1, view;
    finding->at++;
    while (takes(finding, ".")) {
        if (count == COUNT(parts) || !athena_is_name(word_at(finding, 0)))
            return unclear(finding, "a table's name is not understood");
        parts[count++] = word_at(finding, 0)->text;
        finding->at++;
    }
    const struct athena_word *next = word_at(finding, 0);
    if (athena_word_is(next, "(") || athena_word_is(next, "for"))
        return unclear(finding, "it reads a function, or a table as of another time");
    if (count == 1 && is_view(finding, parts[0], &view))
        return add_mention(finding, (struct mention){.view = view});
    if (strchr(parts[count - 1], '$'))
        return unclear(finding, "it reads a table's metadata");
    struct athena_named *table = arena_alloc(finding->arena, sizeof *table);
    table->table = parts[count - 1];
    table->database = count > 1 ? parts[count - 2] : NULL;
    table->catalog = count > 2 ? parts[0] : NULL;
    level->only = table;
    level->alias = read_alias(finding);
    return add_mention(finding, (struct mention){.table = table});
}

/* ---- brackets -----------------------------------------------------------------------------------
 */

static bool read_level(struct finding *finding, bool tables);

/* name [(columns)] AS (query), ... */
static bool read_views(struct finding *finding)
{
    do {
        const struct athena_word *name = word_at(finding, 0);
        if (!athena_is_name(name) || finding->view_count == VIEWS_MOST)
            return unclear(finding, "its WITH is not understood");
        finding->at++;
        if (takes(finding, "(") && !read_level(finding, false))
            return false;
        if (!takes(finding, "as") || !takes(finding, "("))
            return unclear(finding, "its WITH is not understood");
        size_t outer = finding->within, view = ++finding->view_count;
        finding->views[view] = (struct view){.name = name->text, .within = outer};
        finding->within = view;
        if (!read_level(finding, false))
            return false;
        finding->within = outer;
        finding->closed[finding->closed_count++] = view;
        finding->visible[finding->visible_count++] = view;
    } while (takes(finding, ","));
    return true;
}

static bool begins_query(const struct athena_word *word)
{
    return athena_word_is(word, "select") || athena_word_is(word, "with") ||
           athena_word_is(word, "values") || athena_word_is(word, "table");
}

static bool read_bracket(struct finding *finding, struct level *level)
{
    bool tables = level->table_next && !begins_query(word_at(finding, 0));
    level->tables += level->table_next;
    level->table_next = false;
    finding->distinct += athena_word_is(word_at(finding, 0), "distinct");
    return read_level(finding, tables);
}

/* A word that says where in a SELECT we are. */
static void turn(struct finding *finding, struct level *level, const struct athena_word *word)
{
    /* reserved words: LIMIT may be a table's other name */
    static const char *const ends[] = {"where", "group",  "having",   "order",
                                       "union", "except", "intersect"};
    bool distinct = finding->at > 1 && athena_word_is(word - 1, "distinct");
    if (athena_word_is(word, "select"))
        *level = (struct level){.select = true};
    else if (athena_word_is(word, "from") && level->select && !distinct)
        level->from = level->table_next = true;
    else if (level->from && (athena_word_is(word, "join") || athena_word_is(word, ",")))
        level->table_next = true;
    if (athena_word_is(word, "where") && level->select && level->tables == 1 && level->only)
        level->only->filter = athena_read_filters(finding->arena, finding->request, word + 1,
                                                  level->alias ? level->alias : level->only->table);
    for (size_t i = 0; i < COUNT(ends); i++)
        if (athena_word_is(word, ends[i]))
            level->from = false;
}

static bool read_word(struct finding *finding, struct level *level)
{
    const struct athena_word *word = word_at(finding, 0);
    if (level->table_next && athena_word_is(word, "unnest") &&
        athena_word_is(word_at(finding, 1), "(")) {
        level->table_next = false;
        level->tables++;
        finding->at++;
        return true;
    }
    if (level->table_next && !athena_word_is(word, "lateral")) {
        level->table_next = false;
        level->tables++;
        return athena_is_name(word) ? read_table(finding, level)
                                    : unclear(finding, "a FROM is not understood");
    }
    finding->at++;
    if (athena_word_is(word, "table"))
        return unclear(finding, "TABLE is not understood");
    if (athena_word_is(word, "with") && !athena_word_is(word_at(finding, 0), "ordinality") &&
        !athena_word_is(word_at(finding, 0), "time"))
        return read_views(finding);
    turn(finding, level, word);
    return true;
}

/* Up to and with the closing bracket, or to the end of the whole. */
static bool read_level(struct finding *finding, bool tables)
{
    struct level level = {.select = tables, .from = tables, .table_next = tables};
    size_t visible = finding->visible_count;
    if (++finding->depth > DEPTH_MOST)
        return unclear(finding, "its brackets are too deep");
    while (word_at(finding, 0)->kind != TOKEN_END && !athena_word_is(word_at(finding, 0), ")")) {
        bool ok = takes(finding, "(") ? read_bracket(finding, &level) : read_word(finding, &level);
        if (!ok)
            return false;
    }
    if (finding->depth > 1 && !takes(finding, ")"))
        return unclear(finding, "its brackets are not closed");
    finding->depth--;
    finding->visible_count = visible;
    return true;
}

/* ---- how often ----------------------------------------------------------------------------------
 */

/* A WITH query is named only behind its end, so the last that ends knows its number first. */
static void count_times(struct finding *finding)
{
    finding->views[0].times = 1;
    for (size_t i = finding->closed_count; i > 0; i--) {
        struct view *view = &finding->views[finding->closed[i - 1]];
        for (size_t j = 0; j < finding->mention_count; j++) {
            const struct mention *mention = &finding->mentions[j];
            if (!mention->table && mention->view == finding->closed[i - 1])
                view->times += finding->views[mention->within].times;
        }
        if (view->times > TIMES_MOST)
            view->times = TIMES_MOST;
    }
}

bool athena_find_named(struct arena *arena, const struct engine_request *request,
                       struct athena_named **out, const char **why)
{
    struct finding *finding = arena_alloc(arena, sizeof *finding);
    finding->arena = arena;
    finding->request = request;
    finding->why = why;
    *out = NULL;
    *why = NULL;
    if (!athena_read_words(arena, request, &finding->words, why) || !read_level(finding, false))
        return false;
    if (finding->at < finding->words.count)
        return unclear(finding, "its brackets are not closed");
    count_times(finding);
    /* aggregates of several distinct values may be worked out one by one */
    int64_t repeated = finding->distinct > 1 ? finding->distinct + 1 : 1;
    for (size_t i = 0; i < finding->mention_count; i++) {
        struct mention *mention = &finding->mentions[i];
        if (!mention->table)
            continue;
        mention->table->times = finding->views[mention->within].times * repeated;
        *out = mention->table;
        out = &mention->table->next;
    }
    return true;
}

const struct athena_filter *athena_filter_of(const struct athena_named *named, const char *column,
                                             bool range)
{
    for (const struct athena_filter *filter = named->filter; filter; filter = filter->next)
        if (!strcmp(filter->column, column) && !filter->count == range)
            return filter;
    return NULL;
}
