/*
 * settle.c: the last word on a session, with what the kernel counted of it.
 * When a session ends, workers are told to end its flows and its doors are shut;
 * a moment later the kernel has counted its last connection. Only then are the
 * counts whole, so only then is the end entered, by this process, which alone can
 * read them: what workers entered of each flow can be added up and held against
 * it. A connection that does not close in time is said to be open. The session's
 * file says that it is over, so that the next loader goes on where this one ended.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "entry/scribe.h"
#include "hooks/hooks.h"
#include "hooks/loader.h"

#define LOOK_NS (20 * MILLISECOND_NS)
#define MOST_NS (15 * SECOND_NS)	/* three times what a closing flow may take */

static uint64_t
open_of(const struct abi_counts *counts)
{
	return counts->opened - counts->closed - counts->dropped;
}

static void
put_counts(struct entry *e, const struct abi_counts *counts)
{
	entry_uint(e, KEY_KERNEL_IN, counts->in);
	entry_uint(e, KEY_KERNEL_OUT, counts->out);
	entry_uint(e, KEY_KERNEL_DIVERTED, counts->diverted);
	entry_uint(e, KEY_KERNEL_FLOWS, counts->closed);
	entry_uint(e, KEY_KERNEL_DROPPED, counts->dropped);
	entry_uint(e, KEY_KERNEL_OPEN, open_of(counts));
	entry_uint(e, KEY_KERNEL_REFUSED, counts->refused);
}

/* `counts` NULL: an older version began the session, and did not count. */
static int
enter(const struct session *s, const struct abi_counts *counts)
{
	struct entry *e = scribe_begin(s->loader->scribe, ENTRY_DETACH);
	struct who who;

	session_who(s, &who);
	scribe_who(e, &who, NULL, NULL);
	entry_text(e, KEY_REASON, span_text(s->reason));
	entry_text(e, KEY_PERSON, span_text(s->ender));
	if (counts)
		put_counts(e, counts);
	return scribe_send(s->loader->scribe, LEVEL_HANDED, NULL, NULL, NULL);
}

/* Enter it, if it is time to. What the recorder does not take is tried again. */
static bool
is_entered(const struct session *s)
{
	struct hooks *hooks = s->loader->hooks;
	struct abi_counts counts;
	int r = hooks_counts_read(hooks, &s->id, &counts);

	if (r < 0 && r != -ENOENT)
		log_error("the counts of %s cannot be read: %s", s->text,
		    strerror(-r));
	if (r == 0 && open_of(&counts) > 0 &&
	    loop_now(s->loader->loop) - s->over_since < MOST_NS)
		return false;
	if (enter(s, r == 0 ? &counts : NULL) < 0)
		return false;
	hooks_counts_end(hooks, &s->id);
	keep_forget(s);
	return true;
}

static void
look(void *arg)
{
	struct loader *loader = arg;
	struct session **at = &loader->ending;

	while (*at) {
		struct session *s = *at;

		if (!is_entered(s)) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		session_free(&s);
	}
	if (loader->ending)
		loop_set(loader->loop, &loader->settling, LOOK_NS, look, loader);
}

void
settle_begin(struct session **given)
{
	struct session *s = take(given);

	s->over_since = loop_now(s->loader->loop);
	if (is_entered(s)) {
		session_free(&s);
		return;
	}
	s->next = s->loader->ending;
	s->loader->ending = s;
	loop_set(s->loader->loop, &s->loader->settling, LOOK_NS, look, s->loader);
}

void
settle_leave(struct loader *loader)
{
	while (loader->ending) {
		struct session *s = loader->ending;

		loader->ending = s->next;
		session_free(&s);
	}
	if (loader->loop)
		loop_unset(loader->loop, &loader->settling);
}
