/*
 * status.c: is all well, and if not, what is wrong.
 * Loader, policy and recorder are asked for their part; what does not answer
 * within three seconds is said to be missing. Whatever is not as it should be is
 * a sentence in "faults"; "healthy" is true only without any.
 */
#include "desk/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "base/clock.h"
#include "entry/scribe.h"
#include "view.h"

#define BEAT_MOST_MS (ABI_BEAT_MAX_NS / MILLISECOND_NS)

enum part { PART_LOADER, PART_POLICY, PART_LEDGER, PARTS };

static const struct {
	const char *name, *verb;
	unsigned int slot;
} parts[PARTS] = {
	[PART_LOADER] = { "loader", "status", SLOT_LOADER },
	[PART_POLICY] = { "policy", "policy", SLOT_POLICY },
	[PART_LEDGER] = { "ledger", "status", SLOT_RECORDER },
};

struct ask {
	uint64_t client;
	size_t waiting;
	bool is_sending;
	json_t *answers[PARTS];
};

struct ask_part {
	struct ask *ask;
	enum part part;
};

__attribute__((format(printf, 2, 3)))
static void
fault(json_t *faults, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_array_append_new(faults, json_string(text));
}

static json_t *
show_processes(const struct desk *desk, json_t *faults)
{
	json_t *list = json_array();

	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		const struct desk_child *child = &desk->children[slot];

		if (!child->pid)
			continue;
		json_array_append_new(list, json_pack("{s:s,s:I,s:I,s:I,s:b}",
		    "name", msg_slot_name(slot), "pid", (json_int_t)child->pid,
		    "restarts", (json_int_t)child->restarts,
		    "started", (json_int_t)child->started, "down", child->is_down));
		if (child->is_down)
			fault(faults, "%s is down", msg_slot_name(slot));
	}
	return list;
}

static json_t *
show_stops(const struct desk *desk)
{
	static const char *const names[] = { "all", "skill", "session", "target" };
	json_t *list = json_array();

	for (size_t i = 0; i < desk->stop_count; i++)
		json_array_append_new(list, json_pack("{s:s,s:s}", "scope",
		    names[desk->stops[i].scope], "name", desk->stops[i].name));
	return list;
}

/* The files and what is in force are not the same: since the last reload, or the start. */
static void
find_policy_faults(const json_t *answer, json_t *faults)
{
	const char *refused = request_text(answer, "refused");

	if (*refused)
		fault(faults, "the policy's files are not what is in force (%s); "
		    "see `interlock policy check`", refused);
}

/* What the loader found changed behind its back, and has not seen mended. */
static void
find_watchdog_faults(const json_t *watchdog, json_t *faults)
{
	char text[4096 + 64];

	if (!json_is_true(json_object_get(watchdog, "shut")))
		return;
	snprintf(text, sizeof(text), "the door is shut, skills are refused: %s", request_text(watchdog, "now"));
	json_array_append_new(faults, json_string(text));
}

/* Somebody let all skills go for a time. */
static void
find_glass_faults(const json_t *glass, json_t *faults)
{
	char text[512];

	if (!json_is_object(glass))
		return;
	snprintf(text, sizeof(text), "THE GLASS IS BROKEN for %lld more seconds: skills go where they want, %lld "
	    "connections so far. Reason: %s", (long long)json_integer_value(json_object_get(glass, "seconds_left")),
	    (long long)json_integer_value(json_object_get(glass, "passed")), request_text(glass, "reason"));
	json_array_append_new(faults, json_string(text));
}

/* What the kernel is told, and whether it has room. */
static void
find_hooks_faults(const json_t *hooks, json_t *faults)
{
	const json_t *age = json_object_get(hooks, "beat_age_ms"), *map;
	size_t i;

	if (json_is_object(hooks) && (!json_is_integer(age) || json_integer_value(age) > (json_int_t)BEAT_MOST_MS))
		fault(faults, "the kernel gets no heartbeat: skills are refused; if that stays, restart the daemon");
	json_array_foreach(json_object_get(hooks, "maps"), i, map)
		if (json_integer_value(json_object_get(map, "entries")) >=
		    json_integer_value(json_object_get(map, "room")))
			fault(faults, "the kernel's map %s is full: what finds no room is refused",
			    request_text(map, "name"));
}

