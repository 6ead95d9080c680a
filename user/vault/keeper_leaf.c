/* keeper_leaf.c: what workers need that is no proof: leaves and keys of tickets for TLS, and keys for masks. */
#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "out.h"
#include "vault/keeper.h"
#include "vault/leaf.h"
#include "vault/ticket_keys.h"
#include "view.h"

#define ANSWER_MAX 32768	/* as msg.h's table has it for MSG_LEAF_IS */
#define IP_SIZE 16

static void
write_leaf(struct out *answer, int r, struct span chain, struct span key)
{
	out_be32(answer, (uint32_t)-r);
	out_block(answer, chain);
	out_block(answer, key);
}

bool
keeper_leaf(struct keeper *keeper, unsigned int from, const struct msg_head *head,
    struct span body)
{
	struct out answer = out_new(ANSWER_MAX);
	struct span target, name, ip, chain = SPAN(""), key = SPAN("");
	uint32_t index;
	int r;

	if (!take_block(&body, &target) || !take_block(&body, &name) ||
	    !take_bytes(&body, IP_SIZE, &ip) || body.n)
		return false;
	r = keeper_find(keeper, target, &index);
	if (!r)
		r = leaves_find(keeper->leaves, index, &keeper->view->targets[index], name,
		    ip.p, clock_wall() / SECOND_NS, &chain, &key);
	if (r)
		log_warning("no certificate for target %.*s was made: %s",
		    (int)target.n, (const char *)target.p, strerror(-r));
	write_leaf(&answer, r, chain, key);
	if (answer.failed) {
		out_free(&answer);
		answer = out_new(ANSWER_MAX);
		write_leaf(&answer, -EMSGSIZE, SPAN(""), SPAN(""));
	}
	keeper_answer(keeper, from, MSG_LEAF_IS, head, &answer);
	return true;
}

bool
keeper_ticket_keys(struct keeper *keeper, unsigned int from, const struct msg_head *head, struct span body)
{
	struct out answer = out_new(ANSWER_MAX);
	struct span keys;
	uint32_t seconds;

	if (body.n)
		return false;
	if (ticket_keys_now(keeper->tickets, clock_boot() / SECOND_NS, &keys, &seconds)) {
		log_error("no keys for tickets of TLS could be made");	/* the worker asks again, and has no tickets until then */
		return true;
	}
	out_be32(&answer, seconds);
	out_span(&answer, keys);
	keeper_answer(keeper, from, MSG_TICKET_KEYS_ARE, head, &answer);
	return true;
}

/* Write a key for each mask of the view, and the one for holds. */
static int
write_keys(const struct keeper *keeper, struct out *answer)
{
	uint8_t key[MASK_KEY_SIZE];
	int r = 0;

	for (size_t i = 0; !r && i < keeper->view->mask_count; i++) {
		r = master_derive(&keeper->master, "mask", span_text(keeper->view->masks[i]), key);
		if (!r)
			out_bytes(answer, key, sizeof(key));
	}
	if (!r)
		r = master_derive(&keeper->master, "hold", SPAN(""), key);
	if (!r)
		out_bytes(answer, key, sizeof(key));
	OPENSSL_cleanse(key, sizeof(key));
	return r;
}

bool
keeper_mask_keys(struct keeper *keeper, unsigned int from,
    const struct msg_head *head, struct span body)
{
	struct out answer = out_new(ANSWER_MAX);

	if (body.n)
		return false;
	out_be32(&answer, keeper->view ? keeper->view->head.epoch : 0);
	out_be32(&answer, keeper->view ? (uint32_t)keeper->view->mask_count : 0);
	if (keeper->view && write_keys(keeper, &answer)) {
		/* no keys at all: the worker asks again, and refuses until then */
		log_error("the keys of masks and holds could not be derived");
		out_clear(&answer);
		out_be32(&answer, keeper->view->head.epoch);
		out_be32(&answer, 0);
	}
	keeper_answer(keeper, from, MSG_MASK_KEYS_ARE, head, &answer);
	return true;
}
