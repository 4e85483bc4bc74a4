/* One CloudTrail event as AWS writes it. */
#include "example/example_state.h"

#include "base/time.h"

#include <stdlib.h>
#include <string.h>

const char *caller_arn(const struct example *example, const struct caller *caller,
                       struct arena *arena)
{
    const char *account = example->accounts[caller->account];
    if (strcmp(caller->type, "AssumedRole") == 0)
        return arena_printf(arena, "arn:aws:sts::%s:assumed-role/%s/%s", account, caller->name,
                            caller->session);
    if (strcmp(caller->type, "FederatedUser") == 0)
        return arena_printf(arena, "arn:aws:sts::%s:federated-user/%s", account, caller->session);
    if (strcmp(caller->type, "Root") == 0)
        return arena_printf(arena, "arn:aws:iam::%s:root", account);
    return arena_printf(arena, "arn:aws:iam::%s:user/%s", account, caller->name);
}

static void set(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, text ? json_texts(text) : json_null());
}

static const char *iso_second(int64_t time, char out[static TIME_TEXT_SIZE])
{
    (void)time_iso(time / SECOND * SECOND, out);
    char *dot = strchr(out, '.');
    if (dot)
        memcpy(dot, "Z", 2);
    return out;
}

static json_t *session_context(const struct example *example, const struct event *event)
{
    const struct caller *caller = &event->caller;
    char time[TIME_TEXT_SIZE];
    json_t *context = json_object(), *attributes = json_object();
    set(attributes, "creationDate", iso_second(event->time / HOUR * HOUR - 10 * MINUTE, time));
    set(attributes, "mfaAuthenticated", caller->mfa ? "true" : "false");
    if (strcmp(caller->type, "AssumedRole") == 0) {
        json_t *issuer = json_object();
        set(issuer, "type", "Role");
        set(issuer, "principalId", caller->principal);
        set(issuer, "arn",
            arena_printf(example->arena, "arn:aws:iam::%s:role/%s",
                         example->accounts[caller->account], caller->name));
        set(issuer, "accountId", example->accounts[caller->account]);
        set(issuer, "userName", caller->name);
        json_object_set_new(context, "sessionIssuer", issuer);
    }
    json_object_set_new(context, "attributes", attributes);
    return context;
}

static json_t *identity(const struct example *example, const struct event *event)
{
    const struct caller *caller = &event->caller;
    json_t *user = json_object();
    set(user, "type", caller->type);
    if (strcmp(caller->type, "AWSService") == 0) {
        set(user, "invokedBy", caller->service);
        return user;
    }
    bool session = strcmp(caller->type, "AssumedRole") == 0;
    set(user, "principalId",
        session ? arena_printf(example->arena, "%s:%s", caller->principal, caller->session)
                : caller->principal);
    set(user, "arn", caller_arn(example, caller, example->arena));
    set(user, "accountId", example->accounts[caller->account]);
    if (caller->key)
        set(user, "accessKeyId", caller->key);
    if (strcmp(caller->type, "IAMUser") == 0)
        set(user, "userName", caller->name);
    if (session || caller->console || (caller->key && strncmp(caller->key, "ASIA", 4) == 0))
        json_object_set_new(user, "sessionContext", session_context(example, event));
    if (caller->service)
        set(user, "invokedBy", caller->service);
    return user;
}

static bool is_read(const char *operation)
{
    static const char *const prefixes[] = {"Get",    "List",     "Describe", "Head",
                                           "Lookup", "BatchGet", "Search"};
    for (size_t i = 0; i < COUNT(prefixes); i++)
        if (strncmp(operation, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

static json_t *body(struct example *example, struct event *event)
{
    char time[TIME_TEXT_SIZE], request_id[40];
    chance_uuid(example, event->id);
    chance_uuid(example, request_id);
    json_t *object = json_object();
    set(object, "eventVersion", "1.09");
    json_object_set_new(object, "userIdentity", identity(example, event));
    set(object, "eventTime", iso_second(event->time, time));
    set(object, "eventSource", event->service);
    set(object, "eventName", event->operation);
    set(object, "awsRegion", example->regions[event->region]);
    set(object, "sourceIPAddress", event->caller.service ? event->caller.service : event->address);
    set(object, "userAgent", event->caller.service ? event->caller.service : event->agent);
    if (event->error) {
        set(object, "errorCode", event->error);
        set(object, "errorMessage",
            event->message ? event->message : "User is not authorized to perform this operation");
    }
    json_object_set_new(object, "requestParameters", event->request ? event->request : json_null());
    json_object_set_new(object, "responseElements",
                        event->response && !event->error ? event->response : json_null());
    if (event->error)
        json_decref(event->response);
    if (event->additional)
        json_object_set_new(object, "additionalEventData", event->additional);
    set(object, "requestID", request_id);
    set(object, "eventID", event->id);
    json_object_set_new(object, "readOnly", json_boolean(is_read(event->operation)));
    set(object, "eventType", event->signin ? "AwsConsoleSignIn" : "AwsApiCall");
    json_object_set_new(object, "managementEvent", json_boolean(!event->data));
    set(object, "recipientAccountId", example->accounts[event->account]);
    set(object, "eventCategory", event->data ? "Data" : "Management");
    if (!event->caller.service && !event->signin) {
        json_t *tls = json_object();
        set(tls, "tlsVersion", "TLSv1.3");
        set(tls, "cipherSuite", "TLS_AES_128_GCM_SHA256");
        set(tls, "clientProvidedHostHeader",
            arena_printf(example->arena, "%.*s.%s.amazonaws.com", (int)strcspn(event->service, "."),
                         event->service, example->regions[event->region]));
        json_object_set_new(object, "tlsDetails", tls);
    }
    return object;
}

static void count(struct example *example, const struct event *event)
{
    if (!event->caller.key)
        return;
    json_t *counts = json_object_get(example->counts, event->caller.key);
    if (!counts) {
        counts = json_object();
        json_object_set_new(example->counts, event->caller.key, counts);
    }
    json_object_set_new(counts, "calls", json_integer(json_get_int(counts, "calls", 0) + 1));
    if (event->error)
        json_object_set_new(counts, "failed", json_integer(json_get_int(counts, "failed", 0) + 1));
}

void event_write(struct example *example, struct event *event)
{
    size_t day = (size_t)((event->time - EXAMPLE_BEGIN) / DAY) % EXAMPLE_DAYS;
    size_t quarter = (size_t)((event->time - EXAMPLE_BEGIN) % DAY / (6 * HOUR));
    size_t slot =
        (((size_t)event->account * (EXAMPLE_REGIONS + 1) + (size_t)event->region) * EXAMPLE_DAYS +
         day) *
            4 +
        quarter;
    json_t *object = body(example, event);
    char *text = json_dumps(object, JSON_COMPACT);
    struct buf *out = &example->slots[slot];
    if (out->size)
        buf_addc(out, ',');
    buf_adds(out, text);
    example->broken = example->broken || out->full;
    free(text);
    json_decref(object);
    count(example, event);
    example->report->events++;
}
