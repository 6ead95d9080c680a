/*
 * break_glass.c: the way out when nothing else works, for a time and loudly.
 * It writes one element of a kernel map through its pin, which needs no daemon, no disk and no clock of
 * ours: the programs compare the kernel's own clock with it at every connection, so that it ends by
 * itself. It is said on the terminals of all who are logged in, in the kernel's log and by `status`, and the
 * loader enters it as soon as one lives and the recorder takes it. Skills with a network
 * of their own have no way to go even so.
 */
#include "cli/break_glass.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi.h"
#include "base/clock.h"
#include "base/instance.h"
#include "base/must.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/daemon.h"
#include "cli/say.h"
#include "hooks/hooks.h"
#include "span.h"

struct options {
	uint64_t ns;
	const char *reason;
	bool yes, end;
};

/* "90s", "15m", "2h". 0: no time of these, or longer than a day. */
static uint64_t
read_time(const char *text)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 } };
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	for (size_t i = 0; i < COUNT(units) && end != text && *text != '-'; i++)
		if (end[0] == units[i].unit && !end[1] && n <= ABI_GLASS_MAX_NS / SECOND_NS / units[i].seconds)
			return n * units[i].seconds * SECOND_NS;
	return 0;
}

static bool
read_options(int argc, char **argv, struct options *out)
{
	static const struct option options[] = {
		{ "break-glass", no_argument, NULL, 'b' }, { "for", required_argument, NULL, 'f' },
		{ "reason", required_argument, NULL, 'r' }, { "yes", no_argument, NULL, 'y' },
		{ "end", no_argument, NULL, 'e' }, { 0 },
	};
	int c;

	optind = opterr = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'f')
			out->ns = read_time(optarg);
		else if (c == 'r')
			out->reason = optarg;
		else if (c == 'y')
			out->yes = true;
		else if (c == 'e')
			out->end = true;
		else if (c != 'b')
			return false;
	}
	return optind == argc && (out->end ? !out->reason && !out->ns : out->ns && out->reason && *out->reason);
}

static bool
agreed(const struct options *options)
{
	char answer[8] = "";

	if (options->yes)
		return true;
	if (!isatty(STDIN_FILENO)) {
		client_complain("nobody is there to be asked whether skills may go where they want: add --yes");
		return false;
	}
	printf("Skills will reach what they want, unwatched and unmasked. Break the glass? [y/N] ");
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* To the terminals of all who are logged in; nobody has to be. */
static void
tell_terminals(const char *text)
{
	pid_t pid = fork();

	if (pid == 0) {
		execlp("wall", "wall", "-n", text, (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void
tell_kernel_log(const char *text)
{
	cleanup(close_fd) int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	char line[600];
	int n = snprintf(line, sizeof(line), "<1>%s\n", text);

	if (fd >= 0 && write(fd, line, (size_t)n) != n)
		client_complain("the kernel's log does not take it: %s", strerror(errno));
}

static void
tell_all(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	fprintf(stderr, "%s\n", text);
	tell_kernel_log(text);
	tell_terminals(text);
}

static int
complain(const struct instance *instance, int error)
{
	if (error == -ENOENT)
		client_complain("instance %s has no program in the kernel that holds skills: nothing is to be "
		    "released", instance->name);
	else
		client_complain("%s: %s", instance->pin_directory, strerror(-error));
	return error == -ENOENT ? CLI_NO : CLI_FAILED;
}

static int
end_it(const struct instance *instance)
{
	int error = hooks_glass_break(instance, &(struct abi_glass){ 0 });

	if (error)
		return complain(instance, error);
	tell_all("interlock: the glass of instance %s is whole again: skills are caught", instance->name);
	return CLI_OK;
}

static int
break_it(const struct instance *instance, const struct options *options)
{
	struct abi_glass glass = { .uid = daemon_login_uid(), .wall = clock_wall(), .since = clock_boot() };
	int error;

	glass.until = glass.since + options->ns;
	snprintf(glass.reason, sizeof(glass.reason), "%s", options->reason);
	error = hooks_glass_break(instance, &glass);
	if (error)
		return complain(instance, error);
	tell_all("interlock: THE GLASS OF INSTANCE %s IS BROKEN by uid %d for %llu seconds: skills go where they "
	    "want, unwatched. Reason: %s", instance->name, (int)glass.uid,
	    (unsigned long long)(options->ns / SECOND_NS), glass.reason);
	return CLI_OK;
}

int
cli_break_glass(const struct instance *instance, int argc, char **argv)
{
	struct options options = { 0 };

	if (!read_options(argc, argv, &options))
		return say_usage(BREAK_GLASS_USAGE);
	if (geteuid() != 0) {
		client_complain("breaking the glass lets skills go, which only root may: use sudo");
		return CLI_PERMISSION;
	}
	if (options.end)
		return end_it(instance);
	return agreed(&options) ? break_it(instance, &options) : CLI_NO;
}
