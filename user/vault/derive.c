/*
 * derive.c: lines of jobs, one for each target, in a ring.
 * A timer that is always due serves slices, one line after the other, until
 * TURN_NS have gone; then everything else of the keeper has its turn.
 */
#include "vault/derive.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/secret.h"
#include "loop/loop.h"
#include "msg.h"
#include "vault/scram_keys.h"

#define SLICE 1024		/* rounds, less than a millisecond */
#define TURN_NS (5 * MILLISECOND_NS)

struct job {
	struct derivation what;
	struct scram_keys *keys;
	struct job *after;
};

struct line {
	struct job *first;
	struct line *after;
};

struct derivations {
	struct loop *loop;
	derive_fn fn;
	void *arg;
	struct timer timer;
	struct line *lines;	/* the first is served next */
	size_t askers;
};

static void
job_free(struct derivations *all, struct job *job)
{
	while (job->what.askers) {
		struct asker *asker = job->what.askers;

		job->what.askers = asker->after;
		free(asker);
		all->askers--;
	}
	scram_keys_free(&job->keys);
	free(job);
}

/* Take off all lines what nobody waits for, and lines without jobs. */
static void
sweep(struct derivations *all)
{
	struct line **at = &all->lines;

	while (*at) {
		struct line *line = *at;

		for (struct job **j = &line->first; *j;) {
			struct job *job = *j;

			if (job->what.askers) {
				j = &job->after;
				continue;
			}
			*j = job->after;
			job_free(all, job);
		}
		if (line->first) {
			at = &line->after;
		} else {
			*at = line->after;
			free(line);
		}
	}
}

/* The first line goes behind the others. */
static void
rotate(struct derivations *all)
{
	struct line *line = all->lines, **end = &all->lines;

	all->lines = line->after;
	line->after = NULL;
	while (*end)
		end = &(*end)->after;
	*end = line;
}

/* Done, in one way or the other. */
static void
finish(struct derivations *all, struct line *line, int status)
{
	cleanup(secret_free) struct secret keys = { 0 };
	struct job *job = line->first;

	line->first = job->after;
	sweep(all);
	if (status > 0 && scram_keys_end(job->keys, &keys) == 0)
		all->fn(all->arg, &job->what, &keys);
	else
		all->fn(all->arg, &job->what, NULL);
	job_free(all, job);
}

static void
turn(void *arg)
{
	struct derivations *all = arg;
	uint64_t until = clock_mono() + TURN_NS;

	while (all->lines && clock_mono() < until) {
		struct line *line = all->lines;
		int status = scram_keys_go(line->first->keys, SLICE);

		rotate(all);
		if (status)
			finish(all, line, status);
	}
	if (all->lines)
		must(loop_set(all->loop, &all->timer, 0, turn, all) == 0);
}

int
derivations_new(struct derivations **out, struct loop *loop, derive_fn fn, void *arg)
{
	struct derivations *all = calloc(1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	all->loop = loop;
	all->fn = fn;
	all->arg = arg;
	*out = all;
	return 0;
}

static struct line *
find_line(const struct derivations *all, struct span target)
{
	struct line *line = all->lines;

	while (line && !span_is(target, line->first->what.target))
		line = line->after;
	return line;
}

static bool
is_same(const struct derivation *what, uint64_t secret, const struct scram_offer *offer)
{
	return what->secret == secret && what->offer.count == offer->count &&
	    span_equal(span_of(what->offer.salt, what->offer.salt_size),
	    span_of(offer->salt, offer->salt_size));
}

static bool
waits_for(const struct derivation *what, unsigned int worker)
{
	const struct asker *asker = what->askers;

	while (asker && asker->worker != worker)
		asker = asker->after;
	return asker;
}

/* The job that makes these keys already, or one more of the worker's own few. */
static int
find_job(const struct line *line, uint64_t secret, const struct scram_offer *offer,
    unsigned int worker, struct job **out)
{
	size_t own = 0;

	*out = NULL;
	for (struct job *job = line ? line->first : NULL; job; job = job->after) {
		if (is_same(&job->what, secret, offer)) {
			*out = job;
			return 0;
		}
		own += waits_for(&job->what, worker);
	}
	return own < DERIVE_OWN ? 0 : -EAGAIN;
}

static int
add_job(struct derivations *all, struct line *line, struct span target,
    struct span password, const struct derivation *what, struct job **out)
{
	struct line *made = line ? NULL : calloc(1, sizeof(*made));
	struct job *job = calloc(1, sizeof(*job)), **end;
	int r = (line || made) && job && target.n < sizeof(job->what.target) ? 0 : -ENOMEM;

	if (!r)
		r = scram_keys_begin(&job->keys, password, &what->offer);
	if (r) {
		free(job);
		free(made);
		return r;
	}
	job->what = *what;
	job->what.offer.nonce = span_of(NULL, 0);
	memcpy(job->what.target, target.p, target.n);
	if (made) {
		made->after = all->lines;
		all->lines = line = made;
	}
	for (end = &line->first; *end; end = &(*end)->after)
		;
	*end = job;
	*out = job;
	return 0;
}

int
derivation_ask(struct derivations *all, struct span target, uint64_t secret,
    struct span password, const struct scram_offer *offer, const struct asker *asker)
{
	struct derivation what = { .secret = secret, .offer = *offer };
	struct line *line = find_line(all, target);
	struct asker *copy;
	struct job *job;
	int r = find_job(line, secret, offer, asker->worker, &job);

	if (!r && all->askers == DERIVE_ASKERS)
		r = -EAGAIN;
	if (!r && !all->timer.place)
		r = loop_set(all->loop, &all->timer, 0, turn, all);
	if (r)
		return r;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	if (!job)
		r = add_job(all, line, target, password, &what, &job);
	if (r) {
		free(copy);
		return r;
	}
	*copy = *asker;
	copy->after = job->what.askers;
	job->what.askers = copy;
	all->askers++;
	return 0;
}

void
derivations_forget(struct derivations *all, unsigned int worker)
{
	for (struct line *line = all->lines; line; line = line->after)
		for (struct job *job = line->first; job; job = job->after)
			for (struct asker **at = &job->what.askers; *at;) {
				struct asker *asker = *at;

				if (asker->worker != worker) {
					at = &asker->after;
					continue;
				}
				*at = asker->after;
				free(asker);
				all->askers--;
			}
	sweep(all);
	if (!all->lines)
		loop_unset(all->loop, &all->timer);
}

void
derivations_free(struct derivations **out)
{
	struct derivations *all = take(out);

	if (!all)
		return;
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		derivations_forget(all, slot);
	loop_unset(all->loop, &all->timer);
	free(all);
}
