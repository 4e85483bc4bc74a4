/* Any bytes as AWS's answer, over every protocol: an error is found or a reply read, never more. */
#include "aws/reply.h"
#include "aws/xml.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const ops[] = {"sts:AssumeRole", "ec2:DescribeInstances", "s3:GetBucketAcl",
                                  "athena:GetQueryResults", "guardduty:ListFindings"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct arena *arena = arena_new();
    struct error err;
    error_clear(&err);
    const struct aws_op *op = aws_op(ops[data[0] % COUNT(ops)]);
    char *body = arena_strndup(arena, (const char *)data + 1, size - 1);
    struct xml *xml = xml_new();
    struct aws_answer answer = {.status = 200, .body = body, .size = size - 1, .xml = xml};
    json_t *reply = NULL;
    if (aws_reply_read(op, &answer, arena, &reply, &err) != json_is_object(reply))
        abort();
    for (size_t i = 0; i < reply_count(reply, "a.b"); i++)
        (void)reply_text(reply_item(reply, "a.b", i), "c");
    struct aws_problem problem;
    answer.status = 400;
    aws_problem_read(op, &answer, arena, &problem);
    error_clear(&err);
    if (!*problem.code || aws_problem_error(op, &problem, &err) || !*err.message)
        abort();
    if (json_is_object(reply)) {
        char *text = xml_write(arena, "Root", "http://x/", reply);
        if (strncmp(text, "<Root xmlns=\"http://x/\"", 23) != 0)
            abort();
    }
    xml_free(xml);
    arena_free(arena);
    return 0;
}