static void
find_faults(const struct desk *desk, const struct ask *ask, json_t *faults)
{
	for (enum part part = 0; part < PARTS; part++) {
		const json_t *answer = ask->answers[part];

		if (!answer)
			fault(faults, "the %s does not answer", msg_slot_name(parts[part].slot));
		else if (!json_is_true(json_object_get(answer, "ok")))
			fault(faults, "%s: %s", parts[part].name, request_text(answer, "error"));
	}
	if (ask->answers[PART_LOADER] &&
	    json_is_false(json_object_get(ask->answers[PART_LOADER], "whole")))
		fault(faults, "a kernel program is not in effect; see \"hooks\"");
	find_hooks_faults(json_object_get(ask->answers[PART_LOADER], "hooks"), faults);
	find_glass_faults(json_object_get(ask->answers[PART_LOADER], "glass"), faults);
	find_watchdog_faults(json_object_get(ask->answers[PART_LOADER], "watchdog"), faults);
	if (json_is_true(json_object_get(json_object_get(ask->answers[PART_LEDGER],
	    "ledger"), "is_full")))
		fault(faults, "the ledger's disk is full");
	if (!desk->view)
		fault(faults, "no policy is in force");
	find_policy_faults(ask->answers[PART_POLICY], faults);
	if (!desk->knows_sessions)
		fault(faults, "the loader has not told which skills are running");
}

static void
finish(struct desk *desk, struct ask *ask)
{
	struct guest *client = guest_find(desk, ask->client);
	json_t *faults = json_array(), *json = json_object();

	json_object_set_new(json, "processes", show_processes(desk, faults));
	find_faults(desk, ask, faults);
	json_object_set_new(json, "healthy", json_boolean(json_array_size(faults) == 0));
	json_object_set_new(json, "faults", faults);
	json_object_set_new(json, "name", json_string(desk->instance.name));
	json_object_set_new(json, "version", json_string(INTERLOCK_VERSION));
	json_object_set_new(json, "holds", json_integer((json_int_t)desk->hold_count));
	json_object_set_new(json, "stops", show_stops(desk));
	json_object_set_new(json, "unwritten", json_integer((json_int_t)scribe_open(desk->scribe)));
	for (enum part part = 0; part < PARTS; part++) {
		json_t *answer = ask->answers[part];

		json_object_del(answer, "v");
		json_object_set(json, parts[part].name, answer ? answer : json_null());
		json_decref(answer);
	}
	if (client) {
		client->owed--;
		guest_ok(client, json);
		guest_settle(client);
	} else {
		json_decref(json);
	}
	free(ask);
}

static void
on_answer(struct desk *desk, void *arg, const json_t *json)
{
	struct ask_part *part = arg;
	struct ask *ask = part->ask;

	ask->answers[part->part] = json ? json_deep_copy(json) : NULL;
	free(part);
	ask->waiting--;
	if (ask->waiting == 0 && !ask->is_sending)
		finish(desk, ask);
}

void
status_command(struct guest *client, json_t *request)
{
	struct desk *desk = client->desk;
	struct ask *ask = calloc(1, sizeof(*ask));

	(void)request;
	if (!ask) {
		guest_error(client, CODE_FAILED, "the daemon is out of memory");
		return;
	}
	ask->client = client->number;
	ask->is_sending = true;
	client->owed++;
	for (enum part i = 0; i < PARTS; i++) {
		struct ask_part *part = calloc(1, sizeof(*part));

		if (!part)
			continue;
		*part = (struct ask_part){ ask, i };
		ask->waiting++;
		if (relay_ask(desk, parts[i].slot, parts[i].verb, on_answer, part)) {
			ask->waiting--;
			free(part);
		}
	}
	ask->is_sending = false;
	if (ask->waiting == 0)
		finish(desk, ask);
}
