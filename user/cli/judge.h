/*
 * judge.h: judge a statement or a request here, without a daemon and a backend.
 * Runs the grammar program once for a statement, makes the action of its answer
 * and asks decide/, exactly as a worker would, but for the catalogue: names
 * without a schema are taken as public.NAME.
 */
#ifndef CLI_JUDGE_H
#define CLI_JUDGE_H

#include "action.h"
#include "base/instance.h"
#include "decide/decide.h"
#include "rules/rules.h"

struct arena;
struct sql_analysis;

struct judged {
	struct action action;
	struct verdict verdict;
	char room[DECIDE_WHY];
	/* what the action borrows from */
	struct arena *arena;
	struct sql_analysis *analysis;
	char *text;
};

/* Read a policy for looking at: offline, faults shown on standard error. Returns an exit code. */
int judge_load(const char *directory, const struct instance *, struct rules **out);
/* Number of a target in the worker's view, or UINT32_MAX. */
uint32_t judge_target(const struct rules *, const char *name);
bool judge_knows_skill(const struct rules *, const char *name);
/* Judge. Returns 0 or -errno (the grammar cannot be run, or no memory), and then nothing is to be freed. */
int judge_text(const struct instance *, const struct rules *, const char *skill,
    uint32_t target, const char *text, struct judged *out);
/* What a person types of a request of HTTP; borrowed, also by what is judged. */
struct judge_request {
	const char *line;		/* "GET /orders/5?x=1" */
	const char *const *headers;	/* "Name: value" */
	size_t header_count;
	struct span body;
};
/* Is the target of HTTP, so that requests are judged and not statements? */
bool judge_takes_requests(const struct rules *, uint32_t target);
/* The same for a request. Returns 0, -EINVAL (it is not written as one), -EBADMSG (its body is no JSON of its method's
 * messages, of gRPC) or -ENOMEM. */
int judge_request(const struct rules *, const char *skill, uint32_t target, const struct judge_request *,
    struct judged *out);
/* Masks (bits) of the verdict that cover a column of field `i` by name. */
uint64_t judge_field_masks(const struct rules *, const struct judged *, size_t i);
void judge_free(struct judged *);

#endif
