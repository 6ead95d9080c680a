/* Tiles have the names of c2sp.org/tlog-tiles, and are never rewritten. */
#include "ledger/tile.h"

#include <errno.h>

#include "make.h"

static const struct {
	unsigned int level;
	uint64_t index;
	unsigned int width;
	const char *path;
} rows[] = {
	{ 0, 0, 0, "tile/0/000" },
	{ 3, 999, 0, "tile/3/999" },
	{ 0, 1000, 0, "tile/0/x001/000" },
	{ 0, 1234067, 0, "tile/0/x001/x234/067" },
	{ 1, 1234067, 255, "tile/1/x001/x234/067.p/255" },
	{ TILE_ENTRIES, 273, 112, "tile/entries/273.p/112" },
	{ TILE_ENTRIES, UINT64_MAX, 1,
	    "tile/entries/x018/x446/x744/x073/x709/x551/615.p/1" },
};

static int
count_width(void *arg, unsigned int width)
{
	*(unsigned int *)arg += width;
	return 0;
}

int
main(void)
{
	struct out out = out_new(5);
	char path[TILE_PATH_SIZE], folder_path[64];
	int folder = new_folder(folder_path);
	unsigned int sum = 0;

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_ROW(rows[i].path, strcmp(tile_path(path, rows[i].level,
		    rows[i].index, rows[i].width), rows[i].path) == 0);

	CHECK(tile_write(folder, "tile/0/x001/000", SPAN("first"), true) == 0);
	CHECK(tile_write(folder, "tile/0/x001/000", SPAN("first"), true) == 0);
	CHECK(tile_write(folder, "tile/0/x001/000", SPAN("other"), true) == -EEXIST);
	CHECK(tile_read(folder, "tile/0/x001/000", &out) == 0);
	CHECK(span_is(out_view(&out), "first"));
	CHECK(tile_read(folder, "tile/0/x001/000", &out) == -EFBIG);
	CHECK(tile_read(folder, "tile/0/x001/001", &out) == -ENOENT);
	CHECK(faccessat(folder, "new", F_OK, 0) != 0);	/* nothing is left beside */

	CHECK(tile_replace(folder, "checkpoint", SPAN("one"), 0640) == 0);
	CHECK(tile_replace(folder, "checkpoint", SPAN("two"), 0640) == 0);
	out_clear(&out);
	CHECK(tile_read(folder, "checkpoint", &out) == 0 && span_is(out_view(&out), "two"));

	CHECK(tile_partials(folder, 0, 7, count_width, &sum) == 0 && sum == 0);
	CHECK(tile_write(folder, tile_path(path, 0, 7, 3), SPAN("3"), false) == 0);
	CHECK(tile_write(folder, tile_path(path, 0, 7, 40), SPAN("4"), false) == 0);
	CHECK(tile_partials(folder, 0, 7, count_width, &sum) == 0 && sum == 43);
	CHECK(tile_trim(folder, 0, 7, 40) == 0);
	sum = 0;
	CHECK(tile_partials(folder, 0, 7, count_width, &sum) == 0 && sum == 40);
	CHECK(tile_trim(folder, 0, 7, 0) == 0 && faccessat(folder, "tile/0/007.p", F_OK, 0));
	CHECK(tile_write(folder, "tile/0/007.p/256", SPAN("x"), false) == 0);
	CHECK(tile_partials(folder, 0, 7, count_width, &sum) == -EBADMSG);
	out_free(&out);
	close(folder);
	remove_folder(folder_path);
	return check_end();
}
