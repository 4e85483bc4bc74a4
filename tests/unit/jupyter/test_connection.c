#include "jupyter/connection.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define PORTS_JSON                                                                                 \
    "\"shell_port\":1,\"iopub_port\":2,\"stdin_port\":3,\"control_port\":4,\"hb_port\":5"

#define CURVE_KEY "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

struct place {
    struct arena *arena;
    const char *folder, *file;
};

static int set_up(void **state)
{
    static char folder[64];
    (void)snprintf(folder, sizeof folder, "/tmp/connection-test-%ld", (long)getpid());
    struct error err = {0};
    static struct place place;
    place = (struct place){.arena = arena_new(), .folder = folder};
    place.file = file_join(place.arena, folder, "kernel.json");
    *state = &place;
    return file_make_folder(folder, 0700, &err) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    bool ok = file_remove_all(place->folder, &err);
    arena_free(place->arena);
    return ok ? 0 : -1;
}

static bool read_text(const struct place *place, const char *text, struct connection *connection,
                      struct error *err)
{
    error_clear(err);
    assert_true(file_replace(place->file, text, strlen(text), 0600, err));
    return connection_read(connection, place->file, place->arena, err);
}

static void a_file_of_jupyter_is_read(void **state)
{
    struct connection connection = {0};
    struct error err = {0};
    assert_true(read_text(
        *state,
        "{" PORTS_JSON ",\"ip\":\"127.0.0.1\",\"transport\":\"tcp\",\"key\":\"k\","
        "\"signature_scheme\":\"hmac-sha512\",\"kernel_name\":\"x\",\"jupyter_session\":\"y\"}",
        &connection, &err));
    assert_int_equal(connection.ports[PORT_HEARTBEAT], 5);
    assert_int_equal(connection.ports[PORT_CONTROL], 4);
    assert_string_equal(connection.scheme, "hmac-sha512");
    assert_string_equal(connection.key, "k");
}

