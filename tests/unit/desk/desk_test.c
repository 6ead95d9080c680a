/*
 * The broker, for real, in a process of its own: the test plays all the other
 * processes on its channels and sends people of several uids to its socket.
 * Needs root, to be other people; says so where it is not. INTERLOCK_BROKER
 * names a broker program to test in its box, in place of the one linked here,
 * INTERLOCK_COMMAND the command `interlock` to be tried against it too.
 */
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

static void
give_policy(uint32_t epoch)
{
	static struct view_person people[] = {
		{ "alice", ALICE }, { "bob", BOB }, { "owen", OWEN }, { "stan", STAN },
		{ "adam", ADAM }, { "audrey", AUDREY },
	};
	static const char *group[] = { "alice", "bob", "owen", "stan", "audrey" };
	static struct view_approvers approvers[] = {
		{ "one", group, COUNT(group), 1 }, { "two", group, COUNT(group), 2 },
	};
	static struct view_skill skill = { .name = "reporter", .owner = "owen", .uid = 5, .gid = 5,
		.user = "", .folder = "", .executable = "" };
	static const char *admins[] = { "adam" }, *auditors[] = { "audrey" };
	struct view_broker view = {
		.head = { .epoch = epoch }, .people = people, .person_count = COUNT(people),
		.approvers = approvers, .approver_count = 2, .skills = &skill, .skill_count = 1,
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

static struct hold
sample(uint32_t chance, uint32_t group)
{
	static struct hold_value value = { SPAN("42"), 23, false, false };
	struct hold hold = {
		.id = { ID_HOLD, 8, chance, 1000 }, .session = { ID_SESSION, 1, 2, 1001 },
		.flow = { ID_FLOW, 8, 3, 1002 }, .turn = { ID_TURN, 8, chance, 1003 },
		.skill = SPAN("reporter"), .starter = SPAN("stan"), .target = SPAN("shop"),
		.role = SPAN("writer"), .starter_uid = STAN, .transaction = 'I', .phase = 2,
		.text = SPAN("delete from orders where id = $1"), .values = &value, .value_count = 1,
		.acts = SPAN("[{\"effect\":\"delete\",\"object\":\"public.orders\"}]"),
		.rule = SPAN("policy.yaml:4"), .why = SPAN("held"),
		.approvers = group, .need = group + 1, .expires_s = 60, .epoch = 7,
	};

	return hold;
}

static void
open_hold(struct hold *hold, char *id, char *hex)
{
	struct out body = out_new(10000);

	hold_cover(hold, &body);
	SHA256(body.p, body.n, hold->digest);
	out_clear(&body);
	hold_pack(hold, &body);
	tell(WORKER, MSG_HOLD, 0, &body);
	out_free(&body);
	id_format(&hold->id, id);
	for (int i = 0; i < 32; i++)
		sprintf(hex + 2 * i, "%02x", hold->digest[i]);
	pump(60);
}

/* What the worker was last told of a hold: 1, 0, or -1 when nothing new. */
static int
decided(const struct hold *hold, char *people)
{
	struct span body = span_of(last[WORKER].body, last[WORKER].n), digest, reason, names;
	struct id id;
	uint8_t approved;

	if (last[WORKER].type != MSG_DECIDED)
		return -1;
	last[WORKER].type = 0;
	CHECK(msg_take_id(&body, &id) && take_bytes(&body, 32, &digest) && take_u8(&body, &approved) &&
	    take_block(&body, &reason) && take_block(&body, &names) && body.n == 0);
	CHECK(id_equal(&id, &hold->id) && memcmp(digest.p, hold->digest, 32) == 0);
	if (people)
		sprintf(people, "%.*s", (int)names.n, (const char *)names.p);
	return approved;
}

#define APPROVE "{\"v\":1,\"do\":\"approve\",\"hold\":\"%s\",\"digest\":\"%s\"}\n"
#define DENY "{\"v\":1,\"do\":\"deny\",\"hold\":\"%s\",\"reason\":\"no\"}\n"

/* ---- scenes ---------------------------------------------------------------------------- */

static void
starting(void)
{
	struct hold hold = sample(1, 0);
	char id[ID_TEXT_SIZE], hex[65];

	CHECK(says(person(NOBODY, "{\"v\":1,\"do\":\"holds\"}\n"), NO));
	CHECK(says(person(ALICE, "{\"v\":1,\"do\":\"holds\"}\n"), NO));	/* no policy, no people */
	give_policy(7);
	CHECK(says(person(ALICE, "{\"v\":1,\"do\":\"holds\"}\n"), OK));
	open_hold(&hold, id, hex);
	CHECK(says(person(ALICE, APPROVE, id, hex), "starting"));	/* the loader has not told yet */
	loader_answers = true;
	pump(4500);	/* the first question has timed out and is asked again */
	CHECK(says(person(ALICE, APPROVE, id, hex), OK));
	CHECK(decided(&hold, NULL) == 1);
}

static void
who_may_approve(void)
{
	struct hold hold = sample(2, 0);
	char id[ID_TEXT_SIZE], hex[65], people[100];
	unsigned int before = entries[ENTRY_HOLD];

	open_hold(&hold, id, hex);
	CHECK(entries[ENTRY_HOLD] == before + 1);
	CHECK(says(person(ALICE, "{\"v\":1,\"do\":\"holds\"}\n"), id));
	CHECK(!strstr(person(NOBODY, "{\"v\":1,\"do\":\"holds\"}\n"), id));
	CHECK(says(person(AUDREY, "{\"v\":1,\"do\":\"show\",\"hold\":\"%s\"}\n", id), hex));
	CHECK(says(person(ALICE, "{\"v\":1,\"do\":\"show\",\"hold\":\"%s\"}\n", id), "\"may_approve\":true"));
	CHECK(says(answer, "where id = $1") && says(answer, "\"value\":\"42\"") && says(answer, "public.orders"));
	CHECK(says(person(OWEN, APPROVE, id, hex), "owner"));
	CHECK(says(person(STAN, APPROVE, id, hex), "started"));
	CHECK(says(person(AUDREY, APPROVE, id, hex), "auditor"));
	CHECK(says(person(ADAM, APPROVE, id, hex), "not among"));
	CHECK(says(person(0, APPROVE, id, hex), "may not"));
	CHECK(says(person(NOBODY, APPROVE, id, hex), NO));
	hex[0] = hex[0] == '0' ? '1' : '0';
	CHECK(says(person(ALICE, APPROVE, id, hex), "digest"));
	hex[0] = hex[0] == '0' ? '1' : '0';
	CHECK(decided(&hold, NULL) == -1);
	for (int i = 0; i < 32; i++)
		sprintf(hex + 2 * i, "%02x", hold.digest[i]);
	CHECK(says(person(ALICE, APPROVE, id, hex), OK));
	CHECK(decided(&hold, people) == 1 && strcmp(people, "alice") == 0);
	CHECK(strcmp(last_decision, "approve") == 0 && strcmp(last_person, "alice") == 0);
	CHECK(says(person(ALICE, APPROVE, id, hex), "no such hold"));	/* once */
}

static void
nothing_before_the_record(void)
{
	struct hold hold = sample(3, 0);
	char id[ID_TEXT_SIZE], hex[65], line[300];
	pid_t pid;

	recorder_answers = false;
	open_hold(&hold, id, hex);
	CHECK(!strstr(person(ALICE, "{\"v\":1,\"do\":\"holds\"}\n"), id));	/* not on disk: not there */
	keep_entry(unanswered);
	pump(50);
	CHECK(says(person(ALICE, "{\"v\":1,\"do\":\"holds\"}\n"), id));
	snprintf(line, sizeof(line), APPROVE, id, hex);
	has_unanswered = false;
	pid = person_begins(ALICE, line, strlen(line));
	for (int i = 0; i < 100 && !has_unanswered; i++)
		pump(10);
	pump(100);
	CHECK(has_unanswered && decided(&hold, NULL) == -1 && waitpid(pid, NULL, WNOHANG) == 0);
	keep_entry(unanswered);
	CHECK(person_ends(pid) == 0 && says(answer, OK));
	pump(300);	/* its word to the worker comes after that to the person */
	CHECK(decided(&hold, NULL) == 1);
	recorder_answers = true;
}

static void
two_people(void)
{
	struct hold hold = sample(4, 1);
	char id[ID_TEXT_SIZE], hex[65], people[100];

	hold.need = 1;		/* the group wants two */
	open_hold(&hold, id, hex);
	CHECK(says(person(ALICE, APPROVE, id, hex), "\"approved_by\":1"));
	CHECK(decided(&hold, NULL) == -1);
	CHECK(says(person(ALICE, APPROVE, id, hex), "another person"));
	CHECK(says(person(BOB, APPROVE, id, hex), "\"approved_by\":2"));
	CHECK(decided(&hold, people) == 1 && strcmp(people, "alice, bob") == 0);
}

static void
denied_and_expired(void)
{
	struct hold hold = sample(5, 0);
	char id[ID_TEXT_SIZE], hex[65];

	open_hold(&hold, id, hex);
	CHECK(says(person(NOBODY, DENY, id), NO));
	CHECK(says(person(AUDREY, DENY, id), "may not deny"));
	CHECK(says(person(0, DENY, id), OK));
	CHECK(decided(&hold, NULL) == 0 && strcmp(last_decision, "deny") == 0);
	hold = sample(6, 0);
	hold.expires_s = 1;
	open_hold(&hold, id, hex);
	pump(1300);
	CHECK(decided(&hold, NULL) == 0 && strcmp(last_decision, "expired") == 0);
	hold = sample(7, 0);
	hold.epoch = 99;	/* judged by a policy we never saw */
	open_hold(&hold, id, hex);
	CHECK(decided(&hold, NULL) == 0);
}

static void
leave(const struct hold *hold)
{
	struct out body = out_new(100);

	msg_put_id(&body, &hold->id);
	tell(WORKER, MSG_HOLD_LEFT, 0, &body);
	out_free(&body);
	pump(60);
}

static uint32_t
ask_earlier(const struct hold *hold, const char *skill)
{
	struct out body = out_new(200);

	out_bytes(&body, hold->digest, 32);
	out_block(&body, span_text(skill));
	last[WORKER].type = 0;
	tell(WORKER, MSG_APPROVED_ASK, 77, &body);
	out_free(&body);
	pump(60);
	CHECK(last[WORKER].type == MSG_APPROVED_IS && last[WORKER].id == 77);
	return span_be32(span_of(last[WORKER].body, 4), 0);
}

static void
left(void)
{
	struct hold hold = sample(8, 0);
	char id[ID_TEXT_SIZE], hex[65];

	open_hold(&hold, id, hex);
	leave(&hold);
	CHECK(strcmp(last_decision, "withdrawn") == 0);
	CHECK(says(person(ALICE, APPROVE, id, hex), "no such hold"));
	hold = sample(9, 0);
	hold.retry_s = 60;
	open_hold(&hold, id, hex);
	leave(&hold);
	CHECK(ask_earlier(&hold, "reporter") == ENOENT);	/* not approved yet */
	CHECK(says(person(ALICE, "{\"v\":1,\"do\":\"holds\"}\n"), "awaiting retry"));
	CHECK(says(person(BOB, APPROVE, id, hex), OK));
	CHECK(decided(&hold, NULL) == -1);
	CHECK(ask_earlier(&hold, "other") == ENOENT);
	CHECK(ask_earlier(&hold, "reporter") == 0);
	CHECK(ask_earlier(&hold, "reporter") == ENOENT);	/* used up */
}

static void
stopped(void)
{
	struct hold hold = sample(10, 0);
	char id[ID_TEXT_SIZE], hex[65];
	unsigned int before = counts[WORKER][MSG_STOP];

	open_hold(&hold, id, hex);
	CHECK(says(person(ALICE, "{\"v\":1,\"do\":\"stop\",\"scope\":\"skill\",\"name\":\"reporter\"}\n"), "may not"));
	CHECK(says(person(ADAM, "{\"v\":1,\"do\":\"stop\",\"scope\":\"skill\",\"name\":\"nosuch\"}\n"), "nothing of that name"));
	CHECK(says(person(ADAM, "{\"v\":1,\"do\":\"stop\",\"scope\":\"skill\",\"name\":\"reporter\"}\n"), OK));
	pump(50);
	CHECK(counts[WORKER][MSG_STOP] == before + 1 && counts[SLOT_LOADER][MSG_STOP] == 1);
	CHECK(decided(&hold, NULL) == 0 && entries[ENTRY_STOPPED] == 1);
	CHECK(says(person(0, "{\"v\":1,\"do\":\"stop\",\"undo\":true,\"scope\":\"skill\",\"name\":\"reporter\"}\n"), OK));
	pump(50);
	CHECK(last[SLOT_LOADER].type == MSG_STOP && last[SLOT_LOADER].body[0] == STOP_NOTHING);
}

#define RUN "{\"v\":1,\"do\":\"run\",\"skill\":\"reporter\",\"argv\":[\"true\"]}\n"

/* STAN runs something. What the loader was sent is in last[SLOT_LOADER]. */
static pid_t
run_begins(void)
{
	unsigned int before = counts[SLOT_LOADER][MSG_DO];
	pid_t pid = person_begins(STAN, RUN, strlen(RUN));

	for (int i = 0; i < 100 && counts[SLOT_LOADER][MSG_DO] == before; i++)
		pump(10);
	CHECK(counts[SLOT_LOADER][MSG_DO] == before + 1 && last[SLOT_LOADER].fd >= 0);
	CHECK(memmem(last[SLOT_LOADER].body, last[SLOT_LOADER].n, "stan", 4) != NULL);
	return pid;
}

/* What came into the command's end: descriptors, 0: it has ended, -1: nothing. */
static int
came(int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))];
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	int got[4] = { 0 }, count;

	if (n <= 0 || !c)
		return (int)n;
	count = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	memcpy(got, CMSG_DATA(c), (size_t)count * sizeof(int));
	for (int i = 0; i < count; i++)
		close(got[i]);
	return count;
}

