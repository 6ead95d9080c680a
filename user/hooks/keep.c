/*
 * keep.c: sessions outlive the loader.
 * run_directory/sessions/ holds one small file for each session, written before
 * its first process runs, and run_directory/stops what an operator stopped. A
 * new loader reads them, finds who is still alive by the cgroup, and opens new
 * doors in the namespaces of its processes (the kernel's map still has the
 * skills, so in between their connections are refused, never free). What is
 * lost with the old loader is the exit code of a command.
 * A session's file: u8 version, id, then blocks skill, starter, cgroup, then
 * be32 starter_uid, be32 pid, be64 pid_ticks, u8 attached; since version 2 also
 * u8 over, and blocks why it is over and who ended it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "hooks/hooks.h"
#include "hooks/loader.h"
#include "hooks/process.h"
#include "msg/post.h"
#include "out.h"

#define KEEP_VERSION 2
#define FILE_MOST 4096
#define STOPS_FILE_MOST (STOPS_MOST * (ABI_NAME_SIZE + 4))

static int
write_file(const char *path, struct span in)
{
	int fd cleanup(close_fd) = -1;
	char new[LOADER_PATH + 8];

	snprintf(new, sizeof(new), "%s.new", path);
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd < 0)
		return -errno;
	if (write(fd, in.p, in.n) != (ssize_t)in.n)
		return -EIO;
	return rename(new, path) < 0 ? -errno : 0;
}

static ssize_t
read_file(const char *path, uint8_t *room, size_t size)
{
	int fd cleanup(close_fd) = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : read(fd, room, size);

	return n < 0 ? -errno : n;
}

static int
make_folder(const char *path, mode_t mode)
{
	return mkdir(path, mode) < 0 && errno != EEXIST ? -errno : 0;
}

int
keep_open(const struct loader *loader)
{
	char path[LOADER_PATH];
	int r;

	snprintf(path, sizeof(path), "%s/sessions",
	    loader->instance.run_directory);
	r = make_folder(path, 0700);
	if (r == 0)
		r = make_folder(loader->instance.skill_cgroup, 0755);
	return r;
}

static void
file_of(const struct loader *loader, const char *text, char *path)
{
	snprintf(path, LOADER_PATH, "%s/sessions/%s",
	    loader->instance.run_directory, text);
}

int
keep_session(const struct session *s)
{
	struct out out cleanup(out_free) = out_new(FILE_MOST);
	char path[LOADER_PATH];

	out_u8(&out, KEEP_VERSION);
	msg_put_id(&out, &s->id);
	out_block(&out, span_text(s->skill));
	out_block(&out, span_text(s->starter));
	out_block(&out, span_text(s->cgroup));
	out_be32(&out, s->starter_uid);
	out_be32(&out, (uint32_t)s->pid);
	out_be64(&out, s->pid_ticks);
	out_u8(&out, s->is_attached);
	out_u8(&out, s->is_over);
	out_block(&out, span_text(s->reason));
	out_block(&out, span_text(s->ender));
	if (out.failed)
		return -ENOMEM;
	file_of(s->loader, s->text, path);
	return write_file(path, out_view(&out));
}

void
keep_forget(const struct session *s)
{
	char path[LOADER_PATH];

	file_of(s->loader, s->text, path);
	unlink(path);
}

static bool
take_string(struct span *in, char *to, size_t size)
{
	struct span text;

	if (!take_block(in, &text) || text.n >= size ||
	    (text.n && memchr(text.p, 0, text.n)))
		return false;
	memcpy(to, text.p, text.n);
	to[text.n] = '\0';
	return true;
}

static bool
unpack_end(struct span *in, struct session *s)
{
	uint8_t over;

	if (!take_u8(in, &over) ||
	    !take_string(in, s->reason, sizeof(s->reason)) ||
	    !take_string(in, s->ender, sizeof(s->ender)))
		return false;
	s->is_over = over;
	return true;
}

static bool
unpack(struct span in, struct session *s)
{
	uint8_t version, attached;
	uint32_t pid;

	if (!take_u8(&in, &version) || version < 1 || version > KEEP_VERSION ||
	    !msg_take_id(&in, &s->id) || s->id.kind != ID_SESSION ||
	    !take_string(&in, s->skill, sizeof(s->skill)) ||
	    !take_string(&in, s->starter, sizeof(s->starter)) ||
	    !take_string(&in, s->cgroup, sizeof(s->cgroup)) ||
	    !take_be32(&in, &s->starter_uid) || !take_be32(&in, &pid) ||
	    !take_be64(&in, &s->pid_ticks) || !take_u8(&in, &attached) ||
	    (version > 1 && !unpack_end(&in, s)))
		return false;
	s->pid = (pid_t)pid;
	s->is_attached = attached;
	s->has_begun = s->is_taken_over = true;
	id_format(&s->id, s->text);
	return in.n == 0;
}

/* One session of an earlier loader: it lives on, or ended while nobody looked. */
static int
take_over(struct loader *loader, const char *path)
{
	uint8_t room[FILE_MOST];
	ssize_t n = read_file(path, room, sizeof(room));
	struct session *s;
	int r;

	if (n < 0)
		return (int)n;
	r = session_new(loader, &s, "", "", 0);
	if (r < 0)
		return r;
	if (!unpack(span_of(room, (size_t)n), s)) {
		session_free(&s);
		return -EINVAL;
	}
	if (s->is_over) {
		settle_begin(&s);
		return 0;
	}
	r = session_register(s);
	if (r < 0) {
		log_warning("%s of skill %s ended unseen", s->text, s->skill);
		snprintf(s->reason, sizeof(s->reason),
		    "it ended while the loader was away");
		settle_begin(&s);
		return 0;
	}
	if (!s->is_attached && group_is_populated(s->events_fd) != 1) {
		session_end(&s, "all processes ended while the loader was away",
		    NULL);
		return 0;
	}
	r = session_open_doors(s);
	if (r < 0)
		log_error("%s has no door: %s", s->text, strerror(-r));
	return 0;
}

