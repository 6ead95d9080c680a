/*
 * verify_entry.c: one bundle of entries against its hash tile and the journal.
 * Up to three copies tell what an entry is: the bundle, the hash tile, and for
 * the newest the journal. Where they differ, two against one decide; without a
 * journal the tile above decides, which has one hash over all of the bundle.
 */
#include <stdio.h>

#include "base/must.h"
#include "entry.h"
#include "ledger/permit.h"
#include "ledger/verify_own.h"

struct bundle {
	uint64_t index, first;		/* of the bundle, and of its first entry */
	unsigned int count;		/* entries it must have */
	unsigned int found;		/* and has */
	struct out room, tile_room;
	struct span bytes, tile;	/* file contents */
	struct span entries[TILE_HASHES];
	struct hash leaves[TILE_HASHES];	/* of the entries found */
	char entries_path[TILE_PATH_SIZE], tile_path[TILE_PATH_SIZE];
};

static struct verify_writer *
find_writer(struct verify *verify, struct span name)
{
	struct verify_writer *writer;

	for (size_t i = 0; i < verify->writer_count; i++)
		if (span_is(name, verify->writers[i].name))
			return &verify->writers[i];
	if (verify->writer_count == VERIFY_WRITERS ||
	    name.n >= sizeof(writer->name))
		return NULL;
	writer = &verify->writers[verify->writer_count++];
	memcpy(writer->name, name.p, name.n);
	return writer;
}

void
verify_entry(struct verify *verify, uint64_t index, const char *file,
    struct span entry)
{
	struct verify_writer *writer;
	struct entry_about about;

	if (!entry_read(entry, &about)) {
		verify->lost = index + 1;
		verify_say(verify, index, file, "is not a well-formed entry", entry);
		return;
	}
	if (!permit_about(&about))
		verify_say(verify, index, file, "its writer may not enter this", entry);
	verify_blobs(verify, index, &about, entry);
	writer = about.process.n ? find_writer(verify, about.process) : NULL;
	if (!writer)
		return;
	if (about.incarnation != writer->incarnation)
		writer->last = 0;
	if (writer->seen < verify->lost)	/* a wrong entry may have been its own */
		writer->last = about.sequence - 1;
	if (about.sequence != writer->last + 1)
		verify_say(verify, index, file, about.sequence > writer->last ?
		    "an entry of the same writer is missing before it" :
		    "its writer's number was there before", entry);
	writer->incarnation = about.incarnation;
	writer->last = about.sequence;
	writer->seen = index + 1;
}

static void
read_files(struct verify *verify, struct bundle *b)
{
	bool full = b->count == TILE_HASHES;
	unsigned int width = full ? 0 : b->count;

	tile_path(b->entries_path, TILE_ENTRIES, b->index, width);
	tile_path(b->tile_path, 0, b->index, width);
	if (!full) {
		b->bytes = out_view(&verify->edge_bundle);
		b->tile = out_view(&verify->edge[0]);
		return;
	}
	b->room = out_new(TILE_LIMIT);
	b->tile_room = out_new(TILE_HASHES * HASH_SIZE + 1);
	if (tile_read(verify->directory, b->entries_path, &b->room))
		verify_say(verify, b->first, b->entries_path,
		    "is missing or cannot be read", span_of(NULL, 0));
	else
		b->bytes = out_view(&b->room);
	if (tile_read(verify->directory, b->tile_path, &b->tile_room))
		verify_say(verify, b->first, b->tile_path,
		    "is missing or cannot be read", span_of(NULL, 0));
	else
		b->tile = out_view(&b->tile_room);
}

/* Cut the bundle into entries. */
static void
cut(struct verify *verify, struct bundle *b)
{
	struct span rest = b->bytes, entry;
	uint16_t length;

	while (b->found < b->count && take_be16(&rest, &length) &&
	    take_bytes(&rest, length, &entry)) {
		b->entries[b->found] = entry;
		hash_leaf(&b->leaves[b->found++], entry);
	}
	if (b->bytes.n && b->found == b->count && rest.n)
		verify_say(verify, b->first + b->count - 1, b->entries_path,
		    "has bytes behind its last entry", span_of(NULL, 0));
	if (b->tile.n && b->tile.n != b->count * (size_t)HASH_SIZE) {
		verify_say(verify, b->first, b->tile_path,
		    "has not as many hashes as it must", span_of(NULL, 0));
		b->tile.n = 0;
	}
}

static bool
hash_at(const struct bundle *b, unsigned int i, struct hash *out)
{
	if (b->tile.n < (i + 1) * (size_t)HASH_SIZE)
		return false;
	memcpy(out->p, b->tile.p + i * (size_t)HASH_SIZE, HASH_SIZE);
	return true;
}

/* Does the tile above say that the bundle's entries, not the hash tile, are right? */
static bool
above_says_entries(struct verify *verify, const struct bundle *b)
{
	struct out above = out_new(TILE_HASHES * HASH_SIZE);
	char path[TILE_PATH_SIZE];
	struct hash sum;
	struct span hashes;
	size_t at = b->index % TILE_HASHES * HASH_SIZE;
	bool right;

	if (b->found != TILE_HASHES)
		return false;
	if ((b->index | (TILE_HASHES - 1)) < verify->checkpoint.size >> TILE_BITS) {
		(void)tile_read(verify->directory, tile_path(path, 1,
		    b->index / TILE_HASHES, 0), &above);
		hashes = out_view(&above);
	} else {
		hashes = out_view(&verify->edge[1]);
	}
	hash_tree(&sum, b->leaves, TILE_HASHES);
	right = hashes.n >= at + HASH_SIZE &&
	    memcmp(hashes.p + at, sum.p, HASH_SIZE) == 0;
	out_free(&above);
	return right;
}

