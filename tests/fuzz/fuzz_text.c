/* Any bytes through every escaper: what must hold for the hostile strings must hold for all. */
#include "base/base.h"
#include "base/text.h"
#include "tests/unit/text_properties.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    const char *broken = text_properties_broken(bytes, size);
    if (broken) {
        (void)fprintf(stderr, "%s\n", broken);
        abort();
    }
    size_t half = size / 2;
    if (text_width(bytes, size) > size || text_points(bytes, size) > size ||
        text_cut(bytes, size, half) > half)
        abort();
    if (text_offset(bytes, size, half) > size)
        abort();
    return 0;
}
