/*
 * running.c: a command, from its execution to its end.
 * Its executable is known only now, so it is measured now. Whoever asked for it
 * hears how it ended, and may signal it until then. What it leaves running goes on
 * as the session (session.c).
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"
#include "hooks/loader.h"
#include "hooks/process.h"

static bool
has_ended(const struct session *s)
{
	char path[LOADER_PATH];
	int r = process_executable(s->pid, path, sizeof(path));

	return r == -ESRCH || r == -ENOENT;	/* dead, or a zombie */
}

struct started {
	struct loader *loader;
	char session[ID_TEXT_SIZE];
};

/* The executable is known only now; at what it connects, all is measured again. */
static void
on_started_measured(void *arg, const struct finding *finding)
{
	struct started *started cleanup(free_memory) = arg;
	struct loader *loader = started->loader;
	struct session *s = session_of_text(loader, started->session);
	struct right right;

	if (!s)
		return;
	if (finding->status == -ECANCELED || has_ended(s) ||
	    right_judge(loader, s->skill, finding, &right) == 0)
		return;
	right_enter(loader, s->skill, &right);
	group_kill(s->cgroup);
	if (s->request)
		answer_error(loader, s->request, ANSWER_NO, "%s", right.why);
	s->request = 0;
}

static void
measure_started(struct session *s)
{
	struct started *started = malloc(sizeof(*started));

	if (!started) {
		group_kill(s->cgroup);
		return;
	}
	started->loader = s->loader;
	strcpy(started->session, s->text);
	inspect(s->loader, s->skill, s->pid, on_started_measured, started);
}

static void
on_line(void *arg, uint32_t events)
{
	struct session *s = arg;
	char why[LOADER_WHY] = "it could not be started";
	int r = launch_outcome(&s->launched, why, sizeof(why));

	(void)events;
	if (r == -EAGAIN || !s->line)
		return;
	loop_unwatch(s->loader->loop, &s->line);
	close_fd(&s->launched.line);
	if (r < 0) {
		answer_error(s->loader, s->request, r == -ENOENT ? 127 : 126,
		    "%s", why);
		s->request = 0;
		return;
	}
	measure_started(s);
}

static void
on_end(void *arg, uint32_t events)
{
	struct session *s = arg;
	siginfo_t gone;

	(void)events;
	if (launch_end(&s->launched, &gone) < 0)
		return;
	if (s->line)
		on_line(s, 0);	/* what it said comes before its end */
	loop_unwatch(s->loader->loop, &s->end);
	launch_forget(&s->launched);
	if (s->request)
		answer_done(s->loader, s->request, json_pack("{s:i}",
		    gone.si_code == CLD_EXITED ? "exit" : "signal",
		    gone.si_status));
	s->request = 0;
	session_check(s);
}

int
running_watch(struct session *s)
{
	struct loop *loop = s->loader->loop;
	int r = loop_watch(loop, s->launched.line, EPOLLIN, on_line, s,
	    &s->line);

	return r < 0 ? r : loop_watch(loop, s->launched.end, EPOLLIN, on_end,
	    s, &s->end);
}

/* Only who ran it, and only while its first process is there to be signalled. */
void
start_signal(struct loader *loader, struct request *request)
{
	const char *text = json_string_value(json_object_get(request->json,
	    "session"));
	struct session *s = text ? session_of_text(loader, text) : NULL;
	json_int_t number = json_integer_value(json_object_get(request->json,
	    "signal"));

	if (!s || s->requester != request->pid || s->launched.end < 0 ||
	    number < 1 || number > 31) {
		answer_error(loader, request->id, ANSWER_PERMISSION,
		    "no such session of yours to signal");
		return;
	}
	if (kill(-s->pid, (int)number) < 0 && kill(s->pid, (int)number) < 0) {
		answer_error(loader, request->id, ANSWER_FAILED, "%s",
		    strerror(errno));
		return;
	}
	answer_done(loader, request->id, NULL);
}
