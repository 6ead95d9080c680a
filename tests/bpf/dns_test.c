/*
 * dns_test.c: a skill's questions for names arrive at its session's ears, whatever
 * server it asks, and the answers come from that server. All other datagrams are
 * refused, and who is no skill notices nothing.
 */
#include "scene.h"

static int ears[HOOKS_EARS] = { -1, -1, -1, -1 };

struct way {
	const char *name, *server;
	int family;		/* of the socket */
	bool is_connected, is_stream;
	int ear;		/* where it arrives */
};

static const struct way ways[] = {
	{ "connected", "10.0.0.53", AF_INET, true, false, 0 },
	{ "each message", "10.0.0.53", AF_INET, false, false, 0 },
	{ "loopback", "127.0.0.53", AF_INET, true, false, 0 },
	{ "connected, IPv6", "fd00::53", AF_INET6, true, false, 2 },
	{ "each message, IPv6", "fd00::53", AF_INET6, false, false, 2 },
	{ "loopback, IPv6", "::1", AF_INET6, false, false, 2 },
	{ "NAT64", "64:ff9b::808:808", AF_INET6, false, false, 2 },
	{ "mapped, connected", "::ffff:10.0.0.53", AF_INET6, true, false, 0 },
	{ "mapped, each message", "::ffff:10.0.0.53", AF_INET6, false, false, 0 },
	{ "TCP", "10.0.0.53", AF_INET, true, true, 1 },
	{ "TCP, IPv6", "fd00::53", AF_INET6, true, true, 3 },
	{ "TCP, mapped", "::ffff:10.0.0.53", AF_INET6, true, true, 1 },
};

/* The answer, and from where: the server that was asked. */
static int
hear_answer(const struct way *way, int fd, const struct sockaddr_storage *server, socklen_t size)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct sockaddr_storage from = { 0 };
	socklen_t from_size = sizeof(from);
	char room[16];

	if (poll(&wait, 1, 3000) != 1)
		return 93;
	if (recvfrom(fd, room, sizeof(room), 0, (struct sockaddr *)&from, &from_size) != 6 ||
	    memcmp(room, "answer", 6) != 0)
		return 94;
	if (!way->is_stream && (from_size != size || memcmp(&from, server, size) != 0))
		return 95;
	return 0;
}

static int
play_skill(const void *arg)
{
	const struct way *way = arg;
	struct sockaddr_storage server, peer = { 0 };
	socklen_t size = scene_sockaddr(&server, way->server, 53), peer_size = sizeof(peer);
	int fd = socket(way->family, way->is_stream ? SOCK_STREAM : SOCK_DGRAM, 0);

	if (fd < 0)
		return 90;
	if (way->is_connected && (connect(fd, (struct sockaddr *)&server, size) ||
	    getpeername(fd, (struct sockaddr *)&peer, &peer_size) || peer_size != size ||
	    memcmp(&peer, &server, size) != 0))
		return errno ? errno : 91;
	if ((way->is_connected ? send(fd, "question", 8, 0) :
	    sendto(fd, "question", 8, 0, (struct sockaddr *)&server, size)) != 8)
		return errno ? errno : 92;
	return hear_answer(way, fd, &server, size);
}

static bool
answer(const struct way *way)
{
	struct sockaddr_storage from;
	socklen_t size = sizeof(from);
	struct pollfd wait = { .fd = ears[way->ear], .events = POLLIN };
	struct abi_origin origin;
	char room[16];
	int fd = -1;

	if (poll(&wait, 1, 3000) != 1)
		return false;
	if (way->is_stream) {
		fd = accept4(wait.fd, NULL, NULL, SOCK_CLOEXEC);
		if (read(fd, room, sizeof(room)) != 8 || write(fd, "answer", 6) != 6)
			return false;
		CHECK_ROW(way->name, scene_origin(fd, &origin) == -ENOENT);	/* it is no flow */
		close(fd);
		return memcmp(room, "question", 8) == 0;
	}
	return recvfrom(wait.fd, room, sizeof(room), 0, (struct sockaddr *)&from, &size) == 8 &&
	    memcmp(room, "question", 8) == 0 &&
	    sendto(wait.fd, "answer", 6, 0, (struct sockaddr *)&from, size) == 6;
}

static void
check_way(const struct way *way)
{
	pid_t pid;
	int status;

	hooks_beat(scene.hooks, clock_mono());
	pid = scene_start(scene.skill, play_skill, way);
	CHECK_ROW(way->name, answer(way));
	status = scene_wait(pid);
	if (!CHECK_ROW(way->name, status == 0))
		fprintf(stderr, "  the skill ended with %d\n", status);
}

