/*
 * relay.c: requests that another process carries out.
 * Each is a MSG_DO with an id of its own; its answers go to the client that
 * asked, as they come, or to the desk itself. A run lasts as long as its command
 * and has no deadline; when its client leaves, the session is hung up on.
 * The client's standard descriptors go from it to the command, and to nobody in
 * between, since whoever holds one may have to wait when it closes it: a run
 * makes a pair of sockets, the command gets one end, and the client the other as
 * soon as only the command has the first.
 */
#include "desk/desk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "desk/control.h"
#include "msg/post.h"

#define HANG_UP 1	/* SIGHUP */

/* Give an answer of our own in place of the one that does not come. */
static void
fail(struct relay *relay, const char *why)
{
	struct guest *client;

	if (relay->fn) {
		relay->fn(relay->desk, relay->arg, NULL);
		return;
	}
	client = guest_find(relay->desk, relay->client);
	if (!client)
		return;
	client->owed--;
	if (!relay->is_silent)
		guest_error(client, CODE_FAILED, "%s", why);
	guest_settle(client);
}

static void
relay_free(struct relay *relay)
{
	struct relay **at = &relay->desk->relays;

	while (*at != relay)
		at = &(*at)->next;
	*at = relay->next;
	relay->desk->relay_count--;
	loop_unset(relay->desk->loop, &relay->deadline);
	close_fd(&relay->stdio);
	free(relay);
}

static void
too_late(void *arg)
{
	struct relay *relay = arg;

	fail(relay, "the daemon did not answer in time");
	relay_free(relay);
}

static int
send_do(struct desk *desk, unsigned int to, uint64_t id, const struct caller *caller,
    const json_t *request, int fd)
{
	static const struct caller own = { .person = "" };
	struct out body cleanup(out_free) = out_new(MSG_BODY_MAX);
	char *text = json_dumps(request, JSON_COMPACT);

	if (!text)
		return -ENOMEM;
	caller = caller ? caller : &own;
	out_block(&body, span_text(caller->person));
	out_be32(&body, caller->person_uid);
	out_be32(&body, (uint32_t)caller->pid);
	out_block(&body, span_text(text));
	free(text);
	if (body.failed)
		return -EMSGSIZE;
	return post_send(desk->post, to, MSG_DO, id, out_view(&body), fd);
}

static int
relay_new(struct desk *desk, unsigned int to, const struct caller *caller,
    const json_t *request, int fd, struct relay **out)
{
	struct relay *relay;
	int status;

	if (desk->relay_count >= DESK_RELAYS)
		return -EAGAIN;
	relay = calloc(1, sizeof(*relay));
	if (!relay)
		return -ENOMEM;
	relay->desk = desk;
	relay->to = to;
	relay->stdio = -1;
	relay->id = post_id(desk->post);
	status = send_do(desk, to, relay->id, caller, request, fd);
	if (status) {
		free(relay);
		return status;
	}
	relay->next = desk->relays;
	desk->relays = relay;
	desk->relay_count++;
	*out = relay;
	return 0;
}

static struct relay *
relay_for(struct guest *client, unsigned int to, const json_t *request, int fd)
{
	struct relay *relay;
	int status = relay_new(client->desk, to, &client->caller, request, fd, &relay);

	if (status) {
		guest_error(client, CODE_FAILED, "%s", status == -EMSGSIZE ?
		    "the request is too large; a smaller environment may help" :
		    "the daemon is starting or overloaded; try again");
		return NULL;
	}
	relay->client = client->number;
	client->owed++;
	return relay;
}

static void
relay_plain(struct guest *client, unsigned int to, const json_t *request)
{
	struct relay *relay = relay_for(client, to, request, -1);

	if (relay)
		(void)loop_set(client->desk->loop, &relay->deadline, DESK_RELAY_NS,
		    too_late, relay);
}

void
relay_loader(struct guest *client, json_t *request)
{
	relay_plain(client, SLOT_LOADER, request);
}

void
relay_policy(struct guest *client, json_t *request)
{
	relay_plain(client, SLOT_POLICY, request);
}

void
relay_keeper(struct guest *client, json_t *request)
{
	relay_plain(client, SLOT_KEEPER, request);
}

void
relay_run(struct guest *client, json_t *request)
{
	struct relay *relay;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		guest_error(client, CODE_FAILED, "no sockets: %s", strerror(errno));
		return;
	}
	relay = relay_for(client, SLOT_LOADER, request, pair[0]);
	close(pair[0]);
	if (relay) {
		relay->is_run = true;
		relay->stdio = pair[1];
	} else {
		close(pair[1]);
	}
}

