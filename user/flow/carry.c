/*
 * carry.c: bytes between sockets and the flow's buffers.
 * A leg reads into `in` (through TLS where it has begun) and writes what the codec
 * put into to[]. A side is read only when the state allows, the buffer has room,
 * and the queue towards the other side is below the high-water mark: a slow reader
 * slows its writer down and costs no memory.
 * syscalls(worker): recvfrom sendto shutdown close
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/must.h"
#include "flow/flow.h"

#define READ_BYTES (64u << 10)
#define DIRECT_BYTES (16u << 10)	/* where a buffer has so much room, bytes are read straight into it */

static const char *const leg_names[WIRE_SIDES] = { "skill", "backend" };

static void
broken(struct flow *flow, enum wire_side side, const char *what)
{
	char reason[160];

	snprintf(reason, sizeof(reason), "%s: %s", leg_names[side], what);
	if (lanes_doubt(flow, side))
		return;
	if (side == WIRE_SERVER && flow->state == FLOW_LOGGING_IN)
		flow_backend_failed(flow, reason);
	else if (side == WIRE_SERVER && flow->parent)
		flow_farewell(flow, REFUSAL_BACKEND, reason);
	else
		flow_end(flow, reason);
}

/* ---- reading ---------------------------------------------------------------- */

bool
flow_decrypt(struct flow *flow, enum wire_side side, struct span cipher)
{
	struct leg *leg = &flow->legs[side];
	enum tls_state state = tls_read(leg->tls, cipher, &leg->in, &leg->cipher);
	struct span name, protocols;

	if (state == TLS_BROKEN && side == WIRE_CLIENT) {
		leg->eof = true;	/* our alert still goes out */
		flow_close(flow, tls_error(leg->tls));
		return true;
	}
	if (state == TLS_BROKEN) {
		broken(flow, side, tls_error(leg->tls));
		return false;
	}
	if (state == TLS_CLOSED)
		leg->eof = true;
	if (state == TLS_OPEN)
		leg->tls_open = true;
	if (side != WIRE_CLIENT || leg->tls_open || flow->state != FLOW_GREETING)
		return !flow->ended;
	if (tls_needs_choice(leg->tls, &name, &protocols))
		flow_greet_named(flow, name, protocols);
	else if (tls_needs_leaf(leg->tls, &name))
		flow_want_leaf(flow, name);
	return !flow->ended;
}

/* One read, to where there is room already, or to where it is copied from: a quiet flow keeps a small buffer. */
static ssize_t
receive(struct leg *leg, uint8_t buffer[READ_BYTES])
{
	size_t most = leg->in_most - leg->in.n, room = leg->in.room - leg->in.n;
	bool direct = !leg->tls && room >= DIRECT_BYTES;
	ssize_t n;

	if (direct)
		most = room < most ? room : most;
	if (leg->tls || most > READ_BYTES)
		most = READ_BYTES;
	n = recv(leg->fd, direct ? leg->in.p + leg->in.n : buffer, most, 0);
	if (n > 0 && direct)
		leg->in.n += (size_t)n;
	else if (n > 0 && !leg->tls)
		out_bytes(&leg->in, buffer, (size_t)n);
	return n;
}

/* False: the flow has ended. */
static bool
read_leg(struct flow *flow, enum wire_side side)
{
	static uint8_t buffer[READ_BYTES];	/* a process has one thread */
	struct leg *leg = &flow->legs[side];
	ssize_t n = receive(leg, buffer);

	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return true;
		broken(flow, side, strerror(errno));
		return lanes_doubt(flow, side);
	}
	if (n == 0) {
		leg->eof = true;
		return true;
	}
	leg->received += (uint64_t)n;
	if (leg->tls)
		return flow_decrypt(flow, side, span_of(buffer, (size_t)n));
	if (leg->in.failed) {
		broken(flow, side, "no memory");
		return false;
	}
	return true;
}

/* ---- writing ----------------------------------------------------------------- */

/* Write as much of *out as goes. False: the flow has ended. */
static bool
write_out(struct flow *flow, enum wire_side side, struct out *out)
{
	struct leg *leg = &flow->legs[side];

	while (out->n) {
		ssize_t n = send(leg->fd, out->p, out->n, MSG_NOSIGNAL);

		if (n < 0) {
			if (errno == EAGAIN || errno == EINTR)
				return true;
			if (flow->parent)	/* its answer may be here: that is read to its end */
				out_clear(out);
			else
				broken(flow, side, strerror(errno));
			return flow->parent != NULL;
		}
		leg->sent += (uint64_t)n;
		out_drop(out, (size_t)n);
	}
	return true;
}

