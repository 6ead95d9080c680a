/*
 * inspect.c: measure what a skill is, in slices, once for all who wait.
 * A worker asks at every connection, and a skill may connect as fast as it can:
 * so whoever asks while a skill is being measured waits for the next round,
 * which begins when this one is through and has rested as long as it took.
 * (Never is an answer from before the question: what changed since then would be
 * missed.) A round walks the folder once, then each executable that somebody
 * waits for. Between slices of a few milliseconds the loop serves the others,
 * and rounds of several skills take turns.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "hooks/loader.h"
#include "hooks/process.h"
#include "view.h"

#define SLICE_NS (4 * MILLISECOND_NS)
#define WAITING_MOST 2048	/* for one skill */

struct waiting {
	struct waiting *next;
	pid_t pid;
	inspect_fn fn;
	void *arg;
};

enum step { STEP_REST, STEP_FOLDER, STEP_EXECUTABLE };

/* The rounds of one skill; it is there while anybody waits. */
struct inspection {
	struct inspection *next;
	char skill[ABI_NAME_SIZE];
	struct waiting *later, *now;	/* for the next round, for this one */
	enum step step;
	uint32_t epoch;			/* of the policy that the round goes by */
	struct measuring *measuring;	/* NULL: the step has not begun */
	struct finding folder;		/* of this round */
	struct finding one;		/* the same, with the executable of now->pid */
	size_t waiting;
	uint64_t spent, rests_until;
};

struct inspector {
	struct loader *loader;
	struct inspection *inspections;
	struct timer timer;
};

static void on_slice(void *);

int
inspect_open(struct loader *loader)
{
	struct inspector *inspector = calloc(1, sizeof(*inspector));

	if (!inspector)
		return -ENOMEM;
	inspector->loader = loader;
	loader->inspector = inspector;
	return 0;
}

bool
inspect_is_idle(const struct loader *loader)
{
	for (const struct inspection *i = loader->inspector->inspections; i; i = i->next)
		if (i->waiting)
			return false;
	return true;
}

/* ---- who waits --------------------------------------------------------- */

/* Answer everybody on the list, or who asked for the same process as the first. */
static void
answer(struct inspection *i, struct waiting **list, bool all,
    const struct finding *finding)
{
	pid_t pid = *list ? (*list)->pid : 0;

	while (*list) {
		struct waiting *waiting = *list;

		if (!all && waiting->pid != pid) {
			list = &waiting->next;
			continue;
		}
		*list = waiting->next;
		i->waiting--;
		waiting->fn(waiting->arg, finding);
		free(waiting);
	}
}

static void
append(struct waiting **list, struct waiting *waiting)
{
	while (*list)
		list = &(*list)->next;
	*list = waiting;
}

static struct inspection *
find(struct inspector *inspector, const char *skill)
{
	struct inspection **at = &inspector->inspections;
	struct inspection *made;

	for (; *at; at = &(*at)->next)
		if (strcmp((*at)->skill, skill) == 0)
			return *at;
	made = calloc(1, sizeof(*made));
	if (made)
		snprintf(made->skill, sizeof(made->skill), "%s", skill);
	return *at = made;
}

static void
drop(struct inspector *inspector, struct inspection *i)
{
	struct inspection **at = &inspector->inspections;

	while (*at != i)
		at = &(*at)->next;
	*at = i->next;
	measuring_free(&i->measuring);
	free(i->folder.manifest);
	free(i);
}

void
inspect_close(struct loader *loader)
{
	struct inspector *inspector = take(&loader->inspector);
	struct finding none = { .status = -ECANCELED, .why = "the loader ends" };

	if (!inspector)
		return;
	loop_unset(loader->loop, &inspector->timer);
	while (inspector->inspections) {
		struct inspection *i = inspector->inspections;

		answer(i, &i->now, true, &none);
		answer(i, &i->later, true, &none);
		drop(inspector, i);
	}
	free(inspector);
}

