#include "jupyter/info.h"

#include "base/text.h"
#include "base/time.h"
#include "jupyter/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* The language is SQL: highlighting, lexer and file suffix follow from it in every front end. */
static const char kernel_content[] =
    "{\"status\":\"ok\",\"protocol_version\":\"" WIRE_PROTOCOL
    "\",\"implementation\":\"cofferdam\","
    "\"implementation_version\":\"" COFFERDAM_VERSION "\","
    "\"language_info\":{\"name\":\"sql\",\"version\":\"" COFFERDAM_VERSION
    "\",\"mimetype\":\"text/x-sql\","
    "\"file_extension\":\".sql\",\"pygments_lexer\":\"sql\",\"codemirror_mode\":\"sql\","
    "\"nbconvert_exporter\":\"script\"},"
    "\"banner\":\"Cofferdam " COFFERDAM_VERSION ": incident response in AWS.\\n"
    "SQL over Amazon Security Lake; %help lists the magics, %magic? explains one.\","
    "\"help_links\":[{\"text\":\"SQL of the local engine "
    "(DuckDB)\",\"url\":\"https://duckdb.org/docs/stable/sql/introduction\"},"
    "{\"text\":\"Amazon Security "
    "Lake\",\"url\":\"https://docs.aws.amazon.com/security-lake/latest/userguide/\"},"
    "{\"text\":\"OCSF schema\",\"url\":\"https://schema.ocsf.io/\"}],"
    "\"debugger\":false,\"supported_features\":[\"kernel subshells\"]}";

void info_kernel(struct buf *out)
{
    buf_adds(out, kernel_content);
}

#define PROC_SIZE 8192

/* A file of /proc as text; "" if it cannot be read. */
static const char *read_proc(const char *path, char out[static PROC_SIZE])
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? 0 : read(file, out, PROC_SIZE - 1);
    if (file >= 0)
        (void)close(file);
    out[size > 0 ? size : 0] = '\0';
    return out;
}

/* "Name:   1234 kB" as bytes; 0 if it is not there. */
static int64_t proc_kilobytes(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? (int64_t)strtoll(at + strlen(name), NULL, 10) * 1024 : 0;
}

static double seconds(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/* Share of one processor since the process began, in percent. */
static double own_cpu(void)
{
    char text[PROC_SIZE];
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    double up = strtod(read_proc("/proc/uptime", text), NULL);
    const char *at = strrchr(read_proc("/proc/self/stat", text), ')');
    for (int field = 2; at && field < 22;
         field++) /* starttime is field 22; the name ends field 2 */
        at = strchr(at + 1, ' ');
    double age = up - (at ? strtod(at, NULL) / (double)sysconf(_SC_CLK_TCK) : 0);
    return age > 0 ? 100 * (seconds(&usage.ru_utime) + seconds(&usage.ru_stime)) / age : 0;
}

void info_usage(struct buf *out)
{
    char text[PROC_SIZE], host[256] = "";
    (void)gethostname(host, sizeof host - 1);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    double load = strtod(read_proc("/proc/loadavg", text), NULL);
    int64_t resident = proc_kilobytes(read_proc("/proc/self/status", text), "VmRSS:");
    (void)read_proc("/proc/meminfo", text);
    int64_t total = proc_kilobytes(text, "MemTotal:"),
            available = proc_kilobytes(text, "MemAvailable:");
    double busy = processors > 0 ? 100 * load / (double)processors : 0;
    buf_adds(out, "{\"status\":\"ok\",\"hostname\":");
    text_json(out, host, strlen(host));
    buf_addf(out,
             ",\"pid\":%ld,\"kernel_cpu\":%.1f,\"kernel_memory\":%lld,\"host_cpu_percent\":%.1f,"
             "\"cpu_count\":%ld",
             (long)getpid(), own_cpu(), (long long)resident, busy > 100 ? 100.0 : busy, processors);
    buf_addf(out,
             ",\"host_virtual_memory\":{\"total\":%lld,\"available\":%lld,\"used\":%lld,\"free\":%"
             "lld,\"percent\":%.1f}}",
             (long long)total, (long long)available, (long long)(total - available),
             (long long)proc_kilobytes(text, "MemFree:"),
             total ? 100 * (double)(total - available) / (double)total : 0);
}
