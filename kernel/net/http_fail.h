/* http_fail - what went wrong with a transfer, in an analyst's words. For http.c. */
#ifndef COFFERDAM_NET_HTTP_FAIL_H
#define COFFERDAM_NET_HTTP_FAIL_H

#include "base/error.h"

#include <curl/curl.h>

/* Sets `err` from libcurl's code and its own words; false. */
bool http_fail(CURLcode code, const char *words, struct error *err);

#endif
