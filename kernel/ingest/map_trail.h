/* map_trail - the columns of a CloudTrail row as the mapper gives them to SQL, and what a name of
 * an event means. */
#ifndef COFFERDAM_INGEST_MAP_TRAIL_H
#define COFFERDAM_INGEST_MAP_TRAIL_H

#include "ingest/map.h"

enum trail_column {
    TRAIL_TIME,
    TRAIL_UID,
    TRAIL_VERSION,
    TRAIL_CATEGORY,
    TRAIL_TYPE,
    TRAIL_REGION,
    TRAIL_ACCOUNT,
    TRAIL_ERROR,
    TRAIL_MESSAGE,
    TRAIL_OPERATION,
    TRAIL_API_VERSION,
    TRAIL_SERVICE,
    TRAIL_REQUEST_UID,
    TRAIL_REQUEST,
    TRAIL_RESPONSE,
    TRAIL_LOGIN_TO,
    TRAIL_USER_TYPE,
    TRAIL_USER_NAME,
    TRAIL_USER_PRINCIPAL,
    TRAIL_USER_ARN,
    TRAIL_USER_ACCOUNT,
    TRAIL_USER_KEY,
    TRAIL_SESSION_CREATED,
    TRAIL_SESSION_MFA,
    TRAIL_SESSION_ISSUER,
    TRAIL_INVOKED_BY,
    TRAIL_IDP,
    TRAIL_AGENT,
    TRAIL_ENDPOINT,
    TRAIL_ADDRESS,
    TRAIL_DOMAIN,
    TRAIL_RESOURCES,
    TRAIL_CLASS,    /* 6003, 3001, 3002 */
    TRAIL_ACTIVITY, /* within the class */
    TRAIL_STATUS,   /* 0 other, 1 success, 2 failure */
    TRAIL_TARGET_ARN,
    TRAIL_TARGET_ID,
    TRAIL_TARGET_NAME,
    TRAIL_MFA_USED,
    TRAIL_UNMAPPED,
    TRAIL_OBSERVABLES,
    TRAIL_COLUMNS
};

#define CLASS_API 6003
#define CLASS_ACCOUNT 3001
#define CLASS_AUTHENTICATION 3002

/* Members that are objects or lists (map_trail_parts.c). Tokens without a text are members that are
 * missing. */
void trail_put_identity(struct mapping *mapping, const struct token *identity);
void trail_put_resources(struct mapping *mapping, int class_uid, const struct token *resources);
void trail_put_additional(struct mapping *mapping, int class_uid, const struct token *additional);
void trail_put_observables(struct mapping *mapping);

/* Class and activity of an operation (map_trail_names.c). */
void trail_names_init(unsigned char table[256]);
int trail_class(const unsigned char table[256], const struct writer_value *operation);
int trail_activity(int class_uid, const struct writer_value *operation);

/* The members of a record that something is done with; all others go to unmapped under their own
 * names. */
enum trail_member {
    MEMBER_EVENT_VERSION,
    MEMBER_EVENT_CATEGORY,
    MEMBER_EVENT_TYPE,
    MEMBER_AWS_REGION,
    MEMBER_ERROR_CODE,
    MEMBER_ERROR_MESSAGE,
    MEMBER_EVENT_NAME,
    MEMBER_API_VERSION,
    MEMBER_EVENT_SOURCE,
    MEMBER_REQUEST_ID,
    MEMBER_EVENT_ID,
    MEMBER_USER_AGENT,
    MEMBER_VPC_ENDPOINT,
    MEMBER_EVENT_TIME,
    MEMBER_TIMESTAMP,
    MEMBER_USER_IDENTITY,
    MEMBER_ADDRESS,
    MEMBER_REQUEST,
    MEMBER_RESPONSE,
    MEMBER_RESOURCES,
    MEMBER_ADDITIONAL,
    MEMBER_RECIPIENT,
    MEMBER_MANAGEMENT,
    MEMBER_LOOKUP,
    MEMBERS
};

/* The target of an account change or a login: whose user or role it was about (map_trail_target.c).
   Keys that became columns are named in `used` so that version 1 leaves them out of unmapped. */
struct trail_target {
    struct writer_value name, arn, id; /* text NULL = none */
    const char *used[4];
    size_t used_count;
};
void trail_target(struct mapping *mapping, int class_uid, const struct token *members,
                  struct trail_target *out);

#endif
