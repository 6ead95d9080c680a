/*
 * verify.c: the order of a verification.
 * Key, checkpoint, bundles from the first to the last with everything that
 * hangs on them, the open tiles and the root at the end, then what is behind
 * the checkpoint. It goes on after a fault, because a second one may tell more.
 */
#include "ledger/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "ledger/verify_own.h"

void
verify_say(struct verify *verify, uint64_t index, const char *file,
    const char *what, struct span entry)
{
	struct verify_fault fault = { index, file, what, entry };

	verify->result->faults++;
	verify->fn(verify->arg, &fault);
}

static bool
read_since(struct verify *verify, struct span note)
{
	const char *what = NULL;

	if (note.n == 0)
		return true;
	if (!note_read(note, &verify->since))
		what = "is not a checkpoint";
	else if (!note_is_signed(note, &verify->key))
		what = "is not signed by the ledger's key";
	else if (verify->since.size > verify->checkpoint.size)
		what = "signs more entries than there are: the tail was removed";
	verify->result->since = verify->since.size;
	if (!what)
		return true;
	verify_say(verify, verify->since.size > verify->checkpoint.size ?
	    verify->checkpoint.size : VERIFY_NO_INDEX, "--since", what,
	    span_of(NULL, 0));
	verify->since.size = 0;
	return false;
}

/* The hash tiles above the entries that are not full. */
static void
check_edge(struct verify *verify)
{
	char path[TILE_PATH_SIZE];

	for (unsigned int level = 1; level < TREE_LEVELS; level++) {
		const struct out *edge = &verify->edge[level];
		struct span right = span_of(verify->tree.tile[level],
		    verify->tree.open[level] * HASH_SIZE);
		uint64_t hashes = verify->checkpoint.size >> TILE_BITS * level;
		uint64_t wrong = 0;

		if (edge->n == 0 || span_equal(out_view(edge), right))
			continue;	/* a missing one has been named */
		while (wrong < verify->tree.open[level] - 1 &&
		    edge->n >= (wrong + 1) * HASH_SIZE && memcmp(edge->p +
		    wrong * HASH_SIZE, right.p + wrong * HASH_SIZE, HASH_SIZE) == 0)
			wrong++;
		verify_say(verify, (hashes - hashes % TILE_HASHES + wrong) <<
		    TILE_BITS * level, tile_path(path, level,
		    hashes / TILE_HASHES, (unsigned int)(hashes % TILE_HASHES)),
		    "a hash does not fit the entries below it", span_of(NULL, 0));
	}
}

static void
check_roots(struct verify *verify)
{
	struct hash root;

	tree_root(&verify->tree, &root);
	if (!hash_equal(&root, &verify->checkpoint.root))
		verify_say(verify, VERIFY_NO_INDEX, "checkpoint",
		    "signs another root than the entries have",
		    span_of(NULL, 0));
	if (verify->since.size == 0)
		return;
	if (!hash_equal(&verify->since_root, &verify->since.root))
		verify_say(verify, VERIFY_NO_INDEX, "--since",
		    "the entries it signs are not the first ones of this log",
		    span_of(NULL, 0));
}

static void
check_journals_are_there(struct verify *verify)
{
	struct out public = out_new(1024);
	bool is_own = tile_read(verify->directory, "key.pub", &public) == 0;
	uint64_t base = verify->checkpoint.size ?
	    (verify->checkpoint.size - 1) / JOURNAL_ENTRIES * JOURNAL_ENTRIES : 0;
	char path[JOURNAL_PATH_SIZE];

	out_free(&public);
	/* a published copy has neither journals nor key.pub: only the node's own has */
	if (!is_own || verify->checkpoint.size == 0 || verify->journal_failed)
		return;
	for (size_t i = 0; i < verify->count; i++)
		if (verify->bases[i] == base)
			return;
	verify_say(verify, base, journal_path(path, base), "the journal is missing",
	    span_of(NULL, 0));
}

static void
verify_all(struct verify *verify)
{
	uint64_t size = verify->checkpoint.size;

	for (uint64_t i = 0; i < size / TILE_HASHES; i++)
		verify_bundle(verify, i, TILE_HASHES);
	if (size % TILE_HASHES)
		verify_bundle(verify, size / TILE_HASHES,
		    (unsigned int)(size % TILE_HASHES));
	check_edge(verify);
	check_roots(verify);
	check_journals_are_there(verify);
	verify_later(verify);
}

int
verify_ledger(int directory, const struct verify_options *options,
    verify_fault_fn fn, void *arg, struct verify_result *result)
{
	struct verify *verify = calloc(1, sizeof(*verify));
	int error = 0;

	*result = (struct verify_result){ 0 };
	if (!verify)
		return -ENOMEM;
	verify->directory = directory;
	verify->fn = fn;
	verify->arg = arg;
	verify->result = result;
	verify->edge_bundle = out_new(TILE_LIMIT);
	for (unsigned int i = 0; i < TREE_LEVELS; i++)
		verify->edge[i] = out_new(TILE_HASHES * HASH_SIZE + 1);
	if (verify_read_key(verify, options->key) && verify_read_edge(verify)) {
		snprintf(result->origin, sizeof(result->origin), "%s",
		    verify->checkpoint.origin);
		result->size = verify->checkpoint.size;
		error = verify_open_journals(verify);
		(void)read_since(verify, options->since);
		verify_list_blobs(verify);
		if (!error)
			verify_all(verify);
	}
	verify_close_journals(verify);
	verify_close_blobs(verify);
	out_free(&verify->edge_bundle);
	for (unsigned int i = 0; i < TREE_LEVELS; i++)
		out_free(&verify->edge[i]);
	note_key_wipe(&verify->key);
	free(verify);
	return error;
}
