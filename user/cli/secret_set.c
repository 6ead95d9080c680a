/*
 * secret_set.c: the secret is read from standard input (without echo from a
 * terminal) or from files, never from the arguments; written to a new file of mode 0600 that
 * belongs to the keeper; and renamed over the old one. Then the daemon is told.
 * Needs root, since the file is the keeper's.
 */
#include "cli/secret_set.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
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
#include "cli/secret_certificate.h"
#include "msg.h"
#include "view/credential.h"

#define VERIFIER "SCRAM-SHA-256$"
#define SECRET_LIMIT 12288	/* as CREDENTIAL_MAX of vault/ */

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

/* What is to be replaced, and what it is of. */
struct wanted {
	const char *target, *skill;	/* one of them */
	const char *certificate, *key;	/* files; NULL: it comes on standard input */
	bool is_refresh;		/* the refresh token, not the client's secret */
	enum view_secret_from from;
	const char *path;
	const struct view_credential *shown;	/* how requests carry it; NULL: none do */
};

/* What the policy calls it. */
static const char *
name_of(const struct view_secret *secret, const struct wanted *wanted)
{
	if (wanted->key)
		return "certificate";
	if (wanted->is_refresh)
		return "refresh_token";
	return secret->credential.as == AS_OAUTH2 ? "client_secret" : "secret";
}

static bool
find_of_target(const struct rules *rules, struct wanted *wanted)
{
	uint32_t index = judge_target(rules, wanted->target);
	const struct view_secret *secret;

	if (index == UINT32_MAX) {
		client_complain("policy knows no target called %s", wanted->target);
		return false;
	}
	secret = &rules->keeper.secrets[index];
	wanted->from = wanted->key ? secret->certificate_from : wanted->is_refresh ? secret->grant.refresh_from : secret->from;
	wanted->path = wanted->key ? secret->certificate : wanted->is_refresh ? secret->grant.refresh : secret->path;
	wanted->shown = secret->credential.as ? &secret->credential : NULL;
	if (!wanted->from)
		client_complain("policy names no %s for target %s: add %s: %s: file:/PATH",
		    name_of(secret, wanted), wanted->target,
		    !wanted->key && rules->worker.targets[index].protocol == PROTOCOL_HTTP ? "credential" : "login",
		    name_of(secret, wanted));
	return wanted->from;
}

static bool
find_of_skill(const struct rules *rules, struct wanted *wanted)
{
	for (size_t i = 0; i < rules->keeper.verifier_count; i++) {
		const struct view_verifier *verifier = &rules->keeper.verifiers[i];

		if (strcmp(verifier->skill, wanted->skill))
			continue;
		wanted->from = verifier->from;
		wanted->path = verifier->path;
		return true;
	}
	client_complain(judge_knows_skill(rules, wanted->skill) ?
	    "policy names no verifier for skill %s: add verifier: file:/PATH" :
	    "policy knows no skill called %s", wanted->skill);
	return false;
}

static bool
find_place(const struct rules *rules, struct wanted *wanted)
{
	if (!(wanted->skill ? find_of_skill(rules, wanted) : find_of_target(rules, wanted)))
		return false;
	if (wanted->from == SECRET_FILE)
		return true;
	client_complain("the secret of %s is a systemd credential: replace it there, and restart",
	    wanted->skill ? wanted->skill : wanted->target);
	return false;
}

static int
say_why(const struct wanted *wanted, int status)
{
	if (status == -ENODATA)
		client_complain("no secret was given on standard input");
	else if (status == -EMSGSIZE)
		client_complain("the secret is longer than %d bytes",
		    SECRET_LIMIT - 1);
	else
		client_complain("%s: %s", wanted->path, strerror(-status));
	return status == -EACCES || status == -EPERM ? CLI_PERMISSION :
	    status == -ENODATA || status == -EMSGSIZE ? CLI_USAGE : CLI_FAILED;
}

