/*
 * tools.c: what an MCP server offers, without what the skill may not call.
 * The answer to tools/list is held whole, filtered, and goes on as one run. One that
 * cannot be read is not given.
 */
#include <stdlib.h>
#include <strings.h>

#include "base/arena.h"
#include "base/must.h"
#include "decide/decide.h"
#include "facts/http/tools.h"
#include "flow/flow.h"

#define LIST_BYTES (4u << 20)	/* of a whole answer with tools */

struct tools {
	struct out host, path;	/* of the request */
	struct out body;
	bool is_events;
};

static bool
asks_for_tools(const struct action *action)
{
	for (size_t i = 0; i < action->act_count; i++)
		if (action->acts[i].http && span_is(action->acts[i].http->operation, "tools/list"))
			return true;
	return false;
}

bool
flow_tools_begin(struct flow *flow, struct turn *turn)
{
	const struct view_target *target = &flow->policy->view->targets[flow->target];
	const struct action *action = &flow->ask.action;
	struct tools *tools;

	if (target->api != API_MCP || !asks_for_tools(action))
		return true;
	tools = turn->tools = calloc(1, sizeof(*tools));
	if (!tools)
		return false;
	tools->host = tools->path = out_new(FLOW_UNIT_BYTES);
	tools->body = out_new(LIST_BYTES);
	out_span(&tools->host, action->http->host);
	out_span(&tools->path, action->http->path);
	return !tools->host.failed && !tools->path.failed;
}

void
flow_tools_free(struct tools **tools)
{
	if (!*tools)
		return;
	out_free(&(*tools)->host);
	out_free(&(*tools)->path);
	out_free(&(*tools)->body);
	free(*tools);
	*tools = NULL;
}

static bool
begins(struct span text, const char *with)
{
	return text.n >= strlen(with) && strncasecmp((const char *)text.p, with, strlen(with)) == 0;
}

bool
flow_tools_fit(struct tools *tools, const struct wire_head *head)
{
	struct span type = { 0 };

	for (size_t i = 0; i < head->header_count; i++) {
		struct span name = head->headers[i].name;

		if (name.n == 12 && begins(name, "content-type"))
			type = head->headers[i].value;
		if (name.n == 16 && begins(name, "content-encoding"))
			return false;
	}
	tools->is_events = begins(type, "text/event-stream");
	return tools->is_events || begins(type, "application/json");
}

static bool
may(void *arg, const struct act *act)
{
	const struct flow *flow = arg;

	return decide_could(flow->policy->view, span_text(flow->who.skill), flow->target, act);
}

bool
flow_tools_put(struct flow *flow, struct turn *turn, bool is_last, struct span *bytes, struct out *out)
{
	struct tools *tools = turn->tools;
	struct http_listing listing = {
		.target = &flow->policy->view->targets[flow->target], .host = out_view(&tools->host),
		.path = out_view(&tools->path), .is_events = tools->is_events, .may = may, .arg = flow,
	};
	struct arena *arena;
	int error;

	out_span(&tools->body, *bytes);
	*bytes = span_of(NULL, 0);
	if (tools->body.failed)
		return false;
	if (!is_last)
		return true;
	arena = arena_new(FLOW_SCRATCH_BYTES);
	error = arena ? http_filter_tools(&listing, out_view(&tools->body), arena, out) : -1;
	if (arena)
		arena_free(&arena);
	*bytes = out_view(out);
	return error == 0;
}
