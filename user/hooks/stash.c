/*
 * stash.c: listeners of an earlier loader, until its sessions are taken over.
 * The warden gives them to each loader that starts: the same sockets, with whoever waits in them, and
 * with the ports that the kernel's map has. What no session takes is shut.
 */
#include "hooks/loader.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "hooks/hooks.h"
#include "msg/post.h"
#include "out.h"

struct stashed {
	struct stashed *next;
	uint64_t cookie, device, inode;	/* of the namespace */
	uint8_t family;
	int fd;
};

static void
stash_free(struct stashed *stashed)
{
	close_fd(&stashed->fd);
	free(stashed);
}

bool
stash_hear(struct loader *loader, struct span body, int fd)
{
	struct stashed *stashed;
	int netns cleanup(close_fd) = fd < 0 ? -1 : hooks_socket_netns(fd);
	struct stat st;

	if (body.p[8] == 0) {
		close_fd(&fd);
		loader->has_listeners = true;
		return true;
	}
	if (fd < 0)
		return false;
	stashed = netns < 0 || fstat(netns, &st) ? NULL : calloc(1, sizeof(*stashed));
	if (!stashed) {
		log_warning("a listener of the loader before cannot be taken over");
		close(fd);
		return true;
	}
	*stashed = (struct stashed){ loader->stash, span_be64(body, 0), st.st_dev, st.st_ino, body.p[8], fd };
	loader->stash = stashed;
	return true;
}

/* The one of that family there; -1: none. */
static int
take_one(struct loader *loader, uint64_t device, uint64_t inode, uint8_t family)
{
	for (struct stashed **at = &loader->stash; *at; at = &(*at)->next) {
		struct stashed *stashed = *at;
		int fd;

		if (stashed->device != device || stashed->inode != inode || stashed->family != family)
			continue;
		*at = stashed->next;
		fd = take_fd(&stashed->fd);
		stash_free(stashed);
		return fd;
	}
	return -1;
}

bool
stash_take(struct loader *loader, uint64_t device, uint64_t inode, int *fd4, int *fd6)
{
	int four = take_one(loader, device, inode, 4);

	if (four < 0)
		return false;
	*fd4 = four;
	*fd6 = take_one(loader, device, inode, 6);
	return true;
}

static void
tell_one(struct loader *loader, uint64_t cookie, uint8_t family, int fd)
{
	struct out body cleanup(out_free) = out_new(9);

	if (fd < 0)
		return;
	out_be64(&body, cookie);
	out_u8(&body, family);
	(void)post_send(loader->post, SLOT_WARDEN, MSG_LISTENER, 0, out_view(&body), fd);
}

void
stash_tell(struct loader *loader, const struct door *door)
{
	tell_one(loader, door->cookie, 4, door->fd4);
	tell_one(loader, door->cookie, 6, door->fd6);
}

void
stash_tell_shut(struct loader *loader, uint64_t cookie)
{
	struct out body cleanup(out_free) = out_new(8);

	out_be64(&body, cookie);
	(void)post_send(loader->post, SLOT_WARDEN, MSG_LISTENER_SHUT, 0, out_view(&body), -1);
}

void
stash_clear(struct loader *loader, bool tell)
{
	while (loader->stash) {
		struct stashed *stashed = loader->stash;

		loader->stash = stashed->next;
		if (tell && !door_find(loader, stashed->cookie))
			stash_tell_shut(loader, stashed->cookie);
		stash_free(stashed);
	}
}
