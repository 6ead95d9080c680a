/*
 * Flows are found by what they wait for, once; ended at once, entered, and freed
 * only when the round is over; and there are never more than a worker may have.
 */
#include "worker.h"

static void
requests(void)
{
	int ends[3];
	struct flow *flows[3];
	uint64_t asked[3], again;

	for (size_t i = 0; i < COUNT(flows); i++)
		flows[i] = worker_flow("s", "t", &ends[i]);
	CHECK(worker.count == 3);
	for (size_t i = 0; i < COUNT(flows); i++) {
		asked[i] = flow_request(flows[i]);
		CHECK(asked[i] != 0);
		CHECK(!flow_cancel(&worker, &(struct wire_cancel){ .key = flows[i]->key }));	/* not told of it yet */
	}
	CHECK(asked[0] != asked[1] && asked[1] != asked[2]);
	CHECK(flow_asked(&worker, 0) == NULL);
	CHECK(flow_asked(&worker, asked[2] + FLOW_BUCKETS) == NULL);	/* same bucket */
	CHECK(flow_asked(&worker, asked[1]) == flows[1]);
	CHECK(flow_asked(&worker, asked[1]) == NULL);			/* once */
	again = flow_request(flows[0]);			/* a new question drops the old */
	CHECK(flow_asked(&worker, asked[0]) == NULL);
	flow_end(flows[0], "gone");
	CHECK(flow_asked(&worker, again) == NULL);	/* nobody waits any more */
	CHECK(flow_asked(&worker, asked[2]) == flows[2]);
	for (size_t i = 1; i < COUNT(flows); i++)
		flow_end(flows[i], "gone");
	worker_round();
	for (size_t i = 0; i < COUNT(flows); i++)
		close(ends[i]);
}

/* Many that wait in one bucket. */
static void
one_bucket(void)
{
	struct flow *flows[5] = { 0 };
	uint64_t asked[5];
	int ends[5];

	for (size_t i = 0; i < COUNT(flows); i++) {
		flows[i] = worker_flow("s", "t", &ends[i]);
		asked[i] = flow_request(flows[i]);
		for (unsigned int k = 0; k < FLOW_BUCKETS - 1; k++)
			post_id(post);
	}
	CHECK(asked[0] % FLOW_BUCKETS == asked[4] % FLOW_BUCKETS);
	flow_end(flows[2], "gone");
	CHECK(flow_asked(&worker, asked[2]) == NULL);
	CHECK(flow_asked(&worker, asked[0]) == flows[0]);
	CHECK(flow_asked(&worker, asked[4]) == flows[4]);
	CHECK(flow_asked(&worker, asked[1]) == flows[1]);
	CHECK(flow_asked(&worker, asked[3]) == flows[3]);
	for (size_t i = 0; i < COUNT(flows); i++) {
		flow_end(flows[i], "gone");
		close(ends[i]);
	}
	worker_round();
	CHECK(worker.count == 0);
}

static void
endings(void)
{
	int end;
	struct flow *flow = worker_flow("s", "t", &end);
	char c;

	flow_move(flow, FLOW_GREETING);
	flow_end(flow, "because");
	CHECK(flow->ended && worker.count == 0 && worker.dead == flow);
	CHECK(flow->deadline.place == 0 && flow->legs[WIRE_CLIENT].fd == -1);
	CHECK(read(end, &c, 1) == 0);		/* closed at once */
	CHECK(worker_entered(ENTRY_FLOW_END, "because"));
	flow_end(flow, "twice");		/* said once */
	CHECK(!worker_entered(ENTRY_FLOW_END, "twice") && worker.dead == flow && !flow->after);
	worker_round();
	CHECK(worker.dead == NULL);		/* ASan sees to the rest */
	close(end);

	/* closing lets the last bytes go first, and has a deadline */
	flow = worker_flow("s", "t", &end);
	flow_close(flow, "soon");
	CHECK(!flow->ended && flow->state == FLOW_CLOSING && flow->deadline.place);
	CHECK(strcmp(flow->reason, "soon") == 0);
	flow_close(flow, "later");
	CHECK(strcmp(flow->reason, "soon") == 0);	/* the first reason stays */
	flow_end(flow, flow->reason);
	CHECK(worker_entered(ENTRY_FLOW_END, "soon"));
	worker_round();
	close(end);
}

static void
limits(void)
{
	int end = -1;

	worker.count = FLOW_MOST;
	CHECK(worker_flow("s", "t", &end) == NULL);
	worker.count = 0;
	worker_round();
}

int
main(void)
{
	worker_begin();
	requests();
	one_bucket();
	endings();
	limits();
	worker_end();
	return check_end();
}
