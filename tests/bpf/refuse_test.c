/*
 * refuse_test.c: what a skill may not do, with the right error and the right
 * news; and that whoever is no skill may do all of it.
 */
#include "scene.h"

#define MPTCP 262

struct place {
	const char *ip;
	uint16_t port;
};

static int
try_dial(const void *arg)
{
	const struct place *to = arg;
	int fd = dial(to->ip, to->port);

	return fd < 0 ? -fd : 0;
}

static int
try_udp_dial(const void *arg)
{
	const struct place *to = arg;
	int fd = socket(strchr(to->ip, ':') ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
	int result;

	if (fd < 0)
		return 90;
	result = dial_with(fd, to->ip, to->port);
	return result < 0 ? -result : 0;
}

static int
try_udp_send(const void *arg)
{
	const struct place *place = arg;
	struct sockaddr_storage to;
	socklen_t size = scene_sockaddr(&to, place->ip, place->port);
	int fd = socket(strchr(place->ip, ':') ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);

	if (fd < 0)
		return 90;
	return sendto(fd, "x", 1, 0, (struct sockaddr *)&to, size) < 0 ? errno : 0;
}

static int
try_fast_open(const void *arg)
{
	const struct place *place = arg;
	struct sockaddr_storage to;
	socklen_t size = scene_sockaddr(&to, place->ip, place->port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&to, size) < 0 ?
	    errno : 0;
}

struct kind {
	int family, type, protocol;
};

static int
try_socket(const void *arg)
{
	const struct kind *kind = arg;

	return socket(kind->family, kind->type, kind->protocol) < 0 ? errno : 0;
}

static int
try_bind(const void *arg)
{
	const struct place *at = arg;
	struct sockaddr_storage address;
	socklen_t size = scene_sockaddr(&address, at->ip, at->port);
	int fd = socket(address.ss_family, SOCK_STREAM, 0);

	return bind(fd, (struct sockaddr *)&address, size) ? errno : 0;
}

/* Abstract: nobody listens, so someone who is let through gets ECONNREFUSED. */
static int
try_unix(const void *arg)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "\0ilk-test" };
	int type = *(const int *)arg;
	int fd = socket(AF_UNIX, type, 0);

	if (type == SOCK_DGRAM)
		return sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ?
		    errno : 0;
	return connect(fd, (struct sockaddr *)&to, sizeof(to)) ? errno : 0;
}

static int
try_pair(const void *arg)
{
	int pair[2];
	char c;

	(void)arg;
	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) ||
	    write(pair[0], "x", 1) != 1 || read(pair[1], &c, 1) != 1;
}

/* By another name of its own listener's address: that would leave. */
static int
try_own_translated(const void *arg)
{
	uint16_t port = 0;
	int listener = listen_on("127.0.0.1", &port), fd;

	(void)arg;
	if (listener < 0)
		return -listener;
	fd = dial("64:ff9b::127.0.0.1", port);
	return fd < 0 ? -fd : 0;
}

/* Own listener, own client: never leaves the skill, needs no daemon. */
static int
try_own_listener(const void *arg)
{
	const char *ip = arg;
	uint16_t port = 0;
	int listener = listen_on(ip, &port);
	int fd;

	if (listener < 0)
		return -listener;
	fd = dial(ip, port);
	return fd < 0 ? -fd : 0;
}

static const struct place unknown4 = { "10.1.1.1", 80 };
static const struct place unknown6 = { "fd00::99", 80 };
static const struct place port_off = { "10.9.8.7", 5433 };
static const struct place known4 = { "10.9.8.7", 5432 };
static const struct place known6 = { "fd00::7", 5432 };
static const struct place mapped = { "::ffff:10.1.1.1", 80 };
static const struct place nat64 = { "64:ff9b::10.1.1.1", 80 };
static const struct place translated = { "2002:a01:101::1", 5432 };
static const struct kind raw = { AF_INET, SOCK_RAW, IPPROTO_RAW };
static const struct kind raw6 = { AF_INET6, SOCK_RAW, IPPROTO_TCP };
static const struct kind ping = { AF_INET, SOCK_DGRAM, IPPROTO_ICMP };
static const struct kind lite = { AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE };
static const struct kind mptcp = { AF_INET, SOCK_STREAM, MPTCP };
static const struct kind tcp = { AF_INET, SOCK_STREAM, 0 };
static const struct kind udp = { AF_INET6, SOCK_DGRAM, 0 };
static const int stream = SOCK_STREAM, datagram = SOCK_DGRAM;

