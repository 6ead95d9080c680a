/*
 * verify_edge.c: the key, the checkpoint, and the partial tiles it goes with.
 * A recorder at work replaces checkpoint and partial tiles together, so they are
 * read together: when a partial tile is missing and the checkpoint has changed
 * meanwhile, both are read again.
 */
#include <errno.h>
#include <stdio.h>

#include "base/must.h"
#include "ledger/verify_own.h"

#define TRIES 20

bool
verify_read_key(struct verify *verify, struct span given)
{
	struct out text = out_new(1024), secret = out_new(1024);
	struct note_key own = { 0 };
	bool has_own = tile_read(verify->directory, "key.pub", &text) == 0;
	bool right = true;

	if (has_own && !note_verifier_read(out_view(&text), &own)) {
		verify_say(verify, VERIFY_NO_INDEX, "key.pub",
		    "is not a verifier key", span_of(NULL, 0));
		right = false;
	}
	if (given.n && !note_verifier_read(given, &verify->key)) {
		verify_say(verify, VERIFY_NO_INDEX, "--key",
		    "is not a verifier key", span_of(NULL, 0));
		right = false;
	} else if (given.n && has_own && right && (memcmp(own.public,
	    verify->key.public, NOTE_KEY_SIZE) != 0 ||
	    strcmp(own.name, verify->key.name) != 0)) {
		verify_say(verify, VERIFY_NO_INDEX, "key.pub",
		    "is not the key that was given", span_of(NULL, 0));
	} else if (!given.n && !has_own) {
		verify_say(verify, VERIFY_NO_INDEX, "key.pub",
		    "is missing", span_of(NULL, 0));
		right = false;
	} else if (!given.n) {
		verify->key = own;
	}
	/* whoever may read the signing key can see whether it still is one */
	if (right && tile_read(verify->directory, "key", &secret) == 0) {
		if (note_key_read(out_view(&secret), &own) ||
		    memcmp(own.public, verify->key.public, NOTE_KEY_SIZE) != 0)
			verify_say(verify, VERIFY_NO_INDEX, "key",
			    "is not the signing key of key.pub", span_of(NULL, 0));
		note_key_wipe(&own);
	}
	out_free(&text);
	out_free(&secret);
	return right;
}

/* Read the partial tiles of the checkpoint. 0, or -ENOENT with their name in `path`. */
static int
read_partials(struct verify *verify, char *path)
{
	uint64_t size = verify->checkpoint.size;
	unsigned int width = (unsigned int)(size % TILE_HASHES);
	int error = 0;

	out_clear(&verify->edge_bundle);
	if (width)
		error = tile_read(verify->directory, tile_path(path, TILE_ENTRIES,
		    size / TILE_HASHES, width), &verify->edge_bundle);
	for (unsigned int level = 0; !error && level < TREE_LEVELS; level++) {
		uint64_t hashes = size >> TILE_BITS * level;

		out_clear(&verify->edge[level]);
		if (hashes % TILE_HASHES)
			error = tile_read(verify->directory, tile_path(path, level,
			    hashes / TILE_HASHES,
			    (unsigned int)(hashes % TILE_HASHES)),
			    &verify->edge[level]);
	}
	return error;
}

static bool
is_unchanged(struct verify *verify, struct span note)
{
	struct out now = out_new(NOTE_LIMIT);
	bool same = tile_read(verify->directory, "checkpoint", &now) == 0 &&
	    span_equal(out_view(&now), note);

	out_free(&now);
	return same;
}

bool
verify_read_edge(struct verify *verify)
{
	struct out note = out_new(NOTE_LIMIT);
	char path[TILE_PATH_SIZE] = "";
	const char *what = NULL;
	int error;

	for (int i = 0; i < TRIES; i++) {
		out_clear(&note);
		error = tile_read(verify->directory, "checkpoint", &note);
		if (error)
			what = error == -ENOENT ? "is missing" : "cannot be read";
		else if (!note_read(out_view(&note), &verify->checkpoint))
			what = "is not a checkpoint";
		else if (!note_is_signed(out_view(&note), &verify->key))
			what = "is not signed by the ledger's key";
		if (what)
			break;
		error = read_partials(verify, path);
		if (!error || is_unchanged(verify, out_view(&note)))
			break;
	}
	out_free(&note);
	if (what)
		verify_say(verify, VERIFY_NO_INDEX, "checkpoint", what,
		    span_of(NULL, 0));
	else if (error)
		verify_say(verify, verify->checkpoint.size -
		    verify->checkpoint.size % TILE_HASHES, path,
		    "a tile of the checkpoint is missing or cannot be read",
		    span_of(NULL, 0));
	return !what;
}

struct partials {
	struct verify *verify;
	unsigned int level;
	uint64_t index;
	struct span whole;
};

/* The bytes that the first `width` entries or hashes of a tile take. */
static size_t
prefix_size(unsigned int level, struct span whole, unsigned int width)
{
	struct span rest = whole, entry;
	uint16_t length;

	if (level != TILE_ENTRIES)
		return width * (size_t)HASH_SIZE;
	for (unsigned int i = 0; i < width; i++)
		if (!take_be16(&rest, &length) ||
		    !take_bytes(&rest, length, &entry))
			break;
	return whole.n - rest.n;
}

static int
check_partial(void *arg, unsigned int width)
{
	const struct partials *p = arg;
	size_t n = prefix_size(p->level, p->whole, width);
	struct out bytes = out_new(TILE_LIMIT);
	char path[TILE_PATH_SIZE];
	uint64_t first = p->index;
	int error;

	if (n > p->whole.n || (p->level == TILE_ENTRIES && n == p->whole.n))
		return 0;	/* of a size that is not signed yet */
	tile_path(path, p->level, p->index, width);
	error = tile_read(p->verify->directory, path, &bytes);
	for (unsigned int i = 0; i <= (p->level == TILE_ENTRIES ? 0 : p->level); i++)
		first *= TILE_HASHES;
	if (error != -ENOENT && (error || !span_equal(out_view(&bytes),
	    span_head(p->whole, n))))
		verify_say(p->verify, first, path,
		    "an old partial tile does not fit the log",
		    span_of(NULL, 0));
	out_free(&bytes);
	return 0;
}

void
verify_partials(struct verify *verify, unsigned int level, uint64_t index,
    struct span whole)
{
	struct partials partials = { verify, level, index, whole };
	char path[TILE_PATH_SIZE];
	int error = tile_partials(verify->directory, level, index, check_partial,
	    &partials);

	if (error && error != -EACCES)
		verify_say(verify, VERIFY_NO_INDEX,
		    tile_path(path, level, index, 0),
		    "has something beside it that is no partial tile",
		    span_of(NULL, 0));
}
