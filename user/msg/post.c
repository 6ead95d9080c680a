/*
 * post.c: all channels of one process: opened, beaten on, closed.
 * Each peer has a descriptor (or none), a watch, and a queue; sending is in
 * post_send.c, receiving in post_receive.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/must.h"
#include "id.h"
#include "msg/post_own.h"
#include "out.h"

#define BEAT_NS (250 * MILLISECOND_NS)

static int
open_peer(struct post *post, unsigned int slot)
{
	struct peer *peer = &post->peers[slot];
	int fd = MSG_FD_CHANNEL(slot);

	peer->post = post;
	peer->slot = slot;
	peer->fd = -1;
	peer->last = &peer->first;
	if (!msg_has_channel(post->slot, slot) || !channel_is(fd))
		return 0;
	peer->fd = fd;
	return loop_watch(post->loop, fd, EPOLLIN, post_ready_peer, peer, &peer->watch);
}

int
post_new(struct post **out, struct loop *loop, unsigned int slot, post_fn fn, void *arg)
{
	struct post *post = calloc(1, sizeof(*post));
	uint32_t chance;
	int error = 0;

	if (!post)
		return -ENOMEM;
	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance))
		chance = (uint32_t)clock_mono();
	post->loop = loop;
	post->slot = slot;
	post->fn = fn;
	post->arg = arg;
	post->build = msg_speech();
	post->next_id = (uint64_t)chance << 32 | 1;
	for (unsigned int i = 0; i < SLOTS && !error; i++)
		error = open_peer(post, i);
	if (error) {
		post_free(&post);
		return error;
	}
	*out = post;
	return 0;
}

static void
beat(void *arg)
{
	struct post *post = arg;

	/* a beat that finds no room is made up for by the next one */
	(void)post_send(post, SLOT_WARDEN, MSG_BEAT, 0, span_of(NULL, 0), -1);
	(void)loop_set(post->loop, &post->beat, BEAT_NS, beat, post);
}

void
post_ready(struct post *post)
{
	(void)post_send(post, SLOT_WARDEN, MSG_READY, 0, span_of(NULL, 0), -1);
	beat(post);
}

void
post_on_quit(struct post *post, void (*fn)(void *), void *arg)
{
	post->quit = fn;
	post->quit_arg = arg;
}

void
post_listen(struct post *post, unsigned int from, bool on)
{
	struct peer *peer = &post->peers[from];

	must(from < SLOTS);
	peer->is_unheard = !on;
	if (peer->watch)
		post_watch(peer);
}

uint64_t
post_id(struct post *post)
{
	return post->next_id++;
}

unsigned int
post_slot(const struct post *post)
{
	return post->slot;
}

void
post_free(struct post **p)
{
	struct post *post = take(p);

	if (!post)
		return;
	loop_unset(post->loop, &post->beat);
	for (unsigned int i = 0; i < SLOTS; i++) {
		struct peer *peer = &post->peers[i];

		post_drop(peer);
		loop_unwatch(post->loop, &peer->watch);
	}
	free(post);
}

void
msg_put_id(struct out *out, const struct id *id)
{
	out_be64(out, id->time);
	out_be32(out, id->chance);
	out_u8(out, id->slot);
	out_u8(out, id->kind);
	out_be16(out, 0);
}

bool
msg_take_id(struct span *in, struct id *out)
{
	struct span rest = *in;
	struct id id;
	uint16_t zero;

	if (!take_be64(&rest, &id.time) || !take_be32(&rest, &id.chance) ||
	    !take_u8(&rest, &id.slot) || !take_u8(&rest, &id.kind) ||
	    !take_be16(&rest, &zero) || zero || id.kind >= ID_KINDS)
		return false;
	*in = rest;
	*out = id;
	return true;
}
