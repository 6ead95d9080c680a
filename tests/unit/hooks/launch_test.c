/*
 * What a launched command is, seen from inside (tests/prison/skill_inside.h)
 * and from outside. The test starts itself again as the command. As root.
 */
#include "hooks/launch.h"

#include <poll.h>

#include "../../prison/skill_inside.h"
#include "base/instance.h"
#include "base/must.h"
#include "check.h"
#include "hooks/process.h"

#define UID 54321
#define GID 54322

static char scratch[] = "/tmp/interlock-launch-XXXXXX";
static char group[512], hosts[128], shelf[128], hidden[128], inner[160];
static char elsewhere[128];	/* the host's /proc once more */
static int group_fd;
static int quiet[3];	/* /dev/null for what is told on purpose */
static int given[3];	/* standard descriptors of the next command */

/* LeakSanitizer traces its own process, which a skill may not. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

/* ---- inside ----------------------------------------------------------- */

static int
inside(int argc, char **argv)
{
	FILE *f;
	char line[128] = "";

	if (argc > 2 && strcmp(argv[2], "signals") == 0) {
		struct sigaction was;
		sigset_t blocked;

		sigaction(SIGPIPE, NULL, &was);
		sigprocmask(SIG_SETMASK, NULL, &blocked);
		return was.sa_handler != SIG_DFL || !sigisemptyset(&blocked);
	}
	inside_all();
	inside_check(getuid() == UID && getgid() == GID, "uid and gid");
	inside_check(inside_is_shut(hidden), "a covered folder");
	inside_check(access(inner, R_OK) == 0, "a file on the shelf");
	inside_check(open(inner, O_WRONLY) < 0 && (errno == EROFS ||
	    errno == EACCES), "a file on the shelf is read-only");
	inside_check(inside_is_shut(shelf), "the shelf cannot be listed");
	f = fopen("/etc/hosts", "re");
	inside_check(f && fgets(line, sizeof(line), f) &&
	    strcmp(line, "10.1.2.3 db.example\n") == 0, "the hosts file");
	inside_check(getenv("PATH") && !getenv("SECRET"), "the environment");
	inside_check(getcwd(line, sizeof(line)) && strcmp(line, "/tmp") == 0,
	    "the working directory");
	return inside_faults ? 1 : 0;
}

/* ---- outside ---------------------------------------------------------- */

static int
end_of(struct launched *made)
{
	struct pollfd one = { .fd = made->end, .events = POLLIN };
	siginfo_t gone = { 0 };

	poll(&one, 1, -1);
	CHECK(launch_end(made, &gone) == 0 && gone.si_pid == made->pid);
	return gone.si_code == CLD_EXITED ? gone.si_status :
	    -gone.si_status;
}

/* And all that it left has ended too. */
static int
last_of(struct launched *made)
{
	int status = end_of(made), first = made->pidfd;
	siginfo_t gone = { 0 };

	made->pidfd = -1;
	launch_forget(made);
	CHECK(waitid(P_PIDFD, (id_t)first, &gone, WEXITED) == 0);
	close(first);
	return status;
}

/* A socket in which those of `given` that are open wait. */
static int
box(void)
{
	char byte = 'x', control[CMSG_SPACE(sizeof(given))] = { 0 };
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control };
	struct cmsghdr *c = (struct cmsghdr *)control;
	size_t n = 0;
	int pair[2];

	for (int i = 0; i < 3; i++)
		if (given[i] >= 0)
			memcpy(CMSG_DATA(c) + n++ * sizeof(int), &given[i],
			    sizeof(int));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	message.msg_controllen = CMSG_SPACE(n * sizeof(int));
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	if (sendmsg(pair[0], &message, 0) != 1)
		close_fd(&pair[1]);	/* the kernel passes no io_uring */
	close(pair[0]);
	return pair[1];
}

static int
begin(const struct launch *l, struct launched *made, char *why)
{
	struct launch boxed = *l;
	int r;

	boxed.stdio = box();
	r = launch_begin(&boxed, made, why, 256);
	close_fd(&boxed.stdio);
	return r;
}

static struct launch
plain(const char *const *argv)
{
	static const char *env[] = { "PATH=/usr/bin:/bin:/usr/sbin:/sbin", NULL };
	static const char *hide[] = { hidden, "/nowhere/at/all", NULL };
	static struct launch_bind binds[] = { { hosts, "/etc/hosts" },
		{ hosts, inner }, { 0 } };

	for (int i = 0; i < 3; i++)
		given[i] = i;
	return (struct launch){ .argv = (char *const *)argv, .env = (char *const *)env, .cwd = "/tmp",
		.uid = UID, .gid = GID, .cgroup = group_fd,
		.own_network = true, .hide = hide,
		.shelf = shelf, .binds = binds };
}

