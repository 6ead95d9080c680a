/*
 * way.c: lanes whose backend speaks HTTP/1.1.
 * Each request has a connection to itself, for as long as it takes: dialled and verified by the lane, as the first
 * was by the connection of HTTP/2 that it is a stream of. When its answer is whole and nothing is left on it, another
 * lane of the same connection may have it. One that says anything while nobody has asked is not used again: what
 * it says would be taken for the next one's answer. Nor is one that was verified by another policy than the lane's: that
 * may have had other terms for it, or other addresses.
 * syscalls(worker): recvfrom close
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/must.h"
#include "flow/flow.h"

#define READ_BYTES (16u << 10)
#define READS_MOST 4	/* of what TLS has for itself, tickets and the like */

/* One that no lane uses. */
struct way {
	struct way *after;
	struct flow *parent;
	int fd;
	struct watch *watch;
	struct tls *tls;	/* NULL: without */
	uint32_t epoch;		/* of the policy by which it was dialled */
	struct timer expiry;
};

/* It is on no list, and idle no longer. */
static void
leave_list(struct way *way)
{
	struct worker *worker = way->parent->worker;

	worker->idle_ways--;
	way->parent->way_count--;
	loop_unset(worker->loop, &way->expiry);
	loop_unwatch(worker->loop, &way->watch);
}

/* The last that came, which is the most likely to live; NULL: there is none. */
static struct way *
pop(struct flow *parent)
{
	struct way *way = parent->ways;

	if (!way)
		return NULL;
	parent->ways = way->after;
	leave_list(way);
	return way;
}

static void
free_way(struct way *way)
{
	close(way->fd);
	tls_free(&way->tls);
	free(way);
}

static void
end_way(struct way *way)
{
	struct way **at = &way->parent->ways;

	while (*at != way)
		at = &(*at)->after;
	*at = way->after;
	leave_list(way);
	free_way(way);
}

/* Has it nothing to say? TLS may have, for itself. */
static bool
is_quiet(struct way *way)
{
	static uint8_t buffer[READ_BYTES];	/* a process has one thread */
	struct out plain = out_new(READ_BYTES), cipher = out_new(READ_BYTES);
	bool is_well = true;
	ssize_t n = 0;

	for (int i = 0; i < READS_MOST && is_well; i++) {
		n = recv(way->fd, buffer, sizeof(buffer), 0);
		if (n <= 0)
			break;
		way->parent->legs[WIRE_SERVER].received += (uint64_t)n;
		is_well = way->tls && tls_read(way->tls, span_of(buffer, (size_t)n), &plain, &cipher) == TLS_OPEN &&
		    !plain.n && !cipher.n;
	}
	is_well = is_well && n < 0 && errno == EAGAIN;
	out_free(&plain);
	out_free(&cipher);
	return is_well;
}

static void
happened(void *arg, uint32_t events)
{
	struct way *way = arg;

	if ((events & ~(uint32_t)EPOLLIN) || !is_quiet(way))
		end_way(way);
}

static void
expire(void *arg)
{
	end_way(arg);
}

static uint32_t
epoch_of(const struct flow *flow)
{
	return flow->policy->view->head.epoch;
}

/* Keep the socket of that leg, which is the flow's own no longer, unless there are too many. */
static void
keep(struct flow *parent, struct leg *leg, uint32_t epoch)
{
	struct worker *worker = parent->worker;
	struct way *way = worker->idle_ways < FLOW_WAYS_IDLE ? calloc(1, sizeof(*way)) : NULL;

	if (!way)
		return;
	loop_unwatch(worker->loop, &leg->watch);
	if (loop_watch(worker->loop, leg->fd, EPOLLIN | EPOLLRDHUP, happened, way, &way->watch)) {
		free(way);
		return;
	}
	way->parent = parent;
	way->fd = leg->fd;
	way->tls = take(&leg->tls);
	way->epoch = epoch;
	leg->fd = -1;
	must(loop_set(worker->loop, &way->expiry, FLOW_WAY_NS, expire, way) == 0);
	way->after = parent->ways;
	parent->ways = way;
	worker->idle_ways++;
	parent->way_count++;
}

void
ways_begin(struct flow *parent)
{
	struct leg *leg = &parent->legs[WIRE_SERVER];

	if (leg->fd >= 0 && !leg->eof && !leg->in.n && !leg->cipher.n)
		keep(parent, leg, epoch_of(parent));
	flow_leg_close(parent, WIRE_SERVER);
}

/* ---- a lane ------------------------------------------------------------------------------------ */

static bool
take_idle(struct flow *lane)
{
	struct leg *leg = &lane->legs[WIRE_SERVER];
	struct way *way = pop(lane->parent);

	while (way && (way->epoch != epoch_of(lane) || !is_quiet(way))) {
		free_way(way);
		way = pop(lane->parent);
	}
	if (!way)
		return false;
	lane->parent->way_count++;
	leg->tls = way->tls;
	leg->tls_open = way->tls != NULL;
	leg->tls_terms = lane->policy->terms ? lane->policy->terms[lane->target] : 0;
	leg->connected = true;
	lane->has_way = lane->takes_way = true;
	lane->way_epoch = way->epoch;
	if (flow_leg_open(lane, WIRE_SERVER, way->fd)) {
		close(way->fd);
		flow_end(lane, "no memory to watch a socket");
	}
	free(way);
	return !lane->ended;
}

bool
way_find(struct flow *lane)
{
	struct flow *parent = lane->parent;

	if (lane->takes_way)
		return lane->legs[WIRE_SERVER].fd >= 0;
	if (lane->state != FLOW_OPEN || !lane->to[WIRE_SERVER].n)
		return false;
	if (take_idle(lane))
		return true;
	if (lane->ended || parent->way_count >= FLOW_WAYS)
		return false;
	parent->way_count++;
	lane->takes_way = true;
	lane->way_epoch = epoch_of(lane);
	lane->legs[WIRE_SERVER].connected = false;
	flow_dial(lane);
	return false;	/* whatever has come of it, it is not verified */
}

void
way_ready(struct flow *lane)
{
	lane->has_way = true;
	flow_move(lane, FLOW_OPEN);
	flow_pump(lane);
}

/* Everything that was asked is answered, and whole, and nothing else was said. */
static bool
may_serve_again(const struct flow *lane)
{
	const struct leg *leg = &lane->legs[WIRE_SERVER];

	return lane->has_way && leg->fd >= 0 && !leg->eof && !leg->half && !lane->turns && !lane->to[WIRE_SERVER].n &&
	    !leg->cipher.n && !flow_leg_in(lane, WIRE_SERVER).n && lane->codec->is_idle(lane->codec_state) &&
	    lane->codec->has_room(lane->codec_state) && !lane->parent->ended;
}

void
way_leave(struct flow *lane)
{
	struct flow *parent = lane->parent;
	struct leg *leg = &lane->legs[WIRE_SERVER];

	if (!lane->takes_way)
		return;
	lane->takes_way = false;
	parent->way_count--;
	parent->legs[WIRE_SERVER].received += leg->received;
	parent->legs[WIRE_SERVER].sent += leg->sent;
	if (may_serve_again(lane))
		keep(parent, leg, lane->way_epoch);
}

void
ways_free(struct flow *parent)
{
	struct way *way = pop(parent);

	for (; way; way = pop(parent))
		free_way(way);
}