static void
ran(void)
{
	int stdio;
	pid_t pid;
	uint64_t id;

	CHECK(says(person(0, "%s", RUN), "may not"));
	pid = run_begins();
	id = last[SLOT_LOADER].id;
	stdio = last[SLOT_LOADER].fd;
	pump(50);
	CHECK(came(stdio) == -1);	/* nobody has them before the command is alone with its end */
	tell_done(SLOT_LOADER, id, false, "{\"v\":1,\"row\":{\"session\":\"ses-1\",\"pid\":5}}");
	tell_done(SLOT_LOADER, id, true, "{\"v\":1,\"ok\":true,\"exit\":3}");
	CHECK(person_ends(pid) == 0 && says(answer, "\"exit\":3") && says(answer, "ses-1"));
	CHECK(came(stdio) == 3 && came(stdio) == 0);
	close(stdio);
	/* whoever ran it dies: the session is hung up on */
	pid = run_begins();
	tell_done(SLOT_LOADER, last[SLOT_LOADER].id, false, "{\"v\":1,\"row\":{\"session\":\"ses-2\",\"pid\":5}}");
	pump(50);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	pump(100);
	CHECK(memmem(last[SLOT_LOADER].body, last[SLOT_LOADER].n, "\"signal\":1", 10) != NULL);
	CHECK(memmem(last[SLOT_LOADER].body, last[SLOT_LOADER].n, "ses-2", 5) != NULL);
	/* or it dies before that: the command waits for nothing any more */
	pid = run_begins();
	stdio = last[SLOT_LOADER].fd;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	pump(100);
	CHECK(came(stdio) == 0);
	close(stdio);
	/* or the loader says no */
	pid = run_begins();
	tell_done(SLOT_LOADER, last[SLOT_LOADER].id, true, "{\"v\":1,\"ok\":false,\"error\":\"no\",\"code\":1}");
	CHECK(person_ends(pid) == 0 && says(answer, NO));
	CHECK(came(last[SLOT_LOADER].fd) == 0);
	close(last[SLOT_LOADER].fd);
}

