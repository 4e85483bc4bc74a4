#include "aws/op_table.h"

#include <string.h>

static const struct aws_service services[AWS_SERVICES] = {
    [AWS_STS] = {"sts", "STS", AWS_QUERY, .version = "2011-06-15", .prefix = "sts",
                 .signing = "sts"},
    [AWS_SSO] = {"sso", "SSO", AWS_REST_JSON, .prefix = "portal.sso", .signing = "awsssoportal"},
    [AWS_SSO_OIDC] = {"sso-oidc", "SSO_OIDC", AWS_REST_JSON, .prefix = "oidc",
                      .signing = "sso-oauth"},
    [AWS_SIGNIN] = {"signin", "SIGNIN", AWS_REST_JSON, .prefix = "signin", .signing = "signin"},
    [AWS_IAM] = {"iam", "IAM", AWS_QUERY, .version = "2010-05-08", .prefix = "iam",
                 .signing = "iam"},
    [AWS_SSO_ADMIN] = {"sso-admin", "SSO_ADMIN", AWS_JSON_1_1, .target = "SWBExternalService",
                       .prefix = "sso", .action = "sso", .signing = "sso"},
    [AWS_IDENTITYSTORE] = {"identitystore", "IDENTITYSTORE", AWS_JSON_1_1,
                           .target = "AWSIdentityStore", .prefix = "identitystore",
                           .signing = "identitystore"},
    [AWS_ORGANIZATIONS] = {"organizations", "ORGANIZATIONS", AWS_JSON_1_1,
                           .target = "AWSOrganizationsV20161128", .prefix = "organizations",
                           .signing = "organizations"},
    [AWS_ATHENA] = {"athena", "ATHENA", AWS_JSON_1_1, .target = "AmazonAthena", .prefix = "athena",
                    .signing = "athena"},
    [AWS_GLUE] = {"glue", "GLUE", AWS_JSON_1_1, .target = "AWSGlue", .prefix = "glue",
                  .signing = "glue"},
    [AWS_LAKEFORMATION] = {"lakeformation", "LAKEFORMATION", AWS_REST_JSON,
                           .prefix = "lakeformation", .signing = "lakeformation"},
    [AWS_RAM] = {"ram", "RAM", AWS_REST_JSON, .prefix = "ram", .signing = "ram"},
    [AWS_SECURITYLAKE] = {"securitylake", "SECURITYLAKE", AWS_REST_JSON, .prefix = "securitylake",
                          .signing = "securitylake"},
    [AWS_S3] = {"s3", "S3", AWS_REST_XML, .prefix = "s3", .signing = "s3",
                .xmlns = "http://s3.amazonaws.com/doc/2006-03-01/"},
    [AWS_S3CONTROL] = {"s3control", "S3_CONTROL", AWS_REST_XML, .prefix = "s3-control",
                       .action = "s3", .signing = "s3",
                       .xmlns = "http://awss3control.amazonaws.com/doc/2018-08-20/"},
    [AWS_EC2] = {"ec2", "EC2", AWS_EC2_QUERY, .version = "2016-11-15", .prefix = "ec2",
                 .signing = "ec2"},
    [AWS_EBS] = {"ebs", "EBS", AWS_REST_JSON, .prefix = "ebs", .signing = "ebs"},
    [AWS_AUTOSCALING] = {"autoscaling", "AUTO_SCALING", AWS_QUERY, .version = "2011-01-01",
                         .prefix = "autoscaling", .signing = "autoscaling"},
    [AWS_ELB] = {"elb", "ELASTIC_LOAD_BALANCING", AWS_QUERY, .version = "2012-06-01",
                 .prefix = "elasticloadbalancing", .action = "elasticloadbalancing",
                 .signing = "elasticloadbalancing"},
    [AWS_ELBV2] = {"elbv2", "ELASTIC_LOAD_BALANCING_V2", AWS_QUERY, .version = "2015-12-01",
                   .prefix = "elasticloadbalancing", .action = "elasticloadbalancing",
                   .signing = "elasticloadbalancing"},
    [AWS_LAMBDA] = {"lambda", "LAMBDA", AWS_REST_JSON, .prefix = "lambda", .signing = "lambda"},
    [AWS_KMS] = {"kms", "KMS", AWS_JSON_1_1, .target = "TrentService", .prefix = "kms",
                 .signing = "kms"},
    [AWS_SSM] = {"ssm", "SSM", AWS_JSON_1_1, .target = "AmazonSSM", .prefix = "ssm",
                 .signing = "ssm"},
    [AWS_CLOUDTRAIL] = {"cloudtrail", "CLOUDTRAIL", AWS_JSON_1_1,
                        .target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
                        .prefix = "cloudtrail", .signing = "cloudtrail"},
    [AWS_SUPPORT] = {"support", "SUPPORT", AWS_JSON_1_1, .target = "AWSSupport_20130415",
                     .prefix = "support", .signing = "support"},
    [AWS_TRUSTEDADVISOR] = {"trustedadvisor", "TRUSTEDADVISOR", AWS_REST_JSON,
                            .prefix = "trustedadvisor", .signing = "trustedadvisor"},
    [AWS_HEALTH] = {"health", "HEALTH", AWS_JSON_1_1, .target = "AWSHealth_20160804",
                    .prefix = "health", .signing = "health"},
    [AWS_GUARDDUTY] = {"guardduty", "GUARDDUTY", AWS_REST_JSON, .prefix = "guardduty",
                       .signing = "guardduty"},
    [AWS_SECURITYHUB] = {"securityhub", "SECURITYHUB", AWS_REST_JSON, .prefix = "securityhub",
                         .signing = "securityhub"},
};

static const struct aws_op *const tables[] = {aws_ops_identity, aws_ops_data, aws_ops_compute,
                                              aws_ops_alerts};

const struct aws_service *aws_service_of(const struct aws_op *op)
{
    return &services[op->service];
}

const struct aws_op *aws_op_at(size_t index)
{
    for (size_t i = 0; i < COUNT(tables); i++) {
        size_t rows = 0;
        while (tables[i][rows].name)
            rows++;
        if (index < rows)
            return &tables[i][index];
        index -= rows;
    }
    return NULL;
}

const struct aws_op *aws_op(const char *name)
{
    size_t service = strcspn(name, ":");
    for (size_t i = 0; i < COUNT(tables); i++)
        for (const struct aws_op *op = tables[i]; op->name; op++) {
            const char *of = services[op->service].name;
            if (strlen(of) == service && memcmp(of, name, service) == 0 && name[service] &&
                strcmp(op->name, name + service + 1) == 0)
                return op;
        }
    return NULL;
}
