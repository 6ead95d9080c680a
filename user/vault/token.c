/* token.c: a list of rows: few enough, and looked through once for each loan. */
#include "vault/token.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_NS SECOND_NS	/* while it is being renewed: then whoever has it asks for the new one */

struct tokens {
	struct token *first;
	size_t count, waiting;
	uint64_t numbers;
};

int
tokens_new(struct tokens **out)
{
	struct tokens *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	*out = made;
	return 0;
}

struct token *
token_find(struct tokens *all, const uint8_t terms[GRANT_TERMS])
{
	struct token *token = all->first;

	while (token && memcmp(token->terms, terms, GRANT_TERMS) != 0)
		token = token->next;
	if (token || all->count == TOKENS_MOST)
		return token;
	token = calloc(1, sizeof(*token));
	if (!token)
		return NULL;
	memcpy(token->terms, terms, GRANT_TERMS);
	token->is_named = true;
	token->next = all->first;
	all->first = token;
	all->count++;
	return token;
}

struct token *
token_find_request(struct tokens *all, uint64_t request)
{
	struct token *token = all->first;

	while (token && (token->request != request || !request))
		token = token->next;
	return token;
}

/* ---- one of them ---- */

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool
is_good(const struct token *token, uint64_t now)
{
	return token->access.p && now < token->until;
}

static bool
is_under_way(const struct token *token, uint64_t now)
{
	return token->is_fetching && now - token->asked < TOKEN_LOST_NS;
}

enum token_state
token_look(const struct token *token, uint64_t now)
{
	return is_good(token, now) ? TOKEN_HERE : is_under_way(token, now) ? TOKEN_WAIT : TOKEN_NONE;
}

bool
token_is_due(struct token *token, uint64_t now)
{
	if (token->is_fetching && !is_under_way(token, now))
		token_fail(token, now);
	return !token->is_fetching && now >= token->not_before && (!is_good(token, now) || now >= token->renew);
}

void
token_refuse(struct token *token, uint64_t now)
{
	if (token->access.p && now - token->got > TOKEN_REFUSED_NS)
		secret_free(&token->access);
}

uint32_t
token_left(const struct token *token, uint64_t now)
{
	uint64_t end = now < token->renew ? token->renew : now + AGAIN_NS, left;

	left = least(end, token->until) - now;
	return left < MILLISECOND_NS ? 1 : (uint32_t)(left / MILLISECOND_NS);
}

void
token_ask(struct token *token, uint64_t request, uint64_t now)
{
	token->is_fetching = true;
	token->request = request;
	token->asked = now;
}

int
token_take(struct tokens *all, struct token *token, struct span access, uint32_t lifetime, uint64_t now)
{
	uint64_t life = lifetime * SECOND_NS;
	struct secret copy = { 0 };
	int r = secret_copy(&copy, access);

	token->is_fetching = false;
	if (r)
		return r;
	secret_free(&token->access);
	token->access = copy;
	token->number = ++all->numbers;
	token->got = now;
	token->renew = token->asked + life - least(life / 4, TOKEN_MARGIN * SECOND_NS);
	token->until = token->asked + life - least(life / 10, TOKEN_SPARE * SECOND_NS);
	token->pause = token->not_before = 0;
	return 0;
}

void
token_fail(struct token *token, uint64_t now)
{
	token->is_fetching = false;
	token->pause = token->pause ? least(2 * token->pause, TOKEN_PAUSE_MOST_NS) : TOKEN_PAUSE_LEAST_NS;
	token->not_before = now + token->pause;
}

void
token_reset(struct token *token)
{
	secret_free(&token->access);
	token->pause = token->not_before = 0;
}

/* ---- who waits ---- */

int
token_wait(struct tokens *all, struct token *token, const struct waiter *waiter)
{
	struct waiter *copy, **end = &token->waiters;

	if (all->waiting == TOKEN_WAITERS)
		return -EAGAIN;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *waiter;
	copy->next = NULL;
	while (*end)
		end = &(*end)->next;
	*end = copy;
	all->waiting++;
	return 0;
}

struct waiter *
token_release(struct tokens *all, struct token *token)
{
	struct waiter *first = token->waiters;

	token->waiters = NULL;
	for (const struct waiter *waiter = first; waiter; waiter = waiter->next)
		all->waiting--;
	return first;
}

static void
drop_waiters(struct tokens *all, struct token *token, bool (*is_it)(const struct waiter *, unsigned int), unsigned int worker)
{
	for (struct waiter **at = &token->waiters; *at;) {
		struct waiter *waiter = *at;

		if (!is_it(waiter, worker)) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		free(waiter);
		all->waiting--;
	}
}

static bool
is_of(const struct waiter *waiter, unsigned int worker)
{
	return waiter->worker == worker;
}

static bool
is_any(const struct waiter *waiter, unsigned int worker)
{
	(void)waiter, (void)worker;
	return true;
}

void
tokens_forget(struct tokens *all, unsigned int worker)
{
	for (struct token *token = all->first; token; token = token->next)
		drop_waiters(all, token, is_of, worker);
}

/* ---- all of them ---- */

void
tokens_unname(struct tokens *all)
{
	for (struct token *token = all->first; token; token = token->next)
		token->is_named = false;
}

static void
drop(struct tokens *all, struct token **at)
{
	struct token *token = *at;

	*at = token->next;
	drop_waiters(all, token, is_any, 0);
	secret_free(&token->access);
	free(token);
	all->count--;
}

/* One that is being fetched stays: a refresh token may come with it, which nobody else will ever see. */
void
tokens_sweep(struct tokens *all)
{
	for (struct token **at = &all->first; *at;)
		if ((*at)->is_named || (*at)->is_fetching)
			at = &(*at)->next;
		else
			drop(all, at);
}

struct token *
tokens_fetching(struct tokens *all)
{
	struct token *token = all->first;

	while (token && !token->is_fetching)
		token = token->next;
	return token;
}

void
tokens_free(struct tokens **out)
{
	struct tokens *all = *out;

	while (all && all->first)
		drop(all, &all->first);
	free(all);
	*out = NULL;
}
