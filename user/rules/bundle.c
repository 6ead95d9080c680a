/*
 * bundle.c: pack a policy for sending, and keep it on disk.
 * The file is a mark, the epoch, the digest, the views as blocks, and a SHA-256
 * over all of it. It replaces the old one by rename; a torn one fails its
 * SHA-256 and counts as none, which leaves nothing in force: that denies all.
 */
#include "rules/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"
#include "msg.h"
#include "rules/rules.h"

#define MARK "interlock policy 2\n"
#define FILE_LIMIT (BUNDLE_VIEWS * MSG_BODY_MAX + 4096u)
#define SHA_SIZE 32

static void
free_bundle(struct bundle **bundle)
{
	bundle_free(bundle);
}

static struct bundle *
new_bundle(void)
{
	struct bundle *bundle = calloc(1, sizeof(*bundle));

	for (size_t i = 0; bundle && i < BUNDLE_VIEWS; i++)
		bundle->views[i] = out_new(MSG_BODY_MAX);
	return bundle;
}

int
bundle_make(struct bundle **out, struct rules *rules, uint32_t epoch)
{
	struct bundle *bundle cleanup(free_bundle) = new_bundle();

	if (!bundle)
		return -ENOMEM;
	rules_number(rules, epoch);
	bundle->epoch = epoch;
	memcpy(bundle->digest, rules->digest, sizeof(bundle->digest));
	view_worker_pack(&rules->worker, &bundle->views[BUNDLE_WORKER]);
	view_loader_pack(&rules->loader, &bundle->views[BUNDLE_LOADER]);
	view_keeper_pack(&rules->keeper, &bundle->views[BUNDLE_KEEPER]);
	view_broker_pack(&rules->broker, &bundle->views[BUNDLE_BROKER]);
	view_recorder_pack(&rules->recorder, &bundle->views[BUNDLE_RECORDER]);
	view_resolver_pack(&rules->resolver, &bundle->views[BUNDLE_RESOLVER]);
	for (size_t i = 0; i < BUNDLE_VIEWS; i++) {
		if (bundle->views[i].failed)
			return -EMSGSIZE;
	}
	*out = take(&bundle);
	return 0;
}

enum bundle_view
bundle_view_of(unsigned int slot)
{
	switch (slot) {
	case SLOT_LOADER:
		return BUNDLE_LOADER;
	case SLOT_KEEPER:
		return BUNDLE_KEEPER;
	case SLOT_BROKER:
		return BUNDLE_BROKER;
	case SLOT_RECORDER:
		return BUNDLE_RECORDER;
	case SLOT_RESOLVER:
		return BUNDLE_RESOLVER;
	default:
		return msg_is_worker(slot) ? BUNDLE_WORKER : BUNDLE_VIEWS;
	}
}

static bool
digest_of(struct span bytes, uint8_t sha[SHA_SIZE])
{
	unsigned int n = 0;

	return EVP_Digest(bytes.p, bytes.n, sha, &n, EVP_sha256(), NULL) == 1 &&
	    n == SHA_SIZE;
}

static int
write_all(int fd, struct span bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes = span_skip(bytes, (size_t)n);
	}
	return 0;
}

