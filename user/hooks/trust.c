/*
 * trust.c: `interlock trust`: the node's authority in a container's trust bundles.
 * Programs in a container trust the authorities of its image. Over each bundle that
 * the container has, a copy with the node's own certificate is mounted in the
 * container's own mount namespace (lay.c): nothing is written to the image or to the
 * container's layer, and it is undone by taking the mounts away, when the session
 * ends. What the container's files are may be anybody's doing: they are read with a
 * limit, and by a child, because a file system of its own may let a reader wait.
 * A container that ends takes its mounts along. That it was done stands in
 * run_directory/trust/SESSION, an empty folder.
 *
 * It is done by itself when a container becomes a skill, and its runtime's hook waits
 * for that: then the container's root folder is not its root yet, and what it will be
 * given is in its bundle. Where it cannot be done the container is a skill all the same.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "hooks/lay.h"
#include "hooks/loader.h"
#include "hooks/process.h"
#include "hooks/trust.h"
#include "loop/loop.h"
#include "out.h"
#include "registry/registry.h"

#define CHILD_SECONDS 10
#define ENVIRONMENT_MOST (1u << 20)
#define VARIABLES_MOST 4096

/* What the child is to do, and where. */
struct task {
	char folder[LOADER_PATH];	/* its mark, of this session */
	char node[LOADER_PATH];		/* the node's certificate */
	char workshop[LOADER_PATH];
	char bundle[LOADER_PATH];	/* of a container that is being created; empty: it runs */
	pid_t pid;		/* of the container's first process */
	int mounts;		/* the container's mount namespace */
};

/* What the child says in the end. */
struct report {
	int error;		/* 0 or -errno */
	unsigned int count;	/* bundles that are covered, or were */
};

/* A child at work for a request. */
struct errand {
	struct loader *loader;
	uint64_t request;
	struct task task;	/* its paths only */
	char session[ID_TEXT_SIZE];
	bool is_joining;	/* it is not what was asked for: what is said is this, in any case */
	json_t *answer;
	int fd;
	struct watch *watch;
};

/* ---- in the child --------------------------------------------------------------- */

