/* What an ordinary company does all day: reads, deployments, sessions, sign-ins, refusals, data
 * events. */
#include "example/example_state.h"

#include <string.h>

#define EVENTS_AT_SCALE_1 62000

static const struct {
    const char *service, *operation;
    unsigned weight;
    const char *error; /* now and then */
} calls[] = {
    {"ec2.amazonaws.com", "DescribeInstances", 90, NULL},
    {"ec2.amazonaws.com", "DescribeSecurityGroups", 40, NULL},
    {"ec2.amazonaws.com", "DescribeVolumes", 30, NULL},
    {"s3.amazonaws.com", "ListBuckets", 20, NULL},
    {"s3.amazonaws.com", "GetBucketPolicy", 20, "NoSuchBucketPolicy"},
    {"s3.amazonaws.com", "GetBucketAcl", 20, NULL},
    {"iam.amazonaws.com", "ListUsers", 12, NULL},
    {"iam.amazonaws.com", "GetUser", 18, NULL},
    {"iam.amazonaws.com", "ListRoles", 14, NULL},
    {"iam.amazonaws.com", "ListAttachedUserPolicies", 8, NULL},
    {"sts.amazonaws.com", "GetCallerIdentity", 60, NULL},
    {"kms.amazonaws.com", "Decrypt", 80, "AccessDenied"},
    {"kms.amazonaws.com", "GenerateDataKey", 40, NULL},
    {"secretsmanager.amazonaws.com", "GetSecretValue", 24, "AccessDeniedException"},
    {"ssm.amazonaws.com", "GetParameter", 30, "ParameterNotFound"},
    {"logs.amazonaws.com", "DescribeLogGroups", 30, NULL},
    {"logs.amazonaws.com", "CreateLogStream", 40, "ResourceAlreadyExistsException"},
    {"monitoring.amazonaws.com", "DescribeAlarms", 30, NULL},
    {"cloudformation.amazonaws.com", "DescribeStacks", 20, NULL},
    {"cloudformation.amazonaws.com", "UpdateStack", 4, "ValidationError"},
    {"ecs.amazonaws.com", "DescribeServices", 40, NULL},
    {"ecs.amazonaws.com", "UpdateService", 6, NULL},
    {"eks.amazonaws.com", "DescribeCluster", 16, NULL},
    {"rds.amazonaws.com", "DescribeDBInstances", 24, NULL},
    {"dynamodb.amazonaws.com", "DescribeTable", 30, NULL},
    {"elasticloadbalancing.amazonaws.com", "DescribeTargetHealth", 40, NULL},
    {"autoscaling.amazonaws.com", "DescribeAutoScalingGroups", 30, NULL},
    {"config.amazonaws.com", "PutEvaluations", 30, NULL},
    {"tagging.amazonaws.com", "GetResources", 14, NULL},
    {"ecr.amazonaws.com", "GetAuthorizationToken", 24, NULL},
    {"ecr.amazonaws.com", "BatchGetImage", 20, NULL},
    {"lambda.amazonaws.com", "ListFunctions20150331", 16, NULL},
    {"lambda.amazonaws.com", "UpdateFunctionCode20150331v2", 3, NULL},
    {"route53.amazonaws.com", "ListHostedZones", 8, NULL},
    {"cloudtrail.amazonaws.com", "DescribeTrails", 8, NULL},
    {"guardduty.amazonaws.com", "ListDetectors", 6, NULL},
    {"organizations.amazonaws.com", "ListAccounts", 5, "AccessDeniedException"},
    {"sqs.amazonaws.com", "GetQueueAttributes", 20, NULL},
    {"sns.amazonaws.com", "Publish", 10, NULL},
    {"ec2.amazonaws.com", "CreateTags", 6, NULL},
    {"ec2.amazonaws.com", "AuthorizeSecurityGroupIngress", 1, "Client.InvalidPermission.Duplicate"},
    {"support.amazonaws.com", "DescribeTrustedAdvisorChecks", 3, NULL},
};

