/*
 * A body comes back as it was, or not at all: no beginning of its file, no changed
 * byte, no other frame passes for it, and none swells beyond the limit. Its file is
 * written once, and made again only when it is not what its name says.
 */
#include "ledger/blob.h"

#include <errno.h>
#include <zstd.h>

#include "ledger/tile.h"
#include "make.h"

static struct hash
name_of(struct span body)
{
	struct hash name;

	hash_bytes(&name, -1, body, span_of(NULL, 0));
	return name;
}

/* A body of `n` bytes that can be made smaller, but not to nothing. */
static struct out
make_text(size_t n)
{
	struct out out = out_new(n);
	uint32_t x = 1;

	out_zero(&out, n);
	for (size_t i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		out.p[i] = (uint8_t)("select 0123456789, "[x >> 24 & 15]);
	}
	return out;
}

static int
unpack(struct span file, const struct hash *name, struct out *out)
{
	out_clear(out);
	return blob_unpack(on_cliff(file), name, out);
}

static void
names(void)
{
	struct hash name = name_of(SPAN("abc")), back = { 0 };
	char path[BLOB_PATH_SIZE];
	const char *file;

	blob_path(path, &name);
	CHECK(strcmp(path, "blob/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") == 0);
	file = path + strlen(BLOB_FOLDER) + 1;
	CHECK(blob_is_named(file, &back) && hash_equal(&back, &name));
	for (size_t i = 0; file[i]; i++) {
		char wrong[BLOB_PATH_SIZE];

		snprintf(wrong, sizeof(wrong), "%s", file);
		wrong[i] = 'A';
		CHECK(!blob_is_named(wrong, &back));
		wrong[i] = '\0';
		CHECK(!blob_is_named(wrong, &back));
	}
	strcat(path, "0");
	CHECK(!blob_is_named(file, &back) && !blob_is_named("", &back));
}

static void
every_prefix(void)
{
	struct out body = make_text(3000), file = out_new(1 << 20), got = out_new(1 << 20);
	struct hash name = name_of(out_view(&body));
	struct span whole;

	CHECK(blob_pack(out_view(&body), &file) == 0 && file.n < body.n);
	whole = out_view(&file);
	CHECK(unpack(whole, &name, &got) == 0 && span_equal(out_view(&got), out_view(&body)));
	for (size_t n = 0; n < file.n; n++)
		CHECK(unpack(span_head(whole, n), &name, &got) == -EBADMSG && got.n == 0);
	for (size_t i = 0; i < file.n; i++) {
		file.p[i] ^= 0x11;
		CHECK(unpack(whole, &name, &got) != 0 || span_equal(out_view(&got), out_view(&body)));
		file.p[i] ^= 0x11;
	}
	name.p[31] ^= 1;
	CHECK(unpack(whole, &name, &got) == -EBADMSG && got.n == 0);
	name.p[31] ^= 1;
	out_u8(&file, 0);
	CHECK(unpack(out_view(&file), &name, &got) == -EBADMSG);
	out_free(&body);
	out_free(&file);
	out_free(&got);
}

/* What another maker of frames could put there. */
static void
other_frames(void)
{
	struct out body = make_text(5000), file = out_new(1 << 20), got = out_new(8u << 20);
	struct hash name = name_of(out_view(&body)), empty = name_of(SPAN(""));
	ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t n;

	/* two frames, and a frame to be skipped: bytes that no hash covers */
	CHECK(blob_pack(span_head(out_view(&body), 2500), &file) == 0);
	CHECK(blob_pack(span_skip(out_view(&body), 2500), &file) == 0);
	CHECK(unpack(out_view(&file), &name, &got) == -EBADMSG);
	out_clear(&file);
	CHECK(blob_pack(out_view(&body), &file) == 0);
	out_bytes(&file, "\x50\x2a\x4d\x18\4\0\0\0evil", 12);
	CHECK(unpack(out_view(&file), &name, &got) == -EBADMSG);
	CHECK(unpack(SPAN("\x50\x2a\x4d\x18\4\0\0\0evil"), &name, &got) == -EBADMSG);
	/* a frame that does not tell its length */
	CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)));
	out_clear(&file);
	out_zero(&file, 1 << 19);
	n = ZSTD_compress2(context, file.p, file.n, body.p, body.n);
	CHECK(!ZSTD_isError(n));
	CHECK(unpack(span_of(file.p, n), &name, &got) == -EBADMSG);
	ZSTD_freeCCtx(context);
	/* nothing is a body too, if anybody should want it */
	out_clear(&file);
	CHECK(blob_pack(SPAN(""), &file) == 0 && unpack(out_view(&file), &empty, &got) == 0);
	out_free(&body);
	out_free(&file);
	out_free(&got);
}

