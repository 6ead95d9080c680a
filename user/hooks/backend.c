/*
 * backend.c: sockets to backends that a worker cannot make itself.
 * One is in the network namespace of a skill, where the target is there. The
 * other is connected to a unix socket of the host's: a worker has no files. Who listens
 * there is the kernel's word (SO_PEERCRED, unix(7)), and must be whom the policy names: a
 * path below a directory that others may write could be anyone's.
 */
#include "hooks/loader.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/log.h"
#include "base/must.h"
#include "hooks/hooks.h"
#include "msg.h"
#include "msg/post.h"
#include "out.h"
#include "view.h"

static const struct view_target *
find_target(const struct loader *loader, struct span name)
{
	for (size_t i = 0; loader->view && i < loader->view->target_count; i++)
		if (span_is(name, loader->view->targets[i].name))
			return &loader->view->targets[i];
	return NULL;
}

/* Connected, or a negative errno: EAGAIN, its queue is full; EPERM, somebody else listens. */
static int
connect_local(const struct loader *loader, struct span name)
{
	const struct view_target *target = find_target(loader, name);
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct ucred who = { .uid = (uid_t)-1 };
	socklen_t size = sizeof(who);
	int fd cleanup(close_fd) = -1;

	if (!target || !target->socket[0] || strlen(target->socket) >= sizeof(at.sun_path))
		return -ENOENT;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	memcpy(at.sun_path, target->socket, strlen(target->socket));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size))
		return -errno;
	if (who.uid != target->socket_uid) {
		log_warning("target %s: uid %u listens at its socket, not its owner", target->name,
		    (unsigned int)who.uid);
		return -EPERM;
	}
	return take_fd(&fd);
}

static int
make(struct loader *loader, uint64_t netns, uint8_t kind, struct span name)
{
	const struct door *door;

	if (kind == MSG_SOCKET_LOCAL)
		return connect_local(loader, name);
	door = door_find(loader, netns);
	return door ? hooks_socket(loader->hooks, door->netns,
	    kind == MSG_SOCKET_IPV4 ? AF_INET : AF_INET6) : -ENOENT;
}

bool
backend_hear(struct loader *loader, unsigned int from, uint64_t id, struct span body)
{
	struct out answer cleanup(out_free) = out_new(4);
	int fd cleanup(close_fd) = -1;
	struct span name;
	uint64_t netns;
	uint8_t kind;

	if (!take_be64(&body, &netns) || !take_u8(&body, &kind) || !take_block(&body, &name) ||
	    body.n || kind >= MSG_SOCKETS)
		return false;
	fd = make(loader, netns, kind, name);
	out_be32(&answer, fd < 0 ? (uint32_t)-fd : 0);
	post_send(loader->post, from, MSG_SOCKET_IS, id, out_view(&answer), fd < 0 ? -1 : fd);
	return true;
}
