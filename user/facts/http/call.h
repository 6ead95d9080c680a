/*
 * call.h: who is to be answered, and told of progress: of a request of JSON-RPC 2.0 by itself, as MCP
 * sends it (2025-06-18, "Base Protocol", "Progress"). Pure.
 */
#ifndef FACTS_HTTP_CALL_H
#define FACTS_HTTP_CALL_H

#include <stdbool.h>

#include "span.h"

struct arena;

#define HTTP_CALL_ID_MOST 256	/* bytes of an id, or a token, as JSON */

struct http_call {
	struct span method;
	struct span id;		/* a text or a number, as JSON */
	struct span progress;	/* params._meta.progressToken, the same; empty: nobody asks for it */
};

/* Spans are the body's or the arena's. False: it is no such request, or has none of those ids; *out is as it was. */
bool http_read_call(struct span body, struct arena *, struct http_call *out);

#endif