static size_t pick_call(struct example *example)
{
    unsigned total = 0;
    for (size_t i = 0; i < COUNT(calls); i++)
        total += calls[i].weight;
    unsigned at = (unsigned)chance_below(example, total);
    for (size_t i = 0; i < COUNT(calls); i++) {
        if (at < calls[i].weight)
            return i;
        at -= calls[i].weight;
    }
    return 0;
}

/* Most work is done in office hours; machines work always. */
static int64_t noise_time(struct example *example, bool machine)
{
    int64_t day = (int64_t)chance_below(example, EXAMPLE_DAYS);
    int64_t second = (int64_t)chance_below(example, 86400);
    if (!machine && chance_below(example, 4))
        second = 7 * 3600 + (int64_t)chance_below(example, 11 * 3600);
    return EXAMPLE_BEGIN + day * DAY + second * SECOND;
}

static struct caller caller_of(struct example *example, const struct person *person)
{
    struct caller caller = {.type = person->role ? "AssumedRole" : "IAMUser",
                            .name = person->name,
                            .key = person->key,
                            .principal = person->principal,
                            .account = person->account};
    if (person->role) {
        caller.session = strncmp(person->name, "AWSReservedSSO", 14) == 0
                             ? example->people[chance_below(example, 40)].name
                             : "worker-7f3a";
        caller.mfa = strncmp(person->name, "AWSReservedSSO", 14) == 0;
    }
    return caller;
}

static struct event base_event(struct example *example, const struct person *person)
{
    struct event event = {.caller = caller_of(example, person),
                          .time = noise_time(example, person->role),
                          .account = person->account,
                          .region = (int)chance_below(example, EXAMPLE_REGIONS),
                          .address = person->address,
                          .agent = person->agent};
    return event;
}

static void plain_call(struct example *example)
{
    const struct person *person = &example->people[chance_below(example, EXAMPLE_PEOPLE)];
    struct event event = base_event(example, person);
    size_t call = pick_call(example);
    event.service = calls[call].service;
    event.operation = calls[call].operation;
    event.error = calls[call].error && chance_below(example, 12) == 0 ? calls[call].error : NULL;
    if (strcmp(event.service, "iam.amazonaws.com") == 0)
        event.region = 0;
    if (strcmp(event.operation, "GetUser") == 0)
        event.request =
            json_pack("{s:s}", "userName", example->people[chance_below(example, 40)].name);
    else if (strcmp(event.service, "s3.amazonaws.com") == 0 &&
             strcmp(event.operation, "ListBuckets") != 0)
        event.request = json_pack("{s:s, s:s}", "bucketName", "company-data-lake", "Host",
                                  "company-data-lake.s3.amazonaws.com");
    else if (strcmp(event.operation, "GetSecretValue") == 0)
        event.request = json_pack("{s:s}", "secretId", "prod/orders/db");
    event_write(example, &event);
}

/* A service takes a role: the response holds the session's key, and the session is used. */
static void service_session(struct example *example)
{
    const struct person *person = &example->people[EXAMPLE_PEOPLE - 1 - chance_below(example, 14)];
    char key[24];
    chance_capitals(example, "ASIA", 16, key);
    struct event event = base_event(example, person);
    event.caller = (struct caller){
        .type = "AWSService", .service = "ec2.amazonaws.com", .account = person->account};
    event.service = "sts.amazonaws.com";
    event.operation = "AssumeRole";
    const char *arn = arena_printf(example->arena, "arn:aws:iam::%s:role/%s",
                                   example->accounts[person->account], person->name);
    event.request = json_pack("{s:s, s:s}", "roleArn", arn, "roleSessionName", "worker-7f3a");
    event.response =
        json_pack("{s:{s:s, s:s, s:s}}", "credentials", "accessKeyId", key, "sessionToken",
                  "FwoGZXIvYXdzEXAMPLE", "expiration", "Mar 9, 2026, 11:59:59 PM");
    event_write(example, &event);
    struct event use = base_event(example, person);
    use.time = event.time + (int64_t)(1 + chance_below(example, 600)) * SECOND;
    if (use.time >= EXAMPLE_BEGIN + EXAMPLE_DAYS * DAY)
        use.time = event.time;
    use.caller.key = arena_strdup(example->arena, key);
    use.service = "ec2.amazonaws.com";
    use.operation = "DescribeInstances";
    event_write(example, &use);
}

