/*
 * Groups that live already become skills, and are let go; what must not be one
 * is refused, with nothing done to it. See stage.h.
 */
#include "stage.h"

#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/un.h>

#define MULTIPATH 262	/* newer than the C library's headers */

/* What a process did before its group became a skill. */
enum past {
	PAST_NOTHING, PAST_RING, PAST_MAPPED_RING, PAST_RAW, PAST_PACKET,
	PAST_MULTIPATH, PAST_PAIR, PAST_HELPER, PAST_OWN_PAIR, PAST_LISTENER, PAST_OWN_LISTENER, PAST_TCP, PAST_THREAD,
	PAST_FLIGHT, PAST_UDP, PAST_UDP_PAIR,
};

static struct sockaddr_in echo;	/* where the test listens, TCP and UDP */
static int echo_tcp, echo_udp;

static void
join(const char *path)
{
	char file[600];
	FILE *f;

	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	f = fopen(file, "w");
	must(f && fprintf(f, "0\n") > 0 && fclose(f) == 0);
}

static void
make_ring(bool is_mapped)
{
	struct io_uring_params ring = { 0 };
	int fd = (int)syscall(SYS_io_uring_setup, 4, &ring);

	must(fd >= 0);
	if (!is_mapped)
		return;
	must(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    IORING_OFF_SQ_RING) != MAP_FAILED);
	close(fd);
}

static int
connect_echo(int type)
{
	int fd = socket(AF_INET, type, 0);

	must(fd >= 0 && connect(fd, (struct sockaddr *)&echo,
	    sizeof(echo)) == 0);
	return fd;
}

static void
listen_anywhere(void)
{
	must(listen(socket(AF_INET, SOCK_STREAM, 0), 8) == 0);
}

static int helper_pair[2], helper_listener;

static socklen_t
helper_address(struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(out->sun_path, sizeof(out->sun_path), "%s/helper.sock", scratch);
	return sizeof(*out);
}

static void
connect_helper(void)
{
	struct sockaddr_un to;
	socklen_t size = helper_address(&to);

	must(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&to, size) == 0);
}

/* Nothing of the test's own stays open but what the past wants. */
static void
forget_test(enum past past)
{
	close(echo_tcp);
	close(echo_udp);
	close(helper_listener);
	close(helper_pair[0]);
	if (past != PAST_PAIR)
		close(helper_pair[1]);
	for (unsigned int i = 0; i < SLOTS; i++)
		close(peers[i]);
}

/* What a process has from before it came into the group. */
static int
bring(enum past past)
{
	int pair[2];

	if (past == PAST_HELPER)
		connect_helper();
	if (past == PAST_OWN_PAIR)
		must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	if (past == PAST_LISTENER)
		listen_anywhere();
	if (past == PAST_THREAD)
		return connect_echo(SOCK_STREAM);
	return -1;
}

/* And what it makes there. */
static int
make(enum past past, int fd)
{
	if (past == PAST_RING || past == PAST_MAPPED_RING)
		make_ring(past == PAST_MAPPED_RING);
	if (past == PAST_RAW)
		must(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0);
	if (past == PAST_PACKET)
		must(socket(AF_PACKET, SOCK_RAW, 0) >= 0);
	if (past == PAST_MULTIPATH)
		must(socket(AF_INET, SOCK_STREAM, MULTIPATH) >= 0);
	if (past == PAST_OWN_LISTENER)
		listen_anywhere();
	if (past == PAST_TCP || past == PAST_FLIGHT || past == PAST_MAPPED_RING)
		return connect_echo(SOCK_STREAM);
	return fd;
}

static int thread_fd, thread_ready[2];

/* A thread whose descriptors are its own: /proc/PID/fd has not this one. */
static int
be_thread(void *arg)
{
	(void)arg;
	must(unshare(CLONE_FILES) == 0 && write(thread_ready[1], "x", 1) == 1);
	for (;;)
		pause();
}

