/*
 * stops.c: what an operator has stopped.
 * A stop ends the flows it covers at once and refuses new ones until it is undone.
 * The list is small and bounded; when it is full everything is stopped.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "flow/flow.h"
#include "msg.h"

#define STOPS_MOST 256	/* as broker and loader keep */
#define NAME_SIZE 64

struct stops {
	bool all;
	unsigned int count;
	struct {
		enum msg_stop scope;
		char name[NAME_SIZE];
	} stop[STOPS_MOST];
};

static bool
covers(const struct flow *flow, enum msg_stop scope, const char *name)
{
	char session[ID_TEXT_SIZE];

	if (scope == STOP_SKILL)
		return strcmp(flow->who.skill, name) == 0;
	if (scope == STOP_TARGET)
		return strcmp(flow->target_name, name) == 0;
	return scope == STOP_SESSION &&
	    strcmp(id_format(&flow->who.session, session), name) == 0;
}

bool
stops_cover(const struct worker *worker, const struct flow *flow)
{
	const struct stops *stops = worker->stops;

	if (!stops)
		return false;
	for (unsigned int i = 0; i < stops->count; i++)
		if (covers(flow, stops->stop[i].scope, stops->stop[i].name))
			return true;
	return stops->all;
}

static void
end_covered(struct worker *worker)
{
	struct flow *flow = worker->flows;

	while (flow) {
		struct flow *after = flow->after;

		if (stops_cover(worker, flow)) {
			if (flow->turn_count && flow->ask.state != ASK_HELD)
				flow_cancel_running(flow, "an operator has stopped it");
			flow_leg_close(flow, WIRE_SERVER);
			flow_farewell(flow, REFUSAL_STOPPED, "stopped by an operator");
		}
		flow = after;
	}
}

/* Broker and loader both tell a worker that starts. */
static void
add(struct stops *stops, enum msg_stop scope, struct span name)
{
	for (unsigned int i = 0; i < stops->count; i++)
		if (stops->stop[i].scope == scope && span_is(name, stops->stop[i].name))
			return;
	if (scope == STOP_ALL || stops->count == STOPS_MOST) {
		stops->all = true;
		return;
	}
	stops->stop[stops->count].scope = scope;
	snprintf(stops->stop[stops->count].name, NAME_SIZE, "%.*s", (int)name.n,
	    (const char *)name.p);
	stops->count++;
}

/* Take back one, or all. */
static void
undo(struct stops *stops, enum msg_stop scope, struct span name)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; scope != STOP_ALL && i < stops->count; i++)
		if (stops->stop[i].scope != scope || !span_is(name, stops->stop[i].name))
			stops->stop[kept++] = stops->stop[i];
	stops->count = kept;
	stops->all = stops->all && scope != STOP_ALL;
}

bool
stops_hear(struct worker *worker, struct span body)
{
	struct span name;
	uint8_t scope, is_undo;

	if (!take_u8(&body, &scope) || scope >= STOP_SCOPES ||
	    !take_u8(&body, &is_undo) || is_undo > 1 || !take_block(&body, &name) || body.n || name.n >= NAME_SIZE)
		return false;
	if (!worker->stops)
		worker->stops = calloc(1, sizeof(*worker->stops));
	must(worker->stops);
	if (is_undo)
		undo(worker->stops, (enum msg_stop)scope, name);
	else
		add(worker->stops, (enum msg_stop)scope, name);
	end_covered(worker);
	return true;
}

void
stops_free(struct stops **stops)
{
	free(*stops);
	*stops = NULL;
}
