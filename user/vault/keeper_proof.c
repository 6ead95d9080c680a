/*
 * keeper_proof.c: proofs for logins, so that a secret never leaves the keeper.
 * One function for each step of vault.h. Every use of a secret is entered before
 * the answer goes out; what cannot be entered is not done. Role, and which proofs a
 * backend may be given, are policy's, never the worker's; the flow is one that the
 * worker made, and it is named in the entry.
 */
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/log.h"
#include "entry/scribe.h"
#include "msg/post.h"
#include "out.h"
#include "vault/credential.h"
#include "vault/dialogue.h"
#include "vault/keeper.h"
#include "vault/md5.h"
#include "vault/scram.h"
#include "vault/vault.h"
#include "view.h"

#define ANSWER_MAX 16384

struct ask {
	unsigned int worker;
	struct span name;	/* of the target */
	uint32_t target;
	struct id flow;
	struct span input;
};

static const struct view_secret *
secret_of(const struct keeper *keeper, uint32_t target)
{
	return &keeper->view->secrets[target];
}

/* Enter a use. Returns 0, or -EAGAIN: do not act. */
static int
enter_use(struct keeper *keeper, const struct ask *ask, const char *detail)
{
	struct entry *entry = scribe_begin(keeper->scribe, ENTRY_CREDENTIAL);
	const struct view_secret *secret = secret_of(keeper, ask->target);
	uint64_t sequence;
	int r;

	entry_id(entry, KEY_FLOW, &ask->flow);
	entry_text(entry, KEY_TARGET, span_text(secret->target));
	entry_text(entry, KEY_ROLE, span_text(secret->role));
	entry_text(entry, KEY_NAME, span_text(msg_slot_name(ask->worker)));
	entry_text(entry, KEY_DETAIL, span_text(detail));
	r = scribe_send(keeper->scribe, LEVEL_HANDED, NULL, NULL, &sequence);
	return r ? -EAGAIN : 0;
}

/* The credential, with one line in the log when there is none to use. */
static int
find_credential(struct keeper *keeper, const struct ask *ask,
    struct credential **out)
{
	int r = credentials_find(keeper->credentials, ask->target, out);

	if (!r)
		return 0;
	log_line(LOG_LEVEL_WARNING, &ask->flow, "the secret of target %s cannot be used: %s%s",
	    secret_of(keeper, ask->target)->target, strerror(-r),
	    r == -EACCES || r == -EPERM ? " (`interlock secret set` gives it to the keeper)" : "");
	/* EACCES is kept for a server that does not know the secret */
	return r == -EACCES ? -EPERM : r;
}

static int
prove_md5(struct keeper *keeper, const struct ask *ask, struct out *out)
{
	struct credential *credential;
	char proof[MD5_PROOF + 1];
	int r = find_credential(keeper, ask, &credential);

	if (!r)
		r = md5_prove(secret_view(&credential->password),
		    span_text(secret_of(keeper, ask->target)->role), ask->input, proof);
	if (!r)
		r = enter_use(keeper, ask, "md5 proof");
	if (!r)
		out_bytes(out, proof, MD5_PROOF);
	OPENSSL_cleanse(proof, sizeof(proof));
	return r;
}

static int
begin_scram(struct keeper *keeper, const struct ask *ask, struct out *out)
{
	struct out nonce = out_new(BASE64_SIZE(SCRAM_NONCE_BYTES));
	uint8_t chance[SCRAM_NONCE_BYTES];
	struct credential *credential;
	struct dialogue *dialogue;
	int r;

	if (ask->input.n)
		return -EPROTO;
	r = find_credential(keeper, ask, &credential);
	if (r)
		return r;
	if (RAND_bytes(chance, sizeof(chance)) != 1)
		return -EIO;
	base64_write(&nonce, span_of(chance, sizeof(chance)));
	dialogue = dialogue_begin(keeper->dialogues, ask->worker, &ask->flow);
	snprintf(dialogue->target, sizeof(dialogue->target), "%.*s",
	    (int)ask->name.n, (const char *)ask->name.p);
	r = nonce.failed ? -ENOMEM :
	    scram_begin(&dialogue->scram, SPAN(""), out_view(&nonce));
	out_free(&nonce);
	if (!r)
		scram_first(&dialogue->scram, out);
	return r;
}

/* From the server's offer to our proof. */
static int
prove_scram(struct keeper *keeper, const struct ask *ask, struct scram *scram,
    struct out *out)
{
	struct credential *credential;
	const struct secret *keys;
	struct scram_offer offer;
	int r = scram_read(scram, ask->input, &offer);

