#include "base/json_walk.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

void cursor_space(struct cursor *cursor)
{
    const char *at = cursor->at;
    while (at < cursor->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) {
        at++;
    }
    cursor->at = at;
}

/* Moves to the first quote, backslash or control character. */
static const char *string_special(const char *at, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i slash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1f);
    for (; end - at >= 16; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash));
        hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
        int mask = _mm_movemask_epi8(hit);
        if (mask) {
            return at + __builtin_ctz((unsigned)mask);
        }
    }
#endif
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at > 0x1f) {
        at++;
    }
    return at;
}

/* From behind the opening quote to behind the closing one. */
static bool string_pass(struct cursor *cursor, bool *dirty)
{
    const char *at = cursor->at;
    for (;;) {
        at = string_special(at, cursor->end);
        if (at == cursor->end) {
            cursor->at = at;
            return false;
        }
        if (*at == '"') {
            cursor->at = at + 1;
            return true;
        }
        *dirty = true;
        at += *at == '\\' ? 2 : 1;
        if (at > cursor->end) {
            cursor->at = cursor->end;
            return false;
        }
    }
}

struct word {
    const char *text;
    size_t size;
    enum token_kind kind;
};

static const struct word words[] = {
    {"true", 4, TOKEN_TRUE}, {"false", 5, TOKEN_FALSE}, {"null", 4, TOKEN_NULL}};

bool cursor_peek(struct cursor *cursor, enum token_kind *kind)
{
    cursor_space(cursor);
    if (cursor->at == cursor->end) {
        return false;
    }
    switch (*cursor->at) {
    case '"':
        *kind = TOKEN_STRING;
        return true;
    case '{':
        *kind = TOKEN_OBJECT;
        return true;
    case '[':
        *kind = TOKEN_ARRAY;
        return true;
    case 't':
        *kind = TOKEN_TRUE;
        return true;
    case 'f':
        *kind = TOKEN_FALSE;
        return true;
    case 'n':
        *kind = TOKEN_NULL;
        return true;
    default:
        *kind = TOKEN_NUMBER;
        return *cursor->at == '-' || (*cursor->at >= '0' && *cursor->at <= '9');
    }
}

static bool digits(struct cursor *cursor)
{
    const char *from = cursor->at;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
        cursor->at++;
    }
    return cursor->at > from;
}

static bool number_pass(struct cursor *cursor)
{
    cursor->at += *cursor->at == '-';
    const char *from = cursor->at;
    if (!digits(cursor) || (*from == '0' && cursor->at - from > 1)) {
        return false; /* 007 is no number of JSON */
    }
    if (cursor->at < cursor->end && *cursor->at == '.') {
        cursor->at++;
        if (!digits(cursor)) {
            return false;
        }
    }
    if (cursor->at < cursor->end && (*cursor->at == 'e' || *cursor->at == 'E')) {
        cursor->at++;
        if (cursor->at < cursor->end && (*cursor->at == '+' || *cursor->at == '-')) {
            cursor->at++;
        }
        return digits(cursor);
    }
    return true;
}

static bool word_pass(struct cursor *cursor, enum token_kind kind)
{
    const struct word *word = &words[kind - TOKEN_TRUE];
    size_t left = (size_t)(cursor->end - cursor->at);
    if (left < word->size) {
        bool cut = memcmp(cursor->at, word->text, left) == 0;
        cursor->at = cut ? cursor->end : cursor->at;
        return false;
    }
    if (memcmp(cursor->at, word->text, word->size) != 0) {
        return false;
    }
    cursor->at += word->size;
    return true;
}

static bool scalar_pass(struct cursor *cursor, enum token_kind kind, bool *dirty)
{
    if (kind == TOKEN_STRING) {
        cursor->at++;
        return string_pass(cursor, dirty);
    }
    return kind == TOKEN_NUMBER ? number_pass(cursor) : word_pass(cursor, kind);
}

/* Passes blanks and says whether there were some. */
static bool blanks(struct cursor *cursor)
{
    const char *from = cursor->at;
    cursor_space(cursor);
    return cursor->at != from;
}

/* The nesting of a container being passed: one bit a level, 1 = object. */
struct nesting {
    unsigned char bits[JSON_WALK_DEPTH / 8];
    int depth;
};

static bool nesting_push(struct nesting *nesting, bool object)
{
    if (nesting->depth == JSON_WALK_DEPTH) {
        return false;
    }
    unsigned char bit = (unsigned char)(1 << (nesting->depth % 8));
    unsigned char *byte = &nesting->bits[nesting->depth / 8];
    *byte = (unsigned char)(object ? *byte | bit : *byte & ~bit);
    nesting->depth++;
    return true;
}

static bool nesting_object(const struct nesting *nesting)
{
    int level = nesting->depth - 1;
    return nesting->bits[level / 8] >> (level % 8) & 1;
}