static size_t
descriptors_of_broker(void)
{
	char path[64];
	size_t n = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)broker);
	folder = opendir(path);
	if (!folder)
		abort();
	while (readdir(folder))
		n++;
	closedir(folder);
	return n;
}

/* Descriptors that come with a line are not even received; from Linux 6.16 on they
 * cannot be sent. */
static void
foreign_descriptors(void)
{
	static const char line[] = "{\"v\":1,\"do\":\"policy\"}\n";
	size_t before;
	int fd, no, refused;

	pump(50);
	before = descriptors_of_broker();
	fd = dial();
	no = setsockopt(fd, SOL_SOCKET, 83 /* SO_PASSRIGHTS */, &(int){ 0 }, sizeof(int));
	refused = send_bytes(fd, line, strlen(line), true);
	CHECK(refused == (no ? 0 : -EPERM));
	pump(100);
	CHECK(descriptors_of_broker() == before + 2);	/* the connection, and who it is */
	close(fd);
	pump(100);
	CHECK(descriptors_of_broker() == before);
}

static void
others(void)
{
	static const char watch[] = "{\"v\":1,\"do\":\"watch\",\"skill\":\"reporter\"}\n";
	struct out body = out_new(1000);
	pid_t pid;

	CHECK(says(person(ADAM, "{\"v\":1,\"do\":\"status\"}\n"), "\"healthy\":true"));
	CHECK(says(person(ADAM, "{\"v\":1,\"do\":\"policy\"}\n"), "\"epoch\":7"));
	CHECK(says(person(ALICE, "{\"v\":1,\"do\":\"reload\"}\n"), "may not"));
	CHECK(says(person(ALICE, "{\"v\":1,\"do\":\"nosuch\"}\n"), NO));
	CHECK(says(person(ALICE, "{\"v\":2,\"do\":\"status\"}\n"), "version"));
	CHECK(says(person(ALICE, "rubbish\n"), "JSON"));
	CHECK(says(person(ALICE, "{\"v\":1,\"v\":1}\n"), NO));
	/* watch: on, a line, off */
	pid = person_begins(ADAM, watch, strlen(watch));
	for (int i = 0; i < 100 && !counts[WORKER][MSG_WATCH]; i++)
		pump(10);
	CHECK(last[WORKER].type == MSG_WATCH && last[WORKER].body[0] == 1);
	out_block(&body, SPAN("{\"skill\":\"other\",\"ok\":1}"));
	tell(WORKER, MSG_TURN, 0, &body);
	out_clear(&body);
	out_block(&body, SPAN("{\"skill\":\"reporter\",\"ok\":1}"));
	tell(WORKER, MSG_TURN, 0, &body);
	CHECK(person_ends(pid) == 0 && says(answer, "reporter") && !strstr(answer, "other"));
	pump(50);
	CHECK(last[WORKER].type == MSG_WATCH && last[WORKER].body[0] == 0);
	out_free(&body);
}

