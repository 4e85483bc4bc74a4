/* The story: a key leaks, AWS notices, the thief looks round, widens his rights, makes users, keys,
   machines and buckets, goes on into another account, and deletes some of what he made. A colleague
   does things that look alike. */
#include "example/example_thief.h"

#include "base/time.h"

#include <stdio.h>
#include <string.h>

/* AWS's own hand: the exposed key is seen, the quarantine policy attached. */
static void alarm(struct story *story)
{
    struct event refresh = thief_call(story, "support.amazonaws.com", "RefreshTrustedAdvisorCheck");
    refresh.caller = (struct caller){.type = "AWSService",
                                     .service = "trustedadvisor.amazonaws.com",
                                     .account = story->thief.account};
    refresh.request = json_pack("{s:s}", "checkId", "12Fnkpl8Y5");
    event_write(story->example, &refresh);
    struct event event = thief_call(story, "iam.amazonaws.com", "AttachUserPolicy");
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
        thief_looks(story, steps[i].service, steps[i].operation, steps[i].error);
}

static void escalate(struct story *story)
{
    struct event event = thief_call(story, "iam.amazonaws.com", "DetachUserPolicy");
    event.request = json_pack("{s:s, s:s}", "userName", story->thief.name, "policyArn",
                              "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3");
    event_write(story->example, &event);
    event = thief_call(story, "iam.amazonaws.com", "CreatePolicyVersion");
    event.request = json_pack("{s:s, s:s, s:b}", "policyArn",
                              thief_arn(story, "policy/", "deploy-permissions"), "policyDocument",
                              "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                              "\"Action\":\"*\",\"Resource\":\"*\"}]}",
                              "setAsDefault", 1);
    event.response =
        json_pack("{s:{s:s, s:b}}", "policyVersion", "versionId", "v7", "isDefaultVersion", 1);
    event_write(story->example, &event);
}

/* A password for the helper, a sign-in with it, and what the console then does with a session key.
 */
static void console(struct story *story)
{
    struct example *example = story->example;
    struct caller before = story->thief;
    struct event event = thief_call(story, "iam.amazonaws.com", "CreateLoginProfile");
    event.request = json_pack("{s:s, s:b}", "userName", story->helper, "passwordResetRequired", 0);
    event.response = json_pack("{s:{s:s}}", "loginProfile", "userName", story->helper);
    event_write(example, &event);
    truth_made(example, "login profile", story->helper, story->thief.key, &event);
    thief_becomes(story, (struct caller){.type = "IAMUser",
                                         .name = story->helper,
                                         .principal = "AIDAHELPERHELPERHELPE"});
    event = thief_call(story, "signin.amazonaws.com", "ConsoleLogin");
    event.signin = true;
    event.response = json_pack("{s:s}", "ConsoleLogin", "Success");
    event.additional =
        json_pack("{s:s, s:s}", "LoginTo", "https://console.aws.amazon.com/", "MFAUsed", "No");
    event_write(example, &event);
    chance_capitals(example, "ASIA", 16, story->console_key);
    truth_made(example, "console session", story->console_key, before.key, &event);
    thief_becomes(story, (struct caller){.type = "IAMUser",
                                         .name = story->helper,
                                         .key = story->console_key,
                                         .principal = "AIDAHELPERHELPERHELPE"});
    story->thief.console = true;
    thief_looks(story, "ec2.amazonaws.com", "DescribeInstances", NULL);
    thief_looks(story, "iam.amazonaws.com", "ListUsers", NULL);
    thief_looks(story, "cloudtrail.amazonaws.com", "StopLogging", "AccessDenied");
    story->thief = before;
}

/* Credentials of a launched machine, taken from it and used from the thief's own address. */
static void instance_credentials(struct story *story)
{
    struct caller before = story->thief;
    char key[24];
    chance_capitals(story->example, "ASIA", 16, key);
    const char *kept = arena_strdup(story->example->arena, key);
    thief_becomes(story, (struct caller){.type = "AssumedRole",
                                         .name = "eks-nodes",
                                         .session = story->instances[0],
                                         .key = kept,
                                         .principal = "AROAEKSNODESEKSNODESE"});
    struct event event = thief_call(story, "s3.amazonaws.com", "ListBuckets");
    event_write(story->example, &event);
    truth_made(story->example, "instance session", kept, before.key, &event);
    thief_looks(story, "secretsmanager.amazonaws.com", "GetSecretValue", "AccessDeniedException");
    story->thief = before;
}

/* What the log holds was written by him: his agent and names try to act in whatever shows them. */
static void hostile(struct story *story)
{
    const char *agent = story->agent;
    story->agent = "<script>alert(document.domain)</script> ![x](http://203.0.113.66/p.png) "
                   "\x1b]8;;http://203.0.113.66\x07";
    thief_looks(story, "sts.amazonaws.com", "GetCallerIdentity", NULL);
    struct event event = thief_call(story, "ec2.amazonaws.com", "CreateTags");
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
    struct event event = thief_call(&other, "iam.amazonaws.com", "CreateAccessKey");
    event.request = json_pack("{s:s}", "userName", person->name);
    event.response =
        json_pack("{s:{s:s, s:s}}", "accessKey", "userName", person->name, "accessKeyId", key);
    event_write(example, &event);
    chance_hex(example, "i-0", 16, instance);
    event = thief_call(&other, "ec2.amazonaws.com", "RunInstances");
    event.request = json_pack("{s:s}", "instanceType", "c5.4xlarge");
    event.response = json_pack("{s:{s:[{s:s}]}}", "instancesSet", "items", "instanceId", instance);
    event_write(example, &event);
    other.thief.key = arena_strdup(example->arena, key);
    thief_looks(&other, "sts.amazonaws.com", "GetCallerIdentity", NULL);
    json_object_set_new(
        example->truth, "innocent",
        json_pack("{s:s, s:s, s:s}", "user", person->name, "key", person->key, "new_key", key));
}

