/*
 * The loader as a whole: what it starts, for whom, what it says of it to the
 * workers, and what it refuses. See stage.h.
 */
#include "../../prison/skill_inside.h"
#include "stage.h"

/* ---- what is shown ------------------------------------------------------ */

static void
check_run(void)
{
	struct running r;
	struct span body;
	char text[4096];
	unsigned int rows;
	uint8_t began;

	CHECK(run(&r, "reports", "read x; echo got $x; id -u; env; "
	    "cat /etc/hosts; exit 7"));
	CHECK(r.pid > 1 && strncmp(r.session, "ses-", 4) == 0);
	CHECK(hear(WORKER, MSG_DOOR) && got.body.n == 8 && got.fd >= 0);
	close_fd(&got.fd);
	must(write(r.in, "hello\n", 6) == 6);
	read_out(&r, text, sizeof(text));
	CHECK(strstr(text, "got hello\n54321\n") == text);
	CHECK(strstr(text, "INTERLOCK_SKILL=reports\n") != NULL);
	CHECK(strstr(text, r.session) != NULL);
	CHECK(strstr(text, "COLOR=red\n") && !strstr(text, "LD_PRELOAD"));
	CHECK(strstr(text, "USER=reports\n") && strstr(text, "HOME=/\n"));
	CHECK(strstr(text, "SSL_CERT_FILE=") != NULL);
	CHECK(strstr(text, "\n10.9.8.7 db.example db\n") != NULL);
	CHECK(strstr(text, "far.example") == NULL);	/* DNS is asked */
	CHECK(is_done(r.request, text, sizeof(text), &rows));
	CHECK(strcmp(text, "{\"exit\":7,\"ok\":true,\"v\":1}") == 0);
	CHECK(hear(SLOT_BROKER, MSG_SESSION));
	body = got.body;
	CHECK(take_u8(&body, &began) && !began);
	CHECK(hear(WORKER, MSG_DOOR_SHUT));
	snprintf(text, sizeof(text), "%s/%s", instance.skill_cgroup, r.session);
	for (int i = 0; i < 50 && access(text, F_OK) == 0; i++)
		usleep(20000);
	CHECK(access(text, F_OK) < 0);
	while (!is_entered(ENTRY_DETACH, KEY_SESSION, r.session))
		tend();
	CHECK(is_entered(ENTRY_ATTACH, KEY_SESSION, r.session));
	CHECK(is_entered(ENTRY_DETACH, KEY_REASON, "all processes ended"));
	close_run(&r);
}

/* What tests/prison/skill_inside.h tries, with the kernel programs attached. */
static void
check_prison(void)
{
	struct running r;
	char self[128], shell[1600], text[8192];
	unsigned int rows;

	snprintf(self, sizeof(self), "%s/self", scratch);
	must(inside_copy(self));
	snprintf(shell, sizeof(shell), "exec %s inside %s %s %s %s", self,
	    instance.policy_directory, instance.state_directory,
	    instance.run_directory, instance.pin_directory);
	CHECK(run(&r, "reports", shell));
	read_out(&r, text, sizeof(text));
	CHECK_ROW(text, *text == '\0');
	CHECK(is_done(r.request, text, sizeof(text), &rows));
	CHECK(strstr(text, "\"exit\":0") != NULL);
	close_run(&r);
}

static int
inside(int argc, char **argv)
{
	inside_all();
	for (int i = 2; i < argc; i++)
		inside_check(inside_is_shut(argv[i]), argv[i]);
	return inside_faults != 0;
}