	if (!r)
		r = find_credential(keeper, ask, &credential);
	if (!r)
		r = credential_scram(credential, &offer, &keys);
	if (!r)
		r = enter_use(keeper, ask, "scram proof");
	if (!r)
		r = scram_final(scram, ask->input, &offer, keys, out);
	return r;
}

static int
end_scram(struct keeper *keeper, const struct ask *ask, struct out *out)
{
	struct dialogue *dialogue;
	int r = -EPROTO;

	dialogue = dialogue_find(keeper->dialogues, ask->worker, &ask->flow);
	if (dialogue && span_is(ask->name, dialogue->target))
		r = prove_scram(keeper, ask, &dialogue->scram, out);
	if (r)
		dialogue_end(dialogue);
	return r;
}

static int
check_scram(struct keeper *keeper, const struct ask *ask, struct out *out)
{
	struct dialogue *dialogue;
	int r = -EPROTO;

	(void)out;
	dialogue = dialogue_find(keeper->dialogues, ask->worker, &ask->flow);
	if (dialogue && span_is(ask->name, dialogue->target))
		r = scram_check(&dialogue->scram, ask->input);
	dialogue_end(dialogue);
	if (r == -EACCES)
		log_line(LOG_LEVEL_WARNING, &ask->flow,
		    "the server of target %s does not know the secret",
		    secret_of(keeper, ask->target)->target);
	return r;
}

static int
lend_cleartext(struct keeper *keeper, const struct ask *ask, struct out *out)
{
	struct credential *credential;
	int r;

	/* the keeper's own view first: a worker's word is as good as the worker */
	if (secret_of(keeper, ask->target)->tls < TLS_VERIFY_CA ||
	    ask->input.n != 1 || ask->input.p[0] != 1)
		return -EOPNOTSUPP;
	r = find_credential(keeper, ask, &credential);
	if (!r)
		r = enter_use(keeper, ask, "lent cleartext");
	if (!r)
		out_span(out, secret_view(&credential->password));
	return r;
}

static const struct {
	int (*take)(struct keeper *, const struct ask *, struct out *);
	enum view_proof proof;
} steps[VAULT_STEPS] = {
	[VAULT_MD5] = { prove_md5, PROOF_MD5 },
	[VAULT_SCRAM_FIRST] = { begin_scram, PROOF_SCRAM },
	[VAULT_SCRAM_FINAL] = { end_scram, PROOF_SCRAM },
	[VAULT_SCRAM_CHECK] = { check_scram, PROOF_SCRAM },
	[VAULT_CLEARTEXT] = { lend_cleartext, PROOF_CLEARTEXT },
};

/* Take the step, if the target has a secret and the policy allows this proof of it. */
static int
take_step(struct keeper *keeper, uint8_t step, struct ask *ask, struct out *out)
{
	const struct view_secret *secret;
	int r = keeper_find(keeper, ask->name, &ask->target);

	if (r)
		return r;
	secret = secret_of(keeper, ask->target);
	if (secret->from == SECRET_NONE)
		return -ENOENT;
	r = secret->proofs >> steps[step].proof & 1 ?
	    steps[step].take(keeper, ask, out) : -EOPNOTSUPP;
	if (r == -EOPNOTSUPP)
		log_line(LOG_LEVEL_WARNING, &ask->flow, "the backend of target %s asked "
		    "for a proof that its policy does not allow", secret->target);
	return r;
}

bool
keeper_proof(struct keeper *keeper, unsigned int from, const struct msg_head *head,
    struct span body)
{
	struct out answer = out_new(ANSWER_MAX), output = out_new(ANSWER_MAX);
	struct ask ask = { .worker = from };
	uint8_t step;
	int r;

	if (!take_block(&body, &ask.name) || !msg_take_id(&body, &ask.flow) ||
	    !take_u8(&body, &step) || !take_block(&body, &ask.input) || body.n)
		return false;
	if (step >= VAULT_STEPS || !steps[step].take)
		return false;
	if (ask.flow.kind != ID_FLOW || ask.flow.slot != from)
		return false;
	r = take_step(keeper, step, &ask, &output);
	if (!r && output.failed)
		r = -ENOMEM;
	out_be32(&answer, (uint32_t)-r);
	out_u8(&answer, step);
	out_block(&answer, r ? SPAN("") : out_view(&output));
	out_free(&output);
	keeper_answer(keeper, from, MSG_PROOF_IS, head, &answer);
	return true;
}
