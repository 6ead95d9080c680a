/* file.c: small files of JSON, read whole, with a limit. */
#include "registry/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/must.h"

/* All of it; the caller frees *text. A pipe or device in its place is refused. */
static int
read_whole(const char *path, size_t most, char **text, size_t *n)
{
	int fd cleanup(close_fd) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *room cleanup(free_memory) = NULL;
	struct stat st;
	size_t used = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((uint64_t)st.st_size > most)
		return -EFBIG;
	room = malloc((size_t)st.st_size + 1);
	if (!room)
		return -ENOMEM;
	while (used < (size_t)st.st_size) {
		ssize_t got = read(fd, room + used, (size_t)st.st_size - used);

		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		used += (size_t)got;
	}
	*text = take(&room);
	*n = used;
	return 0;
}

int
file_document(const char *path, size_t most, json_t **out)
{
	char *text cleanup(free_memory) = NULL;
	json_t *json;
	size_t n = 0;
	int r = read_whole(path, most, &text, &n);

	if (r < 0)
		return r;
	json = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	if (!json)
		return -EBADMSG;
	*out = json;
	return 0;
}

int
file_object(const char *path, size_t most, json_t **out)
{
	json_t *json;
	int r = file_document(path, most, &json);

	if (r < 0)
		return r;
	if (!json_is_object(json)) {
		json_decref(json);
		return -EBADMSG;
	}
	*out = json;
	return 0;
}

const char *
file_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

bool
file_copy(char *into, size_t size, const char *text)
{
	size_t n = strlen(text);

	if (n >= size)
		return false;
	memcpy(into, text, n + 1);
	return true;
}
