/* reader - log files of any shape become a stream of records, each mapped as it is found.
 *
 * What a file is, is told from its bytes, never from its name: gzip, tar and zip are opened, JSON
 * is cut into records (single objects, lines, arrays, {"Records": []} and other wrappers, JSON text
 * inside JSON), VPC flow logs are text with or without a header line, Parquet is left to the
 * writer. A plain file is read in windows, so its size is not limited; what is packed must expand
 * to at most READER_PACKED bytes. A record may have at most READER_RECORD bytes. Bytes that are not
 * UTF-8 become U+FFFD. A record that is broken is reported with its place and the next one is
 * looked for. One reader per thread.
 */
#ifndef COFFERDAM_LAKE_READER_H
#define COFFERDAM_LAKE_READER_H

#include "base/cancel.h"
#include "base/gzip.h"
#include "lake/map.h"

#define READER_WINDOW ((size_t)16 << 20)  /* bytes of a plain file read at a time */
#define READER_RECORD ((size_t)128 << 20) /* most bytes of one record */
#define READER_PACKED ((size_t)512 << 20) /* most bytes that a packed file may expand to */
#define READER_RAW ((size_t)64 << 10)     /* most bytes of a rejected record that are kept */

/* Bytes of a file; rows point into them, so a chunk lives until its batch is written and the reader
 * has left it. */
struct chunk {
    struct chunk *next;
    char *data;
    size_t size;
    int64_t base; /* offset of its first byte within the (expanded) file */
    bool in_use;  /* the reader still stands in it */
};

/* What reader_next found. */
enum reader_found {
    READER_ROW,     /* event is filled */
    READER_REJECT,  /* a record that cannot be a row: see reader->reject */
    READER_PARQUET, /* the file is Parquet: for the writer */
    READER_SKIPPED, /* the file (or a member of an archive) is not a log: reader->reject.reason says
                       why */
    READER_DAMAGED, /* the file cannot be read or expanded: reader->reject.reason says why; nothing
                       more comes of this part */
    READER_END,
};

struct reject {
    bool broken;              /* it is no JSON */
    int64_t record, position; /* number within the file from 1, byte offset from 0 */
    char reason[256];
    const char *raw;
    size_t raw_size;
};

#define READER_FRAMES 6

enum reader_shape { SHAPE_NONE, SHAPE_JSON, SHAPE_VPC_TEXT };

struct archive; /* reader_archive.h */

struct reader {
    struct mapping *mapping;
    struct gzip *gzip;
    struct chunk *chunks; /* all chunks since the last reader_drop_chunks, the current one first */
    int64_t held;         /* their bytes */
    int64_t expanded;     /* bytes of the file in its expanded form, so far */
    struct chunk *current;
    struct cursor cursor;
    char name[1024]; /* path, and "!member" within an archive */
    int file;        /* descriptor of a plain file with more to come, -1 */
    bool last;       /* nothing follows the current chunk */
    enum reader_shape shape;
    char frames[READER_FRAMES]; /* '[' or '{' containers that are open around the record */
    bool first[READER_FRAMES];
    int depth;
    int64_t records, rows;
    struct archive *archive;
    struct reject reject;
    void *columns; /* of a VPC flow file: the order of its fields (map_vpc.c) */
    bool done;
};

void reader_init(struct reader *reader, struct mapping *mapping);
void reader_release(struct reader *reader);

/* Begins a file. What is wrong with it comes from reader_next. */
void reader_open(struct reader *reader, const char *path, int64_t size);
enum reader_found reader_next(struct reader *reader, struct event *event);
void reader_close(struct reader *reader);
/* Frees the chunks that rows do not need any more; the one being read stays. */
void reader_drop_chunks(struct reader *reader);

/* Within the reader: a new chunk of `size` bytes (plus 32 readable ones behind it), current from
 * now on. */
struct chunk *reader_chunk(struct reader *reader, size_t size);
/* Gets more of a plain file behind what is left at `from`; false at its end or on an error
 * (reader->reject.reason). */
bool reader_refill(struct reader *reader, const char *from);
/* Loads the file or its first window; false: reader->reject.reason. */
bool reader_load(struct reader *reader, const char *path, int64_t size);
/* Expands what is packed in the current chunk, again and again; false: reader->reject.reason. */
bool reader_unpack(struct reader *reader);
/* Makes the current chunk valid UTF-8. */
void reader_clean(struct reader *reader);
bool reader_problem(struct reader *reader, const char *format, ...)
    ATTR_PRINTF(2, 3); /* always false */

/* The next JSON record (reader_records.c). */
enum reader_found reader_next_json(struct reader *reader, struct event *event);

#endif
