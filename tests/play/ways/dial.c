/* dial.c: connect and say something; what comes of it. See ways.h. */
#include "ways.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define SSL_REQUEST "\0\0\0\10\4\322\26\57"	/* PostgreSQL's, 8 bytes */

socklen_t
address_of(struct sockaddr_storage *out, const char *ip, uint16_t port)
{
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, ip, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		return sizeof(*four);
	}
	inet_pton(AF_INET6, ip, &six->sin6_addr);
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	return sizeof(*six);
}

/* What is dropped on its way says nothing: do not wait long for it. */
static void
set_limit(int fd)
{
	struct timeval limit = { .tv_usec = 400000 };

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

int
say_on(int fd)
{
	return send(fd, "x", 1, MSG_NOSIGNAL) < 0 ? errno : REACHED;
}

static int
connect_on(int fd, const char *ip, uint16_t port)
{
	struct sockaddr_storage to;
	socklen_t size = address_of(&to, ip, port);

	set_limit(fd);
	if (connect(fd, (struct sockaddr *)&to, size) == 0)
		return REACHED;
	return errno == EINPROGRESS || errno == EAGAIN ? SILENT : errno;
}

int
dial_on(int fd, const char *ip, uint16_t port)
{
	int result = fd < 0 ? errno : connect_on(fd, ip, port);

	return result == REACHED ? say_on(fd) : result;
}

int
dial(const char *ip, uint16_t port)
{
	return dial_on(socket(strchr(ip, ':') ? AF_INET6 : AF_INET, SOCK_STREAM, 0), ip,
	    port);
}

/* It asks whether TLS is there, which the daemon answers before anybody is dialled. */
int
dial_target_on(int fd, const char *ip)
{
	struct timeval limit = { .tv_sec = 20 };
	int result = fd < 0 ? errno : connect_on(fd, ip, world.target);
	char answer;

	if (result != REACHED)
		return result;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (send(fd, SSL_REQUEST, 8, MSG_NOSIGNAL) != 8 || recv(fd, &answer, 1, 0) != 1)
		return errno == EAGAIN ? SILENT : errno ? errno : ECONNRESET;
	return answer == 'S' || answer == 'N' ? REDIRECTED : EPROTO;
}

int
dial_target(const char *ip)
{
	return dial_target_on(socket(strchr(ip, ':') ? AF_INET6 : AF_INET, SOCK_STREAM, 0),
	    ip);
}
