/*
 * stop.c: `interlock stop`, as far as the kernel is concerned.
 * What is stopped is a short list, kept on disk. After every change each
 * session's block in the kernel's map is set to what the list says: from then
 * on its connections are refused in the hook. Workers end the flows there are,
 * and know of targets; one that starts is told the list before it gets a door, so
 * that it takes nothing unknowing.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "hooks/loader.h"
#include "msg/post.h"
#include "out.h"
#include "span.h"

bool
stop_covers_skill(const struct loader *loader, const char *skill)
{
	for (size_t i = 0; i < loader->stop_count; i++) {
		const struct stop *stop = &loader->stops[i];

		if (stop->scope == STOP_ALL || (stop->scope == STOP_SKILL &&
		    strcmp(stop->name, skill) == 0))
			return true;
	}
	return false;
}

bool
stop_covers(const struct loader *loader, const struct session *s)
{
	for (size_t i = 0; i < loader->stop_count; i++)
		if (loader->stops[i].scope == STOP_SESSION &&
		    strcmp(loader->stops[i].name, s->text) == 0)
			return true;
	return stop_covers_skill(loader, s->skill);
}

static void
apply(struct loader *loader)
{
	for (struct session *s = loader->sessions; s; s = s->next) {
		bool blocked = stop_covers(loader, s);
		int r;

		if (blocked == s->is_blocked)
			continue;
		s->is_blocked = blocked;
		r = session_update(s);
		if (r < 0)
			log_error("%s could not be %s: %s", s->text,
			    blocked ? "blocked" : "freed", strerror(-r));
	}
	if (keep_stops(loader) < 0)
		log_error("the list of stops could not be kept");
}

static void
undo(struct loader *loader, uint8_t scope, struct span name)
{
	size_t kept = 0;

	for (size_t i = 0; i < loader->stop_count; i++) {
		struct stop *stop = &loader->stops[i];

		if (scope != STOP_ALL && (stop->scope != scope || !span_is(name, stop->name)))
			loader->stops[kept++] = *stop;
	}
	loader->stop_count = kept;
}

static void
add(struct loader *loader, uint8_t scope, struct span name)
{
	struct stop stop = { .scope = scope };

	memcpy(stop.name, name.p, name.n);
	for (size_t i = 0; i < loader->stop_count; i++)
		if (loader->stops[i].scope == scope &&
		    strcmp(loader->stops[i].name, stop.name) == 0)
			return;
	if (loader->stop_count == STOPS_MOST) {
		log_error("too many stops: everything is stopped");
		loader->stops[0] = (struct stop){ .scope = STOP_ALL };
		loader->stop_count = 1;
		return;
	}
	loader->stops[loader->stop_count++] = stop;
}

bool
stop_hear(struct loader *loader, struct span body)
{
	struct span name;
	uint8_t scope, is_undo;

	if (!take_u8(&body, &scope) || !take_u8(&body, &is_undo) ||
	    !take_block(&body, &name) || body.n || scope >= STOP_SCOPES || is_undo > 1)
		return false;
	if (name.n >= ABI_NAME_SIZE || (name.n && memchr(name.p, 0, name.n)))
		return false;
	if (is_undo)
		undo(loader, scope, name);
	else
		add(loader, scope, scope == STOP_ALL ? SPAN("") : name);
	apply(loader);
	return true;
}

void
stop_tell_all(struct loader *loader, unsigned int slot)
{
	for (size_t i = 0; i < loader->stop_count; i++) {
		struct out body cleanup(out_free) = out_new(256);

		out_u8(&body, loader->stops[i].scope);
		out_u8(&body, false);
		out_block(&body, span_text(loader->stops[i].name));
		(void)post_send(loader->post, slot, MSG_STOP, 0, out_view(&body), -1);
	}
}

json_t *
stop_list(const struct loader *loader)
{
	static const char *const scopes[] = {
		[STOP_ALL] = "all", [STOP_SKILL] = "skill",
		[STOP_SESSION] = "session", [STOP_TARGET] = "target",
	};
	json_t *list = json_array();

	for (size_t i = 0; i < loader->stop_count; i++)
		json_array_append_new(list, json_pack("{s:s,s:s}", "scope",
		    scopes[loader->stops[i].scope], "name", loader->stops[i].name));
	return list;
}
