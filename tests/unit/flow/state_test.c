/*
 * No state outlasts its deadline: each has one, but the two in which bytes may
 * rightly be awaited for ever, and what happens at its end ends or refuses.
 */
#include "worker.h"

#include "base/arena.h"

#define LONGEST (60 * SECOND_NS)

static struct flow *
open_flow(int *end)
{
	static const struct wire_settings settings = { .unit_limit = 1000 };
	struct wire_settings own = settings;
	struct flow *flow = worker_flow("reporter", "shop", end);

	own.arena = flow->arena;
	flow->codec = &wire_raw;
	flow->codec_state = wire_raw.open(&own);
	return flow;
}

static bool
may_idle(unsigned int state)
{
	return state == FLOW_OPEN || state == FLOW_LANES || state == FLOW_CARRYING;
}

static void
flow_states(void)
{
	for (unsigned int state = 0; state < FLOW_STATES; state++) {
		const char *name = flow_state_name((enum flow_state)state);
		char reason[64];
		struct flow *flow;
		int end;

		flow = open_flow(&end);
		flow_move(flow, FLOW_CLOSING);	/* whatever was set is set anew */
		flow_move(flow, (enum flow_state)state);
		CHECK_ROW(name, *name && flow->state == state);
		CHECK_ROW(name, (flow->deadline.place == 0) == may_idle(state));
		if (!may_idle(state)) {
			CHECK_ROW(name, flow->deadline.due > clock_mono());
			CHECK_ROW(name, flow->deadline.due <= clock_mono() + LONGEST);
			flow->deadline.fn(flow->deadline.arg);
			CHECK_ROW(name, flow->ended);
			snprintf(reason, sizeof(reason), "too long in state %s", name);
			CHECK_ROW(name, worker_entered(ENTRY_FLOW_END, reason));
		}
		flow_end(flow, "done");
		worker_round();
		close(end);
	}
}

/* An ask that ends takes away its own deadline and no other; a state that is open has that of the ask in it. */
static void
both(void)
{
	int end;
	struct flow *flow = open_flow(&end);

	flow_move(flow, FLOW_LOGGING_IN);
	flow_park(flow, ASK_SIGNING);
	CHECK(flow->deadline.place != 0);
	flow_park(flow, ASK_NONE);
	CHECK(flow->deadline.place != 0);
	flow_park(flow, ASK_SIGNING);
	flow_move(flow, FLOW_OPEN);
	CHECK(flow->deadline.place != 0);
	flow_park(flow, ASK_NONE);
	CHECK(flow->deadline.place == 0);
	flow_end(flow, "done");
	worker_round();
	close(end);
}

static void
ask_states(void)
{
	int end;
	struct flow *flow = open_flow(&end);

	flow_move(flow, FLOW_OPEN);
	flow->ask.verdict.expires_s = 600;
	for (unsigned int state = 0; state < ASK_STATES; state++) {
		uint64_t longest = state == ASK_HELD ? 606 * SECOND_NS : LONGEST;
		/* a question for names waits as long as the ask itself would */
		bool has_none = state == ASK_NONE || state == ASK_NAMES;

		flow_park(flow, (enum ask_state)state);
		CHECK(flow->ask.state == state);
		CHECK((flow->deadline.place == 0) == has_none);
		if (!has_none)
			CHECK(flow->deadline.due <= clock_mono() + longest);
		if (state == ASK_HELD)	/* a little longer than people have */
			CHECK(flow->deadline.due > clock_mono() + 600 * SECOND_NS);
		/* nothing more is read from the skill while its ask waits; answers go on */
		CHECK(flow_reads(flow, WIRE_CLIENT) == (state == ASK_NONE));
		CHECK(flow_reads(flow, WIRE_SERVER));
	}
	flow_park(flow, ASK_NONE);
	CHECK(flow->deadline.place == 0);
	flow->turn_count = FLOW_TURNS;
	CHECK(!flow_reads(flow, WIRE_CLIENT) && flow_reads(flow, WIRE_SERVER));
	flow_end(flow, "done");
	worker_round();
	close(end);
}

/* Who may be read when: nothing before it is known who asks, nothing at the end. */
static void
reading(void)
{
	static const bool reads[FLOW_STATES][WIRE_SIDES] = {
		[FLOW_GREETING] = { true, false },
		[FLOW_PROVING] = { true, false },
		[FLOW_LOGGING_IN] = { false, true },
		[FLOW_OPEN] = { true, true },
		[FLOW_DRAINING] = { false, true },
		[FLOW_LANES] = { true, true },
	};
	int end;
	struct flow *flow = open_flow(&end);

	for (unsigned int state = 0; state < FLOW_STATES; state++) {
		flow_move(flow, (enum flow_state)state);
		for (unsigned int side = 0; side < WIRE_SIDES; side++)
			CHECK_ROW(flow_state_name((enum flow_state)state),
			    flow_reads(flow, (enum wire_side)side) == reads[state][side]);
	}
	flow_end(flow, "done");
	worker_round();
	close(end);
}

int
main(void)
{
	worker_begin();
	flow_states();
	ask_states();
	both();
	reading();
	worker_end();
	return check_end();
}
