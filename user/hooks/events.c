/*
 * events.c: refusals that the programs tell. A flood is read in portions, so
 * that it cannot hold the loader.
 */
#include "hooks/inside.h"

#include <errno.h>

#define PORTION 1024

static int
take_event(void *arg, void *data, size_t size)
{
	struct hooks *hooks = arg;

	if (size >= sizeof(struct abi_event))
		hooks->event(hooks->event_arg, data);
	return ++hooks->event_count >= PORTION ? -EAGAIN : 0;
}

int
hooks_events_fd(const struct hooks *hooks)
{
	return hooks->code.maps[MAP_EVENTS];	/* a ring buffer can be polled itself */
}

int
hooks_events_read(struct hooks *hooks, hooks_event_fn fn, void *arg)
{
	int n;

	if (!hooks->events) {
		hooks->events = ring_buffer__new(hooks->code.maps[MAP_EVENTS],
		    take_event, hooks, NULL);
		if (!hooks->events)
			return -errno;
	}
	hooks->event = fn;
	hooks->event_arg = arg;
	hooks->event_count = 0;
	n = ring_buffer__consume(hooks->events);
	return n < 0 && n != -EAGAIN ? n : 0;
}
