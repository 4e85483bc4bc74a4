/* SQL functions written in C. */
#include "engine/local_state.h"

#include <arpa/inet.h>
#include <string.h>

#define ADDRESS_TEXT 64

struct address {
    unsigned char bytes[16];
    int bits; /* 32, 128; 0: no address */
};

static struct address read_address(const char *text, size_t size)
{
    char copy[ADDRESS_TEXT];
    struct address address = {.bits = 0};
    if (size >= sizeof copy)
        return address;
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (inet_pton(AF_INET, copy, address.bytes) == 1)
        address.bits = 32;
    else if (inet_pton(AF_INET6, copy, address.bytes) == 1)
        address.bits = 128;
    return address;
}

struct network {
    struct address address;
    int prefix;
};

/* "10.0.0.0/8"; an address alone is a network of one. */
static bool read_network(const char *text, size_t size, struct network *out)
{
    const char *slash = memchr(text, '/', size);
    out->address = read_address(text, slash ? (size_t)(slash - text) : size);
    out->prefix = out->address.bits;
    if (!out->address.bits)
        return false;
    if (!slash)
        return true;
    int prefix = 0;
    const char *digit = slash + 1, *end = text + size;
    if (digit == end || end - digit > 3)
        return false;
    for (; digit < end; digit++) {
        if (*digit < '0' || *digit > '9')
            return false;
        prefix = prefix * 10 + (*digit - '0');
    }
    out->prefix = prefix;
    return prefix <= out->address.bits;
}

static bool contains(const struct network *network, const struct address *address)
{
    if (network->address.bits != address->bits)
        return false;
    int whole = network->prefix / 8, rest = network->prefix % 8;
    if (memcmp(network->address.bytes, address->bytes, (size_t)whole) != 0)
        return false;
    unsigned mask = 0xFF00u >> rest & 0xFFu;
    return !rest || ((network->address.bytes[whole] ^ address->bytes[whole]) & mask) == 0;
}

static void text_of(duckdb_string_t *string, const char **text, size_t *size)
{
    *size = string->value.inlined.length;
    *text = *size <= 12 ? string->value.inlined.inlined : string->value.pointer.ptr;
}

static bool valid(const uint64_t *validity, size_t row)
{
    return !validity || (validity[row / 64] >> (row % 64) & 1);
}

/* How an info is asked for its extra info is itself a function of the table: the one pointer a
 * callback cannot be given. */
static const struct duckdb_api *shared_api(const struct duckdb_api *set)
{
    static struct duckdb_api
        api; /* the library stays loaded: every instance writes the same values */
    if (set)
        api = *set;
    return &api;
}

static void ip_in(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    (void)info;
    const struct duckdb_api *api = shared_api(NULL);
    duckdb_vector networks = api->data_chunk_get_vector(input, 0),
                  addresses = api->data_chunk_get_vector(input, 1);
    duckdb_string_t *network_texts = api->vector_get_data(networks),
                    *address_texts = api->vector_get_data(addresses);
    const uint64_t *network_valid = api->vector_get_validity(networks),
                   *address_valid = api->vector_get_validity(addresses);
    bool *answers = api->vector_get_data(output);
    api->vector_ensure_validity_writable(output);
    uint64_t *validity = api->vector_get_validity(output);
    size_t rows = (size_t)api->data_chunk_get_size(input);
    for (size_t row = 0; row < rows; row++) {
        const char *text;
        size_t size;
        struct network network;
        bool known = valid(network_valid, row) && valid(address_valid, row);
        if (known) {
            text_of(&network_texts[row], &text, &size);
            known = read_network(text, size, &network);
        }
        struct address address = {.bits = 0};
        if (known) {
            text_of(&address_texts[row], &text, &size);
            address = read_address(text, size);
        }
        answers[row] = address.bits && contains(&network, &address);
        if (!address.bits)
            api->validity_set_row_invalid(validity, row);
    }
}

bool local_udf_register(const struct duckdb_api *api, duckdb_connection connection,
                        struct error *err)
{
    (void)shared_api(api);
    duckdb_scalar_function function = api->create_scalar_function();
    duckdb_logical_type text = api->create_logical_type(DUCKDB_TYPE_VARCHAR),
                        truth = api->create_logical_type(DUCKDB_TYPE_BOOLEAN);
    api->scalar_function_set_name(function, "ip_in");
    api->scalar_function_add_parameter(function, text);
    api->scalar_function_add_parameter(function, text);
    api->scalar_function_set_return_type(function, truth);
    api->scalar_function_set_function(function, ip_in);
    bool registered = api->register_scalar_function(connection, function) == DuckDBSuccess;
    api->destroy_logical_type(&text);
    api->destroy_logical_type(&truth);
    api->destroy_scalar_function(&function);
    return registered || error_set(err, ERROR_INTERNAL, "the engine refuses the function ip_in");
}
