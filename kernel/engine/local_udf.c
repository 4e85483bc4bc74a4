/* SQL functions written in C. */
#include "base/buf.h"
#include "engine/formats.h"
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

/* ::ffff:192.0.2.1 is 192.0.2.1: some services write it so. */
static void unmap(struct address *address)
{
    static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    if (address->bits != 128 || memcmp(address->bytes, mapped, sizeof mapped) != 0)
        return;
    memmove(address->bytes, address->bytes + sizeof mapped, 4);
    address->bits = 32;
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

struct udf {
    const char *name;
    int parameters; /* texts */
    duckdb_type result;
    duckdb_scalar_function_t run;
};

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
const struct duckdb_api *local_callback_api(const struct duckdb_api *set)
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
    const struct duckdb_api *api = local_callback_api(NULL);
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
            if (network.address.bits == 32)
                unmap(&address);
        }
        answers[row] = address.bits && contains(&network, &address);
        if (!address.bits)
            api->validity_set_row_invalid(validity, row);
    }
}

/* A pattern of Trino's as one of strftime, for the macros date_format, date_parse and their like.
 */
static void translate_pattern(duckdb_function_info info, duckdb_data_chunk input,
                              duckdb_vector output,
                              bool (*translate)(const char *, size_t, struct buf *, char *))
{
    const struct duckdb_api *api = local_callback_api(NULL);
    duckdb_vector patterns = api->data_chunk_get_vector(input, 0);
    duckdb_string_t *texts = api->vector_get_data(patterns);
    const uint64_t *known = api->vector_get_validity(patterns);
    api->vector_ensure_validity_writable(output);
    struct buf out;
    buf_init(&out, 64 * 1024);
    size_t rows = (size_t)api->data_chunk_get_size(input);
    for (size_t row = 0; row < rows; row++) {
        if (!valid(known, row)) {
            api->validity_set_row_invalid(api->vector_get_validity(output), row);
            continue;
        }
        const char *text;
        size_t size;
        char letter, message[] = "the pattern's letter ? is not known";
        text_of(&texts[row], &text, &size);
        buf_clear(&out);
        if (!translate(text, size, &out, &letter)) {
            *strchr(message, '?') = letter;
            api->scalar_function_set_error(info, message);
            break;
        }
        api->vector_assign_string_element_len(output, row, out.data, out.size);
    }
    buf_release(&out);
}

static void mysql_pattern(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    translate_pattern(info, input, output, formats_mysql);
}

static void joda_pattern(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    translate_pattern(info, input, output, formats_joda);
}

static bool add_function(const struct duckdb_api *api, duckdb_connection connection,
                         const struct udf *udf)
{
    duckdb_scalar_function function = api->create_scalar_function();
    duckdb_logical_type text = api->create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type result = api->create_logical_type(udf->result);
    api->scalar_function_set_name(function, udf->name);
    for (int i = 0; i < udf->parameters; i++)
        api->scalar_function_add_parameter(function, text);
    api->scalar_function_set_return_type(function, result);
    api->scalar_function_set_function(function, udf->run);
    bool added = api->register_scalar_function(connection, function) == DuckDBSuccess;
    api->destroy_logical_type(&text);
    api->destroy_logical_type(&result);
    api->destroy_scalar_function(&function);
    return added;
}

bool local_udf_register(const struct duckdb_api *api, duckdb_connection connection,
                        struct error *err)
{
    static const struct udf udfs[] = {
        {"ip_in", 2, DUCKDB_TYPE_BOOLEAN, ip_in},
        {"trino_mysql_pattern", 1, DUCKDB_TYPE_VARCHAR, mysql_pattern},
        {"trino_joda_pattern", 1, DUCKDB_TYPE_VARCHAR, joda_pattern},
    };
    (void)local_callback_api(api);
    for (size_t i = 0; i < COUNT(udfs); i++)
        if (!add_function(api, connection, &udfs[i]))
            return error_set(err, ERROR_INTERNAL, "the engine refuses the function %s",
                             udfs[i].name);
    return true;
}
