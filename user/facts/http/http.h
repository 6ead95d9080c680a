/*
 * http.h: what a request of HTTP means.
 * Pure. One request is one act; of an API that takes several calls at once, one act
 * each. The object is the path as every server must read it: where two could read
 * a path, a method or a host differently, the effect is unknown and the act's note
 * says why. What cannot be read of a query or a body only leaves its names open
 * (struct http_list): decide/ then lets no rule that asks for them open a door.
 */
#ifndef FACTS_HTTP_HTTP_H
#define FACTS_HTTP_HTTP_H

#include <stdbool.h>

#include "span.h"

struct action;
struct arena;
struct out;
struct view_target;
struct wire_request;

#define HTTP_PAIRS_MOST 4096	/* names that are looked at, in each place */
#define HTTP_SEGMENTS_MOST 256	/* of a path */
#define HTTP_COLUMNS_MOST 512	/* names of a body's fields that an act tells */
#define HTTP_COLUMNS_BYTES (24u << 10)	/* of all acts: an entry has room for them */
#define HTTP_ACTS_MOST 64	/* of one request */
#define HTTP_NAME_MOST 256	/* bytes of the name of a call, a tool or a field */

/*
 * Explain a request to `target`, with memory from the arena; spans may point into
 * the request too. action.text is the caller's to fill. What it says goes for the
 * request as facts->upstream has it: where that is not empty, path and query must
 * be sent so. Returns 0 or -ENOMEM.
 */
int http_explain(const struct view_target *, const struct wire_request *, struct arena *, struct action *out);

/*
 * May a request for `host` (its Host, port and all) go to this target, over TLS that
 * was opened for `server_name` (empty: none was named)? Only where the target has
 * that name, or that address, at its port, and TLS and request name the same: what
 * is asked of one host under another's name is not what was verified or judged.
 */
bool http_host_fits(const struct view_target *, struct span host, struct span server_name);

/*
 * Let an action that http_explain() made be denied whatever the rules say, since
 * `why` (a constant sentence about the request: "it was …"). Returns 0 or -ENOMEM.
 */
int http_refuse(struct action *, struct arena *, const char *why);

/*
 * The messages of a call of gRPC (frames, none compressed) as JSON, a line each, as far as they are here whole. False:
 * they are not those of a method of the target's set; something may have been written. Bytes in which no mask would find
 * what it hides may be left out.
 */
bool http_write_messages(const struct view_target *, struct span path, struct span body, bool leaves_bytes_out,
    struct out *out);

#endif
