#include "engine/athena_price.h"

#include "base/base.h"

#include <string.h>

#define MEGABYTE 1000000
#define LEAST_MEGABYTES 10
#define COMMON_USD 5.0

/* Regions whose price is known; the common price is that of most others too. */
static const struct {
    const char *region;
    double usd;
} prices[] = {
    {"us-east-1", COMMON_USD},
    {"us-east-2", COMMON_USD},
    {"us-west-2", COMMON_USD},
    {"eu-west-1", COMMON_USD},
    {"eu-west-2", COMMON_USD},
    {"eu-central-1", COMMON_USD},
    {"ap-northeast-1", COMMON_USD},
    {"ap-southeast-1", COMMON_USD},
    {"ap-southeast-2", COMMON_USD},
    {"ap-south-1", COMMON_USD},
    {"us-west-1", 6.75},
    {"sa-east-1", 9.0},
};

struct athena_price athena_price(const char *region)
{
    for (size_t i = 0; i < COUNT(prices); i++)
        if (region && strcmp(prices[i].region, region) == 0)
            return (struct athena_price){prices[i].usd, true};
    return (struct athena_price){COMMON_USD, false};
}

double athena_cost(struct athena_price price, int64_t bytes)
{
    int64_t megabytes = (bytes + MEGABYTE - 1) / MEGABYTE;
    if (megabytes < LEAST_MEGABYTES)
        megabytes = LEAST_MEGABYTES;
    return (double)megabytes * MEGABYTE / 1e12 * price.usd;
}
