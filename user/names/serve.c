/*
 * serve.c: the resolver's conversation: what it hears, and from whom. It is ready when
 * a policy is in force, and servers have answered or had their time. Views come in two phases; what is known of names that are in
 * both stays known.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "entry/scribe.h"
#include "msg/post.h"
#include "msg/swap.h"
#include "names/names.h"
#include "view.h"

#define LOOK_NS (20 * MILLISECOND_NS)
#define FIRST_NS SECOND_NS	/* at most: the kernel refuses when a beat is two seconds old */

/* A skill that is started now finds names, if they can be found. */
static void
get_ready(void *arg)
{
	struct names *names = arg;

	names->waited += LOOK_NS;
	if (learn_is_settled(names) || names->waited > FIRST_NS)
		post_ready(names->post);
	else
		(void)loop_set(names->loop, &names->start, LOOK_NS, get_ready, names);
}

static bool
hear_offer(struct names *names, struct span body)
{
	struct view_resolver *view;
	int r = view_resolver_read(&view, body);

	if (r == -EINVAL)
		return false;
	if (r < 0) {
		swap_say_taken(names->post, 0, r);
		return true;
	}
	view_free(names->offered);
	names->offered = view;
	swap_say_taken(names->post, view->head.epoch, 0);
	return true;
}

static bool
hear_swap(struct names *names, struct span body)
{
	struct view_resolver *was = names->view;
	uint32_t epoch;

	if (!take_be32(&body, &epoch) || body.n)
		return false;
	if (!names->offered || names->offered->head.epoch != epoch)
		return was && was->head.epoch == epoch;
	names->view = take(&names->offered);
	scribe_policy(names->scribe, epoch, names->view->head.digest);
	if (learn_begin(names) < 0) {
		log_error("no memory for the names of policy %u", epoch);
		loop_stop(names->loop, 1);	/* half of them is none: start anew */
		return true;
	}
	view_free(was);
	swap_say_done(names->post, epoch);
	if (!was)
		get_ready(names);
	return true;
}

static bool
hear_peer_up(struct names *names, const struct msg_head *head, struct span body)
{
	if (body.p[0] == SLOT_RECORDER)
		return scribe_hear(names->scribe, head, body);
	if (body.p[0] == SLOT_LOADER)
		learn_tell_all(names);
	if (body.p[0] == SLOT_POLICY)
		(void)post_send(names->post, SLOT_POLICY, MSG_VIEW_ASK, 0, span_of(NULL, 0), -1);
	return true;
}

static bool
hear(void *arg, unsigned int from, const struct msg_head *head, struct span body, int fd)
{
	int owned cleanup(close_fd) = fd;
	struct names *names = arg;

	(void)from;
	switch (head->type) {
	case MSG_EAR:
		return ear_hear(names, body, take_fd(&owned));
	case MSG_EAR_SHUT:
		return ear_hear_shut(names, body);
	case MSG_LOOKUP:
		return lookup_hear(names, head->id, body);
	case MSG_VIEW_OFFER:
		return hear_offer(names, body);
	case MSG_VIEW_SWAP:
		return hear_swap(names, body);
	case MSG_KEPT:
		return scribe_hear(names->scribe, head, body);
	case MSG_PEER_UP:
		return hear_peer_up(names, head, body);
	default:
		return true;
	}
}

int
names_open(struct names *names)
{
	int r = loop_new(&names->loop);

	if (r == 0)
		r = post_new(&names->post, names->loop, SLOT_RESOLVER, hear, names);
	if (r == 0)
		r = scribe_new(&names->scribe, names->post, msg_slot_name(SLOT_RESOLVER));
	if (r == 0)
		r = tell_new(names);
	return r == 0 ? ask_open(names) : r;
}

int
names_serve(struct names *names)
{
	if (post_send(names->post, SLOT_POLICY, MSG_VIEW_ASK, 0, span_of(NULL, 0), -1) < 0)
		return 1;
	return loop_run(names->loop);
}

void
names_close(struct names *names)
{
	ear_shut_all(names);
	if (names->loop)
		loop_unset(names->loop, &names->start);
	ask_close(names);
	learn_end(names);
	tell_free(names);
	view_free(names->view);
	view_free(names->offered);
	scribe_free(&names->scribe);
	post_free(&names->post);
	loop_free(&names->loop);
}
