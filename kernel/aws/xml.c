#include "aws/xml.h"

#include "base/buf.h"
#include "base/secret.h"
#include "base/text.h"

#include <dlfcn.h>
#include <libxml/parser.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY "libxml2.so.2"
#define DEPTH 64
#define DEPTH_REFUSED 256
#define ATTRIBUTES 256 /* of one element: libxml2 compares each with all before it */
#define MOST ((size_t)64 << 20)
#define PARSER_MOST ((size_t)8 << 20) /* bytes that one parser reads: it keeps all names */
#define XSI "http://www.w3.org/2001/XMLSchema-instance"

struct xml_api {
    int (*memory)(xmlFreeFunc, xmlMallocFunc, xmlReallocFunc, xmlStrdupFunc);
    xmlParserCtxtPtr (*parser)(void);
    int (*options)(xmlParserCtxtPtr, int);
    int (*begin)(xmlParserCtxtPtr, const char *, int, const char *, const char *);
    int (*read)(xmlParserCtxtPtr, const char *, int, int);
    void (*reset)(xmlParserCtxtPtr);
    void (*free)(xmlParserCtxtPtr);
};

/* An element whose end has not come. Without members and items it is a text. */
struct element {
    const char *name; /* the parser's */
    json_t *members;  /* attributes and elements */
    json_t *items;    /* elements as a list, while it may be one */
    const char *item; /* their name */
    bool mixed;       /* it is no list */
};

struct xml {
    struct xml_api api;
    xmlParserCtxtPtr parser; /* NULL: none yet, or its last text was broken */
    size_t parsed;           /* bytes, by it */
    struct element open[DEPTH + 2];
    size_t depth; /* elements open, ... */
    size_t below; /* and those in them that are left out */
    struct buf text;
    json_t *document; /* NULL until the root's end */
};

static void find(void *library, const char *name, void *into)
{
    void *symbol = dlsym(library, name);
    memcpy(into, &symbol, sizeof symbol); /* POSIX: dlsym's object pointer is a function's */
}

static void *load(struct error *err)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        (void)(error_set(err, ERROR_UNAVAILABLE, "libxml2 cannot be loaded: %s", dlerror()) ||
               error_hint(err, "AWS's older services answer in XML (Debian: libxml2)."));
    return library;
}

static bool find_all(struct xml_api *api, struct error *err)
{
    void *library = api->read ? NULL : load(err);
    if (library) {
        find(library, "xmlMemSetup", &api->memory);
        find(library, "xmlNewParserCtxt", &api->parser);
        find(library, "xmlCtxtUseOptions", &api->options);
        find(library, "xmlCtxtResetPush", &api->begin);
        find(library, "xmlParseChunk", &api->read);
        find(library, "xmlCtxtReset", &api->reset);
        find(library, "xmlFreeParserCtxt", &api->free);
        if (!api->memory || !api->parser || !api->options || !api->begin || !api->read ||
            !api->reset || !api->free) {
            *api = (struct xml_api){0};
            (void)error_set(err, ERROR_UNAVAILABLE, LIBRARY " is no libxml2");
        } else {
            (void)api->memory(secret_free, secret_malloc, secret_realloc, secret_strdup);
        }
    }
    return api->read != NULL;
}

const char *xml_library(struct error *err)
{
    void *library = load(err);
    const char *const *version = NULL;
    if (library)
        find(library, "xmlParserVersion", &version);
    return version ? *version : NULL;
}

struct xml *xml_new(void)
{
    return xcalloc(1, sizeof(struct xml));
}

static void drop_parser(struct xml *xml)
{
    if (xml->parser)
        xml->api.free(xml->parser);
    xml->parser = NULL;
    xml->parsed = 0;
}

void xml_free(struct xml *xml)
{
    if (!xml)
        return;
    drop_parser(xml);
    free(xml);
}

/* ---- before libxml2 sees it
 * ----------------------------------------------------------------------
 */

struct scan {
    const char *at, *end;
    size_t depth;
};