/* In what way the bundle's entry i is not what it must be. */
static const char *
what_is_wrong(const struct bundle *b, unsigned int i)
{
	struct hash hash;

	if (i >= b->found)
		return "the entry is missing";
	for (unsigned int j = 0; hash_at(b, j, &hash); j++)
		if (j != i && hash_equal(&hash, &b->leaves[i]))
			return j > i && b->found < b->count ?
			    "the entry is missing: a later one stands in its place" :
			    "the entry was moved: another stands in its place";
	return "the entry was changed";
}

/* Entry i: which leaf is to be believed? Faults are said; true when there was one. */
static bool
judge(struct verify *verify, struct bundle *b, unsigned int i, bool quiet,
    struct hash *leaf)
{
	bool has_tile, has_journal, has_entry = i < b->found;
	struct span entry = span_of(NULL, 0);
	struct hash tile = { 0 }, journal = { 0 };
	char path[JOURNAL_PATH_SIZE];
	uint64_t index = b->first + i;
	bool entry_fits, journal_fits;

	has_tile = hash_at(b, i, &tile);
	has_journal = verify_journal_entry(verify, index, &entry, &journal);
	entry_fits = has_entry && has_tile && hash_equal(&b->leaves[i], &tile);
	journal_fits = !has_journal || !has_tile || hash_equal(&journal, &tile);
	*leaf = has_tile ? tile : has_entry ? b->leaves[i] : journal;
	if ((entry_fits && journal_fits) || quiet)
		return !entry_fits;
	if (entry_fits) {
		verify_say(verify, index, journal_path(path,
		    index - index % JOURNAL_ENTRIES),
		    "the journal's entry is not the one that was signed", entry);
		return false;
	}
	if (!has_tile && !b->tile.n && has_entry) {	/* said once for the tile */
		if (!has_journal || hash_equal(&journal, &b->leaves[i]))
			return false;
	}
	if (has_entry && has_tile && (has_journal ?
	    hash_equal(&journal, &b->leaves[i]) : above_says_entries(verify, b))) {
		*leaf = b->leaves[i];
		verify_say(verify, index, b->tile_path,
		    "the hash of the entry was changed", b->entries[i]);
		return false;
	}
	if (b->bytes.n || !has_tile)
		verify_say(verify, index, b->entries_path, what_is_wrong(b, i),
		    has_journal ? entry : has_entry ? b->entries[i] :
		    span_of(NULL, 0));
	return b->found < b->count || b->bytes.n == 0;
}

static void
tile_is_full(void *arg, unsigned int level, uint64_t index,
    const struct hash *hashes)
{
	struct verify *verify = arg;
	struct span right = span_of(hashes, TILE_HASHES * sizeof(*hashes));
	struct out file = out_new(right.n + 1);
	char path[TILE_PATH_SIZE];
	size_t wrong = 0;

	if (level == 0)		/* judged entry by entry */
		return;
	tile_path(path, level, index, 0);
	if (tile_read(verify->directory, path, &file)) {
		verify_say(verify, index << TILE_BITS * (level + 1), path,
		    "is missing or cannot be read", span_of(NULL, 0));
	} else if (!span_equal(out_view(&file), right)) {
		while (wrong < TILE_HASHES - 1 && file.n >= (wrong + 1) * HASH_SIZE &&
		    memcmp(file.p + wrong * HASH_SIZE, hashes[wrong].p,
		    HASH_SIZE) == 0)
			wrong++;
		verify_say(verify, (index * TILE_HASHES + wrong) <<
		    TILE_BITS * level, path,
		    "a hash does not fit the entries below it", span_of(NULL, 0));
	}
	out_free(&file);
	verify_partials(verify, level, index, right);
}

static void
add_leaf(struct verify *verify, const struct hash *leaf)
{
	tree_add(&verify->tree, leaf, tile_is_full, verify);
	if (verify->tree.size == verify->since.size)
		tree_root(&verify->tree, &verify->since_root);
}

void
verify_bundle(struct verify *verify, uint64_t index, unsigned int count)
{
	struct bundle b = { .index = index, .first = index * TILE_HASHES,
		.count = count };
	struct hash hashes[TILE_HASHES];
	bool quiet = false;

	read_files(verify, &b);
	cut(verify, &b);
	for (unsigned int i = 0; i < count; i++) {
		uint64_t faults = verify->result->faults;

		/* where entries are missing, all later ones are shifted: say it once */
		quiet |= judge(verify, &b, i, quiet, &hashes[i]);
		if (!quiet && i < b.found && faults == verify->result->faults)
			verify_entry(verify, b.first + i, b.entries_path,
			    b.entries[i]);
		else
			verify->lost = b.first + i + 1;
		add_leaf(verify, &hashes[i]);
	}
	verify_partials(verify, TILE_ENTRIES, index, b.bytes);
	verify_partials(verify, 0, index,
	    span_of(hashes, count * sizeof(hashes[0])));
	out_free(&b.room);
	out_free(&b.tile_room);
}