static void
close_folder(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* Groups that never had a process, or whose session is over. */
static void
remove_empty_groups(const struct loader *loader)
{
	DIR *d cleanup(close_folder) = opendir(loader->instance.skill_cgroup);
	const struct dirent *e;
	char path[PATH_MAX];

	while (d && (e = readdir(d))) {
		if (e->d_type != DT_DIR || strncmp(e->d_name, "ses-", 4) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s",
		    loader->instance.skill_cgroup, e->d_name);
		if (rmdir(path) == 0)
			log_info("removed the empty group %s", path);
	}
}

static bool
is_taken(void *loader, uint64_t cgroup_id)
{
	return session_of_cgroup(loader, cgroup_id) != NULL;
}

size_t
keep_take_over(struct loader *loader)
{
	DIR *d cleanup(close_folder) = NULL;
	char folder[LOADER_PATH], path[PATH_MAX];
	const struct dirent *e;

	snprintf(folder, sizeof(folder), "%s/sessions",
	    loader->instance.run_directory);
	d = opendir(folder);
	while (d && (e = readdir(d))) {
		size_t n = strlen(e->d_name);

		if (n != ID_TEXT_SIZE - 1)	/* "." or a file half written */
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (take_over(loader, path) == -EINVAL)
			log_error("%s is no session's file", path);
	}
	remove_empty_groups(loader);
	hooks_unix_sweep(loader->hooks, is_taken, loader);
	return loader->session_count;
}

static void
stops_path(const struct loader *loader, char *path)
{
	snprintf(path, LOADER_PATH, "%s/stops", loader->instance.run_directory);
}

int
keep_stops(const struct loader *loader)
{
	struct out out cleanup(out_free) = out_new(STOPS_FILE_MOST);
	char path[LOADER_PATH];

	for (size_t i = 0; i < loader->stop_count; i++) {
		out_u8(&out, loader->stops[i].scope);
		out_text(&out, loader->stops[i].name);
	}
	if (out.failed)
		return -ENOMEM;
	stops_path(loader, path);
	return write_file(path, out_view(&out));
}

void
keep_read_stops(struct loader *loader)
{
	uint8_t room[STOPS_FILE_MOST];
	char path[LOADER_PATH];
	struct span in, name;
	ssize_t n;
	uint8_t scope;

	stops_path(loader, path);
	n = read_file(path, room, sizeof(room));
	in = span_of(room, n < 0 ? 0 : (size_t)n);
	while (loader->stop_count < STOPS_MOST && take_u8(&in, &scope) &&
	    take_text(&in, &name) && name.n < ABI_NAME_SIZE) {
		struct stop *stop = &loader->stops[loader->stop_count++];

		stop->scope = scope;
		memcpy(stop->name, name.p, name.n + 1);
	}
}
