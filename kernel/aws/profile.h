/* profile - ~/.aws/config and ~/.aws/credentials: AWS's own format, which only looks like INI.
 *
 * Read as AWS's SDKs read it (aws-c-sdkutils): sections "[profile NAME]" or "[default]" of config
 * and "[NAME]" of credentials, "[sso-session NAME]", "[services NAME]"; keys in lower case; a
 * comment behind a value only after a blank; an indented line goes on with the value, or below an
 * empty value is a setting of its own. "[profile default]" hides "[default]". The credentials file
 * wins over config, setting by setting. A line that is nothing is passed over and named in
 * `broken`.
 *
 * The values hold secrets: the arena should be a secret one.
 */
#ifndef COFFERDAM_AWS_PROFILE_H
#define COFFERDAM_AWS_PROFILE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

struct aws_profiles {
    const json_t
        *sections;      /* {"profile": {"dev": {"region": "eu-west-1", "s3": {...}}},
                           "sso-session": {...}, "services": {...}}, and as kinds "config" and
                           "credentials" what each file says of a profile; belongs to the arena */
    const char *broken; /* "" or the lines that were passed over, one a line */
    const char *config_path, *credentials_path;
};

/* AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, or those below $HOME; a missing file is empty. A
   file that cannot be read, or is larger than 1 MiB, is an error that names it. */
bool aws_profiles_read(struct arena *arena, struct aws_profiles *out,
                       struct error *err) ATTR_USE_RESULT;

/* A setting, or NULL: kind "profile", "sso-session", "services"; key "region" or "s3.endpoint_url".
 */
const char *aws_profiles_get(const struct aws_profiles *profiles, const char *kind,
                             const char *name, const char *key);
bool aws_profiles_has(const struct aws_profiles *profiles, const char *kind, const char *name);

#endif
