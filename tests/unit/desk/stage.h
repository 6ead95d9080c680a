/*
 * stage.h: a broker in a process of its own, and a test that is everybody else: the
 * other processes on their channels, and people of several uids on the socket.
 */
#ifndef DESK_STAGE_H
#define DESK_STAGE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "desk/desk.h"
#include "entry.h"
#include "msg/post.h"
#include "view.h"

#include "check.h"

enum { ALICE = 61001, BOB, OWEN, STAN, ADAM, AUDREY, NOBODY };
#define WORKER SLOT_WORKER

struct heard {
	uint16_t type;
	uint64_t id;
	size_t n;
	int fd;
	uint8_t body[8192];
};

static const unsigned int slots[] = {
	SLOT_WARDEN, SLOT_LOADER, SLOT_POLICY, SLOT_KEEPER, SLOT_RECORDER, WORKER
};
static struct instance instance = { .uid_base = 60800 };
static int ends[SLOTS];
static pid_t broker;
static uint64_t build;
static struct heard last[SLOTS];		/* last message of interest to each */
static unsigned int counts[SLOTS][MSG_TYPES];
static unsigned int entries[ENTRY_KINDS];
static char last_decision[32], last_person[32];
static bool loader_answers, recorder_answers = true;
static uint8_t unanswered[17];
static bool has_unanswered;
static char own_cgroup[512];
static char *answer;			/* shared: what a person was told */
#define ANSWER_SIZE 65536

/* ---- playing the other processes --------------------------------------------------- */

