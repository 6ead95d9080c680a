/*
 * inject.c: the worker's end of a login's proofs.
 * An answer that says "no" and yet brings bytes is not an answer: nothing that
 * could be sent upstream comes out of a refusal.
 */
#include "inject/inject.h"

#include <errno.h>

#include "base/must.h"
#include "msg.h"
#include "msg/post.h"
#include "out.h"
#include "vault/vault.h"

#define BODY_MAX (INJECT_INPUT_MAX + 64)
#define STATUS_MAX 4095	/* the largest errno there can be */

static void
free_out(struct out *out)
{
	out_free(out);
}

static bool
is_step(uint8_t step)
{
	return step >= VAULT_MD5 && step < VAULT_STEPS;
}

int
inject_ask(struct post *post, uint64_t id, struct span target,
    const struct id *flow, uint8_t step, struct span input)
{
	cleanup(free_out) struct out body = out_new(BODY_MAX);

	if (!is_step(step))
		return -EINVAL;
	if (input.n > INJECT_INPUT_MAX)
		return -EMSGSIZE;
	out_block(&body, target);
	msg_put_id(&body, flow);
	out_u8(&body, step);
	out_block(&body, input);
	if (body.failed)
		return -ENOMEM;
	return post_send(post, SLOT_KEEPER, MSG_PROOF, id, out_view(&body), -1);
}

bool
inject_hear(struct span body, int *status, uint8_t *step, struct span *output)
{
	struct span bytes;
	uint32_t number;
	uint8_t which;

	if (!take_be32(&body, &number) || !take_u8(&body, &which) ||
	    !take_block(&body, &bytes) || body.n)
		return false;
	if (number > STATUS_MAX || !is_step(which) || (number && bytes.n))
		return false;
	*status = (int)number;
	*step = which;
	*output = bytes;
	return true;
}
