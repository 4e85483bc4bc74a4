#include "aws/endpoint.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct partition {
    const char *name, *regions; /* what its regions' names begin with */
    const char *suffix, *dual_suffix;
    const char *global; /* the region of services that have one for the partition */
} partitions[] = {
    {"aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-northwest-1"},
    {"aws-us-gov", "us-gov-", "amazonaws.com", "api.aws", "us-gov-west-1"},
    {"aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1"},
    {"aws-iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1"},
    {"aws-iso-b", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1"},
    {"aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1"},
    {"aws-iso-f", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1"},
    {"aws", "", "amazonaws.com", "api.aws", "us-east-1"},
};

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define OVERRIDES "It comes from AWS_ENDPOINT_URL..., or endpoint_url in ~/.aws/config."

enum variant { STD = 1, FIPS = 2, DUAL = 4, BOTH = 8, ALL = 15 };

/* What differs from {prefix}[-fips].{region}.{suffix}. $P is the prefix, $R the region to sign for,
 * $S the suffix of this variant; "": there is none. `global`: one region for the whole partition.
 * The first row that fits counts. */
static const struct special {
    const char *services;  /* with blanks around each */
    const char *partition; /* NULL: every one */
    unsigned variants;
    const char *host;
    const char *region; /* to sign for; NULL: the call's; "global": the partition's */
} specials[] = {
    {" iam ", "aws", STD, "iam.$S", "global"},
    {" iam ", "aws", FIPS, "iam-fips.$S", "global"},
    {" iam ", "aws", DUAL, "iam.global.$S", "global"},
    {" iam ", "aws", BOTH, "iam-fips.global.$S", "global"},
    {" iam ", "aws-cn", STD, "iam.$R.$S", "cn-north-1"},
    {" iam ", "aws-cn", DUAL, "iam.global.$S", "cn-north-1"},
    {" iam ", "aws-cn", FIPS | BOTH, "iam-fips.$S", "cn-north-1"},
    {" iam ", "aws-us-gov", ALL, "iam.us-gov.$S", "global"},
    {" iam ", "aws-eusc", DUAL, "iam.global.$S", "global"},
    {" iam ", "aws-iso", FIPS, "iam-fips.$R.$S", "global"},
    {" iam ", "aws-iso-b", FIPS, "iam-fips.$R.$S", "global"},
    {" iam ", NULL, STD, "iam.$R.$S", "global"},
    {" iam ", NULL, DUAL, "iam.$S", "global"},
    {" iam ", NULL, FIPS | BOTH, "iam-fips.$S", "global"},
    {" organizations ", "aws-us-gov", FIPS | BOTH, "$P.$R.$S", "global"},
    {" organizations ", NULL, STD | DUAL, "$P.$R.$S", "global"},
    {" organizations ", NULL, FIPS | BOTH, "$P-fips.$R.$S", "global"},
    {" support ", "aws-cn", STD, "$P.$R.$S", "cn-north-1"},
    {" support ", "aws-us-gov", FIPS, "$P.$R.$S", "global"},
    {" support ", "aws-iso-f", STD, "$P.$R.$S", NULL},
    {" support ", NULL, STD, "$P.$R.$S", "global"},
    /* the rule sets say health.$R; the service answers in its active region, behind
       global.health.amazonaws.com */
    {" health ", "aws", STD | DUAL, "$P.$R.$S", "global"},
    {" health ", "aws-eusc", STD, "$P.$R.api.amazonwebservices.eu", NULL},
    {" health ", "aws-eusc", FIPS, "$P-fips.$R.api.amazonwebservices.eu", NULL},
    {" s3 s3control ", "aws-cn", FIPS | BOTH, "", NULL},
    {" s3 s3control ", NULL, DUAL, "$P.dualstack.$R.$X", NULL},
    {" s3 s3control ", NULL, BOTH, "$P-fips.dualstack.$R.$X", NULL},
    {" signin ", "aws", STD, "$R.signin.aws.amazon.com", NULL},
    {" signin ", "aws-cn", STD, "$R.signin.amazonaws.cn", NULL},
    {" signin ", "aws-us-gov", STD, "$R.signin.amazonaws-us-gov.com", NULL},
    {" signin ", "aws-us-gov", FIPS, "$R.signin-fips.amazonaws-us-gov.com", NULL},
    {" signin ", "aws-eusc", STD, "$R.signin.amazonaws-eusc.eu", NULL},
    {" signin ", "aws-iso", STD, "$R.signin.c2shome.ic.gov", NULL},
    {" signin ", "aws-iso-b", STD, "$R.signin.sc2shome.sgov.gov", NULL},
    {" signin ", "aws-iso-e", STD, "$R.signin.csphome.adc-e.uk", NULL},
    {" signin ", "aws-iso-f", STD, "$R.signin.csphome.hci.ic.gov", NULL},
    /* in GovCloud the plain name of these is FIPS */
    {" sts ec2 sso sso-oidc sso-admin identitystore ram autoscaling elb elbv2 ssm cloudtrail "
     "guardduty ",
     "aws-us-gov", FIPS, "$P.$R.$S", NULL},
    {NULL, NULL, STD | DUAL, "$P.$R.$S", NULL},
    {NULL, NULL, FIPS | BOTH, "$P-fips.$R.$S", NULL},
};

static const struct partition *partition_of(const char *region)
{
    size_t i = 0;
    while (strncmp(region, partitions[i].regions, strlen(partitions[i].regions)) != 0)
        i++;
    return &partitions[i];
}

const char *aws_partition(const char *region)
{
    return partition_of(region)->name;
}

/* Letters, digits and dashes: what else would change the host. */
bool aws_is_region(const char *region)
{
    size_t parts = 0, size = strlen(region), part = 0;
    for (const char *at = region; size < 40; at += part + 1) {
        part = strspn(at, parts < 2 ? LETTERS : LETTERS "0123456789");
        bool number = strspn(at, "0123456789") == part;
        if (!part || (at[part] && at[part] != '-'))
            return false;
        if (!at[part])
            return parts >= 2 && number;
        parts++;
    }
    return false;
}

static const struct special *special_of(const struct aws_service *service, const char *partition,
                                        unsigned variant)
{
    char name[64];
    (void)snprintf(name, sizeof name, " %s ", service->name);
    size_t i = 0;
    while (!(specials[i].variants & variant) ||
           (specials[i].partition && strcmp(specials[i].partition, partition) != 0) ||
           (specials[i].services && !strstr(specials[i].services, name)))
        i++;
    return &specials[i];
}

static char *fill(struct arena *arena, const char *form, const struct aws_service *service,
                  const struct partition *partition, const struct aws_endpoint *endpoint, bool dual)
{
    struct buf host;
    buf_init(&host, 300);
    for (; *form; form++) {
        if (*form != '$') {
            buf_addc(&host, *form);
            continue;
        }
        form++;
        buf_adds(&host, *form == 'P'   ? service->prefix
                        : *form == 'R' ? endpoint->region
                        : *form == 'X' ? partition->suffix
                        : dual         ? partition->dual_suffix
                                       : partition->suffix);
    }
    char *text = buf_to_arena(&host, arena);
    buf_release(&host);
    return text;
}

/* An address the analyst gave: scheme, host with its port, path. */
static bool take_override(const struct aws_place *place, struct arena *arena,
                          struct aws_endpoint *out, struct error *err)
{
    const char *address = place->override;
    bool secure = strncasecmp(address, "https://", 8) == 0;
    if (!secure && strncasecmp(address, "http://", 7) != 0)
        return error_set(err, ERROR_USAGE, "an endpoint is no http:// or https:// address: %.200s",
                         address) ||
               error_hint(err, OVERRIDES);
    const char *host = address + (secure ? 8 : 7);
    size_t size = strcspn(host, "/?#");
    if (!size || host[strcspn(host, "?# @\\")])
        return error_set(err, ERROR_USAGE, "an endpoint is no plain address: %.200s", address) ||
               error_hint(err, OVERRIDES);
    const char *path = host + size;
    size_t length = strlen(path);
    while (length && path[length - 1] == '/')
        length--;
    char *name = arena_strndup(arena, host, size), *port = strrchr(name, ':');
    out->origin = arena_printf(arena, "%s%s", secure ? "https://" : "http://", name);
    if (port && strcmp(port, secure ? ":443" : ":80") == 0)
        *port = '\0';
    out->host = name;
    out->path = arena_strndup(arena, path, length);
    out->given = true;
    return true;
}

bool aws_endpoint(const struct aws_service *service, const struct aws_place *place,
                  struct arena *arena, struct aws_endpoint *out, struct error *err)
{
    if (!place->region || !aws_is_region(place->region))
        return error_set(err, ERROR_USAGE, "\"%.60s\" is no region",
                         place->region ? place->region : "") ||
               error_hint(err, "%%set region eu-west-1, or AWS_REGION.");
    const struct partition *partition = partition_of(place->region);
    unsigned variant = place->fips         ? place->dual_stack ? BOTH : FIPS
                       : place->dual_stack ? DUAL
                                           : STD;
    const struct special *special = special_of(service, partition->name, variant);
    *out = (struct aws_endpoint){.path = "", .region = arena_strdup(arena, place->region)};
    if (special->region)
        out->region = strcmp(special->region, "global") == 0 ? partition->global : special->region;
    if (place->override)
        return take_override(place, arena, out, err);
    if (!*special->host)
        return error_set(err, ERROR_UNAVAILABLE, "%s has no FIPS endpoint in %s", service->name,
                         partition->name);
    out->host = fill(arena, special->host, service, partition, out, place->dual_stack);
    out->origin = arena_printf(arena, "https://%s", out->host);
    return true;
}
