/* text - UTF-8 and the escaping of every format we write: one function per format, used by every
 * renderer.
 *
 * Input is hostile: bytes of logs. Every text_* function takes any bytes (pointer and size, no NUL
 * needed) and appends valid UTF-8 of its format to `out`. All but text_json and text_sql_*, which
 * keep the value, make the text safe as text_visible does. Where front ends would make links
 * (text_plain, text_markdown), addresses are defanged: http[:]//, www[.], data[:].
 */
#ifndef COFFERDAM_BASE_TEXT_H
#define COFFERDAM_BASE_TEXT_H

#include "base/base.h"
#include "base/buf.h"

/* Copies, each broken byte sequence (also overlong forms and surrogates) becoming U+FFFD. NUL
 * stays. */
void text_valid(struct buf *out, const char *bytes, size_t size);
bool text_is_valid(const char *bytes, size_t size);

/* As text_valid, and what would be invisible or act is made visible: C0 and C1 controls and DEL as
   U+2400 symbols or \u00XX, bidirectional and zero-width characters, tags and variation selectors
   as \uXXXX; `keep_lines` leaves \n and \t. */
void text_visible(struct buf *out, const char *bytes, size_t size, bool keep_lines);

/* Element content and quoted attributes. Math in a page is not text_html's to stop: whoever writes
   the outermost element gives it class="tex2jax_ignore mathjax_ignore". */
void text_html(struct buf *out, const char *bytes, size_t size);
void text_markdown(struct buf *out, const char *bytes,
                   size_t size); /* inline text, table cells: no link, html, $, fence */
void text_latex(struct buf *out, const char *bytes, size_t size);
void text_xml(struct buf *out, const char *bytes,
              size_t size); /* SVG: as html, without what XML 1.0 forbids */
void text_plain(struct buf *out, const char *bytes,
                size_t size); /* terminals and text/plain: no escape sequence, no autolink */
void text_plain_lines(struct buf *out, const char *bytes,
                      size_t size); /* the same, with \n and \t left */
void text_csv(struct buf *out, const char *bytes,
              size_t size); /* a quoted field; formulas (= + - @ tab CR) get a ' */
void text_json(struct buf *out, const char *bytes,
               size_t size); /* a JSON string with its quotes; \u0000 kept as such */
void text_sql_string(struct buf *out, const char *bytes,
                     size_t size); /* 'it''s'; NUL becomes U+FFFD */
void text_sql_name(struct buf *out, const char *bytes, size_t size); /* "a ""name""" */

/* Code points in valid UTF-8; byte offset of code point `index` (size if beyond). Cursor positions
 * of Jupyter count these. */
size_t text_points(const char *text, size_t size);
size_t text_offset(const char *text, size_t size, size_t index);
/* Columns on a terminal (wide characters 2, combining 0). */
size_t text_width(const char *text, size_t size);
/* Largest n <= limit such that the first n bytes end at a character's border. */
size_t text_cut(const char *text, size_t size, size_t limit);

/* "did you mean": the candidate nearest to `word` (Damerau-Levenshtein, at most a third of its
 * length), or NULL. */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

/* Thousands separated by commas: 58231 -> "58,231". `out` has room for 32 bytes. Returns out. */
const char *text_number(int64_t number, char out[static 32]);
/* Bytes for people: "1.4 GB" (powers of 1000). Returns out. */
const char *text_bytes(int64_t bytes, char out[static 32]);

#endif
