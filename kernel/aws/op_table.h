/* op_table - what only aws/op.c and the rows themselves know: the services' numbers. */
#ifndef COFFERDAM_AWS_OP_TABLE_H
#define COFFERDAM_AWS_OP_TABLE_H

#include "aws/op.h"

enum aws_service_id {
    AWS_STS,
    AWS_SSO,
    AWS_SSO_OIDC,
    AWS_SIGNIN,
    AWS_IAM,
    AWS_SSO_ADMIN,
    AWS_IDENTITYSTORE,
    AWS_ORGANIZATIONS,
    AWS_ATHENA,
    AWS_GLUE,
    AWS_LAKEFORMATION,
    AWS_RAM,
    AWS_SECURITYLAKE,
    AWS_S3,
    AWS_S3CONTROL,
    AWS_EC2,
    AWS_EBS,
    AWS_AUTOSCALING,
    AWS_ELB,
    AWS_ELBV2,
    AWS_LAMBDA,
    AWS_KMS,
    AWS_SSM,
    AWS_CLOUDTRAIL,
    AWS_SUPPORT,
    AWS_TRUSTEDADVISOR,
    AWS_HEALTH,
    AWS_GUARDDUTY,
    AWS_SECURITYHUB,
    AWS_SERVICES
};

/* each ends with a row of zeros */
extern const struct aws_op aws_ops_identity[]; /* who: sts, iam, Identity Center, organizations */
extern const struct aws_op aws_ops_data[];     /* athena, glue, lakes, s3 */
extern const struct aws_op aws_ops_compute[];  /* ec2 and what runs on or before it */
extern const struct aws_op aws_ops_alerts[];   /* cloudtrail, and what raises alarms */

#endif
