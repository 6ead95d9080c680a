/*
 * connects.c: many connections, and what becomes of each, for scenarios.
 *   connects serve PORT LOG          a backend on 127.0.0.1 that answers each 32 bytes with the first of them. When
 *                                    it is ended (SIGTERM) it writes: accepted, bytes, dialled by whom (UID=COUNT …)
 *   connects storm PORT TRAP LEAST JOBS GO OUT   JOBS processes make connections to PORT, at least LEAST in all and
 *                                    until the file GO is gone, each with a question and its answer; every tenth is
 *                                    tried at TRAP, which is no target and must be refused by policy (EACCES). OUT:
 *                                    "served N refused N lost N slipped N odd N", anew every 1000
 *   connects hold PORT OUT           one connection, a question every 50 ms: a line for each answer, and for its end
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUESTION 32
#define UIDS 16

static int
dial(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		int error = errno;

		close(fd);
		return -error;
	}
	return fd < 0 ? -errno : fd;
}

/* Ask and hear; 0 or what went wrong. */
static int
converse(int fd)
{
	char question[QUESTION], answer;
	ssize_t n;

	memset(question, 'q', sizeof(question));
	if (send(fd, question, sizeof(question), MSG_NOSIGNAL) != sizeof(question))
		return errno;
	n = recv(fd, &answer, 1, 0);
	return n == 1 && answer == 'q' ? 0 : n < 0 ? errno : EPIPE;
}

/* ---- storm -------------------------------------------------------------------- */

struct tally {
	atomic_uint served, refused, lost, slipped, odd;
};
static struct tally *tally;

static void
hang_up(int fd)
{
	struct linger hard = { .l_onoff = 1 };	/* no TIME_WAIT: ports are few */

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
}

static void
try_trap(uint16_t port)
{
	int fd = dial(port);

	if (fd >= 0) {
		atomic_fetch_add(&tally->slipped, 1);
		hang_up(fd);
	} else if (fd != -EACCES) {
		atomic_fetch_add(&tally->odd, 1);
	}
}

static void
try_target(uint16_t port)
{
	int fd = dial(port), error;

	if (fd < 0) {
		atomic_fetch_add(&tally->refused, 1);
		fprintf(stderr, "refused: %s\n", strerror(-fd));
		usleep(1000);
		return;
	}
	error = converse(fd);
	atomic_fetch_add(error ? &tally->lost : &tally->served, 1);
	if (error)
		fprintf(stderr, "lost: %s\n", strerror(error));
	hang_up(fd);
}

static void
work(uint16_t port, uint16_t trap, unsigned int least, const char *go)
{
	for (unsigned int i = 0; i < least || access(go, F_OK) == 0; i++) {
		if (i % 10 == 9)
			try_trap(trap);
		else
			try_target(port);
	}
	_exit(0);
}

static void
report(const char *path)
{
	char new[512];
	FILE *out;

	snprintf(new, sizeof(new), "%s.new", path);
	out = fopen(new, "we");
	if (!out)
		return;
	fprintf(out, "served %u refused %u lost %u slipped %u odd %u\n", tally->served, tally->refused,
	    tally->lost, tally->slipped, tally->odd);
	fclose(out);
	rename(new, path);
}

static int
storm(char **argv)
{
	uint16_t port = (uint16_t)atoi(argv[0]), trap = (uint16_t)atoi(argv[1]);
	unsigned int least = (unsigned int)atoi(argv[2]), jobs = (unsigned int)atoi(argv[3]), left = jobs;

	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (unsigned int i = 0; i < jobs; i++)
		if (fork() == 0)
			work(port, trap, least / jobs, argv[4]);
	while (left > 0) {
		while (left > 0 && waitpid(-1, NULL, WNOHANG) > 0)
			left--;
		report(argv[5]);
		usleep(100 * 1000);
	}
	report(argv[5]);
	return 0;
}

/* ---- hold ----------------------------------------------------------------------- */

