/*
 * The loader dies and comes back; a peer that says what it must not is
 * reported. See stage.h.
 */
#include "stage.h"

/* What the command leaves running is still the skill; a loader that dies loses
 * nobody. */
static void
check_restart(void)
{
	struct running r;
	char json[256], text[4096];
	struct span body;
	struct id id;
	unsigned int rows;
	uint8_t began = 0;

	CHECK(run(&r, "reports", "sleep 1000 & disown; exit 3"));
	CHECK(is_done(r.request, text, sizeof(text), &rows));
	CHECK(is_silent(SLOT_BROKER, MSG_SESSION, 300));
	CHECK(run(&r, "reports", "sleep 1000"));
	say_stop(STOP_SESSION, false, r.session);
	CHECK(is_silent(SLOT_BROKER, MSG_SESSION, 200));
	CHECK(end_loader(SIGKILL) == -SIGKILL);
	begin_loader();
	give_view();
	CHECK(hear(WORKER, MSG_DOOR) && got.fd >= 0);
	close_fd(&got.fd);
	say(SLOT_WARDEN, MSG_PEER_UP, 0, span_of((uint8_t[]){ SLOT_BROKER }, 1),
	    -1);
	CHECK(hear(SLOT_BROKER, MSG_SESSION));
	body = got.body;
	CHECK(take_u8(&body, &began) && began && msg_take_id(&body, &id));
	CHECK(hear(SLOT_BROKER, MSG_SESSION));
	snprintf(json, sizeof(json), "{\"do\":\"status\"}");
	CHECK(is_done(command("alice", 1, json, -1), text, sizeof(text),
	    &rows));
	CHECK(strstr(text, r.session) && strstr(text, "\"blocked\":true"));
	say_stop(STOP_ALL, true, "");
	kill(r.pid, SIGKILL);
	CHECK(hear(SLOT_BROKER, MSG_SESSION));
	body = got.body;
	CHECK(take_u8(&body, &began) && !began && msg_take_id(&body, &id));
	id_format(&id, text);
	CHECK(strcmp(text, r.session) == 0);
	close_run(&r);
	CHECK(is_done(command("alice", 1,
	    "{\"do\":\"detach\",\"skill\":\"reports\"}", -1), text, sizeof(text),
	    &rows));
}

/* What the kernel counted, in the entry of the session's end; 0: not entered yet. */
static uint64_t
counted(const char *session, enum entry_key key)
{
	for (size_t i = 0; i < entry_count; i++) {
		struct span cbor = span_of(entries[i].bytes, entries[i].n);
		struct span text;
		uint64_t value;

		if (entry_get_uint(cbor, KEY_KIND, &value) &&
		    value == ENTRY_DETACH &&
		    entry_get_text(cbor, KEY_SESSION, &text) &&
		    span_is(text, session) && entry_get_uint(cbor, key, &value))
			return value;
	}
	return 0;
}

/* A session is over, and a worker still has its connection: the end is entered
 * when that is closed, also by another loader than the one that saw it end. */
static void
check_settle(void)
{
	struct running r;
	char text[256], bytes[16];
	unsigned int rows;
	int door, taken;

	drain(WORKER);
	CHECK(run(&r, "reports", "exec 3<>/dev/tcp/10.9.8.7/5432; "
	    "echo hello >&3; exec 4<>/dev/tcp/192.0.2.1/80; exit 0"));
	CHECK(hear(WORKER, MSG_DOOR) && got.fd >= 0);
	door = got.fd;
	CHECK(is_done(r.request, text, sizeof(text), &rows));
	CHECK(hear(SLOT_BROKER, MSG_SESSION));
	taken = accept(door, NULL, NULL);
	CHECK(taken >= 0 && read(taken, bytes, sizeof(bytes)) == 6);
	close(door);
	CHECK(is_silent(WORKER, MSG_NONE, 100));
	CHECK(!is_entered(ENTRY_DETACH, KEY_SESSION, r.session));
	CHECK(end_loader(SIGKILL) == -SIGKILL);
	begin_loader();
	give_view();
	CHECK(is_silent(WORKER, MSG_NONE, 100));
	CHECK(!is_entered(ENTRY_DETACH, KEY_SESSION, r.session));
	close(taken);
	while (!is_entered(ENTRY_DETACH, KEY_SESSION, r.session))
		tend();
	CHECK(is_entered(ENTRY_DETACH, KEY_REASON, "all processes ended"));
	CHECK(counted(r.session, KEY_KERNEL_FLOWS) == 1);
	CHECK(counted(r.session, KEY_KERNEL_DIVERTED) == 1);
	CHECK(counted(r.session, KEY_KERNEL_REFUSED) == 1);
	CHECK(counted(r.session, KEY_KERNEL_IN) == 6);
	CHECK(counted(r.session, KEY_KERNEL_OPEN) == 0);
	close_run(&r);
}

/* A broker that does not say what msg.h says is reported. */
static void
check_fault(void)
{
	static const struct { uint16_t type; struct span body; } bad[] = {
		{ MSG_DO, SPAN("0123456789abcdefg") },
		{ MSG_STOP, SPAN("\x01\2\0\0\0\0") },
		{ MSG_STOP, SPAN("\x09\0\0\0\0\0") },
		{ MSG_STOP, SPAN("\x01\0\0\0\0\7reports!") },
		{ MSG_WHO, SPAN("short") },
		{ MSG_DOOR, SPAN("01234567") },
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		say(SLOT_BROKER, bad[i].type, 1, bad[i].body, -1);
		CHECK(hear(SLOT_WARDEN, MSG_SENDER_FAULT));
		CHECK(got.body.n == 3 && got.body.p[0] == SLOT_BROKER);
	}
}

/* A program that somebody detached: alarm, a new loader, whole again. */
static void
check_ground(void)
{
	char command_text[512], text[8192];
	unsigned int rows;
	int status = 0;

	snprintf(command_text, sizeof(command_text), "bpftool link detach "
	    "pinned %s/links/ilk_connect4", instance.pin_directory);
	CHECK(system(command_text) == 0);
	for (int i = 0; i < 400 && waitpid(loader_pid, &status, WNOHANG) == 0;
	    i++) {
		tend();
		usleep(20000);
	}
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	while (receive(SLOT_RECORDER))
		keep_entry();
	CHECK(is_entered(ENTRY_ALARM, KEY_PROCESS, "loader"));
	begin_loader();
	give_view();
	CHECK(is_done(command("alice", 1, "{\"do\":\"status\"}", -1), text,
	    sizeof(text), &rows));
	CHECK(strstr(text, "\"whole\":true") != NULL);
}

int
main(void)
{
	set_up();
	begin_loader();
	give_view();
	check_restart();
	check_settle();
	check_ground();
	check_fault();
	CHECK(end_loader(0) == 0);
	tear_down();
	return check_end();
}