/* Start, let go, wait. The outcome in *outcome, the exit code returned. */
static int
run(const struct launch *l, int *outcome, char *why)
{
	struct launched made;
	struct pollfd one = { .events = POLLIN };
	int r = begin(l, &made, why);

	if (r < 0) {
		*outcome = r;
		return -1000;
	}
	CHECK(launch_go(&made) == 0);
	one.fd = made.line;
	poll(&one, 1, 10000);
	*outcome = launch_outcome(&made, why, 256);
	return last_of(&made);
}

static void
check_inside(void)
{
	char self[128], why[256] = "";
	const char *argv[] = { self, "inside", scratch, NULL };
	struct launch l = plain(argv);
	int outcome;

	snprintf(self, sizeof(self), "%s/self", scratch);
	must(inside_copy(self));
	CHECK(run(&l, &outcome, why) == 0);
	CHECK_ROW(why, outcome == 1);
	signal(SIGPIPE, SIG_IGN);
	argv[2] = "signals";
	CHECK(run(&l, &outcome, why) == 0);
	signal(SIGPIPE, SIG_DFL);
}

static const struct {
	const char *name;
	const char *argv[5];
	const char *cwd;
	int outcome, end;
	const char *why;
} rows[] = {
	{ "true",           { "true" }, "/", 1, 0, "" },
	{ "its own code",   { "sh", "-c", "exit 7" }, "/", 1, 7, "" },
	{ "by a signal",    { "sh", "-c", "kill -9 $$" }, "/", 1, -9, "" },
	{ "by another",     { "sh", "-c", "kill -TERM $$; exit 9" }, "/", 1, -15, "" },
	{ "orphans",        { "sh", "-c", "(sleep 0.1 & true) & exit 5" }, "/", 1, 5, "" },
	{ "its first",      { "sh", "-c", "kill -9 1; kill -0 1 && exit 6" }, "/", 1, 6, "" },
	{ "no such",        { "no-such-command" }, "/", -ENOENT, 127, "no-such-command: No such file or directory" },
	{ "a folder",       { "/tmp" }, "/", -EACCES, 126, "/tmp: Permission denied" },
	{ "no such folder", { "true" }, "/no/such", -ENOENT, 127, "/no/such: No such file or directory" },
	{ "root's folder",  { "true" }, "/root", -EACCES, 126, "/root: Permission denied" },
	{ "nsenter",        { "nsenter", "-t", "1", "-n" }, "/", 1, 1, "" },
	{ "unshare",        { "unshare", "-r", "true" }, "/", 1, 1, "" },
	{ "raw socket",     { "sh", "-c", "! ping -c1 127.0.0.1" }, "/", 1, 0, "" },
};

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		char why[256] = "";
		struct launch l = plain(rows[i].argv);
		int outcome, end;

		l.cwd = rows[i].cwd;
		given[1] = given[2] = quiet[1];
		end = run(&l, &outcome, why);
		CHECK_ROW(rows[i].name, outcome == rows[i].outcome);
		CHECK_ROW(rows[i].name, end == rows[i].end);
		CHECK_ROW(rows[i].name, strcmp(why, rows[i].why) == 0);
	}
}

/* Where unix sockets are not watched, there are none, but pairs. */
static void
check_no_unix(void)
{
	const char *argv[] = { "python3", "-c", "import socket\n"
	    "a, b = socket.socketpair()\n"
	    "try:\n socket.socket(socket.AF_UNIX)\n"
	    "except OSError as e:\n raise SystemExit(e.errno)", NULL };
	struct launch l = plain(argv);
	char why[256] = "";
	int outcome;

	CHECK(run(&l, &outcome, why) == 0 && outcome == 1);
	l.no_unix = true;
	CHECK(run(&l, &outcome, why) == EAFNOSUPPORT);
}