static int
open_proc(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* What a container begins with. */
struct beginning {
	struct out text;	/* of a running one's environment */
	json_t *config;		/* of one that is being created */
	char **env;
	char root[PATH_MAX], cwd[PATH_MAX];	/* empty: its own, none */
};

static void
beginning_free(struct beginning *b)
{
	out_free(&b->text);
	json_decref(b->config);
	free(b->env);
}

/* As its first process was given it; `text` has the texts. NULL: none. */
static char **
read_environment(pid_t pid, struct out *text)
{
	int fd cleanup(close_fd) = open_proc(pid, "environ");
	char **list = fd < 0 ? NULL : calloc(VARIABLES_MOST + 1, sizeof(*list));
	uint8_t room[16384];
	struct span rest, one;
	ssize_t n;

	while (list && (n = read(fd, room, sizeof(room))) > 0)
		out_bytes(text, room, (size_t)n);
	rest = out_view(text);
	for (size_t i = 0; list && i < VARIABLES_MOST && take_text(&rest, &one); i++)
		list[i] = (char *)one.p;
	return list;
}

static void
read_running(const struct task *task, struct beginning *out)
{
	char path[64];
	ssize_t n;

	out->env = read_environment(task->pid, &out->text);
	snprintf(path, sizeof(path), "/proc/%d/cwd", task->pid);
	n = readlink(path, out->cwd, sizeof(out->cwd) - 1);
	out->cwd[n > 0 ? n : 0] = '\0';
}

/* The OCI runtime's config.json, which root writes: root.path, process.env, process.cwd. */
static int
read_created(const struct task *task, struct beginning *out)
{
	const char *root = NULL, *cwd = "";
	json_t *env = NULL, *item;
	char path[LOADER_PATH + 16];
	size_t i;

	snprintf(path, sizeof(path), "%s/config.json", task->bundle);
	out->config = json_load_file(path, 0, NULL);
	if (json_unpack(out->config, "{s:{s:s}, s?:{s?:s, s?:o}}", "root", "path", &root,
	    "process", "cwd", &cwd, "env", &env) < 0)
		return -EINVAL;
	if (snprintf(out->root, sizeof(out->root), "%s%s%s", *root == '/' ? "" : task->bundle,
	    *root == '/' ? "" : "/", root) >= (int)sizeof(out->root))
		return -ENAMETOOLONG;
	snprintf(out->cwd, sizeof(out->cwd), "%s", cwd);
	out->env = calloc(json_array_size(env) + 1, sizeof(*out->env));
	if (!out->env)
		return -ENOMEM;
	json_array_foreach(env, i, item) {
		out->env[i] = (char *)json_string_value(item);
		if (!out->env[i])
			break;
	}
	return 0;
}

static struct report
lay(const struct task *task)
{
	struct beginning beginning cleanup(beginning_free) = { .text = out_new(ENVIRONMENT_MOST) };
	struct lay terms = { .node = task->node, .workshop = task->workshop, .mounts = task->mounts };
	struct report report = { 0 };

	if (access(task->node, R_OK) < 0)
		return (struct report){ .error = -ENOKEY };
	if (*task->bundle)
		report.error = read_created(task, &beginning);
	else
		read_running(task, &beginning);
	if (report.error < 0)
		return report;
	terms.root = *beginning.root ? beginning.root : NULL;
	terms.who = (struct search_for){ beginning.env, NULL, *beginning.cwd ? beginning.cwd : NULL };
	report.error = lay_roots(&terms, &report.count);
	if (report.error == 0 && report.count == 0)
		report.error = -ENOENT;
	return report;
}

static struct report
lift_from(const struct task *task, int mountinfo)
{
	struct report report = { 0 };

	rmdir(task->folder);
	if (mountinfo < 0)
		return (struct report){ .error = -ESRCH };
	if (setns(task->mounts, CLONE_NEWNS) < 0)
		return (struct report){ .error = -errno };
	report.error = lay_lift(mountinfo, &report.count);
	return report;
}

static struct report
lift(const struct task *task)
{
	int fd cleanup(close_fd) = open_proc(task->pid, "mountinfo");

	return lift_from(task, fd);
}

/* All or nothing. Afterwards this process is there, where /proc is another. */
static struct report
lay_all(const struct task *task)
{
	int fd cleanup(close_fd) = open_proc(task->pid, "mountinfo");
	struct report report = lay(task);

	if (report.error < 0 && report.count > 0) {
		lift_from(task, fd);
		report.count = 0;
	}
	return report;
}

/* ---- in the loader ------------------------------------------------------------------ */

static void
task_close(struct task *task)
{
	close_fd(&task->mounts);
}

/* Would what is mounted there be the host's? Ours may differ from its first process'. */
static bool
is_host(int mounts)
{
	static const char *const hosts[] = { "/proc/self/ns/mnt", "/proc/1/ns/mnt" };
	struct stat its, st;

	if (fstat(mounts, &its) < 0)
		return true;
	for (size_t i = 0; i < COUNT(hosts); i++)
		if (stat(hosts[i], &st) == 0 && st.st_ino == its.st_ino && st.st_dev == its.st_dev)
			return true;
	return false;
}

/* Of the session's first process, which lives from before the opening until after. */
static int
prepare(const struct session *s, struct task *task)
{
	uint64_t ticks;

	snprintf(task->folder, sizeof(task->folder), "%.*s/trust/%s", INSTANCE_PATH_SIZE,
	    s->loader->instance.run_directory, s->text);
	snprintf(task->node, sizeof(task->node), "%s/ca.pem", s->loader->instance.state_directory);
	snprintf(task->workshop, sizeof(task->workshop), "%s", s->loader->instance.run_directory);
	task->pid = s->pid;
	task->mounts = s->pid ? open_proc(s->pid, "ns/mnt") : -1;
	if (task->mounts < 0 || process_started(s->pid, &ticks) < 0 || ticks != s->pid_ticks)
		return -ESRCH;
	return is_host(task->mounts) ? -EXDEV : 0;
}

/* Start the child. The descriptor on which its report comes, or -errno. */
static int
send_child(const struct task *task, struct report (*work)(const struct task *))
{
	struct report report;
	int pair[2];
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		signal(SIGALRM, SIG_DFL);
		alarm(CHILD_SECONDS);
		report = work(task);
		_exit(write(pair[1], &report, sizeof(report)) != sizeof(report));
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return -EAGAIN;
	}
	return pair[0];
}

static const char *
sentence(int error)
{
	return error == -ENOENT ? "the container has no trust bundle that is known" :
	    error == -ENOKEY ? "the node has no certificate authority yet" :
	    error == -EXDEV ? "it has the mounts of this host" :
	    error == -EEXIST ? "it has been done already" : strerror(-error);
}

static void
tell_joined(struct loader *loader, const char *session, uint64_t request, json_t *answer, int error)
{
	if (error < 0 && error != -EEXIST)
		log_warning("session %s: the container does not trust this node: %s", session,
		    sentence(error));
	if (request)
		answer_done(loader, request, answer);
}

