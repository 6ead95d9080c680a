/*
 * watch.c: live turns, from the workers to those who watch.
 * Workers make lines only while somebody watches. A watcher that is far behind
 * loses lines and is told how many; nobody waits for it.
 */
#include "desk/desk.h"

#include <string.h>

#include "msg/post.h"

static bool
is_watched(const struct desk *desk)
{
	for (const struct guest *client = desk->clients; client; client = client->next) {
		if (client->turns.is_on && !client->is_dead)
			return true;
	}
	return false;
}

void
watch_tell(struct desk *desk, unsigned int slot)
{
	uint8_t on = desk->is_watched;

	if (msg_is_worker(slot))
		(void)post_send(desk->post, slot, MSG_WATCH, 0, span_of(&on, 1), -1);
}

static void
update(struct desk *desk)
{
	bool now = is_watched(desk);

	if (now == desk->is_watched)
		return;
	desk->is_watched = now;
	for (unsigned int slot = SLOT_WORKER; msg_is_worker(slot); slot++)
		watch_tell(desk, slot);
}

void
watch_begin(struct guest *client, json_t *request)
{
	const char *skill = request_text(request, "skill");
	const char *target = request_text(request, "target");
	struct watch_filter *filter = &client->turns;

	if (strlen(skill) >= sizeof(filter->skill) || strlen(target) >= sizeof(filter->target)) {
		guest_error(client, CODE_USAGE, "no skill or target has such a long name");
		return;
	}
	strcpy(filter->skill, skill);
	strcpy(filter->target, target);
	filter->is_on = true;
	update(client->desk);
}

void
watch_end(struct guest *client)
{
	client->turns.is_on = false;
	update(client->desk);
}

static bool
wants(const struct guest *client, const json_t *turn)
{
	const struct watch_filter *filter = &client->turns;

	return filter->is_on && !client->is_dead &&
	    (!*filter->skill || strcmp(filter->skill, request_text(turn, "skill")) == 0) &&
	    (!*filter->target || strcmp(filter->target, request_text(turn, "target")) == 0);
}

static void
show(struct guest *client, json_t *turn)
{
	if (client->out.n > DESK_WATCH_ROOM) {
		client->lost++;
		return;
	}
	if (client->lost) {
		guest_row(client, json_pack("{s:I}", "lost", (json_int_t)client->lost));
		client->lost = 0;
	}
	guest_row(client, json_incref(turn));
}

bool
watch_hear(struct desk *desk, struct span body)
{
	struct guest *client, *next;
	struct span text;
	json_t *turn;

	if (!take_block(&body, &text) || body.n)
		return false;
	turn = json_loadb((const char *)text.p, text.n, 0, NULL);
	if (!json_is_object(turn)) {
		json_decref(turn);
		return false;
	}
	for (client = desk->clients; client; client = next) {
		next = client->next;
		if (wants(client, turn))
			show(client, turn);
	}
	json_decref(turn);
	return true;
}
