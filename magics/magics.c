/* All magics: one line each, in order of their names. */
#include "magic.h"

extern const struct magic magic_alerts, magic_ami_snapshot, magic_athena, magic_attach, magic_chart,
    magic_cloudtrail, magic_contain, magic_decide, magic_doctor, magic_echo, magic_eradicate,
    magic_help_magic, magic_jobs, magic_lake, magic_lint, magic_local, magic_note, magic_phase,
    magic_record, magic_set, magic_show, magic_sql, magic_timeline, magic_trace, magic_trino,
    magic_undo, magic_watch, magic_whoami;

/* one a line, so that two can be added at once */
/* clang-format off */
const struct magic *const magics[] = {
    &magic_alerts,
    &magic_ami_snapshot,
    &magic_athena,
    &magic_attach,
    &magic_chart,
    &magic_cloudtrail,
    &magic_contain,
    &magic_decide,
    &magic_doctor,
    &magic_echo,
    &magic_eradicate,
    &magic_help_magic,
    &magic_jobs,
    &magic_lake,
    &magic_lint,
    &magic_local,
    &magic_note,
    &magic_phase,
    &magic_record,
    &magic_set,
    &magic_show,
    &magic_sql,
    &magic_timeline,
    &magic_trace,
    &magic_trino,
    &magic_undo,
    &magic_watch,
    &magic_whoami,
    NULL,
};
/* clang-format on */
