/*
 * account.h: does the ledger tell of every connection the kernel counted?
 * The loader enters with each session's end what the kernel has counted of it;
 * workers enter each connection with its bytes. The two do not know of each
 * other, so that what one does not tell of is found by adding up. Both count
 * what was read from and written to the skill's connection: they are equal to
 * the byte, however it ended, and there is no tolerance.
 */
#ifndef CLI_ACCOUNT_H
#define CLI_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "id.h"
#include "out.h"
#include "span.h"

enum account_state {
	ACCOUNT_OPEN,		/* the session has no end yet */
	ACCOUNT_UNCOUNTED,	/* an older version began it, and did not count */
	ACCOUNT_WHOLE,		/* all of it is told of */
	ACCOUNT_LOST,		/* not all; the ledger says why: a worker ended */
	ACCOUNT_WRONG,		/* something is missing, and nothing says why */
	ACCOUNT_STATES
};

struct account_sum {
	uint64_t flows, in, out, refused;
};

struct account {
	char id[ID_TEXT_SIZE];
	char *skill;			/* owned; NULL: not told */
	uint64_t cgroup, begin, end;	/* wall clock; end 0: none */
	bool is_counted;
	struct account_sum kernel, entered;
	uint64_t open;			/* connections the kernel still had at its end */
	uint64_t lost;			/* flows that began, and ended with their worker */
	uint64_t differ;		/* flows whose own two counts differ */
	enum account_state state;	/* after accounts_judge() */
};

struct accounts;

int accounts_new(struct accounts **out);
void accounts_free(struct accounts **);
/* Take the next entry. False: no memory. */
bool accounts_take(struct accounts *, struct span entry);
/* All entries are there: add up. */
void accounts_judge(struct accounts *);
/* One by one, in the order of their beginning; NULL: no more. */
const struct account *accounts_next(const struct accounts *, const struct account *);
const struct account *accounts_find(const struct accounts *, const char *id);
const char *account_state_name(enum account_state);
/* What is missing, in words: "the kernel counted 3 connections and …". */
void account_say(const struct account *, struct out *);

#endif
