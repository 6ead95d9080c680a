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
struct measured {
	struct loader *loader;
	uint64_t request;
	char skill[ABI_NAME_SIZE];
	char *manifest;		/* NULL: no folder */
	size_t size;
	uint8_t folder[MEASURE_SIZE];
	char *path;		/* of the executable; NULL: any */
	uint8_t executable[MEASURE_SIZE];
	char why[LOADER_WHY];
};

static void
measured_free(struct measured **given)
{
	struct measured *m = take(given);

	if (!m)
		return;
	free(m->manifest);
	free(m->path);
	free(m);
}

static int
measure_executable(struct loader *loader, const char *path,
    struct measured *m)
{
	int fd cleanup(close_fd) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r = fd < 0 ? -errno : measure_file(loader->measure, fd,
	    m->executable);

	if (r < 0) {
		snprintf(m->why, sizeof(m->why), "%s: %s", path, strerror(-r));
		return r;
	}
	m->path = strdup(path);
	return m->path ? 0 : -ENOMEM;
}

static int
measure(struct loader *loader, const struct view_skill *skill,
    struct measured *m)
{
	int r = 0;

	snprintf(m->skill, sizeof(m->skill), "%s", skill->name);
	m->loader = loader;
	snprintf(m->why, sizeof(m->why), "the policy pins neither a folder "
	    "nor an executable of skill %s", skill->name);
	if (!*skill->folder && !*skill->executable)
		return -ENOENT;
	if (*skill->folder)
		r = measure_folder(loader->measure, skill->folder,
		    skill->excludes, skill->exclude_count, &m->manifest,
		    &m->size, m->folder, m->why, sizeof(m->why));
	if (r == 0 && *skill->executable)
		r = measure_executable(loader, skill->executable, m);
	return r;
}

/* The skill a request names, measured; NULL: answered already. */
static struct measured *
measure_wanted(struct loader *loader, const struct request *request)
{
	const char *name = json_string_value(json_object_get(request->json,
	    "skill"));
	const struct view_skill *skill = name ? right_skill(loader, name) : NULL;
	struct measured *m = calloc(1, sizeof(*m));

	if (!skill || !m || measure(loader, skill, m) < 0) {
		answer_error(loader, request->id, ANSWER_NO, "%s", !m ?
		    "no memory" : skill ? m->why : "no such skill");
		measured_free(&m);
		return NULL;
	}
	m->request = request->id;
	return m;
}

static void
tell_change(void *arg, const char *change, struct span path)
{
	struct measured *m = arg;

	answer_row(m->loader, m->request, json_pack("{s:s,s:s%}", "change",
	    change, "path", (const char *)path.p, path.n));
}

/* Right: in the policy, or accepted before. */
static json_t *
summary(const struct measured *m, bool is_right, size_t changes)
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

void
skill_diff(struct loader *loader, struct request *request)
{
	struct measured *m cleanup(measured_free) = measure_wanted(loader,
	    request);
	char *before cleanup(free_memory) = NULL;
	char directory[LOADER_PATH];
	struct right right;
	size_t changes = 0;
	bool is_right;

	if (!m)
		return;
	is_right = right_check(loader, right_skill(loader, m->skill), 0,
	    &right) == 0;
	if (m->manifest && right_directory(loader, m->skill, directory,
	    sizeof(directory)) == 0) {
		manifest_last(directory, &before);
		changes = manifest_compare(before ? before : "\n", m->manifest,
		    tell_change, m);
	}
	answer_done(loader, request->id, summary(m, is_right, changes));
}

static int
keep(const struct measured *m)
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
	struct measured *m cleanup(measured_free) = arg;
	int r = status < 0 ? status : keep(m);

	if (r < 0)
		answer_error(m->loader, m->request, ANSWER_FAILED,
		    "skill %s is not accepted: %s", m->skill, strerror(-r));
	else
		answer_done(m->loader, m->request, summary(m, true, 0));
}

void
skill_accept(struct loader *loader, struct request *request)
{
	struct measured *m cleanup(measured_free) = measure_wanted(loader,
	    request);
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
