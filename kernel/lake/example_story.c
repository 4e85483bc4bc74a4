/* The story: a key leaks, AWS notices, the thief looks round, widens his rights, makes users, keys,
   machines and buckets, goes on into another account, and deletes some of what he made. A colleague
   does things that look alike. */
#include "lake/example_state.h"

#include "base/time.h"

#include <stdio.h>
#include <string.h>

/* The cast, and the clock: each step is minutes after the one before. */
struct story {
    struct example *example;
    int64_t now;
    const char *address, *agent;
    struct caller thief; /* who acts now */
    char user[40], helper[40], decoy[40];
    char second_key[24], helper_key[24], decoy_key[24], decoy_key_2[24], sibling_key[24];
    char role_session[24], deep_session[24], federated[24], console_key[24];
    char instances[3][24];
    char bucket[40], other_bucket[40];
};

static struct event call(struct story *story, const char *service, const char *operation)
{
    struct example *example = story->example;
    story->now += (int64_t)(20 + chance_below(example, 160)) * SECOND;
    struct event event = {.caller = story->thief,
                          .time = story->now,
                          .account = story->thief.account,
                          .service = service,
                          .operation = operation,
                          .address = story->address,
                          .agent = story->agent};
    return event;
}

static void look(struct story *story, const char *service, const char *operation, const char *error)
{
    struct event event = call(story, service, operation);
    event.error = error;
    event_write(story->example, &event);
}

/* From here on the thief signs as this caller, in the account where he is. */
static void use(struct story *story, struct caller caller)
{
    caller.account = story->thief.account;
    story->thief = caller;
}

static const char *arn(struct story *story, const char *format, const char *name)
{
    struct arena *arena = story->example->arena;
    return arena_printf(arena, "arn:aws:iam::%s:%s%s",
                        story->example->accounts[story->thief.account], format, name);
}

/* AWS's own hand: the exposed key is seen, the quarantine policy attached. */
static void alarm(struct story *story)
{
    struct event refresh = call(story, "support.amazonaws.com", "RefreshTrustedAdvisorCheck");
    refresh.caller = (struct caller){.type = "AWSService",
                                     .service = "trustedadvisor.amazonaws.com",
                                     .account = story->thief.account};
    refresh.request = json_pack("{s:s}", "checkId", "12Fnkpl8Y5");
    event_write(story->example, &refresh);
    struct event event = call(story, "iam.amazonaws.com", "AttachUserPolicy");
    event.caller = (struct caller){.type = "AWSService",
                                   .service = "quarantine.iam.amazonaws.com",
                                   .account = story->thief.account};
    event.request = json_pack("{s:s, s:s}", "userName", story->thief.name, "policyArn",
                              "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3");
    event_write(story->example, &event);
}

static void recon(struct story *story)
{
    static const struct {
        const char *service, *operation, *error;
    } steps[] = {{"sts.amazonaws.com", "GetCallerIdentity", NULL},
                 {"iam.amazonaws.com", "ListUsers", "AccessDenied"},
                 {"iam.amazonaws.com", "GetAccountAuthorizationDetails", "AccessDenied"},
                 {"iam.amazonaws.com", "ListAttachedUserPolicies", NULL},
                 {"s3.amazonaws.com", "ListBuckets", NULL},
                 {"ec2.amazonaws.com", "DescribeInstances", NULL},
                 {"ec2.amazonaws.com", "DescribeRegions", NULL},
                 {"secretsmanager.amazonaws.com", "ListSecrets", "AccessDeniedException"},
                 {"organizations.amazonaws.com", "DescribeOrganization", "AccessDeniedException"},
                 {"lambda.amazonaws.com", "ListFunctions20150331", "AccessDeniedException"},
                 {"ses.amazonaws.com", "GetSendQuota", "AccessDenied"},
                 {"rds.amazonaws.com", "DescribeDBInstances", "AccessDenied"},
                 {"sts.amazonaws.com", "AssumeRole", "AccessDenied"},
                 {"iam.amazonaws.com", "CreateAccessKey", "AccessDenied"},
                 {"iam.amazonaws.com", "ListGroupsForUser", NULL}};
    for (size_t i = 0; i < COUNT(steps); i++)
        look(story, steps[i].service, steps[i].operation, steps[i].error);
}

