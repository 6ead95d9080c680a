/*
 * Channels lie where the table of messages has them and nowhere else; a started
 * process finds its own ends and nothing besides; a second one finds the same ends,
 * and what had been sent to the first. The program that is started is this test
 * itself, under another name.
 */
#include "warden/children.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/instance.h"
#include "check.h"

#define WORKERS 2

/* ---- the started program ------------------------------------------------- */

struct found {
	uint32_t channels;	/* bit per slot */
	uint32_t others;	/* descriptors that should not be */
	int number;		/* argv[1] */
	int death, settings;
	uint8_t waiting;	/* first byte of what had been sent, 0: nothing */
};

static bool
is_channel(int fd)
{
	int type;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

static int
be_program(char **argv)
{
	struct found found = { .number = atoi(argv[1]) };
	struct instance instance;
	ssize_t n;

	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		if (is_channel(MSG_FD_CHANNEL(slot)))
			found.channels |= 1u << slot;
		else if (fcntl(MSG_FD_CHANNEL(slot), F_GETFD) >= 0)
			found.others++;
	}
	for (int fd = MSG_FD_CHANNEL(SLOTS); fd < 1024; fd++)
		found.others += fcntl(fd, F_GETFD) >= 0;
	prctl(PR_GET_PDEATHSIG, &found.death);
	found.settings = instance_inherit(&instance);
	n = recv(MSG_FD_CHANNEL(SLOT_WARDEN), &found.waiting, 1, MSG_DONTWAIT);
	if (n < 0)
		found.waiting = 0;
	return send(MSG_FD_CHANNEL(SLOT_WARDEN), &found, sizeof(found), 0) != sizeof(found);
}

/* ---- the warden ------------------------------------------------------------ */

static struct children children;
static struct instance instance;
static char folder[64];

static void
make_folder(void)
{
	static const char *const below[] = { "", "/worker", "/others" };
	char path[128], self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	snprintf(folder, sizeof(folder), "/tmp/children-test-XXXXXX");
	if (n < 0 || !mkdtemp(folder))
		_exit(9);
	self[n] = '\0';
	for (size_t i = 0; i < COUNT(below); i++) {
		snprintf(path, sizeof(path), "%s%s", folder, below[i]);
		mkdir(path, 0755);
		if (!i)
			continue;
		snprintf(path, sizeof(path), "%s%s/cgroup.procs", folder, below[i]);
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	}
	snprintf(path, sizeof(path), "%s/keeper", folder);
	CHECK(symlink(self, path) == 0);
	instance = (struct instance){ .name = "test", .uid_base = 60800 };
	snprintf(instance.program_directory, sizeof(instance.program_directory), "%s", folder);
	snprintf(instance.daemon_cgroup, sizeof(instance.daemon_cgroup), "%s", folder);
}

static off_t
size_of(const char *below)
{
	char path[128];
	struct stat st = { 0 };

	snprintf(path, sizeof(path), "%s/%s", folder, below);
	return stat(path, &st) ? -1 : st.st_size;
}

static void
remove_folder(void)
{
	static const char *const files[] = {
		"keeper", "worker/cgroup.procs", "others/cgroup.procs", "worker", "others", "",
	};
	char path[128];

	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		CHECK_ROW(files[i], remove(path) == 0);
	}
}

/* Who is there from the start, and who may come later. */
static bool
lives(unsigned int slot)
{
	return slot == SLOT_WARDEN || (children_program(slot) && (!msg_is_worker(slot) || slot < SLOT_WORKER + WORKERS));
}

static bool
has_place(unsigned int slot)
{
	return lives(slot) || (slot >= SLOT_WORKER && slot < SLOT_WORKER + 2 * WORKERS);
}

