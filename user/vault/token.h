/*
 * token.h: tokens that were fetched, and who waits for one.
 * One row for each set of terms (grant.h), whatever number of targets has them: one token, one fetch at a time.
 * A token is renewed ahead of its end, when somebody asks for it; after a failure nobody is asked for a while, longer
 * each time. What is here outlives a change of policy, as long as the new one has the same terms. Times are
 * nanoseconds of clock_boot(), given by the caller; no I/O here.
 */
#ifndef VAULT_TOKEN_H
#define VAULT_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "abi.h"
#include "base/clock.h"
#include "base/secret.h"
#include "id.h"
#include "vault/grant.h"

#define TOKENS_MOST 4096		/* rows */
#define TOKEN_WAITERS 4096		/* requests that wait, of all */
#define TOKEN_MARGIN 60			/* seconds before its end that a token is renewed, or a quarter of its life */
#define TOKEN_SPARE 5			/* and that it is lent no more, or a tenth */
#define TOKEN_PAUSE_LEAST_NS SECOND_NS	/* after a failure, doubled with each */
#define TOKEN_PAUSE_MOST_NS (60 * SECOND_NS)
#define TOKEN_LOST_NS (20 * SECOND_NS)	/* a fetch that nobody answers */
#define TOKEN_REFUSED_NS (30 * SECOND_NS)	/* a backend's 401 counts against no token younger than this */

/* Who waits, and with what it goes on. */
struct waiter {
	struct waiter *next;
	unsigned int worker;	/* slot */
	uint64_t request;
	struct id flow;
	char target[ABI_NAME_SIZE];
};

struct token {
	struct token *next;
	uint8_t terms[GRANT_TERMS];
	bool is_named;			/* by the policy in force */
	struct secret access;		/* empty: none */
	uint64_t number;		/* of all that were ever fetched */
	uint64_t got, renew, until;
	bool is_fetching;
	uint64_t request, asked;	/* the last fetch: its id, and when it began */
	uint64_t pause, not_before;
	struct waiter *waiters;
	char target[ABI_NAME_SIZE];	/* for which it was last fetched */
	bool is_refresh;
	uint8_t owner[GRANT_TERMS];	/* whose refresh token was sent */
	uint8_t first[GRANT_TERMS];	/* digest of the refresh token that the policy names */
};

struct tokens;	/* opaque */

/* Returns 0 or -ENOMEM. */
int tokens_new(struct tokens **out);
/* The row for those terms; made, where there is none. NULL: no memory, or too many. */
struct token *token_find(struct tokens *, const uint8_t terms[GRANT_TERMS]);
/* The row whose last fetch has that id, or NULL. */
struct token *token_find_request(struct tokens *, uint64_t request);

enum token_state {
	TOKEN_HERE,	/* it may be lent */
	TOKEN_WAIT,	/* it is being fetched */
	TOKEN_NONE,	/* there is none, and it is too early to ask again */
};
/* Is there a token, now? */
enum token_state token_look(const struct token *, uint64_t now);
/* Should one be fetched, now? */
bool token_is_due(struct token *, uint64_t now);
/* A backend did not take it. */
void token_refuse(struct token *, uint64_t now);
/* For how many milliseconds a worker may use it before it asks again; at least 1. Only where it is TOKEN_HERE. */
uint32_t token_left(const struct token *, uint64_t now);

/* A fetch begins; it brought a token, good for so many seconds from then; it brought none. */
void token_ask(struct token *, uint64_t request, uint64_t now);
int token_take(struct tokens *, struct token *, struct span access, uint32_t lifetime, uint64_t now);
void token_fail(struct token *, uint64_t now);
/* Forget the token, and the pause: its secrets are other ones now. */
void token_reset(struct token *);

/* A copy of the waiter waits. Returns 0, -EAGAIN (too many) or -ENOMEM. */
int token_wait(struct tokens *, struct token *, const struct waiter *);
/* Take all that wait, for the caller to free. */
struct waiter *token_release(struct tokens *, struct token *);

/* Another policy: name the rows that it has (token_find() and is_named), between these two. */
void tokens_unname(struct tokens *);
void tokens_sweep(struct tokens *);
/* The first of those that are being fetched, or NULL. */
struct token *tokens_fetching(struct tokens *);
/* A worker ended. */
void tokens_forget(struct tokens *, unsigned int worker);
void tokens_free(struct tokens **);

#endif
