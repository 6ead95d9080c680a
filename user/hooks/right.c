/*
 * right.c: is it still that skill? inspect.c finds what it is; here is judged.
 * A policy may pin a skill by its folder, by its root executable, or both. What
 * is found must be one of the digests in the policy, or one that a person has
 * accepted (manifest.h). A pin without any digest at all is never right: the
 * first measure, too, is somebody's decision.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "entry/scribe.h"
#include "hooks/loader.h"
#include "hooks/manifest.h"
#include "view.h"

#define REPORTED 64

const struct view_skill *
right_skill(const struct loader *loader, const char *name)
{
	for (size_t i = 0; loader->view && i < loader->view->skill_count; i++)
		if (strcmp(loader->view->skills[i].name, name) == 0)
			return &loader->view->skills[i];
	return NULL;
}

int
right_directory(const struct loader *loader, const char *skill, char *path,
    size_t size)
{
	if (!*skill || *skill == '.' || strchr(skill, '/'))
		return -EINVAL;
	return snprintf(path, size, "%s/skills/%s",
	    loader->instance.state_directory, skill) >= (int)size ?
	    -ENAMETOOLONG : 0;
}

static bool
is_among(const struct loader *loader, const struct view_skill *skill,
    const char *kind, const struct view_digest *digests, size_t count,
    const uint8_t *digest)
{
	char directory[LOADER_PATH];

	for (size_t i = 0; i < count; i++)
		if (memcmp(digests[i].sha256, digest, MEASURE_SIZE) == 0)
			return true;
	return right_directory(loader, skill->name, directory,
	    sizeof(directory)) == 0 &&
	    manifest_is_accepted(directory, kind, digest);
}

static int
deny(struct right *right, int error, const char *format, const char *what)
{
	snprintf(right->why, sizeof(right->why), format, what);
	return error;
}

int
right_judge(struct loader *loader, const char *name,
    const struct finding *finding, struct right *out)
{
	const struct view_skill *skill = right_skill(loader, name);

	*out = (struct right){ 0 };
	memcpy(out->digest, finding->folder, MEASURE_SIZE);
	if (!skill)
		return deny(out, -EACCES, "the policy knows no skill %s", name);
	if (finding->status < 0) {
		snprintf(out->why, sizeof(out->why), "skill %s: %.200s", name,
		    finding->why);
		return finding->status;
	}
	if (*skill->folder && (!finding->manifest || !is_among(loader, skill,
	    MANIFEST_FOLDER, skill->folder_digests, skill->folder_digest_count,
	    finding->folder)))
		return deny(out, -EACCES, "changed: the folder of skill %s is "
		    "not one that was accepted", name);
	if (*skill->executable && (!finding->has_executable || !is_among(loader,
	    skill, MANIFEST_EXECUTABLE, skill->executable_digests,
	    skill->executable_digest_count, finding->executable)))
		return deny(out, -EACCES, "changed: %s is not the executable "
		    "that was accepted", skill->executable);
	out->is_measured = *skill->folder || *skill->executable;
	return 0;
}

/* What was entered last, so that a changed skill does not fill the record. */
static bool
is_reported(const char *skill, const struct right *right)
{
	static struct {
		char skill[ABI_NAME_SIZE];
		struct right right;
	} reported[REPORTED];
	static size_t next;
	size_t i;

	for (i = 0; i < REPORTED; i++)
		if (strcmp(reported[i].skill, skill) == 0)
			break;
	if (i < REPORTED && memcmp(reported[i].right.digest, right->digest,
	    MEASURE_SIZE) == 0 && strcmp(reported[i].right.why, right->why) == 0)
		return true;
	if (i == REPORTED)
		i = next++ % REPORTED;
	snprintf(reported[i].skill, sizeof(reported[i].skill), "%s", skill);
	reported[i].right = *right;
	return false;
}

void
right_enter(struct loader *loader, const char *skill,
    const struct right *right)
{
	struct entry *e;

	if (is_reported(skill, right))
		return;
	log_warning("%s", right->why);
	e = scribe_begin(loader->scribe, ENTRY_SKILL);
	entry_text(e, KEY_SKILL, span_text(skill));
	entry_bytes(e, KEY_SKILL_DIGEST, span_of(right->digest, MEASURE_SIZE));
	entry_text(e, KEY_VERDICT, SPAN("deny"));
	entry_text(e, KEY_WHY, span_text(right->why));
	if (scribe_send(loader->scribe, LEVEL_HANDED, NULL, NULL, NULL) < 0)
		log_error("a changed skill could not be entered");
}
