/* text_properties - what must hold for the output of every escaper, whatever the input; for unit
 * tests and fuzzing. */
#ifndef COFFERDAM_TESTS_TEXT_PROPERTIES_H
#define COFFERDAM_TESTS_TEXT_PROPERTIES_H

#include <stddef.h>

/* Runs the bytes through every escaper of base/text.h. Returns NULL, or which property does not
 * hold ("html: ..."). */
const char *text_properties_broken(const char *bytes, size_t size);

/* Would JupyterLab or GFM make a link out of something in this text? */
int text_has_link(const char *text, size_t size);

#endif
