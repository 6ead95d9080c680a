/*
 * measure.c: the content of files as digests, remembered.
 * A table of what has been hashed, found by device and inode and good only
 * while change time and size are the same. Nobody but the kernel sets a change
 * time, so a file that was altered has another one, with three exceptions:
 *   - the clock it is taken from is coarse, and a change right after hashing
 *     could fall into the same tick: nothing is remembered that changed within
 *     the last second;
 *   - who has mapped a file and written to a page writes to it again without a
 *     trace: nothing is remembered that somebody has open for writing, which a
 *     mapping keeps it. A lease tells, and needs CAP_LEASE;
 *   - a file system may not notice writes through a mapping at all (tmpfs), or
 *     be at somebody's mercy who is not the kernel (FUSE, networks, what lies
 *     below an overlay): only those are trusted that are known to notice.
 * What is not remembered is read again each time. When the table is full it is
 * emptied: it is a cache, not a record.
 */
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/must.h"

#define CACHE_ROOM 32768	/* a power of two */
#define CACHE_MOST (CACHE_ROOM / 2)
#define READ_ROOM 65536

struct known {
	uint64_t device, inode, size;
	int64_t changed_s, changed_ns;
	uint8_t digest[MEASURE_SIZE];
	bool is_set;
};

struct measure {
	struct known known[CACHE_ROOM];
	size_t count;
	uint8_t room[READ_ROOM];
};

int
measure_new(struct measure **out)
{
	struct measure *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	*out = m;
	return 0;
}

void
measure_free(struct measure **m)
{
	free(*m);
	*m = NULL;
}

void
measure_bytes(struct span in, uint8_t digest[MEASURE_SIZE])
{
	unsigned int n = MEASURE_SIZE;

	must(EVP_Digest(in.p, in.n, digest, &n, EVP_sha256(), NULL) == 1);
}

char *
measure_text(const uint8_t digest[MEASURE_SIZE], char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < MEASURE_SIZE; i++) {
		text[2 * i] = digits[digest[i] >> 4];
		text[2 * i + 1] = digits[digest[i] & 15];
	}
	text[2 * MEASURE_SIZE] = '\0';
	return text;
}

/* The place of this file in the table: its own, or the free one it would take. */
static struct known *
place_of(struct measure *m, const struct stat *st)
{
	uint64_t h = (st->st_ino ^ (uint64_t)st->st_dev << 32) *
	    0x9e3779b97f4a7c15ULL;
	size_t i = h >> 40;

	for (;; i++) {
		struct known *k = &m->known[i & (CACHE_ROOM - 1)];

		if (!k->is_set || (k->device == st->st_dev &&
		    k->inode == st->st_ino))
			return k;
	}
}

static bool
is_still(const struct known *k, const struct stat *st)
{
	return k->is_set && k->size == (uint64_t)st->st_size &&
	    k->changed_s == st->st_ctim.tv_sec &&
	    k->changed_ns == st->st_ctim.tv_nsec;
}

/* Does nobody, at this moment, have it open or mapped for writing? */
static bool
is_at_rest(int fd)
{
	/* should somebody come meanwhile, we get a signal that does nothing */
	if (fcntl(fd, F_SETSIG, SIGURG) < 0 ||
	    fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return false;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return true;
}

/* Does a write through a later mapping change the change time? */
static bool
is_noticed(int fd)
{
	static const uint32_t noticing[] = { EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,
		BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, SQUASHFS_MAGIC,
		EROFS_SUPER_MAGIC_V1, ISOFS_SUPER_MAGIC };
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < COUNT(noticing); i++)
		if ((uint32_t)fs.f_type == noticing[i])
			return true;
	return false;
}

/* It had this digest while its state was `st`, which it still is. */
static void
remember(struct measure *m, const struct stat *st, const uint8_t *digest)
{
	struct known *k;

	if (m->count >= CACHE_MOST) {
		memset(m->known, 0, sizeof(m->known));
		m->count = 0;
	}
	k = place_of(m, st);
	if (!k->is_set)
		m->count++;
	*k = (struct known){ .device = st->st_dev, .inode = st->st_ino,
		.size = (uint64_t)st->st_size, .is_set = true,
		.changed_s = st->st_ctim.tv_sec,
		.changed_ns = st->st_ctim.tv_nsec };
	memcpy(k->digest, digest, MEASURE_SIZE);
}

/* Is it certain that a change after hashing would show? `st`: as it was before. */
static bool
may_remember(int fd, const struct stat *st)
{
	struct timespec now;
	struct stat after;

	clock_gettime(CLOCK_REALTIME, &now);
	return st->st_ctim.tv_sec + 1 < now.tv_sec && is_noticed(fd) &&
	    is_at_rest(fd) && fstat(fd, &after) == 0 &&
	    after.st_ctim.tv_sec == st->st_ctim.tv_sec &&
	    after.st_ctim.tv_nsec == st->st_ctim.tv_nsec &&
	    after.st_size == st->st_size;
}

void
hashing_end(struct hashing *h)
{
	EVP_MD_CTX_free(h->context);
	h->context = NULL;
	close_fd(&h->fd);
}

/* It is over, and this is how. */
static int
end_with(struct hashing *h, int r)
{
	hashing_end(h);
	return r;
}

static int
open_hash(struct hashing *h, int fd)
{
	h->fd = fd;
	h->context = NULL;
	if (fstat(fd, &h->st) < 0)
		return -errno;
	if (!S_ISREG(h->st.st_mode))
		return -EINVAL;
	return h->st.st_size > MEASURE_BYTES ? -E2BIG : 0;
}

int
hashing_begin(struct measure *m, struct hashing *h, int fd,
    uint8_t digest[MEASURE_SIZE])
{
	const struct known *k;
	int r = open_hash(h, fd);

	if (r < 0)
		return end_with(h, r);
	k = place_of(m, &h->st);
	if (is_still(k, &h->st)) {
		memcpy(digest, k->digest, MEASURE_SIZE);
		return end_with(h, 0);
	}
	h->context = EVP_MD_CTX_new();
	if (!h->context ||
	    EVP_DigestInit_ex(h->context, EVP_sha256(), NULL) != 1)
		return end_with(h, -ENOMEM);
	h->at = 0;
	return -EAGAIN;
}

int
hashing_go_on(struct measure *m, struct hashing *h,
    uint8_t digest[MEASURE_SIZE])
{
	ssize_t n = pread(h->fd, m->room, sizeof(m->room), h->at);

	if (n < 0)
		return errno == EINTR ? -EAGAIN : end_with(h, -errno);
	h->at += n;
	if (h->at > MEASURE_BYTES)
		return end_with(h, -E2BIG);
	if (n > 0) {
		EVP_DigestUpdate(h->context, m->room, (size_t)n);
		return -EAGAIN;
	}
	if (EVP_DigestFinal_ex(h->context, digest, NULL) != 1)
		return end_with(h, -ENOMEM);
	if (may_remember(h->fd, &h->st))
		remember(m, &h->st, digest);
	return end_with(h, 0);
}