static const char *behind(const char *from, const char *end, const char *mark)
{
    size_t size = strlen(mark);
    for (; (from = memchr(from, *mark, (size_t)(end - from))); from++)
        if ((size_t)(end - from) < size)
            return NULL;
        else if (memcmp(from, mark, size) == 0)
            return from + size;
    return NULL;
}

/* From behind "<" to behind ">". What has no end is the parser's to refuse. */
static bool scan_tag(struct scan *scan)
{
    bool closes = scan->at < scan->end && *scan->at == '/';
    size_t attributes = 0;
    const char *c = scan->at;
    for (; c && c < scan->end && *c != '>'; c++) {
        attributes += *c == '=';
        if (*c == '"' || *c == '\'')
            c = memchr(c + 1, *c, (size_t)(scan->end - c - 1));
        if (!c)
            break;
    }
    bool ended = c && c < scan->end, empty = ended && c[-1] == '/';
    if (closes && scan->depth)
        scan->depth--;
    else if (!closes && !empty)
        scan->depth++;
    scan->at = ended ? c + 1 : scan->end;
    return attributes <= ATTRIBUTES && scan->depth <= DEPTH_REFUSED;
}

static bool scan_markup(struct scan *scan)
{
    static const struct {
        const char *begin, *end;
    } skipped[] = {{"?", "?>"}, {"!--", "-->"}, {"![CDATA[", "]]>"}};
    for (size_t i = 0; i < COUNT(skipped); i++) {
        size_t size = strlen(skipped[i].begin);
        if ((size_t)(scan->end - scan->at) < size || memcmp(scan->at, skipped[i].begin, size) != 0)
            continue;
        const char *next = behind(scan->at + size, scan->end, skipped[i].end);
        scan->at = next ? next : scan->end;
        return true;
    }
    return scan->at < scan->end && *scan->at != '!' && scan_tag(scan);
}

/* AWS sends UTF-8, no document type, and few attributes: what is not so never reaches the parser,
 * nor a converter of an encoding that the text chooses. */
static bool is_tame(const char *text, size_t size)
{
    struct scan scan = {text, text + size, 0};
    if (size > INT_MAX || memchr(text, '\0', size) || !text_is_valid(text, size))
        return false;
    while ((scan.at = memchr(scan.at, '<', (size_t)(scan.end - scan.at)))) {
        scan.at++;
        if (!scan_markup(&scan))
            return false;
    }
    return true;
}

/* ---- reading ------------------------------------------------------------------------------------
 */