static void escalate(struct story *story)
{
    struct event event = call(story, "iam.amazonaws.com", "DetachUserPolicy");
    event.request = json_pack("{s:s, s:s}", "userName", story->thief.name, "policyArn",
                              "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3");
    event_write(story->example, &event);
    event = call(story, "iam.amazonaws.com", "CreatePolicyVersion");
    event.request = json_pack("{s:s, s:s, s:b}", "policyArn",
                              arn(story, "policy/", "deploy-permissions"), "policyDocument",
                              "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                              "\"Action\":\"*\",\"Resource\":\"*\"}]}",
                              "setAsDefault", 1);
    event.response =
        json_pack("{s:{s:s, s:b}}", "policyVersion", "versionId", "v7", "isDefaultVersion", 1);
    event_write(story->example, &event);
}

static void make_user(struct story *story, const char *name)
{
    char id[24];
    chance_capitals(story->example, "AIDA", 17, id);
    struct event event = call(story, "iam.amazonaws.com", "CreateUser");
    event.request = json_pack("{s:s}", "userName", name);
    event.response = json_pack("{s:{s:s, s:s, s:s}}", "user", "userName", name, "userId", id, "arn",
                               arn(story, "user/", name));
    event_write(story->example, &event);
    truth_made(story->example, "user", name, story->thief.key, &event);
    event = call(story, "iam.amazonaws.com", "AttachUserPolicy");
    event.request = json_pack("{s:s, s:s}", "userName", name, "policyArn",
                              "arn:aws:iam::aws:policy/AdministratorAccess");
    event_write(story->example, &event);
}

static void make_key(struct story *story, const char *user, char out[24])
{
    chance_capitals(story->example, "AKIA", 16, out);
    struct event event = call(story, "iam.amazonaws.com", "CreateAccessKey");
    event.request = json_pack("{s:s}", "userName", user);
    event.response = json_pack("{s:{s:s, s:s, s:s}}", "accessKey", "userName", user, "accessKeyId",
                               out, "status", "Active");
    event_write(story->example, &event);
    truth_made(story->example, "access key", out, story->thief.key, &event);
}

static void delete_key(struct story *story, const char *user, const char *key)
{
    struct event event = call(story, "iam.amazonaws.com", "DeleteAccessKey");
    event.request = json_pack("{s:s, s:s}", "userName", user, "accessKeyId", key);
    event_write(story->example, &event);
    truth_deleted(story->example, "access key", key, &event);
}

static void run_instance(struct story *story, int region, size_t index)
{
    chance_hex(story->example, "i-0", 16, story->instances[index]);
    struct event event = call(story, "ec2.amazonaws.com", "RunInstances");
    event.region = region;
    event.request = json_pack("{s:s, s:{s:[{s:s, s:i, s:i, s:s}]}}", "instanceType", "p3.16xlarge",
                              "instancesSet", "items", "imageId", "ami-0c1a7f89451184c8b",
                              "minCount", 1, "maxCount", 1, "keyName", "ops-temp");
    event.response =
        json_pack("{s:s, s:{s:[{s:s, s:s, s:s, s:s}]}}", "reservationId", "r-0fa3b7e4c1d29a586",
                  "instancesSet", "items", "instanceId", story->instances[index], "imageId",
                  "ami-0c1a7f89451184c8b", "instanceType", "p3.16xlarge", "keyName", "ops-temp");
    event_write(story->example, &event);
    truth_made(story->example, "instance", story->instances[index], story->thief.key, &event);
}

static void make_bucket(struct story *story, const char *name)
{
    struct event event = call(story, "s3.amazonaws.com", "CreateBucket");
    event.request = json_pack("{s:s, s:s}", "bucketName", name, "Host", "s3.amazonaws.com");
    event_write(story->example, &event);
    truth_made(story->example, "bucket", name, story->thief.key, &event);
}

