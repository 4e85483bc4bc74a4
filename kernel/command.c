#include "command.h"

#include "base/text.h"
#include "install.h"
#include "example/example.h"
#include "ingest/ingest.h"
#include "magic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#define EXAMPLE_SCALE_LIMIT 100

/* Every option of every subcommand; each reads those it knows. */
struct given {
    bool user, sys_prefix;
    const char *prefix, *name, *display_name, *binary, *into, *seed, *scale, *table_version;
    const char *word; /* the one positional */
};

static const struct flag {
    const char *name;
    size_t offset;
    bool takes_value;
} flags[] = {
    {"--user", offsetof(struct given, user), false},
    {"--sys-prefix", offsetof(struct given, sys_prefix), false},
    {"--prefix", offsetof(struct given, prefix), true},
    {"--name", offsetof(struct given, name), true},
    {"--display-name", offsetof(struct given, display_name), true},
    {"--binary", offsetof(struct given, binary), true},
    {"--into", offsetof(struct given, into), true},
    {"--seed", offsetof(struct given, seed), true},
    {"--scale", offsetof(struct given, scale), true},
    {"--table-version", offsetof(struct given, table_version), true},
};

static const struct flag *find_flag(const char *name)
{
    for (size_t i = 0; i < COUNT(flags); i++)
        if (strcmp(flags[i].name, name) == 0)
            return &flags[i];
    return NULL;
}

/* `allowed` names the flags of this subcommand, separated by blanks. */
static bool read_words(char **words, size_t count, const char *allowed, struct given *given,
                       struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct flag *flag = find_flag(words[i]);
        if (!flag && words[i][0] != '-' && !given->word) {
            given->word = words[i];
            continue;
        }
        if (!flag || !strstr(allowed, flag->name)) {
            error_set(err, ERROR_USAGE, "\"%s\" is not an option here", words[i]);
            return error_hint(err, "Options are: %s.", allowed);
        }
        if (!flag->takes_value) {
            *(bool *)((char *)given + flag->offset) = true;
        } else if (i + 1 < count) {
            const char *value = words[++i];
            memcpy((char *)given + flag->offset, &value, sizeof value);
        } else {
            return error_set(err, ERROR_USAGE, "%s needs a value", flag->name);
        }
    }
    return true;
}

static bool read_install(char **words, size_t count, struct install *install, struct error *err)
{
    struct given given = {0};
    if (!read_words(words, count, "--user --sys-prefix --prefix --name --display-name --binary",
                    &given, err))
        return false;
    if (given.user + given.sys_prefix + (given.prefix != NULL) != 1 || given.word)
        return error_set(err, ERROR_USAGE, "say where: --user, --sys-prefix or --prefix DIR");
    *install = (struct install){
        .where = given.user         ? INSTALL_USER
                 : given.sys_prefix ? INSTALL_SYS_PREFIX
                                    : INSTALL_PREFIX,
        .prefix = given.prefix,
        .name = given.name,
        .display_name = given.display_name,
        .binary = given.binary,
    };
    return true;
}

static bool run_install(char **words, size_t count, struct arena *arena, struct error *err)
{
    struct install install;
    const char *folder = NULL;
    if (!read_install(words, count, &install, err) || !install_write(&install, arena, &folder, err))
        return false;
    (void)printf("installed the kernelspec in %s\n", folder);
    return true;
}

static bool run_uninstall(char **words, size_t count, struct arena *arena, struct error *err)
{
    struct install install;
    const char *folder = NULL;
    if (!read_install(words, count, &install, err) ||
        !install_remove(&install, arena, &folder, err))
        return false;
    (void)printf("removed %s\n", folder);
    return true;
}

/* README's table of magics: "| `%lake` | opens a lake... |". */
static void add_magics_table(struct buf *text)
{
    buf_adds(text, "| magic | does |\n|---|---|\n");
    for (const struct magic *const *magic = magics; *magic; magic++) {
        buf_addf(text, "| `%%%s` | ", (*magic)->name);
        text_markdown(text, (*magic)->summary, strlen((*magic)->summary));
        buf_adds(text, " |\n");
    }
}

static json_t *option_json(const struct option *option)
{
    static const char *const types[] = {
        [OPTION_FLAG] = "flag", [OPTION_TEXT] = "text", [OPTION_INT] = "int",
        [OPTION_TIME] = "time", [OPTION_LIST] = "list", [OPTION_REST] = "rest"};
    json_t *choices = json_array();
    for (size_t i = 0; option->choices && option->choices[i]; i++)
        (void)json_array_append_new(choices, json_texts(option->choices[i]));
    return json_pack("{s:s, s:s?, s:s, s:b, s:I, s:o}", "name", option->name, "value",
                     option->value, "type", types[option->type], "required", option->required,
                     "min", (json_int_t)option->min, "choices", choices);
}

