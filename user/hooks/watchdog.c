/*
 * watchdog.c: every second, is everything as we left it?
 * The kernel (hooks_check: programs, links, pins, maps) and the daemon's own programs on disk
 * (binaries.c). The first difference shuts the door: the beat is taken back, which refuses everything the
 * programs see, and no skill is started. It is entered as an alarm, told by `status`, and put back at once
 * as far as it can be. The door opens when a later look finds nothing, which is entered too. What cannot be
 * put back (a program replaced on disk, a stranger's at our cgroup) keeps it shut until somebody does.
 */
#include "hooks/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "entry/scribe.h"
#include "hooks/hooks.h"

#define LOOK_NS SECOND_NS

static void
note(void *arg, const char *what, const char *how)
{
	struct watchdog *watchdog = arg;
	size_t n = strlen(watchdog->text);

	snprintf(watchdog->text + n, sizeof(watchdog->text) - n, "%s%s %s", n ? "; " : "", what, how);
}

static void
enter(struct loader *loader, const char *before, const char *text)
{
	char reason[WATCHDOG_TEXT + 64];
	struct entry *e = scribe_begin(loader->scribe, ENTRY_ALARM);

	snprintf(reason, sizeof(reason), "%s%s", before, text);
	entry_text(e, KEY_REASON, span_text(reason));
	entry_text(e, KEY_NAME, SPAN("watchdog"));
	if (scribe_send(loader->scribe, LEVEL_SYNCED, NULL, NULL, NULL) < 0)
		log_error("this alarm could not be entered");
}

void
watchdog_enter_expected(struct loader *loader, unsigned int uid)
{
	char text[96] = "root";

	if (uid != UINT32_MAX)
		snprintf(text, sizeof(text), "uid:%u", uid);
	log_warning("programs of the daemon change on disk, as %s said", text);
	enter(loader, "programs of the daemon change on disk, as was said (interlock upgrade --expect) by ", text);
}

/* Something is not as it was: shut first, then say so. */
static void
shut(struct loader *loader)
{
	struct watchdog *watchdog = &loader->watchdog;

	watchdog->is_shut = true;
	hooks_beat(loader->hooks, 0);
	if (strcmp(watchdog->text, watchdog->last) == 0)
		return;		/* told already */
	strcpy(watchdog->last, watchdog->text);
	watchdog->last_wall = clock_wall();
	watchdog->changes++;
	log_error("the door is shut: %s", watchdog->text);
	enter(loader, "the door is shut: ", watchdog->text);
}

static void
open_again(struct loader *loader)
{
	struct watchdog *watchdog = &loader->watchdog;

	watchdog->is_shut = false;
	log_warning("all is as it was: the door is open again");
	enter(loader, "the door is open again, all is as it was; it had been shut: ", watchdog->last);
}

void
watchdog_look(struct loader *loader)
{
	struct watchdog *watchdog = &loader->watchdog;
	size_t count;

	watchdog->text[0] = '\0';
	count = hooks_check(loader->hooks, true, note, watchdog);
	count += binaries_check(loader, note, watchdog);
	if (count > 0)
		shut(loader);
	else if (watchdog->is_shut)
		open_again(loader);
}

static void
look(void *arg)
{
	struct loader *loader = arg;

	watchdog_look(loader);
	glass_look(loader);
	must(loop_set(loader->loop, &loader->watchdog.timer, LOOK_NS, look, loader) == 0);
}

void
watchdog_begin(struct loader *loader)
{
	hooks_sweep(loader->hooks);
	look(loader);
}

void
watchdog_beat(struct loader *loader, uint64_t oldest)
{
	if (!loader->watchdog.is_shut)
		hooks_beat(loader->hooks, oldest);
}

json_t *
watchdog_json(const struct loader *loader)
{
	const struct watchdog *watchdog = &loader->watchdog;

	return json_pack("{s:b,s:s,s:I,s:s,s:I}", "shut", watchdog->is_shut, "now",
	    watchdog->is_shut ? watchdog->text : "", "changes", (json_int_t)watchdog->changes,
	    "last", watchdog->last, "last_wall", (json_int_t)watchdog->last_wall);
}