static void objects(struct story *story, const char *bucket, const char *operation, int count)
{
    for (int i = 0; i < count; i++) {
        struct event event = call(story, "s3.amazonaws.com", operation);
        event.data = true;
        event.request = json_pack("{s:s, s:s}", "bucketName", bucket, "key",
                                  arena_printf(story->example->arena, "dump/%03d.sql.gz", i));
        event.additional = json_pack(
            "{s:i, s:i}", "bytesTransferredOut", strcmp(operation, "GetObject") == 0 ? 52428800 : 0,
            "bytesTransferredIn", strcmp(operation, "PutObject") == 0 ? 52428800 : 0);
        event_write(story->example, &event);
    }
}

/* AssumeRole or GetFederationToken: the caller gets a session, which he then is. */
struct grant {
    const char *operation, *role, *session;
    int account;
};

static void take_session(struct story *story, const struct grant *grant, char key[24])
{
    const char *operation = grant->operation, *role = grant->role, *session = grant->session;
    int account = grant->account;
    struct example *example = story->example;
    chance_capitals(example, "ASIA", 16, key);
    struct event event = call(story, "sts.amazonaws.com", operation);
    const char *owner = example->accounts[account];
    if (role) {
        event.request =
            json_pack("{s:s, s:s}", "roleArn",
                      arena_printf(example->arena, "arn:aws:iam::%s:role/%s", owner, role),
                      "roleSessionName", session);
        event.response = json_pack(
            "{s:{s:s, s:s, s:s}, s:{s:s, s:s}}", "credentials", "accessKeyId", key, "sessionToken",
            "FwoGZXIvYXdzEXAMPLE", "expiration", "Mar 9, 2026, 11:59:59 PM", "assumedRoleUser",
            "assumedRoleId", "AROAEXAMPLE:x", "arn",
            arena_printf(example->arena, "arn:aws:sts::%s:assumed-role/%s/%s", owner, role,
                         session));
    } else {
        event.request = json_pack("{s:s}", "name", session);
        event.response = json_pack(
            "{s:{s:s, s:s, s:s}, s:{s:s}}", "credentials", "accessKeyId", key, "sessionToken",
            "FwoGZXIvYXdzEXAMPLE", "expiration", "Mar 9, 2026, 11:59:59 PM", "federatedUser", "arn",
            arena_printf(example->arena, "arn:aws:sts::%s:federated-user/%s", owner, session));
    }
    event_write(example, &event);
    truth_made(example, "session", key, story->thief.key, &event);
}

/* A password for the helper, a sign-in with it, and what the console then does with a session key.
 */
static void console(struct story *story)
{
    struct example *example = story->example;
    struct caller before = story->thief;
    struct event event = call(story, "iam.amazonaws.com", "CreateLoginProfile");
    event.request = json_pack("{s:s, s:b}", "userName", story->helper, "passwordResetRequired", 0);
    event.response = json_pack("{s:{s:s}}", "loginProfile", "userName", story->helper);
    event_write(example, &event);
    truth_made(example, "login profile", story->helper, story->thief.key, &event);
    use(story, (struct caller){
                   .type = "IAMUser", .name = story->helper, .principal = "AIDAHELPERHELPERHELPE"});
    event = call(story, "signin.amazonaws.com", "ConsoleLogin");
    event.signin = true;
    event.response = json_pack("{s:s}", "ConsoleLogin", "Success");
    event.additional =
        json_pack("{s:s, s:s}", "LoginTo", "https://console.aws.amazon.com/", "MFAUsed", "No");
    event_write(example, &event);
    chance_capitals(example, "ASIA", 16, story->console_key);
    truth_made(example, "console session", story->console_key, before.key, &event);
    use(story, (struct caller){.type = "IAMUser",
                               .name = story->helper,
                               .key = story->console_key,
                               .principal = "AIDAHELPERHELPERHELPE"});
    story->thief.console = true;
    look(story, "ec2.amazonaws.com", "DescribeInstances", NULL);
    look(story, "iam.amazonaws.com", "ListUsers", NULL);
    look(story, "cloudtrail.amazonaws.com", "StopLogging", "AccessDenied");
    story->thief = before;
}