int
bundle_write(const struct bundle *bundle, int fd)
{
	/* syscalls(policy): openat write close renameat renameat2 */
	struct out file cleanup(out_free) = out_new(FILE_LIMIT);
	int to cleanup(close_fd) = -1;
	uint8_t sha[SHA_SIZE];
	int status;

	out_bytes(&file, MARK, sizeof(MARK) - 1);
	out_be32(&file, bundle->epoch);
	out_bytes(&file, bundle->digest, sizeof(bundle->digest));
	for (size_t i = 0; i < BUNDLE_VIEWS; i++)
		out_block(&file, out_view(&bundle->views[i]));
	if (file.failed || !digest_of(out_view(&file), sha))
		return -ENOMEM;
	out_bytes(&file, sha, sizeof(sha));
	if (file.failed)
		return -ENOMEM;
	to = openat(fd, "last.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (to < 0)
		return -errno;
	status = write_all(to, out_view(&file));
	if (status == 0 && renameat(fd, "last.new", fd, "last") < 0)
		status = -errno;
	return status;
}

/* Every view must still be what this build can read. */
static bool
views_are_whole(const struct bundle *bundle)
{
	struct view_worker *worker = NULL;
	struct view_loader *loader = NULL;
	struct view_keeper *keeper = NULL;
	struct view_broker *broker = NULL;
	struct view_recorder *recorder = NULL;
	struct view_resolver *resolver = NULL;
	const struct out *views = bundle->views;
	bool is_whole;

	is_whole =
	    view_worker_read(&worker, out_view(&views[BUNDLE_WORKER])) == 0 &&
	    view_loader_read(&loader, out_view(&views[BUNDLE_LOADER])) == 0 &&
	    view_keeper_read(&keeper, out_view(&views[BUNDLE_KEEPER])) == 0 &&
	    view_broker_read(&broker, out_view(&views[BUNDLE_BROKER])) == 0 &&
	    view_recorder_read(&recorder, out_view(&views[BUNDLE_RECORDER])) == 0 &&
	    view_resolver_read(&resolver, out_view(&views[BUNDLE_RESOLVER])) == 0;
	view_free(worker);
	view_free(loader);
	view_free(keeper);
	view_free(broker);
	view_free(recorder);
	view_free(resolver);
	return is_whole;
}

static int
parse(struct span in, struct bundle **out)
{
	struct bundle *bundle cleanup(free_bundle) = new_bundle();
	struct span rest = span_head(in, in.n < SHA_SIZE ? 0 : in.n - SHA_SIZE);
	struct span part;
	uint8_t sha[SHA_SIZE];

	if (!bundle)
		return -ENOMEM;
	if (!digest_of(rest, sha) || in.n < SHA_SIZE ||
	    memcmp(sha, in.p + rest.n, SHA_SIZE) != 0 ||
	    !take_bytes(&rest, sizeof(MARK) - 1, &part) || !span_is(part, MARK) ||
	    !take_be32(&rest, &bundle->epoch) || !take_bytes(&rest, 32, &part))
		return -EINVAL;
	memcpy(bundle->digest, part.p, 32);
	for (size_t i = 0; i < BUNDLE_VIEWS; i++) {
		if (!take_block(&rest, &part))
			return -EINVAL;
		out_span(&bundle->views[i], part);
		if (bundle->views[i].failed)
			return -ENOMEM;
	}
	if (rest.n > 0 || !views_are_whole(bundle))
		return -EINVAL;
	*out = take(&bundle);
	return 0;
}

int
bundle_read(struct bundle **out, int fd)
{
	/* syscalls(policy): openat fstat newfstatat read close */
	int from cleanup(close_fd) = openat(fd, "last", O_RDONLY | O_CLOEXEC |
	    O_NOFOLLOW);
	uint8_t *bytes cleanup(free_memory) = NULL;
	struct stat st;
	size_t used = 0;
	ssize_t n = 1;

	if (from < 0 || fstat(from, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size < 0 ||
	    (uint64_t)st.st_size > FILE_LIMIT)
		return -EINVAL;
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return -ENOMEM;
	while (used < (size_t)st.st_size && n > 0) {
		n = read(from, bytes + used, (size_t)st.st_size - used);
		if (n < 0 && errno != EINTR)
			return -errno;
		used += n > 0 ? (size_t)n : 0;
		n = n < 0 ? 1 : n;
	}
	return parse(span_of(bytes, used), out);
}

void
bundle_free(struct bundle **bundle)
{
	for (size_t i = 0; *bundle && i < BUNDLE_VIEWS; i++)
		out_free(&(*bundle)->views[i]);
	free(*bundle);
	*bundle = NULL;
}
