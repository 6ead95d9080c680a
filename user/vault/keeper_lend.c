/*
 * keeper_lend.c: secrets that requests carry, and passwords in the clear.
 * Two classes. Lent: the secret itself goes to one worker, for one flow, whose leg to the backend is verified
 * TLS by the policy and by the worker's word. Proof only: the keeper signs (sigv4), for the region and service
 * that the policy names and for no time but now, so that a signature is of no use elsewhere or later.
 * Every loan and every signature is entered before it goes out, but for those of a body's chunks: they are of no use
 * without the one of their request, which is entered.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "out.h"
#include "vault/credential.h"
#include "vault/keeper.h"
#include "vault/keeper_ask.h"
#include "vault/loan.h"
#include "vault/sigv4.h"
#include "vault/vault.h"
#include "view.h"
#include "view/credential.h"

#define CLOCKS_APART 300	/* seconds between the worker's time and ours: they have one clock */
#define UPLOAD_LONGEST (12 * 3600)	/* seconds from a request's signature to the last of its body's */

static const char *const loans[AS_KINDS] = {
	[AS_BEARER] = "lent bearer", [AS_BASIC] = "lent basic", [AS_HEADER] = "lent header",
	[AS_QUERY] = "lent query", [AS_COOKIE] = "lent cookie",
	/* of OAUTH2 what is stored is not what is lent: keeper_token.c */
};

int
keeper_find_request(struct keeper *keeper, uint8_t step, struct ask *ask)
{
	const struct view_secret *secret;
	int r = keeper_find(keeper, ask->name, &ask->target);

	if (r)
		return r;
	secret = keeper_secret(keeper, ask);
	if (secret->credential.as == AS_NONE || (secret->from == SECRET_NONE && secret->grant.type == GRANT_NONE))
		return -ENOENT;
	if (view_credential_is_lent(&secret->credential) == (step == VAULT_LEND) &&
	    (step != VAULT_LEND || secret->tls >= TLS_VERIFY_CA))	/* whatever a worker says of its TLS */
		return 0;
	log_line(LOG_LEVEL_WARNING, &ask->flow, "%s asked for a secret of target %s in a way that its policy does not allow",
	    msg_slot_name(ask->worker), secret->target);
	return -EOPNOTSUPP;
}

int
keeper_take_loan(struct keeper *keeper, const struct ask *ask, uint64_t lent)
{
	int r = loan_take(keeper->loans, ask->worker, &ask->flow, ask->name, lent);

	if (r)
		log_line(LOG_LEVEL_ERROR, &ask->flow, r == -EPERM ?
		    "%s asked for the secret of target %s on a flow of another target" :
		    "%s asked too often for the secret of target %s",
		    msg_slot_name(ask->worker), keeper_secret(keeper, ask)->target);
	return r;
}

/* The secret for a worker whose leg is verified TLS, entered. */
static int
lend(struct keeper *keeper, const struct ask *ask, const char *detail, struct credential **out)
{
	int r = ask->input.n == 1 && ask->input.p[0] == 1 ? 0 : -EOPNOTSUPP;

	if (!r)
		r = keeper_credential(keeper, ask, out);
	if (!r)
		r = keeper_take_loan(keeper, ask, (*out)->number);
	return r ? r : keeper_enter_use(keeper, ask, detail);
}

int
keeper_cleartext(struct keeper *keeper, const struct ask *ask, struct out *out)
{
	struct credential *credential;
	int r = lend(keeper, ask, "lent cleartext", &credential);

	if (!r)
		out_span(out, secret_view(&credential->password));
	return r;
}

/* What a secret that was read is made of. */
static int
read_parts(struct keeper *keeper, const struct ask *ask, struct view_parts *parts)
{
	const struct view_secret *secret = keeper_secret(keeper, ask);
	struct credential *credential;
	int r = keeper_credential(keeper, ask, &credential);

	if (r || view_credential_read(&secret->credential, secret_view(&credential->password), parts))
		return r;
	log_line(LOG_LEVEL_WARNING, &ask->flow, "the secret of target %s cannot be used: %s", secret->target,
	    view_credential_form(&secret->credential));
	return -EINVAL;
}

