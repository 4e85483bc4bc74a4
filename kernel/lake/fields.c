/* What is said about the fields an analyst meets first, and the sources themselves. */
#include "lake/columns.h"

#include "base/base.h"

#include <string.h>
#include <strings.h>

const struct source sources_table[] = {
    {"CLOUD_TRAIL_MGMT", "cloud_trail_mgmt", "cloudtrail",
     "CloudTrail management events: every call that looks at or changes AWS"},
    {"S3_DATA", "s3_data", "s3_data",
     "CloudTrail data events of S3: objects read, written, deleted"},
    {"LAMBDA_EXECUTION", "lambda_execution", "lambda_execution",
     "CloudTrail data events of Lambda: functions invoked"},
    {"EKS_AUDIT", "eks_audit", "eks_audit", "audit logs of EKS clusters"},
    {"ROUTE53", "route53", "route53", "queries to the VPC's DNS resolver and their answers"},
    {"SH_FINDINGS", "sh_findings", "findings", "findings of Security Hub, GuardDuty among them"},
    {"VPC_FLOW", "vpc_flow", "vpc_flow", "VPC flow logs: who talked to whom, bytes and packets"},
    {"WAF", "waf", "waf", "requests that AWS WAF looked at"},
};
const size_t sources_count = COUNT(sources_table);

const struct source *source_find(const char *name)
{
    for (size_t i = 0; i < sources_count; i++) {
        const struct source *source = &sources_table[i];
        if (strcasecmp(name, source->name) == 0 || strcasecmp(name, source->suffix) == 0 ||
            strcasecmp(name, source->view) == 0)
            return source;
    }
    return NULL;
}

static const struct {
    const char *field;
    const char *comment;
} comments[] = {
    {"metadata.uid",
     "The event's id (eventID): the same in the trail, in the lake and in the console."},
    {"metadata.product.feature.name", "Management, Data or Insights."},
    {"metadata.event_code", "eventType: AwsApiCall, AwsConsoleSignIn, AwsServiceEvent."},
    {"time", "When it happened, milliseconds since 1970 (UTC)."},
    {"time_dt", "When it happened (UTC)."},
    {"api.operation", "The call's name (eventName): RunInstances, CreateAccessKey."},
    {"api.service.name", "The service called (eventSource): iam.amazonaws.com."},
    {"api.request.data", "requestParameters as JSON text: api.request.data->>'$.bucketName'."},
    {"api.response.data", "responseElements as JSON text; null for calls that only read."},
    {"api.response.error", "errorCode; null when the call succeeded."},
    {"api.response.message", "errorMessage in AWS's words."},
    {"actor.user.type",
     "IAMUser, AssumedRole, Root, FederatedUser, AWSService, IdentityCenterUser."},
    {"actor.user.uid", "The caller's ARN (version 1 calls it uuid)."},
    {"actor.user.uid_alt",
     "The caller's principal id: AIDA... of users, AROA...:session of roles (version 1: uid)."},
    {"actor.user.credential_uid",
     "The access key the call was signed with: AKIA (long-lived) or ASIA (session)."},
    {"actor.user.account.uid", "The caller's account, 12 digits."},
    {"actor.session.issuer", "ARN of the role behind a session."},
    {"actor.session.created_time_dt", "When the session began."},
    {"actor.session.is_mfa", "Whether the session was opened with MFA."},
    {"actor.invoked_by", "The AWS service that called in somebody's name."},
    {"src_endpoint.ip",
     "The caller's address; null when AWS itself called (see src_endpoint.domain)."},
    {"src_endpoint.domain", "The AWS service that called, in place of an address."},
    {"http_request.user_agent",
     "What the caller says it is: written by the caller, so by the attacker."},
    {"status",
     "Success or Failure; sign-ins and AssumeRole may say Other: look at api.response.error."},
    {"class_uid", "6003 API activity, 3002 authentication, 3001 account change: never enough to "
                  "find IAM changes."},
    {"accountid", "The account that received the event."},
    {"region", "The region the event came from."},
    {"unmapped", "What has no column: unmapped['recipientAccountId']."},
    {"observables", "Names, addresses and ids of the row in one list."},
    {"traffic.bytes", "Bytes of the flow in its window."},
    {"query.hostname", "The name that was asked for."},
    {"rcode", "The answer's code: NoError, NXDomain."},
    {"answers", "What the name resolved to."},
    {"action", "Allowed or Denied."},
    {"finding_info.title", "The finding in one line."},
};

const char *lake_field_comment(const char *field)
{
    for (size_t i = 0; i < COUNT(comments); i++)
        if (strcmp(comments[i].field, field) == 0)
            return comments[i].comment;
    return NULL;
}

/* The names that logs give, in the order of their records. */
static const struct {
    const char *raw, *field;
} raw_names[] = {
    /* CloudTrail */
    {"eventTime", "time_dt"},
    {"eventName", "api.operation"},
    {"eventSource", "api.service.name"},
    {"eventID", "metadata.uid"},
    {"awsRegion", "region"},
    {"sourceIPAddress", "src_endpoint.ip"},
    {"userAgent", "http_request.user_agent"},
    {"errorCode", "api.response.error"},
    {"errorMessage", "api.response.message"},
    {"requestParameters", "api.request.data"},
    {"responseElements", "api.response.data"},
    {"requestID", "api.request.uid"},
    {"recipientAccountId", "accountid"},
    {"userIdentity", "actor.user"},
    {"arn", "actor.user.uid"},
    {"principalId", "actor.user.uid_alt"},
    {"accessKeyId", "actor.user.credential_uid"},
    {"userName", "actor.user.name"},
    {"invokedBy", "actor.invoked_by"},
    {"sessionIssuer", "actor.session.issuer"},
    {"sessionContext", "actor.session"},
    {"mfaAuthenticated", "is_mfa"},
    {"operation", "api.operation"},
    {"service", "api.service.name"},
    {"credential_uid", "actor.user.credential_uid"},
    {"user_agent", "http_request.user_agent"},
    {"ip", "src_endpoint.ip"},
    /* VPC flow logs */
    {"srcaddr", "src_endpoint.ip"},
    {"dstaddr", "dst_endpoint.ip"},
    {"srcport", "src_endpoint.port"},
    {"dstport", "dst_endpoint.port"},
    {"protocol", "connection_info.protocol_num"},
    {"interface_id", "src_endpoint.interface_uid"},
    {"instance_id", "src_endpoint.instance_uid"},
    {"bytes", "traffic.bytes"},
    {"packets", "traffic.packets"},
    /* Route 53's resolver */
    {"query_name", "query.hostname"},
    {"query_type", "query.type"},
    {"query_timestamp", "time_dt"},
};

const char *lake_field_named(const char *name)
{
    for (size_t i = 0; i < COUNT(raw_names); i++)
        if (strcasecmp(raw_names[i].raw, name) == 0)
            return raw_names[i].field;
    return NULL;
}