static int
try_send(const void *arg)
{
	const struct way *way = arg;
	struct sockaddr_storage server;
	socklen_t size = scene_sockaddr(&server, way->server, (uint16_t)way->ear);
	int fd = socket(way->family, SOCK_DGRAM, 0);

	if (fd < 0)
		return errno;
	if (way->is_connected)
		return connect(fd, (struct sockaddr *)&server, size) ? errno : 0;
	return sendto(fd, "x", 1, 0, (struct sockaddr *)&server, size) < 0 ? errno : 0;
}

/* `ear`: the port; QUIC's among them. */
static const struct way others[] = {
	{ "QUIC", "10.0.0.53", AF_INET, false, false, 443 },
	{ "QUIC, connected", "10.0.0.53", AF_INET, true, false, 443 },
	{ "QUIC, IPv6", "fd00::53", AF_INET6, false, false, 443 },
	{ "multicast names", "224.0.0.251", AF_INET, false, false, 5353 },
	{ "nearly", "10.0.0.53", AF_INET, false, false, 54 },
	{ "a loopback service", "127.0.0.1", AF_INET, false, false, 123 },
};
static const struct way plain = { "plain", "10.0.0.53", AF_INET, false, false, 53 };
static const struct way plain6 = { "plain6", "fd00::53", AF_INET6, false, false, 53 };
static const struct way joined = { "joined", "10.0.0.53", AF_INET, true, false, 53 };

static void
check_refusals(void)
{
	for (size_t i = 0; i < COUNT(others); i++) {
		scene_events();
		CHECK_ROW(others[i].name, scene_run(scene.skill, try_send, &others[i]) == EACCES);
		CHECK_ROW(others[i].name, scene_events() == 1 && scene_told(ABI_BAD_PROTOCOL, "tester"));
	}
}

static void
check_absent(void)
{
	struct abi_skill blocked = scene.who;

	blocked.blocked = 1;
	CHECK(!hooks_skill_put(scene.hooks, scene.skill_id, &blocked));
	scene_events();
	CHECK(scene_run(scene.skill, try_send, &plain) == EACCES);
	CHECK(scene_events() == 1 && scene_told(ABI_BLOCKED, "tester"));
	CHECK(!hooks_skill_put(scene.hooks, scene.skill_id, &scene.who));
	hooks_beat(scene.hooks, clock_mono() - 3 * SECOND_NS);
	CHECK(scene_wait(scene_start(scene.skill, try_send, &plain)) == ECONNREFUSED);
	CHECK(scene_wait(scene_start(scene.skill, try_send, &joined)) == ECONNREFUSED);
	CHECK(scene_events() == 2 && scene_told(ABI_STALE, "tester"));
}

static int
try_bind_ear(const void *arg)
{
	struct sockaddr_storage at;
	socklen_t size = scene_sockaddr(&at, "127.0.0.1", *(const uint16_t *)arg);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return bind(fd, (struct sockaddr *)&at, size) ? errno : 0;
}

/* Its port is nobody else's, in the skill. */
static void
check_bind(void)
{
	uint16_t port = port_of(ears[0]);

	CHECK(port == port_of(ears[1]) && port_of(ears[2]) == port_of(ears[3]));
	CHECK(scene_run(scene.skill, try_bind_ear, &port) == EACCES);
	CHECK(scene_run(scene.other, try_bind_ear, &port) == 0);
}

/* No skill: to a port 53 that is really there, and its answers from there. */
static int
play_other(const void *arg)
{
	static const struct way straight = { "straight", "127.0.0.1", AF_INET, true, false, 0 };
	struct sockaddr_storage at, from;
	socklen_t size = scene_sockaddr(&at, "127.0.0.1", 53), from_size = sizeof(from);
	int server = socket(AF_INET, SOCK_DGRAM, 0);
	int client = socket(AF_INET, SOCK_DGRAM, 0);
	char room[16];

	(void)arg;
	if (bind(server, (struct sockaddr *)&at, size) ||
	    sendto(client, "question", 8, 0, (struct sockaddr *)&at, size) != 8 ||
	    recvfrom(server, room, sizeof(room), 0, (struct sockaddr *)&from, &from_size) != 8 ||
	    sendto(server, "answer", 6, 0, (struct sockaddr *)&from, from_size) != 6)
		return 96;
	return hear_answer(&straight, client, &at, size);
}

static void
check_others(void)
{
	scene_events();
	CHECK(scene_run(scene.other, play_other, NULL) == 0);
	CHECK(scene_run(scene.worker, try_send, &plain) == EACCES);
	CHECK(scene_events() > 0 && scene_told(ABI_WORKER_FENCE, ""));
}

