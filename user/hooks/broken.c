/*
 * broken.c: what the record says of `interlock release --break-glass`.
 * It works without this process, so it is entered afterwards: that it was broken, by whom, why and until when,
 * and once more that it is over, with how many connections went by. The kernel's map has what is to be
 * entered and how far it has been; a step counts as entered when the recorder has it on disk.
 */
#include "hooks/loader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "entry/scribe.h"
#include "hooks/hooks.h"

static bool
is_broken(const struct abi_glass *glass)
{
	uint64_t now = clock_boot();	/* what the programs read */

	return glass->until > now && glass->until - now <= ABI_GLASS_MAX_NS;
}

static void
on_kept(void *arg, int status)
{
	struct loader *loader = arg;

	loader->glass.is_waiting = false;
	if (status == 0)
		(void)hooks_glass_entered(loader->hooks, loader->glass.since, loader->glass.entering);
}

static void
enter(struct loader *loader, const struct abi_glass *glass, enum abi_glass_entered what, const char *words)
{
	struct entry *e = scribe_begin(loader->scribe, ENTRY_ALARM);
	char person[24] = "root", reason[ABI_REASON_SIZE + 96];

	if (glass->uid != UINT32_MAX)
		snprintf(person, sizeof(person), "uid:%u", glass->uid);
	snprintf(reason, sizeof(reason), "%s: %.*s", words, ABI_REASON_SIZE - 1, glass->reason);
	entry_text(e, KEY_REASON, span_text(reason));
	entry_text(e, KEY_PERSON, span_text(person));
	entry_uint(e, KEY_EXPIRES, glass->wall + (glass->until > glass->since ? glass->until - glass->since : 0));
	entry_text(e, KEY_NAME, SPAN("break-glass"));
	entry_uint(e, KEY_COUNT, glass->passed);
	loader->glass = (struct glass_watch){ .is_waiting = true, .since = glass->since, .entering = what };
	if (scribe_send(loader->scribe, LEVEL_SYNCED, on_kept, loader, NULL) < 0)
		loader->glass.is_waiting = false;	/* the next look tries again */
}

void
glass_look(struct loader *loader)
{
	struct abi_glass glass;

	if (loader->glass.is_waiting || hooks_glass_read(loader->hooks, &glass) || !glass.since)
		return;
	if (glass.entered == ABI_GLASS_NOT) {
		log_error("THE GLASS IS BROKEN, skills go where they want: %.*s", ABI_REASON_SIZE - 1, glass.reason);
		enter(loader, &glass, ABI_GLASS_BROKEN, "the glass was broken, skills went where they wanted");
	} else if (glass.entered == ABI_GLASS_BROKEN && !is_broken(&glass)) {
		log_warning("the time of the broken glass is over: skills are caught again");
		enter(loader, &glass, ABI_GLASS_OVER, "the time of the broken glass is over, skills are caught again");
	}
}

json_t *
glass_json(const struct loader *loader)
{
	uint64_t now = clock_boot();
	struct abi_glass glass;

	if (hooks_glass_read(loader->hooks, &glass) || !is_broken(&glass))
		return json_null();
	return json_pack("{s:I,s:I,s:I,s:s}", "seconds_left", (json_int_t)((glass.until - now) / SECOND_NS),
	    "uid", glass.uid == UINT32_MAX ? (json_int_t)-1 : (json_int_t)glass.uid,
	    "passed", (json_int_t)glass.passed, "reason", glass.reason);
}
