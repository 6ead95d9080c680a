/*
 * Bytes arrive in both directions, all of them, in order, whatever the sizes; the
 * end of one direction is handed on and the other goes on (the half-close matrix).
 */
#include "splice/splice.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "check.h"
#include "loop/loop.h"

static struct loop *loop;
static int ended = 1;

static void
end(void *arg, int status)
{
	(void)arg;
	ended = status;
	loop_stop(loop, 0);
}

/* A connected pair of TCP sockets. */
static void
pair(int fds[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int door = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(bind(door, (struct sockaddr *)&at, size) == 0 && listen(door, 1) == 0);
	CHECK(getsockname(door, (struct sockaddr *)&at, &size) == 0);
	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(connect(fds[0], (struct sockaddr *)&at, size) == 0);
	fds[1] = accept(door, NULL, NULL);
	close(door);
}

static uint64_t
push(int fd, size_t n, unsigned int seed)
{
	uint8_t buffer[10007];
	uint64_t sum = 0;

	while (n) {
		size_t part = n < sizeof(buffer) ? n : sizeof(buffer);

		for (size_t i = 0; i < part; i++) {
			seed = seed * 1103515245 + 12345;
			buffer[i] = (uint8_t)(seed >> 16);
			sum = sum * 131 + buffer[i];
		}
		for (size_t done = 0; done < part;)
			done += (size_t)write(fd, buffer + done, part - done);
		n -= part;
	}
	return sum;
}

static uint64_t
pull(int fd, size_t *n)
{
	uint8_t buffer[7001];
	uint64_t sum = 0;
	ssize_t part;

	*n = 0;
	while ((part = read(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t i = 0; i < part; i++)
			sum = sum * 131 + buffer[i];
		*n += (size_t)part;
	}
	return sum;
}

/* The far side: read all, or answer after the end, as asked. Exits 0 when the sums match. */
static void
far(int fd, size_t asked, size_t answered, bool answer_first, unsigned int seed)
{
	size_t n;
	uint64_t want, got;

	if (answer_first) {
		push(fd, answered, seed + 1);
		shutdown(fd, SHUT_WR);
	}
	got = pull(fd, &n);
	if (!answer_first)
		push(fd, answered, seed + 1);
	{
		int sink = open("/dev/null", O_WRONLY);

		want = push(sink, asked, seed);
	}
	_exit(n == asked && got == want ? 0 : 1);
}

static void
near(int fd, size_t asked, size_t answered, unsigned int seed)
{
	size_t n;
	uint64_t want, got;
	int sink = open("/dev/null", O_WRONLY);

	push(fd, asked, seed);
	shutdown(fd, SHUT_WR);
	got = pull(fd, &n);
	want = push(sink, answered, seed + 1);
	_exit(n == answered && got == want ? 0 : 1);
}

/* The first bytes are announced once, while they can still be peeked at. */
static int spoke, spoke_fd;

static void
first(void *arg)
{
	char byte;

	(void)arg;
	CHECK(recv(spoke_fd, &byte, 1, MSG_PEEK) == 1);
	spoke++;
}

static void
carry(size_t asked, size_t answered, bool answer_first)
{
	struct splice *splice = NULL;
	int client[2], server[2], status = 1;
	pid_t one, two;

	pair(client);
	pair(server);
	one = fork();
	if (one == 0) {
		close(client[1]), close(server[0]), close(server[1]);
		near(client[0], asked, answered, 7);
	}
	two = fork();
	if (two == 0) {
		close(client[0]), close(client[1]), close(server[0]);
		far(server[1], asked, answered, answer_first, 7);
	}
	close(client[0]);
	close(server[1]);
	fcntl(client[1], F_SETFL, O_NONBLOCK);
	fcntl(server[0], F_SETFL, O_NONBLOCK);
	ended = 1;
	spoke = 0;
	spoke_fd = client[1];
	CHECK(loop_new(&loop) == 0);
	CHECK(splice_new(&splice, loop, client[1], server[0], first, end, NULL) == 0);
	loop_run(loop);
	CHECK(ended == 0);
	CHECK(spoke == (asked > 0));
	CHECK(splice_totals(splice).asked == asked);
	CHECK(splice_totals(splice).sent == asked);
	CHECK(splice_totals(splice).received == answered);
	CHECK(splice_totals(splice).answered == answered);
	splice_free(&splice);
	loop_free(&loop);
	close(client[1]);
	close(server[0]);
	waitpid(one, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	waitpid(two, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int
main(void)
{
	static const size_t sizes[] = { 0, 1, 65536, 3000000 };

	for (size_t i = 0; i < COUNT(sizes); i++)
		for (size_t j = 0; j < COUNT(sizes); j++) {
			carry(sizes[i], sizes[j], false);
			carry(sizes[i], sizes[j], true);
		}
	return check_end();
}
