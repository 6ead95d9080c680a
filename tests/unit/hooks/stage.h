/*
 * stage.h: a world for one loader.
 * The test is warden, policy, broker, recorder and a worker for it, over its
 * real channels, in an instance of its own (never the root cgroup), behind the
 * real kernel programs. As root, on a kernel with BPF.
 */
#ifndef STAGE_H
#define STAGE_H

#include "hooks/loader.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "certificate.h"
#include "check.h"
#include "hooks/hooks.h"
#include "hooks/process.h"
#include "msg/post.h"
#include "out.h"
#include "view.h"

#define WAIT_NS (8 * SECOND_NS)
#define WORKER SLOT_WORKER
#define RUNNER 4242	/* the pid that a request says it comes from */

const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "detect_leaks=0";	/* the loader is ended with kill */
}

static struct instance instance = { .workers = 1 };
static char scratch[] = "/tmp/interlock-loader-XXXXXX";
static int peers[SLOTS];
static pid_t loader_pid;
static uint64_t build, next_id = 100;

static struct message {
	struct msg_head head;
	uint8_t room[70000];
	struct span body;
	int fd;
} got;

/* What the recorder was given. */
static struct { uint8_t bytes[2000]; size_t n; } entries[512];
static size_t entry_count;
static bool recorder_answers = true;

/* ---- speaking --------------------------------------------------------- */

static void
say(unsigned int slot, uint16_t type, uint64_t id, struct span body, int fd)
{
	struct msg_head head = { .version = MSG_VERSION, .type = type,
		.length = (uint32_t)body.n, .build = build, .id = id };
	struct iovec parts[2] = { { &head, sizeof(head) },
		{ (void *)body.p, body.n } };
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

	if (fd >= 0) {
		struct cmsghdr *c;

		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	/* a loader that has just ended hears nothing: the checks will tell */
	must(sendmsg(peers[slot], &message, MSG_NOSIGNAL) >= 0 ||
	    errno == EPIPE || errno == ECONNRESET);
}

static bool
receive(unsigned int slot)
{
	struct iovec parts[2] = { { &got.head, sizeof(got.head) },
		{ got.room, sizeof(got.room) } };
	char control[CMSG_SPACE(sizeof(int))];
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2,
		.msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(peers[slot], &message, MSG_DONTWAIT);
	struct cmsghdr *c;

	if (n < (ssize_t)sizeof(got.head))
		return false;
	got.body = span_of(got.room, (size_t)n - sizeof(got.head));
	got.fd = -1;
	c = CMSG_FIRSTHDR(&message);
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(&got.fd, CMSG_DATA(c), sizeof(int));
	build = got.head.build;
	return true;
}

static void
keep_entry(void)
{
	struct span body = got.body, cbor;
	uint64_t incarnation, sequence;
	struct out kept cleanup(out_free) = out_new(64);
	uint8_t level;

	must(take_u8(&body, &level) && take_be64(&body, &incarnation) &&
	    take_be64(&body, &sequence) && take_block(&body, &cbor));
	CHECK(entry_is_valid(cbor));
	if (entry_count < COUNT(entries) && cbor.n < sizeof(entries[0].bytes)) {
		memcpy(entries[entry_count].bytes, cbor.p, cbor.n);
		entries[entry_count++].n = cbor.n;
	}
	out_u8(&kept, level);
	out_u8(&kept, 0);
	out_be64(&kept, incarnation);
	out_be64(&kept, sequence);
	if (recorder_answers)
		say(SLOT_RECORDER, MSG_KEPT, 0, out_view(&kept), -1);
}

static void
tend(void)
{
	struct out beat cleanup(out_free) = out_new(8);
	struct message aside = got;

	out_be64(&beat, clock_mono());
	if (build)	/* known once the loader has spoken */
		say(SLOT_WARDEN, MSG_BEATS, 0, out_view(&beat), -1);
	while (receive(SLOT_RECORDER))
		keep_entry();
	got = aside;
	got.body.p = got.room;
}

/* Wait for a message of this type; others of that peer are dropped. */
static bool
hear(unsigned int slot, uint16_t type)
{
	uint64_t end = clock_mono() + WAIT_NS;

	while (clock_mono() < end) {
		struct pollfd one = { .fd = peers[slot], .events = POLLIN };

		tend();
		poll(&one, 1, 50);
		while (receive(slot)) {
			if (got.head.type == type)
				return true;
			close_fd(&got.fd);
		}
	}
	return false;
}

/* No such message comes in this time. */
__attribute__((unused)) static bool
is_silent(unsigned int slot, uint16_t type, unsigned int ms)
{
	uint64_t end = clock_mono() + ms * MILLISECOND_NS;

	while (clock_mono() < end) {
		usleep(20000);
		tend();
		while (receive(slot)) {
			if (got.head.type == type)
				return false;
			close_fd(&got.fd);
		}
	}
	return true;
}

/* Forget what that peer was told so far. */
__attribute__((unused)) static void
drain(unsigned int slot)
{
	while (receive(slot))
		close_fd(&got.fd);
}

/* An entry of this kind with that text, somewhere. */
__attribute__((unused)) static bool
is_entered(enum entry_kind kind, enum entry_key key, const char *text)
{
	for (size_t i = 0; i < entry_count; i++) {
		struct span cbor = span_of(entries[i].bytes, entries[i].n);
		struct span value;
		uint64_t found;

		if (entry_get_uint(cbor, KEY_KIND, &found) && found == kind &&
		    entry_get_text(cbor, key, &value) && span_is(value, text))
			return true;
	}
	return false;
}

/* ---- the loader's life ------------------------------------------------- */

/* Where a warden would have put it: listeners are seen by the programs too. */
static void
join_daemon(void)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", instance.daemon_cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	must(fd >= 0 && write(fd, "0", 1) == 1);
	close(fd);
}