static int
hold(char **argv)
{
	FILE *out = fopen(argv[1], "we");
	int fd = dial((uint16_t)atoi(argv[0])), error = fd < 0 ? -fd : 0;

	if (!out)
		return 1;
	while (!error) {
		error = converse(fd);
		if (!error)
			fputs("answer\n", out);
		fflush(out);
		usleep(50 * 1000);
	}
	fprintf(out, "end: %s\n", strerror(error));
	fclose(out);
	return 0;
}

/* ---- serve ----------------------------------------------------------------------- */

static volatile sig_atomic_t over;
static struct {
	unsigned int uid, count;
} dialled[UIDS];

static void
end(int signal)
{
	(void)signal;
	over = 1;
}

static unsigned int own_port;

/* Who made the other end? The kernel's table of sockets says. */
static void
count_uid(const struct sockaddr_in *peer)
{
	FILE *table = fopen("/proc/net/tcp", "re");
	unsigned int uid = 0, address, port, to;
	char line[256];
	size_t i = 0;

	while (table && fgets(line, sizeof(line), table)) {
		if (sscanf(line, " %*d: %x:%x %*x:%x %*x %*x:%*x %*x:%*x %*x %u", &address, &port, &to, &uid) == 4 &&
		    address == peer->sin_addr.s_addr && port == ntohs(peer->sin_port) && to == own_port)
			break;
		uid = UINT32_MAX;	/* it has gone */
	}
	if (table)
		fclose(table);
	while (i + 1 < UIDS && dialled[i].count && dialled[i].uid != uid)
		i++;
	dialled[i].uid = uid;
	dialled[i].count++;
}

static unsigned long long
answer(int fd, bool *gone)
{
	char room[4096];
	ssize_t n = recv(fd, room, sizeof(room), MSG_DONTWAIT);

	*gone = n == 0 || (n < 0 && errno != EAGAIN);
	if (n <= 0)
		return 0;
	for (ssize_t i = 0; i < n / QUESTION; i++)
		(void)send(fd, "q", 1, MSG_NOSIGNAL);
	return (unsigned long long)n;
}

static int
serve(char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[0])),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, peer;
	int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), poll_fd = epoll_create1(EPOLL_CLOEXEC);
	unsigned long long bytes = 0, accepted = 0;
	struct epoll_event event = { .events = EPOLLIN, .data.fd = listener };
	struct sigaction action = { .sa_handler = end };
	FILE *log;

	own_port = ntohs(at.sin_port);
	sigaction(SIGTERM, &action, NULL);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 4096) ||
	    epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &event))
		return 1;
	while (!over) {
		socklen_t size = sizeof(peer);
		bool gone = false;

		if (epoll_wait(poll_fd, &event, 1, 1000) != 1)
			continue;
		if (event.data.fd != listener) {
			bytes += answer(event.data.fd, &gone);
			if (gone)
				close(event.data.fd);
			continue;
		}
		event.data.fd = accept4(listener, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC);
		if (event.data.fd < 0)
			continue;
		accepted++;
		count_uid(&peer);
		event.events = EPOLLIN;
		epoll_ctl(poll_fd, EPOLL_CTL_ADD, event.data.fd, &event);
	}
	log = fopen(argv[1], "we");
	if (!log)
		return 1;
	fprintf(log, "accepted %llu bytes %llu dialled", accepted, bytes);
	for (size_t i = 0; i < UIDS && dialled[i].count; i++)
		fprintf(log, " %u=%u", dialled[i].uid, dialled[i].count);
	fputc('\n', log);
	fclose(log);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 4 && strcmp(what, "serve") == 0)
		return serve(argv + 2);
	if (argc == 8 && strcmp(what, "storm") == 0)
		return storm(argv + 2);
	if (argc == 4 && strcmp(what, "hold") == 0)
		return hold(argv + 2);
	fprintf(stderr, "connects: see its source for how it is used\n");
	return 2;
}