static void machines(struct story *story)
{
    struct event event = thief_call(story, "ec2.amazonaws.com", "CreateKeyPair");
    event.region = 1;
    event.request = json_pack("{s:s}", "keyName", "ops-temp");
    event_write(story->example, &event);
    thief_runs_instance(story, 1, 0);
    thief_runs_instance(story, 3, 1);
    event = thief_call(story, "ec2.amazonaws.com", "AuthorizeSecurityGroupIngress");
    event.region = 1;
    event.request =
        json_pack("{s:s, s:s}", "groupId", "sg-0a1b2c3d4e5f67890", "cidrIp", "0.0.0.0/0");
    event_write(story->example, &event);
    thief_runs_instance(story, 3, 2);
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
    thief_becomes(story, (struct caller){.type = "IAMUser",
                                         .name = story->user,
                                         .key = story->second_key,
                                         .principal = "AIDASECONDSECONDSECON"});
    thief_looks(story, "sts.amazonaws.com", "GetCallerIdentity", NULL);
    machines(story);
    thief_makes_bucket(story, story->bucket);
    thief_makes_bucket(story, story->other_bucket);
    thief_moves_objects(story, "company-data-lake", "GetObject", 24);
    thief_moves_objects(story, story->bucket, "PutObject", 24);
    thief_makes_user(story, story->helper);
    thief_makes_key(story, story->helper, story->helper_key);
    thief_makes_user(story, story->decoy);
    thief_makes_key(story, story->decoy, story->decoy_key);
    thief_makes_key(story, story->decoy, story->decoy_key_2);
    thief_makes_key(story, story->example->people[3].name, story->sibling_key);
    console(story);
    instance_credentials(story);
    hostile(story);
}

static void onward(struct story *story)
{
    struct example *example = story->example;
    int other = (story->thief.account + 1) % EXAMPLE_ACCOUNTS;
    thief_becomes(story, (struct caller){.type = "IAMUser",
                                         .name = story->helper,
                                         .key = story->helper_key,
                                         .principal = "AIDAHELPERHELPERHELPE"});
    thief_takes_session(story,
                        &(struct grant){.operation = "AssumeRole",
                                        .role = "OrganizationAccountAccessRole",
                                        .session = "ops",
                                        .account = other},
                        story->role_session);
    thief_takes_session(story,
                        &(struct grant){.operation = "GetFederationToken",
                                        .session = "backup",
                                        .account = story->thief.account},
                        story->federated);
    int home = story->thief.account;
    story->thief.account = other;
    thief_becomes(story, (struct caller){.type = "AssumedRole",
                                         .name = "OrganizationAccountAccessRole",
                                         .session = "ops",
                                         .key = story->role_session,
                                         .principal = "AROAORGACCESSORGACCES"});
    thief_looks(story, "s3.amazonaws.com", "ListBuckets", NULL);
    thief_takes_session(story,
                        &(struct grant){.operation = "AssumeRole",
                                        .role = "data-platform",
                                        .session = "sync",
                                        .account = other},
                        story->deep_session);
    thief_becomes(story, (struct caller){.type = "AssumedRole",
                                         .name = "data-platform",
                                         .session = "sync",
                                         .key = story->deep_session,
                                         .principal = "AROADATAPLATFORMDATAP"});
    thief_moves_objects(story, "company-data-lake", "GetObject", 6);
    thief_looks(story, "kms.amazonaws.com", "ScheduleKeyDeletion", "AccessDenied");
    story->thief.account = home;
    thief_becomes(story, (struct caller){.type = "FederatedUser",
                                         .name = "backup",
                                         .session = "backup",
                                         .key = story->federated,
                                         .principal = arena_printf(example->arena, "%s:backup",
                                                                   example->accounts[home])});
    thief_looks(story, "ec2.amazonaws.com", "DescribeSnapshots", NULL);
}

/* To confuse: some of what he made goes again. The log keeps it. */
static void cover(struct story *story)
{
    thief_becomes(story, (struct caller){.type = "IAMUser",
                                         .name = story->helper,
                                         .key = story->helper_key,
                                         .principal = "AIDAHELPERHELPERHELPE"});
    thief_deletes_key(story, story->decoy, story->decoy_key);
    thief_deletes_key(story, story->decoy, story->decoy_key_2);
    struct event event = thief_call(story, "iam.amazonaws.com", "DeleteUser");
    event.request = json_pack("{s:s}", "userName", story->decoy);
    event_write(story->example, &event);
    truth_deleted(story->example, "user", story->decoy, &event);
    thief_deletes_key(story, story->user, story->second_key);
    event = thief_call(story, "ec2.amazonaws.com", "DeleteFlowLogs");
    event.region = 3;
    event.request = json_pack("{s:s}", "flowLogId", "fl-0d1f3a5b7c9e24680");
    event_write(story->example, &event);
    thief_looks(story, "guardduty.amazonaws.com", "DeleteDetector", "AccessDeniedException");
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
    thief_makes_user(story, story->user);
    thief_makes_key(story, story->user, story->second_key);
    innocent(story);
    second_key_work(story);
    onward(story);
    cover(story);
}