/* Its answer would be taken for the run's own, so there is none. */
void
relay_signal(struct guest *client, json_t *request)
{
	const char *session = request_text(request, "session");
	struct relay *relay;

	for (relay = client->desk->relays; relay; relay = relay->next) {
		if (relay->is_run && relay->client == client->number &&
		    strcmp(relay->session, session) == 0)
			break;
	}
	if (!relay)
		return;
	relay = relay_for(client, SLOT_LOADER, request, -1);
	if (!relay)
		return;
	relay->is_silent = true;
	(void)loop_set(client->desk->loop, &relay->deadline, DESK_RELAY_NS, too_late, relay);
}

int
relay_ask(struct desk *desk, unsigned int to, const char *verb,
    void (*fn)(struct desk *, void *, const json_t *), void *arg)
{
	json_t *request = json_pack("{s:i,s:s}", "v", CONTROL_VERSION, "do", verb);
	struct relay *relay;
	int status = relay_new(desk, to, NULL, request, -1, &relay);

	json_decref(request);
	if (status)
		return status;
	relay->fn = fn;
	relay->arg = arg;
	(void)loop_set(desk->loop, &relay->deadline, 3 * 1000000000ULL, too_late, relay);
	return 0;
}

/* ---- answers ------------------------------------------------------------------ */

static void
hang_up(struct relay *relay)
{
	json_t *request = json_pack("{s:i,s:s,s:s,s:i}", "v", CONTROL_VERSION,
	    "do", "signal", "session", relay->session, "signal", HANG_UP);
	const struct caller caller = { .pid = (pid_t)(intptr_t)relay->arg };

	if (request && send_do(relay->desk, SLOT_LOADER, post_id(relay->desk->post),
	    &caller, request, -1))
		log_warning("session %s is not hung up on", relay->session);
	json_decref(request);
}

/* Remember which session a run has become. */
static void
note_session(struct relay *relay, const json_t *json)
{
	const char *session = json_string_value(json_object_get(
	    json_object_get(json, "row"), "session"));

	if (!session || strlen(session) >= sizeof(relay->session))
		return;
	strcpy(relay->session, session);
	if (relay->is_orphan)
		hang_up(relay);
}

static void
pass_on(struct relay *relay, bool last, const json_t *json)
{
	struct guest *client = guest_find(relay->desk, relay->client);
	char *text;

	if (relay->is_run && !last)
		note_session(relay, json);
	if (client && !last && relay->stdio >= 0)
		guest_hand(client, relay->stdio);
	close_fd(&relay->stdio);
	if (!client)
		return;
	if (last)
		client->owed--;
	text = relay->is_silent ? NULL : json_dumps(json, JSON_COMPACT);
	if (text)
		guest_send_text(client, span_text(text));
	free(text);
	guest_settle(client);
}

bool
relay_hear(struct desk *desk, unsigned int from, uint64_t id, struct span body)
{
	struct relay *relay = desk->relays;
	struct span text;
	uint8_t last;
	json_t *json;

	if (!take_u8(&body, &last) || last > 1 || !take_block(&body, &text) || body.n)
		return false;
	while (relay && (relay->id != id || relay->to != from))
		relay = relay->next;
	if (!relay)
		return true;	/* too late, or for nobody */
	json = json_loadb((const char *)text.p, text.n, 0, NULL);
	if (!json_is_object(json)) {
		json_decref(json);
		return false;
	}
	if (!relay->fn)
		pass_on(relay, last, json);
	else if (last)
		relay->fn(desk, relay->arg, json);
	json_decref(json);
	if (last)
		relay_free(relay);
	return true;
}

void
relay_peer_down(struct desk *desk, unsigned int slot)
{
	struct relay *next;

	for (struct relay *relay = desk->relays; relay; relay = next) {
		next = relay->next;
		if (relay->to != slot)
			continue;
		fail(relay, "the process that was to do this has ended; see interlock status");
		relay_free(relay);
	}
}

void
relay_client_gone(struct desk *desk, const struct guest *client)
{
	for (struct relay *relay = desk->relays; relay; relay = relay->next) {
		if (!relay->is_run || relay->client != client->number)
			continue;
		relay->is_orphan = true;
		close_fd(&relay->stdio);	/* whoever waits for it gives up */
		relay->arg = (void *)(intptr_t)client->caller.pid;
		if (*relay->session)
			hang_up(relay);
	}
}

void
relays_free(struct desk *desk)
{
	while (desk->relays) {
		struct relay *relay = desk->relays;

		if (relay->fn)
			relay->fn(desk, relay->arg, NULL);
		relay_free(relay);
	}
}
