/*
 * tools.h: the tools that an MCP server says it has, without those a skill may not call.
 * Model Context Protocol 2025-06-18, "Tools", "Listing Tools": an answer whose result has a list
 * `tools`, alone or in a list of answers, as JSON or as events. Pure.
 */
#ifndef FACTS_HTTP_TOOLS_H
#define FACTS_HTTP_TOOLS_H

#include <stdbool.h>

#include "out.h"
#include "span.h"

struct act;
struct arena;
struct view_target;

struct http_listing {
	const struct view_target *target;
	struct span host, path;		/* of the request, as in its facts */
	bool is_events;			/* text/event-stream; else JSON */
	bool (*may)(void *arg, const struct act *);	/* call it, whatever its arguments */
	void *arg;
};

/*
 * Append `body`, a whole one, to *out without those tools; all else of it is as it was, but for the line
 * ends within an event that is changed. Returns 0, -EINVAL (JSON that cannot be read, or a list with what is no
 * tool) or -ENOMEM; then what is in *out must not be used.
 */
int http_filter_tools(const struct http_listing *, struct span body, struct arena *, struct out *out);

#endif
