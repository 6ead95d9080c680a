/* Private files: read with doubt, written whole. */
#include "vault/private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "check.h"

static char place[] = "/tmp/private_test.XXXXXX";
static int dir;

static void
put(const char *name, const char *text, mode_t mode)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    fchmod(fd, mode))
		abort();
	close(fd);
}

static int
get(const char *name, uint32_t uid)
{
	struct secret secret = { 0 };
	int r = private_read(dir, name, uid, 16, &secret);

	if (r)
		CHECK_ROW(name, !secret.p);
	secret_free(&secret);
	return r;
}

static void
check_reading(void)
{
	put("good", "hello\n", 0600);
	put("read-only", "hello\n", 0400);
	put("group", "hello\n", 0640);
	put("others", "hello\n", 0604);
	put("empty", "", 0600);
	put("big", "12345678901234567", 0600);
	put("full", "1234567890123456", 0600);
	if (symlinkat("good", dir, "link") || mkfifoat(dir, "pipe", 0600) ||
	    mkdirat(dir, "folder", 0700))
		abort();
	CHECK(get("good", geteuid()) == 0);
	CHECK(get("read-only", geteuid()) == 0);
	CHECK(get("full", geteuid()) == 0);
	CHECK(get("group", geteuid()) == -EPERM);
	CHECK(get("others", geteuid()) == -EPERM);
	CHECK(get("empty", geteuid()) == -ENODATA);
	CHECK(get("big", geteuid()) == -EFBIG);
	CHECK(get("link", geteuid()) == -ELOOP);
	CHECK(get("pipe", geteuid()) == -EPERM);	/* and does not wait for a writer */
	CHECK(get("folder", geteuid()) == -EPERM);
	CHECK(get("none", geteuid()) == -ENOENT);
	if (geteuid() == 0) {
		CHECK(fchownat(dir, "good", 4242, 4242, 0) == 0);
		CHECK(get("good", 4242) == 0);
		CHECK(get("good", 4243) == -EPERM);
	}
}

static void
check_writing(void)
{
	struct secret secret = { 0 };
	struct stat st;

	CHECK(private_write(dir, "made", geteuid(), 0600, SPAN("one")) == 0);
	CHECK(private_write(dir, "made", geteuid(), 0640, SPAN("two two")) == 0);
	CHECK(fstatat(dir, "made", &st, 0) == 0 && (st.st_mode & 0777) == 0640);
	CHECK(private_write(dir, "made", geteuid(), 0600, SPAN("three")) == 0);
	CHECK(private_read(dir, "made", geteuid(), 16, &secret) == 0);
	CHECK(span_is(secret_view(&secret), "three"));
	CHECK(faccessat(dir, ".made.new", F_OK, 0) == -1);
	secret_free(&secret);
	/* a link in its place is replaced, not followed */
	if (symlinkat("good", dir, ".target.new"))
		abort();
	CHECK(private_write(dir, "target", geteuid(), 0600, SPAN("x")) == 0);
	CHECK(fstatat(dir, "target", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode));
	CHECK(fstatat(dir, "good", &st, 0) == 0 && st.st_size == 6);
}

static void
check_directory(void)
{
	int fd = private_directory(dir, "own", geteuid());
	struct stat st;

	CHECK(fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0700);
	close(fd);
	fd = private_directory(dir, "own", geteuid());
	CHECK(fd >= 0);
	CHECK(fchmod(fd, 0755) == 0);
	close(fd);
	CHECK(private_directory(dir, "own", geteuid()) == -EPERM);
	CHECK(private_directory(dir, "link", geteuid()) < 0);
}

int
main(void)
{
	char command[64];

	if (!mkdtemp(place))
		return 1;
	dir = open(place, O_RDONLY | O_DIRECTORY);
	check_reading();
	check_writing();
	check_directory();
	snprintf(command, sizeof(command), "rm -r %s", place);
	CHECK(system(command) == 0);
	return check_end();
}
