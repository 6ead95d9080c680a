/* A token's life: fetched, lent, renewed ahead of its end, refused; and who waits for it. */
#include "vault/token.h"

#include <errno.h>

#include "check.h"

#define S SECOND_NS
#define NOW (1000 * S)

static struct tokens *all;

static struct token *
row(uint8_t of)
{
	uint8_t terms[GRANT_TERMS] = { of };

	return token_find(all, terms);
}

static void
check_life(void)
{
	struct token *token = row(1);

	CHECK(token && token == row(1) && token != row(2));
	CHECK(token_look(token, NOW) == TOKEN_NONE && token_is_due(token, NOW));
	token_ask(token, 77, NOW);
	CHECK(token_look(token, NOW + S) == TOKEN_WAIT && !token_is_due(token, NOW + S));
	CHECK(token_find_request(all, 77) == token && !token_find_request(all, 78) && !token_find_request(all, 0));
	CHECK(token_take(all, token, SPAN("abc"), 600, NOW + 2 * S) == 0 && token->number == 1);
	CHECK(token_look(token, NOW + 2 * S) == TOKEN_HERE && span_is(secret_view(&token->access), "abc"));
	/* of 600 s, counted from when it was asked for: renewed in the last 60, lent no more in the last 5 */
	CHECK(token_left(token, NOW + 2 * S) == 538000 && !token_is_due(token, NOW + 539 * S));
	CHECK(token_is_due(token, NOW + 540 * S) && token_left(token, NOW + 540 * S) == 1000);
	CHECK(token_look(token, NOW + 595 * S - 1) == TOKEN_HERE && token_left(token, NOW + 595 * S - S / 4) == 250);
	CHECK(token_left(token, NOW + 595 * S - 1) == 1);
	CHECK(token_look(token, NOW + 595 * S) == TOKEN_NONE);
	/* while it is renewed, the old one is lent */
	token_ask(token, 79, NOW + 541 * S);
	CHECK(token_look(token, NOW + 542 * S) == TOKEN_HERE && !token_is_due(token, NOW + 542 * S));
	CHECK(token_take(all, token, SPAN("defg"), 4, NOW + 542 * S) == 0 && token->number == 2);
	/* a short one: a quarter, and a tenth */
	CHECK(token_left(token, NOW + 542 * S) == 2000 && token_is_due(token, NOW + 544 * S));
	CHECK(token_look(token, NOW + 544 * S + S / 2) == TOKEN_HERE && token_look(token, NOW + 544 * S + S * 6 / 10) == TOKEN_NONE);
}

static void
check_failures(void)
{
	static const unsigned int pauses[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	struct token *token = row(3);
	uint64_t now = NOW;

	for (size_t i = 0; i < COUNT(pauses); i++) {
		CHECK(token_is_due(token, now));
		token_ask(token, 100 + i, now);
		token_fail(token, now);
		CHECK(token_look(token, now) == TOKEN_NONE && !token_is_due(token, now + pauses[i] * S - 1));
		now += pauses[i] * S;
	}
	token_reset(token);
	CHECK(token_is_due(token, NOW));
	/* one that nobody answers is a failure too */
	token_ask(token, 200, now);
	CHECK(token_look(token, now + TOKEN_LOST_NS - 1) == TOKEN_WAIT && token_look(token, now + TOKEN_LOST_NS) == TOKEN_NONE);
	CHECK(!token_is_due(token, now + TOKEN_LOST_NS) && token_is_due(token, now + TOKEN_LOST_NS + S));
	/* and its answer, when it comes after all, is taken */
	CHECK(token_find_request(all, 200) == token && token_take(all, token, SPAN("x"), 60, now + TOKEN_LOST_NS) == 0);
	CHECK(token_look(token, now + TOKEN_LOST_NS) == TOKEN_HERE);
	/* after a success the next failure is the first again; what is there stays good */
	token_fail(token, now + 46 * S);
	CHECK(!token_is_due(token, now + 46 * S) && token_is_due(token, now + 47 * S));
	CHECK(token_look(token, now + 47 * S) == TOKEN_HERE);
}

static void
check_refusals(void)
{
	struct token *token = row(4);

	token_refuse(token, NOW);
	token_ask(token, 300, NOW);
	CHECK(token_take(all, token, SPAN("x"), 600, NOW) == 0);
	token_refuse(token, NOW + TOKEN_REFUSED_NS);
	CHECK(token_look(token, NOW + TOKEN_REFUSED_NS) == TOKEN_HERE);
	token_refuse(token, NOW + TOKEN_REFUSED_NS + 1);
	CHECK(token_look(token, NOW + TOKEN_REFUSED_NS + 1) == TOKEN_NONE && token_is_due(token, NOW + TOKEN_REFUSED_NS + 1));
}

static void
check_waiting(void)
{
	struct token *token = row(5), *other = row(6);
	struct waiter waiter = { .worker = 8, .request = 1 }, *first;
	size_t n = 0;

	CHECK(!token_release(all, token));
	CHECK(token_wait(all, token, &waiter) == 0);
	waiter.worker = 9;
	waiter.request = 2;
	CHECK(token_wait(all, token, &waiter) == 0 && token_wait(all, other, &waiter) == 0);
	tokens_forget(all, 9);
	CHECK(!token_release(all, other));
	first = token_release(all, token);
	CHECK(first && first->request == 1 && !first->next);
	free(first);
	while (token_wait(all, token, &waiter) == 0)
		n++;
	CHECK(n == TOKEN_WAITERS && token_wait(all, other, &waiter) == -EAGAIN);
	tokens_forget(all, 9);
	CHECK(token_wait(all, other, &waiter) == 0);
}

/* Another policy: what it does not name goes, but for what is on its way. */
static void
check_policies(void)
{
	struct token *kept, *away;
	size_t made = 0;

	CHECK(!tokens_fetching(all));
	kept = row(7);
	away = row(8);
	token_ask(kept, 400, NOW);
	CHECK(token_take(all, kept, SPAN("x"), 600, NOW) == 0);
	token_ask(away, 401, NOW);
	tokens_unname(all);
	row(7)->is_named = true;
	tokens_sweep(all);
	CHECK(row(7) == kept && token_look(kept, NOW) == TOKEN_HERE);
	CHECK(tokens_fetching(all) == away && token_find_request(all, 401) == away);
	token_fail(away, NOW);
	tokens_unname(all);
	tokens_sweep(all);
	CHECK(!token_find_request(all, 401) && !token_find_request(all, 400));
	for (uint32_t i = 0; i < TOKENS_MOST + 1; i++) {
		uint8_t terms[GRANT_TERMS] = { (uint8_t)i, (uint8_t)(i >> 8) };

		made += token_find(all, terms) != NULL;
	}
	CHECK(made == TOKENS_MOST);
}

int
main(void)
{
	CHECK(tokens_new(&all) == 0);
	check_life();
	check_failures();
	check_refusals();
	check_waiting();
	check_policies();
	tokens_free(&all);
	CHECK(!all);
	return check_end();
}
