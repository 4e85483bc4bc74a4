/* reader - log files of any shape become a stream of records, each mapped as it is found.
 *
 * What a file is, is told from its bytes, never from its name: gzip, tar and zip are opened, JSON
 * is cut into records (single objects, lines, arrays, {"Records": []} and other wrappers, JSON text
 * inside JSON), VPC flow logs are text with or without a header line, Parquet is left to the
 * writer. Plain files, gzip files and tar files are read in windows, so their size is not limited;
 * zip files, members of archives and what is packed twice may have at most READER_PACKED bytes. Of
 * cut or damaged gzip and tar files the records before the damage are taken. A record may have at
 * most READER_RECORD bytes. Bytes that are not UTF-8 become U+FFFD. A record that is broken is
 * reported with its place and the next one is looked for. One reader per thread.
 */
#ifndef COFFERDAM_INGEST_READER_H
#define COFFERDAM_INGEST_READER_H

#include "base/cancel.h"
#include "base/gzip.h"
#include "base/inflate.h"
#include "ingest/map.h"

#define READER_WINDOW ((size_t)16 << 20)  /* bytes of a plain file read at a time */
#define READER_RECORD ((size_t)128 << 20) /* most bytes of one record */
#define READER_PACKED ((size_t)512 << 20) /* most bytes that are expanded in memory */
#define READER_RAW ((size_t)64 << 10)     /* most bytes of a rejected record that are kept */

/* Bytes of a file; rows point into them, so a chunk lives until its batch is written and the reader
   has left it. */
struct chunk {
    struct chunk *next;
    char *data;
    size_t size;
    bool in_use; /* the reader still stands in it */
};

/* What reader_next found. */
enum reader_found {
    READER_ROW,     /* event is filled */
    READER_REJECT,  /* a record that cannot be a row: see reader->reject */
    READER_PARQUET, /* the file is Parquet: for the writer */
    READER_SKIPPED, /* the file (or a member of an archive) is not a log: reader->reject.reason says
                       why */
    READER_DAMAGED, /* the file cannot be read or expanded (further): reader->reject.reason says
                       why; nothing more comes of this part */
    READER_END,
};

struct reject {
    bool broken;              /* it is no JSON, but looks like a log */
    bool known;               /* it is a record of a known source, which lacks something */
    int64_t record, position; /* number within the file from 1, byte offset from 0 */
    char reason[256];
    const char *raw;
    size_t raw_size;
};

#define READER_FRAMES 6

enum reader_shape { SHAPE_NONE, SHAPE_JSON, SHAPE_FLOW, SHAPE_PARQUET };

struct flow_format; /* map_flow.h */

/* Where bytes come from: a plain file, or gzip data that is expanded on the way. */
struct stream {
    int file;                /* -1: none */
    struct inflate *inflate; /* NULL: plain */
    bool last;               /* nothing follows the current chunk */
    char back[4];            /* bytes of a character that a window cut off */
    size_t back_size;
    char cut[200]; /* why it ended before its end; "" if it did not */
};

/* The members of a tar or zip file, one after the other. */
struct archive {
    char kind; /* 't', 'z', 0 = none */
    struct chunk *chunk;
    struct stream stream; /* tar: what follows the chunk */
    size_t at, left;      /* next header; members left (zip) */
};

struct reader {
    struct mapping *mapping;
    struct gzip *gzip;
    struct chunk *chunks;  /* all chunks since the last reader_drop_chunks, the newest first */
    int64_t held;          /* their bytes */
    int64_t expanded;      /* bytes of the file in its expanded form, so far */
    struct chunk *current; /* what the cursor stands in */
    struct cursor cursor;
    const char *origin; /* a place of the text and its offset within the part: for positions */
    int64_t origin_offset;
    char path[1024], name[1024]; /* name: the path, and "!member" within an archive */
    struct stream stream;
    enum reader_shape shape;
    char frames[READER_FRAMES]; /* '[' or '{' containers that are open around the record */
    bool first[READER_FRAMES];
    int depth;
    int64_t records, rows; /* of the part: a file, or a member of an archive */
    struct archive archive;
    struct flow_format *format; /* of a VPC flow file */
    struct reject reject;
    bool damaged; /* the part could not be read: reject.reason */
    bool done;
};

void reader_init(struct reader *reader, struct mapping *mapping);
void reader_release(struct reader *reader);

/* Begins a file. What is wrong with it comes from reader_next. */
void reader_open(struct reader *reader, const char *path, int64_t size);
/* After READER_SKIPPED and READER_DAMAGED more may come: go on until READER_END, which ends a part;
   then reader_next_part says whether the file has another one. */
enum reader_found reader_next(struct reader *reader, struct event *event);
bool reader_next_part(struct reader *reader);
void reader_close(struct reader *reader);
/* Frees the chunks that rows do not need any more; the one being read stays. */
void reader_drop_chunks(struct reader *reader);

/* Within the reader: a new chunk of `size` bytes (plus some readable ones behind it), current from
 * now on. */
struct chunk *reader_chunk(struct reader *reader, size_t size);
/* Gets more of a plain file behind what is left at `from`; false at its end or on an error
 * (reader->reject.reason). */
bool reader_refill(struct reader *reader, const char *from);
/* Loads the file or its first window; then its rest. false: reader->reject.reason. */
bool reader_load(struct reader *reader, const char *path, int64_t size);
bool reader_load_rest(struct reader *reader);
void stream_end(struct stream *stream);
/* The chunk's bytes from `kept` on come from the stream. */
bool reader_fill(struct reader *reader, struct stream *stream, struct chunk *chunk, size_t kept);
/* Expands what the cursor stands on while it is gzip; false: reader->reject.reason. */
bool reader_unpack(struct reader *reader);
/* Makes the text between the cursor's ends valid UTF-8. */
void reader_clean(struct reader *reader);
bool reader_problem(struct reader *reader, const char *format, ...)
    ATTR_PRINTF(2, 3); /* always false */
enum reader_found reader_reject(struct reader *reader, const char *from, const char *to,
                                const char *reason);

/* Archives (reader_archive.c): begins one if the text is one; the next member becomes the text. */
bool reader_archive_begin(struct reader *reader);
bool reader_archive_next(struct reader *reader);

/* The next record of JSON (reader_records.c) and of flow text (reader_flow.c). */
enum reader_found reader_next_json(struct reader *reader, struct event *event);
enum reader_found reader_next_flow(struct reader *reader, struct event *event);
/* True if the text begins as flow logs do; notes the order of their fields. */
bool reader_is_flow(struct reader *reader);

#endif
