#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

static void sha256_of_known_texts(void **state)
{
    (void)state;
    unsigned char bytes[HASH_SIZE];
    char hex[HASH_HEX_SIZE];
    hash_sha256("abc", 3, bytes); /* FIPS 180-2, appendix B.1 */
    hash_hex(bytes, sizeof bytes, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_sha256("", 0, bytes);
    hash_hex(bytes, sizeof bytes, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    struct hash *hash = hash_new();
    hash_add(hash, "a", 1);
    hash_add(hash, "", 0);
    hash_add(hash, "bc", 2);
    hash_end(hash, bytes);
    hash_hex(bytes, sizeof bytes, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void hmac_gives_the_vectors_of_the_rfcs(void **state)
{
    (void)state;
    static const char question[] = "what do ya want for nothing?";
    static const struct {
        const char *scheme, *hex;
    } rows[] = {
        /* RFC 4231 test case 2, RFC 2202 test case 2 */
        {"hmac-sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {"hmac-sha224", "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"},
        {"hmac-sha384", "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e"
                        "69e2c78b3239ecfab21649"},
        {"hmac-sha512", "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c0"
                        "5a994a6d034f65f8f0e6fd"
                        "caeab1a34d4a6b4b636e070a38bce737"},
        {"hmac-sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
        {"hmac-md5", "750c783e6ab0b503eaa86e310a5db738"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hmac *hmac = hmac_new(rows[i].scheme, "Jefe", 4);
        char hex[129];
        for (int again = 0; again < 2; again++) { /* one key, many messages */
            hmac_begin(hmac);
            hmac_add(hmac, question, 5);
            hmac_add(hmac, question + 5, sizeof question - 6);
            assert_int_equal(hmac_end_hex(hmac, hex), strlen(rows[i].hex));
            assert_string_equal(hex, rows[i].hex);
        }
        hmac_free(hmac);
    }
}

static void keys_longer_than_a_block_are_hashed(void **state)
{
    (void)state;
    char key[131], hex[129];
    memset(key, 0xaa, sizeof key);
    static const char text[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    struct hmac *hmac = hmac_new("hmac-sha256", key, sizeof key); /* RFC 4231 test case 6 */
    hmac_begin(hmac);
    hmac_add(hmac, text, sizeof text - 1);
    (void)hmac_end_hex(hmac, hex);
    assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    hmac_free(hmac);
}

static void unknown_schemes_are_refused(void **state)
{
    (void)state;
    assert_null(hmac_new("hmac-sha3", "k", 1));
    assert_null(hmac_new("", "k", 1));
    assert_null(hmac_new("sha256", "k", 1));
    hmac_free(NULL);
    struct hmac *empty = hmac_new("hmac-sha256", NULL, 0); /* a key of no bytes is a key */
    assert_non_null(empty);
    hmac_free(empty);
}

static void equality_is_of_all_bytes(void **state)
{
    (void)state;
    assert_true(hash_equal("abc", "abc", 3));
    assert_false(hash_equal("abc", "abd", 3));
    assert_false(hash_equal("abc", "xbc", 3));
    assert_true(hash_equal("abc", "abd", 2));
}

static void uuids_are_random_and_lower_case(void **state)
{
    (void)state;
    char a[UUID_TEXT_SIZE], b[UUID_TEXT_SIZE];
    uuid_text(a);
    uuid_text(b);
    assert_int_equal(strlen(a), 36);
    assert_int_equal(strspn(a, "0123456789abcdef-"), 36);
    assert_true(a[8] == '-' && a[13] == '-' && a[14] == '4' && a[18] == '-' && a[23] == '-');
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_of_known_texts),
        cmocka_unit_test(hmac_gives_the_vectors_of_the_rfcs),
        cmocka_unit_test(keys_longer_than_a_block_are_hashed),
        cmocka_unit_test(unknown_schemes_are_refused),
        cmocka_unit_test(equality_is_of_all_bytes),
        cmocka_unit_test(uuids_are_random_and_lower_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