static void
limits(void)
{
	static uint8_t zeros[ENTRY_BLOB_LIMIT + 1];
	struct out file = out_new(1 << 20), got = out_new(64u << 20);
	struct hash name = name_of(span_of(zeros, ENTRY_BLOB_LIMIT));
	uint8_t bomb[65536];
	size_t n;

	CHECK(blob_pack(span_of(zeros, sizeof(zeros)), &file) == -EMSGSIZE);
	file = out_new(8u << 20);
	CHECK(blob_pack(span_of(zeros, ENTRY_BLOB_LIMIT), &file) == 0);
	CHECK(unpack(out_view(&file), &name, &got) == 0 && got.n == ENTRY_BLOB_LIMIT);
	out_free(&got);
	got = out_new(64u << 20);
	n = ZSTD_compress(bomb, sizeof(bomb), zeros, sizeof(zeros), 3);
	name = name_of(span_of(zeros, sizeof(zeros)));
	CHECK(!ZSTD_isError(n) && unpack(span_of(bomb, n), &name, &got) == -EBADMSG);
	CHECK(got.room == 0);	/* no room was even taken */
	/* one that says less than it is */
	CHECK(bomb[4] >> 6 == 2);	/* the length of the content is in four bytes */
	bomb[5 + (bomb[4] & 0x20 ? 0 : 1)] ^= 1;
	CHECK(unpack(span_of(bomb, n), &name, &got) == -EBADMSG);
	out_free(&file);
	out_free(&got);
}

static void
files(void)
{
	struct out body = make_text(40000), file = out_new(1 << 20), got = out_new(1 << 20);
	struct hash name = name_of(out_view(&body));
	char folder[64], path[BLOB_PATH_SIZE];
	int directory = new_folder(folder), fd;
	struct stat first, then;
	bool mended = false;

	blob_path(path, &name);
	CHECK(blob_pack(out_view(&body), &file) == 0);
	CHECK(blob_read(directory, &name, &got) == -ENOENT);
	CHECK(blob_write(directory, &name, out_view(&file), &mended) == 0 && !mended);
	CHECK(blob_read(directory, &name, &got) == 0 && span_equal(out_view(&got), out_view(&body)));
	CHECK(fstatat(directory, path, &first, 0) == 0 && (first.st_mode & 0777) == 0640);
	/* it is there: not written again, in whatever form it comes */
	CHECK(blob_write(directory, &name, SPAN("nonsense"), &mended) == 0 && !mended);
	CHECK(fstatat(directory, path, &then, 0) == 0 && then.st_ino == first.st_ino);

	for (off_t size = 0; size < (off_t)file.n; size += 997) {	/* torn */
		fd = openat(directory, path, O_WRONLY);
		CHECK(ftruncate(fd, size) == 0);
		close(fd);
		out_clear(&got);
		CHECK(blob_read(directory, &name, &got) == -EBADMSG && got.n == 0);
		mended = false;
		CHECK(blob_write(directory, &name, out_view(&file), &mended) == 0 && mended);
		CHECK(blob_read(directory, &name, &got) == 0);
	}
	/* a file that could hold no body is not read to its end */
	fd = openat(directory, path, O_WRONLY);
	CHECK(ftruncate(fd, 1LL << 40) == 0);
	close(fd);
	CHECK(blob_read(directory, &name, &got) == -EBADMSG);
	CHECK(unlinkat(directory, path, 0) == 0 && symlinkat("/dev/zero", directory, path) == 0);
	CHECK(blob_read(directory, &name, &got) == -ELOOP);
	CHECK(blob_write(directory, &name, out_view(&file), &mended) == -ELOOP);
	out_free(&body);
	out_free(&file);
	out_free(&got);
	close(directory);
	remove_folder(folder);
}

int
main(void)
{
	names();
	every_prefix();
	other_frames();
	limits();
	files();
	return check_end();
}
