/* A checkpoint reaches every place it was to reach, or it was not seen elsewhere. */
#include "ledger/away.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ledger/tile.h"
#include "make.h"
#include "out.h"
#include "view.h"

#define NOTE "interlock.local/n\n3\nAAAA\n\n\xe2\x80\x94 interlock.local/n BBBB\n"

static char path[64], log_path[96];
static int folder;

/* What syslog was told; empty: nothing. */
static size_t
told(int listener, char *line, size_t size)
{
	ssize_t n = recv(listener, line, size - 1, MSG_DONTWAIT);

	line[n > 0 ? n : 0] = 0;
	return n > 0 ? (size_t)n : 0;
}

static int
listen_as_syslog(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", log_path);
	CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	return fd;
}

static bool
is_in_folder(const char *text)
{
	struct out out = out_new(4096);
	bool is = tile_read(folder, "checkpoint", &out) == 0 &&
	    span_is(out_view(&out), text);

	out_free(&out);
	return is;
}

static void
both(void)
{
	struct view_recorder view = { .checkpoint_directory = path, .checkpoint_syslog = true };
	struct away away = { .syslog_socket = log_path };
	int listener = listen_as_syslog();
	char line[4096];

	CHECK(!away_is_set(&away));
	CHECK(away_set(&away, &view) == 0 && away_is_set(&away));
	CHECK(away_send(&away, SPAN(NOTE), 3, 77) == 0);
	CHECK(away.seen_size == 3 && away.seen_wall == 77);
	CHECK(is_in_folder(NOTE));
	/* RFC 5424: facility 13 (log audit), severity 5 (notice), one line */
	CHECK(told(listener, line, sizeof(line)) > 0);
	CHECK(strncmp(line, "<109>interlock: checkpoint ", 27) == 0);
	CHECK(strstr(line, "interlock.local/n\\n3\\nAAAA") && !strchr(line, '\n'));
	close(listener);

	/* syslog is gone: the directory has it, but it was not seen everywhere */
	CHECK(away_send(&away, SPAN("second"), 4, 88) == -ECONNREFUSED);
	CHECK(away.seen_size == 3 && away.seen_wall == 77);
	CHECK(is_in_folder("second"));
	unlink(log_path);
	CHECK(away_send(&away, SPAN("third"), 5, 99) == -ENOENT);
	listener = listen_as_syslog();	/* … and back again */
	CHECK(away_send(&away, SPAN("fourth"), 6, 100) == 0 && away.seen_size == 6);
	CHECK(told(listener, line, sizeof(line)) > 0 && strstr(line, "fourth"));
	close(listener);
	unlink(log_path);
	away_free(&away);
	CHECK(!away_is_set(&away));
}

/* A reader of syslog that stands still makes a failure, not a wait. */
static void
full_socket(void)
{
	struct view_recorder view = { .checkpoint_directory = "", .checkpoint_syslog = true };
	struct away away = { .syslog_socket = log_path };
	int listener = listen_as_syslog(), error = 0;

	CHECK(away_set(&away, &view) == 0);
	for (uint64_t i = 1; i < 10000 && !error; i++)
		error = away_send(&away, SPAN(NOTE), i, i);
	CHECK(error == -EAGAIN && away.seen_size > 0);
	close(listener);
	unlink(log_path);
	away_free(&away);
}

static void
no_directory(void)
{
	struct view_recorder view = { .checkpoint_directory = "/nonexistent/place" };
	struct away away = { 0 };

	CHECK(away_set(&away, &view) == 0);
	CHECK(away_send(&away, SPAN(NOTE), 3, 77) == -ENOENT && away.seen_wall == 0);
	view.checkpoint_directory = "";
	CHECK(away_set(&away, &view) == 0 && !away_is_set(&away));
	away_free(&away);
}

int
main(void)
{
	folder = new_folder(path);
	snprintf(log_path, sizeof(log_path), "%s/log", path);
	both();
	full_socket();
	no_directory();
	close(folder);
	remove_folder(path);
	return check_end();
}
