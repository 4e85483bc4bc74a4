/* athena_price - what Athena bills for a query: bytes scanned, rounded up to megabytes, 10 MB at
 * least, by the region's price. Failed queries and DDL cost nothing, stopped ones what they
 * scanned. Source: AWS's page of Athena's prices.
 */
#ifndef COFFERDAM_ENGINE_ATHENA_PRICE_H
#define COFFERDAM_ENGINE_ATHENA_PRICE_H

#include <stdbool.h>
#include <stdint.h>

struct athena_price {
    double usd;   /* for 10^12 bytes */
    bool certain; /* false: the region is not in our list, and the common price stands in */
};
struct athena_price athena_price(const char *region);

/* USD for a query that scans this many bytes. */
double athena_cost(struct athena_price price, int64_t bytes);

#endif
