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
#include "vault/client_key.h"
#include "vault/credential.h"
#include "vault/derive.h"
#include "vault/dialogue.h"
#include "vault/keeper.h"
#include "vault/keeper_ask.h"
#include "vault/md5.h"
#include "vault/scram.h"
#include "vault/vault.h"
#include "view.h"

#define ANSWER_MAX 16384

static const struct view_secret *
secret_of(const struct keeper *keeper, uint32_t target)
{
	return &keeper->view->secrets[target];
}

const struct view_secret *
keeper_secret(const struct keeper *keeper, const struct ask *ask)
{
	return secret_of(keeper, ask->target);
}

int
keeper_enter_use(struct keeper *keeper, const struct ask *ask, const char *detail)
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

/* One line in the log for a secret that cannot be used. Returns what the worker is told. */
static int
say_unusable(struct keeper *keeper, const struct ask *ask, const char *what, int r)
{
	if (r)
		log_line(LOG_LEVEL_WARNING, &ask->flow, "the %s of target %s cannot be used: %s%s",
		    what, secret_of(keeper, ask->target)->target, strerror(-r),
		    r == -EACCES || r == -EPERM ? " (`interlock secret set` gives it to the keeper)" : "");
	/* EACCES is kept for a server that does not know the secret */
	return r == -EACCES ? -EPERM : r;
}

int
keeper_credential(struct keeper *keeper, const struct ask *ask,
    struct credential **out)
{
	return say_unusable(keeper, ask, "secret",
	    credentials_find(keeper->credentials, ask->target, out));
}

static int
find_client_key(struct keeper *keeper, const struct ask *ask, const struct client_key **out)
{
	return say_unusable(keeper, ask, "certificate",
	    credentials_find_key(keeper->credentials, ask->target, out));
}

static int
prove_md5(struct keeper *keeper, const struct ask *ask, struct out *out)
{
	struct credential *credential;
	char proof[MD5_PROOF + 1];
	int r = keeper_credential(keeper, ask, &credential);

	if (!r)
		r = md5_prove(secret_view(&credential->password),
		    span_text(secret_of(keeper, ask->target)->role), ask->input, proof);
	if (!r)
		r = keeper_enter_use(keeper, ask, "md5 proof");
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

	if (!ask->input.n)
		return -EPROTO;
	if (ask->input.p[0] != 'p' && !(secret_of(keeper, ask->target)->proofs >> PROOF_SCRAM & 1))
		return -EOPNOTSUPP;
	r = keeper_credential(keeper, ask, &credential);
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
	if (!r && scram_bind(&dialogue->scram, (char)ask->input.p[0], span_skip(ask->input, 1)))
		r = -EPROTO;
	if (!r)
		scram_first(&dialogue->scram, out);
	return r;
}

/* From the server's offer and the keys to our proof. */
static int
prove_scram(struct keeper *keeper, const struct ask *ask, struct scram *scram,
    const struct secret *keys, struct out *out)
{
	struct scram_offer offer;
	int r = scram_read(scram, ask->input, &offer);

	if (!r)
		r = keeper_enter_use(keeper, ask, scram->binding == 'p' ?
		    "scram-plus proof" : "scram proof");
	if (!r)
		r = scram_final(scram, ask->input, &offer, keys, out);
	return r;
}

/* With the keys that are kept; or have them made, and then -EINPROGRESS. */
static int
start_proof(struct keeper *keeper, const struct ask *ask, struct scram *scram,
    struct out *out)
{
	struct asker asker = {
		.worker = ask->worker, .request = ask->request, .flow = ask->flow,
		.n = ask->input.n,
	};
	struct credential *credential;
	const struct secret *keys;
	struct scram_offer offer;
	int r = scram_read(scram, ask->input, &offer);

	if (!r)
		r = keeper_credential(keeper, ask, &credential);
	if (r)
		return r;
	keys = credential_keys(credential, &offer);
	if (keys)
		return prove_scram(keeper, ask, scram, keys, out);
	memcpy(asker.message, ask->input.p, ask->input.n);	/* scram_read() has a limit */
	r = derivation_ask(keeper->derivations, ask->name, credential->number,
	    secret_view(&credential->password), &offer, &asker);
	return r ? r : -EINPROGRESS;
}

