/*
 * stop.c: `interlock stop`, at once and everywhere.
 * The loader refuses new connections, the workers end flows, holds that it
 * covers are denied. To stop is safe, so it is done first and entered then; to
 * take it back is entered first. The list is told again to processes that start.
 */
#include "desk/desk.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "entry/scribe.h"
#include "msg/post.h"
#include "view.h"

static const char *const scopes[] = {
	[STOP_ALL] = "all", [STOP_SKILL] = "skill", [STOP_SESSION] = "session",
	[STOP_TARGET] = "target",
};

struct order {
	struct desk *desk;
	uint64_t client;
	struct stop stop;
	bool is_undo;
};

static void
tell(struct desk *desk, unsigned int slot, const struct stop *stop, bool is_undo)
{
	struct out body cleanup(out_free) = out_new(256);

	out_u8(&body, stop->scope);
	out_u8(&body, is_undo);
	out_block(&body, span_text(stop->name));
	(void)post_send(desk->post, slot, MSG_STOP, 0, out_view(&body), -1);
}

static void
tell_all(struct desk *desk, const struct stop *stop, bool is_undo)
{
	tell(desk, SLOT_LOADER, stop, is_undo);
	for (unsigned int slot = SLOT_WORKER; msg_is_worker(slot); slot++)
		tell(desk, slot, stop, is_undo);
}

/* The loader keeps its own list too, on disk, but may have missed the last word. */
void
stop_tell(struct desk *desk, unsigned int slot)
{
	bool wants = slot == SLOT_LOADER || msg_is_worker(slot);

	for (size_t i = 0; wants && i < desk->stop_count; i++)
		tell(desk, slot, &desk->stops[i], false);
}

static void
keep(struct desk *desk, const struct stop *stop)
{
	for (size_t i = 0; i < desk->stop_count; i++) {
		if (desk->stops[i].scope == stop->scope &&
		    strcmp(desk->stops[i].name, stop->name) == 0)
			return;
	}
	if (desk->stop_count == DESK_STOPS) {	/* as the loader does */
		log_error("too many stops: everything is stopped");
		desk->stops[0] = (struct stop){ .scope = STOP_ALL };
		desk->stop_count = 1;
		tell_all(desk, &desk->stops[0], false);
		return;
	}
	desk->stops[desk->stop_count++] = *stop;
}

/* What the loader has kept over a restart of this process. */
void
stop_learn(struct desk *desk, const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *name = request_text(item, "name");
		struct stop stop = { 0 };

		while (stop.scope < COUNT(scopes) &&
		    strcmp(scopes[stop.scope], request_text(item, "scope")) != 0)
			stop.scope++;
		if (stop.scope == COUNT(scopes) || strlen(name) >= sizeof(stop.name))
			continue;
		strcpy(stop.name, name);
		keep(desk, &stop);
	}
}

static void
forget(struct desk *desk, const struct stop *stop)
{
	size_t kept = 0;

	for (size_t i = 0; i < desk->stop_count; i++) {
		if (stop->scope != STOP_ALL && (desk->stops[i].scope != stop->scope ||
		    strcmp(desk->stops[i].name, stop->name) != 0))
			desk->stops[kept++] = desk->stops[i];
	}
	desk->stop_count = kept;
}

static bool
covers(const struct stop *stop, const struct hold *hold)
{
	char session[ID_TEXT_SIZE];

	switch (stop->scope) {
	case STOP_ALL:
		return true;
	case STOP_SKILL:
		return span_is(hold->skill, stop->name);
	case STOP_TARGET:
		return span_is(hold->target, stop->name);
	default:
		return strcmp(id_format(&hold->session, session), stop->name) == 0;
	}
}

static void
deny_holds(struct desk *desk, const struct stop *stop, const char *person)
{
	static const char why[] = "stopped by an operator";

	for (struct held *held = desk->holds; held; held = held->next) {
		if (!covers(stop, &held->hold))
			continue;
		held->doom = why;	/* where it cannot be settled right now */
		if (held->state == HOLD_OPEN || held->state == HOLD_KEPT)
			(void)hold_settle(held, "deny", person, why, 0);
	}
}

/* The order is on disk. */
static void
on_entered(void *arg, int status)
{
	struct order *order = arg;
	struct guest *client = guest_find(order->desk, order->client);

	if (!status && order->is_undo) {
		forget(order->desk, &order->stop);
		tell_all(order->desk, &order->stop, true);
	}
	if (client) {
		client->owed--;
		if (status)
			guest_error(client, CODE_FAILED, order->is_undo ?
			    "it could not be recorded, so all stays stopped" :
			    "it is stopped, but that could not be recorded");
		else
			guest_ok(client, NULL);
		guest_settle(client);
	}
	free(order);
}

