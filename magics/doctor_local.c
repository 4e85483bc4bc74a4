/* What needs no account: the machine, the case, what is open, what AWS's client stands on. */
#include "magics/doctor.h"

#include "base/text.h"
#include "case/session.h"

#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FREE_LEAST 2000000000 /* bytes, below which spilling and results may fail */

static void check_engine(struct doctor *doctor)
{
    struct error err = {0};
    struct local *local = session_local(doctor->call->session, &err);
    if (local)
        doctor_say(doctor, DOCTOR_OK, NULL, "DuckDB %s", local_version(local));
    else
        doctor_say(doctor, DOCTOR_FAILS, err.hint, "%s", err.message);
}

static void check_case(struct doctor *doctor)
{
    struct error err = {0};
    struct statvfs disk;
    char left[32];
    const char *folder = session_folder(doctor->call->session, &err);
    if (!folder || access(folder, W_OK) != 0) {
        doctor_say(doctor, DOCTOR_FAILS,
                   "%set case FOLDER chooses a folder that may be written to.",
                   "%s cannot be written to", folder ? folder : err.message);
        return;
    }
    int64_t bytes =
        statvfs(folder, &disk) == 0 ? (int64_t)disk.f_bavail * (int64_t)disk.f_frsize : FREE_LEAST;
    doctor_say(doctor, bytes < FREE_LEAST ? DOCTOR_WARNING : DOCTOR_OK,
               bytes < FREE_LEAST ? "Make room, or choose another folder with %set case." : NULL,
               "%s, %s free", folder, text_bytes(bytes, left));
}

static void check_memory(struct doctor *doctor)
{
    char all[32], most[32];
    int64_t machine = (int64_t)sysconf(_SC_PHYS_PAGES) * (int64_t)sysconf(_SC_PAGESIZE);
    int64_t set = session_settings(doctor->call->session)->memory;
    bool much = set > machine;
    doctor_say(doctor, much ? DOCTOR_WARNING : DOCTOR_OK,
               much ? "%set memory 0 is half of the machine." : NULL,
               "%s in the machine, of which the engine takes %s at most", text_bytes(machine, all),
               set ? text_bytes(set, most) : "half");
}

static void check_lakes(struct doctor *doctor)
{
    const char *const *paths;
    size_t lakes;
    struct glue glue;
    session_lakes(doctor->call->session, &paths, &lakes);
    glue_remembered(doctor->call->session, NULL, doctor->arena, &glue);
    if (lakes || glue.count)
        doctor_say(doctor, DOCTOR_OK, NULL, "%zu open here, %zu tables known in Athena", lakes,
                   glue.count);
    else
        doctor_say(doctor, DOCTOR_WARNING,
                   "%lake open FOLDER opens logs that are here, %lake open athena finds tables in "
                   "AWS.",
                   "none is open");
}

static void check_network(struct doctor *doctor)
{
    struct aws_grounds grounds;
    struct error err = {0};
    if (!aws_grounds(doctor->aws, &grounds, &err)) {
        doctor_say(doctor, DOCTOR_FAILS, err.hint, "%s", err.message);
        return;
    }
    if (!grounds.curl || !grounds.xml)
        doctor_say(doctor, DOCTOR_FAILS, "AWS needs libcurl and libxml2: install both.",
                   "%s cannot be loaded", grounds.curl ? "libxml2" : "libcurl");
    else
        doctor_say(doctor, DOCTOR_OK, NULL, "%s, libxml2/%s", grounds.curl, grounds.xml);
    bool readable = !grounds.ca_file || access(grounds.ca_file, R_OK) == 0;
    doctor_say(doctor, readable ? DOCTOR_OK : DOCTOR_FAILS,
               readable
                   ? NULL
                   : "AWS_CA_BUNDLE or ca_bundle of the profile names a file that is not there.",
               "proxy: %s; authorities: %s; address: %s",
               grounds.proxy ? "set by the environment" : "none",
               grounds.ca_file ? grounds.ca_file : "the system's",
               grounds.endpoint ? grounds.endpoint : "AWS's own");
}

const struct doctor_check doctor_local[] = {
    {"engine", check_engine}, {"case folder", check_case}, {"memory", check_memory},
    {"lakes", check_lakes},   {"network", check_network},  {NULL, NULL},
};
