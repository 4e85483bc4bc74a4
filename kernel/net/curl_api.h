/* curl_api - libcurl's functions, found at the first request.
 *
 * Linking libcurl would cost every start of the kernel several milliseconds; loading it costs them
 * once, in the cell that needs it. All memory of libcurl comes from base/secret.h.
 */
#ifndef COFFERDAM_NET_CURL_API_H
#define COFFERDAM_NET_CURL_API_H

#include "base/error.h"

#include <curl/curl.h>

struct curl_api {
    char *(*version)(void);
    CURL *(*easy_init)(void);
    void (*easy_cleanup)(CURL *);
    CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
    CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
    CURLcode (*easy_pause)(CURL *, int);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
    CURLM *(*multi_init)(void);
    CURLMcode (*multi_cleanup)(CURLM *);
    CURLMcode (*multi_setopt)(CURLM *, CURLMoption, ...);
    CURLMcode (*multi_add_handle)(CURLM *, CURL *);
    CURLMcode (*multi_remove_handle)(CURLM *, CURL *);
    CURLMcode (*multi_socket_action)(CURLM *, curl_socket_t, int, int *);
    CURLMsg *(*multi_info_read)(CURLM *, int *);
};

/* False with ERROR_UNAVAILABLE where there is no libcurl 7.87 or later (CURLOPT_QUICK_EXIT). Any
 * thread. */
bool curl_api_load(struct curl_api *api, struct error *err);

#endif
