#include "aws/xml.h"

#include "base/buf.h"
#include "base/secret.h"

#include <dlfcn.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define LIBRARY "libxml2.so.2"
#define DEPTH 64
#define MOST ((size_t)64 << 20)
#define XSI "http://www.w3.org/2001/XMLSchema-instance"

struct xml_api {
    int (*memory)(xmlFreeFunc, xmlMallocFunc, xmlReallocFunc, xmlStrdupFunc);
    xmlDocPtr (*read)(const char *, int, const char *, const char *, int);
    void (*free_doc)(xmlDocPtr);
    xmlNodePtr (*root)(const xmlDoc *);
};

static void find(void *library, const char *name, void *into)
{
    void *symbol = dlsym(library, name);
    memcpy(into, &symbol, sizeof symbol); /* POSIX: dlsym's object pointer is a function's */
}

static bool load(struct xml_api *api, struct error *err)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return error_set(err, ERROR_UNAVAILABLE, "libxml2 cannot be loaded: %s", dlerror()) ||
               error_hint(err, "AWS's older services answer in XML (Debian: libxml2).");
    find(library, "xmlMemSetup", &api->memory);
    find(library, "xmlReadMemory", &api->read);
    find(library, "xmlFreeDoc", &api->free_doc);
    find(library, "xmlDocGetRootElement", &api->root);
    return true;
}

/* ---- reading ------------------------------------------------------------------------------------
 */

static bool is_element(const xmlNode *node)
{
    return node->type == XML_ELEMENT_NODE;
}

static const char *name_of(const xmlNode *node)
{
    return (const char *)node->name;
}

static json_t *text_of(const xmlNode *node)
{
    struct buf text;
    buf_init_secret(&text, MOST);
    for (const xmlNode *at = node->children; at; at = at->next)
        if ((at->type == XML_TEXT_NODE || at->type == XML_CDATA_SECTION_NODE) && at->content)
            buf_adds(&text, (const char *)at->content);
    json_t *value = json_text(text.data ? text.data : "", text.size);
    buf_release(&text);
    return value;
}

static bool is_list(const xmlNode *node)
{
    static const char *const names[] = {"member", "item", "entry"};
    const char *first = NULL;
    for (const xmlNode *at = node->children; at; at = at->next) {
        if (!is_element(at))
            continue;
        if (first && strcmp(name_of(at), first) != 0)
            return false;
        first = name_of(at);
    }
    for (size_t i = 0; i < COUNT(names) && first; i++)
        if (strcmp(first, names[i]) == 0)
            return true;
    return false;
}

static json_t *value_of(const xmlNode *node, int depth);

static void add_member(json_t *object, const char *name, json_t *value)
{
    json_t *before = json_object_get(object, name);
    if (!before) {
        (void)json_object_set_new(object, name, value);
    } else if (json_is_array(before)) {
        (void)json_array_append_new(before, value);
    } else {
        json_t *list = json_array();
        (void)json_array_append(list, before);
        (void)json_array_append_new(list, value);
        (void)json_object_set_new(object, name, list);
    }
}

static json_t *object_of(const xmlNode *node, int depth)
{
    json_t *object = json_object();
    for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
        char name[128];
        const char *prefix = attribute->ns ? (const char *)attribute->ns->prefix : NULL;
        (void)snprintf(name, sizeof name, "@%s%s%s", prefix ? prefix : "", prefix ? ":" : "",
                       (const char *)attribute->name);
        (void)json_object_set_new(object, name, text_of((const xmlNode *)attribute));
    }
    for (const xmlNode *at = node->children; at; at = at->next)
        if (is_element(at))
            add_member(object, name_of(at), value_of(at, depth + 1));
    return object;
}

/* A nested list below the limit of depth is left out: no answer of AWS goes there. */
static json_t *value_of(const xmlNode *node, int depth)
{
    bool nested = node->properties != NULL;
    for (const xmlNode *at = node->children; at && !nested; at = at->next)
        nested = is_element(at);
    if (!nested || depth > DEPTH)
        return text_of(node);
    if (!is_list(node))
        return object_of(node, depth);
    json_t *list = json_array();
    for (const xmlNode *at = node->children; at; at = at->next)
        if (is_element(at))
            (void)json_array_append_new(list, value_of(at, depth + 1));
    return list;
}

