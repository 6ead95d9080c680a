/*
 * A flow that was not stirred between two looks gives back what its empty buffers took,
 * and nothing else; one that is busy, or has bytes to send or read, keeps all of it.
 */
#include "worker.h"

static void
look(void)
{
	CHECK(worker.resting.place && worker.resting.due <= clock_mono() + SECOND_NS);
	loop_unset(loop, &worker.resting);	/* as if it had rung */
	worker.resting.fn(worker.resting.arg);
}

/* Room in every buffer, `n` bytes left in each. */
static void
fill(struct flow *flow, size_t n)
{
	for (int side = 0; side < WIRE_SIDES; side++) {
		struct out *all[] = { &flow->legs[side].in, &flow->legs[side].cipher, &flow->to[side] };

		for (size_t i = 0; i < COUNT(all); i++) {
			out_clear(all[i]);
			out_zero(all[i], 3000);
			out_drop(all[i], 3000 - n);
		}
	}
	out_clear(&flow->ask.acts);
	out_zero(&flow->ask.acts, 500);
	out_drop(&flow->ask.acts, 500 - n);
}

static size_t
room(const struct flow *flow)
{
	size_t sum = flow->ask.acts.room;

	for (int side = 0; side < WIRE_SIDES; side++)
		sum += flow->legs[side].in.room + flow->legs[side].cipher.room + flow->to[side].room;
	return sum;
}

static void
empty_buffers(void)
{
	int end, other_end;
	struct flow *idle = worker_flow("a", "b", &end), *busy = worker_flow("a", "b", &other_end);
	size_t all, limit = idle->to[WIRE_CLIENT].limit;

	fill(idle, 0);
	fill(busy, 0);
	all = room(idle);
	CHECK(all > 18000 && room(busy) == all);
	idle->stirred = busy->stirred = true;
	look();
	CHECK(room(idle) == all && room(busy) == all);	/* both were just at work */
	busy->stirred = true;
	look();
	CHECK(room(idle) == 0 && room(busy) == all);
	CHECK(idle->rests && !busy->rests && idle->to[WIRE_CLIENT].limit == limit);
	/* it goes on, and takes what it needs */
	fill(idle, 0);
	look();
	CHECK(room(idle) == all);	/* looked after once, until it is stirred */
	idle->stirred = true;
	look();
	look();
	CHECK(room(idle) == 0 && room(busy) == 0);
	flow_end(idle, "done");
	flow_end(busy, "done");
	worker_round();
	close(end);
	close(other_end);
}

static void
full_buffers(void)
{
	int end;
	struct flow *flow = worker_flow("a", "b", &end);
	size_t all;

	fill(flow, 1);
	all = room(flow);
	look();
	CHECK(flow->rests && room(flow) == all);
	fill(flow, 0);
	flow->ask.state = ASK_HELD;
	flow->rests = false;
	look();
	CHECK(room(flow) == flow->ask.acts.room && flow->ask.acts.room >= 500);	/* of a hold */
	flow->ask.state = ASK_NONE;
	flow_end(flow, "done");
	worker_round();
	close(end);
}

/* Nobody is looked for when there is nobody. */
static void
no_flows(void)
{
	CHECK(worker.count == 0);
	look();
	CHECK(!worker.resting.place);
}

int
main(void)
{
	worker_begin();
	empty_buffers();
	full_buffers();
	no_flows();
	worker_end();
	return check_end();
}
