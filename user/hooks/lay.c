/*
 * lay.c: mount copies over bundles of authorities.
 * Copies lie in a tmpfs that is mounted in the workshop of a namespace of ours, the
 * only place from where every kernel lets a part of it be cloned as a mount of its
 * own. What is found is opened once, as whom it is for, and is both what is read and
 * what is mounted over: a name that changes meanwhile changes nothing. What two names
 * lead to is covered once: copies are known by their numbers. What lies in a copy of a
 * folder is on our tmpfs too, and not covered by that alone.
 */
#include "hooks/lay.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/must.h"
#include "hooks/copy.h"
#include "hooks/mountinfo.h"
#include "out.h"

#define SOURCE "interlock-trust"	/* what mountinfo calls our tmpfs */
#define OPTIONS "mode=0711,size=64m"
#define COVERED_MOST 128

struct work {
	const struct lay *lay;
	struct copy copy;
	struct roots_node node;
	unsigned long hash;	/* of its name, as OpenSSL looks for it */
	int store;		/* root folder of the tmpfs */
	int home;		/* the namespace where that is mounted; -1: the one meant */
	dev_t device;
	ino_t covers[COVERED_MOST];	/* copies that are mounted; `count` of them */
	unsigned int next, count;
	int error;
};

/* ---- the node's certificate ------------------------------------------------------ */

static bool
read_hash(struct span der, unsigned long *hash)
{
	const unsigned char *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);
	int right = 0;

	if (x)
		*hash = X509_NAME_hash_ex(X509_get_subject_name(x), NULL, NULL, &right);
	X509_free(x);
	ERR_clear_error();
	return right == 1;
}

/* Its PEM goes into *pem and DER into `der`, which *node then refers to. */
static int
read_node(struct work *work, struct out *pem, uint8_t der[ROOTS_CERTIFICATE])
{
	int fd cleanup(close_fd) = open(work->lay->node, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	int r = fd < 0 ? -errno : copy_read(fd, pem);

	if (r < 0)
		return r;
	if (!roots_der(out_view(pem), der, ROOTS_CERTIFICATE, &n) ||
	    !read_hash(span_of(der, n), &work->hash))
		return -EINVAL;
	work->node = (struct roots_node){ out_view(pem), span_of(der, n) };
	return 0;
}

/* ---- the store ------------------------------------------------------------------- */

/* Be where the bundles are. */
static int
go_there(const struct lay *lay)
{
	if (setns(lay->mounts, CLONE_NEWNS) < 0)
		return -errno;
	return lay->root && (chroot(lay->root) < 0 || chdir("/") < 0) ? -errno : 0;
}

static int
open_store(struct work *work)
{
	const char *workshop = work->lay->workshop;
	struct stat st;

	if (work->lay->mounts >= 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			return -errno;
		work->home = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
		if (work->home < 0)
			return -errno;
	}
	if (mount(SOURCE, workshop, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, OPTIONS) < 0)
		return -errno;
	work->store = open(workshop, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (work->store < 0 || fstat(work->store, &st) < 0)
		return -errno;
	work->device = st.st_dev;
	return work->home >= 0 ? go_there(work->lay) : 0;
}

static void
close_store(struct work *work)
{
	if (work->store >= 0 && work->home < 0)
		umount2(work->lay->workshop, MNT_DETACH);
	close_fd(&work->store);
	close_fd(&work->home);
}

/* A part of the store as a mount that is not yet anywhere. A descriptor or -errno. */
static int
clone_part(const struct work *work, const char *name)
{
	int fd cleanup(close_fd) = -1;
	int r;

	if (work->home >= 0 && setns(work->home, CLONE_NEWNS) < 0)
		return -errno;
	fd = (int)syscall(SYS_open_tree, work->store, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	r = fd < 0 ? -errno : 0;
	if (work->home >= 0 && r == 0)
		r = go_there(work->lay);
	return r < 0 ? r : take_fd(&fd);
}

/* Mount that part over what is open. */
static int
cover(struct work *work, const char *name, int over)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
	    MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC };
	int fd cleanup(close_fd) = clone_part(work, name);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0 ||
	    syscall(SYS_move_mount, fd, "", over, "",
	    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return -errno;
	work->covers[work->count++] = st.st_ino;
	return 0;
}

/* ---- what was found --------------------------------------------------------------- */

static bool
is_ours(const struct work *work, const struct stat *st)
{
	if (st->st_dev != work->device)
		return false;
	for (unsigned int i = 0; i < work->count; i++)
		if (work->covers[i] == st->st_ino)
			return true;
	return false;
}

/* As whom it is for. -ENOENT: nothing of that kind is there for them. */
static int
open_found(const struct work *work, const char *path, int flags, struct stat *st)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY),
		.resolve = RESOLVE_NO_MAGICLINKS };
	int fd cleanup(close_fd) = -1;

	copy_become(&work->copy, true);
	fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	copy_become(&work->copy, false);
	if (fd < 0 || fstat(fd, st) < 0 || is_ours(work, st))
		return -ENOENT;
	return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode) ? take_fd(&fd) : -ENOENT;
}

