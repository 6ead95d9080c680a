/*
 * right.c: is it still that skill?
 * A policy may pin a skill by its folder, by its root executable, or both. What
 * is found must be one of the digests in the policy, or one that a person has
 * accepted (manifest.h). A pin without any digest at all is never right: the
 * first measure, too, is somebody's decision.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "entry/scribe.h"
#include "hooks/loader.h"
#include "hooks/manifest.h"
#include "hooks/process.h"
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
check_folder(struct loader *loader, const struct view_skill *skill,
    struct right *right)
{
	char *text cleanup(free_memory) = NULL;
	size_t size;
	int r = measure_folder(loader->measure, skill->folder, skill->excludes,
	    skill->exclude_count, &text, &size, right->digest, right->why,
	    sizeof(right->why));

	if (r < 0)
		return r;
	if (is_among(loader, skill, MANIFEST_FOLDER, skill->folder_digests,
	    skill->folder_digest_count, right->digest))
		return 0;
	snprintf(right->why, sizeof(right->why),
	    "changed: the folder of skill %s is not one that was accepted",
	    skill->name);
	return -EACCES;
}

static int
open_executable(const struct view_skill *skill, pid_t pid, struct right *right)
{
	char path[PATH_MAX];
	int fd = pid ? process_executable(pid, path, sizeof(path)) :
	    open(skill->executable, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		fd = pid ? fd : -errno;
		snprintf(right->why, sizeof(right->why),
		    "the executable of skill %s cannot be read: %s",
		    skill->name, strerror(-fd));
		return fd;
	}
	if (pid && strcmp(path, skill->executable) != 0) {
		close(fd);
		snprintf(right->why, sizeof(right->why),
		    "changed: skill %s runs another executable than %s",
		    skill->name, skill->executable);
		return -EACCES;
	}
	return fd;
}

static int
check_executable(struct loader *loader, const struct view_skill *skill,
    pid_t pid, struct right *right)
{
	int fd cleanup(close_fd) = open_executable(skill, pid, right);
	uint8_t digest[MEASURE_SIZE];
	int r = fd < 0 ? fd : measure_file(loader->measure, fd, digest);

	if (r < 0) {
		if (fd >= 0)
			snprintf(right->why, sizeof(right->why),
			    "%s cannot be measured: %s", skill->executable,
			    strerror(-r));
		return r;
	}
	if (is_among(loader, skill, MANIFEST_EXECUTABLE,
	    skill->executable_digests, skill->executable_digest_count, digest))
		return 0;
	snprintf(right->why, sizeof(right->why),
	    "changed: %s is not the executable that was accepted",
	    skill->executable);
	return -EACCES;
}

int
right_check(struct loader *loader, const struct view_skill *skill, pid_t pid,
    struct right *out)
{
	int r = 0;

	*out = (struct right){ 0 };
	if (*skill->folder)
		r = check_folder(loader, skill, out);
	if (r == 0 && *skill->executable)
		r = check_executable(loader, skill, pid, out);
	out->is_measured = r == 0 && (*skill->folder || *skill->executable);
	return r;
}

/* What was entered last, so that a changed skill does not fill the record. */
static bool
is_reported(const struct view_skill *skill, const struct right *right)
{
	static struct {
		char skill[ABI_NAME_SIZE];
		struct right right;
	} reported[REPORTED];
	static size_t next;
	size_t i;

	for (i = 0; i < REPORTED; i++)
		if (strcmp(reported[i].skill, skill->name) == 0)
			break;
	if (i < REPORTED && memcmp(reported[i].right.digest, right->digest,
	    MEASURE_SIZE) == 0 && strcmp(reported[i].right.why, right->why) == 0)
		return true;
	if (i == REPORTED)
		i = next++ % REPORTED;
	snprintf(reported[i].skill, sizeof(reported[i].skill), "%s",
	    skill->name);
	reported[i].right = *right;
	return false;
}

void
right_enter(struct loader *loader, const struct view_skill *skill,
    const struct right *right)
{
	struct entry *e;

	if (is_reported(skill, right))
		return;
	log_warning("%s", right->why);
	e = scribe_begin(loader->scribe, ENTRY_SKILL);
	entry_text(e, KEY_SKILL, span_text(skill->name));
	entry_bytes(e, KEY_SKILL_DIGEST, span_of(right->digest, MEASURE_SIZE));
	entry_text(e, KEY_VERDICT, SPAN("deny"));
	entry_text(e, KEY_WHY, span_text(right->why));
	if (scribe_send(loader->scribe, LEVEL_HANDED, NULL, NULL, NULL) < 0)
		log_error("a changed skill could not be entered");
}
