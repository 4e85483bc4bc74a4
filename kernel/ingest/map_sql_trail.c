/* map_sql_trail - CloudTrail's tables: management, S3 data and Lambda data have the same columns.
 *
 * Types as in AWS's own schemas. Columns that an event's class does not use are NULL as a whole
 * (user, dst_endpoint, resources); `session` and `policy` are never filled: nothing published says
 * how.
 */
#include "ingest/map_sql_trail.h"

const struct writer_column map_trail_columns[TRAIL_COLUMNS] = {
    [TRAIL_TIME] = {"t", "TIMESTAMP"},
    [TRAIL_UID] = {"uid", "VARCHAR"},
    [TRAIL_VERSION] = {"event_version", "VARCHAR"},
    [TRAIL_CATEGORY] = {"event_category", "VARCHAR"},
    [TRAIL_TYPE] = {"event_type", "VARCHAR"},
    [TRAIL_REGION] = {"aws_region", "VARCHAR"},
    [TRAIL_ACCOUNT] = {"account", "VARCHAR"},
    [TRAIL_ERROR] = {"error_code", "VARCHAR"},
    [TRAIL_MESSAGE] = {"error_message", "VARCHAR"},
    [TRAIL_OPERATION] = {"operation", "VARCHAR"},
    [TRAIL_API_VERSION] = {"api_version", "VARCHAR"},
    [TRAIL_SERVICE] = {"service", "VARCHAR"},
    [TRAIL_REQUEST_UID] = {"request_uid", "VARCHAR"},
    [TRAIL_REQUEST] = {"request", "VARCHAR"},
    [TRAIL_RESPONSE] = {"response", "VARCHAR"},
    [TRAIL_LOGIN_TO] = {"login_to", "VARCHAR"},
    [TRAIL_USER_TYPE] = {"user_type", "VARCHAR"},
    [TRAIL_USER_NAME] = {"user_name", "VARCHAR"},
    [TRAIL_USER_PRINCIPAL] = {"user_principal", "VARCHAR"},
    [TRAIL_USER_ARN] = {"user_arn", "VARCHAR"},
    [TRAIL_USER_ACCOUNT] = {"user_account", "VARCHAR"},
    [TRAIL_USER_KEY] = {"user_key", "VARCHAR"},
    [TRAIL_SESSION_CREATED] = {"session_created", "TIMESTAMP"},
    [TRAIL_SESSION_MFA] = {"session_mfa", "BOOLEAN"},
    [TRAIL_SESSION_ISSUER] = {"session_issuer", "VARCHAR"},
    [TRAIL_INVOKED_BY] = {"invoked_by", "VARCHAR"},
    [TRAIL_IDP] = {"idp", "VARCHAR"},
    [TRAIL_AGENT] = {"agent", "VARCHAR"},
    [TRAIL_ENDPOINT] = {"vpc_endpoint", "VARCHAR"},
    [TRAIL_ADDRESS] = {"address", "VARCHAR"},
    [TRAIL_DOMAIN] = {"source_domain", "VARCHAR"},
    [TRAIL_RESOURCES] =
        {"resource_list",
         "STRUCT(uid VARCHAR, \"owner\" STRUCT(account STRUCT(uid VARCHAR)), \"type\" VARCHAR)[]"},
    [TRAIL_CLASS] = {"class", "INTEGER"},
    [TRAIL_ACTIVITY] = {"activity", "INTEGER"},
    [TRAIL_STATUS] = {"outcome", "INTEGER"},
    [TRAIL_TARGET_ARN] = {"target_arn", "VARCHAR"},
    [TRAIL_TARGET_ID] = {"target_id", "VARCHAR"},
    [TRAIL_TARGET_NAME] = {"target_name", "VARCHAR"},
    [TRAIL_MFA_USED] = {"mfa_used", "BOOLEAN"},
    [TRAIL_UNMAPPED] = {"rest", "MAP(VARCHAR, VARCHAR)"},
    [TRAIL_OBSERVABLES] =
        {"seen",
         "STRUCT(\"name\" VARCHAR, \"value\" VARCHAR, \"type\" VARCHAR, type_id INTEGER)[]"},
};

#define CLASS_NAME                                                                                 \
    "CASE class WHEN 6003 THEN 'API Activity' WHEN 3001 THEN 'Account Change' ELSE "               \
    "'Authentication' END"
#define ACTIVITY_NAME                                                                              \
    "CASE class WHEN 6003 THEN CASE activity WHEN 1 THEN 'Create' WHEN 2 THEN 'Read' WHEN 3 THEN " \
    "'Update' "                                                                                    \
    "WHEN 4 THEN 'Delete' ELSE 'Other' END WHEN 3001 THEN CASE activity WHEN 1 THEN 'Create' "     \
    "WHEN 3 THEN 'Password Change' WHEN 6 THEN 'Delete' WHEN 7 THEN 'Attach Policy' WHEN 8 THEN "  \
    "'Detach Policy' "                                                                             \
    "ELSE 'Other' END ELSE CASE activity WHEN 1 THEN 'Logon' ELSE 'Other' END END"
#define STATUS "CASE outcome WHEN 1 THEN 'Success' WHEN 2 THEN 'Failure' ELSE 'Other' END"
#define TYPE_NAME                                                                                  \
    "CASE class WHEN 6003 THEN CASE activity WHEN 1 THEN 'API Activity: Create' WHEN 2 THEN 'API " \
    "Activity: Read' "                                                                             \
    "WHEN 3 THEN 'API Activity: Update' WHEN 4 THEN 'API Activity: Delete' ELSE 'API Activity: "   \
    "Other' END "                                                                                  \
    "ELSE " CLASS_NAME " || ': ' || " ACTIVITY_NAME " END"