static int
lay_file(struct work *work, const char *path)
{
	struct out theirs cleanup(out_free) = out_new(COPY_MOST);
	struct out both cleanup(out_free) = out_new(COPY_MOST + 2 * ROOTS_CERTIFICATE);
	char name[16];
	struct stat st;
	int fd cleanup(close_fd) = open_found(work, path, 0, &st);
	int r;

	if (fd < 0 || !S_ISREG(st.st_mode) || copy_read(fd, &theirs) < 0 ||
	    !roots_add(out_view(&theirs), &work->node, &both))
		return 0;	/* no bundle: it stays as it is */
	snprintf(name, sizeof(name), "%u", work->next++);
	r = copy_write(work->store, name, out_view(&both), &st);
	if (r == -ENOSPC)
		return 0;
	return r < 0 ? r : cover(work, name, fd);
}

/* The node's certificate into a copy of a folder, where OpenSSL finds it: c_rehash(1). */
static int
add_to_folder(const struct work *work, int folder, enum roots_kind kind)
{
	const struct stat st = { .st_mode = 0644 };
	char name[32] = SOURCE ".pem";
	int r = -EEXIST;

	if (kind == ROOTS_ANCHORS)
		return copy_write(folder, name, work->node.pem, &st);
	for (int i = 0; i < 10 && r == -EEXIST; i++) {
		snprintf(name, sizeof(name), "%08lx.%d", work->hash, i);
		r = copy_write(folder, name, work->node.pem, &st);
	}
	return r;
}

static int
lay_folder(struct work *work, const char *path, enum roots_kind kind, bool is_known)
{
	char name[16];
	struct stat st;
	int fd cleanup(close_fd) = open_found(work, path, O_DIRECTORY, &st);
	int to cleanup(close_fd) = -1;
	bool has_hashes = false;
	int r;

	if (fd < 0)
		return 0;
	snprintf(name, sizeof(name), "%u", work->next++);
	r = copy_folder(&work->copy, fd, work->store, name, &has_hashes);
	if (r == -E2BIG || r == -ENOSPC || (r == 0 && !has_hashes && !is_known))
		return 0;	/* not what we take it for */
	if (r < 0)
		return r;
	to = openat(work->store, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	r = to < 0 ? -errno : add_to_folder(work, to, kind);
	return r < 0 ? r : cover(work, name, fd);
}

static bool
is_of_system(const char *path)
{
	for (const struct roots_place *p = roots_system; p->pattern; p++)
		if (strcmp(p->pattern, path) == 0)
			return true;
	return false;
}

/* A search_fn. */
static bool
on_found(void *arg, const char *path, enum roots_kind kind, enum roots_whose whose)
{
	struct work *work = arg;

	(void)whose;
	work->error = kind == ROOTS_FILE ? lay_file(work, path) :
	    lay_folder(work, path, kind, is_of_system(path));
	return work->error == 0 && work->count < COVERED_MOST;
}

int
lay_roots(const struct lay *lay, unsigned int *count)
{
	struct out pem cleanup(out_free) = out_new(ROOTS_CERTIFICATE);
	uint8_t der[ROOTS_CERTIFICATE];
	struct work work = { .lay = lay, .store = -1, .home = -1,
		.copy = { .uid = lay->uid, .gid = lay->gid } };
	int r = read_node(&work, &pem, der);

	if (r == 0 && setgroups(0, NULL) < 0)
		r = -errno;
	if (r == 0)
		r = open_store(&work);
	if (r == 0) {
		search_roots(&lay->who, on_found, &work);
		r = work.error;
	}
	close_store(&work);
	*count = work.count;
	return r;
}

/* ---- and away again ------------------------------------------------------------- */

struct lifted {
	char *paths[2 * COVERED_MOST];
	size_t n;
};

static int
on_mount(void *arg, const char *path, const char *type, const char *source)
{
	struct lifted *lifted = arg;

	if (strcmp(type, "tmpfs") == 0 && strcmp(source, SOURCE) == 0 &&
	    lifted->n < COUNT(lifted->paths)) {
		lifted->paths[lifted->n] = strdup(path);
		lifted->n += lifted->paths[lifted->n] != NULL;
	}
	return 0;
}

int
lay_lift(int mountinfo, unsigned int *count)
{
	struct lifted lifted = { 0 };
	int r = mountinfo_each(mountinfo, on_mount, &lifted);

	*count = 0;
	while (lifted.n > 0) {	/* what lies in a folder before the folder */
		char *path cleanup(free_memory) = lifted.paths[--lifted.n];

		if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
			++*count;
	}
	return r;
}
