-- The lake's files are columnar already; --into keeps the rows, --save puts them into a file.
WITH trail AS (FROM cloudtrail UNION ALL FROM s3_data UNION ALL FROM lambda_execution)
SELECT metadata.product.version AS eventversion,
  {'type': actor."user"."type", 'principalid': actor."user".uid_alt, 'arn': actor."user".uid, 'accountid': actor."user".account.uid,
   'invokedby': actor.invoked_by, 'accesskeyid': actor."user".credential_uid, 'username': actor."user"."name",
   'sessioncontext': {
     'attributes': {'mfaauthenticated': actor.session.is_mfa::VARCHAR, 'creationdate': strftime(actor.session.created_time_dt, '%Y-%m-%dT%H:%M:%SZ')},
     'sessionissuer': {
       'type': unmapped['userIdentity.sessionContext.sessionIssuer.type'],
       'principalid': unmapped['userIdentity.sessionContext.sessionIssuer.principalId'], 'arn': actor.session.issuer,
       'accountid': unmapped['userIdentity.sessionContext.sessionIssuer.accountId'],
       'username': unmapped['userIdentity.sessionContext.sessionIssuer.userName']}}} AS useridentity,
  strftime(time_dt, '%Y-%m-%dT%H:%M:%SZ') AS eventtime, api.service."name" AS eventsource, api.operation AS eventname, cloud.region AS awsregion,
  coalesce(src_endpoint.ip, src_endpoint.domain) AS sourceipaddress, http_request.user_agent AS useragent, api.response.error AS errorcode,
  api.response.message AS errormessage, api.request.data AS requestparameters, api.response.data AS responseelements,
  map_from_entries(list_concat(
    list_transform(list_filter(map_entries(unmapped), lambda e: starts_with(e.key, 'additionalEventData.')), lambda e: {'key': e.key[21:], 'value': e.value}),
    CASE WHEN dst_endpoint.svc_name IS NOT NULL THEN [{'key': 'LoginTo', 'value': dst_endpoint.svc_name}] ELSE [] END,
    CASE WHEN is_mfa IS NOT NULL THEN [{'key': 'MFAUsed', 'value': CASE WHEN is_mfa THEN 'Yes' ELSE 'No' END}] ELSE [] END)) AS additionaleventdata,
  nullif(api.request.uid, '''''') AS requestid, metadata.uid AS eventid,
  CASE WHEN resources IS NOT NULL THEN list_transform(resources, lambda r: {'arn': r.uid, 'accountid': r."owner".account.uid, 'type': r."type"})
    ELSE list_transform(list_zip(string_split(unmapped['resources[].ARN'], ','), string_split(unmapped['resources[].accountId'], ','),
                                 string_split(unmapped['resources[].type'], ',')), lambda r: {'arn': r[1], 'accountid': r[2], 'type': r[3]}) END AS resources,
  metadata.event_code AS eventtype, api.version AS apiversion, unmapped['readOnly'] AS readonly, unmapped['recipientAccountId'] AS recipientaccountid,
  map_from_entries(list_transform(list_filter(map_entries(unmapped), lambda e: starts_with(e.key, 'serviceEventDetails.')), lambda e: {'key': e.key[21:], 'value': e.value})) AS serviceeventdetails,
  unmapped['sharedEventID'] AS sharedeventid, src_endpoint.uid AS vpcendpointid, 
  accountid AS account_partition, region AS region_partition, strftime(time_dt, '%Y/%m/%d') AS date_partition
FROM trail
WHERE accountid = '111122223333' AND region = 'us-east-2' AND time_dt >= date_trunc('day', current_timestamp::TIMESTAMP - INTERVAL 90 DAY)
