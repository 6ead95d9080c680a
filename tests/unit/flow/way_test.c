/*
 * Connections of HTTP/1.1 for the streams of one connection of HTTP/2: how many there are, which are used again, and
 * that nothing is written to one before it is verified.
 */
#include "worker.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define LANES 40
#define ASKED "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static struct view_address address;
static struct view_target target = { .name = "shop", .protocol = PROTOCOL_HTTP, .tls = TLS_DISABLE, .socket = "",
	.addresses = &address, .address_count = 1 };
static struct view_worker view = { .targets = &target, .target_count = 1 };
static struct policy policy = { .users = 1000, .view = &view };
static int listener = -1, skill_end = -1;

static void
begin_backend(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(name);

	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&name, size) || listen(listener, 128) ||
	    getsockname(listener, (struct sockaddr *)&name, &size))
		_exit(9);
	address.port = ntohs(name.sin_port);
	memcpy(address.ip + 10, "\xff\xff\x7f\0\0\1", 6);
}

static struct flow *
begin_connection(void)
{
	struct flow *flow = worker_flow("reporter", "shop", &skill_end);

	memcpy(flow->who.origin.ip, address.ip, sizeof(address.ip));
	flow->who.origin.port = address.port;
	flow->policy = &policy;
	CHECK(flow_open_codec(flow) && h2_server_new(&flow->legs[WIRE_CLIENT].h2, "http", NULL) == 0);
	flow->lanes_kind = LANES_APART;
	flow_move(flow, FLOW_LANES);
	return flow;
}

/* One that has something to say. */
static struct flow *
begin_lane(struct flow *flow)
{
	struct flow *lane = flow_new_lane(flow, 1);

	lane->stream[WIRE_CLIENT] = 0;
	out_span(&lane->to[WIRE_SERVER], SPAN(ASKED));
	(void)flow_flush(lane);
	return lane;
}

/* What the backend has heard on its next connection; -1: there is none. */
static ssize_t
hear(int *fd)
{
	char text[256];

	worker_round();
	if (*fd < 0)
		*fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	worker_round();
	worker_round();
	return *fd < 0 ? -1 : recv(*fd, text, sizeof(text), 0);
}

static void
used_again(void)
{
	struct flow *flow = begin_connection();
	int first = -1, second = -1;
	struct flow *lane = begin_lane(flow);

	CHECK(lane->takes_way && !lane->has_way && flow->way_count == 1);
	CHECK(hear(&first) == sizeof(ASKED) - 1 && lane->has_way);
	flow_end(lane, "done");
	CHECK(flow->ways && flow->way_count == 1 && worker.idle_ways == 1);
	lane = begin_lane(flow);
	CHECK(lane->has_way && !flow->ways && flow->way_count == 1 && worker.idle_ways == 0);
	CHECK(hear(&first) == sizeof(ASKED) - 1 && hear(&second) == -1);

	/* something is left to be said: it is nobody's any more */
	out_span(&lane->to[WIRE_SERVER], SPAN(ASKED));
	flow_end(lane, "cut");
	CHECK(!flow->ways && flow->way_count == 0 && hear(&first) == 0);
	flow_end(flow, "the test is over");
	worker_round();
	close(skill_end);
	close(first);
}

/* The timer of the one idle connection: it is the first that is due within some seconds, and not at once. */
static void
be_late(void)
{
	for (unsigned int i = 1; i <= loop->timers; i++) {
		struct timer *timer = loop->heap[i];

		if (timer->due < clock_mono() + 2 * SECOND_NS || timer->due > clock_mono() + FLOW_WAY_NS)
			continue;
		timer->fn(timer->arg);
		return;
	}
	CHECK(!"it has a deadline");
}

