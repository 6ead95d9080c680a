/*
 * attach.c: `interlock attach`, `interlock detach`, and the hook of OCI runtimes.
 * A person says which group becomes which skill; a runtime that is about to start a
 * container asks whether it is one, and the policy's `match` says. Both are measured
 * (inspect.c) and judged (right.c) first, then the group joins (join.c). While that
 * goes on a person's container may end and its number be another's: the place is
 * looked at again. The runtime waits for its hook, so that nothing of the container
 * has run when the answer comes. What watches the groups (appear.c) may have been
 * faster: then it is that session already.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "hooks/appear.h"
#include "hooks/join.h"
#include "hooks/loader.h"
#include "hooks/process.h"
#include "hooks/trust.h"
#include "registry/registry.h"
#include "view.h"

/* A request on its way to a session. */
struct attaching {
	struct request *request;
	struct place place;
	char skill[ABI_NAME_SIZE];
	char match[SESSION_MATCH];	/* empty: a person chose the skill */
	bool is_created;
};

static void
attaching_free(struct attaching **given)
{
	struct attaching *a = take(given);

	if (!a)
		return;
	request_free(&a->request);
	place_free(&a->place);
	free(a);
}

/* Everything is known, and right: be it. */
static void
finish(struct attaching *a)
{
	struct loader *loader = a->request->loader;
	struct join j = { .place = &a->place, .skill = a->skill,
		.person = a->request->person, .uid = a->request->uid,
		.match = a->match, .is_created = a->is_created,
		.detail = a->is_created ? "attached by the runtime's hook" : "attached" };
	char why[JOIN_WHY], caution[LOADER_WHY];
	json_t *answer;
	struct session *s = *a->match ? session_of_path(loader, a->place.group) : NULL;
	int code = s ? 0 : join(loader, &j, &s, why);

	if (code) {
		answer_error(loader, a->request->id, code, "%s", why);
		return;
	}
	group_cautions(s->cgroup, caution, sizeof(caution));
	if (*caution)
		log_warning("session %s: %s", s->text, caution);
	answer = json_pack("{s:s,s:s,s:s,s:s}", "session", s->text, "cgroup", s->cgroup,
	    "skill", s->skill, "caution", caution);
	trust_join(s, a->place.container, a->is_created, a->request->id, answer);
}

static void
on_measured(void *arg, const struct finding *finding)
{
	struct attaching *a cleanup(attaching_free) = arg;
	struct loader *loader = a->request->loader;
	struct right right;

	if (right_judge(loader, a->skill, finding, &right) == 0) {
		finish(a);
		return;
	}
	if (right_skill(loader, a->skill) && finding->status != -ECANCELED)
		right_enter(loader, a->skill, &right);
	answer_error(loader, a->request->id, ANSWER_NO, "%s", right.why);
}

/* Keep what came for later. NULL: answered. The place is taken when it is not. */
static struct attaching *
keep(struct loader *loader, struct request *given, struct place *place, const char *skill)
{
	struct attaching *a cleanup(attaching_free) = calloc(1, sizeof(*a));

	if (!a || strlen(skill) >= sizeof(a->skill)) {
		answer_error(loader, given->id, ANSWER_NO, a ? "the policy knows no such skill" :
		    "no memory");
		return NULL;
	}
	strcpy(a->skill, skill);
	a->request = request_keep(loader, given);
	if (!a->request)
		return NULL;
	a->place = *place;
	*place = (struct place)PLACE_CLEAN;
	return take(&a);
}

static const char *
text_of(const struct request *request, const char *key)
{
	const char *text = json_string_value(json_object_get(request->json, key));

	return text ? text : "";
}

void
attach_begin(struct loader *loader, struct request *given)
{
	struct place place cleanup(place_free) = PLACE_CLEAN;
	char why[LOADER_WHY] = "";
	struct attaching *a;
	int r = place_find(loader, given->json, &place, why);

	if (r < 0) {
		answer_error(loader, given->id, r == -EINVAL ? ANSWER_USAGE : ANSWER_NO,
		    "%s", why);
		return;
	}
	a = keep(loader, given, &place, text_of(given, "skill"));
	if (a)
		inspect(loader, a->skill, a->place.pid, on_measured, a);
}

/* ---- the hook ------------------------------------------------------------------ */

/* The container that a runtime tells of. 0 or -errno, and why. */
static int
find_created(struct loader *loader, const struct request *request, struct place *place, char *why)
{
	json_int_t pid = json_integer_value(json_object_get(request->json, "pid"));
	struct container *c = NULL;
	int r = pid > 0 && pid <= INT32_MAX ? registry_created("", text_of(request, "id"),
	    text_of(request, "bundle"), (pid_t)pid, &c) : -EINVAL;

	if (r < 0) {
		snprintf(why, LOADER_WHY, "the bundle of this container cannot be read: %s", strerror(-r));
		return r;
	}
	return place_of_container(loader, c, place, why);
}

void
attach_created(struct loader *loader, struct request *given)
{
	struct place place cleanup(place_free) = PLACE_CLEAN;
	char why[LOADER_WHY] = "", match[SESSION_MATCH];
	const struct view_skill *skill;
	struct attaching *a;

	if (find_created(loader, given, &place, why) < 0) {
		answer_error(loader, given->id, ANSWER_NO, "%s", why);
		return;
	}
	if (session_of_path(loader, place.group)) {	/* its pod's, say */
		answer_done(loader, given->id, json_pack("{s:s}", "session",
		    session_of_path(loader, place.group)->text));
		return;
	}
	if (!appear_match(loader, &place, &skill, match, why)) {
		answer_error(loader, given->id, ANSWER_NO, "%s", why);
		return;
	}
	if (!skill) {
		answer_done(loader, given->id, json_pack("{s:n}", "session"));
		return;
	}
	a = keep(loader, given, &place, skill->name);
	if (!a)
		return;
	strcpy(a->match, match);
	a->is_created = true;
	inspect(loader, a->skill, 0, on_measured, a);
}

/* ---- the end ---------------------------------------------------------------------- */

/* By session, or every session of a skill. */
void
attach_end(struct loader *loader, struct request *request)
{
	const char *text = json_string_value(json_object_get(request->json,
	    "session"));
	const char *skill = json_string_value(json_object_get(request->json,
	    "skill"));
	struct session *next;
	size_t count = 0;

	for (struct session *s = loader->sessions; s; s = next) {
		next = s->next;
		if ((text && strcmp(text, s->text)) ||
		    (skill && strcmp(skill, s->skill)) || (!text && !skill))
			continue;
		session_end(&s, "detached", request->person);
		count++;
	}
	if (count == 0)
		answer_error(loader, request->id, ANSWER_NO,
		    "no such session: see interlock status");
	else
		answer_done(loader, request->id, json_pack("{s:I}", "detached",
		    (json_int_t)count));
}
