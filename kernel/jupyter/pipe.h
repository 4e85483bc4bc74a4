/* pipe - a queue of packets between two threads: many may push, one takes.
 *
 * The taker waits in pipe_take, or polls pipe_fd. Packets come out in the order of their pushes.
 * pipe_quiet adds without waking: the packet is seen with the next one that does, or by pipe_wake;
 * it keeps work that can wait off the hot path. pipe_quiet_state does the same with what is true
 * until the next one: of those not taken yet only the one with the highest count is kept.
 */
#ifndef COFFERDAM_JUPYTER_PIPE_H
#define COFFERDAM_JUPYTER_PIPE_H

#include "jupyter/packet.h"

#define PIPE_QUIET_LIMIT 200 /* so many quiet packets wake all the same */

struct pipe;

struct pipe *pipe_new(void);
void pipe_free(struct pipe *pipe); /* frees the packets in it; NULL is allowed */

void pipe_push(struct pipe *pipe, struct packet *packet); /* takes the packet, or a chain of them */
void pipe_quiet(struct pipe *pipe, struct packet *packet);
void pipe_quiet_state(struct pipe *pipe, struct packet *packet); /* PACKET_NEWS, all of one type */
void pipe_wake(struct pipe *pipe);

/* All packets as a chain, first pushed first; NULL if there are none after `timeout_ms` (-1: waits
   for ever, 0: not at all) or if pipe_wake found the pipe empty. */
struct packet *pipe_take(struct pipe *pipe, int timeout_ms);

/* Readable while pipe_take would not wait. */
int pipe_fd(const struct pipe *pipe);

#endif