/* A name and its colon within a container that is passed as a whole. */
static bool name_pass(struct cursor *cursor, bool *dirty)
{
    if (cursor->at == cursor->end || *cursor->at != '"') {
        return false;
    }
    cursor->at++;
    if (!string_pass(cursor, dirty)) {
        return false;
    }
    *dirty |= blanks(cursor);
    if (cursor->at == cursor->end || *cursor->at != ':') {
        return false;
    }
    cursor->at++;
    *dirty |= blanks(cursor);
    return true;
}

/* After a value: closes levels and passes the comma. True in *more if another value follows within
 * the container. */
static bool after_value(struct cursor *cursor, struct nesting *nesting, bool *dirty, bool *more)
{
    *more = false;
    while (nesting->depth > 0) {
        *dirty |= blanks(cursor);
        if (cursor->at == cursor->end) {
            return false;
        }
        bool object = nesting_object(nesting);
        if (*cursor->at == (object ? '}' : ']')) {
            cursor->at++;
            nesting->depth--;
            continue;
        }
        if (*cursor->at != ',') {
            return false;
        }
        cursor->at++;
        *dirty |= blanks(cursor);
        *more = true;
        return !object || name_pass(cursor, dirty);
    }
    return true;
}

static bool container_pass(struct cursor *cursor, bool *dirty)
{
    struct nesting nesting = {.depth = 0};
    for (bool more = true; more;) {
        enum token_kind kind;
        if (!cursor_peek(cursor, &kind)) {
            return false;
        }
        if (kind == TOKEN_OBJECT || kind == TOKEN_ARRAY) {
            bool object = kind == TOKEN_OBJECT;
            if (!nesting_push(&nesting, object)) {
                return false;
            }
            cursor->at++;
            *dirty |= blanks(cursor);
            if (cursor->at == cursor->end) {
                return false;
            }
            if (*cursor->at != (object ? '}' : ']')) {
                if (object && !name_pass(cursor, dirty)) {
                    return false;
                }
                continue;
            }
        } else if (!scalar_pass(cursor, kind, dirty)) {
            return false;
        }
        if (!after_value(cursor, &nesting, dirty, &more)) {
            return false;
        }
    }
    return true;
}

bool cursor_value(struct cursor *cursor, struct token *out)
{
    if (!cursor_peek(cursor, &out->kind)) {
        return false;
    }
    const char *from = cursor->at;
    out->dirty = false;
    bool container = out->kind == TOKEN_OBJECT || out->kind == TOKEN_ARRAY;
    if (!(container ? container_pass(cursor, &out->dirty)
                    : scalar_pass(cursor, out->kind, &out->dirty))) {
        return false;
    }
    bool string = out->kind == TOKEN_STRING;
    out->text = from + string;
    out->size = (size_t)(cursor->at - from) - (string ? 2 : 0);
    return true;
}

bool cursor_open(struct cursor *cursor, char bracket)
{
    cursor_space(cursor);
    if (cursor->at == cursor->end || *cursor->at != bracket) {
        return false;
    }
    cursor->at++;
    return true;
}

bool cursor_more(struct cursor *cursor, char close, bool *first, bool *ok)
{
    cursor_space(cursor);
    *ok = cursor->at < cursor->end;
    if (!*ok) {
        return false;
    }
    if (*cursor->at == ',' && !*first) {
        cursor->at++;
        cursor_space(cursor);
        *ok = cursor->at < cursor->end;
    } else if (!*first && *cursor->at != close) {
        *ok = false;
    }
    *first = false;
    if (*ok && *cursor->at == close) {
        cursor->at++;
        return false;
    }
    return *ok;
}

bool cursor_name(struct cursor *cursor, struct token *name)
{
    cursor_space(cursor);
    if (cursor->at == cursor->end || *cursor->at != '"') {
        return false;
    }
    const char *from = ++cursor->at;
    name->kind = TOKEN_STRING;
    name->dirty = false;
    if (!string_pass(cursor, &name->dirty)) {
        return false;
    }
    name->text = from;
    name->size = (size_t)(cursor->at - from) - 1;
    cursor_space(cursor);
    if (cursor->at == cursor->end || *cursor->at != ':') {
        return false;
    }
    cursor->at++;
    return true;
}

bool bytes_are_ascii(const char *bytes, size_t size)
{
    const char *end = bytes + size;
#ifdef __SSE2__
    __m128i all = _mm_setzero_si128();
    for (; end - bytes >= 16; bytes += 16) {
        all = _mm_or_si128(all, _mm_loadu_si128((const __m128i *)(const void *)bytes));
    }
    if (_mm_movemask_epi8(all)) {
        return false;
    }
#endif
    unsigned char rest = 0;
    while (bytes < end) {
        rest |= (unsigned char)*bytes++;
    }
    return rest < 128;
}
