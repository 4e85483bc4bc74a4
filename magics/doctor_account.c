/* Who asks, until when, where, and by which clock. */
#include "magics/doctor.h"

#include "aws/reply.h"
#include "base/time.h"
#include "case/session.h"

#include <string.h>

#define SECOND 1000000
#define SOON (15 * 60 * (int64_t)SECOND)        /* credentials that end within are nearly over */
#define SKEW_SEEN (30 * (int64_t)SECOND)        /* less is the answer's way and the Date's second */
#define SKEW_REFUSED (5 * 60 * (int64_t)SECOND) /* AWS refuses signatures beyond */

static void check_identity(struct doctor *doctor)
{
    bool root = strstr(doctor->arn, ":root") != NULL;
    doctor_say(doctor, root ? DOCTOR_WARNING : DOCTOR_OK,
               root ? "Investigate as a role that can only read: the root user can do everything."
                    : NULL,
               "%s in account %s", doctor->arn, doctor->account);
}

static void check_credentials(struct doctor *doctor)
{
    const struct aws_credentials *found;
    struct error err = {0};
    char until[TIME_TEXT_SIZE], left[TIME_TEXT_SIZE];
    if (!aws_find_credentials(doctor->aws, doctor->call->cancel, &found, &err)) {
        doctor_say(doctor, DOCTOR_FAILS, err.hint, "%s", err.message);
        return;
    }
    if (!found->expires) {
        doctor_say(doctor, DOCTOR_OK, NULL, "from %s; a long-term key, which does not end",
                   found->source);
        return;
    }
    int64_t rest = found->expires - time_now();
    doctor_say(doctor, rest < SOON ? DOCTOR_WARNING : DOCTOR_OK,
               rest < SOON ? "Get new ones before a long query: aws sso login, aws login." : NULL,
               "from %s; they end %s UTC, in %s", found->source, time_millis(found->expires, until),
               time_duration(rest > 0 ? rest : 0, left));
}

static void check_clock(struct doctor *doctor)
{
    const struct aws_gathering *who = &doctor->answers[ANSWER_IDENTITY];
    char text[TIME_TEXT_SIZE];
    if (!who->server_time) {
        doctor_say(doctor, DOCTOR_HIDDEN, NULL, "AWS's answer has no time");
        return;
    }
    int64_t skew = who->server_time - who->answered, size = skew < 0 ? -skew : skew;
    if (size < SKEW_SEEN)
        doctor_say(doctor, DOCTOR_OK, NULL, "as AWS's");
    else
        doctor_say(
            doctor, size < SKEW_REFUSED ? DOCTOR_WARNING : DOCTOR_FAILS,
            "Set the clock (NTP): this kernel signs by AWS's clock, other tools are refused, "
            "and times such as --since 1h are off.",
            "%s %s AWS's", time_duration(size, text), skew > 0 ? "behind" : "ahead of");
}

static void check_region(struct doctor *doctor)
{
    const struct aws_gathering *regions = &doctor->answers[ANSWER_REGIONS];
    size_t enabled = 0;
    const char *state = NULL;
    if (!doctor->region || !doctor_has(doctor, regions)) {
        if (!doctor->region)
            doctor_say(doctor, DOCTOR_FAILS, "%set region eu-west-1, or AWS_REGION.",
                       "no region is set");
        return;
    }
    const json_t *reply = aws_gathered(regions, "");
    for (size_t i = 0; i < reply_count(reply, "regionInfo"); i++) {
        const json_t *region = reply_item(reply, "regionInfo", i);
        const char *opted = reply_text(region, "optInStatus");
        enabled += strcmp(opted, "not-opted-in") != 0;
        if (strcmp(reply_text(region, "regionName"), doctor->region) == 0)
            state = opted;
    }
    bool off = !state || strcmp(state, "not-opted-in") == 0;
    doctor_say(doctor, off ? DOCTOR_FAILS : DOCTOR_OK,
               off ? "%set region chooses another; an account enables regions in its settings."
                   : NULL,
               "%s%s; %zu regions are enabled", doctor->region,
               !state ? " is no region of this account"
               : off  ? " is not enabled"
                      : "",
               enabled);
}

const struct doctor_check doctor_account[] = {
    {"identity", check_identity},
    {"credentials", check_credentials},
    {"clock", check_clock},
    {"region", check_region},
    {NULL, NULL},
};