static bool
encrypt(struct flow *flow, enum wire_side side)
{
	struct leg *leg = &flow->legs[side];

	if (!leg->tls_open || !flow->to[side].n)
		return true;
	if (tls_write(leg->tls, out_view(&flow->to[side]), &leg->cipher) == TLS_BROKEN) {
		broken(flow, side, tls_error(leg->tls));
		return false;
	}
	if (flow->state == FLOW_LOGGING_IN) {	/* it may be a password that was lent */
		out_free(&flow->to[side]);
		flow->to[side] = out_new(FLOW_OUT_BYTES);
	} else {
		out_clear(&flow->to[side]);
	}
	return true;
}

/* What a lane asks waits in to[] while its connection is dialled and verified. */
static bool
may_go(const struct flow *flow, enum wire_side side)
{
	return !flow->parent || side == WIRE_CLIENT || flow->has_way;
}

/* All is answered, and nothing follows: said within TLS, too (RFC 8446 section 6.1). An answer that is cut must look cut. */
static void
say_bye(struct flow *flow, enum wire_side side)
{
	struct leg *leg = &flow->legs[side];

	if (side == WIRE_CLIENT && flow->state == FLOW_CLOSING && leg->tls_open && !flow->turns)
		tls_close(leg->tls, &leg->cipher);
}

static bool
write_leg(struct flow *flow, enum wire_side side)
{
	struct leg *leg = &flow->legs[side];

	if (flow->to[side].failed || leg->cipher.failed) {
		broken(flow, side, "more is queued than the limit");
		return false;
	}
	if (!flow->parent && (leg->fd < 0 || !leg->connected))
		return true;
	if (side == WIRE_CLIENT)
		flow_answer_digest(flow);
	if (flow->parent && (lane_give(flow, side) || !leg->connected))
		return !flow->ended;
	if (leg->tls && may_go(flow, side) && !encrypt(flow, side))
		return false;
	say_bye(flow, side);
	if (!write_out(flow, side, &leg->cipher))
		return false;
	if (leg->tls || leg->cipher.n || !may_go(flow, side))
		return true;
	return write_out(flow, side, &flow->to[side]);
}

static size_t
queued(const struct flow *flow, enum wire_side side)
{
	return (may_go(flow, side) ? flow->to[side].n : 0) + flow->legs[side].cipher.n;
}

/* ---- watches ------------------------------------------------------------------- */

static uint32_t
wanted(const struct flow *flow, enum wire_side side)
{
	const struct leg *leg = &flow->legs[side];
	uint32_t events = 0;

	if (!leg->connected)
		return EPOLLOUT;
	if (!leg->eof && !leg->half)
		events |= EPOLLRDHUP;
	if (!leg->eof && flow_reads(flow, side) && leg->in.n < leg->in_most &&
	    queued(flow, !side) < FLOW_HIGH_BYTES)
		events |= EPOLLIN;
	if (queued(flow, side) && (!leg->tls || leg->cipher.n))
		events |= EPOLLOUT;
	return events;
}

static void
rearm(struct flow *flow, struct leg *leg)
{
	if (leg->armed != leg->events)
		loop_change(flow->worker->loop, leg->watch, leg->events);
	leg->armed = leg->events;
}

static void client_happened(void *arg, uint32_t events);
static void server_happened(void *arg, uint32_t events);

static int
watch(struct flow *flow, enum wire_side side)
{
	struct leg *leg = &flow->legs[side];

	leg->armed = leg->events;
	return loop_watch(flow->worker->loop, leg->fd, leg->events,
	    side == WIRE_CLIENT ? client_happened : server_happened, flow, &leg->watch);
}

/* Of one that hung up: once there is room for what it has said. */
static void
watch_again(struct flow *flow, enum wire_side side)
{
	const struct leg *leg = &flow->legs[side];

	if (leg->half && !leg->eof && (leg->events & EPOLLIN) && watch(flow, side))
		flow_end(flow, "no memory to watch a socket");
}

