/* datagrams.c: what is sent without a connection, and protocols beside TCP. */
#include "ways.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <unistd.h>

static int
send_on(int fd, const char *ip, uint16_t port, size_t n)
{
	struct sockaddr_storage to;
	socklen_t size = address_of(&to, ip, port);
	static char bytes[16384];

	if (fd < 0)
		return errno;
	return sendto(fd, bytes, n, 0, (struct sockaddr *)&to, size) < 0 ? errno : REACHED;
}

static int
datagram_to(const char *ip, uint16_t port)
{
	return send_on(socket(strchr(ip, ':') ? AF_INET6 : AF_INET, SOCK_DGRAM, 0), ip,
	    port, 1);
}

int
try_udp(void)
{
	return datagram_to(FAR4, FAR_PORT);
}

int
try_udp6(void)
{
	return datagram_to(FAR6, FAR_PORT);
}

int
try_udp_mapped(void)
{
	return datagram_to(FAR_MAPPED, FAR_PORT);
}

int
try_quic(void)
{
	return datagram_to(FAR4, 443);
}

int
try_dns(void)
{
	return datagram_to(FAR4, 53);
}

int
try_udp_connected(void)
{
	return dial_on(socket(AF_INET, SOCK_DGRAM, 0), FAR4, FAR_PORT);
}

int
try_lite(void)
{
	return send_on(socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE), FAR4, FAR_PORT, 1);
}

/* More than a frame has room for. */
int
try_fragments(void)
{
	return send_on(socket(AF_INET, SOCK_DGRAM, 0), FAR4, FAR_PORT, 8000);
}

int
try_ping(void)
{
	struct icmphdr echo = { .type = ICMP_ECHO };
	struct sockaddr_storage to;
	socklen_t size = address_of(&to, FAR4, 0);
	int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);

	if (fd < 0)
		return errno;
	return sendto(fd, &echo, sizeof(echo), 0, (struct sockaddr *)&to, size) < 0 ?
	    errno : REACHED;
}

/* SCTP (streams and one to many), DCCP, L2TP, SMC by its protocol. */
int
try_kinds(void)
{
	static const struct { int type, protocol; } kinds[] = {
		{ SOCK_STREAM, 132 }, { SOCK_SEQPACKET, 132 }, { SOCK_DCCP, 33 },
		{ SOCK_DGRAM, 115 }, { SOCK_STREAM, 256 },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (socket(AF_INET, kinds[i].type, kinds[i].protocol) >= 0)
			return MADE;
	return errno;
}

int
try_multipath(void)
{
	return dial_on(socket(AF_INET, SOCK_STREAM, PROTOCOL_MULTIPATH), FAR4, FAR_PORT);
}