/* Descriptors that lead to the network or into the host's files. */
static void
check_stdio(void)
{
	struct io_uring_params ring = { 0 };
	int pair[2], pipes[2];
	const char *argv[] = { "true", NULL };
	char why[256];

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	must(pipe(pipes) == 0);
	struct {
		const char *name;
		int fd, outcome;
	} stdio[] = {
		{ "file", open("/etc/passwd", O_RDONLY), 1 },
		{ "null", open("/dev/null", O_RDWR), 1 },
		{ "pipe", pipes[0], 1 },
		{ "unix", pair[0], 1 },
		{ "tcp", socket(AF_INET, SOCK_STREAM, 0), -EPERM },
		{ "packet", socket(AF_PACKET, SOCK_RAW, 0), -EPERM },
		{ "netlink", socket(AF_NETLINK, SOCK_RAW, 0), -EPERM },
		{ "folder", open("/", O_RDONLY), -EPERM },
		{ "path", open("/etc/passwd", O_PATH), -EPERM },
		{ "kernel memory", open("/dev/kmsg", O_RDONLY), -EPERM },
		{ "namespace", open("/proc/self/ns/net", O_RDONLY), 1 },
		{ "ring", (int)syscall(SYS_io_uring_setup, 4, &ring), -EBADF },
		{ "closed", -1, -EINVAL },
	};

	for (size_t i = 0; i < COUNT(stdio); i++) {
		struct launch l = plain(argv);
		int outcome;

		if (strcmp(stdio[i].name, "namespace") == 0)
			stdio[i].outcome = -EPERM;
		given[0] = stdio[i].fd;
		run(&l, &outcome, why);
		CHECK_ROW(stdio[i].name, outcome == stdio[i].outcome);
		close_fd(&stdio[i].fd);
	}
	close(pair[1]);
	close(pipes[1]);
}

static void
check_refusals(void)
{
	const char *argv[] = { "true", NULL };
	char why[256];
	struct launch_bind binds[] = { { "/no/such/file", "/etc/hosts" }, { 0 } };
	struct launch l = plain(argv);
	int outcome;

	l.uid = 0;
	run(&l, &outcome, why);
	CHECK(outcome == -EPERM);
	l.uid = UID;
	l.gid = 0;
	run(&l, &outcome, why);
	CHECK(outcome == -EPERM);
	l = plain(argv);
	l.cgroup = quiet[0];
	run(&l, &outcome, why);
	CHECK(outcome == -EBADF);
	l = plain(argv);
	l.binds = binds;
	run(&l, &outcome, why);
	CHECK(outcome == -ENOENT);
	l = plain(argv);
	l.shelf = "/no/such/folder";
	run(&l, &outcome, why);
	CHECK(outcome == -ENOENT);
}

/* While it waits, it is in its group and namespaces; aborted, it is no more. */
static void
check_waiting(void)
{
	const char *argv[] = { "true", NULL };
	char why[256], path[600], root[512];
	struct launch l = plain(argv);
	struct launched made;
	struct stat own, its;
	int netns, events;

	must(instance_find_cgroup2(root, sizeof(root)) == 0);
	CHECK(begin(&l, &made, why) == 0);
	CHECK(process_cgroup(made.pid, root, path, sizeof(path)) == 0 &&
	    strcmp(path, group) == 0);
	netns = process_netns(made.pid);
	stat("/proc/self/ns/net", &own);
	CHECK(netns >= 0 && fstat(netns, &its) == 0 &&
	    its.st_ino != own.st_ino);
	close(netns);
	snprintf(path, sizeof(path), "%s/cgroup.events", group);
	events = open(path, O_RDONLY);
	CHECK(group_is_populated(events) == 1);
	launch_abort(&made);
	CHECK(kill(made.pid, 0) < 0 && errno == ESRCH);
	CHECK(group_is_populated(events) == 0);
	close(events);
	CHECK(made.line == -1 && made.pidfd == -1 && made.end == -1);

	l.own_network = false;
	CHECK(begin(&l, &made, why) == 0);
	netns = process_netns(made.pid);
	CHECK(netns >= 0 && fstat(netns, &its) == 0 &&
	    its.st_ino == own.st_ino);
	close(netns);
	launch_abort(&made);
}

/* What the command leaves running lives on, in the group, until it ends. */
static void
check_left(void)
{
	const char *argv[] = { "sh", "-c", "sleep 1000 & exit 3", NULL };
	char why[256], path[600];
	struct launch l = plain(argv);
	struct launched made;
	int events;

	snprintf(path, sizeof(path), "%s/cgroup.events", group);
	events = open(path, O_RDONLY);
	CHECK(begin(&l, &made, why) == 0);
	CHECK(kill(made.pid, 0) == 0 && launch_go(&made) == 0);
	CHECK(end_of(&made) == 3);
	CHECK(kill(made.pid, 0) == 0);	/* its number is kept */
	close_fd(&made.end);
	CHECK(group_is_populated(events) == 1);
	launch_abort(&made);
	CHECK(group_is_populated(events) == 0);
	close(events);
}

