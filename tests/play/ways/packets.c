/* packets.c: past the socket layer, or led off after it; and from outside in. */
#include "ways.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NOBODY_PORT 9
#define SOURCE_ROUTE 131	/* RFC 791: loose source and record route */

/* Exit codes of ip, tc and iptables: whatever is not 0 is a refusal. */
static int
command(const char *text)
{
	return system(text) == 0 ? REACHED : EPERM;
}

int
try_raw(void)
{
	struct iphdr packet = { .version = 4, .ihl = 5, .ttl = 64, .protocol = 253 };
	struct sockaddr_storage to;
	socklen_t size = address_of(&to, FAR4, 0);
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	if (fd < 0)
		return errno;
	inet_pton(AF_INET, FAR4, &packet.daddr);
	packet.tot_len = htons(sizeof(packet));
	return sendto(fd, &packet, sizeof(packet), 0, (struct sockaddr *)&to, size) < 0 ?
	    errno : REACHED;
}

int
try_packet(void)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = ETH_ALEN,
		.sll_protocol = htons(ETHERTYPE_IP),
		.sll_ifindex = (int)if_nametoindex(UPLINK) };
	struct iphdr packet = { .version = 4, .ihl = 5, .ttl = 64, .protocol = 253 };
	int fd = socket(AF_PACKET, SOCK_DGRAM, 0);

	if (fd < 0)
		return errno;
	memset(to.sll_addr, 0xff, ETH_ALEN);
	packet.tot_len = htons(sizeof(packet));
	return sendto(fd, &packet, sizeof(packet), 0, (struct sockaddr *)&to,
	    sizeof(to)) < 0 ? errno : REACHED;
}

static int
make(int family, int type, int protocol)
{
	return socket(family, type, protocol) < 0 ? errno : MADE;
}

int
try_xdp(void)
{
	return make(AF_XDP, SOCK_RAW, 0);
}

int
try_vsock(void)
{
	return make(AF_VSOCK, SOCK_STREAM, 0);
}

/* Families of which some make connections of their own. */
int
try_families(void)
{
	static const struct { int family, type, protocol; } kinds[] = {
		{ AF_ALG, SOCK_SEQPACKET, 0 }, { AF_SMC, SOCK_STREAM, 0 },
		{ AF_TIPC, SOCK_STREAM, 0 }, { AF_RDS, SOCK_SEQPACKET, 0 },
		{ 42 /* AF_QIPCRTR */, SOCK_DGRAM, 0 }, { AF_BLUETOOTH, SOCK_STREAM, 3 },
		{ AF_CAN, SOCK_RAW, 1 }, { AF_KCM, SOCK_DGRAM, 0 }, { AF_KEY, SOCK_RAW, 2 },
		{ AF_PPPOX, SOCK_DGRAM, 0 }, { AF_PHONET, SOCK_DGRAM, 0 },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (make(kinds[i].family, kinds[i].type, kinds[i].protocol) == MADE)
			return MADE;
	return errno;
}

int
try_netlink(void)
{
	static const int protocols[] = { NETLINK_AUDIT, NETLINK_NETFILTER, NETLINK_GENERIC,
		NETLINK_KOBJECT_UEVENT, NETLINK_SOCK_DIAG, NETLINK_XFRM };

	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (make(AF_NETLINK, SOCK_RAW, protocols[i]) == MADE)
			return MADE;
	return errno;
}

/* A connect to where the daemon is, or would be, from the address of the uplink. */
static int
dial_door_from(int fd)
{
	struct sockaddr_storage at;
	socklen_t size = address_of(&at, NEAR4, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) < 0)
		return errno;
	return world.setting == CONTROL ? dial_on(fd, DOOR4, FAR_PORT) :
	    dial_target_on(fd, "127.0.0.1");
}

int
try_dnat(void)
{
	int result = command("iptables -t nat -A OUTPUT -d " DOOR4 " -p tcp -j DNAT "
	    "--to-destination " FAR4 ":7777 2>/dev/null");

	if (result == REACHED)
		result = dial_door_from(socket(AF_INET, SOCK_STREAM, 0));
	command("iptables -t nat -F OUTPUT 2>/dev/null");
	return result;
}

int
try_source_route(void)
{
	uint8_t option[8] = { 1, SOURCE_ROUTE, 7, 4 };	/* one hop, by way of: */
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, FAR4, option + 4);
	if (setsockopt(fd, IPPROTO_IP, IP_OPTIONS, option, sizeof(option)) < 0)
		return errno;
	return dial_door_from(fd);
}

/* The door's address is anywhere but here. */
int
try_route(void)
{
	int result = command("exec 2>/dev/null; ip rule add pref 10 to " DOOR4 " lookup 77 && "
	    "ip route add " DOOR4 " via " FAR4 " table 77 && "
	    "ip rule add pref 20 lookup local && ip rule del pref 0 lookup local");

	if (result == REACHED)
		result = dial_door_from(socket(AF_INET, SOCK_STREAM, 0));
	command("exec 2>/dev/null; ip rule add pref 0 lookup local; ip rule del pref 10; "
	    "ip rule del pref 20; ip route flush table 77");
	return result;
}

int
try_device(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, UPLINK, sizeof(UPLINK)) < 0)
		return errno;
	return dial_door_from(fd);
}

/* What passes on loopback passes by the uplink too. */
int
try_mirror(void)
{
	int result = command("tc qdisc add dev lo clsact 2>/dev/null && tc filter add dev lo "
	    "egress protocol ip u32 match u32 0 0 action mirred egress mirror dev "
	    UPLINK " 2>/dev/null");

	if (result == REACHED)
		result = world.setting == CONTROL ? dial("127.0.0.1", NOBODY_PORT) :
		    dial_target("127.0.0.1");
	command("tc qdisc del dev lo clsact 2>/dev/null");
	return result;
}

int
try_tun(void)
{
	struct ifreq request = { .ifr_name = "ilkways", .ifr_flags = IFF_TUN };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	return fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0 ? errno : MADE;
}

/* Somebody out there is asked to connect to us. */
static int
await(int fd)
{
	struct sockaddr_in at = { 0 };
	socklen_t size = sizeof(at);
	struct pollfd one = { .fd = fd, .events = POLLIN };

	if (!if_nametoindex(UPLINK))
		return ENETDOWN;	/* there is no out there */
	if (listen(fd, 8) < 0 || getsockname(fd, (struct sockaddr *)&at, &size) < 0)
		return errno;
	ask("dial", ntohs(at.sin_port));
	if (poll(&one, 1, 100) != 1)
		return SILENT;
	return say_on(accept(fd, NULL, NULL));
}

int
try_reverse(void)
{
	struct sockaddr_storage at;
	socklen_t size = address_of(&at, "0.0.0.0", 0);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return bind(fd, (struct sockaddr *)&at, size) < 0 ? errno : await(fd);
}

int
try_reverse_unbound(void)
{
	return await(socket(AF_INET, SOCK_STREAM, 0));
}

/* The backend goes on talking to a connection that was destroyed: the kernel answers. */
int
try_stray(void)
{
	uint64_t bytes = world.counters->bytes, frames = world.counters->frames;

	ask("talk", 0);
	for (int i = 0; i < 1000 && world.counters->frames == frames; i++)
		usleep(5000);
	if (world.counters->frames == frames)
		return NOT_TRIED;
	return world.counters->bytes == bytes ? SILENT : REACHED;
}
