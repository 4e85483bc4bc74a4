/* aws_calls N: the client's own CPU time of N signed calls over one warm connection, microseconds a
 * call. */
#include "aws/aws.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static double cpu(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void call(struct aws *aws)
{
    struct arena *arena = arena_new();
    struct aws_asking asking = {.op = "sts:GetCallerIdentity"};
    struct error err = {0};
    json_t *reply;
    if (!aws_call(aws, &asking, arena, &reply, &err)) {
        (void)fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    arena_free(arena);
}

int main(int argc, char **argv)
{
    long count = argc > 1 ? strtol(argv[1], NULL, 10) : 1000;
    struct aws *aws = aws_new(&(struct aws_settings){0});
    for (int i = 0; i < 50; i++)
        call(aws);
    double before = cpu();
    for (long i = 0; i < count; i++)
        call(aws);
    (void)printf("%.1f\n", (cpu() - before) / (double)count);
    aws_free(aws);
    return 0;
}
