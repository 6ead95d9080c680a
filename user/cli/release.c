/*
 * release.c: the only way out.
 * When the daemon stops or dies, its programs stay in the kernel and refuse. This
 * verb takes them out, with no daemon running, and leaves a note that the next
 * loader enters in the ledger: who, when, how many sessions were let go. For a time only,
 * and in any state of the daemon: break_glass.c.
 */
#include "cli/release.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/instance.h"
#include "base/must.h"
#include "cli/break_glass.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/daemon.h"
#include "cli/say.h"
#include "hooks/hooks.h"

#define PATH_SIZE (2 * INSTANCE_PATH_SIZE)

static int
leave_note(const struct instance *instance)
{
	char path[PATH_SIZE];
	uint32_t login = daemon_login_uid();
	FILE *note;

	snprintf(path, sizeof(path), "%s/released", instance->state_directory);
	note = fopen(path, "ae");
	if (!note)
		return errno == ENOENT ? 0 : -errno;	/* never ran: nothing to tell */
	if (login == DAEMON_NO_LOGIN)
		fprintf(note, "%llu root\n", (unsigned long long)clock_wall());
	else
		fprintf(note, "%llu uid:%u\n", (unsigned long long)clock_wall(), login);
	return fclose(note) ? -errno : 0;
}

static bool
agreed(bool yes)
{
	char answer[8] = "";

	if (yes)
		return true;
	printf("Skills that still run will reach the network unwatched. Release? [y/N] ");
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

int
cli_release(const struct instance *instance, int argc, char **argv)
{
	bool yes = argc == 2 && strcmp(argv[1], "--yes") == 0;
	int error;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--break-glass") == 0)
			return cli_break_glass(instance, argc, argv);

	if (argc > 2 || (argc == 2 && !yes))
		return say_usage(RELEASE_USAGE);
	if (geteuid() != 0) {
		client_complain("release takes programs out of the kernel, which only root may: use sudo");
		return CLI_PERMISSION;
	}
	if (daemon_pid(instance)) {
		client_complain("interlockd serves instance %s: stop it first, or detach single skills",
		    instance->name);
		return CLI_NO;
	}
	if (!yes && !isatty(STDIN_FILENO)) {
		client_complain("nobody is there to be asked whether skills that still run may "
		    "reach the network unwatched: add --yes");
		return CLI_USAGE;
	}
	if (!agreed(yes))
		return CLI_NO;
	error = leave_note(instance);
	if (!error)
		error = hooks_remove(instance);
	if (error) {
		client_complain("%s: %s", instance->pin_directory, strerror(-error));
		return CLI_FAILED;
	}
	printf("released: instance %s has no program in the kernel any more\n", instance->name);
	return CLI_OK;
}
