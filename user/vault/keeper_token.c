/*
 * keeper_token.c: tokens of OAuth 2: lent like other secrets, but fetched first.
 * The keeper has no network. What it wants it writes down for the courier, one request at a time for each set of
 * terms, with the client's secret for that one request; what comes back is a token, or why there is none. Who asks
 * meanwhile waits for that answer, and is told ENOKEY where there is none. A new refresh token is on disk before the
 * token that came with it is lent to anybody.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "entry/scribe.h"
#include "msg/post.h"
#include "out.h"
#include "vault/credential.h"
#include "vault/grant.h"
#include "vault/keeper.h"
#include "vault/keeper_ask.h"
#include "vault/rotate.h"
#include "vault/token.h"
#include "vault/vault.h"
#include "view.h"
#include "view/credential.h"

#define REQUEST_MAX MSG_INLINE
#define LENT_MAX 16384
#define REASON_SIZE 320

/* ---- what is entered ---- */

static void
enter_failure(struct keeper *keeper, const char *target, const char *why)
{
	struct entry *entry = scribe_begin(keeper->scribe, ENTRY_ALARM);
	char reason[REASON_SIZE];
	uint64_t sequence;

	snprintf(reason, sizeof(reason), "no token for target %s: %s", target, why);
	log_warning("%s", reason);
	entry_text(entry, KEY_TARGET, span_text(target));
	entry_text(entry, KEY_REASON, span_text(reason));
	if (scribe_send(keeper->scribe, LEVEL_HANDED, NULL, NULL, &sequence))
		log_error("an alarm about target %s was not taken", target);
}

static int
enter_fetched(struct keeper *keeper, const struct token *token, const char *detail)
{
	struct entry *entry = scribe_begin(keeper->scribe, ENTRY_CREDENTIAL);
	uint64_t sequence;

	entry_text(entry, KEY_TARGET, span_text(token->target));
	entry_text(entry, KEY_DETAIL, span_text(detail));
	return scribe_send(keeper->scribe, LEVEL_HANDED, NULL, NULL, &sequence);
}

/* ---- asking for one ---- */

/* The refresh token to send: the last that came, or the policy's own. */
static int
find_refresh(struct keeper *keeper, uint32_t target, struct token *token, struct secret *out)
{
	cleanup(secret_free) struct secret named = { 0 };
	int r = credentials_find_refresh(keeper->credentials, target, &named);

	if (!r)
		r = rotate_digest(secret_view(&named), token->first);
	if (!r)
		r = grant_owner(&keeper->view->secrets[target], token->owner);
	if (!r)
		r = rotate_read(keeper->directory, token->owner, token->first, keeper->uid, out);
	if (r != -ENOENT || !named.p)
		return r;
	*out = named;
	named = (struct secret){ 0 };
	return 0;
}

/* The request, with its secrets, in *out. */
static int
write_request(struct keeper *keeper, uint32_t target, struct token *token, struct out *out)
{
	struct out authorization = out_new(REQUEST_MAX), body = out_new(REQUEST_MAX);
	const struct view_secret *secret = &keeper->view->secrets[target];
	cleanup(secret_free) struct secret refresh = { 0 };
	struct credential *client = NULL;
	int r = 0;

	if (secret->from != SECRET_NONE)
		r = credentials_find(keeper->credentials, target, &client);
	token->is_refresh = secret->grant.type == GRANT_REFRESH;
	if (!r && token->is_refresh)
		r = find_refresh(keeper, target, token, &refresh);
	if (!r) {
		grant_write(&secret->grant, client ? secret_view(&client->password) : SPAN(""), secret_view(&refresh),
		    &authorization, &body);
		out_text(out, secret->grant.endpoint);
		out_text(out, secret->grant.host);
		out_be16(out, secret->grant.port);
		out_block(out, out_view(&authorization));
		out_block(out, out_view(&body));
		r = authorization.failed || body.failed || out->failed ? -E2BIG : 0;
	}
	out_free(&authorization);
	out_free(&body);
	return r;
}

static int
send_request(struct keeper *keeper, uint32_t target, uint64_t id, struct out *request)
{
	struct span roots = span_text(keeper->view->secrets[target].grant.roots);
	int r = roots.n ? post_send(keeper->post, SLOT_COURIER, MSG_ROOTS, id, roots, -1) : -ENOENT;

	return r ? r : post_send(keeper->post, SLOT_COURIER, MSG_FETCH, id, out_view(request), -1);
}

