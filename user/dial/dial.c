/* dial.c: addresses as 16 bytes, sockets non-blocking. */
#include "dial/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "abi.h"
#include "msg.h"
#include "msg/post.h"
#include "out.h"
#include "view.h"

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

uint32_t
dial_find(const struct view_target *targets, uint32_t count, const uint8_t ip[16],
    uint16_t port)
{
	for (uint32_t i = 0; i < count; i++)
		for (size_t j = 0; j < targets[i].address_count; j++)
			if (targets[i].addresses[j].port == port &&
			    memcmp(targets[i].addresses[j].ip, ip, 16) == 0)
				return i;
	return UINT32_MAX;
}

int
dial_family(const uint8_t ip[16])
{
	return memcmp(ip, mapped, sizeof(mapped)) == 0 ? AF_INET : AF_INET6;
}

int
dial_socket(const uint8_t ip[16])
{
	int fd = socket(dial_family(ip), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

bool
dial_comes_connected(const struct view_target *target)
{
	return target->socket[0] != '\0';
}

bool
dial_is_asked(const struct view_target *target)
{
	return target->from_skill || dial_comes_connected(target);
}

static uint8_t
kind_of(const struct view_target *target, const uint8_t ip[16])
{
	if (dial_comes_connected(target))
		return MSG_SOCKET_LOCAL;
	return dial_family(ip) == AF_INET ? MSG_SOCKET_IPV4 : MSG_SOCKET_IPV6;
}

int
dial_ask(struct post *post, uint64_t id, const struct view_target *target,
    const struct abi_origin *origin)
{
	struct out body = out_new(13 + ABI_NAME_SIZE);
	int error;

	out_be64(&body, origin->netns);
	out_u8(&body, kind_of(target, origin->ip));
	out_block(&body, span_text(target->name));
	error = body.failed ? -ENOMEM :
	    post_send(post, SLOT_LOADER, MSG_SOCKET, id, out_view(&body), -1);
	out_free(&body);
	return error;
}

int
dial_connect(int fd, const uint8_t ip[16], uint16_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	bool is_v4 = dial_family(ip) == AF_INET;
	int on = 1, status;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	memcpy(&v4.sin_addr, ip + sizeof(mapped), 4);
	memcpy(&v6.sin6_addr, ip, 16);
	status = is_v4 ? connect(fd, (struct sockaddr *)&v4, sizeof(v4)) :
	    connect(fd, (struct sockaddr *)&v6, sizeof(v6));
	return status && errno != EINPROGRESS ? -errno : 0;
}

int
dial_result(int fd)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size))
		return -errno;
	return -error;
}
