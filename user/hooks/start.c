/*
 * start.c: `interlock run`.
 * Order is everything here. The session is registered in the kernel and written
 * down before anything runs in its cgroup; its start is in the record before the
 * command is executed; its namespace has a door before the command can connect.
 * The child waits in between (launch.h). If any step fails, the child has never
 * executed anything and the session ends. That it was let go is told to whoever
 * asked, who may then put standard descriptors into the socket at whose other end
 * the child, and nobody else any more, waits for them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "hooks/hooks.h"
#include "hooks/loader.h"
#include "hooks/process.h"
#include "view.h"

#define ARGUMENTS_MOST 4096

/* What a run needs until the child has its own copy. */
struct run {
	const struct view_skill *skill;
	char **argv;		/* texts are the request's */
	char **env;
	int cgroup;
	bool has_unix;
	char places[VIEW_SOCKETS_MOST][LOADER_PATH];	/* of unix sockets */
	char why[LOADER_WHY];
};

static void
run_free(struct run *run)
{
	free(run->argv);
	surroundings_free_env(run->env);
	close_fd(&run->cgroup);
}

static bool
is_person(const struct loader *loader, const char *name)
{
	for (size_t i = 0; i < loader->view->person_count; i++)
		if (strcmp(loader->view->people[i].name, name) == 0)
			return true;
	return false;
}

static bool
may_start(const struct loader *loader, const struct view_skill *skill,
    const char *person)
{
	for (size_t i = 0; *person && i < skill->starter_count; i++)
		if (strcmp(skill->starters[i], person) == 0 ||
		    (strcmp(skill->starters[i], "*") == 0 &&
		    is_person(loader, person)))
			return true;
	return false;
}

static int
read_arguments(const json_t *list, char ***out)
{
	size_t n = json_array_size(list);
	char **argv cleanup(free_memory) = NULL;

	if (n == 0 || n > ARGUMENTS_MOST)
		return -EINVAL;
	argv = calloc(n + 1, sizeof(*argv));
	if (!argv)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (!text)
			return -EINVAL;
		argv[i] = (char *)text;
	}
	if (!*argv[0])
		return -EINVAL;
	*out = take(&argv);
	return 0;
}

static const char *
text_of(const struct request *request, const char *key)
{
	const char *text = json_string_value(json_object_get(request->json, key));

	return text ? text : "";
}

/* May this person start this skill, now? Answers if not. */
static bool
is_allowed(struct loader *loader, const struct request *request,
    struct run *run)
{
	const char *name = text_of(request, "skill");

	run->skill = right_skill(loader, name);
	if (!run->skill || !may_start(loader, run->skill, request->person)) {
		answer_error(loader, request->id, ANSWER_PERMISSION, "%s may "
		    "not start skill %s: see skills.%s.start in the policy",
		    *request->person ? request->person : "an unknown person",
		    name, name);
		return false;
	}
	if (stop_covers_skill(loader, name)) {
		answer_error(loader, request->id, ANSWER_NO,
		    "skill %s is stopped by an operator", name);
		return false;
	}
	return true;
}

/* Is it still that skill? Answers if not. */
static bool
is_right(struct loader *loader, const struct request *request,
    const struct finding *finding)
{
	const char *name = text_of(request, "skill");
	struct right right;

	if (right_judge(loader, name, finding, &right) == 0)
		return true;
	if (finding->status != -ECANCELED)
		right_enter(loader, name, &right);
	answer_error(loader, request->id, ANSWER_NO,
	    "%s (see: interlock skill diff %s)", right.why, name);
	return false;
}

static bool
read_request(struct loader *loader, struct request *request, struct run *run)
{
	const char *net = text_of(request, "net");

	if (request->fd < 0) {
		answer_error(loader, request->id, ANSWER_USAGE,
		    "a socket for standard descriptors must come with the request");
		return false;
	}
	if (read_arguments(json_object_get(request->json, "argv"),
	    &run->argv) < 0 || *text_of(request, "cwd") != '/' ||
	    (*net && strcmp(net, "skill") && strcmp(net, "host"))) {
		answer_error(loader, request->id, ANSWER_USAGE, "a run needs "
		    "argv, an absolute cwd, and net \"skill\" or \"host\"");
		return false;
	}
	return true;
}

static int
make_group(struct session *s)
{
	if (snprintf(s->cgroup, sizeof(s->cgroup), "%s/%s",
	    s->loader->instance.skill_cgroup, s->text) >=
	    (int)sizeof(s->cgroup))
		return -ENAMETOOLONG;
	return mkdir(s->cgroup, 0755) < 0 ? -errno : 0;
}

/* A session with a group of its own, in the kernel's map and on disk. */
static int
prepare_session(struct loader *loader, const struct request *request,
    struct run *run, struct session **out)
{
	struct session *s;
	int r = session_new(loader, &s, run->skill->name, request->person,
	    request->uid);