static void bad_files_are_refused_with_their_reason(void **state)
{
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"", "connection file"},
        {"[]", "not a JSON object"},
        {"{}", "shell_port is missing"},
        {"{\"shell_port\":70000}", "shell_port is missing or not a port number"},
        {"{" PORTS_JSON ",\"transport\":\"inproc\"}", "neither tcp nor ipc"},
        {"{" PORTS_JSON ",\"curve_publickey\":\"x\"}", "curve_publickey is not a key"},
        {"{" PORTS_JSON ",\"curve_secretkey\":7}", "curve_secretkey is not a key"},
        {"{" PORTS_JSON ",\"curve_secretkey\":\"" CURVE_KEY "\"}", "curve_publickey is missing"},
        {"{" PORTS_JSON ",\"curve_publickey\":\"" CURVE_KEY "\"}", "curve_secretkey is missing"},
        {"{\"registration_port\":\"\"}", "registration_port is missing"},
        {"{\"registration_port\":\"1x\"}", "registration_port is missing"},
        {"{\"registration_port\":65536}", "registration_port is missing"},
        {"{\"registration_port\":0}", "registration_port is 0"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct connection connection = {0};
        struct error err = {0};
        assert_false(read_text(*state, cases[i].text, &connection, &err));
        if (!strstr(err.message, cases[i].reason))
            fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].reason);
    }
    struct connection connection = {0};
    struct error err = {0};
    const struct place *place = *state;
    assert_false(connection_read(&connection, "/nonexistent/kernel.json", place->arena, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
}

static void a_registration_file_names_where_to_register_and_no_ports(void **state)
{
    struct connection connection = {0};
    struct error err = {0};
    char endpoint[CONNECTION_ENDPOINT_SIZE];
    assert_true(read_text(*state,
                          "{\"transport\":\"tcp\",\"registration_ip\":\"::1\","
                          "\"registration_port\":\"50007\",\"key\":\"k\",\"kernel_id\":\"me\"}",
                          &connection, &err));
    assert_true(connection_registrar(&connection, endpoint, &err));
    assert_string_equal(endpoint, "tcp://[::1]:50007");
    assert_string_equal(connection.registrar.kernel_id, "me");
    for (int i = 0; i < PORTS; i++)
        assert_int_equal(connection.ports[i], 0);
    connection = (struct connection){0};
    assert_true(
        read_text(*state,
                  "{\"transport\":\"ipc\",\"ip\":\"/run/me\",\"registration_ip\":\"/run/x\","
                  "\"registration_port\":7}",
                  &connection, &err));
    assert_true(connection_registrar(&connection, endpoint, &err));
    assert_string_equal(endpoint, "ipc:///run/x-7");
    assert_true(connection_endpoint(&connection, PORT_IOPUB, endpoint, &err));
    assert_true(strncmp(endpoint, "ipc:///run/me-", 14) == 0);
    for (int i = 0; i < PORTS; i++)
        for (int j = 0; j < i; j++)
            assert_int_not_equal(connection.ports[i], connection.ports[j]);
}

static void endpoints_follow_the_transport(void **state)
{
    (void)state;
    static const struct {
        const char *transport, *ip;
        int port;
        const char *endpoint;
    } cases[] = {
        {"tcp", "127.0.0.1", 50000, "tcp://127.0.0.1:50000"},
        {"tcp", "::1", 50000, "tcp://[::1]:50000"},
        {"tcp", "127.0.0.1", 0, "tcp://127.0.0.1:*"},
        {"ipc", "/run/kernel", 1, "ipc:///run/kernel-1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct connection connection = {.transport = cases[i].transport,
                                        .ip = cases[i].ip,
                                        .ports = {[PORT_STDIN] = cases[i].port}};
        char endpoint[CONNECTION_ENDPOINT_SIZE];
        struct error err = {0};
        assert_true(connection_endpoint(&connection, PORT_STDIN, endpoint, &err));
        assert_string_equal(endpoint, cases[i].endpoint);
    }
}

static void names_too_long_for_a_socket_are_refused(void **state)
{
    (void)state;
    char ip[400];
    static const char *const transports[] = {"tcp", "ipc"};
    for (size_t i = 0; i < COUNT(transports); i++) {
        char endpoint[CONNECTION_ENDPOINT_SIZE];
        struct error err = {0};
        memset(ip, 'x', sizeof ip - 1);
        ip[sizeof ip - 1] = '\0';
        struct connection connection = {
            .transport = transports[i], .ip = ip, .ports = {1, 1, 1, 1, 1}};
        assert_false(connection_endpoint(&connection, PORT_SHELL, endpoint, &err));
        assert_int_equal(err.kind, ERROR_PROTOCOL);
    }
    char endpoint[CONNECTION_ENDPOINT_SIZE];
    struct error err = {0};
    ip[105] = '\0'; /* with "-1": the 107 bytes that fit */
    struct connection connection = {.transport = "ipc", .ip = ip, .ports = {1, 1, 1, 1, 1}};
    assert_true(connection_endpoint(&connection, PORT_SHELL, endpoint, &err));
    connection.ports[PORT_SHELL] = 12;
    assert_false(connection_endpoint(&connection, PORT_SHELL, endpoint, &err));
}

static void a_kernel_of_its_own_writes_a_private_file(void **state)
{
    const struct place *place = *state;
    struct connection made = {0}, again = {0};
    struct error err = {0};
    const char *path = NULL;
    assert_int_equal(
        setenv("JUPYTER_RUNTIME_DIR", file_join(place->arena, place->folder, "runtime"), 1), 0);
    connection_make(&made, place->arena);
    assert_int_equal(strlen(made.key), 36);
    for (int i = 0; i < PORTS; i++)
        made.ports[i] = 1000 + i;
    assert_true(connection_write(&made, place->arena, &path, &err));
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_true(connection_read(&again, path, place->arena, &err));
    assert_string_equal(again.key, made.key);
    assert_memory_equal(again.ports, made.ports, sizeof made.ports);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_of_jupyter_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_files_are_refused_with_their_reason, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_registration_file_names_where_to_register_and_no_ports,
                                        set_up, tear_down),
        cmocka_unit_test(endpoints_follow_the_transport),
        cmocka_unit_test(names_too_long_for_a_socket_are_refused),
        cmocka_unit_test_setup_teardown(a_kernel_of_its_own_writes_a_private_file, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
