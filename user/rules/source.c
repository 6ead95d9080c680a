/*
 * source.c: find, read and digest the files of a policy. Hidden files and what
 * does not end in .yaml are left alone; anything else that cannot be read is a
 * fault, so that no rule is lost in silence.
 */
#include "rules/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/must.h"
#include "out.h"
#include "rules/tree.h"

int
source_read_file(struct arena *arena, const char *path, size_t limit,
    struct span *out)
{
	/* syscalls(policy): openat newfstatat fstat read close */
	int fd cleanup(close_fd) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	size_t used = 0;
	uint8_t *p;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size < 0 || (size_t)st.st_size > limit)
		return -EFBIG;
	p = arena_take(arena, (size_t)st.st_size + 1);
	if (!p)
		return -ENOMEM;
	while (used < (size_t)st.st_size) {
		ssize_t n = read(fd, p + used, (size_t)st.st_size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	p[used] = '\0';
	*out = span_of(p, used);
	return 0;
}

static int
is_policy_file(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return entry->d_name[0] != '.' && n > 5 &&
	    strcmp(entry->d_name + n - 5, ".yaml") == 0;
}

/* By bytes, whatever the locale: the order is part of the digest. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
add_source(struct arena *arena, const char *directory, const char *name,
    struct faults *faults, struct sources *sources)
{
	struct span kept = arena_copy(arena, span_text(name));
	struct place place = { (const char *)kept.p, 0, 0 };
	struct source *source;
	char path[PATH_MAX];
	int status;

	if (!kept.p)
		return -ENOMEM;
	if (sources->count == SOURCE_FILES) {
		fault_add(faults, place, "found more than %d policy files, "
		    "expected fewer", SOURCE_FILES);
		return -EINVAL;
	}
	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	source = &sources->v[sources->count];
	source->name = (const char *)kept.p;
	status = source_read_file(arena, path, TREE_FILE_LIMIT, &source->text);
	if (status == -ENOMEM)
		return status;
	if (status < 0) {
		fault_add(faults, place, "cannot be read: %s; expected a file "
		    "of at most %u bytes", strerror(-status), TREE_FILE_LIMIT);
		return -EINVAL;
	}
	sources->count++;
	return 0;
}

static int
add_directory(struct arena *arena, const char *directory, struct faults *faults,
    struct sources *sources)
{
	struct place place = { "policy.d", 0, 0 };
	struct dirent **found = NULL;
	char path[PATH_MAX];
	int status = 0, count;

	if (snprintf(path, sizeof(path), "%s/policy.d", directory) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	/* syscalls(policy): getdents64 */
	count = scandir(path, &found, is_policy_file, by_name);
	if (count < 0 && errno == ENOENT)
		return 0;
	if (count < 0) {
		fault_add(faults, place, "cannot be read: %s", strerror(errno));
		return -EINVAL;
	}
	for (int i = 0; i < count; i++) {
		char name[sizeof("policy.d/") + 256];

		snprintf(name, sizeof(name), "policy.d/%s", found[i]->d_name);
		if (status == 0)
			status = add_source(arena, directory, name, faults,
			    sources);
		free(found[i]);
	}
	free(found);
	return status;
}

static int
digest_sources(struct sources *sources)
{
	struct out cover = out_new(SOURCE_LIMIT + (1u << 20));
	unsigned int n = 0;
	int good;

	for (size_t i = 0; i < sources->count; i++) {
		out_block(&cover, span_text(sources->v[i].name));
		out_block(&cover, sources->v[i].text);
	}
	good = !cover.failed && EVP_Digest(cover.p, cover.n, sources->digest,
	    &n, EVP_sha256(), NULL) == 1 && n == sizeof(sources->digest);
	out_free(&cover);
	return good ? 0 : -ENOMEM;
}

int
source_add_digest(uint8_t digest[32], const char *name, struct span content)
{
	struct out cover = out_new(content.n + strlen(name) + 64);
	unsigned int n = 0;
	bool good;

	out_bytes(&cover, digest, 32);
	out_block(&cover, span_text(name));
	out_block(&cover, content);
	good = !cover.failed && EVP_Digest(cover.p, cover.n, digest, &n, EVP_sha256(), NULL) == 1 && n == 32;
	out_free(&cover);
	return good ? 0 : -ENOMEM;
}

int
source_read(struct arena *arena, const char *directory, struct faults *faults,
    struct sources *out)
{
	struct place whole = { directory, 0, 0 };
	struct sources sources = { .count = 0 };
	size_t total = 0;
	int status;

	status = add_source(arena, directory, "policy.yaml", faults, &sources);
	if (status == 0)
		status = add_directory(arena, directory, faults, &sources);
	for (size_t i = 0; i < sources.count; i++)
		total += sources.v[i].text.n;
	if (status == 0 && total > SOURCE_LIMIT) {
		fault_add(faults, whole, "found %zu bytes of policy, expected "
		    "at most %u", total, SOURCE_LIMIT);
		status = -EINVAL;
	}
	if (status == 0)
		status = digest_sources(&sources);
	if (status == 0)
		*out = sources;
	return status;
}
