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

/* How often something was told since; the last text that holds `part`. */
static bool
alarm_says(const char *part)
{
	for (size_t i = entry_count; i-- > 0;) {
		struct span cbor = span_of(entries[i].bytes, entries[i].n), text;
		uint64_t kind;

		if (entry_get_uint(cbor, KEY_KIND, &kind) && kind == ENTRY_ALARM &&
		    entry_get_text(cbor, KEY_REASON, &text) && memmem(text.p, text.n, part, strlen(part)))
			return true;
	}
	return false;
}

/* A program that somebody detached: an alarm, refused meanwhile, whole again, by the same loader. */
static void
check_ground(void)
{
	char command_text[512], text[8192];
	unsigned int rows;
	struct running r;

	snprintf(command_text, sizeof(command_text), "bpftool link detach "
	    "pinned %s/links/ilk_connect4", instance.pin_directory);
	CHECK(system(command_text) == 0);
	for (int i = 0; i < 400 && !alarm_says("ilk_connect4 is not in effect"); i++) {
		tend();
		usleep(10000);
	}
	CHECK(alarm_says("the door is shut: ilk_connect4 is not in effect"));
	CHECK(is_done(command("alice", 1, "{\"do\":\"status\"}", -1), text,
	    sizeof(text), &rows));
	CHECK(strstr(text, "\"shut\":true") != NULL);
	CHECK(!run(&r, "reports", "true"));	/* nobody is started before a door that is shut */
	for (int i = 0; i < 400 && !alarm_says("the door is open again"); i++) {
		tend();
		usleep(10000);
	}
	CHECK(alarm_says("the door is open again"));
	CHECK(is_done(command("alice", 1, "{\"do\":\"status\"}", -1), text,
	    sizeof(text), &rows));
	CHECK(strstr(text, "\"whole\":true") && strstr(text, "\"shut\":false"));
	CHECK(waitpid(loader_pid, NULL, WNOHANG) == 0);
}

/* The listener of a loader that died is the next one's too, with who knocked meanwhile; and workers, who have
 * it, are not told to shut it. One of a namespace that has gone is let go. */
static void
check_listeners(void)
{
	struct running r;
	char text[256];
	uint64_t cookie;
	int taken;

	drain(WORKER);
	drain(SLOT_WARDEN);
	CHECK(run(&r, "reports", "read x; exec 3<>/dev/tcp/10.9.8.7/5432; echo hello >&3; read x <&3"));
	CHECK(hear(SLOT_WARDEN, MSG_LISTENER) && got.fd >= 0 && got.body.n == 9 && got.body.p[8] == 4);
	cookie = span_be64(got.body, 0);
	listeners[0].netns = cookie;
	listeners[0].family = 4;
	listeners[0].fd = got.fd;
	listeners[1].netns = cookie + 1;	/* in our own namespace, where no session is */
	listeners[1].family = 4;
	listeners[1].fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	listener_count = 2;
	must(write(r.in, "\n", 1) == 1);
	usleep(300000);		/* it has knocked, and waits in the listener */
	CHECK(end_loader(SIGKILL) == -SIGKILL);
	begin_loader();
	give_view();
	CHECK(hear(WORKER, MSG_DOOR) && got.fd >= 0 && span_be64(got.body, 0) == cookie);
	taken = accept4(got.fd, NULL, NULL, SOCK_NONBLOCK);
	CHECK(taken >= 0 && read(taken, text, sizeof(text)) == 6);
	close_fd(&got.fd);
	CHECK(is_silent(WORKER, MSG_DOOR_SHUT, 200));
	close(taken);
	CHECK(is_silent(SLOT_BROKER, MSG_NONE, 300));
	close_run(&r);
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
	check_listeners();
	check_fault();
	CHECK(end_loader(0) == 0);
	tear_down();
	return check_end();
}
