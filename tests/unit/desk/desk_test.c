/*
 * The broker, for real, in a process of its own: the test plays all the other
 * processes on its channels and sends people of several uids to its socket.
 * Needs root, to be other people; says so where it is not. INTERLOCK_BROKER
 * names a broker program to test in its box, in place of the one linked here,
 * INTERLOCK_COMMAND the command `interlock` to be tried against it too.
 */
#include "desk/stage.h"

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
send_hold(struct hold *hold, char *id, char *hex)
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
}

static void
open_hold(struct hold *hold, char *id, char *hex)
{
	send_hold(hold, id, hex);
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

/* How the broker says that it stands, or -1 when it knows none; its id too. */
static int
standing(const struct hold *hold, bool uses, struct id *id)
{
	struct out body = out_new(200);
	struct span said;
	uint32_t status;
	uint8_t how;

	out_bytes(&body, hold->digest, 32);
	out_block(&body, hold->skill);
	out_be32(&body, hold->epoch);
	out_u8(&body, uses);
	last[WORKER].type = 0;
	tell(WORKER, MSG_APPROVED_ASK, 77, &body);
	out_free(&body);
	pump(60);
	said = span_of(last[WORKER].body, last[WORKER].n);
	if (!CHECK(last[WORKER].type == MSG_APPROVED_IS && take_be32(&said, &status)) || status)
		return -1;
	CHECK(msg_take_id(&said, id) && take_u8(&said, &how));
	return how;
}

static bool
stands(const struct hold *hold)
{
	struct span body = span_of(last[WORKER].body, last[WORKER].n);
	struct id id;

	return last[WORKER].type == MSG_HOLD_STANDS && msg_take_id(&body, &id) && id_equal(&id, &hold->id) && !body.n;
}

/* Who is to ask again hears how it stands: it waits, it may go once, a person said no and that stays for a while. */
static void
asked_again(void)
{
	struct hold hold = sample(30, 0), other;
	char id[ID_TEXT_SIZE], hex[65];
	struct id is = { 0 };

	hold.answer = ANSWER_RETRY;
	hold.retry_s = 1;
	open_hold(&hold, id, hex);
	CHECK(stands(&hold));
	CHECK(standing(&hold, false, &is) == STANDING_WAITS && id_equal(&is, &hold.id));
	CHECK(standing(&hold, true, &is) == STANDING_WAITS);
	CHECK(says(person(OWEN, APPROVE, id, hex), "owner") && says(person(STAN, APPROVE, id, hex), "started"));
	CHECK(says(person(ALICE, APPROVE, id, hex), OK));
	CHECK(last[WORKER].type != MSG_DECIDED);
	CHECK(standing(&hold, false, &is) == STANDING_APPROVED);
	CHECK(standing(&hold, false, &is) == STANDING_APPROVED);	/* not used by looking */
	other = hold;
	other.digest[0] ^= 1;
	CHECK(standing(&other, true, &is) == -1);
	CHECK(standing(&hold, true, &is) == STANDING_APPROVED && id_equal(&is, &hold.id));
	CHECK(standing(&hold, true, &is) == -1);
	hold = sample(31, 0);
	hold.answer = ANSWER_RETRY_202;
	hold.retry_s = 1;
	open_hold(&hold, id, hex);
	CHECK(says(person(ALICE, DENY, id), OK));
	pump(50);
	CHECK(standing(&hold, true, &is) == STANDING_DENIED && standing(&hold, true, &is) == STANDING_DENIED);
	CHECK(says(person(ALICE, APPROVE, id, hex), "decided already") && says(person(ALICE, DENY, id), "decided already"));
	pump(1300);
	CHECK(standing(&hold, true, &is) == -1);
	CHECK(says(person(ALICE, APPROVE, id, hex), "no such hold"));
}

/* One skill cannot fill the table with what it does not wait for. */
static void
crowded(void)
{
	struct hold hold;
	char id[ID_TEXT_SIZE], hex[65];
	int n = 0;

	do {
		hold = sample(1000 + (uint32_t)n, 0);
		hold.answer = ANSWER_RETRY;
		hold.retry_s = 60;
		hold.row_limit = (uint32_t)n;
		last[WORKER].type = 0;
		send_hold(&hold, id, hex);
		for (int i = 0; i < 500 && !last[WORKER].type; i++)
			pump(2);
	} while (stands(&hold) && ++n < 200);
	CHECK(n == 128 && decided(&hold, NULL) == 0);
	CHECK(says(person(0, "{\"v\":1,\"do\":\"stop\",\"scope\":\"skill\",\"name\":\"reporter\"}\n"), OK));
	CHECK(says(person(0, "{\"v\":1,\"do\":\"stop\",\"undo\":true,\"scope\":\"skill\",\"name\":\"reporter\"}\n"), OK));
	pump(200);
	hold = sample(1500, 0);
	open_hold(&hold, id, hex);
	CHECK(says(person(ALICE, APPROVE, id, hex), OK));
}

static uint32_t
ask_earlier(const struct hold *hold, const char *skill)
{
	struct out body = out_new(200);

	out_bytes(&body, hold->digest, 32);
	out_block(&body, span_text(skill));
	out_be32(&body, hold->epoch);
	out_u8(&body, 1);
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
	CHECK(last[SLOT_LOADER].type == MSG_STOP && last[SLOT_LOADER].body[0] == STOP_SKILL && last[SLOT_LOADER].body[1] == 1);
	CHECK(says(person(0, "{\"v\":1,\"do\":\"stop\",\"undo\":true,\"scope\":\"skill\",\"name\":\"reporter\"}\n"), "nothing of that name is stopped"));
	CHECK(says(person(0, "{\"v\":1,\"do\":\"stop\",\"undo\":true,\"scope\":\"any\",\"name\":\"reporter\"}\n"), "nothing of that name is stopped"));
	CHECK(says(person(0, "{\"v\":1,\"do\":\"stop\",\"undo\":true,\"scope\":\"all\"}\n"), OK));
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

/* What only that session could ask again goes with it, and nothing else does. */
static void
session_ends(void)
{
	struct hold hold[4];
	char id[4][ID_TEXT_SIZE], hex[4][65];
	struct id is;

	for (uint32_t i = 0; i < 4; i++) {
		hold[i] = sample(2000 + i, 0);
		hold[i].row_limit = 2000 + i;
		hold[i].answer = i < 3 ? ANSWER_RETRY : ANSWER_WAIT;
		hold[i].retry_s = i < 3 ? 60 : 0;
		hold[i].session = (struct id){ ID_SESSION, 1, 9, 9 };
		open_hold(&hold[i], id[i], hex[i]);
	}
	CHECK(says(person(ALICE, APPROVE, id[1], hex[1]), OK) && says(person(ALICE, DENY, id[2]), OK));
	CHECK(standing(&hold[1], false, &is) == STANDING_APPROVED && standing(&hold[2], false, &is) == STANDING_DENIED);
	tell_session(false);
	pump(100);
	CHECK(strcmp(last_decision, "withdrawn") == 0);
	for (int i = 0; i < 3; i++) {
		CHECK(standing(&hold[i], true, &is) == -1);
		CHECK(says(person(ALICE, APPROVE, id[i], hex[i]), "no such hold"));
	}
	CHECK(says(person(ALICE, APPROVE, id[3], hex[3]), OK) && decided(&hold[3], NULL) == 1);
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

/* What one group has approved is not what another is asked for, though the digest has the same number for both. */
static void
other_people(void)
{
	struct view_approvers turned[] = { { "two", staff, COUNT(staff), 2 }, { "one", staff, COUNT(staff), 1 } };
	struct view_approvers fewer[] = { { "one", staff + 1, COUNT(staff) - 1, 1 }, { "two", staff, COUNT(staff), 2 } };
	struct view_approvers more[] = { { "one", staff, COUNT(staff), 2 }, { "two", staff, COUNT(staff), 2 } };
	struct hold hold = sample(40, 0);
	char id[ID_TEXT_SIZE], hex[65];
	struct id is = { 0 };

	hold.answer = ANSWER_RETRY;
	hold.retry_s = 60;
	open_hold(&hold, id, hex);
	CHECK(says(person(ALICE, APPROVE, id, hex), OK));
	CHECK(standing(&hold, false, &is) == STANDING_APPROVED);
	give_groups(hold.epoch = 8, turned);
	CHECK(standing(&hold, true, &is) == -1);
	give_groups(hold.epoch = 9, fewer);	/* alice is not of them any more */
	CHECK(standing(&hold, true, &is) == -1);
	give_groups(hold.epoch = 10, more);
	CHECK(standing(&hold, true, &is) == -1);
	hold.epoch = 7;		/* nobody knows that one any more */
	CHECK(standing(&hold, true, &is) == -1);
	give_policy(hold.epoch = 11);
	CHECK(standing(&hold, true, &is) == STANDING_APPROVED);
	CHECK(standing(&hold, true, &is) == -1);
}

/* One that waits is denied when others are asked by now; one whose people are the same waits on. */
static void
other_people_asked(void)
{
	struct view_approvers renamed[] = { { "three", staff, COUNT(staff), 1 }, { "two", staff, COUNT(staff), 2 } };
	struct view_approvers more[] = { { "one", staff, COUNT(staff), 2 }, { "two", staff, COUNT(staff), 2 } };
	struct view_approvers *const others[] = { renamed, more };
	char id[ID_TEXT_SIZE], hex[65];
	uint32_t epoch = 12;

	for (uint32_t i = 0; i < COUNT(others); i++) {
		struct hold hold = sample(41 + i, 0);

		give_policy(hold.epoch = epoch++);
		open_hold(&hold, id, hex);
		give_policy(epoch++);
		CHECK(decided(&hold, NULL) == -1);
		give_groups(epoch++, others[i]);
		pump(50);
		CHECK(decided(&hold, NULL) == 0 && strcmp(last_decision, "deny") == 0);
		CHECK(says(person(ALICE, APPROVE, id, hex), "no such hold"));
	}
	give_policy(epoch);
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
	asked_again();
	stopped();
	crowded();
	ran();
	foreign_descriptors();
	others();
	too_long();
	session_ends();
	from_inside();
	faulty_worker();
	if (getenv("INTERLOCK_COMMAND"))
		commands();
	other_people();
	other_people_asked();
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