/* Not to read for a while costs nothing, unless something comes meanwhile: happened() sees to that. */
static void
arm(struct flow *flow, enum wire_side side)
{
	struct leg *leg = &flow->legs[side];

	if (leg->fd < 0)
		return;
	leg->events = wanted(flow, side);
	if (!leg->watch) {
		watch_again(flow, side);
		return;
	}
	if ((leg->armed & ~EPOLLIN) != (leg->events & ~EPOLLIN) || (leg->events & ~leg->armed))
		rearm(flow, leg);
}

/* After good-bye: hand the end on, once everything before it is out. */
static void
shut_when_done(struct flow *flow)
{
	struct leg *server = &flow->legs[WIRE_SERVER];

	if (flow->state != FLOW_DRAINING || server->shut || server->fd < 0 ||
	    queued(flow, WIRE_SERVER))
		return;
	server->shut = true;
	shutdown(server->fd, SHUT_WR);
}

/* People are asked, or about to be: who left meanwhile is not waited for. */
static bool
asks_people(const struct flow *flow)
{
	return flow->ask.state == ASK_STANDING || flow->ask.state == ASK_EARLIER || flow->ask.state == ASK_HOLDING ||
	    flow->ask.state == ASK_HELD;
}

bool
flow_flush(struct flow *flow)
{
	uint64_t sent = flow->legs[WIRE_CLIENT].sent;

	for (int side = 0; side < WIRE_SIDES && !flow->ended; side++)
		write_leg(flow, (enum wire_side)side);
	if (flow->ended)
		return false;
	if (flow->state == FLOW_CLOSING && flow->legs[WIRE_CLIENT].sent > sent)
		flow_move(flow, FLOW_CLOSING);	/* who still reads has as long again */
	if (flow->state == FLOW_CLOSING && !queued(flow, WIRE_CLIENT)) {
		flow_end(flow, flow->reason);
		return false;
	}
	if (flow->legs[WIRE_CLIENT].half && asks_people(flow)) {
		flow_end(flow, "the skill left");
		return false;
	}
	shut_when_done(flow);
	arm(flow, WIRE_CLIENT);
	arm(flow, WIRE_SERVER);
	return !flow->ended;
}

/* ---- events ---------------------------------------------------------------------- */

/*
 * The other end hung up while nothing is read from it: an ask is parked. A skill may have
 * shut its half only, as who has said everything may, and wait for the answer.
 */
static bool
left(struct flow *flow, enum wire_side side, uint32_t events)
{
	struct leg *leg = &flow->legs[side];

	if (!(events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) || (leg->events & EPOLLIN))
		return false;
	if (side == WIRE_SERVER) {
		leg->half = true;	/* what it has said before is read when there is room for it */
		if (events & (EPOLLHUP | EPOLLERR)) {	/* of which epoll never tires */
			loop_unwatch(flow->worker->loop, &leg->watch);
			leg->armed = 0;
		}
		return false;
	}
	leg->half = true;
	if (!(events & (EPOLLHUP | EPOLLERR)) && !asks_people(flow))
		return false;
	flow_end(flow, "the skill left");
	return true;
}

static void
happened(struct flow *flow, enum wire_side side, uint32_t events)
{
	struct leg *leg = &flow->legs[side];

	if (!leg->connected) {
		flow_dialed(flow);
		return;
	}
	if ((events & EPOLLIN) && !(leg->events & EPOLLIN))
		rearm(flow, leg);	/* it has to wait */
	if (left(flow, side, events))
		return;
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && !leg->eof &&
	    (leg->events & EPOLLIN) && !read_leg(flow, side))
		return;
	flow_pump(flow);
}

static void
client_happened(void *arg, uint32_t events)
{
	happened(arg, WIRE_CLIENT, events);
}

static void
server_happened(void *arg, uint32_t events)
{
	happened(arg, WIRE_SERVER, events);
}

struct span
flow_leg_in(const struct flow *flow, enum wire_side side)
{
	return span_skip(out_view(&flow->legs[side].in), flow->legs[side].used);
}

int
flow_leg_open(struct flow *flow, enum wire_side side, int fd)
{
	struct leg *leg = &flow->legs[side];
	int error;

	leg->events = side == WIRE_CLIENT ? EPOLLRDHUP : EPOLLOUT;
	leg->fd = fd;
	error = watch(flow, side);
	if (error)
		leg->fd = -1;
	return error;
}

void
flow_leg_close(struct flow *flow, enum wire_side side)
{
	struct leg *leg = &flow->legs[side];

	loop_unwatch(flow->worker->loop, &leg->watch);
	close_fd(&leg->fd);
}