static const struct row {
	const char *name;
	scene_fn fn;
	const void *arg;
	int error;
	uint32_t reason;	/* of the event; 0: none */
} rows[] = {
	{ "unknown v4", try_dial, &unknown4, EACCES, ABI_NO_TARGET },
	{ "unknown v6", try_dial, &unknown6, EACCES, ABI_NO_TARGET },
	{ "unknown mapped", try_dial, &mapped, EACCES, ABI_NO_TARGET },
	{ "unknown by NAT64", try_dial, &nat64, EACCES, ABI_NO_TARGET },
	{ "unknown by 6to4", try_dial, &translated, EACCES, ABI_NO_TARGET },
	{ "unknown port", try_dial, &port_off, EACCES, ABI_NO_TARGET },
	{ "fast open", try_fast_open, &unknown4, EACCES, ABI_NO_TARGET },
	{ "udp connect", try_udp_dial, &unknown4, EACCES, ABI_BAD_PROTOCOL },
	{ "udp probe of a target", try_udp_dial, &known4, EACCES, 0 },
	{ "udp6 connect", try_udp_dial, &unknown6, EACCES, ABI_BAD_PROTOCOL },
	{ "udp send", try_udp_send, &known4, EACCES, ABI_BAD_PROTOCOL },
	{ "udp6 send", try_udp_send, &known6, EACCES, ABI_BAD_PROTOCOL },
	{ "udp mapped send", try_udp_send, &mapped, EACCES, ABI_BAD_PROTOCOL },
	{ "raw", try_socket, &raw, EACCES, ABI_BAD_SOCKET },
	{ "raw6", try_socket, &raw6, EACCES, ABI_BAD_SOCKET },
	{ "ping", try_socket, &ping, EACCES, ABI_BAD_SOCKET },
	{ "udplite", try_socket, &lite, EACCES, ABI_BAD_SOCKET },
	{ "mptcp", try_socket, &mptcp, EPROTONOSUPPORT, ABI_BAD_SOCKET },
	{ "unix stream", try_unix, &stream, EACCES, ABI_BAD_UNIX },
	{ "unix datagram", try_unix, &datagram, EACCES, ABI_BAD_UNIX },
	{ "tcp", try_socket, &tcp, 0, 0 },
	{ "udp", try_socket, &udp, 0, 0 },
	{ "socket pair", try_pair, NULL, 0, 0 },
	{ "own listener", try_own_listener, "127.0.0.1", 0, 0 },
	{ "own listener elsewhere", try_own_listener, "127.9.9.9", 0, 0 },
	{ "own listener v6", try_own_listener, "::1", 0, 0 },
	{ "own listener by NAT64", try_own_translated, NULL, EACCES, ABI_NO_TARGET },
	{ "target", try_dial, &known4, 0, 0 },
};

static void
check_refusal(const struct row *row)
{
	scene_events();
	CHECK_ROW(row->name, scene_run(scene.skill, row->fn, row->arg) == row->error);
	CHECK_ROW(row->name, scene_events() == (row->reason ? 1 : 0));
	if (row->reason)
		CHECK_ROW(row->name, scene_told(row->reason, "tester"));
}

/* The event says who and where to. */
static void
check_event(void)
{
	struct view_address want = scene_address("10.1.1.1", 80);
	const struct abi_origin *origin = &scene.events[0].origin;
	struct pollfd wait = { .fd = hooks_events_fd(scene.hooks), .events = POLLIN };

	CHECK(poll(&wait, 1, 0) == 0);
	scene_run(scene.skill, try_dial, &unknown4);
	CHECK(poll(&wait, 1, 1000) == 1);
	CHECK(scene_events() == 1);
	CHECK(!memcmp(origin->ip, want.ip, 16) && origin->port == 80);
	CHECK(origin->family == 4 && origin->cgroup == scene.skill_id);
	CHECK(origin->netns == scene.cookie && origin->pid && origin->start);
	CHECK(!strcmp(origin->comm, "refuse_test"));
	CHECK(scene.events[0].protocol == IPPROTO_TCP);
}

static void
check_absent_daemon(void)
{
	struct view_address want = scene_address("10.9.8.7", 5432);
	uint64_t now = clock_mono();

	hooks_beat(scene.hooks, now - 3 * SECOND_NS);
	scene_events();
	CHECK(scene_wait(scene_start(scene.skill, try_dial, &known4)) == ECONNREFUSED);
	CHECK(scene_wait(scene_start(scene.skill, try_dial, &known6)) == ECONNREFUSED);
	CHECK(scene_events() == 2 && scene_told(ABI_STALE, "tester"));
	CHECK(!memcmp(scene.events[0].origin.ip, want.ip, 16));
	hooks_beat(scene.hooks, 0);
	CHECK(scene_wait(scene_start(scene.skill, try_dial, &known4)) == ECONNREFUSED);
	hooks_beat(scene.hooks, clock_mono() + 60 * SECOND_NS);
	CHECK(scene_wait(scene_start(scene.skill, try_dial, &known4)) == ECONNREFUSED);
	CHECK(scene_run(scene.skill, try_dial, &known4) == 0);
}

