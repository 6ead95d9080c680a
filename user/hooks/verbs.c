/*
 * verbs.c: what people command of the loader, and its answers.
 * The broker has checked who calls and what that person may do in general; who
 * may start which skill is checked here, by the policy (start.c). Answers are
 * the lines of desk/control.h, whole, for the broker to pass on.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "hooks/hooks.h"
#include "hooks/loader.h"
#include "msg/post.h"
#include "out.h"
#include "view.h"

static void status(struct loader *, struct request *);

static const struct {
	const char *name;
	verb_fn fn;
} verbs[] = {
	{ "run", start_run },
	{ "signal", start_signal },
	{ "attach", attach_begin },
	{ "detach", attach_end },
	{ "status", status },
	{ "skill_diff", skill_diff },
	{ "skill_accept", skill_accept },
};

/* Send and free `json`. */
static void
answer(struct loader *loader, uint64_t id, bool last, json_t *json)
{
	struct out body cleanup(out_free) = out_new(MSG_BODY_MAX);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	out_u8(&body, last);
	out_block(&body, text ? span_text(text) : SPAN("{\"v\":1,\"ok\":false,"
	    "\"error\":\"no memory for the answer\",\"code\":5}"));
	free(text);
	if (post_send(loader->post, SLOT_BROKER, MSG_DONE, id, out_view(&body),
	    -1) < 0)
		log_error("an answer does not reach the broker");
}

void
answer_row(struct loader *loader, uint64_t id, json_t *row)
{
	answer(loader, id, false, json_pack("{s:i,s:o}", "v", ANSWER_VERSION,
	    "row", row));
}

void
answer_done(struct loader *loader, uint64_t id, json_t *more)
{
	json_t *json = json_pack("{s:i,s:b}", "v", ANSWER_VERSION, "ok", 1);

	if (more)
		json_object_update(json, more);
	json_decref(more);
	answer(loader, id, true, json);
}

void
answer_error(struct loader *loader, uint64_t id, int code,
    const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	answer(loader, id, true, json_pack("{s:i,s:b,s:s,s:i}", "v",
	    ANSWER_VERSION, "ok", 0, "error", text, "code", code));
}

static json_t *
sessions_json(const struct loader *loader)
{
	json_t *list = json_array();

	for (const struct session *s = loader->sessions; s; s = s->next)
		json_array_append_new(list, json_pack(
		    "{s:s,s:s,s:s,s:I,s:s,s:I,s:i,s:b,s:b,s:I}",
		    "session", s->text, "skill", s->skill,
		    "starter", s->starter, "starter_uid",
		    (json_int_t)s->starter_uid, "cgroup", s->cgroup,
		    "cgroup_id", (json_int_t)s->cgroup_id, "pid", (int)s->pid,
		    "attached", s->is_attached, "blocked", s->is_blocked,
		    "doors", (json_int_t)s->door_count));
	return list;
}

static json_t *
targets_json(const struct loader *loader)
{
	json_t *list = json_array();

	for (size_t i = 0; i < loader->view->target_count; i++) {
		const struct view_target *target = &loader->view->targets[i];

		json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s*,s:o*}",
		    "target", target->name, "inspect",
		    target->inspect == INSPECT_NONE ? "none" : "full",
		    "namespace", target->from_skill ? "skill" : "host",
		    "socket", target->socket[0] ? target->socket : NULL,
		    "from_dns", learned_json(loader, target)));
	}
	return list;
}

static void
status(struct loader *loader, struct request *request)
{
	char *text cleanup(free_memory) = NULL;
	bool is_whole = false;
	json_t *hooks = NULL;

	if (hooks_status(loader->hooks, &text, &is_whole) == 0)
		hooks = json_loads(text, 0, NULL);
	answer_done(loader, request->id, json_pack("{s:o,s:o,s:o,s:b,s:o}",
	    "sessions", sessions_json(loader),
	    "targets", targets_json(loader),
	    "hooks", hooks ? hooks : json_null(), "whole", is_whole,
	    "stops", stop_list(loader)));
}

static void
dispatch(struct loader *loader, struct request *request)
{
	const char *name = json_string_value(json_object_get(request->json,
	    "do"));

	if (!loader->view) {
		answer_error(loader, request->id, ANSWER_FAILED,
		    "no policy is in force yet");
		return;
	}
	for (size_t i = 0; name && i < COUNT(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0) {
			verbs[i].fn(loader, request);
			return;
		}
	answer_error(loader, request->id, ANSWER_USAGE,
	    "the loader does no such thing");
}

static void
clear(struct request *request)
{
	close_fd(&request->fd);
	json_decref(request->json);
}

struct request *
request_keep(struct loader *loader, struct request *request)
{
	struct request *kept = malloc(sizeof(*kept));

	if (!kept) {
		answer_error(loader, request->id, ANSWER_FAILED, "no memory");
		return NULL;
	}
	*kept = *request;
	request->fd = -1;
	request->json = NULL;
	return kept;
}

void
request_free(struct request **given)
{
	struct request *request = take(given);

	if (!request)
		return;
	clear(request);
	free(request);
}

bool
verbs_hear(struct loader *loader, uint64_t id, struct span body, int fd)
{
	struct request request cleanup(clear) = { .loader = loader, .id = id,
		.fd = fd };
	struct span person, text;

	if (!take_block(&body, &person) || !take_be32(&body, &request.uid) ||
	    !take_be32(&body, &request.pid) || !take_block(&body, &text) ||
	    body.n || person.n >= sizeof(request.person) ||
	    (person.n && memchr(person.p, 0, person.n)))
		return false;
	if (person.n)
		memcpy(request.person, person.p, person.n);
	request.json = json_loadb((const char *)text.p, text.n,
	    JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(request.json))
		answer_error(loader, id, ANSWER_USAGE,
		    "the request is no JSON object");
	else
		dispatch(loader, &request);
	return true;
}
