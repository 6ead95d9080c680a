/*
 * run.c: start a command as a skill and stand in for it.
 * The daemon starts it; our standard descriptors, this terminal, go to it alone;
 * and we wait: signals that would end us are passed on to it, and its exit code is
 * ours. When we die, the daemon hangs up on it.
 */
#include "cli/run.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/must.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/say.h"

extern char **environ;

struct running {
	struct client *client;
	char session[64];	/* empty: not started yet */
	int early;		/* a signal that came before; 0: none */
};

static json_t *
text_list(char *const *texts)
{
	json_t *list = json_array();

	for (; *texts; texts++)		/* what is not UTF-8 cannot be passed on */
		json_array_append_new(list, json_string(*texts));
	return list;
}

static json_t *
make_request(const char *skill, const char *net, char *const *command)
{
	char *directory = getcwd(NULL, 0);
	json_t *json = json_pack("{s:s,s:s,s:o,s:o,s:s,s:s}", "do", "run", "skill", skill,
	    "argv", text_list(command), "env", text_list(environ),
	    "cwd", directory ? directory : "/", "net", net);

	free(directory);
	return json;
}

static void
pass_signal(struct running *running, int number)
{
	if (!*running->session) {
		running->early = number;
		return;
	}
	(void)client_send(running->client, json_pack("{s:s,s:s,s:i}", "do", "signal",
	    "session", running->session, "signal", number));
}

/* One line of the daemon's. True: it was the last, and *code is ours. */
static bool
hear(struct running *running, int *code)
{
	json_t *line = NULL;
	const json_t *row, *end;
	int status = client_read(running->client, &line);

	if (status < 0) {
		client_complain("the daemon ended the conversation: %s", strerror(-status));
		*code = CLI_DAEMON;
		return true;
	}
	row = json_object_get(line, "row");
	if (row) {
		snprintf(running->session, sizeof(running->session), "%s",
		    say_member(row, "session"));
		json_decref(line);
		status = client_give_stdio(running->client);
		if (status < 0)	/* the command hears of it, and tells */
			client_complain("standard descriptors cannot be passed on: %s",
			    strerror(-status));
		if (running->early)
			pass_signal(running, running->early);
		running->early = 0;
		return false;
	}
	*code = client_judge(line);
	end = json_object_get(line, "signal");
	if (*code == CLI_OK)
		*code = end ? 128 + (int)json_integer_value(end) :
		    (int)json_integer_value(json_object_get(line, "exit"));
	json_decref(line);
	return true;
}

/* Signals as a descriptor; the mask stays for as long as we live. */
static int
catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int
stand_in(struct running *running, int signals)
{
	struct pollfd fds[2] = {
		{ .fd = client_fd(running->client), .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	struct signalfd_siginfo info;
	int code = CLI_FAILED;

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return CLI_FAILED;
		while (read(signals, &info, sizeof(info)) == sizeof(info))
			pass_signal(running, (int)info.ssi_signo);
		if (!fds[0].revents)
			continue;
		do {
			if (hear(running, &code))
				return code;
		} while (client_has_line(running->client));
	}
}

static int
run(const struct instance *instance, const char *skill, const char *net,
    char *const *command)
{
	cleanup(client_close) struct client *client = NULL;
	cleanup(close_fd) int signals = -1;
	struct running running = { 0 };
	int status = client_open(&client, instance);

	if (status)
		return status;
	running.client = client;
	signals = catch_signals();
	if (signals < 0) {
		client_complain("signals cannot be caught");
		return CLI_FAILED;
	}
	status = client_send(client, make_request(skill, net, command));
	if (status == -EMSGSIZE) {
		client_complain("command and environment are too large to be passed on");
		return CLI_USAGE;
	}
	if (status < 0) {
		client_complain("the daemon cannot be asked: %s", strerror(-status));
		return CLI_DAEMON;
	}
	return stand_in(&running, signals);
}

int
cli_run(const struct instance *instance, int argc, char **argv)
{
	static const struct option options[] = {
		{ "skill", required_argument, NULL, 's' },
		{ "net", required_argument, NULL, 'n' },
		{ 0 },
	};
	const char *skill = NULL, *net = "skill";
	int option;

	optind = opterr = 0;
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option == 's')
			skill = optarg;
		else if (option == 'n')
			net = optarg;
		else
			return say_usage(RUN_USAGE);
	}
	if (!skill || optind >= argc || (strcmp(net, "skill") && strcmp(net, "host")))
		return say_usage(RUN_USAGE);
	return run(instance, skill, net, argv + optind);
}
