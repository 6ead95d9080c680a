/*
 * The policy process served over real channels: this test is the keeper, a
 * worker, the broker, the recorder and the warden, the other side a child that
 * runs serve.c with the real post and loop, reading real files.
 */
#include "rules/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "check.h"
#include "loop/loop.h"
#include "msg.h"
#include "out.h"
#include "rules/bundle.h"
#include "rules/job.h"
#include "view.h"

#define FIRST_FD 100	/* our ends: FIRST_FD + slot */

static char directory[] = "/tmp/interlock-serve-XXXXXX";
static struct instance instance = { .uid_base = 60800, .log_level = 0 };

static void
put(const char *text)
{
	char path[300];
	FILE *file;

	snprintf(path, sizeof(path), "%s/policy.yaml", directory);
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
}

static void
open_channels(void)
{
	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		int pair[2];

		if (!msg_has_channel(SLOT_POLICY, slot))
			continue;
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair) ||
		    dup2(pair[0], FIRST_FD + (int)slot) < 0 ||
		    dup2(pair[1], 60 + (int)slot) < 0)
			abort();
		close(pair[0]);
		close(pair[1]);
	}
}

/* In the child: the other ends where msg.h says they are, then serve. */
static void
be_policy(void)
{
	struct serve_start start = { .faults = calloc(1, sizeof(struct faults)) };
	struct serve *serve = NULL;
	struct loop *loop = NULL;
	int status;

	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		close(FIRST_FD + (int)slot);
		if (msg_has_channel(SLOT_POLICY, slot) &&
		    dup2(60 + (int)slot, MSG_FD_CHANNEL(slot)) < 0)
			_exit(9);
		close(60 + (int)slot);
	}
	start.directory_fd = open(directory, O_RDONLY | O_DIRECTORY);
	if (job_compile(directory, 60800, 1, &start.bundle, start.faults) == 0)
		start.epoch = 1;
	else if (bundle_read(&start.bundle, start.directory_fd) == 0) {
		start.epoch = start.bundle->epoch;
		start.is_last = true;
	}
	if (loop_new(&loop) || serve_new(&serve, loop, &instance, &start))
		_exit(8);
	status = loop_run(loop);
	serve_free(&serve);
	loop_free(&loop);
	free(start.faults);
	close(start.directory_fd);
	exit(status ? 7 : 0);
}

static pid_t
begin(void)
{
	pid_t child;

	open_channels();
	child = fork();
	if (child == 0)
		be_policy();
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		close(60 + (int)slot);
	return child;
}

static uint64_t build;	/* as the child writes it */

/* Wait for a message of `type` on our end for `slot`; others before it are passed over. */
static bool
hear(unsigned int slot, uint16_t type, struct span *body, uint64_t *id)
{
	static uint8_t room[70000];

	for (int tries = 0; tries < 400; tries++) {
		struct pollfd wait = { FIRST_FD + (int)slot, POLLIN, 0 };
		char control[CMSG_SPACE(sizeof(int) * 2)];
		struct iovec part = { room, sizeof(room) };
		struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		    .msg_control = control, .msg_controllen = sizeof(control) };
		struct msg_head head;
		ssize_t n;

		if (poll(&wait, 1, 20) != 1)
			continue;
		n = recvmsg(wait.fd, &message, MSG_DONTWAIT);
		if (n < (ssize_t)sizeof(head))
			continue;
		memcpy(&head, room, sizeof(head));
		build = head.build;
		if (head.type != type)
			continue;
		if (id)
			*id = head.id;
		*body = span_of(room + sizeof(head), (size_t)n - sizeof(head));
		return true;
	}
	return false;
}

