/* kept.c: lines out, lines in. */
#include "warden/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/must.h"
#include "warden/children.h"
#include "warden/store.h"

#define HEAD "interlock-kept 1"

static const char *const states[CHILD_STATES] = {
	[CHILD_ABSENT] = "absent", [CHILD_WAITING] = "waiting", [CHILD_STARTING] = "starting",
	[CHILD_SERVING] = "serving", [CHILD_DRAINING] = "draining", [CHILD_ENDING] = "ending",
	[CHILD_ENDED] = "ended", [CHILD_SPARE] = "spare",
};

static int
inherit(int fd, bool yes)
{
	return fcntl(fd, F_SETFD, yes ? 0 : FD_CLOEXEC) ? -errno : 0;
}

/* ---- out ------------------------------------------------------------------- */

static int
write_children(FILE *to, const struct children *children)
{
	int error = 0;

	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		const struct child *child = &children->child[slot];

		fprintf(to, "child %u %s %d %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", slot,
		    states[child->state], (int)child->pid, child->restarts, child->started, child->began,
		    child->beat);
		for (unsigned int peer = 0; peer < SLOTS && !error; peer++) {
			int end = children->ends[slot][peer];

			if (end < 0)
				continue;
			fprintf(to, "end %u %u %d\n", slot, peer, end);
			error = inherit(end, true);
		}
	}
	return error;
}

static int
write_listeners(FILE *to, const struct store *store)
{
	int error = 0;

	for (size_t i = 0; i < store->count && !error; i++) {
		const struct stored *row = &store->rows[i];

		fprintf(to, "listener %" PRIu64 " %u %d\n", row->netns, row->family, row->fd);
		error = inherit(row->fd, true);
	}
	return error;
}

int
kept_write(const struct kept *kept)
{
	cleanup(close_fd) int fd = memfd_create("kept", 0);
	FILE *to;
	int error;

	if (fd < 0)
		return -errno;
	to = fdopen(dup(fd), "w");
	if (!to)
		return -errno;
	fprintf(to, HEAD "\nlock %d\nfrom %s %s\n", *kept->lock, kept->from, kept->person);
	error = inherit(*kept->lock, true);
	if (!error)
		error = write_children(to, kept->children);
	if (!error)
		error = write_listeners(to, kept->store);
	if (fclose(to) && !error)
		error = -EIO;
	if (!error && lseek(fd, 0, SEEK_SET) < 0)
		error = -errno;
	return error ? error : take_fd(&fd);
}

/* ---- in ----------------------------------------------------------------------- */

static int
read_child(struct children *children, const char *line)
{
	unsigned int slot;
	char state[16];
	struct child child = { 0 };
	int pid;

	if (sscanf(line, "child %u %15s %d %" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu64, &slot, state, &pid,
	    &child.restarts, &child.started, &child.began, &child.beat) != 7 || slot >= SLOTS)
		return -EINVAL;
	while (child.state < CHILD_STATES && strcmp(states[child.state], state) != 0)
		child.state++;
	if (child.state == CHILD_STATES)
		return -EINVAL;
	child.pid = pid;
	children->child[slot] = child;
	return 0;
}

static int
read_end(struct children *children, const char *line)
{
	unsigned int a, b;
	int fd;

	if (sscanf(line, "end %u %u %d", &a, &b, &fd) != 3 || a >= SLOTS || b >= SLOTS)
		return -EINVAL;
	children->ends[a][b] = fd;
	return inherit(fd, false);
}

static int
read_listener(struct store *store, const char *line)
{
	unsigned int family;
	uint64_t netns;
	int fd;

	if (sscanf(line, "listener %" SCNu64 " %u %d", &netns, &family, &fd) != 3 || inherit(fd, false))
		return -EINVAL;
	return store_put(store, netns, (uint8_t)family, fd);
}

static int
read_line(struct kept *kept, const char *line)
{
	if (strncmp(line, "child ", 6) == 0)
		return read_child(kept->children, line);
	if (strncmp(line, "end ", 4) == 0)
		return read_end(kept->children, line);
	if (strncmp(line, "listener ", 9) == 0)
		return read_listener(kept->store, line);
	if (strncmp(line, "lock ", 5) == 0)
		return sscanf(line, "lock %d", kept->lock) == 1 ? inherit(*kept->lock, false) : -EINVAL;
	if (strncmp(line, "from ", 5) == 0)
		return sscanf(line, "from %31s %31s", kept->from, kept->person) == 2 ? 0 : -EINVAL;
	return 0;
}

int
kept_read(int fd, struct kept *kept)
{
	FILE *in = fdopen(fd, "r");
	char line[256];
	int error = 0;

	if (!in)
		return -errno;
	*kept->children = (struct children){ 0 };
	memset(kept->children->ends, -1, sizeof(kept->children->ends));
	if (!fgets(line, sizeof(line), in) || strcmp(line, HEAD "\n") != 0)
		error = -EINVAL;
	while (!error && fgets(line, sizeof(line), in))
		error = read_line(kept, line);
	fclose(in);
	return error;
}
