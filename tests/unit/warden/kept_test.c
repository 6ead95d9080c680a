/*
 * What a warden leaves to the next one: written by one, read by another, as it would be after an execution.
 * Descriptors that are named are inherited between, and only then. What a newer version adds is left out.
 */
#include "warden/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "warden/children.h"
#include "warden/store.h"

static bool
is_inherited(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	return flags >= 0 && !(flags & FD_CLOEXEC);
}

static int
any(void)
{
	return memfd_create("any", MFD_CLOEXEC);
}

static struct children children;
static struct store store;
static int lock;

static int
write_all(void)
{
	struct kept kept = { &children, &store, &lock, "0.1.0", "uid:7" };

	memset(children.ends, -1, sizeof(children.ends));
	children.child[SLOT_KEEPER] = (struct child){ .state = CHILD_SERVING, .pid = 42, .restarts = 3,
	    .started = 5000000000, .began = 77, .beat = UINT64_MAX };
	children.child[SLOT_WORKER + 2] = (struct child){ .state = CHILD_SPARE };
	children.child[SLOT_WORKER] = (struct child){ .state = CHILD_DRAINING, .pid = 43 };
	children.ends[SLOT_KEEPER][SLOT_WORKER] = any();
	children.ends[SLOT_WORKER][SLOT_KEEPER] = any();
	CHECK(store_put(&store, UINT64_MAX - 1, 6, any()) == 0);
	lock = any();
	return kept_write(&kept);
}

static void
round_trip(void)
{
	struct children read_children = { 0 };
	struct store read_store = { 0 };
	int read_lock = -1, fd = write_all();
	struct kept kept = { &read_children, &read_store, &read_lock, "", "" };
	const struct child *keeper = &read_children.child[SLOT_KEEPER];

	CHECK(fd >= 0 && is_inherited(fd) && is_inherited(lock));
	CHECK(is_inherited(children.ends[SLOT_KEEPER][SLOT_WORKER]));
	CHECK(is_inherited(store.rows[0].fd));
	CHECK(kept_read(fd, &kept) == 0);
	CHECK(fcntl(fd, F_GETFD) < 0);
	CHECK(read_lock == lock && !is_inherited(lock));
	CHECK(strcmp(kept.from, "0.1.0") == 0 && strcmp(kept.person, "uid:7") == 0);
	CHECK(keeper->state == CHILD_SERVING && keeper->pid == 42 && keeper->restarts == 3);
	CHECK(keeper->started == 5000000000 && keeper->began == 77 && keeper->beat == UINT64_MAX);
	CHECK(read_children.child[SLOT_WORKER + 2].state == CHILD_SPARE);
	CHECK(read_children.child[SLOT_WORKER].state == CHILD_DRAINING);
	CHECK(memcmp(read_children.ends, children.ends, sizeof(children.ends)) == 0);
	CHECK(!is_inherited(children.ends[SLOT_WORKER][SLOT_KEEPER]));
	CHECK(read_store.count == 1 && read_store.rows[0].netns == UINT64_MAX - 1 &&
	    read_store.rows[0].family == 6 && read_store.rows[0].fd == store.rows[0].fd);
	CHECK(!is_inherited(store.rows[0].fd));
	free(read_store.rows);
	free(store.rows);
}

static const struct {
	const char *name, *text;
	int error;
} rows[] = {
	{ "nothing", "", -EINVAL },
	{ "another format", "interlock-kept 2\n", -EINVAL },
	{ "only the head", "interlock-kept 1\n", 0 },
	{ "a line of a newer version", "interlock-kept 1\nglove left\n", 0 },
	{ "a child cut off", "interlock-kept 1\nchild 4 serving\n", -EINVAL },
	{ "a child that is none", "interlock-kept 1\nchild 99 serving 1 0 0 0 0\n", -EINVAL },
	{ "a state nobody knows", "interlock-kept 1\nchild 4 asleep 1 0 0 0 0\n", -EINVAL },
	{ "an end of nobody", "interlock-kept 1\nend 99 0 1\n", -EINVAL },
	{ "an end that is not open", "interlock-kept 1\nend 1 2 999\n", -EBADF },
	{ "a listener that is not open", "interlock-kept 1\nlistener 5 4 999\n", -EINVAL },
	{ "a lock that is not open", "interlock-kept 1\nlock 999\n", -EBADF },
};

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct children got;
		struct store listeners = { 0 };
		int held = -1, fd = any();
		struct kept kept = { &got, &listeners, &held, "", "" };

		CHECK(write(fd, rows[i].text, strlen(rows[i].text)) == (ssize_t)strlen(rows[i].text));
		CHECK(lseek(fd, 0, SEEK_SET) == 0);
		CHECK_ROW(rows[i].name, kept_read(fd, &kept) == rows[i].error);
	}
}

int
main(void)
{
	round_trip();
	check_rows();
	return check_end();
}
