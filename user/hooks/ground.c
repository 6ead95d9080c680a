/*
 * ground.c: are the kernel programs in effect, now?
 * A pin can outlive its effect: a link is detached, or a cgroup above gets a
 * program of somebody else's. So what is *effective* is compared with what is
 * expected before every start, and all of it every second (watchdog.c).
 * Unix sockets are a part that an older kernel cannot watch (before 6.7); there,
 * skills get no unix sockets at all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "hooks/hooks.h"
#include "hooks/loader.h"

#define UNIX_CONNECT 49	/* BPF_CGROUP_UNIX_CONNECT, newer than our headers */

static bool
watches_unix(const json_t *status)
{
	const json_t *programs = json_object_get(status, "programs"), *program;
	size_t i;

	json_array_foreach(programs, i, program)
		if (json_integer_value(json_object_get(program,
		    "attach_type")) == UNIX_CONNECT)
			return json_is_true(json_object_get(program,
			    "effective"));
	return false;
}

int
ground_check(const struct loader *loader, bool *has_unix)
{
	char *text cleanup(free_memory) = NULL;
	bool is_whole = false;
	int r = hooks_status(loader->hooks, &text, &is_whole);
	json_t *status;

	if (r < 0)
		return r;
	if (!is_whole || loader->watchdog.is_shut)
		return -ENOTRECOVERABLE;
	status = json_loads(text, 0, NULL);
	if (!status)
		return -ENOMEM;
	*has_unix = watches_unix(status);
	json_decref(status);
	return 0;
}
