/* xml - XML as JSON and back; the only home of libxml2, which is loaded at first use.
 *
 * An element with elements in it becomes an object of them, any other its text. Several of one name
 * become a list; an element whose children are all called member, item or entry becomes the list of
 * these, also where there is only one. An attribute (but no namespace's) is the member "@name"
 * ("@xsi:type", with its prefix). Names of elements are without one. An empty element is the empty
 * text, since XML does not tell an empty list from an empty text.
 */
#ifndef COFFERDAM_AWS_XML_H
#define COFFERDAM_AWS_XML_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

/* A reader, which keeps its parser between texts, but nothing of these. One thread at a time. */
struct xml;
struct xml *xml_new(void);
void xml_free(struct xml *xml); /* NULL is allowed */

/* {"NameOfTheRoot": value}, which belongs to the arena. UTF-8, whatever the text says of itself;
 * what is nested deeper than 64 is left out. A document type, a NUL, nesting beyond 256 and more
 * than 256 attributes of an element are refused. NULL with ERROR_DATA for what is no XML,
 * ERROR_UNAVAILABLE without libxml2. */
json_t *xml_parse(struct xml *xml, struct arena *arena, const char *text, size_t size,
                  struct error *err);

/* libxml2's version ("20914"); NULL with ERROR_UNAVAILABLE. */
const char *xml_library(struct error *err);

/* The reverse: <root xmlns="...">, an object's members in their order, a list as repeated elements,
 * "@name" as attributes. */
char *xml_write(struct arena *arena, const char *root, const char *xmlns, const json_t *value);

#endif
