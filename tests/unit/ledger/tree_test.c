/* The tree gives the hashes of RFC 6962, and tiles that an independent computation gives too. */
#include "ledger/tree.h"

#include "base/must.h"
#include "check.h"

/* Test vectors of certificate-transparency's reference tree: 8 leaves. */
static const struct span leaves[] = {
	SPAN(""), SPAN("\x00"), SPAN("\x10"), SPAN("\x20\x21"), SPAN("\x30\x31"),
	SPAN("\x40\x41\x42\x43"), SPAN("\x50\x51\x52\x53\x54\x55\x56\x57"),
	SPAN("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"),
};
static const char *const roots[] = {
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static const char *
hex(const struct hash *hash)
{
	static char text[2 * HASH_SIZE + 1];

	for (int i = 0; i < HASH_SIZE; i++)
		sprintf(text + 2 * i, "%02x", hash->p[i]);
	return text;
}

static void
known_roots(void)
{
	static struct tree tree;
	struct hash root, leaf;

	for (size_t n = 0; n <= COUNT(leaves); n++) {
		tree_root(&tree, &root);
		CHECK_ROW(roots[n], strcmp(hex(&root), roots[n]) == 0);
		if (n < COUNT(leaves)) {
			hash_leaf(&leaf, on_cliff(leaves[n]));
			tree_add(&tree, &leaf, NULL, NULL);
		}
	}
}

/* The definition of RFC 6962 section 2.1, word by word. */
static void
definition(struct hash *out, const struct hash *in, size_t n)
{
	struct hash left, right;
	uint8_t both[1 + 2 * HASH_SIZE] = { 1 };
	size_t k = 1;

	if (n == 1) {
		*out = in[0];
		return;
	}
	while (k << 1 < n)
		k <<= 1;
	definition(&left, in, k);
	definition(&right, in + k, n - k);
	memcpy(both + 1, left.p, HASH_SIZE);
	memcpy(both + 1 + HASH_SIZE, right.p, HASH_SIZE);
	hash_bytes(out, -1, span_of(both, sizeof(both)), span_of(NULL, 0));
}

#define MOST 66000
static struct hash all[MOST];
static size_t tiles[3];

/* Each tile that becomes full must have the hashes of the subtrees below it. */
static void
tile_is_full(void *arg, unsigned int level, uint64_t index, const struct hash *hashes)
{
	size_t width = level == 0 ? 1 : level == 1 ? 256 : 65536;
	struct hash right;

	(void)arg;
	CHECK(level < 2 && index == tiles[level]);
	tiles[level]++;
	for (size_t i = 0; i < TILE_HASHES; i += level == 0 ? 1 : 51) {
		definition(&right, all + (index * TILE_HASHES + i) * width, width);
		CHECK(hash_equal(&right, &hashes[i]));
	}
}

static void
against_definition(void)
{
	static const size_t sizes[] = { 1023, 1024, 1025, 4096, 65279, 65280,
		65535, 65536, 65537, 65792, 65793, 65999 };
	static struct tree tree;
	struct hash root, right;
	size_t at = 0;

	for (size_t n = 0; n < MOST; n++) {
		uint8_t bytes[4] = { (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16) };

		hash_leaf(&all[n], span_of(bytes, sizeof(bytes)));
	}
	for (size_t n = 1; n < MOST; n++) {
		tree_add(&tree, &all[n - 1], tile_is_full, NULL);
		CHECK(tree.size == n && tree.open[0] == n % 256 &&
		    tree.open[1] == n / 256 % 256 && tree.open[2] == n / 65536);
		if (n > 1000 && (at == COUNT(sizes) || n != sizes[at]))
			continue;
		at += n > 1000;
		tree_root(&tree, &root);
		definition(&right, all, n);
		CHECK(hash_equal(&root, &right));
	}
	CHECK(tiles[0] == MOST / 256 && tiles[1] == 1 && at == COUNT(sizes));
}

int
main(void)
{
	known_roots();
	against_definition();
	return check_end();
}
