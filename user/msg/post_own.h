/* post_own.h: the insides of a post, shared by post.c, post_send.c and post_receive.c. */
#ifndef MSG_POST_OWN_H
#define MSG_POST_OWN_H

#include <sys/socket.h>

#include "loop/loop.h"
#include "msg/post.h"

#define AT_ONCE 16		/* messages read with one system call */
#define CONTROL CMSG_LEN(sizeof(int))	/* one descriptor: the kernel makes no other */

/* What its channel had no room for. */
struct packet {
	struct packet *after;
	size_t n;
	int fd;		/* owned, or -1 */
	struct msg_head head;
	uint8_t body[];
};

struct peer {
	struct post *post;
	unsigned int slot;
	int fd;
	struct watch *watch;
	struct packet *first, **last;
	size_t waiting;		/* bytes */
	size_t waiting_fds;
	bool is_unheard;	/* what it sends is left in the channel */
	void (*room)(void *);	/* NULL: nobody wants to know */
	void *room_arg;
};

/* Where one message is received. */
struct place {
	struct iovec part;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	_Alignas(struct msg_head) uint8_t buffer[sizeof(struct msg_head) + MSG_INLINE];
};

struct post {
	struct loop *loop;
	unsigned int slot;
	post_fn fn;
	void *arg;
	uint64_t next_id, build;
	bool is_orphan;		/* the warden has ended */
	void (*quit)(void *);	/* NULL: the loop stops */
	void *quit_arg;
	struct timer beat;
	struct peer peers[SLOTS];
	struct mmsghdr messages[AT_ONCE];
	struct place places[AT_ONCE];
};

/* Watch callback of a channel. */
void post_ready_peer(void *peer, uint32_t events);
/* Send what waits, as far as there is room. */
void post_flush(struct peer *);
/* Wait for what is wanted now of its channel. */
void post_watch(struct peer *);
/* Forget what waits. */
void post_drop(struct peer *);

#endif
