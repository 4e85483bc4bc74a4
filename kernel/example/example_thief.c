#include "example/example_thief.h"

#include <string.h>

struct event thief_call(struct story *story, const char *service, const char *operation)
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

void thief_looks(struct story *story, const char *service, const char *operation, const char *error)
{
    struct event event = thief_call(story, service, operation);
    event.error = error;
    event_write(story->example, &event);
}

/* From here on the thief signs as this caller, in the account where he is. */
void thief_becomes(struct story *story, struct caller caller)
{
    caller.account = story->thief.account;
    story->thief = caller;
}

const char *thief_arn(struct story *story, const char *format, const char *name)
{
    struct arena *arena = story->example->arena;
    return arena_printf(arena, "arn:aws:iam::%s:%s%s",
                        story->example->accounts[story->thief.account], format, name);
}

void thief_makes_user(struct story *story, const char *name)
{
    char id[24];
    chance_capitals(story->example, "AIDA", 17, id);
    struct event event = thief_call(story, "iam.amazonaws.com", "CreateUser");
    event.request = json_pack("{s:s}", "userName", name);
    event.response = json_pack("{s:{s:s, s:s, s:s}}", "user", "userName", name, "userId", id, "arn",
                               thief_arn(story, "user/", name));
    event_write(story->example, &event);
    truth_made(story->example, "user", name, story->thief.key, &event);
    event = thief_call(story, "iam.amazonaws.com", "AttachUserPolicy");
    event.request = json_pack("{s:s, s:s}", "userName", name, "policyArn",
                              "arn:aws:iam::aws:policy/AdministratorAccess");
    event_write(story->example, &event);
}

void thief_makes_key(struct story *story, const char *user, char out[24])
{
    chance_capitals(story->example, "AKIA", 16, out);
    struct event event = thief_call(story, "iam.amazonaws.com", "CreateAccessKey");
    event.request = json_pack("{s:s}", "userName", user);
    event.response = json_pack("{s:{s:s, s:s, s:s}}", "accessKey", "userName", user, "accessKeyId",
                               out, "status", "Active");
    event_write(story->example, &event);
    truth_made(story->example, "access key", out, story->thief.key, &event);
}

void thief_deletes_key(struct story *story, const char *user, const char *key)
{
    struct event event = thief_call(story, "iam.amazonaws.com", "DeleteAccessKey");
    event.request = json_pack("{s:s, s:s}", "userName", user, "accessKeyId", key);
    event_write(story->example, &event);
    truth_deleted(story->example, "access key", key, &event);
}

void thief_runs_instance(struct story *story, int region, size_t index)
{
    chance_hex(story->example, "i-0", 16, story->instances[index]);
    struct event event = thief_call(story, "ec2.amazonaws.com", "RunInstances");
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

void thief_makes_bucket(struct story *story, const char *name)
{
    struct event event = thief_call(story, "s3.amazonaws.com", "CreateBucket");
    event.request = json_pack("{s:s, s:s}", "bucketName", name, "Host", "s3.amazonaws.com");
    event_write(story->example, &event);
    truth_made(story->example, "bucket", name, story->thief.key, &event);
}

void thief_moves_objects(struct story *story, const char *bucket, const char *operation, int count)
{
    for (int i = 0; i < count; i++) {
        struct event event = thief_call(story, "s3.amazonaws.com", operation);
        event.data = true;
        event.request = json_pack("{s:s, s:s}", "bucketName", bucket, "key",
                                  arena_printf(story->example->arena, "dump/%03d.sql.gz", i));
        event.additional = json_pack(
            "{s:i, s:i}", "bytesTransferredOut", strcmp(operation, "GetObject") == 0 ? 52428800 : 0,
            "bytesTransferredIn", strcmp(operation, "PutObject") == 0 ? 52428800 : 0);
        event_write(story->example, &event);
    }
}

void thief_takes_session(struct story *story, const struct grant *grant, char key[24])
{
    const char *operation = grant->operation, *role = grant->role, *session = grant->session;
    int account = grant->account;
    struct example *example = story->example;
    chance_capitals(example, "ASIA", 16, key);
    struct event event = thief_call(story, "sts.amazonaws.com", operation);
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