/* To whoever asked. */
static void
tell(struct errand *errand, const struct report *report)
{
	struct loader *loader = errand->loader;

	if (errand->is_joining)
		tell_joined(loader, errand->session, errand->request, take(&errand->answer), report->error);
	else if (report->error < 0)
		answer_error(loader, errand->request, ANSWER_FAILED,
		    "the container does not trust this node: %s", sentence(report->error));
	else
		answer_done(loader, errand->request, json_pack("{s:i}", "bundles",
		    (int)report->count));
}

static void
on_report(void *arg, uint32_t events)
{
	struct errand *errand = arg;
	struct report report = { .error = -EIO };

	(void)events;
	if (read(errand->fd, &report, sizeof(report)) != sizeof(report))
		report.error = -EIO;
	if (report.error < 0)
		rmdir(errand->task.folder);
	tell(errand, &report);
	loop_unwatch(errand->loader->loop, &errand->watch);
	close_fd(&errand->fd);
	free(errand);
}

/* Takes `given` in every case, and the answer of `what` when it succeeds. */
static int
expect(const struct session *s, const struct task *task, int given, struct errand what)
{
	int fd cleanup(close_fd) = given;
	struct errand *errand = malloc(sizeof(*errand));
	int r;

	if (!errand)
		return -ENOMEM;
	*errand = what;
	errand->loader = s->loader;
	errand->task = *task;
	errand->fd = fd;
	strcpy(errand->session, s->text);
	r = loop_watch(s->loader->loop, fd, EPOLLIN, on_report, errand, &errand->watch);
	if (r < 0)
		free(errand);
	else
		(void)take_fd(&fd);
	return r;
}

static int
make_folder(const struct task *task)
{
	char above[LOADER_PATH];

	snprintf(above, sizeof(above), "%s", task->folder);
	*strrchr(above, '/') = '\0';
	if (mkdir(above, 0700) < 0 && errno != EEXIST)
		return -errno;
	return mkdir(task->folder, 0700) < 0 ? -errno : 0;
}

void
trust_begin(struct loader *loader, struct request *request)
{
	const char *text = json_string_value(json_object_get(request->json, "container"));
	bool undo = json_is_true(json_object_get(request->json, "undo"));
	struct task task cleanup(task_close) = { .mounts = -1 };
	struct session *s = text ? session_of_container(loader, text) : NULL;
	int r;

	if (!s) {
		answer_error(loader, request->id, ANSWER_NO, "no session has a container %.100s: "
		    "attach it first, and give its name or whole id", text ? text : "");
		return;
	}
	r = prepare(s, &task);
	if (r == 0 && !undo)
		r = make_folder(&task);
	if (r == 0)
		r = send_child(&task, undo ? lift : lay_all);
	if (r >= 0)
		r = expect(s, &task, r, (struct errand){ .request = request->id });
	if (r < 0)
		answer_error(loader, request->id, ANSWER_FAILED,
		    "the container does not trust this node: %s", sentence(r));
}

void
trust_join(struct session *s, const struct container *c, bool is_created, uint64_t request,
    json_t *answer)
{
	struct task task cleanup(task_close) = { .mounts = -1 };
	int r = c ? prepare(s, &task) : -ENOENT;

	if (r == 0 && is_created)
		snprintf(task.bundle, sizeof(task.bundle), "%.*s", LOADER_PATH - 1, c->bundle);
	if (r == 0)
		r = make_folder(&task);
	if (r == 0)
		r = send_child(&task, lay_all);
	if (r >= 0)
		r = expect(s, &task, r, (struct errand){ .request = request, .is_joining = true,
		    .answer = answer });
	if (r < 0)
		tell_joined(s->loader, s->text, request, answer, c ? r : -EEXIST);
}

void
trust_end(struct session *s)
{
	struct task task cleanup(task_close) = { .mounts = -1 };
	int r = prepare(s, &task);

	if (access(task.folder, F_OK) < 0)
		return;
	if (r == 0)
		r = send_child(&task, lift);
	if (r < 0)
		rmdir(task.folder);	/* it has ended, and its mounts with it */
	else
		close(r);
}

void
trust_sweep(struct loader *loader)
{
	char path[LOADER_PATH];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "%s/trust", loader->instance.run_directory);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		char own[LOADER_PATH];

		if (e->d_name[0] == '.' || session_of_text(loader, e->d_name))
			continue;
		if (snprintf(own, sizeof(own), "%s/%s", path, e->d_name) < (int)sizeof(own))
			rmdir(own);
	}
	if (d)
		closedir(d);
}
