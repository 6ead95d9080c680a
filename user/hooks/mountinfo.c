/*
 * mountinfo.c: read /proc/PID/mountinfo, proc(5):
 *   36 35 98:0 /root /path rw,noatime master:1 - ext3 /dev/root rw
 * Blanks, tabs, line ends and backslashes within a field stand there as \040 and the like.
 */
#include "hooks/mountinfo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"

#define MOUNTS_MOST (1u << 20)	/* bytes */

/* In place. */
static void
unescape(char *text)
{
	char *to = text;

	for (; *text; text++, to++) {
		if (text[0] == '\\' && text[1] && text[2] && text[3]) {
			*to = (char)((text[1] - '0') << 6 |
			    (text[2] - '0') << 3 | (text[3] - '0'));
			text += 3;
		} else {
			*to = *text;
		}
	}
	*to = '\0';
}

static int
tell(char *line, mountinfo_fn *fn, void *arg)
{
	char *path = line, *type = strstr(line, " - "), *source;

	if (!type)
		return -EINVAL;
	type += 3;
	for (int field = 0; field < 4; field++) {
		path = strchr(path, ' ');
		if (!path)
			return -EINVAL;
		path++;
	}
	source = type + strcspn(type, " ");
	source += *source == ' ';
	path[strcspn(path, " ")] = '\0';
	type[strcspn(type, " ")] = '\0';
	source[strcspn(source, " ")] = '\0';
	unescape(path);
	unescape(source);
	return fn(arg, path, type, source);
}

int
mountinfo_each(int fd, mountinfo_fn *fn, void *arg)
{
	char *text cleanup(free_memory) = malloc(MOUNTS_MOST), *line, *rest;
	size_t n = 0;
	int r = 0;

	if (!text)
		return -ENOMEM;
	for (;;) {
		ssize_t got = read(fd, text + n, MOUNTS_MOST - 1 - n);

		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		n += (size_t)got;
		if (n == MOUNTS_MOST - 1)
			return -E2BIG;
	}
	text[n] = '\0';
	rest = text;
	while (r == 0 && (line = strsep(&rest, "\n")) && *line)
		r = tell(line, fn, arg);
	return r;
}