static void
begin_fetch(struct keeper *keeper, uint32_t target, struct token *token)
{
	const char *name = keeper->view->secrets[target].target;
	struct out request = out_new(REQUEST_MAX);
	uint64_t id = post_id(keeper->post);
	char why[REASON_SIZE];
	int r = write_request(keeper, target, token, &request);

	snprintf(token->target, sizeof(token->target), "%s", name);
	if (r)
		snprintf(why, sizeof(why), "the client's secret or its refresh token cannot be used: %s", strerror(-r));
	if (!r) {
		r = send_request(keeper, target, id, &request);
		snprintf(why, sizeof(why), "the courier cannot be asked: %s", strerror(-r));
	}
	out_free(&request);
	if (!r) {
		token_ask(token, id, clock_boot());
		return;
	}
	token_fail(token, clock_boot());
	enter_failure(keeper, name, why);
}

/* ---- lending it ---- */

/* The row of a target's token, or NULL: no memory. */
static struct token *
row_of(struct keeper *keeper, uint32_t target)
{
	uint8_t terms[GRANT_TERMS];

	return grant_terms(&keeper->view->secrets[target], terms) ? NULL : token_find(keeper->tokens, terms);
}

static int
wait_for(struct keeper *keeper, const struct ask *ask, struct token *token)
{
	struct waiter waiter = { .worker = ask->worker, .request = ask->request, .flow = ask->flow };
	int r;

	if (ask->name.n >= sizeof(waiter.target))
		return -ENOENT;
	memcpy(waiter.target, ask->name.p, ask->name.n);
	r = token_wait(keeper->tokens, token, &waiter);
	return r ? r : -EINPROGRESS;
}

static int
lend(struct keeper *keeper, const struct ask *ask, const struct token *token, struct out *out)
{
	int r = keeper_take_loan(keeper, ask, token->number);

	if (!r)
		r = keeper_enter_use(keeper, ask, "lent oauth2 token");
	if (r)
		return r;
	out_be32(out, token_left(token, clock_boot()));
	out_span(out, secret_view(&token->access));
	return 0;
}

/* May this flow have it at all? Asked before anything is fetched for it. */
static bool
is_asked_rightly(const struct ask *ask)
{
	return (ask->input.n == 1 || (ask->input.n == 2 && ask->input.p[1] == 1)) && ask->input.p[0] == 1;
}

int
keeper_lend_token(struct keeper *keeper, const struct ask *ask, struct out *out)
{
	struct token *token = row_of(keeper, ask->target);
	int r = is_asked_rightly(ask) ? keeper_take_loan(keeper, ask, 0) : -EOPNOTSUPP;

	if (!token || r)
		return r ? r : -ENOMEM;
	if (ask->input.n == 2)
		token_refuse(token, clock_boot());
	if (!keeper->is_quitting && token_is_due(token, clock_boot()))
		begin_fetch(keeper, ask->target, token);
	switch (token_look(token, clock_boot())) {
	case TOKEN_HERE:
		return lend(keeper, ask, token, out);
	case TOKEN_WAIT:
		return wait_for(keeper, ask, token);
	default:
		return keeper->is_quitting ? -EAGAIN : -ENOKEY;
	}
}

/* ---- what came ---- */

/* Those who waited go on, under the policy that is now in force. */
static void
go_on(struct keeper *keeper, struct token *token)
{
	struct waiter *first = token_release(keeper->tokens, token);

	while (first) {
		struct waiter *waiter = first;
		struct ask ask = {
			.worker = waiter->worker, .request = waiter->request, .flow = waiter->flow,
			.name = span_text(waiter->target), .input = SPAN("\1"),
		};
		struct out output = out_new(LENT_MAX);
		int r = keeper_find_request(keeper, VAULT_LEND, &ask);

		if (!r)
			r = keeper_lend(keeper, &ask, &output);
		keeper_answer_ask(keeper, &ask, VAULT_LEND, r, &output);
		first = waiter->next;
		free(waiter);
	}
}

