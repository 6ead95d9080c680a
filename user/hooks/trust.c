/*
 * trust.c: `interlock trust`: the node's authority in a container's trust bundles.
 * Programs in a container trust the authorities of its image. For each bundle that
 * the container has, a file with the same and the node's own certificate is made in
 * run_directory/trust/SESSION and mounted over it, read-only, in the container's own
 * mount namespace: nothing is written to the image or to the container's layer, and
 * it is undone by taking the mounts away, when the session ends. What the container's
 * files are may be anybody's doing: they are opened below its root, read with a
 * limit, and by a child, because a file system of its own may let a reader wait.
 * A container that ends takes its mounts along.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "hooks/loader.h"
#include "hooks/process.h"
#include "loop/loop.h"
#include "out.h"

#define BUNDLE_MOST (4u << 20)
#define CHILD_SECONDS 10

static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",	/* Debian, Alpine, Arch */
	"/etc/pki/tls/certs/ca-bundle.crt",	/* Fedora and its kin */
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/ssl/ca-bundle.pem",		/* SUSE */
	"/etc/ssl/cert.pem",			/* Alpine, OpenSSL's own */
};

/* What the child is to do, and where. */
struct task {
	char folder[LOADER_PATH];	/* ours, of this session */
	char node[LOADER_PATH];		/* the node's certificate */
	int root, mounts;		/* the container's root folder and mount namespace */
};

/* What the child says in the end. */
struct report {
	int error;		/* 0 or -errno */
	unsigned int count;	/* bundles that are mounted over, or were */
};

/* A child at work for a request. */
struct errand {
	struct loader *loader;
	uint64_t request;
	struct task task;	/* its paths only */
	int fd;
	struct watch *watch;
};

static void
file_of(const struct task *task, size_t i, char path[LOADER_PATH + 16])
{
	snprintf(path, LOADER_PATH + 16, "%s/%zu", task->folder, i);
}

/* ---- in the child --------------------------------------------------------------- */

static int
add_file(struct out *out, int fd)
{
	uint8_t room[16384];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	while ((n = read(fd, room, sizeof(room))) > 0)
		out_bytes(out, room, (size_t)n);
	if (n < 0)
		return -errno;
	if (out->n && out->p[out->n - 1] != '\n')
		out_u8(out, '\n');
	return out->failed ? -E2BIG : 0;
}

/* The container's own bundle. -ENOENT: it has none there. */
static int
open_bundle(const struct task *task, const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, task->root, path, &how, sizeof(how));

	return fd >= 0 ? fd : errno == ENOTDIR ? -ENOENT : -errno;
}

static int
write_bundle(const char *path, struct span in)
{
	int fd cleanup(close_fd) = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0 || fchmod(fd, 0644) < 0)
		return -errno;
	return write(fd, in.p, in.n) == (ssize_t)in.n ? 0 : -EIO;
}

/* Ours for that bundle, as a mount that is not yet anywhere. A descriptor or -errno. */
static int
make_bundle(const struct task *task, size_t i)
{
	struct out out cleanup(out_free) = out_new(BUNDLE_MOST);
	int theirs cleanup(close_fd) = open_bundle(task, bundles[i]);
	int node cleanup(close_fd) = -1;
	char path[LOADER_PATH + 16];
	int r = theirs < 0 ? theirs : add_file(&out, theirs);

	if (r < 0)
		return r;
	node = open(task->node, O_RDONLY | O_CLOEXEC);
	if (node < 0)
		return -ENOKEY;
	r = add_file(&out, node);
	file_of(task, i, path);
	if (r == 0)
		r = write_bundle(path, out_view(&out));
	if (r < 0)
		return r;
	r = (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return r < 0 ? -errno : r;
}

static int
place(int fd, const char *to)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
	    MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC };

	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return -errno;
	return syscall(SYS_move_mount, fd, "", AT_FDCWD, to,
	    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0 ? -errno : 0;
}

/* All or nothing. */
static void
undo_first(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			umount2(bundles[i], MNT_DETACH);
}

/* Make all of them here, then go there and lay them down. */
static struct report
lay(const struct task *task)
{
	struct report report = { 0 };
	int fds[COUNT(bundles)];

	for (size_t i = 0; i < COUNT(bundles); i++) {
		fds[i] = make_bundle(task, i);
		if (fds[i] < 0 && fds[i] != -ENOENT && fds[i] != -ELOOP)
			return (struct report){ .error = fds[i] };
	}
	if (setns(task->mounts, CLONE_NEWNS) < 0)
		return (struct report){ .error = -errno };
	for (size_t i = 0; i < COUNT(bundles); i++) {
		if (fds[i] < 0)
			continue;
		report.error = place(fds[i], bundles[i]);
		if (report.error < 0) {
			undo_first(fds, i);
			return report;
		}
		report.count++;
	}
	report.error = report.count ? 0 : -ENOENT;
	return report;
}