const char *xml_library(struct error *err)
{
    struct xml_api api = {0};
    const char *const *version = NULL;
    if (load(&api, err))
        find(dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL), "xmlParserVersion", &version);
    return version ? *version : NULL;
}

json_t *xml_parse(struct arena *arena, const char *text, size_t size, struct error *err)
{
    struct xml_api api = {0};
    if (!load(&api, err))
        return NULL;
    if (!api.memory || !api.read || !api.free_doc || !api.root) {
        (void)error_set(err, ERROR_UNAVAILABLE, LIBRARY " is no libxml2");
        return NULL;
    }
    (void)api.memory(secret_free, secret_malloc, secret_realloc, secret_strdup);
    xmlDocPtr doc = size <= INT_MAX ? api.read(text, (int)size, NULL, NULL,
                                               XML_PARSE_NONET | XML_PARSE_NOERROR |
                                                   XML_PARSE_NOWARNING | XML_PARSE_NOBLANKS)
                                    : NULL;
    const xmlNode *root = doc && !doc->intSubset ? api.root(doc) : NULL;
    json_t *value = root ? json_own(arena, json_object()) : NULL;
    if (root)
        (void)json_object_set_new(value, name_of(root), value_of(root, 0));
    else
        (void)error_set(err, ERROR_DATA, "the answer is no XML");
    if (doc)
        api.free_doc(doc);
    return value;
}

/* ---- writing ------------------------------------------------------------------------------------
 */

static void add_escaped(struct buf *out, const char *text)
{
    for (; *text; text++) {
        const char *special = strchr("<>&\"\r", *text);
        if (special)
            buf_addf(out, "&#%d;", *special);
        else
            buf_addc(out, *text);
    }
}

static void write_element(struct buf *out, const char *name, const char *xmlns,
                          const json_t *value);

static void write_members(struct buf *out, const json_t *object)
{
    json_t *open = json_incref((json_t *)(uintptr_t)object); /* jansson's loops ask for it */
    const char *name;
    const json_t *value;
    json_object_foreach(open, name, value)
    {
        if (*name == '@')
            continue;
        for (size_t i = 0; i < json_array_size(value); i++)
            write_element(out, name, NULL, json_array_get(value, i));
        if (!json_is_array(value))
            write_element(out, name, NULL, value);
    }
    json_decref(open);
}

static void write_attributes(struct buf *out, const json_t *object)
{
    json_t *open = json_incref((json_t *)(uintptr_t)object);
    const char *name;
    const json_t *value;
    json_object_foreach(open, name, value) if (*name == '@' && json_is_string(value))
    {
        if (strncmp(name, "@xsi:", 5) == 0)
            buf_adds(out, " xmlns:xsi=\"" XSI "\"");
        buf_addf(out, " %s=\"", name + 1);
        add_escaped(out, json_string_value(value));
        buf_addc(out, '"');
    }
    json_decref(open);
}

static void write_element(struct buf *out, const char *name, const char *xmlns, const json_t *value)
{
    buf_addf(out, "<%s", name);
    if (xmlns)
        buf_addf(out, " xmlns=\"%s\"", xmlns);
    if (json_is_object(value))
        write_attributes(out, value);
    buf_addc(out, '>');
    if (json_is_object(value))
        write_members(out, value);
    else if (json_is_string(value))
        add_escaped(out, json_string_value(value));
    else if (json_is_integer(value))
        buf_addf(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        buf_adds(out, json_is_true(value) ? "true" : "false");
    buf_addf(out, "</%s>", name);
}

char *xml_write(struct arena *arena, const char *root, const char *xmlns, const json_t *value)
{
    struct buf out;
    buf_init(&out, MOST);
    write_element(&out, root, xmlns, value);
    char *text = buf_to_arena(&out, arena);
    buf_release(&out);
    return text;
}
