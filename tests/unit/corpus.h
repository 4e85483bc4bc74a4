/* corpus - reads tests/corpus/hostile.txt: what an attacker would write into a log. The format is
 * described in that file. */
#ifndef COFFERDAM_TESTS_CORPUS_H
#define COFFERDAM_TESTS_CORPUS_H

#include <stddef.h>

#define CORPUS_PATH "tests/corpus/hostile.txt"

struct corpus_string {
    char *bytes; /* any bytes, NUL-terminated in addition */
    size_t size;
    int line; /* in the file, for messages */
};

struct corpus {
    struct corpus_string *strings;
    size_t count;
};

/* Reads all of it, from the folder of the repository; ends the process with a message if the file
 * is not as it must be. */
struct corpus corpus_read(const char *path);
void corpus_free(struct corpus *corpus);

#endif
