/*
 * refusals.c: connections that the kernel refused become entries.
 * A program in a loop can be refused ten thousand times a second. The first
 * refusal of a kind is entered at once; what is the same in session, process,
 * reason, destination and protocol within the next second is counted and entered
 * with its count when the second is over. A bounded table holds the kinds; when
 * it is full, the oldest is entered early. A count that the recorder does not
 * take stays and is tried again, so none is lost while we live. Of refusals for
 * which the kernel's ring had no room only the number is known: it is entered too.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "entry/scribe.h"
#include "hooks/hooks.h"
#include "hooks/loader.h"

#define KINDS 256
#define WINDOW_NS SECOND_NS

struct refusals {
	struct kind {
		struct abi_event event;	/* the first */
		uint64_t count;		/* not yet entered */
		uint64_t since;		/* loop time; 0: free */
	} kinds[KINDS];
	uint64_t lost;		/* of kinds that had no place */
	struct timer timer;
};

static const char *const reasons[] = {
	[ABI_REASON_NONE] = "refused, with no room to tell each by itself",
	[ABI_NO_TARGET] = "the destination is no registered target",
	[ABI_NO_DOOR] = "no listener in this network namespace",
	[ABI_STALE] = "the daemon's heart has stopped",
	[ABI_BLOCKED] = "the skill is stopped or has changed",
	[ABI_BAD_PROTOCOL] = "not TCP",
	[ABI_BAD_SOCKET] = "this kind of socket is not for skills",
	[ABI_BAD_BIND] = "this address is not for skills to bind",
	[ABI_NO_STORAGE] = "the kernel had no room for the origin",
	[ABI_WORKER_FENCE] = "a process of the daemon dialled what it must not",
	[ABI_BAD_UNIX] = "a unix socket was dialled",
	[ABI_BAD_PACKET] = "a packet beside loopback",
};
static_assert(COUNT(reasons) == ABI_REASONS, "a sentence for each reason");

static void
put_destination(struct entry *e, const struct abi_origin *origin)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char ip[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 8];
	bool is4 = memcmp(origin->ip, mapped, sizeof(mapped)) == 0;

	if (is4)
		inet_ntop(AF_INET, origin->ip + 12, ip, sizeof(ip));
	else
		inet_ntop(AF_INET6, origin->ip, ip, sizeof(ip));
	snprintf(text, sizeof(text), is4 ? "%s:%u" : "[%s]:%u", ip,
	    origin->port);
	entry_text(e, KEY_DESTINATION, span_text(text));
}

static int
enter(struct loader *loader, const struct abi_event *event, uint64_t count)
{
	const struct session *s = session_of_cgroup(loader,
	    event->origin.cgroup);
	struct who who = { 0 };
	struct entry *e;
	char detail[32];

	if (s)
		session_who(s, &who);
	who.origin = event->origin;
	memcpy(who.skill, event->skill, sizeof(who.skill) - 1);
	e = scribe_begin(loader->scribe, ENTRY_REFUSED);
	scribe_who(e, &who, NULL, NULL);
	if (event->reason != ABI_BAD_UNIX)
		put_destination(e, &event->origin);
	entry_text(e, KEY_REASON, span_text(event->reason < ABI_REASONS ?
	    reasons[event->reason] : reasons[ABI_REASON_NONE]));
	snprintf(detail, sizeof(detail), "protocol %u", event->protocol);
	entry_text(e, KEY_DETAIL, span_text(detail));
	entry_uint(e, KEY_COUNT, count);
	return scribe_send(loader->scribe, LEVEL_HANDED, NULL, NULL, NULL);
}

/* Enter what was counted. True: nothing is owed any more. */
static bool
settle(struct loader *loader, struct kind *kind)
{
	if (kind->count && enter(loader, &kind->event, kind->count) == 0)
		kind->count = 0;
	return kind->count == 0;
}

static void
on_timer(void *arg)
{
	struct loader *loader = arg;
	struct refusals *all = loader->refusals;
	bool any = false;

	for (size_t i = 0; i < KINDS; i++) {
		struct kind *kind = &all->kinds[i];

		if (!kind->since)
			continue;
		if (loop_now(loader->loop) - kind->since >= WINDOW_NS &&
		    settle(loader, kind))
			kind->since = 0;
		else
			any = true;
	}
	if (any)
		loop_set(loader->loop, &all->timer, WINDOW_NS / 4, on_timer,
		    loader);
}

