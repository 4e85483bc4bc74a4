/* prose - words with values in them, written once and rendered as Markdown, HTML and plain text
 * alike.
 *
 * The format strings are ours; what comes from logs goes in as a value and is escaped for each
 * format. Nothing is parsed.
 */
#ifndef COFFERDAM_DATA_PROSE_H
#define COFFERDAM_DATA_PROSE_H

#include "data/render.h"

struct prose; /* belongs to its arena */

struct prose *prose_new(struct arena *arena);

void prose_heading(struct prose *prose, int level, const char *text); /* 1 to 6; text is escaped */
/* A new paragraph, bullet (depth 0 to 5) or continuation of the last block. In `format`: %s value
   from anywhere (escaped), %c the same in code style, %b the same in bold, %d int64_t with
   separators, %t UTC time (int64_t), %% a percent sign. Values follow as int64_t or const char *.
 */
void prose_paragraph(struct prose *prose, const char *format, ...);
void prose_bullet(struct prose *prose, int depth, const char *format, ...);
void prose_add(struct prose *prose, const char *format, ...);
void prose_code(struct prose *prose, const char *bytes, size_t size); /* a block as it is */

struct bundle prose_bundle(struct prose *prose);
/* Plain text only (for error details, the console). */
const char *prose_plain(struct prose *prose);

/* Markdown written by the analyst (%note): given on as it is in text/markdown, with an own plain
 * text beside it. */
struct bundle prose_markdown_bundle(struct arena *arena, const char *markdown, size_t size);

#endif