static void sign_in(struct example *example)
{
    const struct person *person = &example->people[chance_below(example, 44)];
    struct event event = base_event(example, person);
    bool fails = chance_below(example, 15) == 0;
    event.region = 0;
    event.caller.key = NULL;
    event.service = "signin.amazonaws.com";
    event.operation = "ConsoleLogin";
    event.signin = true;
    event.agent = "Mozilla/5.0 (X11; Linux x86_64; rv:123.0) Gecko/20100101 Firefox/123.0";
    event.response = json_pack("{s:s}", "ConsoleLogin", fails ? "Failure" : "Success");
    event.additional =
        json_pack("{s:s, s:s, s:s}", "LoginTo", "https://console.aws.amazon.com/console/home",
                  "MobileVersion", "No", "MFAUsed", fails ? "No" : "Yes");
    event_write(example, &event);
}

static void data_event(struct example *example)
{
    const struct person *person = &example->people[EXAMPLE_PEOPLE - 1 - chance_below(example, 16)];
    struct event event = base_event(example, person);
    bool function = chance_below(example, 4) == 0;
    event.data = true;
    event.service = function ? "lambda.amazonaws.com" : "s3.amazonaws.com";
    event.operation = function ? "Invoke" : chance_below(example, 3) ? "GetObject" : "PutObject";
    if (function) {
        event.request = json_pack(
            "{s:s}", "functionName",
            arena_printf(example->arena, "arn:aws:lambda:%s:%s:function:orders",
                         example->regions[event.region], example->accounts[event.account]));
    } else {
        event.request = json_pack("{s:s, s:s}", "bucketName", "company-data-lake", "key",
                                  arena_printf(example->arena, "orders/part-%04u.parquet",
                                               (unsigned)chance_below(example, 5000)));
        event.additional =
            json_pack("{s:i, s:i, s:s}", "bytesTransferredOut", (int)chance_below(example, 4000000),
                      "bytesTransferredIn", 0, "SignatureVersion", "SigV4");
    }
    event_write(example, &event);
}

/* A user rotates a key: made, later the old one deleted. It looks like an attacker and is none. */
static void rotation(struct example *example)
{
    struct person *person =
        &example->people[chance_below(example, 40)]; /* never the owner of the leaked key */
    char key[24];
    chance_capitals(example, "AKIA", 16, key);
    struct event event = base_event(example, person);
    event.region = 0;
    event.service = "iam.amazonaws.com";
    event.operation = "CreateAccessKey";
    event.request = json_pack("{s:s}", "userName", person->name);
    event.response = json_pack("{s:{s:s, s:s, s:s}}", "accessKey", "userName", person->name,
                               "accessKeyId", key, "status", "Active");
    event_write(example, &event);
}

bool noise_write(struct example *example, struct error *err)
{
    int64_t total =
        (int64_t)EVENTS_AT_SCALE_1 * (example->request->scale ? example->request->scale : 1);
    for (int64_t i = 0; i < total; i++) {
        uint64_t kind = chance_below(example, 1000);
        if (kind < 760)
            plain_call(example);
        else if (kind < 840)
            service_session(example);
        else if (kind < 846)
            sign_in(example);
        else if (kind < 847)
            rotation(example);
        else
            data_event(example);
        if (i % 1024 == 0 && example->request->cancel && cancel_raised(example->request->cancel))
            return error_set(err, ERROR_INTERRUPTED, "interrupted; %s is incomplete",
                             example->request->folder);
    }
    return true;
}