static bool
hears_nothing(unsigned int slot, uint16_t type)
{
	struct pollfd wait = { FIRST_FD + (int)slot, POLLIN, 0 };
	uint8_t room[70000];

	while (poll(&wait, 1, 150) == 1) {
		struct msg_head head;

		if (recv(wait.fd, room, sizeof(room), MSG_DONTWAIT) < (ssize_t)sizeof(head))
			return true;
		memcpy(&head, room, sizeof(head));
		if (head.type == type)
			return false;
	}
	return true;
}

static void
say(unsigned int slot, uint16_t type, uint64_t id, struct span body)
{
	struct msg_head head = { MSG_VERSION, type, (uint32_t)body.n, build, id };
	uint8_t room[4096];

	memcpy(room, &head, sizeof(head));
	if (body.n)
		memcpy(room + sizeof(head), body.p, body.n);
	if (send(FIRST_FD + (int)slot, room, sizeof(head) + body.n, 0) < 0)
		abort();
}

static void
say_taken(unsigned int slot, uint32_t epoch, uint32_t status)
{
	struct out body = out_new(8);

	out_be32(&body, epoch);
	out_be32(&body, status);
	say(slot, MSG_VIEW_TAKEN, 0, out_view(&body));
	out_free(&body);
}

static void
say_swapped(unsigned int slot, uint32_t epoch)
{
	struct out body = out_new(4);

	out_be32(&body, epoch);
	say(slot, MSG_VIEW_SWAPPED, 0, out_view(&body));
	out_free(&body);
}

static void
say_do(uint64_t id, const char *request)
{
	struct out body = out_new(4096);

	out_block(&body, SPAN("ann"));
	out_be32(&body, 1);
	out_be32(&body, 2);
	out_block(&body, span_text(request));
	say(SLOT_BROKER, MSG_DO, id, out_view(&body));
	out_free(&body);
}

static bool
hear_swap(unsigned int slot, uint32_t epoch)
{
	struct span body;
	uint32_t got;

	return hear(slot, MSG_VIEW_SWAP, &body, NULL) && take_be32(&body, &got) &&
	    body.n == 0 && got == epoch;
}

/* The next line of an answer contains `part`. */
static bool
hear_line(uint64_t id, bool is_last, const char *part)
{
	struct span body, text;
	uint64_t got;
	uint8_t last;

	if (!hear(SLOT_BROKER, MSG_DONE, &body, &got) || !take_u8(&body, &last) ||
	    !take_block(&body, &text) || body.n)
		return false;
	if (got == id && last == is_last && memmem(text.p, text.n, part, strlen(part)))
		return true;
	fprintf(stderr, "  heard: %.*s\n", (int)text.n, text.p);
	return false;
}

static bool
hear_entry(const char *part)
{
	struct span body;

	while (hear(SLOT_RECORDER, MSG_ENTRY, &body, NULL)) {
		if (memmem(body.p, body.n, part, strlen(part)))
			return true;
	}
	return false;
}

static void
end(pid_t child, int expected)
{
	int status = 0;

	say(SLOT_WARDEN, MSG_QUIT, 0, span_of(NULL, 0));
	waitpid(child, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == expected);
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		close(FIRST_FD + (int)slot);
}

/* Both take part: keeper and one worker. */
static void
check_asking(void)
{
	struct view_worker *worker = NULL;
	struct view_keeper *keeper = NULL;
	struct span body;

	CHECK(hear_entry("put in force"));
	say(SLOT_KEEPER, MSG_VIEW_ASK, 0, span_of(NULL, 0));
	CHECK(hear(SLOT_KEEPER, MSG_VIEW_OFFER, &body, NULL));
	CHECK(view_keeper_read(&keeper, body) == 0 && keeper->head.epoch == 1);
	CHECK(hears_nothing(SLOT_KEEPER, MSG_VIEW_SWAP));
	say_taken(SLOT_KEEPER, 1, 0);
	CHECK(hear_swap(SLOT_KEEPER, 1));
	say(SLOT_WORKER, MSG_VIEW_ASK, 0, span_of(NULL, 0));
	CHECK(hear(SLOT_WORKER, MSG_VIEW_OFFER, &body, NULL));
	CHECK(view_worker_read(&worker, body) == 0 && worker->mask_count == 2);
	say_taken(SLOT_WORKER, 1, 0);
	CHECK(hear_swap(SLOT_WORKER, 1));
	view_free(worker);
	view_free(keeper);
}

