#include "base/text.h"

#include <string.h>

/* Longer words are not compared: nobody mistypes 64 bytes into another name. */
#define WORD_LIMIT 64

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Damerau-Levenshtein (optimal string alignment) by bytes, case ignored; both words at most
 * WORD_LIMIT. */
static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t rows[3][WORD_LIMIT + 1];
    size_t *before = rows[0], *previous = rows[1], *current = rows[2];
    for (size_t j = 0; j <= b_size; j++)
        before[j] = previous[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        current[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);
            size_t cost = least(previous[j], current[j - 1]) + 1;
            cost = least(cost, previous[j - 1] + (same ? 0 : 1));
            bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
            current[j] = swapped ? least(cost, before[j - 2] + 1) : cost;
        }
        size_t *oldest = before;
        before = previous;
        previous = current;
        current = oldest;
    }
    return previous[b_size];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t size = strlen(word);
    if (size > WORD_LIMIT)
        return NULL;
    const char *nearest = NULL;
    size_t best = size / 3 + 1;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(candidates[i]);
        if (length > WORD_LIMIT)
            continue;
        size_t far = distance(word, size, candidates[i], length);
        if (far < best) {
            best = far;
            nearest = candidates[i];
        }
    }
    return nearest;
}
