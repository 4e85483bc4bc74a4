#include "aws/profile.h"

#include "base/buf.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

#define FILE_MOST ((size_t)1 << 20)
#define BLANKS " \t\r"

/* One file being read. */
struct reading {
    struct arena *arena;
    json_t *sections;
    const char *path;
    bool credentials; /* else config */
    json_t *section;  /* the one at hand, NULL: none, or one that is passed over */
    const char *key;  /* the last setting of it, NULL: none yet */
    int line;
    struct buf *broken;
};

static void note(struct reading *reading, const char *why)
{
    buf_addf(reading->broken, "%s:%d: %s\n", reading->path, reading->line, why);
}

/* Without blanks at either end; changes the text. */
static char *trim(char *text)
{
    text += strspn(text, BLANKS);
    size_t size = strlen(text);
    while (size && strchr(BLANKS, text[size - 1]))
        size--;
    text[size] = '\0';
    return text;
}

static json_t *member(json_t *object, const char *name)
{
    json_t *found = json_object_get(object, name);
    if (!found)
        (void)json_object_set_new(object, name, found = json_object());
    return found;
}

/* "[default]" counts only where no "[profile default]" is: it is kept apart until the end. */
static void begin_section(struct reading *reading, const char *name)
{
    static const char *const kinds[] = {"profile", "sso-session", "services"};
    reading->section = NULL;
    reading->key = NULL;
    if (reading->credentials) {
        if (strncmp(name, "profile ", 8) == 0)
            note(reading, "a profile of the credentials file has no word \"profile\"");
        else
            reading->section = member(member(reading->sections, "credentials"), name);
        return;
    }
    if (strcmp(name, "default") == 0) {
        reading->section = member(member(reading->sections, "plain"), name);
        return;
    }
    for (size_t i = 0; i < COUNT(kinds); i++) {
        size_t size = strlen(kinds[i]);
        if (strncmp(name, kinds[i], size) == 0 && name[size] && strchr(BLANKS, name[size])) {
            char *rest = trim(arena_strdup(reading->arena, name + size));
            reading->section = member(member(reading->sections, kinds[i]), rest);
            return;
        }
    }
    note(reading, "a section of config is [default], [profile NAME], [sso-session NAME] or "
                  "[services NAME]");
}

static void read_section(struct reading *reading, char *line)
{
    char *end = strchr(line, ']');
    reading->section = NULL;
    reading->key = NULL;
    if (!end) {
        note(reading, "a section without ]");
        return;
    }
    *end = '\0';
    const char *behind = end + 1 + strspn(end + 1, BLANKS);
    char *name = trim(line + 1);
    if (*behind && *behind != '#' && *behind != ';')
        note(reading, "more behind a section's ]");
    else if (!*name)
        note(reading, "a section without a name");
    else
        begin_section(reading, name);
}

/* The value ends at a comment only behind a blank: secrets may hold # and ;. */
static char *value_of(char *text)
{
    for (char *at = text; *at; at++)
        if (strchr(BLANKS, *at) && (at[1] == '#' || at[1] == ';')) {
            *at = '\0';
            break;
        }
    if (*text == '#' || *text == ';')
        *text = '\0';
    return trim(text);
}

/* "key = value" cut in two; false if it is none. */
static bool cut(char *line, char **key, char **value)
{
    char *equals = strchr(line, '=');
    if (!equals)
        return false;
    *equals = '\0';
    *key = trim(line);
    *value = equals + 1;
    for (char *c = *key; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c);
    return **key && !strpbrk(*key, BLANKS);
}

static void set(json_t *section, const char *key, const char *value)
{
    (void)json_object_set_new(section, key, json_texts(value));
}

static void read_property(struct reading *reading, char *line)
{
    char *key, *value;
    if (!cut(line, &key, &value)) {
        reading->key = NULL;
        note(reading, "neither a section nor a setting");
        return;
    }
    reading->key = arena_strdup(reading->arena, key);
    if (reading->section)
        set(reading->section, key, value_of(value));
}