/* A password put there by mistake would be kept in clear, and let nobody in. */
static bool
is_verifier(struct span text)
{
	return span_equal(span_head(text, sizeof(VERIFIER) - 1), SPAN(VERIFIER));
}

/* What must not be put in place. Returns an exit code. */
static int
check_new(const struct wanted *wanted, struct span secret)
{
	struct view_parts parts;

	if (wanted->skill && !is_verifier(secret)) {
		client_complain("expected a verifier as PostgreSQL has it, " VERIFIER
		    "COUNT:SALT$STORED:SERVER, not a password");
		return CLI_USAGE;
	}
	if (wanted->shown && !view_credential_read(wanted->shown, secret, &parts)) {
		client_complain("requests to %s cannot carry this secret: %s", wanted->target,
		    view_credential_form(wanted->shown));
		return CLI_USAGE;
	}
	return CLI_OK;
}

/* Read what is to be put in place. Returns an exit code. */
static int
take_new(const struct wanted *wanted, struct secret *secret, size_t *n)
{
	int status;

	if (wanted->key)
		return secret_certificate_read(wanted->certificate, wanted->key, secret, n);
	status = read_secret(secret, n, wanted->skill ? wanted->skill : wanted->target);
	if (status < 0)
		return say_why(wanted, status);
	return check_new(wanted, span_of(secret->p, *n));
}

static int
set(const struct instance *instance, const struct wanted *wanted)
{
	uid_t owner = instance->uid_base + SLOT_KEEPER;
	cleanup(secret_free) struct secret secret = { 0 };
	size_t n = 0;
	int status = secret_new(&secret, SECRET_LIMIT), code;

	if (status < 0)
		return say_why(wanted, status);
	code = take_new(wanted, &secret, &n);
	if (code != CLI_OK)
		return code;
	status = replace(wanted->path, span_of(secret.p, n), owner);
	return status < 0 ? say_why(wanted, status) : CLI_OK;
}

/* Which of the three it is. False: none of them. */
static bool
read_words(int argc, char **argv, struct wanted *wanted)
{
	static const struct option options[] = {
		{ "skill", required_argument, NULL, 's' },
		{ "certificate", required_argument, NULL, 'c' },
		{ "key", required_argument, NULL, 'k' },
		{ "refresh-token", no_argument, NULL, 'r' },
		{ 0 }
	};
	int option;

	optind = opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return false;
		if (option == 'r')
			wanted->is_refresh = true;
		else
			*(option == 's' ? &wanted->skill : option == 'c' ? &wanted->certificate : &wanted->key) = optarg;
	}
	if (!wanted->certificate != !wanted->key || (wanted->skill && wanted->key) ||
	    (wanted->is_refresh && (wanted->skill || wanted->key)) ||
	    argc - optind != (wanted->skill ? 1 : 2) || strcmp(argv[optind], "set"))
		return false;
	wanted->target = wanted->skill ? NULL : argv[optind + 1];
	return true;
}

int
secret_set(const struct instance *instance, int argc, char **argv)
{
	struct rules *rules cleanup(free_rules) = NULL;
	struct wanted wanted = { 0 };
	int status;

	if (!read_words(argc, argv, &wanted)) {
		client_complain("usage: interlock secret set TARGET | --skill SKILL (the secret "
		    "comes on standard input)\n       interlock secret set TARGET --refresh-token\n"
		    "       interlock secret set TARGET --certificate FILE --key FILE");
		return CLI_USAGE;
	}
	status = judge_load(instance->policy_directory, instance, &rules);
	if (status != CLI_OK)
		return status;
	if (!find_place(rules, &wanted))
		return CLI_NO;
	status = set(instance, &wanted);
	if (status != CLI_OK)
		return status;
	status = client_call(instance, json_pack("{s:s,s:s}", "do", "secret_changed",
	    wanted.skill ? "skill" : "target", wanted.skill ? wanted.skill : wanted.target), NULL, NULL, NULL);
	if (status == CLI_DAEMON)
		client_complain("the secret is written; it counts from the "
		    "daemon's next start");
	return status;
}
