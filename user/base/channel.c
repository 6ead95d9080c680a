/* channel.c: a channel is a SOCK_SEQPACKET socket, and nothing else here is one. */
#include "base/channel.h"

#include <sys/socket.h>

bool
channel_is(int fd)
{
	int type;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
	    type == SOCK_SEQPACKET;
}
