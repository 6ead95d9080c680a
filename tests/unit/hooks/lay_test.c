/*
 * Bundles are covered by copies with one more authority, as whoever may read them, in
 * the mount namespace that is meant and nowhere else; and uncovered again. As root.
 */
#include "hooks/lay.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/must.h"
#include "certificate.h"
#include "check.h"

#define UID 54321
#define GID 54322
#define THEIRS "# theirs\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
#define BOTH THEIRS TEST_CERTIFICATE

static char scratch[] = "/tmp/interlock-lay-XXXXXX";

__attribute__((format(printf, 1, 2))) static const char *
at(const char *format, ...)
{
	static char paths[16][256];
	static unsigned int next;
	char *path = paths[next++ % COUNT(paths)];
	int n = snprintf(path, sizeof(paths[0]), "%s/", scratch);
	va_list args;

	va_start(args, format);
	vsnprintf(path + n, sizeof(paths[0]) - (size_t)n, format, args);
	va_end(args);
	return path;
}

/* A file, and the folders above it. */
static void
put(const char *path, const char *text, mode_t mode, uid_t uid)
{
	char folder[256];
	FILE *f;

	for (const char *p = path + 1; (p = strchr(p, '/')); p++) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(p - path), path);
		mkdir(folder, 0755);
	}
	f = fopen(path, "w");
	must(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
	must(chmod(path, mode) == 0 && chown(path, uid, uid) == 0);
}

/* Seen by a process with that root folder. */
static bool
is_there(const char *root, const char *path, const char *text)
{
	char whole[512], got[8192] = "";
	int fd cleanup(close_fd) = -1;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	fd = open(whole, O_RDONLY);
	return fd >= 0 && read(fd, got, sizeof(got) - 1) >= 0 && strcmp(got, text) == 0;
}

static const struct {
	const char *path, *text;
	mode_t mode;
	uid_t uid;
	const char *after;	/* what a skill sees */
} files[] = {
	{ "skill/.venv/lib/python3.11/site-packages/certifi/cacert.pem", THEIRS, 0644, 0, BOTH },
	{ "skill/.venv/pyvenv.cfg", "home = /usr/bin\n", 0644, 0, "home = /usr/bin\n" },
	{ "skill/certifi/cacert.pem", THEIRS, 0644, 0, BOTH },
	{ "skill/other/certifi/cacert.pem", THEIRS, 0644, 0, THEIRS },	/* nothing says that it is used */
	{ "path/lib/python3/dist-packages/botocore/cacert.pem", THEIRS, 0644, 0, BOTH },
	{ "cwd/certifi/cacert.pem", THEIRS, 0644, 0, BOTH },
	{ "home/.pyenv/versions/3.12.1/lib/python3.12/site-packages/pip/_vendor/certifi/cacert.pem", THEIRS, 0644, 0, BOTH },
	{ "own.pem", THEIRS, 0640, UID, BOTH },
	{ "secret.pem", THEIRS, 0600, 0, THEIRS },	/* the skill may not read it */
	{ "key.pem", THEIRS "-----BEGIN PRIVATE KEY-----\n", 0644, 0, THEIRS "-----BEGIN PRIVATE KEY-----\n" },
	{ "passwd", "root:x:0:0\n", 0644, 0, "root:x:0:0\n" },
	{ "hashed/aaaaaaaa.0", THEIRS, 0644, 0, THEIRS },
	{ "hashed/all.pem", THEIRS, 0644, 0, BOTH },	/* in a folder that is covered too */
	{ "hashed/within/more.pem", THEIRS, 0644, 0, THEIRS },
	{ "plain/some.pem", THEIRS, 0644, 0, THEIRS },
};

static char *env[16];

static void
make_files(void)
{
	unsigned int n = 0;

	for (size_t i = 0; i < COUNT(files); i++)
		put(at("%s", files[i].path), files[i].text, files[i].mode, files[i].uid);
	put(at("node.pem"), TEST_CERTIFICATE, 0600, 0);
	mkdir(at("workshop"), 0700);
	must(symlink("aaaaaaaa.0", at("hashed/bbbbbbbb.0")) == 0);
	must(symlink("own.pem", at("link.pem")) == 0);
	must(mkfifo(at("fifo"), 0666) == 0);
	must(asprintf(&env[n++], "REQUESTS_CA_BUNDLE=%s", at("own.pem")) > 0);
	must(asprintf(&env[n++], "CURL_CA_BUNDLE=%s", at("link.pem")) > 0);
	must(asprintf(&env[n++], "SSL_CERT_FILE=%s", at("secret.pem")) > 0);
	must(asprintf(&env[n++], "GIT_SSL_CAINFO=%s", at("key.pem")) > 0);
	must(asprintf(&env[n++], "NODE_EXTRA_CA_CERTS=%s", at("passwd")) > 0);
	must(asprintf(&env[n++], "PIP_CERT=%s", at("fifo")) > 0);
	must(asprintf(&env[n++], "CARGO_HTTP_CAINFO=%s", at("hashed/all.pem")) > 0);
	must(asprintf(&env[n++], "AWS_CA_BUNDLE=relative/path") > 0);
	must(asprintf(&env[n++], "SSL_CERT_DIR=%s:%s:/no/such", at("hashed"), at("plain")) > 0);
	must(asprintf(&env[n++], "PATH=/usr/bin:%s/:/bin", at("path/bin")) > 0);
	must(asprintf(&env[n++], "HOME=%s", at("home")) > 0);
}