	if (r < 0)
		return r;
	r = make_group(s);
	if (r == 0)
		r = session_register(s);
	if (r < 0) {
		rmdir(s->cgroup);
		session_free(&s);
		return r;
	}
	*out = s;
	run->cgroup = open(s->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return run->cgroup < 0 ? -errno : 0;
}

/* Each listed unix socket gets a place on the shelf: its inode of now, whatever is
 * done to its name later. What is not there now cannot be dialled. */
static int
add_sockets(const struct session *s, struct run *run, struct launch_bind *binds,
    size_t *n)
{
	size_t count = run->has_unix ? run->skill->socket_count : 0;

	for (size_t i = 0; i < count && i < VIEW_SOCKETS_MOST; i++) {
		const char *path = run->skill->sockets[i];
		struct stat st;
		int r;

		if (stat(path, &st) < 0 || !S_ISSOCK(st.st_mode)) {
			log_warning("session %s: %s is no unix socket now: it cannot be "
			    "dialled", s->text, path);
			continue;
		}
		snprintf(run->places[i], LOADER_PATH, "%s/unix-%zu",
		    s->loader->instance.run_directory, i);
		r = hooks_unix_put(s->loader->hooks, s->cgroup_id, path,
		    run->places[i]);
		if (r < 0)
			return r;
		binds[(*n)++] = (struct launch_bind){ path, run->places[i] };
	}
	return 0;
}

static int
begin_child(struct loader *loader, struct session *s,
    struct request *request, struct run *run)
{
	const struct instance *instance = &loader->instance;
	const char *const hide[] = { instance->policy_directory,
		instance->state_directory, instance->pin_directory, NULL };
	char hosts[LOADER_PATH], authority[LOADER_PATH], node[LOADER_PATH];
	struct launch_bind binds[3 + VIEW_SOCKETS_MOST] = { { hosts, "/etc/hosts" } };
	struct launch launch = {
		.argv = run->argv, .env = run->env,
		.cwd = text_of(request, "cwd"),
		.uid = run->skill->uid, .gid = run->skill->gid,
		.cgroup = run->cgroup,
		.stdio = request->fd,
		.own_network = strcmp(text_of(request, "net"), "host") != 0,
		.no_unix = !run->has_unix,
		.hide = hide, .shelf = instance->run_directory, .binds = binds,
		.folder = run->skill->folder,
	};
	size_t n = 1;
	int r;

	snprintf(hosts, sizeof(hosts), "%s/hosts", instance->run_directory);
	if (surroundings_node(loader, authority, node, sizeof(node))) {
		binds[n++] = (struct launch_bind){ authority, node };
		launch.node = node;
	} else {
		log_warning("session %s does not trust this node: it has no authority yet", s->text);
	}
	snprintf(run->why, sizeof(run->why), "its unix sockets cannot be put in place");
	r = add_sockets(s, run, binds, &n);
	if (r < 0)
		return r;
	r = launch_begin(&launch, &s->launched, run->why, sizeof(run->why));
	close_fd(&request->fd);
	if (r < 0)
		return r;
	s->pid = s->launched.pid;
	s->has_begun = true;
	return process_started(s->pid, &s->pid_ticks);
}

/* The child waits: give it doors, a record and somebody who listens, and go. */
static int
finish(struct session *s, const struct request *request, struct run *run)
{
	int r = session_open_doors(s);

	snprintf(run->why, sizeof(run->why), "no listener in its namespace");
	if (r == 0 && s->door_count == 0)
		r = -ECHILD;
	if (r < 0)
		return r;
	snprintf(run->why, sizeof(run->why), "its start cannot be recorded");
	r = keep_session(s);
	if (r == 0)
		r = session_announce(s, run->argv[0]);
	if (r == 0)
		r = running_watch(s);
	if (r < 0)
		return r;
	snprintf(run->why, sizeof(run->why), "the new process is gone");
	s->request = request->id;
	s->requester = request->pid;
	r = launch_go(&s->launched);
	if (r < 0)
		s->request = 0;
	else
		answer_row(s->loader, s->request, json_pack("{s:s,s:i}",
		    "session", s->text, "pid", (int)s->pid));
	return r;
}

static int
begin(struct loader *loader, struct request *request, struct run *run,
    struct session **s)
{
	int r = ground_check(loader, &run->has_unix);

	snprintf(run->why, sizeof(run->why),
	    "the kernel programs are not all in effect");
	if (r < 0)
		return r;
	snprintf(run->why, sizeof(run->why), "no session could be made");
	r = prepare_session(loader, request, run, s);
	if (r < 0)
		return r;
	run->env = surroundings_env(loader, run->skill, (*s)->text,
	    json_object_get(request->json, "env"));
	snprintf(run->why, sizeof(run->why), "its environment cannot be used");
	if (!run->env)
		return -EINVAL;
	r = begin_child(loader, *s, request, run);
	return r < 0 ? r : finish(*s, request, run);
}

static void
run_measured(struct loader *loader, struct request *request)
{
	struct run run cleanup(run_free) = { .cgroup = -1 };
	struct session *s = NULL;
	int r;

	if (!is_allowed(loader, request, &run) ||
	    !read_request(loader, request, &run))
		return;
	r = begin(loader, request, &run, &s);
	if (r == 0) {
		log_info("session %s: skill %s, started by %s", s->text,
		    s->skill, s->starter);
		return;
	}
	answer_error(loader, request->id, ANSWER_FAILED,
	    "skill %s could not be started: %s (%s)", run.skill->name, run.why,
	    strerror(-r));
	if (s) {
		loop_unwatch(loader->loop, &s->line);
		loop_unwatch(loader->loop, &s->end);
		launch_abort(&s->launched);
		session_end(&s, run.why, NULL);
	}
}

static void
on_measured(void *arg, const struct finding *finding)
{
	struct request *request cleanup(request_free) = arg;

	if (is_right(request->loader, request, finding))
		run_measured(request->loader, request);
}

void
start_run(struct loader *loader, struct request *given)
{
	struct run run = { 0 };
	struct request *request;

	if (!is_allowed(loader, given, &run))
		return;
	request = request_keep(loader, given);
	if (request)
		inspect(loader, text_of(request, "skill"), 0, on_measured,
		    request);
}