#define CATEGORY "coalesce(event_category, 'Management, Data, and Insights')"

const char map_trail_select_2[] =
    "{'product': {'version': event_version, 'name': 'CloudTrail', 'vendor_name': 'AWS', 'feature': "
    "{'name': " CATEGORY "}}, 'event_code': event_type, 'uid': uid, 'profiles': ['cloud', "
    "'datetime'], 'version': '1.1.0'} AS metadata, "
    "epoch_ms(t) AS \"time\", t AS time_dt, "
    "{'region': aws_region, 'provider': 'AWS'} AS cloud, "
    "{'response': {'error': error_code, 'message': error_message, 'data': response}, 'operation': "
    "operation, "
    "'version': api_version, 'service': {'name': service}, "
    "'request': {'data': request, 'uid': coalesce(request_uid, '''''')}} AS api, "
    "CASE WHEN class = 3002 THEN {'svc_name': login_to} END AS dst_endpoint, "
    "{'user': {'type': user_type, 'name': user_name, 'uid_alt': user_principal, 'uid': user_arn, "
    "'account': {'uid': user_account}, 'credential_uid': user_key}, "
    "'session': {'created_time_dt': session_created, 'is_mfa': session_mfa, 'issuer': "
    "session_issuer}, "
    "'invoked_by': invoked_by, 'idp': {'name': idp}} AS actor, "
    "{'user_agent': agent} AS http_request, "
    "{'uid': vpc_endpoint, 'ip': address, 'domain': source_domain} AS src_endpoint, "
    "NULL::STRUCT(uid VARCHAR, uid_alt VARCHAR, credential_uid VARCHAR, issuer VARCHAR) AS "
    "\"session\", "
    "NULL::STRUCT(uid VARCHAR) AS policy, "
    "resource_list AS resources, " CLASS_NAME " AS class_name, class AS class_uid, "
    "CASE WHEN class = 6003 THEN 'Application Activity' ELSE 'Identity & Access Management' END AS "
    "category_name, "
    "CASE WHEN class = 6003 THEN 6 ELSE 3 END::INTEGER AS category_uid, "
    "1::INTEGER AS severity_id, 'Informational' AS severity, "
    "CASE WHEN class <> 6003 THEN {'uid_alt': target_id, 'uid': target_arn, 'name': target_name} "
    "END AS \"user\", " ACTIVITY_NAME " AS activity_name, activity AS activity_id, "
    "(class * 100 + activity)::BIGINT AS type_uid, " TYPE_NAME " AS type_name, " STATUS
    " AS status, "
    "mfa_used AS is_mfa, rest AS unmapped, account AS accountid, aws_region AS region, '1.1.0' AS "
    "asl_version, "
    "seen AS observables";

/* In version 1 an API event is class 3005 of category 3. */
#define CLASS_1 "CASE class WHEN 6003 THEN 3005 ELSE class END"

const char map_trail_select_1[] =
    "{'product': {'version': event_version, 'name': 'CloudTrail', 'vendor_name': 'AWS', 'feature': "
    "{'name': " CATEGORY
    "}}, 'uid': uid, 'profiles': ['cloud'], 'version': '1.0.0-rc.2'} AS metadata, "
    "epoch_ms(t) AS \"time\", {'region': aws_region, 'provider': 'AWS'} AS cloud, "
    "{'response': {'error': error_code, 'message': error_message}, 'operation': operation, "
    "'version': api_version, 'service': {'name': service}, "
    "'request': {'uid': coalesce(request_uid, '''''')}} AS api, "
    "CASE WHEN class = 3002 THEN {'svc_name': login_to} END AS dst_endpoint, "
    "list_transform(nullif(resource_list, []), lambda r: {'uid': r.uid, 'account_uid': "
    "r.\"owner\".account.uid, 'type': r.\"type\"}) "
    "AS resources, "
    "{'user': {'type': user_type, 'name': user_name, 'uid': user_principal, 'uuid': user_arn, "
    "'account_uid': user_account, 'credential_uid': user_key}, "
    "'session': {'created_time': epoch_ms(session_created), 'mfa': session_mfa, 'issuer': "
    "session_issuer}, "
    "'invoked_by': invoked_by, 'idp': {'name': idp}} AS actor, "
    "{'user_agent': agent} AS http_request, "
    "{'uid': vpc_endpoint, 'ip': address, 'domain': source_domain} AS src_endpoint, " CLASS_NAME
    " AS class_name, " CLASS_1
    "::INTEGER AS class_uid, 'Audit Activity' AS category_name, 3::INTEGER AS category_uid, "
    "1::INTEGER AS severity_id, 'Informational' AS severity, "
    "CASE WHEN class <> 6003 THEN {'uid': target_id, 'uuid': CASE WHEN class = 3002 THEN "
    "target_arn END, "
    "'name': target_name} END AS \"user\", " ACTIVITY_NAME
    " AS activity_name, activity AS activity_id, "
    "(" CLASS_1 " * 100 + activity)::INTEGER AS type_uid, " TYPE_NAME " AS type_name, " STATUS
    " AS status, outcome::INTEGER AS status_id, mfa_used AS mfa, rest AS unmapped";