int
keeper_lend(struct keeper *keeper, const struct ask *ask, struct out *out)
{
	const struct view_secret *secret = keeper_secret(keeper, ask);
	struct credential *credential;
	struct view_parts parts;
	int r;

	if (secret->credential.as == AS_OAUTH2)
		return keeper_lend_token(keeper, ask, out);
	r = read_parts(keeper, ask, &parts);
	if (!r)
		r = lend(keeper, ask, loans[secret->credential.as], &credential);
	if (!r)
		out_span(out, secret_view(&credential->password));
	return r;
}

int
keeper_sigv4_key(struct keeper *keeper, const struct ask *ask, struct out *out)
{
	struct view_parts parts;
	int r = ask->input.n ? -EPROTO : read_parts(keeper, ask, &parts);

	if (!r)
		r = keeper_take_loan(keeper, ask, 0);
	if (r)
		return r;
	out_block(out, parts.user);
	out_block(out, parts.token);
	return 0;
}

int
keeper_sigv4(struct keeper *keeper, const struct ask *ask, struct out *out)
{
	const struct view_credential *how = &keeper_secret(keeper, ask)->credential;
	char signature[VAULT_SIGV4_SIGNATURE];
	struct span rest = ask->input, time, hash;
	struct view_parts parts;
	int64_t when;
	int r;

	if (!take_bytes(&rest, VAULT_SIGV4_TIME, &time) || !take_bytes(&rest, VAULT_SIGV4_HASH, &hash) || rest.n ||
	    !sigv4_time(time, &when))
		return -EPROTO;
	if (llabs(when - (int64_t)(clock_wall() / SECOND_NS)) > CLOCKS_APART)
		return -ERANGE;
	r = read_parts(keeper, ask, &parts);
	if (!r)
		r = keeper_take_loan(keeper, ask, 0);
	if (!r)
		r = sigv4_sign(parts.secret, time, span_text(how->region), span_text(how->service), hash.p, signature);
	if (!r)
		r = keeper_enter_use(keeper, ask, "sigv4 signature");
	if (!r)
		out_bytes(out, signature, sizeof(signature));
	return r;
}

/* Lower case, so that no line of what is signed could be another. */
static bool
is_hex(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!((text.p[i] >= '0' && text.p[i] <= '9') || (text.p[i] >= 'a' && text.p[i] <= 'f')))
			return false;
	return true;
}

int
keeper_sigv4_chunks(struct keeper *keeper, const struct ask *ask, struct out *out)
{
	const struct view_credential *how = &keeper_secret(keeper, ask)->credential;
	char signatures[VAULT_SIGV4_CHUNKS_MOST * VAULT_SIGV4_SIGNATURE];
	struct span rest = ask->input, time, previous;
	size_t count;
	struct view_parts parts;
	uint8_t is_trailed;
	int64_t when, age;
	int r;

	if (!take_bytes(&rest, VAULT_SIGV4_TIME, &time) || !take_bytes(&rest, VAULT_SIGV4_SIGNATURE, &previous) ||
	    !take_u8(&rest, &is_trailed) || is_trailed > 1 || !sigv4_time(time, &when))
		return -EPROTO;
	count = rest.n / VAULT_SIGV4_HASH;
	if (!count || count > VAULT_SIGV4_CHUNKS_MOST || rest.n % VAULT_SIGV4_HASH || !is_hex(previous))
		return -EPROTO;
	age = (int64_t)(clock_wall() / SECOND_NS) - when;
	if (age < -CLOCKS_APART || age > UPLOAD_LONGEST)
		return -ERANGE;
	r = read_parts(keeper, ask, &parts);
	if (!r)
		r = keeper_take_loan(keeper, ask, 0);
	if (!r)
		r = sigv4_sign_chunks(parts.secret, time, span_text(how->region), span_text(how->service), previous.p, is_trailed,
		    rest.p, count, signatures);
	if (!r)
		out_bytes(out, signatures, count * VAULT_SIGV4_SIGNATURE);
	return r;
}