static int
enter(struct order *order, const char *person)
{
	struct entry *entry = scribe_begin(order->desk->scribe, ENTRY_STOPPED);

	entry_text(entry, KEY_PERSON, span_text(person));
	entry_text(entry, KEY_NAME, span_text(order->stop.name));
	if (order->is_undo)
		entry_text(entry, KEY_DETAIL, SPAN("taken back"));
	entry_text(entry, KEY_SCOPE, span_text(scopes[order->stop.scope]));
	return scribe_send(order->desk->scribe, LEVEL_SYNCED, on_entered, order, NULL);
}

/* Which things have this name: bits of enum msg_stop. */
static unsigned int
find_named(const struct desk *desk, const char *name)
{
	const struct view_broker *view = desk->view;
	unsigned int found = 0;
	char text[ID_TEXT_SIZE];

	for (size_t i = 0; view && i < view->skill_count; i++)
		if (strcmp(view->skills[i].name, name) == 0)
			found |= 1u << STOP_SKILL;
	if (view && desk_is_among(name, view->targets, view->target_count))
		found |= 1u << STOP_TARGET;
	for (size_t i = 0; i < desk->session_count; i++)
		if (strcmp(id_format(&desk->sessions[i].id, text), name) == 0)
			found |= 1u << STOP_SESSION;
	return found;
}

/* Which stops there are of this name. */
static unsigned int
find_stopped(const struct desk *desk, const char *name)
{
	unsigned int found = 0;

	for (size_t i = 0; i < desk->stop_count; i++)
		if (strcmp(desk->stops[i].name, name) == 0)
			found |= 1u << desk->stops[i].scope;
	return found;
}

/* A name alone: of which kind it is. NULL: it is clear. */
static const char *
guess_scope(unsigned int found, uint8_t *scope)
{
	if (found == 1u << STOP_SKILL)
		*scope = STOP_SKILL;
	else if (found == 1u << STOP_TARGET)
		*scope = STOP_TARGET;
	else if (found == 1u << STOP_SESSION)
		*scope = STOP_SESSION;
	else if (found)
		return "a skill and a target have this name: say which with --skill or --target";
	return NULL;
}

/* Read the request. NULL: fine; else what is wrong with it, and *code is the kind of fault. */
static const char *
read_order(const struct desk *desk, const json_t *request, struct order *order, int *code)
{
	const char *scope = request_text(request, "scope");
	const char *name = request_text(request, "name"), *unclear = NULL;
	unsigned int found;

	*code = CODE_USAGE;
	order->is_undo = json_is_true(json_object_get(request, "undo"));
	found = order->is_undo ? find_stopped(desk, name) : find_named(desk, name);
	if (strlen(name) >= sizeof(order->stop.name))
		return "no skill, session or target has such a long name";
	strcpy(order->stop.name, name);
	while (order->stop.scope < COUNT(scopes) &&
	    strcmp(scopes[order->stop.scope], scope) != 0)
		order->stop.scope++;
	if (strcmp(scope, "any") == 0)
		unclear = guess_scope(found, &order->stop.scope);
	else if (order->stop.scope == COUNT(scopes))
		return "a stop is of a skill, a session, a target, or of all";
	if (order->stop.scope == STOP_ALL) {
		order->stop.name[0] = 0;
		return NULL;
	}
	if (!*name)
		return "a stop of one thing needs its name";
	if (unclear)
		return unclear;
	*code = CODE_NO;
	if (order->stop.scope == COUNT(scopes) || !(found & 1u << order->stop.scope))
		return order->is_undo ? "nothing of that name is stopped; `interlock status` lists what is" :
		    "there is nothing of that name to be stopped";
	return NULL;
}

void
stop_command(struct guest *client, json_t *request)
{
	struct desk *desk = client->desk;
	struct order *order = calloc(1, sizeof(*order));
	const char *fault;
	int code;

	if (!order) {
		guest_error(client, CODE_FAILED, "the daemon is out of memory");
		return;
	}
	order->desk = desk;
	order->client = client->number;
	fault = read_order(desk, request, order, &code);
	if (fault) {
		guest_error(client, code, "%s", fault);
		free(order);
		return;
	}
	if (!order->is_undo) {
		keep(desk, &order->stop);
		tell_all(desk, &order->stop, false);
		deny_holds(desk, &order->stop, client->caller.person);
	}
	client->owed++;
	if (enter(order, client->caller.person))
		on_entered(order, -1);
}
