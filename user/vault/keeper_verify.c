/*
 * keeper_verify.c: checks a skill's own password, for a client that insists on SCRAM.
 * A worker ends the skill's TLS and reads its messages; the verifier is here. The worker
 * says to what channel the client may be bound. It gains nothing by saying another: the client
 * would then be refused, and whom it lets in is for the worker anyway.
 */
#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/log.h"
#include "out.h"
#include "vault/credential.h"
#include "vault/dialogue.h"
#include "vault/keeper.h"
#include "vault/keeper_ask.h"
#include "vault/scram_server.h"
#include "view.h"

int
keeper_find_verifier(const struct keeper *keeper, struct span skill, uint32_t *index)
{
	if (!keeper->view)
		return -EAGAIN;
	for (size_t i = 0; i < keeper->view->verifier_count; i++) {
		if (!span_is(skill, keeper->view->verifiers[i].skill))
			continue;
		*index = (uint32_t)i;
		return 0;
	}
	return -ENOENT;
}

static int
find_verifier(struct keeper *keeper, const struct ask *ask, const struct scram_verifier **out)
{
	int r = credentials_find_verifier(keeper->credentials, ask->target, out);

	if (r)
		log_line(LOG_LEVEL_WARNING, &ask->flow, "the verifier of skill %s cannot be used: %s",
		    keeper->view->verifiers[ask->target].skill, strerror(-r));
	/* EACCES is kept for a wrong proof */
	return r == -EACCES ? -EPERM : r;
}

int
keeper_verify_first(struct keeper *keeper, const struct ask *ask, struct out *out)
{
	struct out nonce = out_new(BASE64_SIZE(SCRAM_NONCE_BYTES));
	struct span rest = ask->input, channel;
	const struct scram_verifier *verifier;
	uint8_t chance[SCRAM_NONCE_BYTES], is_plus;
	struct dialogue *dialogue;
	int r;

	if (!take_u8(&rest, &is_plus) || is_plus > 1 || !take_block(&rest, &channel))
		return -EPROTO;
	r = find_verifier(keeper, ask, &verifier);
	if (r)
		return r;
	if (RAND_bytes(chance, sizeof(chance)) != 1)
		return -EIO;
	base64_write(&nonce, span_of(chance, sizeof(chance)));
	dialogue = dialogue_begin(keeper->dialogues, ask->worker, &ask->flow);
	snprintf(dialogue->target, sizeof(dialogue->target), "%.*s",
	    (int)ask->name.n, (const char *)ask->name.p);
	r = nonce.failed ? -ENOMEM : scram_server_begin(&dialogue->server, verifier, is_plus, channel,
	    rest, out_view(&nonce), out);
	out_free(&nonce);
	if (r)
		dialogue_end(dialogue);
	return r;
}

int
keeper_verify_final(struct keeper *keeper, const struct ask *ask, struct out *out)
{
	struct dialogue *dialogue = dialogue_find(keeper->dialogues, ask->worker, &ask->flow);
	const struct scram_verifier *verifier;
	int r = dialogue && span_is(ask->name, dialogue->target) ? 0 : -EPROTO;

	if (!r)
		r = find_verifier(keeper, ask, &verifier);
	if (!r)
		r = scram_server_end(&dialogue->server, verifier, ask->input, out);
	dialogue_end(dialogue);
	return r;
}