/* Take away what is ours: the file on top is the one we made. */
static struct report
lift(const struct task *task)
{
	struct report report = { 0 };
	struct stat ours[COUNT(bundles)] = { 0 }, there;
	char path[LOADER_PATH + 16];

	for (size_t i = 0; i < COUNT(bundles); i++) {
		file_of(task, i, path);
		if (stat(path, &ours[i]) < 0)
			ours[i].st_ino = 0;
		unlink(path);
	}
	rmdir(task->folder);
	if (setns(task->mounts, CLONE_NEWNS) < 0)
		return (struct report){ .error = -errno };
	for (size_t i = 0; i < COUNT(bundles); i++)
		if (ours[i].st_ino && stat(bundles[i], &there) == 0 && there.st_ino == ours[i].st_ino &&
		    there.st_dev == ours[i].st_dev && umount2(bundles[i], MNT_DETACH) == 0)
			report.count++;
	return report;
}

/* ---- in the loader ------------------------------------------------------------------ */

static void
task_close(struct task *task)
{
	close_fd(&task->root);
	close_fd(&task->mounts);
}

/* Of the session's first process, which lives from before the opening until after. */
static int
prepare(const struct session *s, struct task *task)
{
	char path[64];
	uint64_t ticks;

	snprintf(task->folder, sizeof(task->folder), "%.*s/trust/%s", INSTANCE_PATH_SIZE,
	    s->loader->instance.run_directory, s->text);
	snprintf(task->node, sizeof(task->node), "%s/ca.pem", s->loader->instance.state_directory);
	snprintf(path, sizeof(path), "/proc/%d/root", s->pid);
	task->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", s->pid);
	task->mounts = open(path, O_RDONLY | O_CLOEXEC);
	if (!s->pid || task->root < 0 || task->mounts < 0 || process_started(s->pid, &ticks) < 0 ||
	    ticks != s->pid_ticks)
		return -ESRCH;
	return 0;
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
	    error == -EEXIST ? "it has been done already" : strerror(-error);
}

static void
remove_folder(const struct task *task)
{
	char path[LOADER_PATH + 16];

	for (size_t i = 0; i < COUNT(bundles); i++) {
		file_of(task, i, path);
		unlink(path);
	}
	rmdir(task->folder);
}

static void
on_report(void *arg, uint32_t events)
{
	struct errand *errand = arg;
	struct report report = { .error = -EIO };

	(void)events;
	if (read(errand->fd, &report, sizeof(report)) != sizeof(report))
		report.error = -EIO;
	if (report.error < 0 && report.error != -EEXIST)
		remove_folder(&errand->task);
	if (report.error < 0)
		answer_error(errand->loader, errand->request, ANSWER_FAILED,
		    "the container does not trust this node: %s", sentence(report.error));
	else
		answer_done(errand->loader, errand->request, json_pack("{s:i}", "bundles",
		    (int)report.count));
	loop_unwatch(errand->loader->loop, &errand->watch);
	close_fd(&errand->fd);
	free(errand);
}

static int
expect(struct loader *loader, uint64_t request, const struct task *task, int given)
{
	int fd cleanup(close_fd) = given;
	struct errand *errand = malloc(sizeof(*errand));
	int r;

	if (!errand)
		return -ENOMEM;
	*errand = (struct errand){ .loader = loader, .request = request,
		.task = *task, .fd = fd };
	r = loop_watch(loader->loop, fd, EPOLLIN, on_report, errand, &errand->watch);
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
	struct task task cleanup(task_close) = { .root = -1, .mounts = -1 };
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
		r = send_child(&task, undo ? lift : lay);
	if (r >= 0)
		r = expect(loader, request->id, &task, r);
	if (r < 0)
		answer_error(loader, request->id, ANSWER_FAILED,
		    "the container does not trust this node: %s", sentence(r));
}

void
trust_end(struct session *s)
{
	struct task task cleanup(task_close) = { .root = -1, .mounts = -1 };
	int r = prepare(s, &task);

	if (access(task.folder, F_OK) < 0)
		return;
	if (r == 0)
		r = send_child(&task, lift);
	if (r < 0)
		remove_folder(&task);	/* it has ended, and its mounts with it */
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
		struct task task;

		if (e->d_name[0] == '.' || session_of_text(loader, e->d_name))
			continue;
		if (snprintf(task.folder, sizeof(task.folder), "%s/%s", path, e->d_name) <
		    (int)sizeof(task.folder))
			remove_folder(&task);
	}
	if (d)
		closedir(d);
}
