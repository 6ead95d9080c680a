/*
 * door.c: listeners in network namespaces.
 * A namespace has one door, however many sessions stand in it. The descriptors
 * go to every worker, one message for each listener, all under the namespace's
 * cookie; copies stay here, for workers that start later.
 */
#include "hooks/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"

#include "hooks/hooks.h"
#include "msg/post.h"
#include "out.h"

static void
send_door(struct loader *loader, unsigned int worker, uint16_t type,
    uint64_t cookie, int fd)
{
	struct out body cleanup(out_free) = out_new(8);
	int r;

	out_be64(&body, cookie);
	r = post_send(loader->post, worker, type, 0, out_view(&body), fd);
	if (r == -EAGAIN || r == -ENOMEM)
		log_error("%s does not hear of a door", msg_slot_name(worker));
}

static void
tell(struct loader *loader, const struct door *door, unsigned int worker)
{
	send_door(loader, worker, MSG_DOOR, door->cookie, door->fd4);
	if (door->fd6 >= 0)
		send_door(loader, worker, MSG_DOOR, door->cookie, door->fd6);
}

/* Who hears of it first takes its first connection: another worker each time. */
static void
tell_workers(struct loader *loader, const struct door *door)
{
	/* half the places, or more, are nobody's: what goes there is thrown away */
	loader->first_worker = (loader->first_worker + 1) % MSG_WORKERS;
	for (unsigned int i = 0; i < MSG_WORKERS; i++)
		tell(loader, door, SLOT_WORKER + (loader->first_worker + i) % MSG_WORKERS);
}

void
door_tell_all(struct loader *loader, unsigned int worker)
{
	for (const struct door *d = loader->doors; d; d = d->next)
		tell(loader, d, worker);
}

struct door *
door_find(struct loader *loader, uint64_t cookie)
{
	for (struct door *d = loader->doors; d; d = d->next)
		if (d->cookie == cookie)
			return d;
	return NULL;
}

bool
door_is_own(const struct door *door)
{
	struct stat own;

	return stat("/proc/self/ns/net", &own) == 0 && own.st_dev == door->device &&
	    own.st_ino == door->inode;
}

/* Those of an earlier loader, which workers have already; or new ones, and those then are no door any more. */
static int
open_listeners(struct loader *loader, int netns, const struct stat *st, struct door *door)
{
	int r;

	if (stash_take(loader, st->st_dev, st->st_ino, &door->fd4, &door->fd6) &&
	    hooks_door_adopt(loader->hooks, door->fd4, door->fd6, &door->cookie) == 0)
		return 0;
	close_fd(&door->fd4);
	close_fd(&door->fd6);
	r = hooks_door_open(loader->hooks, netns, &door->fd4, &door->fd6, &door->cookie);
	if (r < 0)
		return r;
	for (unsigned int i = 0; i < MSG_WORKERS; i++)
		send_door(loader, SLOT_WORKER + i, MSG_DOOR_SHUT, door->cookie, -1);
	stash_tell(loader, door);
	return 0;
}

static int
door_new(struct loader *loader, int netns, const struct stat *st, struct door **out)
{
	int own cleanup(close_fd) = fcntl(netns, F_DUPFD_CLOEXEC, 3);
	struct door *door;
	int r;

	if (own < 0)
		return -errno;
	door = calloc(1, sizeof(*door));
	if (!door)
		return -ENOMEM;
	door->fd4 = door->fd6 = -1;
	r = open_listeners(loader, netns, st, door);
	if (r < 0) {
		close_fd(&door->fd4);
		close_fd(&door->fd6);
		free(door);
		return r;
	}
	door->netns = take_fd(&own);
	door->device = st->st_dev;
	door->inode = st->st_ino;
	tell_workers(loader, door);
	door->next = loader->doors;
	loader->doors = door;
	*out = door;
	return 0;
}

int
door_take(struct loader *loader, int netns, struct door **out)
{
	struct door *door;
	struct stat st;
	int r;

	if (fstat(netns, &st) < 0)
		return -errno;
	for (door = loader->doors; door; door = door->next)
		if (door->device == st.st_dev && door->inode == st.st_ino)
			break;
	if (!door) {
		r = door_new(loader, netns, &st, &door);
		if (r < 0)
			return r;
	}
	door->users++;
	*out = door;
	return 0;
}

void
door_give(struct loader *loader, struct door **given)
{
	struct door *door = take(given), **at = &loader->doors;

	if (--door->users > 0)
		return;
	while (*at != door)
		at = &(*at)->next;
	*at = door->next;
	hooks_door_shut(loader->hooks, door->cookie);
	stash_tell_shut(loader, door->cookie);
	for (unsigned int i = 0; i < MSG_WORKERS; i++)
		send_door(loader, SLOT_WORKER + i, MSG_DOOR_SHUT, door->cookie,
		    -1);
	close_fd(&door->fd4);
	close_fd(&door->fd6);
	close_fd(&door->netns);
	free(door);
}