/* Credentials of a launched machine, taken from it and used from the thief's own address. */
static void instance_credentials(struct story *story)
{
    struct caller before = story->thief;
    char key[24];
    chance_capitals(story->example, "ASIA", 16, key);
    const char *kept = arena_strdup(story->example->arena, key);
    use(story, (struct caller){.type = "AssumedRole",
                               .name = "eks-nodes",
                               .session = story->instances[0],
                               .key = kept,
                               .principal = "AROAEKSNODESEKSNODESE"});
    struct event event = call(story, "s3.amazonaws.com", "ListBuckets");
    event_write(story->example, &event);
    truth_made(story->example, "instance session", kept, before.key, &event);
    look(story, "secretsmanager.amazonaws.com", "GetSecretValue", "AccessDeniedException");
    story->thief = before;
}

/* What the log holds was written by him: his agent and names try to act in whatever shows them. */
static void hostile(struct story *story)
{
    const char *agent = story->agent;
    story->agent = "<script>alert(document.domain)</script> ![x](http://203.0.113.66/p.png) "
                   "\x1b]8;;http://203.0.113.66\x07";
    look(story, "sts.amazonaws.com", "GetCallerIdentity", NULL);
    struct event event = call(story, "ec2.amazonaws.com", "CreateTags");
    event.request = json_pack("{s:{s:[{s:s, s:s}]}}", "tagSet", "items", "key",
                              "=HYPERLINK(\"http://203.0.113.66\")", "value",
                              "|`$(id)`| \xe2\x80\xaegnp.exe <img src=x onerror=alert(1)>");
    event_write(story->example, &event);
    story->agent = agent;
}

/* The colleague: rotates his own key in the same hour and runs an approved load test. Nothing of it
 * belongs to the family. */
static void innocent(struct story *story)
{
    struct example *example = story->example;
    struct person *person = &example->people[20 + chance_below(example, 10)];
    struct story other = {.example = example,
                          .now = story->now - 30 * MINUTE,
                          .address = person->address,
                          .agent = story->agent};
    other.thief = (struct caller){.type = "IAMUser",
                                  .name = person->name,
                                  .key = person->key,
                                  .principal = person->principal,
                                  .account = story->thief.account};
    char key[24], instance[24];
    chance_capitals(example, "AKIA", 16, key);
    struct event event = call(&other, "iam.amazonaws.com", "CreateAccessKey");
    event.request = json_pack("{s:s}", "userName", person->name);
    event.response =
        json_pack("{s:{s:s, s:s}}", "accessKey", "userName", person->name, "accessKeyId", key);
    event_write(example, &event);
    chance_hex(example, "i-0", 16, instance);
    event = call(&other, "ec2.amazonaws.com", "RunInstances");
    event.request = json_pack("{s:s}", "instanceType", "c5.4xlarge");
    event.response = json_pack("{s:{s:[{s:s}]}}", "instancesSet", "items", "instanceId", instance);
    event_write(example, &event);
    other.thief.key = arena_strdup(example->arena, key);
    look(&other, "sts.amazonaws.com", "GetCallerIdentity", NULL);
    json_object_set_new(
        example->truth, "innocent",
        json_pack("{s:s, s:s, s:s}", "user", person->name, "key", person->key, "new_key", key));
}

static void machines(struct story *story)
{
    struct event event = call(story, "ec2.amazonaws.com", "CreateKeyPair");
    event.region = 1;
    event.request = json_pack("{s:s}", "keyName", "ops-temp");
    event_write(story->example, &event);
    run_instance(story, 1, 0);
    run_instance(story, 3, 1);
    event = call(story, "ec2.amazonaws.com", "AuthorizeSecurityGroupIngress");
    event.region = 1;
    event.request =
        json_pack("{s:s, s:s}", "groupId", "sg-0a1b2c3d4e5f67890", "cidrIp", "0.0.0.0/0");
    event_write(story->example, &event);
    run_instance(story, 3, 2);
    char pool[40];
    chance_address(story->example, "185.199.110.", pool);
    for (int hour = 0; hour < 12; hour++)
        for (size_t i = 0; i < 3; i++) {
            int64_t time = story->now + hour * HOUR + (int64_t)i * MINUTE;
            struct traffic traffic = {.time = time,
                                      .instance = story->instances[i],
                                      .from = "172.31.9.20",
                                      .to = pool,
                                      .name = "pool.minexmr-relay.example.",
                                      .port = 3333,
                                      .bytes = 48000 + hour * 17,
                                      .accepted = true};
            network_query(story->example, &traffic);
            traffic.time += SECOND;
            network_flow(story->example, &traffic);
        }
    json_object_set_new(story->example->truth, "flow",
                        json_pack("{s:s, s:i}", "address", pool, "port", 3333));
    json_object_set_new(story->example->truth, "dns",
                        json_pack("{s:s}", "hostname", "pool.minexmr-relay.example."));
}