static json_t *magic_json(const struct magic *magic)
{
    static const char *const effects[] = {
        [MAGIC_READS] = "reads", [MAGIC_LOCAL] = "local", [MAGIC_CHANGES_AWS] = "changes AWS"};
    json_t *options = json_array(), *examples = json_array();
    for (size_t i = 0; i < magic->options.count; i++)
        (void)json_array_append_new(options, option_json(&magic->options.options[i]));
    for (size_t i = 0; i < magic->example_count; i++)
        (void)json_array_append_new(examples, json_texts(magic->examples[i].code));
    return json_pack("{s:s, s:s, s:b, s:o, s:o}", "name", magic->name, "effect",
                     effects[magic->effect], "body", magic->body != MAGIC_BODY_NONE, "options",
                     options, "examples", examples);
}

/* All that is known of the magics, for whoever tries every form of them: a line of JSON each. */
static void add_magics_json(struct buf *text, struct arena *arena)
{
    for (const struct magic *const *magic = magics; *magic; magic++)
        buf_addf(text, "%s\n", json_dump(arena, json_own(arena, magic_json(*magic)), NULL));
}

static bool run_magics(char **words, size_t count, struct arena *arena, struct error *err)
{
    bool json = count == 1 && strcmp(words[0], "--json") == 0;
    if (count && !json)
        return error_set(err, ERROR_USAGE, "\"%s\" is not an option here", words[0]);
    struct buf text;
    buf_init(&text, 1 << 20);
    if (json)
        add_magics_json(&text, arena);
    else
        add_magics_table(&text);
    bool ok = fwrite(text.data, 1, text.size, stdout) == text.size && fflush(stdout) == 0;
    buf_release(&text);
    return ok || error_errno(err, errno, "standard output");
}

/* A whole number of 1 to max, or `otherwise` if the text is NULL. */
static bool read_number(const char *text, uint64_t max, uint64_t otherwise, uint64_t *out,
                        struct error *err)
{
    *out = otherwise;
    if (!text)
        return true;
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno || *end || text[0] < '0' || text[0] > '9' || number < 1 || number > max)
        return error_set(err, ERROR_USAGE, "\"%s\" is not a whole number from 1 to %llu", text,
                         (unsigned long long)max);
    *out = number;
    return true;
}

static bool run_example(char **words, size_t count, struct arena *arena, struct error *err)
{
    (void)arena;
    struct given given = {0};
    uint64_t seed = 1, scale = 1;
    if (!read_words(words, count, "--into --seed --scale", &given, err) ||
        !read_number(given.seed, INT64_MAX, 1, &seed, err) ||
        !read_number(given.scale, EXAMPLE_SCALE_LIMIT, 1, &scale, err))
        return false;
    if (!given.word || !given.into)
        return error_set(err, ERROR_USAGE, "say which and where to: example sec318 --into DIR");
    struct example_request request = {.name = given.word,
                                      .folder = given.into,
                                      .seed = seed,
                                      .scale = (int)scale,
                                      .cancel = cancel_new()};
    struct example_report report = {0};
    bool ok = example_write(&request, &report, err);
    cancel_free(request.cancel);
    char events[32], flows[32], queries[32];
    if (ok)
        (void)printf("wrote %s events, %s flows and %s queries into %s\n"
                     "the leaked key is %s; the truth is in %s/truth.json\n",
                     text_number(report.events, events), text_number(report.flows, flows),
                     text_number(report.queries, queries), given.into, report.key, given.into);
    return ok;
}

/* cofferdam ingest SOURCE --into DIR: %lake ingest without a notebook. */
static bool run_ingest(char **words, size_t count, struct arena *arena, struct error *err)
{
    struct given given = {0};
    uint64_t version = 2;
    if (!read_words(words, count, "--into --table-version", &given, err) ||
        !read_number(given.table_version, 2, 2, &version, err))
        return false;
    if (!given.into || !given.word)
        return error_set(err, ERROR_USAGE,
                         "say what and where: cofferdam ingest SOURCE --into DIR");
    struct ingest_request request = {.sources = &given.word,
                                     .source_count = 1,
                                     .into = given.into,
                                     .table_version = (int)version};
    struct ingest_report report;
    if (!lake_ingest(&request, arena, &report, err))
        return false;
    (void)printf("%lld events in = %lld rows + %lld rejects + %lld duplicates\n",
                 (long long)report.total.events, (long long)report.total.rows,
                 (long long)report.total.rejects, (long long)report.total.duplicates);
    return true;
}

static const struct command {
    const char *name;
    bool (*run)(char **words, size_t count, struct arena *arena, struct error *err);
} commands[] = {
    {"install", run_install}, {"uninstall", run_uninstall}, {"example", run_example},
    {"magics", run_magics},   {"ingest", run_ingest},
};

bool command_run(char **words, size_t count, struct arena *arena, bool *known, struct error *err)
{
    for (size_t i = 0; i < COUNT(commands); i++)
        if (strcmp(commands[i].name, words[0]) == 0)
            return commands[i].run(words + 1, count - 1, arena, err);
    *known = false;
    return false;
}