static void
too_long(void)
{
	size_t n = (2u << 20) + 10;
	char *line = malloc(n);

	memset(line, 'x', n);
	person_ends(person_begins(ALICE, line, n));
	CHECK(says(answer, "bytes") || !*answer);
	CHECK(says(person(ALICE, "{\"v\":1,\"do\":\"holds\"}\n"), OK));
	free(line);
}

static void
tell_session(bool began)
{
	struct out body = out_new(2000);
	struct id id = { ID_SESSION, 1, 9, 9 };

	out_u8(&body, began);
	msg_put_id(&body, &id);
	out_block(&body, SPAN("reporter"));
	out_block(&body, SPAN("stan"));
	out_be32(&body, STAN);
	out_be64(&body, 1);
	out_block(&body, span_text(own_cgroup));
	tell(SLOT_LOADER, MSG_SESSION, 0, &body);
	out_free(&body);
	pump(50);
}

static void
from_inside(void)
{
	tell_session(true);
	CHECK(says(person(ALICE, "{\"v\":1,\"do\":\"holds\"}\n"), "a skill may not"));
	CHECK(says(person(0, "{\"v\":1,\"do\":\"status\"}\n"), "a skill may not"));
	tell_session(false);
	CHECK(says(person(ALICE, "{\"v\":1,\"do\":\"holds\"}\n"), OK));
}