static struct lay
terms(void)
{
	return (struct lay){ .node = at("node.pem"), .workshop = at("workshop"), .mounts = -1,
		.who = { env, at("skill"), at("cwd") }, .uid = UID, .gid = GID };
}

static void
check_covered(const char *root)
{
	struct stat st;
	char path[512];

	for (size_t i = 0; i < COUNT(files); i++)
		CHECK_ROW(files[i].path, is_there(root, at("%s", files[i].path), files[i].after));
	CHECK(is_there(root, at("hashed/" TEST_HASH ".0"), TEST_CERTIFICATE));
	CHECK(is_there(root, at("hashed/bbbbbbbb.0"), THEIRS));
	snprintf(path, sizeof(path), "%s%s", root, at("own.pem"));
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0640 && st.st_uid == UID);
	CHECK(open(path, O_WRONLY) < 0 && errno == EROFS);
	snprintf(path, sizeof(path), "%s%s", root, at("plain/new"));
	CHECK(open(path, O_WRONLY | O_CREAT, 0600) >= 0 && unlink(path) == 0);	/* not covered */
	snprintf(path, sizeof(path), "%s%s", root, at("workshop"));
	CHECK(rmdir(path) == 0 && mkdir(path, 0700) == 0);	/* nor any longer */
}

static void
check_bare(const char *root)
{
	char path[512];

	for (size_t i = 0; i < COUNT(files); i++)
		CHECK_ROW(files[i].path, is_there(root, at("%s", files[i].path), files[i].text));
	snprintf(path, sizeof(path), "%s%s", root, at("hashed/" TEST_HASH ".0"));
	CHECK(access(path, F_OK) < 0);
}

/* What `fn` counts in a process of its own counts here too. */
static void
apart(void (*fn)(void))
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		check_failed = 0;
		alarm(30);
		must(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
		fn();
		_exit(check_failed > 200 ? 200 : check_failed);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
in_own_mounts(void)
{
	const struct lay lay = terms();
	unsigned int count = 0, lifted = 0;
	int fd = open("/proc/self/mountinfo", O_RDONLY);

	CHECK(lay_roots(&lay, &count) == 0 && count >= 7);
	check_covered("");
	CHECK(lay_lift(fd, &lifted) == 0 && lifted == count);
	check_bare("");
}

/* Into those of another process; this one's and the host's stay as they are. */
static void
in_others_mounts(void)
{
	struct lay lay = terms();
	unsigned int count = 0;
	char root[64], path[64];
	int pipes[2], fd;
	pid_t other;
	char byte;

	must(pipe(pipes) == 0);
	other = fork();
	if (other == 0) {
		must(unshare(CLONE_NEWNS) == 0 && write(pipes[1], "x", 1) == 1);
		for (;;)
			pause();
	}
	must(read(pipes[0], &byte, 1) == 1);
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", other);
	lay.mounts = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", other);
	fd = open(path, O_RDONLY);
	CHECK(lay_roots(&lay, &count) == 0 && count >= 7);
	check_covered("");	/* this process is there now */
	snprintf(root, sizeof(root), "/proc/%d/root", other);
	check_covered(root);
	CHECK(lay_lift(fd, &count) == 0);
	check_bare(root);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
}

static void
refusals(void)
{
	struct lay lay = terms();
	unsigned int count = 9;

	lay.node = at("passwd");
	CHECK(lay_roots(&lay, &count) == -EINVAL && count == 0);
	lay.node = at("nothing");
	CHECK(lay_roots(&lay, &count) == -ENOENT);
	lay = terms();
	lay.workshop = at("nothing");
	CHECK(lay_roots(&lay, &count) == -ENOENT);
	check_bare("");
}

/* More folders than are read, and more than a folder of certificates has in it. */
static void
limits(void)
{
	struct lay lay;
	unsigned int count = 0;

	for (int i = 0; i < 5000; i++) {
		put(at("hashed/%08x.1", i), "", 0644, 0);
		mkdir(at("skill/%d", i), 0755);
	}
	lay = terms();	/* its paths do not last */
	CHECK_ROW(strerror(-lay_roots(&lay, &count)), count >= 6);
	CHECK(access(at("hashed/" TEST_HASH ".0"), F_OK) < 0);
	CHECK(is_there("", at("own.pem"), BOTH));
}

int
main(void)
{
	char command[128];

	must(mkdtemp(scratch) != NULL && chmod(scratch, 0755) == 0);
	make_files();
	apart(in_own_mounts);
	check_bare("");
	apart(in_others_mounts);
	check_bare("");
	apart(refusals);
	apart(limits);
	for (unsigned int i = 0; env[i]; i++)
		free(env[i]);
	snprintf(command, sizeof(command), "rm -rf %s", scratch);
	CHECK(system(command) == 0);
	return check_end();
}
