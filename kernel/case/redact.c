#include "case/redact.h"

#include <ctype.h>
#include <string.h>

#define NAME_MOST 64
#define PEM_BEGIN "-----BEGIN "
#define PEM_END "-----END "

/* Lower case, without blanks, _ and -. A name that ends with one of these holds a secret. */
static const char *const secrets[] = {
    "secretaccesskey",
    "secretkey",
    "sessiontoken",
    "securitytoken",
    "password",
    "passwd",
    "privatekey",
    "privatekeypem",
    "keymaterial",
    "userdata",
    "clientsecret",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "bearertoken",
    "secretstring",
    "secretbinary",
    "passworddata",
    "base32stringseed",
    "qrcodepng",
    "authenticationcode1",
    "authenticationcode2",
    "authorization",
    "credentialsecret",
    "xamzsignature",
    "apikeysecret",
    "privatekeyplaintext",
};

static size_t plain_name(const char *name, size_t size, char out[static NAME_MOST])
{
    size_t used = 0;
    for (size_t i = 0; i < size && used < NAME_MOST - 1; i++)
        if (name[i] != '_' && name[i] != '-' && name[i] != ' ')
            out[used++] = (char)tolower((unsigned char)name[i]);
    out[used] = '\0';
    return used;
}

bool redact_is_secret(const char *name, size_t size)
{
    char plain[NAME_MOST];
    if (size >= NAME_MOST) { /* its end decides */
        name += size - (NAME_MOST - 1);
        size = NAME_MOST - 1;
    }
    size_t length = plain_name(name, size, plain);
    for (size_t i = 0; i < COUNT(secrets); i++) {
        size_t secret = strlen(secrets[i]);
        if (length >= secret && memcmp(plain + length - secret, secrets[i], secret) == 0)
            return true;
    }
    return false;
}

static bool is_name_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static size_t skip(const char *text, size_t size, size_t at, const char *set)
{
    while (at < size && text[at] && strchr(set, text[at]))
        at++;
    return at;
}

/* Where a value ends that begins at `at`: in quotes at the same quote (`escaped`: at \"), else at a
 * blank or a sign that separates. */
static size_t value_end(const char *text, size_t size, size_t at, char quote, bool escaped)
{
    for (; at < size; at++) {
        char c = text[at];
        if (!quote && (isspace((unsigned char)c) || strchr(",;&\"'})]\\", c)))
            break;
        if (quote && (c == '\n' || c == quote || (escaped && c == '\\')))
            break;
        if (quote && c == '\\')
            at++;
    }
    return at < size ? at : size;
}

/* Behind a secret's name: where its value begins and ends, for `name = "v"`, `"name": "v"`,
 * `name=v`, `'name' => v`. False: none is given. */
static bool value_behind(const char *text, size_t size, size_t at, size_t *begin, size_t *end)
{
    size_t sign = skip(text, size, at, "\"'\\ \t");
    if (sign == size || (text[sign] != '=' && text[sign] != ':'))
        return false;
    size_t value = skip(text, size, sign + 1, "> \t\\");
    char quote = value < size && (text[value] == '"' || text[value] == '\'') ? text[value] : '\0';
    bool escaped = quote && text[value - 1] == '\\';
    *begin = value + (quote ? 1 : 0);
    *end = value_end(text, size, *begin, quote, escaped);
    bool done =
        size - *begin >= strlen(REDACTED) && memcmp(text + *begin, REDACTED, strlen(REDACTED)) == 0;
    return *end > *begin && !done;
}

static const char *find(const char *text, size_t size, const char *what)
{
    size_t length = strlen(what);
    for (const char *at = text; size >= length; at++, size--) {
        const char *first = memchr(at, what[0], size - length + 1);
        if (!first)
            return NULL;
        size -= (size_t)(first - at);
        at = first;
        if (memcmp(at, what, length) == 0)
            return at;
    }
    return NULL;
}

/* "-----BEGIN RSA PRIVATE KEY-----...-----END ...-----": bytes of it; 0: none begins here. */
static size_t pem_size(const char *text, size_t size)
{
    if (size < strlen(PEM_BEGIN) || memcmp(text, PEM_BEGIN, strlen(PEM_BEGIN)) != 0)
        return 0;
    size_t head = size < 80 ? size : 80;
    if (!find(text, head, "PRIVATE KEY"))
        return 0;
    const char *end = find(text, size, PEM_END);
    if (!end)
        return size;
    size_t at = (size_t)(end - text) + strlen(PEM_END);
    while (at < size && text[at] != '\n' && text[at] != '"')
        at++;
    return at;
}

bool redact_text(struct buf *out, const char *text, size_t size)
{
    bool taken = false;
    size_t at = 0, copied = 0;
    while (at < size) {
        size_t begin = at, end = at, pem = text[at] == '-' ? pem_size(text + at, size - at) : 0;
        if (pem) {
            end = at + pem;
        } else if (is_name_byte(text[at])) {
            size_t name = at;
            while (at < size && is_name_byte(text[at]))
                at++;
            if (!redact_is_secret(text + name, at - name) ||
                !value_behind(text, size, at, &begin, &end))
                continue;
        } else {
            at++;
            continue;
        }
        buf_add(out, text + copied, begin - copied);
        buf_adds(out, REDACTED);
        at = copied = end;
        taken = true;
    }
    buf_add(out, text + copied, size - copied);
    return taken;
}

static json_t *redact_string(json_t *value)
{
    const char *text = json_string_value(value);
    size_t size = json_string_length(value);
    struct buf out;
    buf_init(&out, 2 * size + 64);
    bool taken = redact_text(&out, text, size);
    json_t *made = taken ? json_text(out.data, out.size) : json_incref(value);
    buf_release(&out);
    return made;
}

static json_t *redact_list(json_t *list)
{
    json_t *made = json_array();
    for (size_t i = 0; i < json_array_size(list); i++)
        (void)json_array_append_new(made, redact_json(json_array_get(list, i)));
    return made;
}

static json_t *redact_object(json_t *object)
{
    json_t *made = json_object(), *value;
    const char *name;
    json_object_foreach(object, name, value)
    {
        bool secret =
            redact_is_secret(name, strlen(name)) && !json_is_null(value) && !json_is_boolean(value);
        (void)json_object_set_new(made, name, secret ? json_string(REDACTED) : redact_json(value));
    }
    return made;
}

json_t *redact_json(json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return redact_object(value);
    case JSON_ARRAY:
        return redact_list(value);
    case JSON_STRING:
        return redact_string(value);
    default:
        return json_incref(value);
    }
}