static void
child(int ends[SLOTS])
{
	static struct loader loader;
	static int moved[SLOTS];
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	join_daemon();
	for (unsigned int i = 0; i < SLOTS; i++)
		moved[i] = ends[i] < 0 ? -1 : fcntl(ends[i], F_DUPFD, 200);
	for (unsigned int i = 0; i < SLOTS; i++)
		if (moved[i] >= 0)
			dup2(moved[i], MSG_FD_CHANNEL(i));
		else
			close(MSG_FD_CHANNEL(i));
	syscall(SYS_close_range, MSG_FD_PRIVATE, ~0U, 0);
	loader.instance = instance;
	log_open("loader", LOG_LEVEL_WARNING);
	must(loader_confine() == 0);
	r = loader_serve(&loader);
	loader_close(&loader);
	_exit(r);
}

static void
begin_loader(void)
{
	static const unsigned int slots[] = { SLOT_WARDEN, SLOT_POLICY,
		SLOT_BROKER, SLOT_RECORDER, SLOT_RESOLVER, WORKER };
	int ends[SLOTS];

	for (unsigned int i = 0; i < SLOTS; i++) {
		if (peers[i] > 0)
			close(peers[i]);
		peers[i] = ends[i] = -1;
	}
	for (size_t i = 0; i < COUNT(slots); i++) {
		int pair[2];

		must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
		    pair) == 0);
		peers[slots[i]] = fcntl(pair[0], F_DUPFD_CLOEXEC, 100);
		close(pair[0]);
		ends[slots[i]] = pair[1];
	}
	loader_pid = fork();
	if (loader_pid == 0)
		child(ends);
	for (size_t i = 0; i < COUNT(slots); i++)
		close(ends[slots[i]]);
}