static void
hide_in_thread(int fd)
{
	static char stack[65536];
	char c;

	thread_fd = fd;
	must(pipe(thread_ready) == 0 &&
	    clone(be_thread, stack + sizeof(stack), CLONE_VM | CLONE_FS |
	    CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, NULL) > 0 &&
	    read(thread_ready[0], &c, 1) == 1);
	close(thread_fd);
}

static void
hide_in_flight(int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	char byte = 'x';
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	int pair[2];

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 &&
	    sendmsg(pair[0], &message, 0) == 1);
	close(fd);
}

/* Two of the same addresses: the kernel finds one by them, never the other. */
static void
send_datagrams(bool is_pair)
{
	struct sockaddr_in own = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(own);
	int fds[2], yes = 1;

	for (int i = 0; i < 2; i++) {
		fds[i] = socket(AF_INET, SOCK_DGRAM, 0);
		setsockopt(fds[i], SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes));
		must(bind(fds[i], (struct sockaddr *)&own, sizeof(own)) == 0 &&
		    getsockname(fds[i], (struct sockaddr *)&own, &size) == 0);
	}
	for (int i = 0; i < 2; i++)
		must(connect(fds[i], (struct sockaddr *)&echo,
		    sizeof(echo)) == 0);
	for (;;) {
		send(fds[0], "0", 1, 0);
		send(fds[is_pair], "1", 1, 0);
		usleep(5000);
	}
}