static int
end_scram(struct keeper *keeper, const struct ask *ask, struct out *out)
{
	struct dialogue *dialogue;
	int r = -EPROTO;

	dialogue = dialogue_find(keeper->dialogues, ask->worker, &ask->flow);
	if (dialogue && span_is(ask->name, dialogue->target))
		r = start_proof(keeper, ask, &dialogue->scram, out);
	if (r && r != -EINPROGRESS)
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
show_chain(struct keeper *keeper, const struct ask *ask, struct out *out)
{
	const struct client_key *key;
	int r = find_client_key(keeper, ask, &key);

	if (!r)
		out_span(out, client_key_chain(key));
	return r;
}

static int
sign_handshake(struct keeper *keeper, const struct ask *ask, struct out *out)
{
	uint8_t signature[CLIENT_KEY_SIGNATURE];
	const struct client_key *key;
	size_t n = 0;
	int r = find_client_key(keeper, ask, &key);

	if (!r)
		r = client_key_sign(key, ask->input, signature, &n);
	if (r == -EPERM)
		log_line(LOG_LEVEL_ERROR, &ask->flow, "%s asked for a signature of what is no handshake of target %s",
		    msg_slot_name(ask->worker), secret_of(keeper, ask->target)->target);
	if (!r)
		r = keeper_enter_use(keeper, ask, "certificate proof");
	if (!r)
		out_bytes(out, signature, n);
	return r;
}

/* Of the steps that prove something to a backend: what policy must allow. */
static const enum view_proof proofs[VAULT_STEPS] = {
	[VAULT_MD5] = PROOF_MD5,
	[VAULT_SCRAM_FIRST] = PROOF_SCRAM,
	[VAULT_SCRAM_FINAL] = PROOF_SCRAM,
	[VAULT_SCRAM_CHECK] = PROOF_SCRAM,
	[VAULT_CLEARTEXT] = PROOF_CLEARTEXT,
	[VAULT_CHAIN] = PROOF_CERTIFICATE,
	[VAULT_SIGN] = PROOF_CERTIFICATE,
};

/* The target, if it has a secret and the policy allows this proof of it. */
static int
find_target(struct keeper *keeper, uint8_t step, struct ask *ask)
{
	const struct view_secret *secret;
	uint32_t allowed;
	int r = keeper_find(keeper, ask->name, &ask->target);

	if (r)
		return r;
	secret = secret_of(keeper, ask->target);
	if (secret->from == SECRET_NONE && secret->certificate_from == SECRET_NONE)
		return -ENOENT;
	if (proofs[step] == PROOF_CLEARTEXT && secret->tls < TLS_VERIFY_CA)
		r = -EOPNOTSUPP;	/* whatever a worker says of its TLS */
	allowed = secret->proofs;
	if (allowed >> PROOF_SCRAM_PLUS & 1)	/* which of the two, begin_scram() sees */
		allowed |= 1u << PROOF_SCRAM;
	if (!(allowed >> proofs[step] & 1))
		r = -EOPNOTSUPP;
	if (r)
		log_line(LOG_LEVEL_WARNING, &ask->flow, "the backend of target %s asked "
		    "for a proof that its policy does not allow", secret->target);
	return r;
}

static int
find_skill(struct keeper *keeper, uint8_t step, struct ask *ask)
{
	(void)step;
	return keeper_find_verifier(keeper, ask->name, &ask->target);
}

/* Of whom each is asked, and who answers. */
static const struct {
	int (*find)(struct keeper *, uint8_t step, struct ask *);
	int (*take)(struct keeper *, const struct ask *, struct out *);
} steps[VAULT_STEPS] = {
	[VAULT_MD5] = { find_target, prove_md5 },
	[VAULT_SCRAM_FIRST] = { find_target, begin_scram },
	[VAULT_SCRAM_FINAL] = { find_target, end_scram },
	[VAULT_SCRAM_CHECK] = { find_target, check_scram },
	[VAULT_CLEARTEXT] = { find_target, keeper_cleartext },
	[VAULT_CHAIN] = { find_target, show_chain },
	[VAULT_SIGN] = { find_target, sign_handshake },
	[VAULT_VERIFY_FIRST] = { find_skill, keeper_verify_first },
	[VAULT_VERIFY_FINAL] = { find_skill, keeper_verify_final },
	[VAULT_LEND] = { keeper_find_request, keeper_lend },
	[VAULT_SIGV4_KEY] = { keeper_find_request, keeper_sigv4_key },
	[VAULT_SIGV4] = { keeper_find_request, keeper_sigv4 },
	[VAULT_SIGV4_CHUNKS] = { keeper_find_request, keeper_sigv4_chunks },
};

void
keeper_answer_ask(struct keeper *keeper, const struct ask *ask, uint8_t step, int r, struct out *output)
{
	struct msg_head head = { .id = ask->request };
	struct out body = out_new(ANSWER_MAX);

	if (!r && output->failed)
		r = -ENOMEM;
	out_be32(&body, (uint32_t)-r);
	out_u8(&body, step);
	out_block(&body, r ? SPAN("") : out_view(output));
	out_free(output);
	if (r == -EINPROGRESS)
		out_free(&body);
	else
		keeper_answer(keeper, ask->worker, MSG_PROOF_IS, &head, &body);
}

/* One of those who waited goes on, under the policy that is now in force. */
static void
go_on(struct keeper *keeper, const struct derivation *what, const struct asker *asker,
    const struct secret *keys)
{
	struct ask ask = {
		.worker = asker->worker, .request = asker->request, .flow = asker->flow,
		.name = span_text(what->target), .input = span_of(asker->message, asker->n),
	};
	struct out output = out_new(ANSWER_MAX);
	struct dialogue *dialogue = dialogue_find(keeper->dialogues, ask.worker, &ask.flow);
	int r = find_target(keeper, VAULT_SCRAM_FINAL, &ask);

	if (!r && (!dialogue || !span_is(ask.name, dialogue->target)))
		r = -EPROTO;
	if (!r)
		r = keys ? prove_scram(keeper, &ask, &dialogue->scram, keys, &output) : -EIO;
	if (r)
		dialogue_end(dialogue);
	keeper_answer_ask(keeper, &ask, VAULT_SCRAM_FINAL, r, &output);
}

void
keeper_derived(void *arg, const struct derivation *what, const struct secret *keys)
{
	struct keeper *keeper = arg;
	struct credential *credential;
	uint32_t target;

	if (keys && keeper_find(keeper, span_text(what->target), &target) == 0 &&
	    credentials_find(keeper->credentials, target, &credential) == 0 &&
	    credential->number == what->secret)
		credential_keep(credential, &what->offer, keys);
	for (const struct asker *asker = what->askers; asker; asker = asker->after)
		go_on(keeper, what, asker, keys);
}

bool
keeper_proof(struct keeper *keeper, unsigned int from, const struct msg_head *head,
    struct span body)
{
	struct out output = out_new(ANSWER_MAX);
	struct ask ask = { .worker = from, .request = head->id };
	uint8_t step;
	int r;

	if (!take_block(&body, &ask.name) || !msg_take_id(&body, &ask.flow) ||
	    !take_u8(&body, &step) || !take_block(&body, &ask.input) || body.n)
		return false;
	if (step >= VAULT_STEPS || !steps[step].take)
		return false;
	if (ask.flow.kind != ID_FLOW || ask.flow.slot != from)
		return false;
	r = keeper->is_quitting && (step == VAULT_SCRAM_FIRST || step == VAULT_VERIFY_FIRST) ? -EAGAIN :
	    steps[step].find(keeper, step, &ask);
	if (!r)
		r = steps[step].take(keeper, &ask, &output);
	keeper_answer_ask(keeper, &ask, step, r, &output);
	return true;
}
