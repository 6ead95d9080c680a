/*
 * upgrade.c: a signal to the warden, and waiting until nobody from before serves.
 * Programs that change on disk while they run shut the door (hooks/binaries.c), so who installs others says
 * so before: --expect. The program that lies where the warden's was is asked first whether it fits, so that what is wrong is
 * said here. The warden asks again, enters who wanted it, and goes over (warden/upgrade.h). It is done when
 * all processes are younger than the signal; workers from before may still serve connections they had.
 */
#include "cli/upgrade.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/instance.h"
#include "base/must.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/daemon.h"
#include "cli/say.h"
#include "hooks/hooks.h"
#include "msg.h"
#include "view.h"

#define WAIT_NS (60 * SECOND_NS)
#define LOOK_US 100000
#define PATH_SIZE (2 * INSTANCE_PATH_SIZE)

/* Where the program of a process was when it was started. */
static int
path_of(pid_t pid, char path[PATH_SIZE])
{
	static const char deleted[] = " (deleted)";
	char proc[32];
	ssize_t n, less = sizeof(deleted) - 1;

	snprintf(proc, sizeof(proc), "/proc/%d/exe", (int)pid);
	n = readlink(proc, path, PATH_SIZE - 1);
	if (n <= 0)
		return -errno;
	if (n > less && memcmp(path + n - less, deleted, (size_t)less) == 0)
		n -= less;
	path[n] = '\0';
	return 0;
}

/* Does what lies there fit what runs? It says itself what does not. */
static bool
fits(const struct instance *instance, const char *path)
{
	char speech[32 + INSTANCE_PATH_SIZE];
	int status = -1;
	pid_t pid;

	snprintf(speech, sizeof(speech), "%016" PRIx64 ":%s", view_speech(msg_speech()), instance->program_directory);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		execl(path, "interlockd", "--preflight", speech, (char *)NULL);
		client_complain("%s: %s", path, strerror(errno));
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* What is not yet as it should be: processes from before (workers apart, which drain), or that are down. */
static size_t
count_old(const json_t *status, uint64_t since)
{
	const json_t *list = json_object_get(status, "processes"), *process;
	size_t i, old = 0, fresh_workers = 0;

	json_array_foreach(list, i, process) {
		bool is_worker = strncmp(say_member(process, "name"), "worker/", 7) == 0;
		bool is_fresh = (uint64_t)json_integer_value(json_object_get(process, "started")) >= since &&
		    !json_is_true(json_object_get(process, "down"));

		if (is_worker)
			fresh_workers += is_fresh;
		else if (!is_fresh && strcmp(say_member(process, "name"), "warden") != 0)
			old++;
	}
	return json_array_size(list) == 0 || fresh_workers == 0 ? 1 : old;
}

static bool
is_over(const struct instance *instance, uint64_t since, json_t **status)
{
	json_decref(*status);
	*status = NULL;
	return client_call(instance, json_pack("{s:s}", "do", "status"), NULL, NULL, status) == CLI_OK &&
	    count_old(*status, since) == 0;
}

static int
wait_for(const struct instance *instance, pid_t pid, uint64_t since)
{
	uint64_t end = clock_mono() + WAIT_NS;
	json_t *status = NULL;
	bool over = false;

	client_hush(true);	/* the broker is replaced too */
	while (!over && clock_mono() < end && daemon_pid(instance) == pid) {
		usleep(LOOK_US);
		over = is_over(instance, since, &status);
	}
	client_hush(false);
	if (over)
		printf("upgraded: version %s serves; connections from before are served to their end, or for "
		    "%u s more\n", say_member(status, "version"), instance->drain);
	else
		client_complain("not all processes have been replaced; see the daemon's log and interlock status");
	json_decref(status);
	return over ? CLI_OK : CLI_FAILED;
}

static void
expected_path(const struct instance *instance, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/" BINARIES_EXPECTED, instance->run_directory);
}

/* Say that the programs on disk are about to change, so that the loader does not take it for tampering. */
static int
expect(const struct instance *instance)
{
	char path[PATH_SIZE], new[PATH_SIZE + 8];
	FILE *file;

	expected_path(instance, path);
	snprintf(new, sizeof(new), "%s.new", path);
	file = fopen(new, "we");
	if (file)
		fprintf(file, "%llu %u\n", (unsigned long long)(clock_boot() + BINARIES_EXPECTED_NS),
		    daemon_login_uid());
	if (!file || fclose(file) || rename(new, path)) {
		client_complain("%s: %s", path, strerror(errno));
		return CLI_FAILED;
	}
	printf("expected: install the programs within %llu minutes, then run interlock upgrade\n",
	    BINARIES_EXPECTED_NS / (60 * SECOND_NS));
	return CLI_OK;
}

int
cli_upgrade(const struct instance *instance, int argc, char **argv)
{
	union sigval login = { .sival_int = (int)daemon_login_uid() };
	char path[PATH_SIZE];
	uint64_t since;
	int status;
	pid_t pid;

	if (argc > 2 || (argc == 2 && strcmp(argv[1], "--expect") != 0))
		return say_usage(UPGRADE_USAGE);
	if (geteuid() != 0) {
		client_complain("upgrade replaces the daemon's programs, which only root may: use sudo");
		return CLI_PERMISSION;
	}
	pid = daemon_pid(instance);
	if (pid <= 0 || path_of(pid, path)) {
		client_complain("no interlockd serves instance %s: start it", instance->name);
		return CLI_DAEMON;
	}
	if (argc == 2)
		return expect(instance);
	if (!fits(instance, path)) {
		client_complain("no upgrade, everything stays as it is");
		return CLI_NO;
	}
	since = clock_wall();
	if (sigqueue(pid, SIGUSR2, login)) {
		client_complain("the daemon cannot be signalled: %s", strerror(errno));
		return CLI_FAILED;
	}
	status = wait_for(instance, pid, since);
	expected_path(instance, path);
	if (status == CLI_OK)
		unlink(path);
	return status;
}