static void
faulty_worker(void)
{
	struct hold hold = sample(20, 0);
	struct out body = out_new(10000);
	unsigned int before = counts[SLOT_WARDEN][MSG_SENDER_FAULT];

	hold_pack(&hold, &body);	/* the digest is not what it covers */
	tell(WORKER, MSG_HOLD, 0, &body);
	pump(60);
	CHECK(counts[SLOT_WARDEN][MSG_SENDER_FAULT] == before + 1);
	hold.flow.slot = 9;		/* right, but under another worker's flow */
	out_clear(&body);
	hold_cover(&hold, &body);
	SHA256(body.p, body.n, hold.digest);
	out_clear(&body);
	hold_pack(&hold, &body);
	tell(WORKER, MSG_HOLD, 0, &body);
	pump(60);
	CHECK(counts[SLOT_WARDEN][MSG_SENDER_FAULT] == before + 2);
	out_free(&body);
}

/* The command as this person types it; gives its exit code. */
static int
command(uint32_t uid, const char *verb, const char *a, const char *b, const char *c)
{
	char path[300];
	pid_t pid;

	snprintf(path, sizeof(path), "%.80s/instance.conf", instance.run_directory);
	pid = fork();
	if (pid == 0) {
		if (!getenv("VERBOSE") && (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)))
			_exit(90);
		if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
			_exit(91);
		execl(getenv("INTERLOCK_COMMAND"), "interlock", "--instance", path, verb, a, b, c, NULL);
		_exit(92);
	}
	return person_ends(pid);
}

