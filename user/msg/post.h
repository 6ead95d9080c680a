/*
 * post.h: one process' end of all its channels (see msg.h).
 * Sends without blocking: what a full channel does not take waits in a bounded
 * queue. Beats to the warden by itself. Checks every message it receives
 * against the table before the handler sees it.
 */
#ifndef MSG_POST_H
#define MSG_POST_H

#include <stdbool.h>
#include <stdint.h>

#include "msg.h"
#include "span.h"

struct loop;
struct post;

/*
 * A message has come. `body` is good until return. `fd` is -1 or now the
 * handler's to close. Return false when the body is not what msg.h says: the
 * sender is then reported to the warden, and ended.
 */
typedef bool (*post_fn)(void *arg, unsigned int from, const struct msg_head *,
    struct span body, int fd);

/* The process in `slot`, with channels on MSG_FD_CHANNEL(peer). MSG_QUIT stops
 * the loop with 0; MSG_PEER_DOWN and _UP reach the handler like other messages. */
int post_new(struct post **out, struct loop *, unsigned int slot, post_fn, void *arg);
/*
 * Call fn(arg) in place of stopping the loop when MSG_QUIT comes: it finishes what was begun, and
 * stops the loop itself. What has not been read by then waits for the next run of the process.
 */
void post_on_quit(struct post *, void (*fn)(void *arg), void *arg);
/* Read what that one sends, or leave it in its channel for later. */
void post_listen(struct post *, unsigned int from, bool on);
/* Say to the warden that this process serves. Beats begin. */
void post_ready(struct post *);
/*
 * Send; `id` 0 for what wants no answer. The descriptor stays the caller's.
 * Returns 0 (sent or queued), -EAGAIN (queue full: nothing sent), or -errno.
 */
int post_send(struct post *, unsigned int to, uint16_t type, uint64_t id,
    struct span body, int fd);
/* Bytes waiting for `to` in the queue: 0 means all is in the channel. */
size_t post_waiting(const struct post *, unsigned int to);
/* Call fn(arg) each time that the queue to that peer has gone into its channel; NULL: no more. */
void post_on_room(struct post *, unsigned int to, void (*fn)(void *arg), void *arg);
/* When the warden's end ended the loop: hear, for ms at most, what is still in the other channels, until
 * all senders have ended. Everybody else is killed with the warden. False: it did not end the loop. */
bool post_drain(struct post *, int ms);
/* A request id that no earlier run of this process used. Never 0. */
uint64_t post_id(struct post *);
unsigned int post_slot(const struct post *);
void post_free(struct post **);

/* Bodies: an id as 16 bytes. */
struct out;
struct id;
void msg_put_id(struct out *, const struct id *);
bool msg_take_id(struct span *in, struct id *out);

#endif
