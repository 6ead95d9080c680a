/*
 * far.c: the backend at the end of the uplink, which counts what arrives.
 * Not what it accepts but every frame is counted, whatever protocol it is of, and
 * the payload in it. ARP, and what IPv6 says of itself (neighbours, multicast
 * listeners), is left out: it is sent without anybody's asking. On SIGUSR1 it says
 * one byte to whoever ever connected.
 */
#include "ways.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define FRIENDS 256

static volatile sig_atomic_t wants_talk;
static int friends[FRIENDS];
static size_t friend_count;

static void
on_signal(int number)
{
	(void)number;
	wants_talk = 1;
}

/* Payload of a transport's unit of n bytes. */
static uint64_t
payload(uint8_t protocol, const uint8_t *p, size_t n)
{
	size_t head = protocol == IPPROTO_UDP ? sizeof(struct udphdr) : 0;

	if (protocol == IPPROTO_TCP && n >= sizeof(struct tcphdr))
		head = (size_t)((const struct tcphdr *)p)->doff * 4;
	return n > head ? n - head : 0;
}

static void
count4(const uint8_t *p, size_t n)
{
	const struct iphdr *ip = (const void *)p;
	size_t head = (size_t)ip->ihl * 4, all = ntohs(ip->tot_len);

	if (n < sizeof(*ip) || head > n || ip->protocol == IPPROTO_IGMP)
		return;
	world.counters->frames++;
	if (all > head)
		world.counters->bytes += payload(ip->protocol, p + head,
		    (all < n ? all : n) - head);
}

static void
count6(const uint8_t *p, size_t n)
{
	const struct ip6_hdr *ip = (const void *)p;

	if (n < sizeof(*ip) || ip->ip6_nxt == IPPROTO_HOPOPTS ||
	    ip->ip6_nxt == IPPROTO_ICMPV6)
		return;
	world.counters->frames++;
	world.counters->bytes += payload(ip->ip6_nxt, p + sizeof(*ip), n - sizeof(*ip));
}

static void
count_frame(int fd)
{
	_Alignas(8) uint8_t room[65536];
	struct sockaddr_ll from = { 0 };
	socklen_t size = sizeof(from);
	ssize_t n = recvfrom(fd, room, sizeof(room), 0, (struct sockaddr *)&from, &size);

	if (n < 0 || from.sll_pkttype == PACKET_OUTGOING || from.sll_ifindex == 1)
		return;
	if (from.sll_protocol == htons(ETHERTYPE_IP))
		count4(room, (size_t)n);
	else if (from.sll_protocol == htons(ETHERTYPE_IPV6))
		count6(room, (size_t)n);
	else if (from.sll_protocol != htons(ETHERTYPE_ARP))
		world.counters->frames++;
}

static int
open_at(int type)
{
	struct sockaddr_storage at;
	socklen_t size = address_of(&at, "::", FAR_PORT);
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK, 0), yes = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&at, size) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 64) < 0))
		return -1;
	return fd;
}

static void
talk(void)
{
	wants_talk = 0;
	for (size_t i = 0; i < friend_count; i++)
		send(friends[i], "y", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int
far_serve(const char *folder)
{
	struct pollfd fds[3] = { { .events = POLLIN }, { .events = POLLIN },
		{ .events = POLLIN } };
	char room[4096];

	(void)folder;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGUSR1, on_signal);
	fds[0].fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
	fds[1].fd = open_at(SOCK_STREAM);
	fds[2].fd = open_at(SOCK_DGRAM);
	if (fds[0].fd < 0 || fds[1].fd < 0 || fds[2].fd < 0)
		return 1;
	close(creat(in_folder("far"), 0644));
	for (;;) {
		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			return 1;
		if (wants_talk)
			talk();
		if (fds[0].revents)
			count_frame(fds[0].fd);
		if (fds[1].revents && friend_count < FRIENDS)
			friends[friend_count++] = accept(fds[1].fd, NULL, NULL);
		if (fds[2].revents)
			(void)!read(fds[2].fd, room, sizeof(room));
		fds[0].revents = fds[1].revents = fds[2].revents = 0;
	}
}
