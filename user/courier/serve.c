/* serve.c: the courier's conversation: the keeper says what to fetch, the resolver where a name is. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "courier/courier.h"
#include "msg.h"
#include "msg/post.h"
#include "out.h"

#define TOLD_MAX 32768
#define WHY_MAX 256

void
courier_tell(struct courier *courier, uint64_t id, int r, const struct answer *answer, const char *why)
{
	struct out body = out_new(TOLD_MAX);
	struct span reason = span_text(why ? why : "");

	out_be32(&body, (uint32_t)-r);
	out_be32(&body, r ? 0 : answer->lifetime);
	out_block(&body, r ? SPAN("") : span_text(answer->token));
	out_block(&body, r ? SPAN("") : span_text(answer->refresh));
	out_block(&body, span_head(reason, WHY_MAX));
	if (body.failed || post_send(courier->post, SLOT_KEEPER, MSG_FETCHED, id, out_view(&body), -1))
		log_error("the keeper was not told what came of its request");
	out_free(&body);
}

/* They come just before the request that they are for. */
static bool
hear_roots(struct courier *courier, uint64_t id, struct span body)
{
	secret_free(&courier->roots);
	courier->roots_of = secret_copy(&courier->roots, body) ? 0 : id;
	return true;
}

static bool
hear_fetch(struct courier *courier, uint64_t id, struct span body)
{
	struct errand errand = { .id = id };

	if (!take_text(&body, &errand.url) || !take_text(&body, &errand.host) || !take_be16(&body, &errand.port) ||
	    !take_block(&body, &errand.authorization) || !take_block(&body, &errand.body) || body.n)
		return false;
	if (!courier->roots_of || courier->roots_of != id)
		courier_tell(courier, id, -ENOMEM, NULL, "the courier has no certificates to go by");
	else if (courier->count == COURIER_FETCHES)
		courier_tell(courier, id, -EBUSY, NULL, "too many tokens are being fetched");
	else
		fetch_begin(courier, &errand);
	secret_free(&courier->roots);
	courier->roots_of = 0;
	return true;
}

static bool
hear_looked(struct courier *courier, uint64_t id, struct span body)
{
	uint8_t ips[COURIER_ADDRESSES][16];
	uint32_t status, count;
	struct span all;

	if (!take_be32(&body, &status) || !take_be32(&body, &count) || count > COURIER_ADDRESSES ||
	    !take_bytes(&body, (size_t)count * sizeof(ips[0]), &all) || body.n)
		return false;
	if (all.n)
		memcpy(ips, all.p, all.n);
	fetch_looked(courier, id, (const uint8_t (*)[16])ips, status ? 0 : count);
	return true;
}

static bool
hear(void *arg, unsigned int from, const struct msg_head *head, struct span body, int fd)
{
	struct courier *courier = arg;

	(void)from;
	close_fd(&fd);
	switch (head->type) {
	case MSG_ROOTS:
		return hear_roots(courier, head->id, body);
	case MSG_FETCH:
		return hear_fetch(courier, head->id, body);
	case MSG_LOOKED:
		return hear_looked(courier, head->id, body);
	default:
		return true;
	}
}

int
courier_open(struct courier *courier)
{
	int r = loop_new(&courier->loop);

	if (!r)
		r = post_new(&courier->post, courier->loop, SLOT_COURIER, hear, courier);
	return r ? r : fetch_open(courier);
}

int
courier_serve(struct courier *courier)
{
	post_ready(courier->post);
	return loop_run(courier->loop);
}

void
courier_close(struct courier *courier)
{
	fetch_close(courier);
	secret_free(&courier->roots);
	post_free(&courier->post);
	loop_free(&courier->loop);
}