/* ---- a round ------------------------------------------------------------ */

static void
fail(struct finding *finding, int error, const char *what, const char *why)
{
	finding->status = error;
	snprintf(finding->why, sizeof(finding->why), "%.120s %.130s", what, why);
}

static void
begin_round(struct inspector *inspector, struct inspection *i)
{
	i->now = take(&i->later);
	i->epoch = inspector->loader->view->head.epoch;
	i->step = STEP_FOLDER;
	i->spent = 0;
	i->folder = (struct finding){ 0 };
}

static void
end_round(struct inspection *i)
{
	measuring_free(&i->measuring);
	free(i->folder.manifest);
	i->folder.manifest = NULL;
	i->step = STEP_REST;
	i->rests_until = clock_mono() + i->spent;
}

/* The policy is another one: what was measured may be nothing to it. */
static void
begin_again(struct inspector *inspector, struct inspection *i)
{
	struct waiting *rest = i->later;

	end_round(i);
	i->later = take(&i->now);
	append(&i->later, rest);
	begin_round(inspector, i);
}

/* As that process runs it: only if it has the name that the policy gives. */
static int
open_running(const struct view_skill *skill, pid_t pid, struct finding *finding)
{
	char path[PATH_MAX], why[128];
	int r = process_executable(pid, path, sizeof(path));

	if (r < 0 || strcmp(path, skill->executable) == 0)
		return r < 0 ? r : process_open_executable(pid);
	snprintf(why, sizeof(why), "runs another executable than %.90s",
	    skill->executable);
	fail(finding, -EACCES, "changed: it", why);
	return -EACCES;
}

static int
open_executable(const struct view_skill *skill, pid_t pid,
    struct finding *finding)
{
	int fd = pid ? open_running(skill, pid, finding) :
	    open(skill->executable, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0 || finding->status < 0)
		return fd;
	fd = pid ? fd : -errno;
	fail(finding, fd, "its executable cannot be read:", strerror(-fd));
	return fd;
}

/* Begin to measure, unless there is nothing or it cannot be: then it is done. */
static void
begin_step(struct loader *loader, struct inspection *i,
    const struct view_skill *skill)
{
	int r = 0, fd;

	if (i->step == STEP_FOLDER && *skill->folder) {
		r = measure_folder(loader->measure, skill->folder,
		    skill->excludes, skill->exclude_count, &i->measuring);
		if (r < 0)
			fail(&i->folder, r, skill->folder, strerror(-r));
	}
	if (i->step != STEP_EXECUTABLE)
		return;
	i->one = i->folder;
	fd = open_executable(skill, i->now->pid, &i->one);
	if (fd >= 0)
		r = measure_file(loader->measure, fd, &i->measuring);
	if (r < 0)
		fail(&i->one, r, skill->executable, strerror(-r));
}

static void
take_in(struct inspection *i, int r, struct measured *measured)
{
	if (i->step == STEP_FOLDER && r == 0) {
		i->folder.manifest = measured->text;
		i->folder.size = measured->size;
		memcpy(i->folder.folder, measured->digest, MEASURE_SIZE);
	} else if (i->step == STEP_FOLDER) {
		i->folder.status = r;
		snprintf(i->folder.why, sizeof(i->folder.why), "%.250s",
		    measuring_why(i->measuring));
	} else if (r == 0) {
		i->one.has_executable = true;
		memcpy(i->one.executable, measured->digest, MEASURE_SIZE);
	} else {
		fail(&i->one, r, "its executable", "cannot be measured");
	}
	measuring_free(&i->measuring);
}

/* The folder is everybody's; an executable is that of those who ask for it. */
static void
end_step(struct inspection *i, bool has_executable)
{
	if (i->step == STEP_EXECUTABLE)
		answer(i, &i->now, false, &i->one);
	else if (i->folder.status < 0 || !has_executable)
		answer(i, &i->now, true, &i->folder);
	i->step = STEP_EXECUTABLE;
	if (!i->now)
		end_round(i);
}

