/* questions - the lists of question rows, and the SQL words that they share.
 *
 * Words in braces are fields by meaning (meaning.c) or parts that question.c fills in:
 *   {window}     the time, account and region asked for          {by}        the target as a
 * condition on who called, TRUE without one {target}     the bound target {from:VIEW} a view, or no
 * rows where the lake lacks it
 */
#ifndef COFFERDAM_QUESTION_QUESTIONS_H
#define COFFERDAM_QUESTION_QUESTIONS_H

#include "question/question.h"

#define EVENT                                                                                      \
    "{time} AS time, {account} AS account, {region} AS region, {service} AS service, {operation} " \
    "AS operation, "                                                                               \
    "{status} AS status, {error} AS error, {source} AS source, {who} AS who, {key} AS key, "       \
    "{event} AS event_id"
#define EVENT_FULL EVENT ", {agent} AS agent, {request} AS request, {response} AS response"
#define ORDER " ORDER BY time, event_id"
#define EVENTS_WHERE "SELECT " EVENT_FULL " FROM {from:cloudtrail} WHERE {window} AND "
#define EVENTS_BY                                                                                  \
    "SELECT " EVENT ", {request} AS request FROM {from:cloudtrail} WHERE {window} AND {by} AND "
#define MAKES_CREDENTIALS                                                                          \
    "{operation} IN ('CreateAccessKey', 'AssumeRole', 'AssumeRoleWithSAML', "                      \
    "'AssumeRoleWithWebIdentity', 'AssumeRoot', "                                                  \
    "'GetSessionToken', 'GetFederationToken') AND {ok}"
#define CHILD "coalesce({response:$.accessKey.accessKeyId}, {response:$.credentials.accessKeyId})"
#define CHILD_IDENTITY                                                                             \
    "coalesce({response:$.accessKey.userName}, {response:$.assumedRoleUser.arn}, "                 \
    "{response:$.federatedUser.arn}, {who})"

extern const struct question questions_pivots[];
extern const size_t questions_pivots_count;
extern const struct question questions_identity[];
extern const size_t questions_identity_count;
extern const struct question questions_activity[];
extern const size_t questions_activity_count;

#endif
