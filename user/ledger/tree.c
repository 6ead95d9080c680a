/*
 * tree.c: add leaves to the open tiles and fold them to a root.
 * A full tile becomes one hash of the level above. The root of a tree of n
 * leaves joins the perfect subtrees that n's binary digits name, the smallest
 * (rightmost) first; the subtrees of digits 8L to 8L+7 all lie in the open tile
 * of level L, the larger ones in front.
 */
#include "ledger/tree.h"

void
tree_add(struct tree *tree, const struct hash *leaf, tree_full_fn full, void *arg)
{
	struct hash up = *leaf;

	tree->size++;
	for (unsigned int level = 0; level < TREE_LEVELS; level++) {
		struct hash *tile = tree->tile[level];

		tile[tree->open[level]++] = up;
		if (tree->open[level] < TILE_HASHES)
			return;
		if (full)
			full(arg, level,
			    (tree->size >> TILE_BITS * (level + 1)) - 1, tile);
		hash_tree(&up, tile, TILE_HASHES);
		tree->open[level] = 0;
	}
}

void
tree_root(const struct tree *tree, struct hash *out)
{
	struct hash sum, part;
	bool some = false;

	for (unsigned int level = 0; level < TREE_LEVELS; level++) {
		size_t end = tree->open[level];

		for (size_t width = 1; width < TILE_HASHES; width *= 2) {
			if (!(end & width))
				continue;
			end -= width;
			hash_tree(&part, tree->tile[level] + end, width);
			if (some)
				hash_node(&sum, &part, &sum);
			else
				sum = part;
			some = true;
		}
	}
	if (some)
		*out = sum;
	else
		hash_tree(out, NULL, 0);
}
