/* Refresh tokens that came: kept, found again by whose they are and what came first, and nothing else read for one. */
#include "vault/rotate.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/secret.h"
#include "check.h"

#define NAME "refresh-07000000000000000000000000000000"

static char place[] = "/tmp/rotate_test.XXXXXX";
static const uint8_t owner[GRANT_TERMS] = { 7 }, stranger[GRANT_TERMS] = { 8 };
static uint8_t first[GRANT_TERMS], second[GRANT_TERMS];
static int dir;

static int
finds(const uint8_t of[GRANT_TERMS], const uint8_t after[GRANT_TERMS], const char *token)
{
	struct secret found = { 0 };
	int r = rotate_read(dir, of, after, geteuid(), &found);

	CHECK(r ? !found.p : span_is(secret_view(&found), token));
	secret_free(&found);
	return r;
}

static void
check_keeping(void)
{
	struct stat st;

	CHECK(finds(owner, first, "") == -ENOENT);
	CHECK(rotate_write(dir, owner, first, geteuid(), SPAN("one")) == 0 && finds(owner, first, "one") == 0);
	CHECK(rotate_write(dir, owner, first, geteuid(), SPAN("two")) == 0 && finds(owner, first, "two") == 0);
	CHECK(fstatat(dir, NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 && (st.st_mode & 07777) == 0600 && S_ISREG(st.st_mode));
	CHECK(fstatat(dir, "." NAME ".new", &st, AT_SYMLINK_NOFOLLOW) < 0);
	/* another first one: begin with that */
	CHECK(finds(owner, second, "") == -ENOENT && finds(stranger, first, "") == -ENOENT);
	/* what an end in the middle left is written over; a link is not followed */
	close(openat(dir, "." NAME ".new", O_WRONLY | O_CREAT, 0600));
	CHECK(rotate_write(dir, owner, first, geteuid(), SPAN("three")) == 0 && finds(owner, first, "three") == 0);
	CHECK(symlinkat("elsewhere", dir, "." NAME ".new") == 0);
	CHECK(rotate_write(dir, owner, first, geteuid(), SPAN("four")) == -ELOOP && finds(owner, first, "three") == 0);
	CHECK(fstatat(dir, "elsewhere", &st, 0) < 0 && unlinkat(dir, "." NAME ".new", 0) == 0);
}

/* Every beginning of a good file, and a byte too many. */
static void
check_torn(void)
{
	uint8_t bytes[256];
	int fd = openat(dir, NAME, O_RDWR);
	ssize_t n = read(fd, bytes, sizeof(bytes));

	if (!CHECK(n > 0 && n < (ssize_t)sizeof(bytes)))
		return;
	for (ssize_t cut = n - 1; cut > 0; cut--)
		CHECK(ftruncate(fd, cut) == 0 && finds(owner, first, "") == -EINVAL);
	CHECK(pwrite(fd, bytes, (size_t)n, 0) == n && finds(owner, first, "three") == 0);
	CHECK(pwrite(fd, "x", 1, n) == 1 && finds(owner, first, "") == -EINVAL);
	CHECK(ftruncate(fd, n) == 0 && fchmod(fd, 0640) == 0 && finds(owner, first, "") == -EPERM);
	close(fd);
}

int
main(void)
{
	char line[64];

	if (!mkdtemp(place))
		return 1;
	dir = open(place, O_RDONLY | O_DIRECTORY);
	CHECK(rotate_digest(SPAN("the first"), first) == 0 && rotate_digest(SPAN("another"), second) == 0);
	CHECK(memcmp(first, second, sizeof(first)));
	check_keeping();
	check_torn();
	snprintf(line, sizeof(line), "rm -r %s", place);
	CHECK(system(line) == 0);
	return check_end();
}
