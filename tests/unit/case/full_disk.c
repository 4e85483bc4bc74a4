/* The tests' own disk that fills: the shim's functions stand before those of libc in this program.
 */
#include "tests/shim/enospc.c" /* NOLINT(bugprone-suspicious-include): one source, preloaded or linked */
