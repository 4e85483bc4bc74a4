/* An OpenSSL that knows no MD5, as under FIPS, for tests: preloaded into a program.
 *
 *   cc -shared -fPIC -o nomd5.so tests/shim/nomd5.c
 */
int MD5_Init(void *context);

int MD5_Init(void *context)
{
    (void)context;
    return 0;
}