static int
try_dial_server(const void *arg)
{
	const struct way *way = arg;
	struct sockaddr_storage server;
	socklen_t size = scene_sockaddr(&server, way->server, (uint16_t)way->ear);
	int fd = socket(way->family, way->is_stream ? SOCK_STREAM : SOCK_DGRAM, 0);

	return fd < 0 ? 90 : connect(fd, (struct sockaddr *)&server, size) ? errno : 0;
}

static int
try_answer(const void *arg)
{
	const int *ear = arg;
	struct sockaddr_storage to;
	socklen_t size = scene_sockaddr(&to, ear == &ears[0] ? "127.0.0.1" : "::1", 9);

	return sendto(*ear, "x", 1, 0, (struct sockaddr *)&to, size) < 0 ? errno : 0;
}

static int
try_raw(const void *arg)
{
	(void)arg;
	return socket(AF_INET, SOCK_RAW, IPPROTO_UDP) < 0 ? errno : 0;
}

/* `ear`: the port. */
static const struct {
	struct way way;
	int error;
} dials[] = {
	{ { "its server", "127.0.0.9", AF_INET, true, false, 5300 }, 0 },
	{ { "its server, IPv6", "::1", AF_INET6, true, false, 5301 }, 0 },
	{ { "its server, mapped", "::ffff:127.0.0.9", AF_INET6, true, false, 5300 }, 0 },
	{ { "its server by TCP", "127.0.0.9", AF_INET, true, true, 5300 }, ECONNREFUSED },
	{ { "another port", "127.0.0.9", AF_INET, true, false, 53 }, EACCES },
	{ { "another address", "127.0.0.8", AF_INET, true, false, 5300 }, EACCES },
	{ { "a target", "10.9.8.7", AF_INET, true, true, 5432 }, EACCES },
	{ { "another by TCP, IPv6", "fd00::7", AF_INET6, true, true, 5432 }, EACCES },
};

/* The resolver asks its servers, answers from its ears, and has no other way out. */
static void
check_resolver(void)
{
	CHECK(!hooks_servers(scene.hooks, "127.0.0.9:5300,[::1]:5301"));
	for (size_t i = 0; i < COUNT(dials); i++) {
		scene_events();
		CHECK_ROW(dials[i].way.name, scene_run(scene.resolver, try_dial_server, &dials[i].way) == dials[i].error);
		CHECK_ROW(dials[i].way.name, scene_events() == (dials[i].error == EACCES));
	}
	CHECK(scene_run(scene.resolver, try_answer, &ears[0]) == 0);
	CHECK(scene_run(scene.resolver, try_answer, &ears[2]) == 0);
	CHECK(scene_run(scene.resolver, try_send, &plain) == EACCES);
	CHECK(scene_run(scene.resolver, try_send, &plain6) == EACCES);
	CHECK(scene_run(scene.resolver, try_raw, NULL) == EACCES);
	CHECK(!hooks_servers(scene.hooks, "127.0.0.8:5300"));
	CHECK(scene_run(scene.resolver, try_dial_server, &dials[0].way) == EACCES);
	CHECK(scene_run(scene.resolver, try_dial_server, &dials[5].way) == 0);
	CHECK(!hooks_servers(scene.hooks, ""));	/* resolv.conf's, whatever they are */
	CHECK(scene_run(scene.resolver, try_dial_server, &dials[5].way) == EACCES);
}

/* Another session's ears are no way, nor are those that are shut. */
static void
check_whose(void)
{
	CHECK(!hooks_ears_shut(scene.hooks, scene.cookie, scene.skill_id));
	CHECK(hooks_ears_shut(scene.hooks, scene.cookie, scene.skill_id) == -ENOENT);
	scene_events();
	CHECK(scene_run(scene.skill, try_send, &plain) == ECONNREFUSED);
	CHECK(scene_run(scene.skill, try_send, &plain6) == ECONNREFUSED);
	CHECK(scene_events() == 2 && scene_told(ABI_NO_DOOR, "tester"));
	for (size_t i = 0; i < HOOKS_EARS; i++)
		close(ears[i]);
	CHECK(!hooks_ears_open(scene.hooks, scene.netns, scene.cookie, scene.skill_id + 1, ears));
	CHECK(scene_run(scene.skill, try_send, &joined) == ECONNREFUSED);
	hooks_ears_clear(scene.hooks);
	CHECK(hooks_ears_shut(scene.hooks, scene.cookie, scene.skill_id + 1) == -ENOENT);
}

int
main(void)
{
	scene_begin();
	CHECK(!scene_targets(1));
	CHECK(!hooks_ears_open(scene.hooks, scene.netns, scene.cookie, scene.skill_id, ears));
	for (size_t i = 0; i < COUNT(ways); i++)
		check_way(&ways[i]);
	CHECK(scene_events() == 0);
	check_refusals();
	check_absent();
	check_bind();
	check_others();
	check_resolver();
	check_whose();
	return check_end();
}