static void
channels(void)
{
	CHECK(children_open(&children, &instance, WORKERS) == 0);
	CHECK(children.settings >= MSG_FD_PRIVATE);
	for (unsigned int a = 0; a < SLOTS; a++) {
		CHECK_ROW(msg_slot_name(a), a == SLOT_WARDEN || (children.child[a].state ==
		    CHILD_WAITING) == lives(a));
		CHECK_ROW(msg_slot_name(a), (children.child[a].state == CHILD_SPARE) ==
		    (has_place(a) && !lives(a)));
		for (unsigned int b = 0; b < SLOTS; b++) {
			bool right = has_place(a) && has_place(b) && msg_has_channel(a, b);

			CHECK_ROW(msg_slot_name(a), (children.ends[a][b] >= 0) == right);
			if (right) {
				CHECK_ROW(msg_slot_name(a), children.ends[a][b] >= MSG_FD_PRIVATE);
				CHECK_ROW(msg_slot_name(a), is_channel(children.ends[a][b]));
				CHECK_ROW(msg_slot_name(a), fcntl(children.ends[a][b], F_GETFD) & FD_CLOEXEC);
			}
		}
		CHECK_ROW(msg_slot_name(a), is_channel(MSG_FD_CHANNEL(a)) == (a && has_place(a)));
	}
	/* two ends of one channel are two ends of one channel */
	CHECK(send(children.ends[SLOT_WORKER][SLOT_KEEPER], "x", 1, 0) == 1);
	{
		char c = 0;

		CHECK(recv(children.ends[SLOT_KEEPER][SLOT_WORKER], &c, 1, 0) == 1 && c == 'x');
	}
}

static void
check_found(const char *name, uint8_t waiting)
{
	struct child *child = &children.child[SLOT_KEEPER];
	struct found found = { 0 };
	uint32_t right = 0;
	int code;

	CHECK_ROW(name, child->state == CHILD_STARTING && child->pid > 0);
	CHECK_ROW(name, child->began > 0 && child->started > 0);
	CHECK_ROW(name, children_find(&children, child->pid) == SLOT_KEEPER);
	CHECK_ROW(name, waitpid(child->pid, &code, 0) == child->pid);
	CHECK_ROW(name, WIFEXITED(code) && WEXITSTATUS(code) == 0);
	CHECK_ROW(name, recv(MSG_FD_CHANNEL(SLOT_KEEPER), &found, sizeof(found), MSG_DONTWAIT) ==
	    sizeof(found));
	for (unsigned int peer = 0; peer < SLOTS; peer++)
		if (has_place(peer) && msg_has_channel(SLOT_KEEPER, peer))
			right |= 1u << peer;
	CHECK_ROW(name, found.channels == right && found.others == 0);
	CHECK_ROW(name, found.number == 0 && found.death == SIGKILL && found.settings == 0);
	CHECK_ROW(name, found.waiting == waiting);
}

static void
starting(void)
{
	CHECK(children_start(&children, SLOT_KEEPER) == 0);
	check_found("first", 0);
	CHECK(size_of("others/cgroup.procs") == 1 && size_of("worker/cgroup.procs") == 0);
	CHECK(send(MSG_FD_CHANNEL(SLOT_KEEPER), "w", 1, 0) == 1);	/* while nobody is there */
	CHECK(children_start(&children, SLOT_KEEPER) == 0);
	check_found("second", 'w');
	CHECK(children_find(&children, 1) == SLOTS);
}

/* Somebody puts another file there: what was there when the warden began is executed. */
static void
replaced(void)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/keeper", folder);
	CHECK(unlink(path) == 0);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	CHECK(fd >= 0 && write(fd, "#!/bin/false\n", 13) == 13);
	close(fd);
	CHECK(children_start(&children, SLOT_KEEPER) == 0);
	check_found("replaced", 0);
}

/* What is said to a place where nobody sits is not there for who comes later; to others it is. */
static void
sweeping(void)
{
	unsigned int spare = SLOT_WORKER + WORKERS;
	char c;

	CHECK(send(children.ends[SLOT_LOADER][spare], "x", 1, 0) == 1);
	CHECK(send(children.ends[SLOT_LOADER][SLOT_WORKER], "y", 1, 0) == 1);
	children_sweep(&children);
	CHECK(recv(children.ends[spare][SLOT_LOADER], &c, 1, MSG_DONTWAIT) < 0);
	CHECK(recv(children.ends[SLOT_WORKER][SLOT_LOADER], &c, 1, MSG_DONTWAIT) == 1 && c == 'y');
}

/* A program that cannot be run ends with 127; a worker was put into its own cgroup before. */
static void
missing(void)
{
	int code;

	CHECK(children_start(&children, SLOT_WORKER) == 0);
	CHECK(waitpid(children.child[SLOT_WORKER].pid, &code, 0) > 0);
	CHECK(WIFEXITED(code) && WEXITSTATUS(code) == 127);
	CHECK(size_of("worker/cgroup.procs") == 1);
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[0], "keeper") == 0)
		return be_program(argv);
	close_range(3, ~0u, 0);
	make_folder();
	channels();
	starting();
	replaced();
	sweeping();
	missing();
	remove_folder();
	return check_end();
}