static void
check_run_refused(void)
{
	static const struct {
		const char *name, *person, *skill, *shell, *told;
	} rows[] = {
		{ "who", "mallory", "reports", "true", "may not start" },
		{ "nobody", "", "reports", "true", "may not start" },
		{ "a star is not everyone", "mallory", "pinned", "true", "may not start" },
		{ "no such skill", "alice", "none", "true", "may not start" },
		{ "not accepted", "alice", "pinned", "true", "not one that was accepted" },
		{ "bad json", "alice", "reports", "\\q", "no JSON object" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[4096] = "";
		int in[2], out[2];
		unsigned int n;
		uint64_t id = send_run(rows[i].person, rows[i].skill,
		    rows[i].shell, in, out);

		CHECK_ROW(rows[i].name, !is_done(id, text, sizeof(text), &n));
		CHECK_ROW(rows[i].name, strstr(text, rows[i].told) != NULL);
		close(in[1]);
		close(out[0]);
	}
}

static void
check_exec_fails(void)
{
	char text[4096] = "";
	int in[2], out[2], devnull = open("/dev/null", O_RDWR);
	unsigned int n;
	uint64_t id;

	id = command("alice", RUNNER, "{\"do\":\"run\",\"skill\":\"reports\","
	    "\"argv\":[\"x\"],\"cwd\":\"/\"}", devnull);
	CHECK(!is_done(id, text, sizeof(text), &n));
	CHECK(strstr(text, "three standard descriptors") != NULL);
	close(devnull);
	id = send_run("alice", "reports", "\",\"x\"],\"argv\":[\"", in, out);
	CHECK(!is_done(id, text, sizeof(text), &n));	/* a key given twice */
	close(in[1]);
	close(out[0]);
}

static void
check_who_and_stop(void)
{
	struct running r;
	struct abi_origin origin, other;
	char why[512], text[4096];
	unsigned int rows;

	CHECK(run(&r, "reports", "read x"));
	origin = origin_of(&r);
	CHECK(ask_who(&origin, why) == 0);
	other = origin;
	other.start += 50 * SECOND_NS;
	CHECK(ask_who(&other, why) == EACCES || ask_who(&other, why) == ESTALE);
	other = origin;
	other.cgroup++;
	CHECK(ask_who(&other, why) == ENOENT);
	say_stop(STOP_SKILL, false, "other");
	CHECK(ask_who(&origin, why) == 0);
	say_stop(STOP_SKILL, false, "reports");
	CHECK(ask_who(&origin, why) == EACCES && strstr(why, "stopped"));
	say_stop(STOP_TARGET, true, "reports");	/* another thing of that name */
	CHECK(ask_who(&origin, why) == EACCES);
	say_stop(STOP_SKILL, true, "reports");
	CHECK(ask_who(&origin, why) == 0);
	say_stop(STOP_SESSION, false, r.session);
	CHECK(ask_who(&origin, why) == EACCES);
	say_stop(STOP_ALL, true, "");
	CHECK(ask_who(&origin, why) == 0);
	close_fd(&r.in);
	CHECK(is_done(r.request, text, sizeof(text), &rows));
	close_run(&r);
}

/* Refused by the kernel: entered. Registered: it comes to our door. */
static void
check_connect(void)
{
	struct running r;
	char text[4096];
	unsigned int rows;
	int door, peer = -1;

	drain(WORKER);
	CHECK(run(&r, "reports", "read x; (exec 3<>/dev/tcp/192.0.2.1/80); "
	    "read x; exec 3<>/dev/tcp/10.9.8.7/5432; echo hi >&3; read y <&3"));
	CHECK(hear(WORKER, MSG_DOOR));
	door = got.fd;
	must(write(r.in, "\n", 1) == 1);
	CHECK(is_silent(WORKER, MSG_WHO_IS, 300));
	CHECK(is_entered(ENTRY_REFUSED, KEY_DESTINATION, "192.0.2.1:80"));
	must(write(r.in, "\n", 1) == 1);
	for (int i = 0; i < 100 && peer < 0; i++) {
		tend();
		usleep(20000);
		peer = accept(door, NULL, NULL);
	}
	CHECK(peer >= 0);
	usleep(100000);
	CHECK(recv(peer, text, sizeof(text), MSG_DONTWAIT) == 3);
	CHECK(write(peer, "ho\n", 3) == 3);
	CHECK(is_done(r.request, text, sizeof(text), &rows));
	CHECK(strstr(text, "\"exit\":0") != NULL);
	close(peer);
	close(door);
	close_run(&r);
}

/* How often refusals of that destination were entered, all counts together. */
static uint64_t
refused_times(const char *destination, unsigned int *lines)
{
	uint64_t sum = 0;

	*lines = 0;
	for (size_t i = 0; i < entry_count; i++) {
		struct span cbor = span_of(entries[i].bytes, entries[i].n);
		struct span to;
		uint64_t kind, count;

		if (!entry_get_uint(cbor, KEY_KIND, &kind) ||
		    kind != ENTRY_REFUSED ||
		    !entry_get_text(cbor, KEY_DESTINATION, &to) ||
		    !span_is(to, destination))
			continue;
		CHECK(entry_get_uint(cbor, KEY_COUNT, &count));
		sum += count;
		++*lines;
	}
	return sum;
}

/* The same refusal many times: few entries, no count lost. */
static void
check_many_refusals(void)
{
	struct running r;
	char text[4096];
	unsigned int lines;

	CHECK(run(&r, "reports", "for i in {1..300}; do "
	    "true 3<>/dev/tcp/192.0.2.2/443; done 2>/dev/null"));
	CHECK(is_done(r.request, text, sizeof(text), &lines));
	CHECK(is_silent(WORKER, MSG_NONE, 1800));
	CHECK(refused_times("192.0.2.2:443", &lines) == 300);
	CHECK(lines >= 1 && lines <= 6);
	close_run(&r);
}

/* A worker that starts later gets the doors there are. */
static void
check_late_worker(void)
{
	struct running r;
	char text[4096];
	unsigned int rows;
	uint64_t cookie;

	drain(WORKER);
	CHECK(run(&r, "reports", "read x"));
	CHECK(hear(WORKER, MSG_DOOR));
	cookie = span_be64(got.body, 0);
	close_fd(&got.fd);
	drain(WORKER);
	say(SLOT_WARDEN, MSG_PEER_UP, 0, span_of((uint8_t[]){ WORKER }, 1), -1);
	CHECK(hear(WORKER, MSG_DOOR) && got.fd >= 0);
	CHECK(span_be64(got.body, 0) == cookie);
	close_fd(&got.fd);
	close_fd(&r.in);
	CHECK(is_done(r.request, text, sizeof(text), &rows));
	CHECK(hear(WORKER, MSG_DOOR_SHUT));
	close_run(&r);
}

/* Of whom the resolver hears what is asked at the descriptor it got. */
static bool
is_ear_of(const struct running *r, const char *skill, const char *starter)
{
	struct span body = got.body, name, who;
	char text[ID_TEXT_SIZE];
	uint64_t netns, cgroup;
	struct id session;
	uint8_t is_stream;

	return take_be64(&body, &netns) && netns && msg_take_id(&body, &session) &&
	    strcmp(id_format(&session, text), r->session) == 0 && take_be64(&body, &cgroup) && cgroup &&
	    take_u8(&body, &is_stream) && is_stream <= 1 && take_block(&body, &name) && span_is(name, skill) &&
	    take_block(&body, &who) && span_is(who, starter) && body.n == 0 && got.fd >= 0;
}

/* A question that a skill asks of any server comes to the ear that the resolver was given. */
static void
check_names(void)
{
	struct sockaddr_storage from;
	socklen_t size = sizeof(from);
	struct running r;
	char text[4096];
	unsigned int rows;
	ssize_t n = -1;
	int ear;

	drain(SLOT_RESOLVER);
	CHECK(run(&r, "reports", "read x; exec 3<>/dev/udp/192.0.2.53/53; printf hi >&3; head -c 2 <&3"));
	CHECK(hear(SLOT_RESOLVER, MSG_EAR) && is_ear_of(&r, "reports", "alice"));
	ear = got.fd;
	must(write(r.in, "\n", 1) == 1);
	for (int i = 0; i < 100 && n < 0; i++) {
		tend();
		usleep(20000);
		n = recvfrom(ear, text, sizeof(text), MSG_DONTWAIT, (struct sockaddr *)&from, &size);
	}
	CHECK(n == 2 && memcmp(text, "hi", 2) == 0);
	CHECK(sendto(ear, "ok", 2, 0, (struct sockaddr *)&from, size) == 2);
	read_out(&r, text, sizeof(text));
	CHECK(strcmp(text, "ok") == 0);
	close(ear);
	/* one that starts later is told to forget, then all of it again */
	say(SLOT_WARDEN, MSG_PEER_UP, 0, span_of((uint8_t[]){ SLOT_RESOLVER }, 1), -1);
	CHECK(is_done(r.request, text, sizeof(text), &rows));
	CHECK(hear(SLOT_RESOLVER, MSG_EAR_SHUT) && got.body.n == 24);
	close_run(&r);
}

static void
say_addresses(const char *target, const uint8_t (*four)[4], uint32_t count)
{
	struct out body cleanup(out_free) = out_new(4096);

	out_block(&body, span_text(target));
	out_be32(&body, count);
	for (uint32_t i = 0; i < count; i++) {
		out_zero(&body, 10);
		out_be16(&body, 0xffff);
		out_bytes(&body, four[i], 4);
	}
	say(SLOT_RESOLVER, MSG_ADDRESSES, 0, out_view(&body), -1);
}

/* What the resolver says is believed where the policy lets DNS have a say, and no further. */
static void
check_learned(void)
{
	static const uint8_t first[][4] = { { 10, 5, 5, 5 }, { 192, 168, 1, 1 }, { 127, 0, 0, 1 }, { 169, 254, 169, 254 } };
	static const uint8_t second[][4] = { { 10, 5, 5, 6 } };
	struct running r;
	char text[4096];
	unsigned int rows;

	say_addresses("far", first, 4);
	say_addresses("db", second, 1);		/* its addresses are the policy's */
	say_addresses("other", second, 1);
	CHECK(is_silent(WORKER, MSG_NONE, 100));
	CHECK(run(&r, "reports", "for a in 10.5.5.5/6000 10.5.5.5/5432 192.168.1.1/6000 127.0.0.1/6000 169.254.169.254/6000 "
	    "10.5.5.6/5432 10.5.5.6/6000 10.9.8.7/5432; do (exec 3<>/dev/tcp/$a) 2>/dev/null && echo $a; done; exit 0"));
	read_out(&r, text, sizeof(text));
	CHECK_ROW(text, strcmp(text, "10.5.5.5/6000\n10.9.8.7/5432\n") == 0);
	CHECK(is_done(r.request, text, sizeof(text), &rows));
	close_run(&r);
	say_addresses("far", second, 1);	/* it has moved */
	CHECK(is_silent(WORKER, MSG_NONE, 100));
	CHECK(run(&r, "reports", "for a in 10.5.5.5/6000 10.5.5.6/6000 10.9.8.7/5432; do (exec 3<>/dev/tcp/$a) 2>/dev/null && "
	    "echo $a; done; exit 0"));
	read_out(&r, text, sizeof(text));
	CHECK_ROW(text, strcmp(text, "10.5.5.6/6000\n10.9.8.7/5432\n") == 0);
	CHECK(is_done(r.request, text, sizeof(text), &rows));
	close_run(&r);
}

static void
check_socket(void)
{
	struct out body cleanup(out_free) = out_new(16);
	struct running r;
	char text[4096];
	unsigned int rows;
	uint64_t cookie;
	socklen_t n = sizeof(cookie);

	drain(WORKER);
	CHECK(run(&r, "reports", "read x"));
	CHECK(hear(WORKER, MSG_DOOR));
	cookie = span_be64(got.body, 0);
	close_fd(&got.fd);
	out_be64(&body, cookie);
	out_u8(&body, MSG_SOCKET_IPV4);
	out_block(&body, SPAN("db"));
	say(WORKER, MSG_SOCKET, ++next_id, out_view(&body), -1);
	CHECK(hear(WORKER, MSG_SOCKET_IS) && got.head.id == next_id);
	CHECK(span_be32(got.body, 0) == 0 && got.fd >= 0);
	CHECK(getsockopt(got.fd, SOL_SOCKET, 71 /* SO_NETNS_COOKIE */, text,
	    &n) == 0 && memcmp(text, &cookie, sizeof(cookie)) == 0);
	close_fd(&got.fd);
	out_clear(&body);
	out_be64(&body, cookie + 999999);
	out_u8(&body, MSG_SOCKET_IPV4);
	out_block(&body, SPAN("db"));
	say(WORKER, MSG_SOCKET, ++next_id, out_view(&body), -1);
	CHECK(hear(WORKER, MSG_SOCKET_IS));
	CHECK(span_be32(got.body, 0) == ENOENT && got.fd < 0);
	/* one connected, where the policy says no path: none */
	out_clear(&body);
	out_be64(&body, cookie);
	out_u8(&body, MSG_SOCKET_LOCAL);
	out_block(&body, SPAN("db"));
	say(WORKER, MSG_SOCKET, ++next_id, out_view(&body), -1);
	CHECK(hear(WORKER, MSG_SOCKET_IS));
	CHECK(span_be32(got.body, 0) == ENOENT && got.fd < 0);
	close_fd(&r.in);
	CHECK(is_done(r.request, text, sizeof(text), &rows));
	close_run(&r);
}

static void
check_measure(void)
{
	struct abi_origin origin;
	struct running r;
	char text[4096], file[256], why[512];
	unsigned int rows;
	uint64_t id;
	FILE *f;

	id = command("alice", 1, "{\"do\":\"skill_diff\",\"skill\":\"pinned\"}",
	    -1);
	CHECK(is_done(id, text, sizeof(text), &rows) && rows == 1);
	CHECK(strstr(text, "\"accepted\":false") != NULL);
	id = command("alice", 1,
	    "{\"do\":\"skill_accept\",\"skill\":\"pinned\"}", -1);
	CHECK(is_done(id, text, sizeof(text), &rows));
	CHECK(is_entered(ENTRY_SKILL, KEY_PERSON, "alice"));
	id = command("alice", 1, "{\"do\":\"skill_diff\",\"skill\":\"pinned\"}",
	    -1);
	CHECK(is_done(id, text, sizeof(text), &rows) && rows == 0);
	CHECK(strstr(text, "\"accepted\":true") != NULL);

	CHECK(run(&r, "pinned", "read x"));
	origin = origin_of(&r);
	CHECK(ask_who(&origin, why) == 0);
	snprintf(file, sizeof(file), "%s/skill/SKILL.md", scratch);
	f = fopen(file, "a");
	fputs("and send it to me\n", f);
	fclose(f);
	CHECK(ask_who(&origin, why) == EACCES);
	CHECK(strncmp(why, "changed: ", 9) == 0);
	CHECK(is_entered(ENTRY_SKILL, KEY_WHY, why));
	id = command("alice", 1, "{\"do\":\"skill_diff\",\"skill\":\"pinned\"}",
	    -1);
	CHECK(is_done(id, text, sizeof(text), &rows) && rows == 1);
	close_fd(&r.in);
	CHECK(is_done(r.request, text, sizeof(text), &rows));
	close_run(&r);
}

/* Accepting is entered before it counts: no recorder, no acceptance. */
static void
check_unrecorded(void)
{
	char text[4096];
	unsigned int rows;
	uint64_t id;

	recorder_answers = false;
	id = command("alice", 1,
	    "{\"do\":\"skill_accept\",\"skill\":\"pinned\"}", -1);
	CHECK(is_silent(SLOT_BROKER, MSG_DONE, 300));
	recorder_answers = true;
	id = command("alice", 1, "{\"do\":\"skill_diff\",\"skill\":\"pinned\"}",
	    -1);
	CHECK(is_done(id, text, sizeof(text), &rows));
	CHECK(strstr(text, "\"accepted\":false") != NULL);
}

static void
check_signal(void)
{
	struct running r;
	char json[256], text[4096];
	unsigned int rows;
	uint64_t id;

	CHECK(run(&r, "reports", "sleep 1000"));
	snprintf(json, sizeof(json), "{\"do\":\"signal\",\"session\":\"%s\","
	    "\"signal\":15}", r.session);
	id = command("alice", RUNNER + 1, json, -1);
	CHECK(!is_done(id, text, sizeof(text), &rows));
	id = command("alice", RUNNER, json, -1);
	CHECK(is_done(id, text, sizeof(text), &rows));
	CHECK(is_done(r.request, text, sizeof(text), &rows));
	CHECK(strstr(text, "\"signal\":15") != NULL);
	close_run(&r);
}

int
main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "inside") == 0)
		return inside(argc, argv);
	set_up();
	begin_loader();
	give_view();
	check_run();
	check_prison();
	check_run_refused();
	check_exec_fails();
	check_who_and_stop();
	check_connect();
	check_many_refusals();
	check_late_worker();
	check_names();
	check_learned();
	check_socket();
	check_measure();
	check_unrecorded();
	check_signal();
	CHECK(is_entered(ENTRY_START, KEY_NAME, "loader"));
	CHECK(end_loader(0) == 0);
	tear_down();
	return check_end();
}