static void
tell(unsigned int slot, uint16_t type, uint64_t id, const struct out *body)
{
	struct msg_head head = { MSG_VERSION, type, body ? (uint32_t)body->n : 0, build, id };
	struct iovec parts[2] = { { &head, sizeof(head) }, { body ? body->p : NULL, body ? body->n : 0 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

	CHECK(sendmsg(ends[slot], &message, MSG_NOSIGNAL) > 0);
}

static void
tell_done(unsigned int slot, uint64_t id, bool is_last, const char *json)
{
	struct out body = out_new(10000);

	out_u8(&body, is_last);
	out_block(&body, span_text(json));
	tell(slot, MSG_DONE, id, &body);
	out_free(&body);
}

static void
keep_entry(const uint8_t *kept)
{
	struct out body = out_new(100);

	out_u8(&body, kept[0]);
	out_u8(&body, 0);
	out_bytes(&body, kept + 1, 16);
	tell(SLOT_RECORDER, MSG_KEPT, 0, &body);
	out_free(&body);
}

static void
hear_entry(const struct heard *h)
{
	struct span cbor, text, body = span_of(h->body + 17, h->n - 17);
	uint64_t kind = 0;

	CHECK(take_block(&body, &cbor) && body.n == 0);
	CHECK(entry_is_valid(cbor) && entry_get_uint(cbor, KEY_KIND, &kind));
	entries[kind < ENTRY_KINDS ? kind : 0]++;
	if (kind == ENTRY_DECISION && entry_get_text(cbor, KEY_DECISION, &text))
		snprintf(last_decision, sizeof(last_decision), "%.*s", (int)text.n, (const char *)text.p);
	if (entry_get_text(cbor, KEY_PERSON, &text))
		snprintf(last_person, sizeof(last_person), "%.*s", (int)text.n, (const char *)text.p);
	memcpy(unanswered, h->body, 17);
	has_unanswered = true;
	if (recorder_answers)
		keep_entry(unanswered);
}

static void
hear_loader(const struct heard *h)
{
	if (h->type == MSG_DO && loader_answers && memmem(h->body, h->n, "\"status\"", 8))
		tell_done(SLOT_LOADER, h->id, true, "{\"v\":1,\"ok\":true,\"whole\":true,\"sessions\":[]}");
}

static bool
hear(unsigned int slot)
{
	struct heard h = { .fd = -1 };
	struct msg_head head;
	struct iovec parts[2] = { { &head, sizeof(head) }, { h.body, sizeof(h.body) } };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2,
		.msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(ends[slot], &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < (ssize_t)sizeof(head))
		return false;
	if (CMSG_FIRSTHDR(&message))
		memcpy(&h.fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	build = head.build;
	h.type = head.type;
	h.id = head.id;
	h.n = (size_t)n - sizeof(head);
	counts[slot][h.type]++;
	if (h.type == MSG_BEAT || h.type == MSG_READY)
		return true;
	if (h.type == MSG_ENTRY)
		hear_entry(&h);
	last[slot] = h;
	if (slot == SLOT_LOADER)
		hear_loader(&h);
	if (slot == SLOT_POLICY && h.type == MSG_DO)
		tell_done(SLOT_POLICY, h.id, true, "{\"v\":1,\"ok\":true,\"epoch\":7}");
	if (slot == SLOT_RECORDER && h.type == MSG_DO)
		tell_done(SLOT_RECORDER, h.id, true, "{\"v\":1,\"ok\":true,\"ledger\":{\"is_full\":false}}");
	return true;
}

/* Serve for about `ms`. */
static void
pump(int ms)
{
	uint64_t until = clock_mono() + (uint64_t)ms * MILLISECOND_NS;

	do {
		struct pollfd fds[COUNT(slots)];

		for (size_t i = 0; i < COUNT(slots); i++)
			fds[i] = (struct pollfd){ ends[slots[i]], POLLIN, 0 };
		poll(fds, COUNT(slots), 5);
		for (size_t i = 0; i < COUNT(slots); i++)
			while (hear(slots[i]))
				;
	} while (clock_mono() < until);
}

/* ---- playing people ----------------------------------------------------------------- */

static int
dial(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/control.sock", instance.run_directory);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		_exit(9);
	return fd;
}

/* With descriptors 0, 1 and 2, if wanted. 0 or -errno. */
static int
send_bytes(int fd, const char *bytes, size_t n, bool with_stdio)
{
	static const int stdio[3] = { 0, 1, 2 };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(stdio))] = { 0 };
	struct iovec part = { (void *)(uintptr_t)bytes, n };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (with_stdio) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		struct cmsghdr *c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(stdio));
		memcpy(CMSG_DATA(c), stdio, sizeof(stdio));
	}
	while (part.iov_len) {
		ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);

		if (sent <= 0)
			return -errno;
		part.iov_base = (char *)part.iov_base + sent;
		part.iov_len -= (size_t)sent;
		message.msg_controllen = 0;
	}
	return 0;
}

/* As read(); a socket that comes along is given our descriptors. */
static ssize_t
read_and_give(int fd, char *room, size_t size)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = { room, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	int to;

	if (n > 0 && CMSG_FIRSTHDR(&message)) {
		memcpy(&to, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
		if (send_bytes(to, "", 1, true))
			_exit(5);
		close(to);
	}
	return n;
}

/* Somebody with this uid sends a line; everything up to the last word is kept in `answer`. */
static pid_t
person_begins(uint32_t uid, const char *line, size_t n)
{
	pid_t pid = fork();
	size_t have = 0;
	int fd;

	memset(answer, 0, pid ? 0 : ANSWER_SIZE);
	if (pid)
		return pid;
	if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		_exit(8);
	fd = dial();
	(void)send_bytes(fd, line, n, false);	/* it may be refused before its end */
	while (have < ANSWER_SIZE - 1) {
		ssize_t got = read_and_give(fd, answer + have, ANSWER_SIZE - 1 - have);

		if (got <= 0)
			_exit(7);
		have += (size_t)got;
		if (strstr(answer, "\"ok\"") && answer[have - 1] == '\n')
			_exit(0);
	}
	_exit(6);
}

static int
person_ends(pid_t pid)
{
	uint64_t until = clock_mono() + 5 * SECOND_NS;
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		pump(5);
		if (clock_mono() > until) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return 99;
		}
	}
	return WEXITSTATUS(status);
}