static int
dial_in_new_namespace(const void *arg)
{
	if (unshare(CLONE_NEWNET))
		return 90;
	scene_lo_up();
	return try_dial(arg);
}

/* Not registered, taken out, or another namespace: nobody there to answer. */
static void
check_no_door(void)
{
	scene_events();
	CHECK(scene_run(scene.skill, dial_in_new_namespace, &known4) == ECONNREFUSED);
	CHECK(scene_events() == 1 && scene_told(ABI_NO_DOOR, "tester"));
	CHECK(hooks_door_shut(scene.hooks, scene.cookie + 1) == -ENOENT);
	CHECK(!hooks_door_shut(scene.hooks, scene.cookie));
	CHECK(scene_run(scene.skill, try_dial, &known4) == ECONNREFUSED);
	CHECK(scene_events() == 1 && scene_told(ABI_NO_DOOR, "tester"));
}

static void
check_door_is_ours(void)
{
	const struct place door4 = { "127.73.76.1", scene.port4 };
	const struct place door6 = { "::1", scene.port6 };
	const struct place beside = { "127.0.0.1", scene.port4 };
	uint16_t port = 0;
	int listener = listen_on("127.0.0.1", &port);
	const struct place foreign = { "127.0.0.1", port };

	scene_events();
	CHECK(listener >= 0);
	CHECK(scene_run(scene.skill, try_dial, &door4) == EACCES);
	CHECK(scene_run(scene.skill, try_dial, &door6) == EACCES);
	CHECK(scene_run(scene.skill, try_dial, &foreign) == EACCES);
	CHECK(scene_events() == 3 && scene_told(ABI_NO_TARGET, "tester"));
	CHECK(scene_run(scene.skill, try_bind, &beside) == EACCES);
	CHECK(scene_run(scene.skill, try_bind, &door6) == EACCES);
	CHECK(scene_events() == 2 && scene_told(ABI_BAD_BIND, "tester"));
	CHECK(scene_run(scene.other, try_bind, &beside) == 0);
	close(listener);
}

static void
check_blocked(void)
{
	struct abi_skill blocked = scene.who;

	blocked.blocked = 1;
	CHECK(!hooks_skill_put(scene.hooks, scene.skill_id, &blocked));
	scene_events();
	CHECK(scene_run(scene.skill, try_dial, &known4) == EACCES);
	CHECK(scene_run(scene.skill, try_own_listener, "127.0.0.1") == EACCES);
	CHECK(scene_events() == 2 && scene_told(ABI_BLOCKED, "tester"));
	CHECK(!hooks_skill_put(scene.hooks, scene.skill_id, &scene.who));
	CHECK(scene_run(scene.skill, try_dial, &known4) == 0);
}

static int
try_unbound_send(const void *arg)
{
	int result = try_udp_send(arg);

	return result == ENETUNREACH || result == 0 ? 0 : result;
}

/* Who is no skill: no program has an opinion. */
static void
check_untouched(void)
{
	const struct place door = { "127.73.76.1", scene.port4 };
	static const struct place local = { "127.0.0.1", 9 };

	scene_events();
	CHECK(scene_run(scene.other, try_dial, &unknown4) == ENETUNREACH);
	CHECK(scene_run(scene.other, try_dial, &known4) == ENETUNREACH);
	CHECK(scene_run(scene.other, try_dial, &local) == ECONNREFUSED);
	CHECK(scene_run(scene.other, try_dial, &door) == 0);
	CHECK(scene_run(scene.other, try_udp_dial, &local) == 0);
	CHECK(scene_run(scene.other, try_udp_send, &local) == 0);
	CHECK(scene_run(scene.other, try_unbound_send, &unknown4) == 0);
	CHECK(scene_run(scene.other, try_socket, &raw) == 0);
	CHECK(scene_run(scene.other, try_socket, &mptcp) == 0);
	CHECK(scene_run(scene.other, try_unix, &stream) == ECONNREFUSED);
	CHECK(scene_run(scene.other, try_unix, &datagram) == ECONNREFUSED);
	CHECK(scene_run(scene.other, try_own_listener, "127.0.0.1") == 0);
	CHECK(scene_events() == 0);
}

/* Else the kernel refuses "ping" sockets before it asks us. */
static void
allow_ping(void)
{
	int fd = open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY);

	CHECK(fd >= 0 && write(fd, "0 0", 3) == 3);
	close(fd);
}

int
main(void)
{
	scene_begin();
	allow_ping();
	CHECK(!scene_targets(1));
	for (size_t i = 0; i < COUNT(rows); i++)
		check_refusal(&rows[i]);
	check_event();
	check_door_is_ours();
	check_blocked();
	check_untouched();
	check_absent_daemon();
	check_no_door();
	return check_end();
}