static int
end_loader(int with)
{
	int status = 0;

	if (with)
		kill(loader_pid, with);
	else
		say(SLOT_WARDEN, MSG_QUIT, 0, SPAN(""), -1);
	waitpid(loader_pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* What the warden kept: it is given to the next loader, and then no more. */
static struct { uint64_t netns; uint8_t family; int fd; } listeners[8];
static size_t listener_count;

static void
give_listener(uint64_t netns, uint8_t family, int fd)
{
	struct out body cleanup(out_free) = out_new(9);

	out_be64(&body, netns);
	out_u8(&body, family);
	say(SLOT_WARDEN, MSG_LISTENER_KEPT, 0, out_view(&body), fd);
}

static void
give_listeners(void)
{
	for (size_t i = 0; i < listener_count; i++) {
		give_listener(listeners[i].netns, listeners[i].family, listeners[i].fd);
		close_fd(&listeners[i].fd);
	}
	listener_count = 0;
	give_listener(0, 0, -1);
}

/* What finds the skills by itself; nothing, but where a test says. */
static struct view_match matches[3];

static void
give_view(void)
{
	static const char *anyone[] = { "alice" }, *people[] = { "*" };
	static const char *hosts[] = { "db.example", "db" };
	static char folder[128];
	struct view_address address = { .port = 5432,
		.ip = { [10] = 0xff, 0xff, 10, 9, 8, 7 } };
	static const char *far[] = { "far.example" };
	struct view_range range = { .bits = 104,
		.ip = { [10] = 0xff, 0xff, 10 } };
	struct view_target targets[] = {
		{ .name = "db", .hosts = hosts,
		  .host_count = 2, .addresses = &address, .address_count = 1,
		  .socket = "", .tls_name = "", .tls_roots = "", .role = "" },
		{ .name = "far", .hosts = far, .host_count = 1, .is_learned = true,
		  .port = 6000, .ranges = &range, .range_count = 1,
		  .socket = "", .tls_name = "", .tls_roots = "", .role = "" },
	};
	struct view_skill skills[] = {
		{ .name = "reports", .owner = "bob", .starters = anyone,
		  .starter_count = 1, .uid = 54321, .gid = 54321,
		  .user = "reports", .folder = "", .executable = "",
		  .match = matches[0] },
		{ .name = "pinned", .owner = "bob", .starters = people,
		  .starter_count = 1, .uid = 54322, .gid = 54322,
		  .user = "pinned", .folder = folder, .executable = "",
		  .match = matches[1] },
		{ .name = "lookup", .owner = "bob", .starters = anyone,
		  .starter_count = 1, .uid = 54323, .gid = 54323,
		  .user = "lookup", .folder = "", .executable = "",
		  .match = matches[2] },
	};
	struct view_person person = { "alice", 1000 };
	struct view_loader view = { .head = { .epoch = 3 },
		.targets = targets, .target_count = 2, .skills = skills,
		.skill_count = COUNT(skills), .people = &person,
		.person_count = 1, .servers = "10.0.0.2:53" };
	struct out packed cleanup(out_free) = out_new(MSG_INLINE);
	struct out epoch cleanup(out_free) = out_new(4);

	snprintf(folder, sizeof(folder), "%s/skill", scratch);
	view_loader_pack(&view, &packed);
	must(!packed.failed);
	CHECK(hear(SLOT_POLICY, MSG_VIEW_ASK));
	say(SLOT_POLICY, MSG_VIEW_OFFER, 0, out_view(&packed), -1);
	CHECK(hear(SLOT_POLICY, MSG_VIEW_TAKEN));
	CHECK(got.body.n == 8 && span_be32(got.body, 0) == 3 &&
	    span_be32(got.body, 4) == 0);
	out_be32(&epoch, 3);
	say(SLOT_POLICY, MSG_VIEW_SWAP, 0, out_view(&epoch), -1);
	give_listeners();
	CHECK(hear(SLOT_WARDEN, MSG_READY));
}

/* ---- commanding -------------------------------------------------------- */

static uint64_t
command(const char *person, uint32_t pid, const char *json, int fd)
{
	struct out body cleanup(out_free) = out_new(MSG_INLINE);

	out_block(&body, span_text(person));
	out_be32(&body, 1000);
	out_be32(&body, pid);
	out_block(&body, span_text(json));
	say(SLOT_BROKER, MSG_DO, ++next_id, out_view(&body), fd);
	return next_id;
}

/* The next answer to that request; the caller frees it. NULL: none came. */
static json_t *
answer_to(uint64_t id, bool *last)
{
	while (hear(SLOT_BROKER, MSG_DONE)) {
		struct span body = got.body, text;
		uint8_t is_last;

		if (got.head.id != id)
			continue;
		must(take_u8(&body, &is_last) && take_block(&body, &text) &&
		    body.n == 0);
		*last = is_last;
		return json_loadb((const char *)text.p, text.n, 0, NULL);
	}
	return NULL;
}

/* The last answer, in *text; rows before it are counted. */
static bool
is_done(uint64_t id, char *text, size_t size, unsigned int *rows)
{
	bool last = false, ok = false;

	*rows = 0;
	while (!last) {
		json_t *json = answer_to(id, &last);
		char *dump;

		if (!json)
			return false;
		*rows += !last;
		ok = json_is_true(json_object_get(json, "ok"));
		dump = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
		snprintf(text, size, "%s", dump);
		free(dump);
		json_decref(json);
	}
	return ok;
}

#define BEGUN "begun"

struct running {
	uint64_t request;
	int in, out;		/* our ends */
	char session[ID_TEXT_SIZE];
	int pid;
};

static uint64_t
send_run(const char *person, const char *skill, const char *shell,
    int in[2], int out[2])
{
	char json[2048] = "x", control[CMSG_SPACE(3 * sizeof(int))] = { 0 };
	struct iovec part = { json, 1 };	/* any byte */
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	int three[3], pair[2];
	uint64_t id;

	must(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
	three[0] = in[0];
	three[1] = three[2] = out[1];
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(three));
	memcpy(CMSG_DATA(c), three, sizeof(three));
	must(sendmsg(pair[0], &message, 0) == 1);
	snprintf(json, sizeof(json), "{\"v\":1,\"do\":\"run\",\"skill\":\"%s\","
	    "\"argv\":[\"bash\",\"-c\",\"%s\"],\"cwd\":\"/\",\"env\":"
	    "[\"PATH=/usr/bin:/bin\",\"LD_PRELOAD=/x\",\"COLOR=red\"]}",
	    skill, shell);
	id = command(person, RUNNER, json, pair[1]);
	close(pair[0]);
	close(pair[1]);
	close(in[0]);
	close(out[1]);
	return id;
}

/* Until it says so: by then the loader has heard that it was executed. */
static void
wait_begun(const struct running *r)
{
	uint64_t end = clock_mono() + WAIT_NS;
	struct pollfd one = { .fd = r->out, .events = POLLIN };
	char line[sizeof(BEGUN)];	/* and the end of the line */

	while (clock_mono() < end) {
		tend();
		if (poll(&one, 1, 20) > 0) {
			(void)!read(r->out, line, sizeof(line));
			return;
		}
	}
}

/* Run a shell text as a skill; true when it runs. */
__attribute__((unused)) static bool
run(struct running *r, const char *skill, const char *shell)
{
	int in[2], out[2];
	bool last = true;
	json_t *json, *row;
	char text[1800];

	snprintf(text, sizeof(text), "echo " BEGUN "; %s", shell);
	r->request = send_run("alice", skill, text, in, out);
	r->in = in[1];
	r->out = out[0];
	json = answer_to(r->request, &last);
	row = json_object_get(json, "row");
	if (row) {
		snprintf(r->session, sizeof(r->session), "%s",
		    json_string_value(json_object_get(row, "session")));
		r->pid = (int)json_integer_value(json_object_get(row, "pid"));
		wait_begun(r);
	}
	last = last || !row;
	json_decref(json);
	return !last;
}

/* Everything it writes, until it ends. */
__attribute__((unused)) static void
read_out(const struct running *r, char *text, size_t size)
{
	size_t n = 0;
	uint64_t end = clock_mono() + WAIT_NS;

	while (n + 1 < size && clock_mono() < end) {
		struct pollfd one = { .fd = r->out, .events = POLLIN };
		ssize_t more;

		tend();
		if (poll(&one, 1, 100) <= 0)
			continue;
		more = read(r->out, text + n, size - 1 - n);
		if (more <= 0)
			break;
		n += (size_t)more;
	}
	text[n] = '\0';
}

__attribute__((unused)) static void
close_run(struct running *r)
{
	close_fd(&r->in);
	close_fd(&r->out);
}

/* ---- asking -------------------------------------------------------------- */

__attribute__((unused)) static struct abi_origin
origin_of(const struct running *r)
{
	struct abi_origin origin = { .port = 5432, .pid = (uint32_t)r->pid };
	char path[512];
	uint64_t ticks = 0;

	snprintf(path, sizeof(path), "%s/%s", instance.skill_cgroup,
	    r->session);
	must(group_id(path, &origin.cgroup) == 0);
	process_started(r->pid, &ticks);
	origin.start = ticks * 10000000 + 77;
	return origin;
}

/* The status that a worker is told, and the reason. */
__attribute__((unused)) static uint32_t
ask_who(const struct abi_origin *origin, char *reason)
{
	struct span body, skill, starter, why, digest;
	uint32_t status, uid;
	struct id id;
	uint8_t measured;

	say(WORKER, MSG_WHO, ++next_id, span_of(origin, sizeof(*origin)), -1);
	if (!hear(WORKER, MSG_WHO_IS) || got.head.id != next_id)
		return 9999;
	body = got.body;
	must(take_be32(&body, &status) && msg_take_id(&body, &id) &&
	    take_block(&body, &skill) && take_block(&body, &starter) &&
	    take_be32(&body, &uid) && take_u8(&body, &measured) &&
	    take_bytes(&body, MEASURE_SIZE, &digest) &&
	    take_block(&body, &why) && body.n == 0);
	sprintf(reason, "%.*s", (int)why.n, why.p);
	if (status == 0)
		CHECK(span_is(starter, "alice") && uid == 1000);
	return status;
}

__attribute__((unused)) static void
say_stop(uint8_t scope, bool is_undo, const char *name)
{
	struct out body cleanup(out_free) = out_new(64);
	char text[8192];
	unsigned int rows;

	out_u8(&body, scope);
	out_u8(&body, is_undo);
	out_block(&body, span_text(name));
	say(SLOT_BROKER, MSG_STOP, 0, out_view(&body), -1);
	/* another channel may be read first: wait for an answer on this one */
	CHECK(is_done(command("alice", 1, "{\"do\":\"status\"}", -1), text,
	    sizeof(text), &rows));
}

/* ---- the instance -------------------------------------------------------- */

static void
set_up(void)
{
	char path[256], root[200];
	FILE *f;

	must(mkdtemp(scratch) && chmod(scratch, 0755) == 0);
	must(instance_find_cgroup2(root, sizeof(root)) == 0);
	snprintf(instance.name, sizeof(instance.name), "t%d", getpid());
	snprintf(instance.cgroup, INSTANCE_PATH_SIZE, "%s/ilk-test-%d", root,
	    getpid());
	snprintf(instance.skill_cgroup, INSTANCE_PATH_SIZE,
	    "%s/ilk-test-%d/skills", root, getpid());
	snprintf(instance.daemon_cgroup, INSTANCE_PATH_SIZE,
	    "%s/ilk-test-%d/daemon", root, getpid());
	snprintf(instance.pin_directory, INSTANCE_PATH_SIZE,
	    "/sys/fs/bpf/ilk-test-%d", getpid());
	snprintf(instance.policy_directory, INSTANCE_PATH_SIZE, "%s/policy",
	    scratch);
	snprintf(instance.state_directory, INSTANCE_PATH_SIZE, "%s/state",
	    scratch);
	snprintf(instance.run_directory, INSTANCE_PATH_SIZE, "%s/run", scratch);
	mkdir(instance.cgroup, 0755);
	mkdir(instance.skill_cgroup, 0755);
	mkdir(instance.daemon_cgroup, 0755);
	mkdir(instance.policy_directory, 0755);
	mkdir(instance.state_directory, 0755);
	mkdir(instance.run_directory, 0755);
	snprintf(path, sizeof(path), "%s/skill", scratch);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/skill/SKILL.md", scratch);
	f = fopen(path, "w");
	fputs("---\nname: pinned\n---\n", f);
	fclose(f);
	snprintf(path, sizeof(path), "%s/state/ca.pem", scratch);
	f = fopen(path, "w");
	fputs(TEST_CERTIFICATE, f);
	fclose(f);
}

static void
tear_down(void)
{
	char text[256];

	group_kill(instance.cgroup);
	usleep(200000);
	CHECK(hooks_remove(&instance) == 0);
	group_remove(instance.cgroup);
	CHECK(access(instance.cgroup, F_OK) < 0);
	snprintf(text, sizeof(text), "rm -rf %s", scratch);
	CHECK(system(text) == 0);
}

#endif