__attribute__((format(printf, 2, 3)))
static const char *
person(uint32_t uid, const char *format, ...)
{
	char line[4096];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	person_ends(person_begins(uid, line, (size_t)n));
	return answer;
}

static bool
says(const char *told, const char *what)
{
	if (strstr(told, what))
		return true;
	fprintf(stderr, "wanted %s in: %.400s\n", what, told);
	return false;
}

#define OK "\"ok\":true"
#define NO "\"ok\":false"

/* ---- the scene ------------------------------------------------------------------------ */

static void
start(void)
{
	int pairs[SLOTS][2];

	memset(ends, -1, sizeof(ends));
	for (size_t i = 0; i < COUNT(slots); i++)
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pairs[slots[i]]))
			abort();
	broker = fork();
	if (broker == 0) {
		int listener;

		for (size_t i = 0; i < COUNT(slots); i++)
			pairs[slots[i]][1] = fcntl(pairs[slots[i]][1], F_DUPFD_CLOEXEC, 100);
		for (int fd = 3; fd < 100; fd++)	/* what is open there looks like a channel */
			close(fd);
		for (size_t i = 0; i < COUNT(slots); i++)
			dup2(pairs[slots[i]][1], MSG_FD_CHANNEL(slots[i]));
		for (size_t i = 0; i < COUNT(slots); i++)
			close(pairs[slots[i]][1]);
		if (getenv("INTERLOCK_BROKER")) {	/* the boxed one */
			dup2(fcntl(instance_seal(&instance), F_DUPFD, 100), MSG_FD_INSTANCE);
			execl(getenv("INTERLOCK_BROKER"), "broker", NULL);
			_exit(4);
		}
		log_open("broker", LOG_LEVEL_ERROR);
		listener = desk_listen(&instance);
		_exit(listener < 0 ? 3 : desk_serve(&instance, listener));
	}
	for (size_t i = 0; i < COUNT(slots); i++) {
		close(pairs[slots[i]][1]);
		ends[slots[i]] = pairs[slots[i]][0];
	}
	pump(300);
	CHECK(counts[SLOT_WARDEN][MSG_READY] == 1);
	CHECK(counts[SLOT_POLICY][MSG_VIEW_ASK] == 1);
}

/* `groups`: of approvers, two of them. */
static void
give_groups(uint32_t epoch, struct view_approvers *groups)
{
	static struct view_person people[] = {
		{ "alice", ALICE }, { "bob", BOB }, { "owen", OWEN }, { "stan", STAN },
		{ "adam", ADAM }, { "audrey", AUDREY },
	};
	static struct view_skill skill = { .name = "reporter", .owner = "owen", .uid = 5, .gid = 5,
		.user = "", .folder = "", .executable = "" };
	static const char *admins[] = { "adam" }, *auditors[] = { "audrey" };
	struct view_broker view = {
		.head = { .epoch = epoch }, .people = people, .person_count = COUNT(people),
		.approvers = groups, .approver_count = 2, .skills = &skill, .skill_count = 1,
		.admins = admins, .admin_count = 1, .auditors = auditors, .auditor_count = 1,
	};
	struct out body = out_new(100000);

	view_broker_pack(&view, &body);
	tell(SLOT_POLICY, MSG_VIEW_OFFER, 0, &body);
	pump(50);
	CHECK(last[SLOT_POLICY].type == MSG_VIEW_TAKEN && last[SLOT_POLICY].body[7] == 0);
	out_clear(&body);
	out_be32(&body, epoch);
	tell(SLOT_POLICY, MSG_VIEW_SWAP, 0, &body);
	out_free(&body);
	pump(50);
}

static const char *staff[] = { "alice", "bob", "owen", "stan", "audrey" };

static void
give_policy(uint32_t epoch)
{
	struct view_approvers groups[] = { { "one", staff, COUNT(staff), 1 }, { "two", staff, COUNT(staff), 2 } };

	give_groups(epoch, groups);
}

#endif
