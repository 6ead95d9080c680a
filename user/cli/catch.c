/*
 * catch.c: the opposite of release, for the time before the daemon (interlock-bpf.service).
 * The programs are loaded, attached and pinned as the loader does it, and nothing else is: no heart beats, so
 * whatever is a skill is refused until a daemon serves. What is there already is left alone.
 */
#include "cli/catch.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/instance.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/daemon.h"
#include "cli/say.h"
#include "hooks/hooks.h"

int
cli_catch(const struct instance *instance, int argc, char **argv)
{
	struct hooks *hooks = NULL;
	char why[512] = "";
	int error;

	(void)argv;
	if (argc != 1)
		return say_usage(CATCH_USAGE);
	if (geteuid() != 0) {
		client_complain("catch puts programs into the kernel, which only root may: use sudo");
		return CLI_PERMISSION;
	}
	if (daemon_pid(instance)) {
		printf("interlockd serves instance %s: its programs are there\n", instance->name);
		return CLI_OK;
	}
	error = hooks_open(&hooks, instance, why, sizeof(why));
	if (error) {
		client_complain("%s: %s", why, strerror(-error));
		return CLI_FAILED;
	}
	hooks_close(&hooks);
	printf("caught: the programs of instance %s are in the kernel, and refuse until a daemon serves\n",
	    instance->name);
	return CLI_OK;
}