static void
commands(void)
{
	struct hold hold = sample(30, 0);
	char id[ID_TEXT_SIZE], hex[65], path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%.80s/instance.conf", instance.run_directory);
	f = fopen(path, "w");
	if (!f)
		abort();
	fprintf(f, "run_directory = %s\n", instance.run_directory);
	fclose(f);
	CHECK(command(ALICE, "holds", NULL, NULL, NULL) == 0);
	open_hold(&hold, id, hex);
	CHECK(command(ALICE, "holds", "--json", NULL, NULL) == 0);
	CHECK(command(ALICE, "show", id, NULL, NULL) == 0);
	CHECK(command(NOBODY, "show", id, NULL, NULL) == 4);
	CHECK(command(OWEN, "approve", id, "--yes", NULL) == 4);
	CHECK(command(BOB, "approve", id, NULL, NULL) == 1);	/* nobody says y */
	CHECK(command(BOB, "approve", id, "--yes", NULL) == 0);
	CHECK(decided(&hold, NULL) == 1);
	CHECK(command(BOB, "approve", id, "--yes", NULL) == 1);
	CHECK(command(BOB, "approve", NULL, NULL, NULL) == 2);
	hold = sample(31, 0);
	open_hold(&hold, id, hex);
	CHECK(command(ADAM, "deny", id, "--reason", "no") == 0);
	CHECK(decided(&hold, NULL) == 0);
	CHECK(command(ADAM, "status", NULL, NULL, NULL) == 0);
	CHECK(command(ADAM, "status", "--json", NULL, NULL) == 0);
	CHECK(command(ADAM, "stop", "reporter", NULL, NULL) == 0);
	CHECK(command(ADAM, "stop", "--resume", "reporter", NULL) == 0);
	CHECK(command(ALICE, "stop", "--all", NULL, NULL) == 4);
	CHECK(command(ALICE, "nosuch", NULL, NULL, NULL) == 2);
	unlink(path);
}

static void
read_cgroup(void)
{
	char mount[INSTANCE_PATH_SIZE], line[200];
	FILE *f = fopen("/proc/self/cgroup", "r");

	if (instance_find_cgroup2(mount, sizeof(mount)) || !f)
		abort();
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (strncmp(line, "0::", 3) == 0)
			snprintf(own_cgroup, sizeof(own_cgroup), "%s%s", mount,
			    strcmp(line + 3, "/") ? line + 3 : "");
	}
	fclose(f);
}

int
main(void)
{
	char login[32] = "";
	FILE *f = fopen("/proc/self/loginuid", "r");

	if (f && !fgets(login, sizeof(login), f))
		login[0] = 0;
	if (f)
		fclose(f);
	if (geteuid() != 0 || (*login && strcmp(login, "4294967295") != 0)) {
		printf("not tested here: needs root without a login uid\n");
		CHECK(getenv("CI") == NULL);
		return check_end();
	}
	snprintf(instance.run_directory, sizeof(instance.run_directory), "/tmp/desk-test-XXXXXX");
	if (!mkdtemp(instance.run_directory) || chmod(instance.run_directory, 0755))
		abort();
	strcpy(instance.name, "test");
	instance.log_level = LOG_LEVEL_ERROR;
	strcpy(instance.skill_cgroup, "/nonexistent/skills");
	read_cgroup();
	answer = mmap(NULL, ANSWER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	start();
	starting();
	who_may_approve();
	nothing_before_the_record();
	two_people();
	denied_and_expired();
	left();
	stopped();
	ran();
	foreign_descriptors();
	others();
	too_long();
	from_inside();
	faulty_worker();
	if (getenv("INTERLOCK_COMMAND"))
		commands();
	tell(SLOT_WARDEN, MSG_QUIT, 0, NULL);
	int status = -1;
	waitpid(broker, &status, 0);
	CHECK(status == 0);
	char path[300];
	snprintf(path, sizeof(path), "%.80s/control.sock", instance.run_directory);
	unlink(path);
	rmdir(instance.run_directory);
	return check_end();
}