static bool
is_same(const struct abi_event *a, const struct abi_event *b)
{
	return a->reason == b->reason && a->protocol == b->protocol &&
	    a->origin.cgroup == b->origin.cgroup &&
	    a->origin.pid == b->origin.pid &&
	    a->origin.start == b->origin.start &&
	    a->origin.port == b->origin.port &&
	    memcmp(a->origin.ip, b->origin.ip, 16) == 0;
}

/* The kind of this event: one that counts already, a free place, or the oldest
 * place, settled. NULL: the recorder takes nothing. */
static struct kind *
kind_of(struct loader *loader, const struct abi_event *event)
{
	struct kind *kinds = loader->refusals->kinds, *best = &kinds[0];

	for (size_t i = 0; i < KINDS; i++) {
		if (kinds[i].since && is_same(&kinds[i].event, event))
			return &kinds[i];
		if (kinds[i].since < best->since)
			best = &kinds[i];
	}
	if (best->since && !settle(loader, best))
		return NULL;
	*best = (struct kind){ .event = *event };
	return best;
}

/* A new namespace in an attached group: open it, and the next try succeeds. */
static void
mend(struct loader *loader, const struct abi_event *event)
{
	struct session *s = session_of_cgroup(loader, event->origin.cgroup);

	if (event->reason == ABI_NO_DOOR && s && s->is_attached &&
	    s->door_count < SESSION_DOORS && session_open_doors(s) < 0)
		log_warning("%s has a namespace without a door", s->text);
}

static void
on_event(void *arg, const struct abi_event *event)
{
	struct loader *loader = arg;
	struct refusals *all = loader->refusals;
	struct kind *kind = kind_of(loader, event);

	if (!kind) {
		if (all->lost++ == 0)
			log_error("refusals cannot be recorded");
		return;
	}
	kind->count++;
	if (!kind->since) {
		kind->since = loop_now(loader->loop);
		settle(loader, kind);
		if (!all->timer.place)
			loop_set(loader->loop, &all->timer, WINDOW_NS / 4,
			    on_timer, loader);
	}
	mend(loader, event);
}

void
refusals_read(void *arg, uint32_t events)
{
	struct loader *loader = arg;
	struct refusals *all = loader->refusals;
	struct abi_event rest = { 0 };
	uint64_t lost;

	(void)events;
	hooks_events_read(loader->hooks, on_event, loader);
	if (all->lost && enter(loader, &rest, all->lost) == 0)
		all->lost = 0;
	lost = hooks_events_lost(loader->hooks);
	if (lost && enter(loader, &rest, lost) == 0)
		hooks_events_lost_entered(loader->hooks, lost);
}

int
refusals_cut(const struct session *s, const struct hooks_socket *cut)
{
	struct scribe *scribe = s->loader->scribe;
	struct abi_origin to = { .port = cut->port };
	struct entry *e = scribe_begin(scribe, ENTRY_REFUSED);
	struct who who;
	char detail[32];

	session_who(s, &who);
	who.origin.uid = cut->uid;
	scribe_who(e, &who, NULL, NULL);
	memcpy(to.ip, cut->ip, sizeof(to.ip));
	put_destination(e, &to);
	entry_text(e, KEY_REASON, SPAN("a connection from before it was "
	    "attached: ended"));
	snprintf(detail, sizeof(detail), "protocol %u", cut->protocol);
	entry_text(e, KEY_DETAIL, span_text(detail));
	entry_uint(e, KEY_COUNT, 1);
	return scribe_send(scribe, LEVEL_HANDED, NULL, NULL, NULL);
}

int
refusals_new(struct loader *loader)
{
	loader->refusals = calloc(1, sizeof(*loader->refusals));
	return loader->refusals ? 0 : -ENOMEM;
}

void
refusals_free(struct loader *loader)
{
	if (loader->refusals)
		loop_unset(loader->loop, &loader->refusals->timer);
	free(loader->refusals);
	loader->refusals = NULL;
}