static void
check_reload(void)
{
	struct span body;

	put("version: 1\nmasks: {m: {detectors: [ip], way: redact}}\n");
	say_do(5, "{\"v\":1,\"do\":\"reload\"}");
	CHECK(hear(SLOT_KEEPER, MSG_VIEW_OFFER, &body, NULL));
	CHECK(hear(SLOT_WORKER, MSG_VIEW_OFFER, &body, NULL));
	say_do(6, "{\"v\":1,\"do\":\"reload\"}");
	CHECK(hear_line(6, true, "another reload is under way"));
	say_taken(SLOT_KEEPER, 2, 0);
	CHECK(hears_nothing(SLOT_KEEPER, MSG_VIEW_SWAP));
	say_taken(SLOT_WORKER, 2, 0);
	CHECK(hear_swap(SLOT_KEEPER, 2) && hear_swap(SLOT_WORKER, 2));
	/* until all go by it, nobody is told that it is done */
	say_swapped(SLOT_KEEPER, 2);
	say_swapped(SLOT_WORKER, 1);
	say_do(20, "{\"v\":1,\"do\":\"reload\"}");
	CHECK(hear_line(20, true, "another reload is under way"));
	say_swapped(SLOT_WORKER, 2);
	CHECK(hear_line(5, true, "\"epoch\":2"));
	CHECK(hear_entry("put in force"));
	say_do(7, "{\"v\":1,\"do\":\"policy\"}");
	CHECK(hear_line(7, true, "\"epoch\":2"));
	say_do(8, "{\"v\":1,\"do\":\"dance\"}");
	CHECK(hear_line(8, true, "does not know"));
}

/* One refuses: nothing changes for anyone. */
static void
check_refusal(void)
{
	struct span body;

	say_do(9, "{\"v\":1,\"do\":\"reload\"}");
	CHECK(hear(SLOT_KEEPER, MSG_VIEW_OFFER, &body, NULL));
	CHECK(hear(SLOT_WORKER, MSG_VIEW_OFFER, &body, NULL));
	say_taken(SLOT_KEEPER, 3, 0);
	say_taken(SLOT_WORKER, 0, ENOMEM);
	CHECK(hear_line(9, true, "worker/0 refused it"));
	CHECK(hears_nothing(SLOT_KEEPER, MSG_VIEW_SWAP));
	CHECK(hears_nothing(SLOT_WORKER, MSG_VIEW_SWAP));
	CHECK(hear_entry("refused"));
}

