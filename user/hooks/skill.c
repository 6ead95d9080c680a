/*
 * skill.c: `interlock skill diff NAME` and `interlock skill accept NAME`.
 * Accepting is a decision: its entry is on disk before the measure is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"
#include "entry/scribe.h"
#include "hooks/loader.h"
#include "hooks/manifest.h"
#include "view.h"

/* Everything measured of a skill that the policy pins. */
struct measured_skill {
	struct loader *loader;
	uint64_t request;
	char skill[ABI_NAME_SIZE];
	char *manifest;		/* NULL: no folder */
	size_t size;
	uint8_t folder[MEASURE_SIZE];
	char *path;		/* of the executable; NULL: any */
	uint8_t executable[MEASURE_SIZE];
};

static void
measured_free(struct measured_skill **given)
{
	struct measured_skill *m = take(given);

	if (!m)
		return;
	free(m->manifest);
	free(m->path);
	free(m);
}

static const char *
name_of(const struct request *request)
{
	const char *name = json_string_value(json_object_get(request->json,
	    "skill"));

	return name ? name : "";
}

/* Measure the skill a request names, and go on there. */
static void
measure(struct loader *loader, struct request *given, inspect_fn fn)
{
	const char *name = name_of(given);
	const struct view_skill *skill = right_skill(loader, name);
	struct request *request;

	if (!skill || (!*skill->folder && !*skill->executable)) {
		answer_error(loader, given->id, ANSWER_NO, skill ? "the policy "
		    "pins neither a folder nor an executable of skill %s" :
		    "no such skill: %s", name);
		return;
	}
	request = request_keep(loader, given);
	if (request)
		inspect(loader, name_of(request), 0, fn, request);
}

static bool
copy(struct measured_skill *m, const struct view_skill *skill,
    const struct finding *finding)
{
	snprintf(m->skill, sizeof(m->skill), "%s", skill->name);
	memcpy(m->folder, finding->folder, MEASURE_SIZE);
	memcpy(m->executable, finding->executable, MEASURE_SIZE);
	m->size = finding->size;
	if (finding->manifest)
		m->manifest = strdup(finding->manifest);
	if (finding->has_executable)
		m->path = strdup(skill->executable);
	return (m->manifest || !finding->manifest) &&
	    (m->path || !finding->has_executable);
}

/* What was found, to keep. NULL: answered already. */
static struct measured_skill *
keep_finding(const struct request *request, const struct finding *finding)
{
	struct loader *loader = request->loader;
	const struct view_skill *skill = right_skill(loader, name_of(request));
	struct measured_skill *m;

	if (!skill || finding->status < 0) {
		answer_error(loader, request->id, ANSWER_NO, "%s",
		    skill ? finding->why : "no such skill");
		return NULL;
	}
	m = calloc(1, sizeof(*m));
	if (!m || !copy(m, skill, finding)) {
		answer_error(loader, request->id, ANSWER_FAILED, "no memory");
		measured_free(&m);
		return NULL;
	}
	m->loader = loader;
	m->request = request->id;
	return m;
}

static void
tell_change(void *arg, const char *change, struct span path)
{
	struct measured_skill *m = arg;

	answer_row(m->loader, m->request, json_pack("{s:s,s:s%}", "change",
	    change, "path", (const char *)path.p, path.n));
}

/* Right: in the policy, or accepted before. */
static json_t *
summary(const struct measured_skill *m, bool is_right, size_t changes)
{
	char folder[MEASURE_TEXT_SIZE] = "", executable[MEASURE_TEXT_SIZE] = "";

	if (m->manifest)
		measure_text(m->folder, folder);
	if (m->path)
		measure_text(m->executable, executable);
	return json_pack("{s:s,s:s,s:s,s:b,s:I}", "skill", m->skill, "folder",
	    folder, "executable", executable, "accepted", is_right, "changes",
	    (json_int_t)changes);
}

static void
diff(void *arg, const struct finding *finding)
{
	struct request *request cleanup(request_free) = arg;
	struct loader *loader = request->loader;
	struct measured_skill *m cleanup(measured_free) = keep_finding(request,
	    finding);
	char *before cleanup(free_memory) = NULL;
	char directory[LOADER_PATH];
	struct right right;
	size_t changes = 0;

	if (!m)
		return;
	if (m->manifest && right_directory(loader, m->skill, directory,
	    sizeof(directory)) == 0) {
		manifest_last(directory, &before);
		changes = manifest_compare(before ? before : "\n", m->manifest,
		    tell_change, m);
	}
	answer_done(loader, request->id, summary(m, right_judge(loader,
	    m->skill, finding, &right) == 0, changes));
}

void
skill_diff(struct loader *loader, struct request *request)
{
	measure(loader, request, diff);
}

static int
keep(const struct measured_skill *m)
{
	char directory[LOADER_PATH];
	int r = right_directory(m->loader, m->skill, directory,
	    sizeof(directory));

	if (r == 0 && m->manifest)
		r = manifest_accept(directory, MANIFEST_FOLDER, m->folder,
		    m->manifest, m->size);
	if (r == 0 && m->path)
		r = manifest_accept(directory, MANIFEST_EXECUTABLE,
		    m->executable, m->path, strlen(m->path));
	return r;
}

/* The entry is on disk: now it counts. */
static void
on_entered(void *arg, int status)
{
	struct measured_skill *m cleanup(measured_free) = arg;
	int r = status < 0 ? status : keep(m);

	if (r < 0)
		answer_error(m->loader, m->request, ANSWER_FAILED,
		    "skill %s is not accepted: %s", m->skill, strerror(-r));
	else
		answer_done(m->loader, m->request, summary(m, true, 0));
}

static void
accept_measured(void *arg, const struct finding *finding)
{
	struct request *request cleanup(request_free) = arg;
	struct loader *loader = request->loader;
	struct measured_skill *m cleanup(measured_free) = keep_finding(request,
	    finding);
	struct entry *e;
	uint64_t sequence;
	int r;

	if (!m)
		return;
	e = scribe_begin(loader->scribe, ENTRY_SKILL);
	entry_text(e, KEY_SKILL, span_text(m->skill));
	if (m->manifest)
		entry_bytes(e, KEY_SKILL_DIGEST, span_of(m->folder,
		    MEASURE_SIZE));
	entry_text(e, KEY_VERDICT, SPAN("allow"));
	entry_text(e, KEY_WHY, SPAN("accepted"));
	if (m->path)
		entry_bytes(e, KEY_DIGEST, span_of(m->executable,
		    MEASURE_SIZE));
	entry_text(e, KEY_PERSON, span_text(request->person));
	entry_text(e, KEY_NAME, span_text(m->path));
	r = scribe_send(loader->scribe, LEVEL_SYNCED, on_entered, m, &sequence);
	if (r < 0) {
		answer_error(loader, request->id, ANSWER_FAILED,
		    "the acceptance cannot be recorded: %s", strerror(-r));
		return;
	}
	(void)take(&m);		/* on_entered() has it now */
}

void
skill_accept(struct loader *loader, struct request *request)
{
	measure(loader, request, accept_measured);
}
