/*
 * secret_set.c: the secret is read from standard input (without echo from a
 * terminal), never from the arguments; written to a new file of mode 0600 that
 * belongs to the keeper; and renamed over the old one. Then the daemon is told.
 * Needs root, since the file is the keeper's.
 */
#include "cli/secret_set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/must.h"
#include "base/secret.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/judge.h"
#include "msg.h"

#define SECRET_LIMIT 4096

static void
free_rules(struct rules **rules)
{
	rules_free(rules);
}

/* Up to the first newline or the end; *n without it. Returns 0 or -errno. */
static int
read_line(struct secret *secret, size_t *n)
{
	for (*n = 0; *n < SECRET_LIMIT; ++*n) {
		ssize_t got = read(STDIN_FILENO, secret->p + *n, 1);

		if (got < 0 && errno == EINTR) {
			--*n;
			continue;
		}
		if (got < 0)
			return -errno;
		if (got == 0 || secret->p[*n] == '\n')
			return *n > 0 ? 0 : -ENODATA;
	}
	return -EMSGSIZE;
}

static int
read_secret(struct secret *secret, size_t *n, const char *target)
{
	struct termios was, quiet;
	bool is_terminal = isatty(STDIN_FILENO) &&
	    tcgetattr(STDIN_FILENO, &was) == 0;
	int status;

	if (is_terminal) {
		fprintf(stderr, "Secret of %s: ", target);
		quiet = was;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) < 0)
			return -errno;
	}
	status = read_line(secret, n);
	if (is_terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
		fputc('\n', stderr);
	}
	return status;
}

static int
write_all(int fd, struct span bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno != EINTR)
			return -errno;
		bytes = span_skip(bytes, n > 0 ? (size_t)n : 0);
	}
	return 0;
}

/* Beside the old one, then over it: a reader sees the old or the new, whole. */
static int
replace(const char *path, struct span bytes, uid_t owner)
{
	char beside[PATH_MAX];
	int fd cleanup(close_fd) = -1;
	int status;

	if (snprintf(beside, sizeof(beside), "%s.new", path) >=
	    (int)sizeof(beside))
		return -ENAMETOOLONG;
	if (unlink(beside) < 0 && errno != ENOENT)
		return -errno;
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd < 0)
		return -errno;
	status = fchown(fd, owner, owner) < 0 || fchmod(fd, 0600) < 0 ?
	    -errno : write_all(fd, bytes);
	if (status == 0 && fsync(fd) < 0)
		status = -errno;
	if (status == 0 && rename(beside, path) < 0)
		status = -errno;
	if (status < 0)
		(void)unlink(beside);
	return status;
}

static const struct view_secret *
find_secret(const struct rules *rules, const char *target)
{
	uint32_t index = judge_target(rules, target);
	const struct view_secret *secret;

	if (index == UINT32_MAX) {
		client_complain("policy knows no target called %s", target);
		return NULL;
	}
	secret = &rules->keeper.secrets[index];
	if (secret->from == SECRET_FILE)
		return secret;
	client_complain(secret->from == SECRET_NONE ?
	    "policy names no secret for target %s: add login: secret: file:/PATH" :
	    "the secret of target %s is a systemd credential: replace it there, "
	    "and restart", target);
	return NULL;
}

static int
set(const struct instance *instance, const struct view_secret *where)
{
	uid_t owner = instance->uid_base + SLOT_KEEPER;
	struct secret secret = { 0 };
	size_t n = 0;
	int status = secret_new(&secret, SECRET_LIMIT);

	if (status == 0)
		status = read_secret(&secret, &n, where->target);
	if (status == 0)
		status = replace(where->path, span_of(secret.p, n), owner);
	secret_free(&secret);
	if (status == 0)
		return CLI_OK;
	if (status == -ENODATA)
		client_complain("no secret was given on standard input");
	else if (status == -EMSGSIZE)
		client_complain("the secret is longer than %d bytes",
		    SECRET_LIMIT - 1);
	else
		client_complain("%s: %s", where->path, strerror(-status));
	return status == -EACCES || status == -EPERM ? CLI_PERMISSION :
	    status == -ENODATA || status == -EMSGSIZE ? CLI_USAGE : CLI_FAILED;
}

int
secret_set(const struct instance *instance, int argc, char **argv)
{
	struct rules *rules cleanup(free_rules) = NULL;
	const struct view_secret *where;
	int status;

	if (argc != 3 || strcmp(argv[1], "set") != 0) {
		client_complain("usage: interlock secret set TARGET (the secret "
		    "comes on standard input)");
		return CLI_USAGE;
	}
	status = judge_load(instance->policy_directory, instance, &rules);
	if (status != CLI_OK)
		return status;
	where = find_secret(rules, argv[2]);
	if (!where)
		return CLI_NO;
	status = set(instance, where);
	if (status != CLI_OK)
		return status;
	status = client_call(instance, json_pack("{s:s,s:s}", "do",
	    "secret_changed", "target", argv[2]), NULL, NULL, NULL);
	if (status == CLI_DAEMON)
		client_complain("the secret is written; it counts from the "
		    "daemon's next start");
	return status;
}