/* A worker that takes not what another took is ended in place of the reload. */
static void
check_lone_refusal(void)
{
	struct span body;

	say(SLOT_WORKER + 1, MSG_VIEW_ASK, 0, span_of(NULL, 0));
	CHECK(hear(SLOT_WORKER + 1, MSG_VIEW_OFFER, &body, NULL));
	say_taken(SLOT_WORKER + 1, 2, 0);
	CHECK(hear_swap(SLOT_WORKER + 1, 2));
	/* both refuse: there is something in it */
	say_do(30, "{\"v\":1,\"do\":\"reload\"}");
	CHECK(hear(SLOT_KEEPER, MSG_VIEW_OFFER, &body, NULL));
	say_taken(SLOT_KEEPER, 3, 0);
	say_taken(SLOT_WORKER, 0, EINVAL);
	say_taken(SLOT_WORKER + 1, 0, EINVAL);
	CHECK(hear_line(30, true, "worker/0 refused it"));
	CHECK(hears_nothing(SLOT_KEEPER, MSG_VIEW_SWAP));
	/* the keeper refuses: nobody is ended for that */
	say_do(31, "{\"v\":1,\"do\":\"reload\"}");
	CHECK(hear(SLOT_KEEPER, MSG_VIEW_OFFER, &body, NULL));
	say_taken(SLOT_WORKER, 3, 0);
	say_taken(SLOT_WORKER + 1, 3, 0);
	say_taken(SLOT_KEEPER, 0, ENOMEM);
	CHECK(hear_line(31, true, "keeper refused it"));
	CHECK(hears_nothing(SLOT_WARDEN, MSG_SENDER_FAULT));
	/* one refuses alone, and so does the resolver */
	say(SLOT_RESOLVER, MSG_VIEW_ASK, 0, span_of(NULL, 0));
	CHECK(hear(SLOT_RESOLVER, MSG_VIEW_OFFER, &body, NULL));
	say_taken(SLOT_RESOLVER, 2, 0);
	CHECK(hear_swap(SLOT_RESOLVER, 2));
	say_do(32, "{\"v\":1,\"do\":\"reload\"}");
	CHECK(hear(SLOT_KEEPER, MSG_VIEW_OFFER, &body, NULL));
	say_taken(SLOT_RESOLVER, 0, EINVAL);
	say_taken(SLOT_WORKER + 1, 0, EINVAL);
	say_taken(SLOT_WORKER, 3, 0);
	say_taken(SLOT_KEEPER, 3, 0);
	CHECK(hear_swap(SLOT_KEEPER, 3) && hear_swap(SLOT_WORKER, 3));
	CHECK(hear(SLOT_WARDEN, MSG_SENDER_FAULT, &body, NULL));
	CHECK(body.n == 3 && body.p[0] == SLOT_RESOLVER);
	CHECK(hear(SLOT_WARDEN, MSG_SENDER_FAULT, &body, NULL));
	CHECK(body.n == 3 && body.p[0] == SLOT_WORKER + 1);
	CHECK(hears_nothing(SLOT_RESOLVER, MSG_VIEW_SWAP));
	CHECK(hears_nothing(SLOT_WORKER + 1, MSG_VIEW_SWAP));
	say_swapped(SLOT_KEEPER, 3);
	say_swapped(SLOT_WORKER, 3);
	CHECK(hear_line(32, true, "\"epoch\":3"));
	CHECK(hear_entry("worker/1 alone did not take the policy"));
}

static void
check_faults(void)
{
	put("version: 1\nmasks: {m: {way: no}}\nbad: 1\n");
	say_do(10, "{\"v\":1,\"do\":\"reload\"}");
	CHECK(hear_line(10, false, "\"line\":2"));
	CHECK(hear_line(10, false, "\"line\":3"));
	CHECK(hear_line(10, true, "\"ok\":false"));
	CHECK(hear_entry("policy.yaml:2:"));
	CHECK(hears_nothing(SLOT_WORKER, MSG_VIEW_OFFER));
	say_do(11, "{\"v\":1,\"do\":\"policy\"}");
	CHECK(hear_line(11, true, "\"faults\":2"));
}

/*
 * What ends the reload under way comes on other channels than the wish for a new one,
 * so that may be refused at first: ask until it begins. The id it began with.
 */
static uint64_t
reload_begins(uint64_t id)
{
	struct pollfd fds[] = {
		{ .fd = FIRST_FD + SLOT_KEEPER, .events = POLLIN },
		{ .fd = FIRST_FD + SLOT_BROKER, .events = POLLIN },
	};

	for (;; id++) {
		say_do(id, "{\"v\":1,\"do\":\"reload\"}");
		if (poll(fds, COUNT(fds), -1) < 0 || fds[0].revents)
			return id;
		CHECK(hear_line(id, true, "another reload is under way"));
	}
}

