/*
 * courier.h: the process that fetches tokens, and what its files offer each other.
 * It does nothing but POST to token endpoints that the policy names, each time because the keeper says so, and with
 * what the keeper gives for that one time. serve.c hears the keeper and the resolver, fetch.c has one request on its
 * way (libcurl, which no other process links), answer.c reads what came. Nothing is kept from one to the next: no
 * connection, no session of TLS, no name.
 */
#ifndef COURIER_COURIER_H
#define COURIER_COURIER_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/secret.h"
#include "courier/answer.h"
#include "ip.h"
#include "loop/loop.h"
#include "span.h"

struct fetch;
struct post;

#define COURIER_FETCHES 64	/* at once */
#define COURIER_ADDRESSES 32	/* of a name that are tried */
#define COURIER_LOOKUP_NS (3 * SECOND_NS)
#define COURIER_TIME_MS 5000	/* from then on, all in all; a request waits for ten seconds */

struct courier {
	struct loop *loop;
	struct post *post;
	CURLM *multi;
	struct timer timer;		/* libcurl's */
	struct fetch *fetches;
	unsigned int count;
	struct secret roots;		/* of the next one */
	uint64_t roots_of;		/* its id */
};

/* What the keeper asks for, in its message. */
struct errand {
	uint64_t id;
	struct span url, host, authorization, body;
	uint16_t port;
};

/* ---- serve.c ---------------------------------------------------------------------- */
/* Before the box: channels, libcurl. 0 or -errno. */
int courier_open(struct courier *);
/* In the box: serve. The exit code. */
int courier_serve(struct courier *);
void courier_close(struct courier *);
/* Tell the keeper how it ended; `answer` may be NULL where r is not 0. */
void courier_tell(struct courier *, uint64_t id, int r, const struct answer *, const char *why);

/* ---- fetch.c ---------------------------------------------------------------------- */
/* libcurl in our loop. 0 or -ENOMEM. */
int fetch_open(struct courier *);
/* Begin; the roots are those in courier->roots, which it takes. Ends with courier_tell(), perhaps before this returns. */
void fetch_begin(struct courier *, const struct errand *);
/* The resolver says where a name is. */
void fetch_looked(struct courier *, uint64_t id, const uint8_t (*ips)[16], size_t count);
void fetch_close(struct courier *);

#endif
