/*
 * verify_blob.c: is each body there that an entry names, and what its name says?
 * A body that is right is remembered, so that one which many entries name is read
 * once. A body that no entry names was left by a crash between the two: it is
 * counted and no fault. The folder is listed before entries are read, so that what
 * a recorder at work makes meanwhile is not taken for one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/must.h"
#include "ledger/blob.h"
#include "ledger/verify_own.h"

#define FIRST_ROOM 64

/* Where a name stands in the table, or would: names are spread as they are. */
static struct hash *
place_of(const struct verify_blobs *blobs, const struct hash *name)
{
	static const struct hash none;
	size_t i;

	memcpy(&i, name->p, sizeof(i));
	for (i &= blobs->room - 1; !hash_equal(&blobs->names[i], &none) &&
	    !hash_equal(&blobs->names[i], name); i = (i + 1) & (blobs->room - 1))
		;
	return &blobs->names[i];
}

static bool
has(const struct verify_blobs *blobs, const struct hash *name)
{
	return blobs->room && hash_equal(place_of(blobs, name), name);
}

/* Without memory it is not remembered, and read again. */
static void
remember(struct verify_blobs *blobs, const struct hash *name)
{
	struct verify_blobs larger = { .room = blobs->room ? blobs->room * 2 :
		FIRST_ROOM, .count = blobs->count };
	static const struct hash none;

	if (blobs->count * 2 >= blobs->room) {
		larger.names = calloc(larger.room, sizeof(*larger.names));
		if (!larger.names)
			return;
		for (size_t i = 0; i < blobs->room; i++)
			if (!hash_equal(&blobs->names[i], &none))
				*place_of(&larger, &blobs->names[i]) = blobs->names[i];
		free(blobs->names);
		*blobs = larger;
	}
	*place_of(blobs, name) = *name;
	blobs->count++;
}

void
verify_list_blobs(struct verify *verify)
{
	int fd = openat(verify->directory, BLOB_FOLDER,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *one;
	struct hash name;

	if (!folder) {
		if (fd >= 0)
			close(fd);
		return;		/* whoever misses a body says so */
	}
	while ((one = readdir(folder))) {
		if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0)
			continue;
		if (!blob_is_named(one->d_name, &name))
			verify_say(verify, VERIFY_NO_INDEX, BLOB_FOLDER,
			    "has a file in it that is no body", span_of(NULL, 0));
		else if (!has(&verify->listed, &name))
			remember(&verify->listed, &name);
	}
	closedir(folder);
}

static const char *
what_is_wrong(int error)
{
	return error == -ENOENT ? "a body that the entry names is missing" :
	    error == -EBADMSG ? "the body is not the one that the entry names" :
	    "a body that the entry names cannot be read";
}

void
verify_blobs(struct verify *verify, uint64_t index, const struct entry_about *about,
    struct span entry)
{
	for (size_t i = 0; i < about->blob_count; i++) {
		struct out body = out_new(ENTRY_BLOB_LIMIT);
		char path[BLOB_PATH_SIZE];
		struct hash name;
		int error = 0;

		memcpy(name.p, about->blobs[i].p, sizeof(name.p));
		if (!has(&verify->named, &name)) {
			error = blob_read(verify->directory, &name, &body);
			out_free(&body);
		}
		if (error)
			verify_say(verify, index, blob_path(path, &name),
			    what_is_wrong(error), entry);
		else if (!has(&verify->named, &name))
			remember(&verify->named, &name);
	}
}

void
verify_close_blobs(struct verify *verify)
{
	static const struct hash none;

	verify->result->bodies = verify->named.count;
	for (size_t i = 0; i < verify->listed.room; i++)
		if (!hash_equal(&verify->listed.names[i], &none) &&
		    !has(&verify->named, &verify->listed.names[i]))
			verify->result->orphans++;
	free(verify->listed.names);
	free(verify->named.names);
}