static void second_key_work(struct story *story)
{
    use(story, (struct caller){.type = "IAMUser",
                               .name = story->user,
                               .key = story->second_key,
                               .principal = "AIDASECONDSECONDSECON"});
    look(story, "sts.amazonaws.com", "GetCallerIdentity", NULL);
    machines(story);
    make_bucket(story, story->bucket);
    make_bucket(story, story->other_bucket);
    objects(story, "company-data-lake", "GetObject", 24);
    objects(story, story->bucket, "PutObject", 24);
    make_user(story, story->helper);
    make_key(story, story->helper, story->helper_key);
    make_user(story, story->decoy);
    make_key(story, story->decoy, story->decoy_key);
    make_key(story, story->decoy, story->decoy_key_2);
    make_key(story, story->example->people[3].name, story->sibling_key);
    console(story);
    instance_credentials(story);
    hostile(story);
}

static void onward(struct story *story)
{
    struct example *example = story->example;
    int other = (story->thief.account + 1) % EXAMPLE_ACCOUNTS;
    use(story, (struct caller){.type = "IAMUser",
                               .name = story->helper,
                               .key = story->helper_key,
                               .principal = "AIDAHELPERHELPERHELPE"});
    take_session(story,
                 &(struct grant){.operation = "AssumeRole",
                                 .role = "OrganizationAccountAccessRole",
                                 .session = "ops",
                                 .account = other},
                 story->role_session);
    take_session(story,
                 &(struct grant){.operation = "GetFederationToken",
                                 .session = "backup",
                                 .account = story->thief.account},
                 story->federated);
    int home = story->thief.account;
    story->thief.account = other;
    use(story, (struct caller){.type = "AssumedRole",
                               .name = "OrganizationAccountAccessRole",
                               .session = "ops",
                               .key = story->role_session,
                               .principal = "AROAORGACCESSORGACCES"});
    look(story, "s3.amazonaws.com", "ListBuckets", NULL);
    take_session(story,
                 &(struct grant){.operation = "AssumeRole",
                                 .role = "data-platform",
                                 .session = "sync",
                                 .account = other},
                 story->deep_session);
    use(story, (struct caller){.type = "AssumedRole",
                               .name = "data-platform",
                               .session = "sync",
                               .key = story->deep_session,
                               .principal = "AROADATAPLATFORMDATAP"});
    objects(story, "company-data-lake", "GetObject", 6);
    look(story, "kms.amazonaws.com", "ScheduleKeyDeletion", "AccessDenied");
    story->thief.account = home;
    use(story, (struct caller){.type = "FederatedUser",
                               .name = "backup",
                               .session = "backup",
                               .key = story->federated,
                               .principal = arena_printf(example->arena, "%s:backup",
                                                         example->accounts[home])});
    look(story, "ec2.amazonaws.com", "DescribeSnapshots", NULL);
}

