-- The peer of our ingest: DuckDB's own reader, tuned, writing the same columns and layout (version 2).
-- $TRAIL and $OUT are replaced by the runner. Statements are separated by lines of two dashes and a semicolon.
-- Tuned: the records option and a typed list (one parse, no sniffing), maps read straight from JSON, one level of unmapped
-- flattening by hand for the members that CloudTrail is known to have (ours flattens any depth), sorting within the write.
SET preserve_insertion_order = false;
--;
SET partitioned_write_max_open_files = 2000;
--;
COPY (
WITH records AS (
  SELECT unnest(Records) AS r
  FROM read_json('$TRAIL/**/*.json.gz', format = 'unstructured', records = true, auto_detect = false, columns = {Records:
    'STRUCT(eventVersion VARCHAR, eventTime VARCHAR, eventName VARCHAR, eventSource VARCHAR, awsRegion VARCHAR,
      sourceIPAddress VARCHAR, userAgent VARCHAR, errorCode VARCHAR, errorMessage VARCHAR, requestID VARCHAR, eventID VARCHAR,
      eventType VARCHAR, eventCategory VARCHAR, apiVersion VARCHAR, recipientAccountId VARCHAR, vpcEndpointId VARCHAR,
      readOnly VARCHAR, managementEvent VARCHAR, sharedEventID VARCHAR, sessionCredentialFromConsole VARCHAR,
      tlsDetails MAP(VARCHAR, VARCHAR), additionalEventData MAP(VARCHAR, VARCHAR),
      requestParameters JSON, responseElements JSON,
      resources STRUCT(ARN VARCHAR, accountId VARCHAR, "type" VARCHAR)[],
      userIdentity STRUCT("type" VARCHAR, userName VARCHAR, arn VARCHAR, principalId VARCHAR, accountId VARCHAR,
        accessKeyId VARCHAR, invokedBy VARCHAR, identityProvider VARCHAR,
        sessionContext STRUCT(attributes STRUCT(creationDate VARCHAR, mfaAuthenticated VARCHAR),
          sessionIssuer STRUCT(arn VARCHAR, userName VARCHAR, "type" VARCHAR, principalId VARCHAR, accountId VARCHAR))))[]'})
), typed AS (
  SELECT r, try_cast(r.eventTime AS TIMESTAMP) AS t,
    regexp_full_match(coalesce(r.sourceIPAddress, ''), '[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*') AS is_ip,
    CASE WHEN r.eventName IN ('ConsoleLogin', 'ExternalIdPDirectoryLogin', 'CheckMfa', 'CredentialChallenge', 'CredentialVerification',
        'UserAuthentication', 'AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity') THEN 3002
      WHEN r.eventName IN ('UpdateRole', 'AttachUserPolicy', 'PutRolePermissionsBoundary', 'DeletePolicy', 'RemoveUserFromGroup',
        'ChangePassword', 'CreateAccessKey', 'AttachGroupPolicy', 'ResyncMFADevice', 'DeleteRolePolicy', 'PutUserPermissionsBoundary',
        'CreateUser', 'CreateServiceLinkedRole', 'PutRolePolicy', 'DetachGroupPolicy', 'UpdateAccessKey', 'CreateInstanceProfile',
        'CreateRole', 'DeleteUserPermissionsBoundary', 'DeleteAccountAlias', 'PutGroupPolicy', 'CreateLoginProfile',
        'DeleteGroupPolicy', 'DeleteLoginProfile', 'DeleteUserPolicy', 'DeactivateMFADevice', 'RemoveRoleFromInstanceProfile',
        'UpdateUser', 'EnableMFADevice', 'DeleteUser', 'AddRoleToInstanceProfile', 'UpdateAccountEmailAddress', 'UpdateRoleDescription',
        'DetachUserPolicy', 'UpdateAssumeRolePolicy', 'DeleteGroup', 'DeleteServiceLinkedRole', 'DeleteAccessKey', 'AddUserToGroup',
        'DeleteVirtualMFADevice', 'DeleteRolePermissionsBoundary', 'DetachRolePolicy', 'DeleteInstanceProfile', 'UpdateGroup',
        'UpdateLoginProfile', 'DeleteRole', 'PutUserPolicy', 'CreateVirtualMFADevice', 'AttachRolePolicy', 'DeleteAccountPasswordPolicy',
        'UpdateAccountPasswordPolicy', 'TagInstanceProfile', 'TagRole', 'TagUser', 'UntagInstanceProfile', 'UntagRole', 'UntagUser',
        'CreateAccountAlias') THEN 3001 ELSE 6003 END AS class
  FROM records
), named AS (
  SELECT *,
    CASE class
      WHEN 6003 THEN CASE
        WHEN regexp_matches(r.eventName, '^(Create|Run|Generate)') THEN 1 WHEN regexp_matches(r.eventName, '^(Get|List|Describe|Search|Lookup)') THEN 2
        WHEN regexp_matches(r.eventName, '^(Update|Put|Modify|Add|Remove|Start|Stop|Attach|Detach|Associate|Disassociate|Tag|Untag|Enable|Disable|Register|Deregister|Set)') THEN 3
        WHEN regexp_matches(r.eventName, '^(Delete|Terminate)') THEN 4 ELSE 99 END
      WHEN 3001 THEN CASE
        WHEN r.eventName LIKE 'Create%' THEN 1 WHEN r.eventName = 'ChangePassword' THEN 3 WHEN r.eventName LIKE 'Delete%' THEN 6
        WHEN r.eventName LIKE 'Attach%' OR r.eventName IN ('AddUserToGroup', 'PutUserPolicy', 'PutRolePolicy', 'PutGroupPolicy') THEN 7
        WHEN r.eventName LIKE 'Detach%' OR r.eventName LIKE 'Remove%' THEN 8 ELSE 99 END
      ELSE CASE WHEN r.eventName = 'ConsoleLogin' OR r.eventName LIKE 'AssumeRole%' THEN 1 ELSE 99 END END AS activity,
    CASE class WHEN 6003 THEN NULL
      WHEN 3001 THEN coalesce(r.responseElements->>'$.user.userName', r.responseElements->>'$.role.description', r.responseElements->>'$.role.roleName',
        r.requestParameters->>'$.userName', r.requestParameters->>'$.roleName')
      ELSE r.requestParameters->>'$.roleSessionName' END AS target_name,
    CASE class WHEN 6003 THEN 'API Activity' WHEN 3001 THEN 'Account Change' ELSE 'Authentication' END AS class_name,
    CASE WHEN r.eventCategory = 'Data' AND r.eventSource = 's3.amazonaws.com' THEN 'S3_DATA'
      WHEN r.eventCategory = 'Data' AND r.eventSource = 'lambda.amazonaws.com' THEN 'LAMBDA_EXECUTION' ELSE 'CLOUD_TRAIL_MGMT' END AS source
  FROM typed
), acts AS (
  SELECT *, CASE class
    WHEN 6003 THEN CASE activity WHEN 1 THEN 'Create' WHEN 2 THEN 'Read' WHEN 3 THEN 'Update' WHEN 4 THEN 'Delete' ELSE 'Other' END
    WHEN 3001 THEN CASE activity WHEN 1 THEN 'Create' WHEN 3 THEN 'Password Change' WHEN 6 THEN 'Delete' WHEN 7 THEN 'Attach Policy' WHEN 8 THEN 'Detach Policy' ELSE 'Other' END
    ELSE CASE activity WHEN 1 THEN 'Logon' ELSE 'Other' END END AS activity_name
  FROM named
)
SELECT
  {'product': {'version': r.eventVersion, 'name': 'CloudTrail', 'vendor_name': 'AWS', 'feature': {'name': coalesce(r.eventCategory, 'Management, Data, and Insights')}},
   'event_code': r.eventType, 'uid': r.eventID, 'profiles': ['cloud', 'datetime'], 'version': '1.1.0'} AS metadata,
  epoch_ms(t) AS "time", t AS time_dt,
  {'region': r.awsRegion, 'provider': 'AWS'} AS cloud,
  {'response': {'error': r.errorCode, 'message': r.errorMessage, 'data': r.responseElements::VARCHAR}, 'operation': r.eventName, 'version': r.apiVersion,
   'service': {'name': r.eventSource}, 'request': {'data': r.requestParameters::VARCHAR, 'uid': coalesce(r.requestID, '''''')}} AS api,
  CASE WHEN class = 3002 THEN {'svc_name': r.additionalEventData['LoginTo']} END AS dst_endpoint,
  {'user': {'type': r.userIdentity."type", 'name': r.userIdentity.userName, 'uid_alt': r.userIdentity.principalId, 'uid': r.userIdentity.arn,
    'account': {'uid': r.userIdentity.accountId}, 'credential_uid': r.userIdentity.accessKeyId},
   'session': {'created_time_dt': try_cast(r.userIdentity.sessionContext.attributes.creationDate AS TIMESTAMP),
    'is_mfa': r.userIdentity.sessionContext.attributes.mfaAuthenticated = 'true', 'issuer': r.userIdentity.sessionContext.sessionIssuer.arn},
   'invoked_by': r.userIdentity.invokedBy, 'idp': {'name': r.userIdentity.identityProvider}} AS actor,
  {'user_agent': r.userAgent} AS http_request,
  {'uid': r.vpcEndpointId, 'ip': CASE WHEN is_ip THEN r.sourceIPAddress END, 'domain': CASE WHEN NOT is_ip THEN r.sourceIPAddress END} AS src_endpoint,
  NULL::STRUCT(uid VARCHAR, uid_alt VARCHAR, credential_uid VARCHAR, issuer VARCHAR) AS "session",
  NULL::STRUCT(uid VARCHAR) AS policy,
  CASE WHEN class = 6003 THEN list_transform(coalesce(r.resources, []), lambda x: {'uid': x.ARN, 'owner': {'account': {'uid': x.accountId}}, 'type': x."type"}) END AS resources,
  class_name, class::INTEGER AS class_uid,
  CASE WHEN class = 6003 THEN 'Application Activity' ELSE 'Identity & Access Management' END AS category_name,
  CASE WHEN class = 6003 THEN 6 ELSE 3 END::INTEGER AS category_uid, 1::INTEGER AS severity_id, 'Informational' AS severity,
  CASE class WHEN 6003 THEN NULL
    WHEN 3001 THEN {'uid_alt': coalesce(r.responseElements->>'$.user.userId', r.responseElements->>'$.role.roleId'),
      'uid': coalesce(r.responseElements->>'$.user.arn', r.responseElements->>'$.role.arn'), 'name': target_name}
    ELSE {'uid_alt': CASE WHEN r.eventName NOT LIKE 'AssumeRole%' THEN r.userIdentity.principalId END,
      'uid': CASE WHEN r.eventName LIKE 'AssumeRole%' THEN r.requestParameters->>'$.roleArn' ELSE r.userIdentity.arn END, 'name': target_name} END AS "user",
  activity_name, activity::INTEGER AS activity_id, (class * 100 + activity)::BIGINT AS type_uid, class_name || ': ' || activity_name AS type_name,
  CASE WHEN class = 3002 THEN CASE r.responseElements->>'$.ConsoleLogin' WHEN 'Success' THEN 'Success' WHEN 'Failure' THEN 'Failure' ELSE 'Other' END
    WHEN r.errorCode IS NULL THEN 'Success' ELSE 'Failure' END AS status,
  CASE WHEN class = 3002 THEN r.additionalEventData['MFAUsed'] = 'Yes' END AS is_mfa,
  map_from_entries(list_filter(
    list_transform(coalesce(map_entries(r.additionalEventData), []), lambda e: {'key': 'additionalEventData.' || e.key, 'value': e.value})
    || list_transform(coalesce(map_entries(r.tlsDetails), []), lambda e: {'key': 'tlsDetails.' || e.key, 'value': e.value})
    || [{'key': 'recipientAccountId', 'value': r.recipientAccountId}, {'key': 'readOnly', 'value': r.readOnly},
        {'key': 'managementEvent', 'value': r.managementEvent}, {'key': 'sharedEventID', 'value': r.sharedEventID},
        {'key': 'sessionCredentialFromConsole', 'value': r.sessionCredentialFromConsole},
        {'key': 'userIdentity.sessionContext.sessionIssuer.userName', 'value': r.userIdentity.sessionContext.sessionIssuer.userName},
        {'key': 'userIdentity.sessionContext.sessionIssuer.type', 'value': r.userIdentity.sessionContext.sessionIssuer."type"},
        {'key': 'userIdentity.sessionContext.sessionIssuer.principalId', 'value': r.userIdentity.sessionContext.sessionIssuer.principalId},
        {'key': 'userIdentity.sessionContext.sessionIssuer.accountId', 'value': r.userIdentity.sessionContext.sessionIssuer.accountId}],
    lambda e: e.value IS NOT NULL)) AS unmapped,
  coalesce(r.recipientAccountId, r.userIdentity.accountId) AS accountid, r.awsRegion AS region, '1.1.0' AS asl_version,
  list_filter([{'name': 'actor.user.name', 'value': r.userIdentity.userName, 'type': 'User Name', 'type_id': 4::INTEGER},
      {'name': 'src_endpoint.ip', 'value': CASE WHEN is_ip THEN r.sourceIPAddress END, 'type': 'IP Address', 'type_id': 2::INTEGER},
      {'name': 'src_endpoint.domain', 'value': CASE WHEN NOT is_ip THEN r.sourceIPAddress END, 'type': 'Hostname', 'type_id': 1::INTEGER}]
    || CASE WHEN class = 6003 THEN list_transform(coalesce(r.resources, []), lambda x: {'name': 'resources[].uid', 'value': x.ARN, 'type': 'Resource UID', 'type_id': 10::INTEGER}) ELSE [] END
    || [{'name': 'user.name', 'value': target_name, 'type': 'User Name', 'type_id': 4::INTEGER}], lambda o: o."value" IS NOT NULL) AS observables,
  source AS p_source, r.awsRegion AS p_region, coalesce(r.recipientAccountId, r.userIdentity.accountId) AS p_account, strftime(t, '%Y%m') AS p_month
FROM acts
ORDER BY t
) TO '$OUT' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (p_source, p_region, p_account, p_month), WRITE_PARTITION_COLUMNS false, OVERWRITE_OR_IGNORE);