static bool is_item(const char *name)
{
    static const char *const names[] = {"member", "item", "entry"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void add_member(struct element *in, const char *name, json_t *value)
{
    in->members = in->members ? in->members : json_object();
    json_t *before = json_object_get(in->members, name);
    if (!before) {
        (void)json_object_set_new(in->members, name, value);
    } else if (json_is_array(before)) {
        (void)json_array_append_new(before, value);
    } else {
        json_t *list = json_array();
        (void)json_array_append(list, before);
        (void)json_array_append_new(list, value);
        (void)json_object_set_new(in->members, name, list);
    }
}

/* Another name among them: the items become members. */
static void mix(struct element *in)
{
    for (size_t i = 0; i < json_array_size(in->items); i++)
        add_member(in, in->item, json_incref(json_array_get(in->items, i)));
    json_decref(in->items);
    in->items = NULL;
    in->mixed = true;
}

static void add_element(struct element *in, const char *name, json_t *value)
{
    bool fits = !in->mixed && is_item(name) && (!in->items || strcmp(name, in->item) == 0);
    if (!fits) {
        mix(in);
        add_member(in, name, value);
        return;
    }
    in->items = in->items ? in->items : json_array();
    in->item = name;
    (void)json_array_append_new(in->items, value);
}

static void add_attribute(struct element *in, const char *attribute, const char *value)
{
    char name[128];
    if (strncmp(attribute, "xmlns", 5) == 0 && (!attribute[5] || attribute[5] == ':'))
        return;
    (void)snprintf(name, sizeof name, "@%s", attribute);
    in->members = in->members ? in->members : json_object();
    (void)json_object_set_new(in->members, name, json_texts(value));
}

/* A nested element below the limit of depth is left out: no answer of AWS goes there. */
static void on_start(void *state, const xmlChar *name, const xmlChar **attributes)
{
    struct xml *xml = state;
    const char *full = (const char *)name, *colon = strchr(full, ':');
    if (xml->depth == COUNT(xml->open)) {
        xml->below++;
        return;
    }
    struct element *element = &xml->open[xml->depth++];
    *element = (struct element){.name = colon ? colon + 1 : full};
    buf_clear(&xml->text);
    for (size_t i = 0; attributes && attributes[i] && xml->depth <= DEPTH + 1; i += 2)
        add_attribute(element, (const char *)attributes[i], (const char *)attributes[i + 1]);
}

static void on_text(void *state, const xmlChar *text, int size)
{
    struct xml *xml = state;
    const struct element *in = xml->depth ? &xml->open[xml->depth - 1] : NULL;
    if (in && !xml->below && !in->members && !in->items)
        buf_add(&xml->text, text, (size_t)size);
}

/* Line breaks are \n in XML, which libxml2 forgets where a section of CDATA is pushed. */
static void on_section(void *state, const xmlChar *text, int size)
{
    for (int from = 0, to = 0; from < size; from = to + 1) {
        for (to = from; to < size && text[to] != '\r';)
            to++;
        on_text(state, text + from, to - from);
        if (to < size && (to + 1 == size || text[to + 1] != '\n'))
            on_text(state, (const xmlChar *)"\n", 1);
    }
}

static void on_end(void *state, const xmlChar *name)
{
    (void)name;
    struct xml *xml = state;
    if (xml->below) {
        xml->below--;
        return;
    }
    struct element *element = &xml->open[--xml->depth];
    json_t *value = element->items     ? json_incref(element->items)
                    : element->members ? json_incref(element->members)
                                       : json_text(xml->text.data, xml->text.size);
    json_decref(element->items);
    json_decref(element->members);
    if (xml->depth) {
        add_element(&xml->open[xml->depth - 1], element->name, value);
    } else {
        xml->document = json_object();
        (void)json_object_set_new(xml->document, element->name, value);
    }
}

/* A parser is kept for the next text, since to make one costs more than to read an answer. */
static void prepare(struct xml *xml)
{
    static const xmlSAXHandler handler = {.startElement = on_start,
                                          .endElement = on_end,
                                          .characters = on_text,
                                          .cdataBlock = on_section};
    if (!xml->parser) {
        xml->parser = xml->api.parser();
        *xml->parser->sax = handler; /* never NULL: its memory is ours */
        (void)xml->api.options(xml->parser, XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_NOERROR |
                                                XML_PARSE_NOWARNING | XML_PARSE_IGNORE_ENC |
                                                XML_PARSE_HUGE);
        xml->parser->userData = xml;
    }
    buf_init_secret(&xml->text, MOST);
    xml->depth = xml->below = 0;
    xml->document = NULL;
}

/* Nothing of the text stays in the parser but the names that it has seen; for these, one that has
 * read much or whose text was broken goes too. */
static void clean(struct xml *xml, bool read)
{
    while (xml->depth) {
        json_decref(xml->open[--xml->depth].items);
        json_decref(xml->open[xml->depth].members);
    }
    buf_release(&xml->text);
    if (read && xml->parsed < PARSER_MOST)
        xml->api.reset(xml->parser);
    else
        drop_parser(xml);
}

json_t *xml_parse(struct xml *xml, struct arena *arena, const char *text, size_t size,
                  struct error *err)
{
    if (!find_all(&xml->api, err))
        return NULL;
    prepare(xml);
    /* pushed whole: pulled, libxml2 asks for more at each step near the end of a short text */
    if (is_tame(text, size) && xml->api.begin(xml->parser, text, (int)size, NULL, NULL) == 0)
        (void)xml->api.read(xml->parser, "", 0, true);
    json_t *document = xml->document ? json_own(arena, xml->document) : NULL;
    bool read = document && xml->parser->wellFormed;
    xml->parsed += size;
    clean(xml, read);
    if (!read)
        (void)error_set(err, ERROR_DATA, "the answer is no XML");
    return read ? document : NULL;
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
