#include "aws/client.h"
#include "aws/xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool config_read(struct aws *aws, struct error *err)
{
    if (aws->profiles_read)
        return true;
    aws->profiles_read = aws_profiles_read(aws->arena, &aws->profiles, err);
    return aws->profiles_read;
}

const char *config_profile_named(const struct aws_settings *settings)
{
    static const char *const variables[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"};
    if (settings->profile)
        return settings->profile;
    for (size_t i = 0; i < COUNT(variables); i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            return value;
    }
    return "default";
}

const char *config_value(const struct aws *aws, const char *variable, const char *key)
{
    const char *value = variable ? getenv(variable) : NULL;
    if (value && *value)
        return value;
    return key ? aws_profiles_get(&aws->profiles, "profile", aws->profile, key) : NULL;
}

bool config_is_true(const struct aws *aws, const char *variable, const char *key)
{
    const char *value = config_value(aws, variable, key);
    return value && strcasecmp(value, "true") == 0;
}

int config_attempts(const struct aws *aws)
{
    const char *value = config_value(aws, "AWS_MAX_ATTEMPTS", "max_attempts");
    long attempts = value ? strtol(value, NULL, 10) : 0;
    return attempts < 1 ? 3 : attempts > 10 ? 10 : (int)attempts;
}

/* "AWS_ENDPOINT_URL_STS", AWS_ENDPOINT_URL, the profile's services section, its endpoint_url. */
static const char *override_of(const struct aws *aws, const struct aws_service *service)
{
    char variable[80], key[80];
    if (config_is_true(aws, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                       "ignore_configured_endpoint_urls"))
        return NULL;
    (void)snprintf(variable, sizeof variable, "AWS_ENDPOINT_URL_%s", service->id);
    const char *value = config_value(aws, variable, NULL);
    if (!value)
        value = config_value(aws, "AWS_ENDPOINT_URL", NULL);
    const char *services = config_value(aws, NULL, "services");
    if (value || !services)
        return value ? value : config_value(aws, NULL, "endpoint_url");
    (void)snprintf(key, sizeof key, "%s.endpoint_url", service->id);
    for (char *c = key; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c);
    value = aws_profiles_get(&aws->profiles, "services", services, key);
    return value ? value : config_value(aws, NULL, "endpoint_url");
}

bool config_place(struct aws *aws, const struct aws_service *service, const char *region,
                  struct aws_place *out, struct error *err)
{
    if (!config_read(aws, err))
        return false;
    *out = (struct aws_place){
        .region = region,
        .override = override_of(aws, service),
        .fips = config_is_true(aws, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
        .dual_stack = config_is_true(aws, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"),
    };
    return region || aws_region(aws, &out->region, err);
}

const char *aws_profile(struct aws *aws)
{
    return aws->profile;
}

bool aws_region(struct aws *aws, const char **region, struct error *err)
{
    if (!config_read(aws, err))
        return false;
    if (aws->settings.region)
        aws->region = aws->settings.region;
    if (!aws->region)
        aws->region = config_value(aws, "AWS_REGION", NULL);
    if (!aws->region)
        aws->region = config_value(aws, "AWS_DEFAULT_REGION", "region");
    if (!aws->region) {
        struct chain chain = {.aws = aws, .arena = aws->arena, .profile = aws->profile};
        struct error ignored;
        error_clear(&ignored);
        if (!chain_imds_region(&chain, &aws->region, &ignored))
            return error_set(err, ERROR_USAGE, "no region is set") ||
                   error_hint(err, "%%set region eu-west-1, AWS_REGION, or region in %s.",
                              aws->profiles.config_path);
    }
    *region = aws->region;
    return true;
}

const char *aws_own_instance(struct aws *aws, struct cancel *cancel)
{
    struct error ignored;
    error_clear(&ignored);
    if (aws->own_instance)
        return aws->own_instance;
    struct chain chain = {
        .aws = aws, .arena = aws->arena, .cancel = cancel, .profile = aws->profile};
    if (!config_read(aws, &ignored) || !chain_imds_instance(&chain, &aws->own_instance, &ignored))
        aws->own_instance = "";
    return aws->own_instance;
}

bool aws_grounds(struct aws *aws, struct aws_grounds *out, struct error *err)
{
    static const char *const proxies[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    struct error missing;
    error_clear(&missing);
    *out = (struct aws_grounds){.curl = http_library(&missing), .xml = xml_library(&missing)};
    if (!config_read(aws, err))
        return false;
    out->ca_file = config_value(aws, "AWS_CA_BUNDLE", "ca_bundle");
    out->endpoint = config_value(aws, "AWS_ENDPOINT_URL", "endpoint_url");
    for (size_t i = 0; i < COUNT(proxies) && !out->proxy; i++)
        out->proxy = config_value(aws, proxies[i], NULL);
    return true;
}
