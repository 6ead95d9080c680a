/*
 * tell.c: what is entered. The first refusal of a name to a session is entered at once;
 * what is the same within the next second is counted, and entered with its count when
 * the second is over (hooks/refusals.c does so with what the kernel refuses). A count
 * that the recorder does not take stays. When there are more kinds than places, the
 * rest is one count, without names.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "entry/scribe.h"
#include "names/message.h"
#include "names/names.h"
#include "view.h"

#define KINDS 256
#define WINDOW_NS SECOND_NS

struct kind {
	struct who who;
	char name[MESSAGE_NAME];
	const char *reason;
	uint64_t count;		/* not yet entered */
	uint64_t since;		/* loop time; 0: free */
};

struct tells {
	struct kind kinds[KINDS];
	uint64_t lost;		/* of kinds that had no place */
	struct timer timer;
};

static int
enter(struct names *names, const struct kind *kind, uint64_t count)
{
	struct entry *e = scribe_begin(names->scribe, ENTRY_REFUSED);

	scribe_who(e, &kind->who, NULL, NULL);
	entry_text(e, KEY_REASON, span_text(kind->reason));
	entry_text(e, KEY_NAME, span_text(kind->name));
	entry_text(e, KEY_DETAIL, SPAN("protocol 17, a name"));
	entry_uint(e, KEY_COUNT, count);
	return scribe_send(names->scribe, LEVEL_HANDED, NULL, NULL, NULL);
}

/* Enter what was counted. True: nothing is owed any more. */
static bool
settle(struct names *names, struct kind *kind)
{
	if (kind->count && enter(names, kind, kind->count) == 0)
		kind->count = 0;
	return kind->count == 0;
}

static bool
settle_lost(struct names *names)
{
	static const struct kind rest = { .reason = "names asked for beside those entered" };
	struct tells *all = names->tells;

	if (all->lost && enter(names, &rest, all->lost) == 0)
		all->lost = 0;
	return all->lost == 0;
}

static void
on_timer(void *arg)
{
	struct names *names = arg;
	struct tells *all = names->tells;
	bool any = !settle_lost(names);

	for (size_t i = 0; i < KINDS; i++) {
		struct kind *kind = &all->kinds[i];

		if (!kind->since)
			continue;
		if (loop_now(names->loop) - kind->since >= WINDOW_NS && settle(names, kind))
			kind->since = 0;
		else
			any = true;
	}
	if (any)
		(void)loop_set(names->loop, &all->timer, WINDOW_NS / 4, on_timer, names);
}

/* Its place: one that counts already, or a free one. NULL: there is none. */
static struct kind *
place_of(struct tells *all, const struct asker *asker, const char *name, const char *reason)
{
	struct kind *place = NULL;

	for (size_t i = 0; i < KINDS; i++) {
		struct kind *kind = &all->kinds[i];

		if (kind->since && kind->reason == reason && id_equal(&kind->who.session, &asker->who.session) &&
		    strcmp(kind->name, name) == 0)
			return kind;
		if (!kind->since)
			place = kind;
	}
	if (!place)
		return NULL;
	*place = (struct kind){ .who = asker->who, .reason = reason };
	snprintf(place->name, sizeof(place->name), "%s", name);
	return place;
}

void
tell_refused(const struct asker *asker, const char *name, const char *reason)
{
	struct names *names = asker->names;
	struct tells *all = names->tells;
	struct kind *kind = place_of(all, asker, name, reason);

	if (kind)
		kind->count++;
	else
		all->lost++;
	if (kind && !kind->since) {
		kind->since = loop_now(names->loop);
		settle(names, kind);
	}
	if (!all->timer.place)
		(void)loop_set(names->loop, &all->timer, WINDOW_NS / 4, on_timer, names);
}

void
tell_alarm(struct names *names, const struct view_target *target, const char *host, const uint8_t *ip,
    const char *reason)
{
	struct entry *e = scribe_begin(names->scribe, ENTRY_ALARM);
	char text[ADDRESS_TEXT] = "";

	if (ip)
		address_text(ip, text);
	log_error("target %s: %s: %s%s%s", target->name, host, reason, *text ? ": " : "", text);
	entry_text(e, KEY_TARGET, span_text(target->name));
	entry_text(e, KEY_DESTINATION, span_text(text));
	entry_text(e, KEY_REASON, span_text(reason));
	entry_text(e, KEY_NAME, span_text(host));
	if (scribe_send(names->scribe, LEVEL_SYNCED, NULL, NULL, NULL) < 0)
		log_error("an alarm about target %s was not taken", target->name);
}

int
tell_new(struct names *names)
{
	names->tells = calloc(1, sizeof(*names->tells));
	return names->tells ? 0 : -ENOMEM;
}

void
tell_free(struct names *names)
{
	if (names->tells && names->loop)
		loop_unset(names->loop, &names->tells->timer);
	free(names->tells);
	names->tells = NULL;
}
