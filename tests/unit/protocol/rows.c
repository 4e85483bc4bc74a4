/* Lines are those of the checklist in the reference: S shell, C control, I iopub, T stdin,
 * H heartbeat. */
#include "tests/unit/protocol/rows.h"

#define OK "{\"status\":\"ok\"}"
#define EXECUTED                                                                                   \
    "{\"status\":\"ok\",\"execution_count\":\"*\",\"payload\":[],\"user_expressions\":{}}"
#define NOBODY                                                                                     \
    "{\"status\":\"error\",\"ename\":\"NotFoundError\",\"evalue\":\"there is no subshell x\","     \
    "\"traceback\":\"*\"}"
#define IN_X ",\"subshell_id\":\"x\""
#define IN_MADE ",\"subshell_id\":\"MADE\""
#define EXECUTE "execute_request", .reply = "execute_reply"
#define CRAB "\xf0\x9f\xa6\x80" /* one code point beyond the first plane */

const struct row rows[] = {
    /* shell */
    {"S1 I1 I2 I3", SHELL, EXECUTE, .content = "{\"code\":\"%echo hello\"}", .members = EXECUTED,
     .published = "busy execute_input hello$ idle"},
    {"S1", SHELL, EXECUTE, .content = "{\"code\":\"%echo quiet\",\"silent\":true}",
     .members = EXECUTED, .published = "busy idle"},
    {"S1", SHELL, EXECUTE, .content = "{\"code\":\"%nosuch\",\"silent\":true}",
     .members = "{\"status\":\"error\",\"ename\":\"UsageError\"}", .published = "busy idle"},
    {"S1", SHELL, EXECUTE, .content = "{\"code\":\"%echo unstored\",\"store_history\":false}",
     .members = OK, .published = "busy execute_input unstored$ idle"},
    {"S1", SHELL, EXECUTE, .content = "{\"code\":\"\"}", .members = EXECUTED,
     .published = "busy execute_input idle"},
    {"S1", SHELL, EXECUTE, .content = "{}", .members = EXECUTED,
     .published = "busy execute_input idle"},
    {"S1 I7", SHELL, EXECUTE, .content = "{\"code\":\"%nosuch\"}",
     .members =
         "{\"status\":\"error\",\"ename\":\"UsageError\",\"evalue\":\"*\",\"traceback\":\"*\","
         "\"execution_count\":\"*\"}",
     .published = "busy execute_input error idle"},
    {"S1", SHELL, EXECUTE, .content = "{\"code\":\"x = 1\",\"user_expressions\":{\"x\":\"x\"}}",
     .members = "{\"user_expressions\":{\"x\":{\"status\":\"ok\",\"data\":{\"text/plain\":\"1\"},"
                "\"metadata\":{}}}}",
     .published = "busy execute_input idle"},
    {"S1", SHELL, EXECUTE,
     .content = "{\"code\":\"x = 1\",\"user_expressions\":{\"y\":\"nosuch\"}}",
     .members = "{\"status\":\"ok\",\"user_expressions\":\"*\"}",
     .published = "busy execute_input idle"},
    {"S1 I6", SHELL, EXECUTE, .content = "{\"code\":\"SELECT 1 AS n\"}", .members = OK,
     .published = "busy execute_input execute_result idle"},
    {"S1 I4", SHELL, EXECUTE, .content = "{\"code\":\"%note a\"}", .members = OK,
     .published = "busy execute_input display_data idle"},
    {"S1 I8", SHELL, EXECUTE, .content = "{\"code\":\"%echo --clear a\"}", .members = OK,
     .published = "busy execute_input clear_output a$ idle"},
    {"S1", SHELL, EXECUTE, .content = "{\"code\":\"%echo?\"}",
     .members = "{\"status\":\"ok\",\"payload\":\"*\"}", .published = "busy execute_input idle"},
    {"S1 I3", SHELL, EXECUTE, .content = "{\"code\":\"%echo a\\u0000b \\ud800\"}", .members = OK,
     .published = "busy execute_input a\xef\xbf\xbd"
                  "b \xef\xbf\xbd$ idle"},
    {"S1", SHELL, EXECUTE,
     .content = "{\"code\":\"%echo unknown fields\",\"of\":{\"tomorrow\":[1]}}",
     .header = ",\"unknown\":{\"nested\":[1,\"\xc3\xa9" CRAB "\",null]},\"subshell_id\":null",
     .members = OK, .published = "busy execute_input unknown fields$ idle"},
    {"S2", BOTH, "inspect_request", "{\"code\":\"%echo\",\"cursor_pos\":3,\"detail_level\":1}",
     .reply = "inspect_reply",
     .members = "{\"status\":\"ok\",\"found\":true,\"data\":\"*\",\"metadata\":\"*\"}",
     .published = "busy idle"},
    {"S2", BOTH, "inspect_request", "{\"code\":\"nothing_of_that_name\",\"cursor_pos\":3}",
     .reply = "inspect_reply",
     .members = "{\"status\":\"ok\",\"found\":false,\"data\":{},\"metadata\":{}}",
     .published = "busy idle"},
    {"S3", BOTH, "complete_request", "{\"code\":\"%ech\",\"cursor_pos\":4}",
     .reply = "complete_reply",
     .members = "{\"status\":\"ok\",\"matches\":[\"%echo\"],\"cursor_start\":0,\"cursor_end\":4,"
                "\"metadata\":{\"_jupyter_types_experimental\":\"*\"}}",
     .published = "busy idle"},
    {"S3", SHELL, "complete_request",
     "{\"code\":\"x = '" CRAB "e\xcc\x81'\\n%ech and more\",\"cursor_pos\":14}",
     .reply = "complete_reply",
     .members = "{\"matches\":[\"%echo\"],\"cursor_start\":10,\"cursor_end\":14}",
     .published = "busy idle"},
    {"S3", SHELL, "complete_request", "{\"code\":\"%ech\",\"cursor_pos\":4611686018427387904}",
     .reply = "complete_reply", .members = OK, .published = "busy idle"},
    {"S4", BOTH, "history_request",
     "{\"hist_access_type\":\"tail\",\"n\":1,\"output\":false,\"raw\":true}",
     .reply = "history_reply", .members = "{\"status\":\"ok\",\"history\":\"*\"}",
     .published = "busy idle"},
    {"S4", SHELL, "history_request",
     "{\"hist_access_type\":\"search\",\"pattern\":\"no cell*\",\"unique\":true}",
     .reply = "history_reply", .members = "{\"status\":\"ok\",\"history\":[]}",
     .published = "busy idle"},
    {"S4", SHELL, "history_request",
     "{\"hist_access_type\":\"range\",\"session\":0,\"start\":900,\"stop\":901}",
     .reply = "history_reply", .members = "{\"status\":\"ok\",\"history\":[]}",
     .published = "busy idle"},
    {"S5", BOTH, "is_complete_request", "{\"code\":\"SELECT 1\"}", .reply = "is_complete_reply",
     .members = "{\"status\":\"complete\",\"indent\":null}", .published = "busy idle"},
    {"S5", BOTH, "is_complete_request", "{\"code\":\"SELECT 'open\"}", .reply = "is_complete_reply",
     .members = "{\"status\":\"incomplete\",\"indent\":\"*\"}", .published = "busy idle"},
    {"S6", BOTH, "comm_info_request", "{\"target_name\":\"x\"}", .reply = "comm_info_reply",
     .members = "{\"status\":\"ok\",\"comms\":{}}", .published = "busy idle"},
    {"S7 C3", BOTH, "kernel_info_request", "{}", .reply = "kernel_info_reply",
     .members =
         "{\"status\":\"ok\",\"protocol_version\":\"5.6.0\",\"supported_features\":[\"kernel "
         "subshells\"],\"language_info\":\"*\",\"banner\":\"*\",\"implementation\":"
         "\"cofferdam\",\"implementation_version\":\"*\",\"help_links\":\"*\"}",
     .published = "busy idle"},
    {"S8", BOTH, "connect_request", "{}", .reply = "connect_reply",
     .members = "{\"shell_port\":\"*\",\"iopub_port\":\"*\",\"stdin_port\":\"*\",\"control_port\":"
                "\"*\",\"hb_port\":\"*\"}",
     .published = "busy idle"},
    {"S9 I10", BOTH, "comm_open", "{\"comm_id\":\"c\",\"target_name\":\"nobody\",\"data\":{}}",
     .published = "busy comm_close idle"},
    {"S9", BOTH, "comm_open", "{\"comm_id\":\"c\",\"target_name\":\"nobody\",\"data\":{}}",
     .buffers = 3, .published = "busy comm_close idle"},
    {"S9", BOTH, "comm_msg", "{\"comm_id\":\"unknown\",\"data\":{}}", .published = "busy idle"},
    {"S9", BOTH, "comm_close", "{\"comm_id\":\"unknown\",\"data\":{}}", .published = "busy idle"},
    {"S9", BOTH, "a_request_of_tomorrow", "{\"unknown\":[1]}", .published = "busy idle"},
    /* stdin */
    {"T1", SHELL, EXECUTE, .content = "{\"code\":\"%echo --ask 'name? '\",\"allow_stdin\":true}",
     .members = OK, .asked = "{\"prompt\":\"name? \",\"password\":false}", .answer = "Ada",
     .published = "busy execute_input Ada$ idle"},
    {"T1", SHELL, EXECUTE,
     .content = "{\"code\":\"%echo --ask 'token? ' --password\",\"allow_stdin\":true}",
     .members = OK, .asked = "{\"prompt\":\"token? \",\"password\":true}", .answer = "hunter2",
     .published = "busy execute_input 7 characters$ idle"},
    {"T1", SHELL, EXECUTE, .content = "{\"code\":\"%echo --ask 'name? '\",\"allow_stdin\":true}",
     .members = "{\"status\":\"error\"}", .asked = "{\"prompt\":\"name? \"}",
     .answer = "\\u0004", /* the end of the input */
     .published = "busy execute_input error idle"},
    {"T1", SHELL, EXECUTE, .content = "{\"code\":\"%echo --ask 'name? '\",\"allow_stdin\":false}",
     .members = "{\"status\":\"error\",\"ename\":\"UnavailableError\"}",
     .published = "busy execute_input error idle"},
    /* heartbeat and subscriptions: the content is what is sent, and comes back */
    {"H1", HEARTBEAT, "", .content = "ping"},
    {"H1", HEARTBEAT, "", .content = ""},
    {"I9", IOPUB, "iopub_welcome", .content = ""},
    {"I9", IOPUB, "iopub_welcome", .content = "kernel."},
    /* control */
    {"C2", BOTH, "interrupt_request", "{}", .reply = "interrupt_reply", .members = OK,
     .published = "busy idle"},
    {"C8", CONTROL, "usage_request", "{}", .reply = "usage_reply",
     .members = "{\"hostname\":\"*\",\"pid\":\"*\",\"kernel_cpu\":\"*\",\"kernel_memory\":\"*\","
                "\"host_cpu_percent\":\"*\",\"cpu_count\":\"*\",\"host_virtual_memory\":\"*\"}",
     .published = "busy idle"},
    {"C9", CONTROL, EXECUTE, .content = "{\"code\":\"%echo there\"}", .members = EXECUTED,
     .published = "busy execute_input there$ idle"},
    {"C7", CONTROL, "debug_request", "{\"type\":\"request\",\"command\":\"initialize\"}",
     .published = "busy idle"},
    /* subshells */
    {"C6", CONTROL, "list_subshell_request", "{}", .reply = "list_subshell_reply",
     .members = "{\"status\":\"ok\",\"subshell_id\":[]}", .published = "busy idle"},
    {"C4", CONTROL, "create_subshell_request", "{}", .reply = "create_subshell_reply",
     .members = "{\"status\":\"ok\",\"subshell_id\":\"*\"}", .published = "busy idle"},
    {"C5", CONTROL, "delete_subshell_request", "{\"subshell_id\":\"x\"}",
     .reply = "delete_subshell_reply", .members = NOBODY, .published = "busy idle"},
    {"S1", SHELL, EXECUTE, .content = "{\"code\":\"%echo never\"}", .header = IN_X,
     .members = NOBODY, .published = "busy error idle"},
    {"S1", SHELL, EXECUTE, .content = "{\"code\":\"%echo hello\"}", .header = IN_MADE,
     .members = OK, .published = "busy execute_input hello$ idle"},
    {"T1", SHELL, EXECUTE, .content = "{\"code\":\"%echo --ask 'name? '\",\"allow_stdin\":true}",
     .header = IN_MADE, .members = OK, .asked = "{\"prompt\":\"name? \",\"password\":false}",
     .answer = "Ada", .published = "busy execute_input Ada$ idle"},
    {"S3", BOTH, "complete_request", "{\"code\":\"%ech\",\"cursor_pos\":4}", .header = IN_MADE,
     .reply = "complete_reply", .members = "{\"matches\":[\"%echo\"]}", .published = "busy idle"},
    {"S3", SHELL, "complete_request", "{\"code\":\"%ech\",\"cursor_pos\":4}", .header = IN_X,
     .reply = "complete_reply", .members = NOBODY, .published = "busy idle"},
    {"S9", SHELL, "comm_open", "{\"comm_id\":\"c\",\"target_name\":\"nobody\",\"data\":{}}",
     .header = IN_X, .published = "busy idle"},
    {"C2", CONTROL, "interrupt_request", "{}", .header = IN_MADE, .reply = "interrupt_reply",
     .members = OK, .published = "busy idle"},
    {"C5", CONTROL, "delete_subshell_request", "{\"subshell_id\":\"MADE\"}",
     .reply = "delete_subshell_reply", .members = OK, .published = "busy idle"},
    {"C6", CONTROL, "list_subshell_request", "{}", .reply = "list_subshell_reply",
     .members = "{\"status\":\"ok\",\"subshell_id\":[]}", .published = "busy idle"},
    /* broken ones: no reply, no status */
    {"W1", BOTH | STDIN, "kernel_info_request", .harm = HARM_SIGNATURE_0},
    {"W1", BOTH | STDIN, "kernel_info_request", .harm = HARM_SIGNATURE_1},
    {"W1", BOTH | STDIN, "kernel_info_request", .harm = HARM_SIGNATURE_63},
    {"W1", BOTH | STDIN, "kernel_info_request", .harm = HARM_SIGNATURE_65},
    {"W1", BOTH | STDIN, "kernel_info_request", .harm = HARM_SIGNATURE_UPPER},
    {"W1", BOTH | STDIN, "comm_open", "{\"comm_id\":\"c\",\"target_name\":\"t\"}", .buffers = 1,
     .harm = HARM_SIGNATURE_OVER_BUFFERS},
    {"W1", BOTH | STDIN, "kernel_info_request", .harm = HARM_FLIPPED_HEADER},
    {"W1", BOTH | STDIN, "kernel_info_request", .harm = HARM_FLIPPED_PARENT},
    {"W1", BOTH | STDIN, "kernel_info_request", .harm = HARM_FLIPPED_METADATA},
    {"W1", BOTH | STDIN, "kernel_info_request", .harm = HARM_FLIPPED_CONTENT},
    {"W1", BOTH | STDIN, "kernel_info_request", .harm = HARM_NO_DELIMITER},
    {"W1", BOTH | STDIN, "kernel_info_request", .harm = HARM_CUT_1},
    {"W1", BOTH | STDIN, "kernel_info_request", .harm = HARM_CUT_2},
    {"W1", BOTH | STDIN, "kernel_info_request", .harm = HARM_CUT_3},
    {"W1", BOTH | STDIN, "kernel_info_request", .harm = HARM_CROWD},
    {"W1", BOTH, "kernel_info_request", .harm = HARM_REPLAY},
    {"W1", BOTH, "execute_request", .content = "{\"code\":"},
    {"W1", BOTH, "execute_request", .content = "[]"},
    {"W1", BOTH, "kernel_info_request", .header = ",\"msg_id\":7"},
    {"W1", BOTH, "kernel_info_request", .header = ","},
    {"W1", BOTH, "", .content = "{}"},
    /* the end */
    {"C1 S10 I12", CONTROL, "shutdown_request", "{\"restart\":true}", .reply = "shutdown_reply",
     .members = "{\"status\":\"ok\",\"restart\":true}", .published = "busy shutdown_reply idle",
     .ends = true},
};
const size_t rows_count = COUNT(rows);

const char *const rows_lines[] = {"S1", "S2", "S3", "S4", "S5", "S6",  "S7",  "S9", "C1", "C2",
                                  "C3", "C4", "C5", "C6", "C8", "C9",  "I1",  "I2", "I3", "I4",
                                  "I5", "I6", "I7", "I8", "I9", "I10", "I12", "T1", "H1"};
const size_t rows_lines_count = COUNT(rows_lines);

const struct row_elsewhere rows_elsewhere[] = {
    {"I5", "tests/kernel/test_traps.py", "test_what_is_updated_is_a_display"},
    {"S10", "tests/kernel/test_lifecycle.py", "test_shutdown_on_shell_is_accepted"},
};
const size_t rows_elsewhere_count = COUNT(rows_elsewhere);
