/* reach.c: try what lay.c would do with each bundle of the system's, in memory alone. */
#include "hooks/reach.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"
#include "hooks/copy.h"
#include "hooks/search.h"
#include "out.h"

static void
note(char text[REACH_TEXT], const char *path)
{
	size_t n = strlen(text), more = strlen(path);

	if (n + more + 2 > REACH_TEXT)
		return;
	if (n)
		text[n++] = ' ';
	memcpy(text + n, path, more + 1);
}

static bool
is_new(struct reach *reach, const struct stat *st)
{
	for (unsigned int i = 0; i < reach->seen_count; i++)
		if (reach->seen[i].device == st->st_dev && reach->seen[i].inode == st->st_ino)
			return false;
	if (reach->seen_count < COUNT(reach->seen))
		reach->seen[reach->seen_count++] = (struct reach_seen){ st->st_dev, st->st_ino };
	return true;
}

static bool
is_understood(int fd)
{
	static const struct roots_node any = { SPAN("\n"), SPAN("\0") };
	struct out theirs cleanup(out_free) = out_new(COPY_MOST);
	struct out both cleanup(out_free) = out_new(COPY_MOST + ROOTS_CERTIFICATE);

	return copy_read(fd, &theirs) == 0 && roots_add(out_view(&theirs), &any, &both);
}

/* A search_fn. */
static bool
on_found(void *arg, const char *path, enum roots_kind kind, enum roots_whose whose)
{
	struct reach *reach = arg;
	int fd cleanup(close_fd) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !is_new(reach, &st))
		return true;
	if (kind == ROOTS_FILE && !is_understood(fd)) {
		if (S_ISREG(st.st_mode))
			note(reach->strange, path);
		return true;
	}
	reach->count[whose]++;
	note(reach->found[whose], path);
	return true;
}

void
reach_look(struct reach *out)
{
	search_system(on_found, out);
}
