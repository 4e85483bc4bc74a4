#include "net/curl_api.h"

#include "base/secret.h"

#include <dlfcn.h>
#include <string.h>

#define LIBRARY "libcurl.so.4"
#define OLDEST_VERSION 0x075700U /* 7.87.0 */

static const struct {
    const char *name;
    size_t offset;
} symbols[] = {
    {"curl_version", offsetof(struct curl_api, version)},
    {"curl_easy_init", offsetof(struct curl_api, easy_init)},
    {"curl_easy_cleanup", offsetof(struct curl_api, easy_cleanup)},
    {"curl_easy_setopt", offsetof(struct curl_api, easy_setopt)},
    {"curl_easy_getinfo", offsetof(struct curl_api, easy_getinfo)},
    {"curl_easy_pause", offsetof(struct curl_api, easy_pause)},
    {"curl_slist_append", offsetof(struct curl_api, slist_append)},
    {"curl_slist_free_all", offsetof(struct curl_api, slist_free_all)},
    {"curl_multi_init", offsetof(struct curl_api, multi_init)},
    {"curl_multi_cleanup", offsetof(struct curl_api, multi_cleanup)},
    {"curl_multi_setopt", offsetof(struct curl_api, multi_setopt)},
    {"curl_multi_add_handle", offsetof(struct curl_api, multi_add_handle)},
    {"curl_multi_remove_handle", offsetof(struct curl_api, multi_remove_handle)},
    {"curl_multi_socket_action", offsetof(struct curl_api, multi_socket_action)},
    {"curl_multi_info_read", offsetof(struct curl_api, multi_info_read)},
};

/* Needed once, before all others. */
struct start {
    CURLcode (*init)(long, curl_malloc_callback, curl_free_callback, curl_realloc_callback,
                     curl_strdup_callback, curl_calloc_callback);
    curl_version_info_data *(*version)(CURLversion);
};

static bool find(void *library, const char *name, void *into, struct error *err)
{
    void *symbol = dlsym(library, name);
    memcpy(into, &symbol, sizeof symbol); /* POSIX: dlsym's object pointer is a function's */
    return symbol || error_set(err, ERROR_UNAVAILABLE, LIBRARY " has no %s", name);
}

bool curl_api_load(struct curl_api *api, struct error *err)
{
    struct start start = {0};
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL); /* stays: threads of it may run */
    bool ok =
        library || error_set(err, ERROR_UNAVAILABLE, "libcurl cannot be loaded: %s", dlerror());
    ok = ok && find(library, "curl_global_init_mem", &start.init, err) &&
         find(library, "curl_version_info", &start.version, err);
    for (size_t i = 0; i < COUNT(symbols) && ok; i++)
        ok = find(library, symbols[i].name, (char *)api + symbols[i].offset, err);
    if (ok && start.version(CURLVERSION_NOW)->version_num < OLDEST_VERSION)
        ok = error_set(err, ERROR_UNAVAILABLE, "libcurl %s is too old",
                       start.version(CURLVERSION_NOW)->version);
    /* counted by libcurl: only the first call takes effect */
    if (ok && start.init(CURL_GLOBAL_DEFAULT, secret_malloc, secret_free, secret_realloc,
                         secret_strdup, secret_calloc) != CURLE_OK)
        ok = error_set(err, ERROR_UNAVAILABLE, "libcurl does not start");
    return ok || error_hint(err, "AWS and Trino need libcurl 7.87 or later (Debian: libcurl4). "
                                 "Everything else works without it.");
}