/* A process in that group; it is as far as its past goes when this returns. */
static pid_t
other_group(const char *path, enum past past)
{
	int ready[2];
	pid_t pid;
	char c;

	must(mkdir(path, 0755) == 0 || errno == EEXIST);
	must(pipe(ready) == 0);
	pid = fork();
	if (pid == 0) {
		int fd;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		forget_test(past);
		fd = bring(past);
		join(path);
		fd = make(past, fd);
		if (past == PAST_THREAD)
			hide_in_thread(fd);
		if (past == PAST_FLIGHT)
			hide_in_flight(fd);
		must(write(ready[1], "x", 1) == 1);
		if (past == PAST_UDP || past == PAST_UDP_PAIR)
			send_datagrams(past == PAST_UDP_PAIR);
		for (;;)
			pause();
	}
	must(read(ready[0], &c, 1) == 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void
check_attach(void)
{
	char path[512], below[560], json[1024], text[4096];
	static const char form[] =
	    "{\"do\":\"attach\",\"skill\":\"reports\",\"cgroup\":\"%s\"}";
	unsigned int rows;
	pid_t pid;
	uint64_t id;

	snprintf(path, sizeof(path), "%s/service", instance.cgroup);
	pid = other_group(path, PAST_NOTHING);
	snprintf(below, sizeof(below), "%s/below", path);
	mkdir(below, 0755);
	const char *const never[] = { instance.cgroup, instance.skill_cgroup,
		instance.daemon_cgroup, "/", "/tmp", "/no/such" };
	for (size_t i = 0; i < COUNT(never); i++) {
		snprintf(json, sizeof(json), form, never[i]);
		id = command("admin", 1, json, -1);
		CHECK_ROW(never[i], !is_done(id, text, sizeof(text), &rows));
	}
	drain(WORKER);
	snprintf(json, sizeof(json), form, path);
	id = command("admin", 1, json, -1);
	CHECK_ROW(text, is_done(id, text, sizeof(text), &rows));
	CHECK(hear(WORKER, MSG_DOOR) && got.fd >= 0);
	close_fd(&got.fd);
	CHECK_ROW(text, strstr(text, "has CAP_NET_RAW CAP_NET_ADMIN") != NULL);
	CHECK(is_entered(ENTRY_ATTACH, KEY_NAME, path));
	for (int i = 0; i < 2; i++) {	/* the same, and one below it */
		snprintf(json, sizeof(json), form, i ? below : path);
		id = command("admin", 1, json, -1);
		CHECK(!is_done(id, text, sizeof(text), &rows));
		CHECK(strstr(text, "registered already") != NULL);
	}
	kill(pid, SIGKILL);	/* an empty attached group stays attached */
	waitpid(pid, NULL, 0);
	CHECK(is_silent(WORKER, MSG_DOOR_SHUT, 300));
	id = command("admin", 1, "{\"do\":\"detach\",\"skill\":\"reports\"}",
	    -1);
	CHECK(is_done(id, text, sizeof(text), &rows));
	CHECK(is_silent(WORKER, MSG_NONE, 50));
	CHECK(is_entered(ENTRY_DETACH, KEY_PERSON, "admin"));

	usleep(50000);
	CHECK(group_remove(path) == 0);
}

/* Say `attach` of that group; the answer in text[size]. */
static bool
attach(const char *path, char *text, size_t size)
{
	char json[1024];
	unsigned int rows;

	snprintf(json, sizeof(json),
	    "{\"do\":\"attach\",\"skill\":\"reports\",\"cgroup\":\"%s\"}", path);
	return is_done(command("admin", 1, json, -1), text, size, &rows);
}

static bool
detach(void)
{
	char text[1024];
	unsigned int rows;

	return is_done(command("admin", 1,
	    "{\"do\":\"detach\",\"skill\":\"reports\"}", -1), text,
	    sizeof(text), &rows);
}

/* A group that somebody else than root can move processes out of. */
static void
check_delegated(void)
{
	static const struct {
		const char *name, *file;
		uid_t uid;
		mode_t mode;
		bool is_fine;
	} loose[] = {
		{ "root's",      "user/cgroup.procs", 0, 0644, true },
		{ "parent",      "user/cgroup.procs", 54321, 0644, false },
		{ "grandparent", "cgroup.procs", 54321, 0644, false },
		{ "any group's", "user/cgroup.procs", 0, 0664, false },
		{ "anyone's",    "user/cgroup.procs", 0, 0646, false },
		{ "its own",     "user/mine/cgroup.procs", 54321, 0644, true },
		{ "a sibling",   "user/other/cgroup.procs", 54321, 0644, true },
	};
	char path[512], other[512], file[600], text[4096];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/user", instance.cgroup);
	must(mkdir(path, 0755) == 0);
	snprintf(other, sizeof(other), "%s/user/other", instance.cgroup);
	must(mkdir(other, 0755) == 0);
	snprintf(path, sizeof(path), "%s/user/mine", instance.cgroup);
	pid = other_group(path, PAST_NOTHING);
	for (size_t i = 0; i < COUNT(loose); i++) {
		bool done;

		snprintf(file, sizeof(file), "%s/%s", instance.cgroup,
		    loose[i].file);
		must(chown(file, loose[i].uid, 0) == 0 &&
		    chmod(file, loose[i].mode) == 0);
		done = attach(path, text, sizeof(text));
		CHECK_ROW(loose[i].name, done == loose[i].is_fine);
		CHECK_ROW(loose[i].name, done || strstr(text,
		    "/cgroup.procs is not root's alone"));
		CHECK_ROW(loose[i].name, !done || detach());
		must(chown(file, 0, 0) == 0 && chmod(file, 0644) == 0);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	usleep(50000);
	snprintf(path, sizeof(path), "%s/user", instance.cgroup);
	CHECK(group_remove(path) == 0);
}

/* The other end of the one connection to us: is it alive? */
static bool
is_connected(int fd)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };
	char c;

	return poll(&one, 1, 300) == 0 ||
	    (recv(fd, &c, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
}

static bool
hears_datagrams(void)
{
	struct pollfd one = { .fd = echo_udp, .events = POLLIN };
	char c;

	while (recv(echo_udp, &c, 1, MSG_DONTWAIT) >= 0)
		;	/* what was under way */
	return poll(&one, 1, 300) == 1;
}

/* What cannot be made safe is refused, and why is said; what the group had is left
 * as it was. */
static void
check_dangers(void)
{
	static const struct { const char *name; enum past past; const char *why; } dangers[] = {
		{ "a ring",                  PAST_RING, "holds an io_uring" },
		{ "a ring that is mapped",   PAST_MAPPED_RING, "holds an io_uring" },
		{ "a raw socket",            PAST_RAW, "a socket of kind RAW" },
		{ "a packet socket",         PAST_PACKET, "a socket of kind PACKET" },
		{ "a multipath socket",      PAST_MULTIPATH, "a socket of kind MPTCP" },
		{ "one end of a pair",       PAST_PAIR, "other end is outside the group" },
		{ "a helper's unix socket",  PAST_HELPER, "helper.sock, over which others may act" },
		{ "a pair of its own",       PAST_OWN_PAIR, NULL },
		{ "a listener of elsewhere", PAST_LISTENER, "made outside the group" },
		{ "a listener of its own",   PAST_OWN_LISTENER, NULL },
	};
	char path[512], text[4096];

	snprintf(path, sizeof(path), "%s/service", instance.cgroup);
	for (size_t i = 0; i < COUNT(dangers); i++) {
		pid_t pid = other_group(path, dangers[i].past);
		int helped = dangers[i].past == PAST_HELPER ?
		    accept(helper_listener, NULL, NULL) : -1;

		CHECK_ROW(dangers[i].name, attach(path, text, sizeof(text)) == !dangers[i].why);
		CHECK_ROW(text, dangers[i].why ? strstr(text, dangers[i].why) != NULL : detach());
		if (dangers[i].past == PAST_MAPPED_RING) {
			int fd = accept(echo_tcp, NULL, NULL);

			CHECK(is_connected(fd));
			close(fd);
		}
		close_fd(&helped);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		usleep(50000);
		CHECK(group_remove(path) == 0);
	}
}

/* Connections from before end, wherever their descriptors are. */
static void
check_past(void)
{
	static const struct { const char *name; enum past past; } pasts[] = {
		{ "held", PAST_TCP },
		{ "held by a thread with descriptors of its own", PAST_THREAD },
		{ "in flight in a unix socket", PAST_FLIGHT },
		{ "datagrams on loopback", PAST_UDP },
		{ "two of the same addresses", PAST_UDP_PAIR },
	};
	char path[512], text[4096], there[32];

	snprintf(there, sizeof(there), "127.0.0.1:%u", ntohs(echo.sin_port));
	snprintf(path, sizeof(path), "%s/service", instance.cgroup);
	for (size_t i = 0; i < COUNT(pasts); i++) {
		bool is_udp = pasts[i].past >= PAST_UDP;
		pid_t pid = other_group(path, pasts[i].past);
		int fd = is_udp ? -1 : accept(echo_tcp, NULL, NULL);

		CHECK_ROW(pasts[i].name, is_udp ? hears_datagrams() :
		    is_connected(fd));
		entry_count = 0;
		CHECK_ROW(text, attach(path, text, sizeof(text)));
		CHECK(is_silent(WORKER, MSG_NONE, 50));
		CHECK_ROW(pasts[i].name, is_entered(ENTRY_REFUSED, KEY_DESTINATION, there));
		CHECK_ROW(pasts[i].name, is_udp ? !hears_datagrams() :
		    !is_connected(fd));
		CHECK(detach());
		close_fd(&fd);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		usleep(50000);
		CHECK(group_remove(path) == 0);
	}
}

static void
listen_for_echo(void)
{
	socklen_t size = sizeof(echo);

	echo = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	echo_tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(echo_tcp, (struct sockaddr *)&echo, size) == 0 &&
	    listen(echo_tcp, 8) == 0 &&
	    getsockname(echo_tcp, (struct sockaddr *)&echo, &size) == 0);
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, helper_pair) == 0);
	echo_udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	must(bind(echo_udp, (struct sockaddr *)&echo, size) == 0);
}

static void
listen_for_helped(void)
{
	struct sockaddr_un at;
	socklen_t size = helper_address(&at);

	helper_listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(helper_listener, (struct sockaddr *)&at, size) == 0 &&
	    listen(helper_listener, 8) == 0);
}

int
main(void)
{
	listen_for_echo();
	set_up();
	listen_for_helped();
	begin_loader();
	give_view();
	check_attach();
	check_delegated();
	check_dangers();
	check_past();
	CHECK(end_loader(0) == 0);
	tear_down();
	return check_end();
}
