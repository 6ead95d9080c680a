/*
 * container.c: `interlock oci-hook` and `interlock trust`.
 * The hook is called by the runtime of a container that has processes already, but
 * has not run its command. Exit code 0 lets it: it is no skill, or it is one, with
 * listeners in its network namespace and every program in effect. Anything else,
 * with the daemon dead too, makes the runtime give the container up.
 */
#include "cli/container.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/instance.h"
#include "base/must.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/say.h"
#include "out.h"

#define STATE_MOST (1u << 20)
#define CONFIG_MOST (4u << 20)
#define ANSWER_SECONDS 20	/* a daemon that says nothing is no daemon */

static void
json_free(json_t **json)
{
	json_decref(*json);
}

/* Everything up to the end, at most that much. 0 or -errno. */
static int
read_all(int fd, struct out *out)
{
	uint8_t room[16384];
	ssize_t n;

	while ((n = read(fd, room, sizeof(room))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		out_bytes(out, room, (size_t)n);
		if (out->failed)
			return -EFBIG;
	}
	return 0;
}

/* ---- the hook ---------------------------------------------------------------- */

static int
ask(const struct instance *instance)
{
	struct out text cleanup(out_free) = out_new(STATE_MOST);
	json_t *answer cleanup(json_free) = NULL;
	json_t *request;
	const char *why;
	int r = read_all(STDIN_FILENO, &text);

	if (r < 0) {
		client_complain("the container's state cannot be read: %s", strerror(-r));
		return CLI_USAGE;
	}
	request = hook_read(out_view(&text), &why);
	if (!request) {
		client_complain("%s", why);
		return CLI_USAGE;
	}
	alarm(ANSWER_SECONDS);
	return client_call(instance, request, NULL, NULL, &answer);
}

static int
write_config(const char *path, const json_t *config, mode_t mode)
{
	char new[PATH_MAX];
	int r;

	if (snprintf(new, sizeof(new), "%s.interlock", path) >= (int)sizeof(new))
		return -ENAMETOOLONG;
	r = json_dump_file(config, new, JSON_INDENT(1)) < 0 ? -EIO : 0;
	if (r == 0 && chmod(new, mode) < 0)
		r = -errno;
	if (r == 0 && rename(new, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(new);
	return r;
}

/* The configuration that the runtime is about to read. */
static json_t *
read_config(const char *path, mode_t *mode)
{
	struct out text cleanup(out_free) = out_new(CONFIG_MOST);
	int fd cleanup(close_fd) = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || read_all(fd, &text) < 0)
		return NULL;
	*mode = st.st_mode & 07777;
	return json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
}

/* The same instance for the hook as for us. */
static char *
environment(void)
{
	const char *instance = getenv("INTERLOCK_INSTANCE");
	char *text = NULL;

	if (instance && *instance && asprintf(&text, "INTERLOCK_INSTANCE=%s", instance) < 0)
		return NULL;
	return text;
}

static int
put_into(const char *bundle)
{
	json_t *config cleanup(json_free) = NULL;
	char *env cleanup(free_memory) = environment();
	char path[PATH_MAX], self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	mode_t mode = 0600;
	int r;

	if (n < 0 || snprintf(path, sizeof(path), "%s/config.json", bundle) >= (int)sizeof(path)) {
		client_complain("this program's own path cannot be told");
		return CLI_FAILED;
	}
	self[n] = '\0';
	config = read_config(path, &mode);
	if (!config || !hook_add(config, self, env)) {
		client_complain("%s: not a container's configuration (config.json of the OCI runtime "
		    "specification)", path);
		return CLI_FAILED;
	}
	r = write_config(path, config, mode);
	if (r < 0)
		client_complain("%s: %s", path, strerror(-r));
	return r < 0 ? CLI_FAILED : CLI_OK;
}

int
cli_oci_hook(const struct instance *instance, int argc, char **argv)
{
	if (argc == 1)
		return ask(instance);
	if (argc == 3 && strcmp(argv[1], "--into") == 0)
		return put_into(argv[2]);
	return say_usage(OCI_HOOK_USAGE);
}

/* ---- trust --------------------------------------------------------------------- */

int
cli_trust(const struct instance *instance, int argc, char **argv)
{
	static const struct option options[] = {
		{ "container", required_argument, NULL, 'c' },
		{ "undo", no_argument, NULL, 'u' },
		{ 0 },
	};
	json_t *answer cleanup(json_free) = NULL;
	const char *container = NULL;
	bool undo = false;
	int option, code;

	optind = opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return say_usage(TRUST_USAGE);
		if (option == 'c')
			container = optarg;
		undo |= option == 'u';
	}
	if (!container || optind < argc)
		return say_usage(TRUST_USAGE);
	code = client_call(instance, json_pack("{s:s,s:s,s:b}", "do", "trust", "container", container,
	    "undo", undo), NULL, NULL, &answer);
	if (code == CLI_OK)
		printf("%s (%lld trust bundles)\n", undo ? "trusts its image's authorities alone" :
		    "trusts this node until it is detached",
		    (long long)json_integer_value(json_object_get(answer, "bundles")));
	return code;
}
