/*
 * state.c: what is legal in which state, and for how long.
 * One row for each state; one function moves. A state that outlives its deadline
 * ends the flow, or, for an ask that waits, refuses it. There is one deadline: that of
 * the ask, or of the state where no ask waits, whichever of the two has moved last.
 */
#include <assert.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/must.h"
#include "flow/flow.h"

struct flow_row {
	const char *name;
	unsigned int deadline_s;	/* 0: none of its own (an open flow may be idle) */
	bool reads[WIRE_SIDES];
};

static const struct flow_row rows[] = {
	[FLOW_IDENTIFYING] = { "identifying", 10, { false, false } },
	[FLOW_ENTERING] =    { "entering",    10, { false, false } },
	[FLOW_SOCKET] =      { "socket",      10, { false, false } },
	[FLOW_GREETING] =    { "greeting",    30, { true, false } },
	[FLOW_LEAF] =        { "leaf",        10, { false, false } },
	[FLOW_ADMITTING] =   { "admitting",   10, { false, false } },
	[FLOW_PROVING] =     { "proving",     30, { true, false } },
	[FLOW_DIALING] =     { "dialing",     10, { false, false } },
	[FLOW_LOGGING_IN] =  { "logging in",  30, { false, true } },
	[FLOW_OPEN] =        { "open",         0, { true, true } },
	[FLOW_DRAINING] =    { "draining",    60, { false, true } },
	[FLOW_LANES] =       { "lanes",        0, { true, true } },
	[FLOW_CARRYING] =    { "carrying",     0, { false, false } },
	[FLOW_CLOSING] =     { "closing",      5, { false, false } },
};
static_assert(COUNT(rows) == FLOW_STATES, "a row for each state");

struct ask_row {
	unsigned int deadline_s;	/* 0: the hold's own; for names: as long as the ask itself would wait */
};

static const struct ask_row asks[] = {
	[ASK_NONE] = { 0 },
	[ASK_POLICY] = { 10 },
	[ASK_GRAMMAR] = { 10 },
	[ASK_NAMES] = { 0 },
	[ASK_STANDING] = { 10 },
	[ASK_EARLIER] = { 10 },
	[ASK_HOLDING] = { 10 },
	[ASK_HELD] = { 0 },
	[ASK_ENTERING] = { 10 },
	[ASK_LENDING] = { 10 },
	[ASK_REFUSING] = { 10 },
	[ASK_CLEARED] = { 10 },
	[ASK_SIGNING] = { 10 },
};
static_assert(COUNT(asks) == ASK_STATES, "a row for each state");

static void
late(void *arg)
{
	struct flow *flow = arg;
	char reason[64];

	if (flow->state == FLOW_OPEN && flow->ask.state != ASK_NONE) {
		flow_ask_late(flow);
		return;
	}
	snprintf(reason, sizeof(reason), "too long in state %s", rows[flow->state].name);
	if (flow->state == FLOW_SOCKET || flow->state == FLOW_DIALING ||
	    flow->state == FLOW_LOGGING_IN)
		flow_backend_failed(flow, reason);
	else
		flow_end(flow, *flow->reason ? flow->reason : reason);
}

static void
set_deadline(struct flow *flow, unsigned int seconds)
{
	loop_unset(flow->worker->loop, &flow->deadline);
	if (seconds)
		must(loop_set(flow->worker->loop, &flow->deadline,
		    seconds * SECOND_NS, late, flow) == 0);
}

static unsigned int
deadline_of_ask(const struct flow *flow)
{
	return flow->ask.state == ASK_HELD ? flow->ask.verdict.expires_s + 5 : asks[flow->ask.state].deadline_s;
}

/* A lane's connection may be verified while a run of its body is signed. */
void
flow_move(struct flow *flow, enum flow_state state)
{
	must(state < FLOW_STATES);
	flow->state = state;
	set_deadline(flow, state == FLOW_OPEN && flow->ask.state != ASK_NONE ? deadline_of_ask(flow) : rows[state].deadline_s);
}

/* … and that run be signed while the connection is not there yet. */
void
flow_park(struct flow *flow, enum ask_state state)
{
	must(state < ASK_STATES);
	flow->ask.state = state;
	set_deadline(flow, state != ASK_NONE ? deadline_of_ask(flow) : rows[flow->state].deadline_s);
}

bool
flow_reads(const struct flow *flow, enum wire_side side)
{
	if (side == WIRE_CLIENT && flow->ask.state != ASK_NONE)
		return false;
	if (side == WIRE_CLIENT && flow->state == FLOW_OPEN &&
	    (flow->turn_count >= FLOW_TURNS || !flow->codec->has_room(flow->codec_state)))
		return false;
	return rows[flow->state].reads[side];
}

const char *
flow_state_name(enum flow_state state)
{
	return rows[state].name;
}
