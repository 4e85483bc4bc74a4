/* logos - the kernelspec's pictures (kernelspec/), carried in the program so that it can install
 * itself; generated at build. */
#ifndef COFFERDAM_LOGOS_H
#define COFFERDAM_LOGOS_H

#include <stddef.h>

/* logo-svg.svg, logo-32x32.png, logo-64x64.png; sizes in bytes */
extern const unsigned char logo_svg[], logo_32[], logo_64[];
extern const size_t logo_svg_size, logo_32_size, logo_64_size;

#endif
