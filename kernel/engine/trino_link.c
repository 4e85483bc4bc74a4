#include "engine/trino_query.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/secret.h"

#include <string.h>

#define CREDENTIAL_LIMIT ((size_t)64 * 1024)

struct trino_link *trino_link_new(void)
{
    struct trino_link *link = secret_calloc(1, sizeof *link);
    link->secret = arena_new_secret();
    return link;
}

void trino_link_free(struct trino_link *link)
{
    if (!link)
        return;
    http_free(link->http);
    arena_free(link->secret);
    secret_free(link);
}

static void keep(struct trino_link *link, const char *user, const char *kind, const char *value)
{
    arena_reset(link->secret);
    link->user = arena_strdup(link->secret, user);
    link->header = arena_printf(link->secret, "Authorization: %s %s", kind, value);
}

void trino_link_password(struct trino_link *link, const char *user, const char *password)
{
    struct buf plain, coded;
    buf_init_secret(&plain, CREDENTIAL_LIMIT);
    buf_init_secret(&coded, CREDENTIAL_LIMIT);
    buf_addf(&plain, "%s:%s", user, password);
    base64_add(&coded, plain.data, plain.size);
    keep(link, user, "Basic", coded.data);
    buf_release(&coded);
    buf_release(&plain);
}

void trino_link_token(struct trino_link *link, const char *user, const char *token)
{
    keep(link, user, "Bearer", token);
}

struct trino_link *trino_link_copy(const struct trino_link *link)
{
    struct trino_link *copy = trino_link_new();
    if (link->user) {
        copy->user = arena_strdup(copy->secret, link->user);
        copy->header = arena_strdup(copy->secret, link->header);
    }
    return copy;
}

bool trino_link_knows(const struct trino_link *link, const char *user)
{
    return link->user && strcmp(link->user, user) == 0;
}