/* The refresh token that is good from now on. The token itself is good whatever becomes of that. */
static void
keep_refresh(struct keeper *keeper, const struct token *token, struct span refresh)
{
	int r = rotate_write(keeper->directory, token->owner, token->first, keeper->uid, refresh);

	if (!r)
		return;
	log_error("the new refresh token of target %s cannot be kept: %s", token->target, strerror(-r));
	enter_failure(keeper, token->target, "the authorization server gave a new refresh token, and it cannot be kept: "
	    "when this token ends, set another one");
}

static bool
is_token(struct span token)
{
	struct view_credential how = { .as = AS_BEARER };
	struct view_parts parts;

	return token.n <= ROTATE_TOKEN && view_credential_read(&how, token, &parts);
}

static void
take_token(struct keeper *keeper, struct token *token, struct span access, struct span refresh, uint32_t lifetime)
{
	const char *detail = token->is_refresh && refresh.n ? "token fetched, and a new refresh token" : "token fetched";

	if (token->is_refresh && refresh.n)
		keep_refresh(keeper, token, refresh);
	if (enter_fetched(keeper, token, detail) ||
	    token_take(keeper->tokens, token, access, lifetime, clock_boot()))
		token_fail(token, clock_boot());
}

/* It names the reason; nobody else has written it but our own processes, and the characters are looked at there. */
static void
take_failure(struct keeper *keeper, struct token *token, struct span why)
{
	char text[REASON_SIZE];

	snprintf(text, sizeof(text), "%.*s", (int)why.n, why.n ? (const char *)why.p : "");
	token_fail(token, clock_boot());
	enter_failure(keeper, token->target, text);
}

bool
keeper_fetched(struct keeper *keeper, unsigned int from, const struct msg_head *head, struct span body)
{
	struct token *token = token_find_request(keeper->tokens, head->id);
	struct span access, refresh, why;
	uint32_t status, lifetime;

	(void)from;
	if (!take_be32(&body, &status) || !take_be32(&body, &lifetime) || !take_block(&body, &access) ||
	    !take_block(&body, &refresh) || !take_block(&body, &why) || body.n || why.n >= REASON_SIZE)
		return false;
	if (status ? access.n || refresh.n : !is_token(access) || !lifetime || (refresh.n && !is_token(refresh)))
		return false;
	for (size_t i = 0; i < why.n; i++)
		if (why.p[i] < ' ' || why.p[i] > '~')
			return false;
	if (!token || (status && !token->is_fetching))
		return true;	/* nobody waits for it any more */
	if (status)
		take_failure(keeper, token, why);
	else
		take_token(keeper, token, access, refresh, lifetime);
	token->request = 0;
	go_on(keeper, token);
	tokens_sweep(keeper->tokens);	/* the policy may have it no more */
	return true;
}

void
keeper_courier_down(struct keeper *keeper)
{
	struct token *token;

	while ((token = tokens_fetching(keeper->tokens))) {
		take_failure(keeper, token, SPAN("the courier ended while it was fetched"));
		go_on(keeper, token);
	}
}

/* ---- changes ---- */

void
keeper_tokens_policy(struct keeper *keeper)
{
	struct token *token;

	tokens_unname(keeper->tokens);
	for (size_t i = 0; i < keeper->view->secret_count; i++)
		if (keeper->view->secrets[i].grant.type != GRANT_NONE && (token = row_of(keeper, (uint32_t)i)))
			token->is_named = true;
	tokens_sweep(keeper->tokens);
}

int
keeper_token_renew(struct keeper *keeper, uint32_t target)
{
	const struct view_secret *secret = &keeper->view->secrets[target];
	cleanup(secret_free) struct secret refresh = { 0 };
	struct token *token = row_of(keeper, target);
	struct credential *client;
	struct view_parts parts;
	int r = 0;

	if (token)
		token_reset(token);
	if (secret->from != SECRET_NONE)
		r = credentials_find(keeper->credentials, target, &client);
	if (!r && secret->from != SECRET_NONE &&
	    !view_credential_read(&secret->credential, secret_view(&client->password), &parts))
		r = -EINVAL;
	if (!r && secret->grant.type == GRANT_REFRESH)
		r = credentials_find_refresh(keeper->credentials, target, &refresh);
	return r;
}