/* A process that dies in the first phase is not waited for; when it is back it asks. */
static void
check_death(void)
{
	uint8_t slot = SLOT_WORKER;
	struct span body;
	uint64_t id;

	put("version: 1\n");
	say(SLOT_WARDEN, MSG_RELOAD, 0, span_of(NULL, 0));
	CHECK(hear(SLOT_KEEPER, MSG_VIEW_OFFER, &body, NULL));
	CHECK(hear(SLOT_WORKER, MSG_VIEW_OFFER, &body, NULL));
	say_taken(SLOT_KEEPER, 4, 0);
	say(SLOT_WARDEN, MSG_PEER_DOWN, 0, span_of(&slot, 1));
	CHECK(hear_swap(SLOT_KEEPER, 4));
	CHECK(hears_nothing(SLOT_WORKER, MSG_VIEW_SWAP));
	say(SLOT_WORKER, MSG_VIEW_ASK, 0, span_of(NULL, 0));
	CHECK(hear(SLOT_WORKER, MSG_VIEW_OFFER, &body, NULL));
	say_taken(SLOT_WORKER, 4, 0);
	CHECK(hear_swap(SLOT_WORKER, 4));
	/* nor in the second phase: what it was told it has lost */
	say_do(21, "{\"v\":1,\"do\":\"reload\"}");
	CHECK(hear_line(21, true, "another reload is under way"));
	say(SLOT_WARDEN, MSG_PEER_DOWN, 0, span_of(&slot, 1));
	say_swapped(SLOT_KEEPER, 4);
	id = reload_begins(22);
	CHECK(hear(SLOT_KEEPER, MSG_VIEW_OFFER, &body, NULL));
	say_taken(SLOT_KEEPER, 5, 0);
	CHECK(hear_swap(SLOT_KEEPER, 5));
	say_swapped(SLOT_KEEPER, 5);
	CHECK(hear_line(id, true, "\"epoch\":5"));
}

/* A new start with a faulty policy: the last good one, and an alarm. */
static void
check_last(void)
{
	struct bundle *bundle = NULL;
	struct span body;
	char path[300];
	int fd = open(directory, O_RDONLY | O_DIRECTORY);
	FILE *file;
	pid_t child;

	CHECK(bundle_read(&bundle, fd) == 0 && bundle && bundle->epoch == 5);
	bundle_free(&bundle);
	put("version: 2\n");
	child = begin();
	CHECK(hear_entry("the last good one"));
	say(SLOT_WORKER, MSG_VIEW_ASK, 0, span_of(NULL, 0));
	CHECK(hear(SLOT_WORKER, MSG_VIEW_OFFER, &body, NULL));
	end(child, 0);
	/* torn: nothing is in force, and nobody is offered anything */
	snprintf(path, sizeof(path), "%s/last", directory);
	file = fopen(path, "r+");
	CHECK(file && fseek(file, 60, SEEK_SET) == 0 && fputc('x', file) == 'x' && fclose(file) == 0);
	CHECK(bundle_read(&bundle, fd) == -EINVAL);
	for (off_t n = 0; n < 200; n += 7) {
		CHECK(truncate(path, n) == 0);
		CHECK(bundle_read(&bundle, fd) == -EINVAL && !bundle);
	}
	child = begin();
	CHECK(hear_entry("everything is denied"));
	say(SLOT_WORKER, MSG_VIEW_ASK, 0, span_of(NULL, 0));
	CHECK(hears_nothing(SLOT_WORKER, MSG_VIEW_OFFER));
	end(child, 0);
	close(fd);
}

int
main(void)
{
	char path[300];
	pid_t child;

	if (!mkdtemp(directory))
		return 1;
	snprintf(instance.policy_directory, sizeof(instance.policy_directory), "%s", directory);
	put("version: 1\n");
	child = begin();
	check_asking();
	check_reload();
	check_refusal();
	check_lone_refusal();
	check_faults();
	check_death();
	end(child, 0);
	check_last();
	snprintf(path, sizeof(path), "rm -r %s", directory);
	return system(path) ? 1 : check_end();
}