/* Who speaks unasked, or leaves, or waits too long, is not asked again. */
static void
not_used_again(void)
{
	struct flow *flow = begin_connection(), *lane;

	for (int how = 0; how < 4; how++) {
		int first = -1, second = -1;

		lane = begin_lane(flow);
		CHECK(hear(&first) == sizeof(ASKED) - 1);
		flow_end(lane, "done");
		CHECK(flow->ways && flow->way_count == 1);
		if (how == 0)	/* and is heard before another asks */
			CHECK(send(first, "HTTP/1.1 200 OK\r\n", 17, 0) == 17);
		if (how == 1)
			shutdown(first, SHUT_WR);
		if (how < 2)
			worker_round();
		if (how == 2)	/* and is not */
			CHECK(send(first, "HTTP/1.1 200 OK\r\n", 17, 0) == 17);
		if (how == 3)
			be_late();
		CHECK((flow->ways != NULL) == (how == 2));
		lane = begin_lane(flow);
		CHECK(!lane->has_way);
		CHECK(hear(&second) == sizeof(ASKED) - 1);
		flow_end(lane, "done");
		ways_free(flow);
		CHECK(flow->way_count == 0 && worker.idle_ways == 0);
		close(first);
		close(second);
	}
	flow_end(flow, "the test is over");
	worker_round();
	close(skill_end);
}

/* What one policy has verified is not what another sends a request over. */
static void
not_by_another_policy(void)
{
	struct flow *flow = begin_connection(), *lane = begin_lane(flow);
	int first = -1, second = -1;

	CHECK(hear(&first) == sizeof(ASKED) - 1);
	flow_end(lane, "done");
	CHECK(flow->ways && flow->way_count == 1);
	view.head.epoch++;
	lane = begin_lane(flow);
	CHECK(!lane->has_way && !flow->ways && flow->way_count == 1 && worker.idle_ways == 0);
	CHECK(hear(&second) == sizeof(ASKED) - 1 && hear(&first) == 0);

	/* one that went over to it while it had a connection has no other for it */
	view.head.epoch++;
	flow_end(lane, "done");
	lane = begin_lane(flow);
	CHECK(!lane->has_way && flow->way_count == 1 && worker.idle_ways == 0);
	flow_end(flow, "the test is over");
	worker_round();
	close(skill_end);
	close(first);
	close(second);
}

static void
no_more_than(void)
{
	struct flow *flow = begin_connection(), *lanes[LANES];
	int fds[LANES], n = 0;

	for (int i = 0; i < LANES; i++)
		lanes[i] = begin_lane(flow);
	CHECK(flow->way_count == FLOW_WAYS);
	for (int i = 0; i < LANES; i++) {
		fds[i] = -1;
		n += hear(&fds[i]) == sizeof(ASKED) - 1;
	}
	CHECK(n == FLOW_WAYS && !lanes[FLOW_WAYS]->takes_way);
	flow_end(lanes[0], "done");
	worker_round();
	CHECK(lanes[FLOW_WAYS]->has_way && !lanes[FLOW_WAYS + 1]->takes_way);	/* who came first */
	flow_end(flow, "the test is over");
	CHECK(worker.idle_ways == 0 && flow->way_count == 0);
	worker_round();
	for (int i = 0; i < LANES; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	close(skill_end);
}

/* With TLS nothing of the request is said before the backend is verified. */
static void
not_before_it_is_verified(void)
{
	struct flow *flow = begin_connection(), *lane;
	char heard[4096];
	int fd = -1;
	ssize_t n;

	target.tls = TLS_REQUIRE;
	policy.roots = (struct tls_roots *[]){ NULL };
	policy.terms = (uint64_t[]){ 0 };
	lane = begin_lane(flow);
	worker_round();
	fd = accept(listener, NULL, NULL);
	worker_round();
	worker_round();
	n = recv(fd, heard, sizeof(heard), MSG_DONTWAIT);
	CHECK(n > 0 && heard[0] == 22 && !memmem(heard, (size_t)n, "GET", 3));
	CHECK(lane->state == FLOW_LOGGING_IN && !lane->has_way && lane->to[WIRE_SERVER].n == sizeof(ASKED) - 1);
	flow_end(flow, "the test is over");
	CHECK(worker.idle_ways == 0);
	worker_round();
	target.tls = TLS_DISABLE;
	close(fd);
	close(skill_end);
}

int
main(void)
{
	worker_begin();
	begin_backend();
	used_again();
	not_used_again();
	not_by_another_policy();
	no_more_than();
	not_before_it_is_verified();
	worker_end();
	close(listener);
	return check_end();
}
