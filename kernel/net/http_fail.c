#include "net/http_fail.h"

#include <string.h>

/* What libcurl's codes mean to an analyst. */
static const struct failure {
    CURLcode code;
    const char *message, *hint;
} failures[] = {
    {CURLE_COULDNT_RESOLVE_HOST, "the name cannot be resolved",
     "Check the network, the region's name, and whether a proxy is needed (https_proxy)."},
    {CURLE_COULDNT_RESOLVE_PROXY, "the proxy's name cannot be resolved",
     "Check https_proxy and http_proxy."},
    {CURLE_COULDNT_CONNECT, "no connection",
     "Check the network and the proxy; a VPC endpoint may be needed from here."},
    {CURLE_OPERATION_TIMEDOUT, "no answer in time", "Check the network; run the cell again."},
    {CURLE_PEER_FAILED_VERIFICATION, "the server's certificate is not trusted",
     "A proxy that opens TLS needs its own CA: set AWS_CA_BUNDLE to its PEM file."},
    {CURLE_SSL_CACERT_BADFILE, "the file of trusted certificates cannot be read",
     "Check AWS_CA_BUNDLE or ca_bundle."},
    {CURLE_SSL_CONNECT_ERROR, "TLS cannot be agreed", "The server may need TLS older than 1.2."},
    {CURLE_PARTIAL_FILE, "the answer is cut", "Run the cell again."},
    {CURLE_GOT_NOTHING, "the server closed without an answer", "Run the cell again."},
    {CURLE_RECV_ERROR, "the connection broke", "Run the cell again."},
    {CURLE_SEND_ERROR, "the connection broke while sending", "Run the cell again."},
};

bool http_fail(CURLcode code, const char *words, struct error *err)
{
    static const struct failure refused = {
        CURLE_RECV_ERROR, "the proxy refused",
        "Check https_proxy, and whether the proxy lets AWS's hosts through."};
    const struct failure *found = NULL;
    for (size_t i = 0; i < COUNT(failures) && !found; i++)
        if (failures[i].code == code)
            found = &failures[i];
    if (strncmp(words, "CONNECT tunnel failed", 21) == 0) /* libcurl has no code for it */
        found = &refused;
    (void)error_set(err, ERROR_UNAVAILABLE, "%s", found ? found->message : "the request failed");
    (void)error_detail(err, "%s", words);
    return found ? error_hint(err, "%s", found->hint) : false;
}