/* To confuse: some of what he made goes again. The log keeps it. */
static void cover(struct story *story)
{
    use(story, (struct caller){.type = "IAMUser",
                               .name = story->helper,
                               .key = story->helper_key,
                               .principal = "AIDAHELPERHELPERHELPE"});
    delete_key(story, story->decoy, story->decoy_key);
    delete_key(story, story->decoy, story->decoy_key_2);
    struct event event = call(story, "iam.amazonaws.com", "DeleteUser");
    event.request = json_pack("{s:s}", "userName", story->decoy);
    event_write(story->example, &event);
    truth_deleted(story->example, "user", story->decoy, &event);
    delete_key(story, story->user, story->second_key);
    event = call(story, "ec2.amazonaws.com", "DeleteFlowLogs");
    event.region = 3;
    event.request = json_pack("{s:s}", "flowLogId", "fl-0d1f3a5b7c9e24680");
    event_write(story->example, &event);
    look(story, "guardduty.amazonaws.com", "DeleteDetector", "AccessDeniedException");
}

static void lawful_use(struct story *story, const struct person *owner, int64_t until)
{
    static const char *const operations[] = {"DescribeStacks", "DescribeStackEvents",
                                             "UpdateStack"};
    for (int64_t at = EXAMPLE_BEGIN + 8 * HOUR; at < until;
         at += 5 * HOUR + (int64_t)chance_below(story->example, 3600) * SECOND) {
        struct event event = {.caller = story->thief,
                              .time = at,
                              .account = owner->account,
                              .service = "cloudformation.amazonaws.com",
                              .operation =
                                  operations[chance_below(story->example, COUNT(operations))],
                              .address = owner->address,
                              .agent = "aws-sdk-go-v2/1.25.2 os/linux lang/go#1.22.1 ci/runner"};
        event_write(story->example, &event);
    }
}

static void name_cast(struct story *story)
{
    static const char *const names[] = {"svc-metrics", "terraform-sync", "backup-agent",
                                        "log-shipper", "cdn-purge",      "iam-audit"};
    size_t first = (size_t)chance_below(story->example, COUNT(names));
    const char *number = arena_printf(story->example->arena, "%02u",
                                      (unsigned)chance_below(story->example, 90) + 10);
    (void)snprintf(story->user, sizeof story->user, "%s-%s", names[first], number);
    (void)snprintf(story->helper, sizeof story->helper, "%s-%s", names[(first + 2) % COUNT(names)],
                   number);
    (void)snprintf(story->decoy, sizeof story->decoy, "%s-%s", names[(first + 4) % COUNT(names)],
                   number);
    (void)snprintf(story->bucket, sizeof story->bucket, "assets-cache-%s%s", number, "ff");
    (void)snprintf(story->other_bucket, sizeof story->other_bucket, "tmp-exports-%s%s", number,
                   "a1");
}

void story_write(struct example *example)
{
    struct story *story = arena_alloc(example->arena, sizeof *story);
    struct person *owner = &example->people[EXAMPLE_PEOPLE - 20];
    (void)snprintf(owner->name, sizeof owner->name, "ci-deploy");
    story->example = example;
    story->agent = "aws-cli/1.32.101 md/Botocore#1.34.101 ua/2.0 os/linux#5.15.0-kali3-amd64 "
                   "md/arch#x86_64 lang/python#3.11.2";
    story->now = EXAMPLE_BEGIN + (4 * 24 + 9 + (int64_t)chance_below(example, 6)) * HOUR +
                 (int64_t)chance_below(example, 3600) * SECOND;
    char address[40];
    chance_address(example, "45.155.205.", address);
    story->address = arena_strdup(example->arena, address);
    name_cast(story);
    story->thief = (struct caller){.type = "IAMUser",
                                   .name = owner->name,
                                   .key = owner->key,
                                   .principal = owner->principal,
                                   .account = owner->account};
    (void)snprintf(example->report->key, sizeof example->report->key, "%s", owner->key);
    json_object_set_new(example->truth, "key", json_texts(owner->key));
    json_object_set_new(example->truth, "user", json_texts(owner->name));
    json_object_set_new(example->truth, "account", json_texts(example->accounts[owner->account]));
    json_object_set_new(example->truth, "addresses", json_pack("[s]", story->address));
    truth_made(example, "access key", owner->key, NULL, NULL);
    lawful_use(story, owner, story->now);
    alarm(story);
    recon(story);
    escalate(story);
    make_user(story, story->user);
    make_key(story, story->user, story->second_key);
    innocent(story);
    second_key_work(story);
    onward(story);
    cover(story);
}
