/*
 * away.c: write a checkpoint to a directory and to syslog.
 * Every send opens anew, so that a file system mounted again or a syslog
 * restarted is found, and nothing waits: a full socket is a failure, told to
 * the operator, and the next checkpoint is tried like the first.
 * syscalls(recorder): openat socket connect sendto close
 */
#include "ledger/away.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/json.h"
#include "base/must.h"
#include "ledger/note.h"
#include "ledger/tile.h"
#include "out.h"
#include "view.h"

#define PRIORITY (13 * 8 + 5)	/* RFC 5424: log audit, notice */
#define LINE_LIMIT 8192

int
away_set(struct away *away, const struct view_recorder *view)
{
	char *directory = NULL;

	if (view->checkpoint_directory[0]) {
		directory = strdup(view->checkpoint_directory);
		if (!directory)
			return -ENOMEM;
	}
	free(away->directory);
	away->directory = directory;
	away->syslog = view->checkpoint_syslog;
	if (!away->syslog_socket)
		away->syslog_socket = "/dev/log";
	return 0;
}

bool
away_is_set(const struct away *away)
{
	return away->directory || away->syslog;
}

static int
to_directory(const struct away *away, struct span note)
{
	cleanup(close_fd) int fd = openat(AT_FDCWD, away->directory,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return tile_replace(fd, "checkpoint", note, 0644);
}

static int
to_syslog(const struct away *away, struct span note)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct out line = out_new(LINE_LIMIT);
	cleanup(close_fd) int fd = -1;
	int error = 0;

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", away->syslog_socket);
	out_printf(&line, "<%d>interlock: checkpoint ", PRIORITY);
	json_text(&line, note);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (line.failed)
		error = -EMSGSIZE;
	else if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    send(fd, line.p, line.n, MSG_NOSIGNAL) < 0)
		error = -errno;
	out_free(&line);
	return error;
}

int
away_send(struct away *away, struct span note, uint64_t size, uint64_t wall)
{
	int error = 0, other = 0;

	if (away->directory)
		error = to_directory(away, note);
	if (away->syslog)
		other = to_syslog(away, note);
	if (error || other)
		return error ? error : other;
	away->seen_size = size;
	away->seen_wall = wall;
	return 0;
}

void
away_free(struct away *away)
{
	free(away->directory);
	*away = (struct away){ 0 };
}