/* One slice of one inspection. */
static void
go_on(struct inspector *inspector, struct inspection *i)
{
	struct loader *loader = inspector->loader;
	const struct view_skill *skill = right_skill(loader, i->skill);
	uint64_t began = clock_mono();
	struct measured measured = { 0 };
	int r;

	if (i->step == STEP_REST)
		begin_round(inspector, i);
	else if (i->epoch != loader->view->head.epoch)
		begin_again(inspector, i);
	if (!skill) {
		fail(&i->folder, -EACCES, "it", "is no skill of the policy");
		answer(i, &i->now, true, &i->folder);
		end_round(i);
		return;
	}
	if (!i->measuring)
		begin_step(loader, i, skill);
	if (i->measuring) {
		r = measure_go_on(i->measuring, began + SLICE_NS, &measured);
		i->spent += clock_mono() - began;
		if (r == -EAGAIN)
			return;
		take_in(i, r, &measured);
	}
	end_step(i, *skill->executable);
}

/* ---- whose turn it is ------------------------------------------------------ */

static void
set_timer(struct inspector *inspector)
{
	uint64_t now = clock_mono(), first = UINT64_MAX;

	for (struct inspection *i = inspector->inspections; i; i = i->next) {
		uint64_t due = i->step == STEP_REST ? i->rests_until : now;

		if ((i->now || i->later) && due < first)
			first = due;
	}
	if (first == UINT64_MAX)
		loop_unset(inspector->loader->loop, &inspector->timer);
	else
		must(loop_set(inspector->loader->loop, &inspector->timer,
		    first > now ? first - now : 0, on_slice, inspector) == 0);
}

/* The first that has something to do, which then goes last. NULL: all rest. */
static struct inspection *
next_turn(struct inspector *inspector)
{
	struct inspection **at = &inspector->inspections, *i;
	uint64_t now = clock_mono();

	for (i = *at; i; at = &i->next, i = *at)
		if (i->step != STEP_REST || (i->later && i->rests_until <= now))
			break;
	if (!i)
		return NULL;
	*at = i->next;
	i->next = NULL;
	while (*at)
		at = &(*at)->next;
	*at = i;
	return i;
}

/* Kept while it rests, so that who comes meanwhile waits; at most one a skill. */
static void
drop_idle(struct inspector *inspector)
{
	uint64_t now = clock_mono();
	struct inspection *next;

	for (struct inspection *i = inspector->inspections; i; i = next) {
		next = i->next;
		if (!i->now && !i->later && i->rests_until <= now)
			drop(inspector, i);
	}
}

static void
on_slice(void *arg)
{
	struct inspector *inspector = arg;
	struct inspection *i = next_turn(inspector);

	if (i)
		go_on(inspector, i);
	drop_idle(inspector);
	set_timer(inspector);
}

void
inspect(struct loader *loader, const char *name, pid_t pid, inspect_fn fn,
    void *arg)
{
	struct inspector *inspector = loader->inspector;
	const struct view_skill *skill = right_skill(loader, name);
	struct finding none = { 0 };
	struct inspection *i;
	struct waiting *waiting;

	if (!skill)
		fail(&none, -EACCES, "it", "is no skill of the policy");
	if (!skill || (!*skill->folder && !*skill->executable)) {
		fn(arg, &none);
		return;
	}
	i = find(inspector, name);
	waiting = i && i->waiting < WAITING_MOST ?
	    calloc(1, sizeof(*waiting)) : NULL;
	if (!waiting) {
		fail(&none, -ECANCELED, "too many", "wait for its measure");
		fn(arg, &none);
		return;
	}
	*waiting = (struct waiting){ .pid = pid, .fn = fn, .arg = arg };
	append(&i->later, waiting);
	i->waiting++;
	set_timer(inspector);
}
