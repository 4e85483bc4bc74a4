/* A libzmq that was built without CURVE, for tests: preloaded into a program, it says so when asked
 * and refuses CURVE's options, as such a build does.
 *
 *   cc -shared -fPIC -o nocurve.so tests/shim/nocurve.c
 */
#include <errno.h>
#include <string.h>

int zmq_has(const char *capability);
int zmq_curve_public(char *public_key, const char *secret_key);

int zmq_has(const char *capability)
{
    return strcmp(capability, "curve") != 0;
}

int zmq_curve_public(char *public_key, const char *secret_key)
{
    (void)public_key;
    (void)secret_key;
    errno = ENOTSUP;
    return -1;
}