/* Killed from outside, it is told as what it is. */
static void
check_killed(void)
{
	const char *argv[] = { "sleep", "1000", NULL };
	char why[256];
	struct launch l = plain(argv);
	struct launched made;
	siginfo_t gone;

	CHECK(begin(&l, &made, why) == 0);
	CHECK(launch_go(&made) == 0);
	CHECK(launch_end(&made, &gone) == -EAGAIN);
	CHECK(group_kill(group) == 0);
	CHECK(last_of(&made) == -SIGKILL);
}

/*
 * A process of the skill's own uid that is none of it, which nothing forbids
 * anyone of that uid to look into: not in its /proc, nor in another that the
 * host has mounted, nor to be signalled; with the host's network too.
 */
static void
check_stranger(void)
{
	const char *text = "[ -e /proc/self/mem ] && ! [ -e /proc/$0 ] && "
	    "! [ -e $1/$0 ] && ! [ -e $1/self ] && ! kill -0 $0";
	char number[16], why[256];
	const char *argv[] = { "sh", "-c", text, number, elsewhere, NULL };
	struct launch l = plain(argv);
	pid_t stranger = fork();
	int outcome;

	if (stranger == 0) {
		must(setresgid(GID, GID, GID) == 0 &&
		    setresuid(UID, UID, UID) == 0 &&
		    prctl(PR_SET_DUMPABLE, 1) == 0);
		for (;;)
			pause();
	}
	snprintf(number, sizeof(number), "%d", stranger);

		given[2] = quiet[2];
CHECK(run(&l, &outcome, why) == 0 && outcome == 1);
	l.own_network = false;
	CHECK(run(&l, &outcome, why) == 0 && outcome == 1);
	kill(stranger, SIGKILL);
	waitpid(stranger, NULL, 0);
}

/* The host sees none of the mounts. */
static void
check_host(void)
{
	struct stat before, after;

	stat("/etc/hosts", &before);
	check_inside();
	stat("/etc/hosts", &after);
	CHECK(before.st_ino == after.st_ino && before.st_dev == after.st_dev);
	CHECK(access(hidden, R_OK) == 0);
	CHECK(access("/proc/1", F_OK) == 0);
}

static void
name_paths(void)
{
	snprintf(hosts, sizeof(hosts), "%s/run/hosts", scratch);
	snprintf(shelf, sizeof(shelf), "%s/run", scratch);
	snprintf(hidden, sizeof(hidden), "%s/state", scratch);
	snprintf(inner, sizeof(inner), "%s/run/ca.pem", scratch);
	snprintf(elsewhere, sizeof(elsewhere), "%s/proc", scratch);
}

static void
set_up(void)
{
	char root[400];
	FILE *f;

	must(mkdtemp(scratch) != NULL);
	chmod(scratch, 0755);
	name_paths();
	mkdir(shelf, 0755);
	mkdir(hidden, 0755);
	mkdir(elsewhere, 0755);
	must(unshare(CLONE_NEWNS) == 0 &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("proc", elsewhere, "proc", 0, NULL) == 0);
	f = fopen(hosts, "w");
	must(f != NULL);
	fputs("10.1.2.3 db.example\n", f);
	fclose(f);
	must(instance_find_cgroup2(root, sizeof(root)) == 0);
	snprintf(group, sizeof(group), "%s/interlock-launch-%d", root,
	    getpid());
	must(mkdir(group, 0755) == 0);
	group_fd = open(group, O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 3; i++)
		quiet[i] = open("/dev/null", O_RDWR);
	setenv("SECRET", "of the daemon", 1);
}

int
main(int argc, char **argv)
{
	char command[128];

	if (argc > 2 && strcmp(argv[1], "inside") == 0) {
		if (strcmp(argv[2], "signals"))
			memcpy(scratch, argv[2], sizeof(scratch));
		name_paths();
		return inside(argc, argv);
	}
	set_up();
	check_host();
	check_rows();
	check_no_unix();
	check_stdio();
	check_refusals();
	check_waiting();
	check_left();
	check_stranger();
	check_killed();	/* last: a killed group kills newcomers too */
	umount2(elsewhere, MNT_DETACH);
	CHECK(group_remove(group) == 0);
	snprintf(command, sizeof(command), "rm -rf %s", scratch);
	return check_end() || system(command);
}