/* An indented line: more of the value, or a setting below an empty one. */
static void read_more(struct reading *reading, char *line)
{
    json_t *before = json_object_get(reading->section, reading->key);
    const char *text = json_string_value(before);
    char *key, *value;
    if (text && *text) {
        set(reading->section, reading->key,
            arena_printf(reading->arena, "%s\n%s", text, trim(line)));
        return;
    }
    if (!cut(line, &key, &value)) {
        note(reading, "no setting below an empty one");
        return;
    }
    if (!json_is_object(before))
        (void)json_object_set_new(reading->section, reading->key, json_object());
    set(json_object_get(reading->section, reading->key), key, value_of(value));
}

static void read_line(struct reading *reading, char *line)
{
    if (!line[strspn(line, BLANKS)] || *line == '#' || *line == ';')
        return;
    if (*line == '[')
        read_section(reading, line);
    else if (!strchr(BLANKS, *line))
        read_property(reading, line);
    else if (reading->section && reading->key)
        read_more(reading, line);
    else if (reading->section)
        note(reading, "an indented line without a setting above it");
}

static bool read_file(struct reading *reading, struct error *err)
{
    char *data;
    size_t size;
    struct error problem;
    error_clear(&problem);
    if (strcmp(reading->path, "/dev/null") == 0) /* how one says: no file */
        return true;
    if (!file_read(reading->arena, reading->path, FILE_MOST, &data, &size, &problem)) {
        if (problem.kind == ERROR_NOT_FOUND)
            return true;
        *err = problem;
        return error_hint(err, "AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name these files.");
    }
    char *at = data;
    if (size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    for (char *next; at; at = next) {
        char *end = strchr(at, '\n');
        next = end ? end + 1 : NULL;
        if (end)
            *end = '\0';
        reading->line++;
        read_line(reading, at);
    }
    return true;
}

/* [default] where there is no [profile default], then the credentials over all; what each file has
 * stays beside it. */
static void merge(json_t *sections)
{
    json_t *profiles = member(sections, "profile");
    json_t *plain = json_object_get(json_object_get(sections, "plain"), "default");
    if (plain && !json_object_get(profiles, "default"))
        (void)json_object_set(profiles, "default", plain);
    json_t *credentials = member(sections, "credentials"), *config = member(sections, "config");
    const char *name;
    json_t *section;
    json_object_foreach(profiles, name, section)
    {
        (void)json_object_set_new(config, name, json_copy(section));
    }
    json_object_foreach(credentials, name, section)
    {
        (void)json_object_update(member(profiles, name), section);
    }
    (void)json_object_del(sections, "plain");
}

static const char *path_of(struct arena *arena, const char *variable, const char *otherwise)
{
    const char *given = getenv(variable);
    return file_expand(arena, given && *given ? given : otherwise);
}

bool aws_profiles_read(struct arena *arena, struct aws_profiles *out, struct error *err)
{
    json_t *sections = json_own(arena, json_object());
    struct buf broken;
    buf_init(&broken, 64 << 10);
    *out = (struct aws_profiles){
        .sections = sections,
        .config_path = path_of(arena, "AWS_CONFIG_FILE", "~/.aws/config"),
        .credentials_path = path_of(arena, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    };
    struct reading config = {
        .arena = arena, .sections = sections, .path = out->config_path, .broken = &broken};
    struct reading credentials = config;
    credentials.path = out->credentials_path;
    credentials.credentials = true;
    bool ok = read_file(&config, err) && read_file(&credentials, err);
    merge(sections);
    out->broken = buf_to_arena(&broken, arena);
    buf_release(&broken);
    return ok;
}

const char *aws_profiles_get(const struct aws_profiles *profiles, const char *kind,
                             const char *name, const char *key)
{
    const json_t *section = json_object_get(json_object_get(profiles->sections, kind), name);
    const char *dot = strchr(key, '.');
    char outer[64];
    if (dot && (size_t)(dot - key) < sizeof outer) {
        memcpy(outer, key, (size_t)(dot - key));
        outer[dot - key] = '\0';
        section = json_object_get(section, outer);
        key = dot + 1;
    }
    const char *value = json_string_value(json_object_get(section, key));
    return value && *value ? value : NULL;
}

bool aws_profiles_has(const struct aws_profiles *profiles, const char *kind, const char *name)
{
    return json_object_get(json_object_get(profiles->sections, kind), name) != NULL;
}
