/* What was coded comes back, however it is cut; what is too much, too short or too long does not. */
#include "coding/coding.h"

#include <brotli/encode.h>
#include <errno.h>
#include <zlib.h>
#include <zstd.h>

#include "check.h"
#include "out.h"

static const struct coding_limits wide = { 64 << 20, UINT32_MAX, 64 << 20 };

/* As it is written in a header; "raw" is deflate without a head. */
static const char *const names[] = { "gzip", "deflate", "br", "zstd", "raw" };
enum { GZIP, DEFLATE, BR, ZSTD, RAW, CASES };

static enum coding_kind
kind_of(int i)
{
	return i == RAW ? CODING_DEFLATE : (enum coding_kind)i;
}

static void
deflate_to(struct out *out, struct span in, int window)
{
	z_stream zlib = { 0 };

	if (deflateInit2(&zlib, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK || !out_reserve(out, in.n + 1024))
		abort();
	zlib.next_in = (Bytef *)in.p;
	zlib.avail_in = (unsigned int)in.n;
	zlib.next_out = out->p + out->n;
	zlib.avail_out = (unsigned int)in.n + 1024;
	CHECK(deflate(&zlib, Z_FINISH) == Z_STREAM_END);
	out->n += zlib.total_out;
	deflateEnd(&zlib);
}

static void
encode(int i, struct span in, struct out *out)
{
	size_t n = in.n + 1024;

	if (i == GZIP || i == DEFLATE || i == RAW) {
		deflate_to(out, in, i == GZIP ? 31 : i == DEFLATE ? 15 : -15);
		return;
	}
	if (!out_reserve(out, n))
		abort();
	if (i == BR)
		CHECK(BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, in.n, in.p, &n, out->p + out->n));
	else
		n = ZSTD_compress(out->p + out->n, n, in.p, in.n, 3);
	out->n += n;
}

static bool
decode(int i, const struct coding_limits *limits, struct span in, size_t run, size_t most, struct out *out)
{
	struct coding *coding = NULL;
	enum coding_step step = CODING_MORE;

	CHECK(coding_new(&coding, kind_of(i), limits) == 0);
	do {
		struct span part = span_head(in, run);

		in = span_skip(in, part.n);
		do
			step = coding_put(coding, &part, in.n == 0, most, out);
		while (step == CODING_FULL);
	} while (step == CODING_MORE && in.n);
	CHECK((step == CODING_BAD) == (*coding_error(coding) != 0));
	coding_free(&coding);
	return step == CODING_MORE;
}

static void
fill(struct out *text, size_t n)
{
	uint32_t chance = 7;

	while (text->n < n) {
		chance = chance * 1664525u + 1013904223u;
		out_printf(text, "{\"id\":%u,\"name\":\"Ann %u\"}\n", chance >> 8, chance >> 20);
	}
}

static void
test_round(int i)
{
	static const size_t sizes[] = { 0, 1, 100, 5000, 300000 };

	for (size_t k = 0; k < COUNT(sizes); k++) {
		struct out text = out_new(1 << 24), coded = out_new(1 << 24);

		fill(&text, sizes[k]);
		encode(i, out_view(&text), &coded);
		for (size_t run = 1; run < coded.n + 7; run = run * 3 + 1) {
			struct out out = out_new(1 << 24);

			CHECK_ROW(names[i], decode(i, &wide, out_view(&coded), run, k < 4 ? run : 100000, &out));
			CHECK_ROW(names[i], span_equal(out_view(&out), out_view(&text)));
			out_free(&out);
		}
		out_free(&text);
		out_free(&coded);
	}
}

/* Every beginning is too short, and a byte more is too long. */
static void
test_ends(int i)
{
	struct out text = out_new(1 << 20), coded = out_new(1 << 20), out = out_new(1 << 20);

	fill(&text, 500);
	encode(i, out_view(&text), &coded);
	for (size_t n = 1; n < coded.n; n++) {
		out_clear(&out);
		CHECK_ROW(names[i], !decode(i, &wide, span_head(out_view(&coded), n), SIZE_MAX, SIZE_MAX / 2, &out));
	}
	out_u8(&coded, 'x');
	for (size_t run = 1; run < 2 * coded.n; run *= 2)
		CHECK_ROW(names[i], !decode(i, &wide, out_view(&coded), run, SIZE_MAX / 2, &out));
	out_clear(&out);
	CHECK_ROW(names[i], decode(i, &wide, SPAN(""), 1, 1, &out) && out.n == 0);
	CHECK_ROW(names[i], !decode(i, &wide, SPAN("\xff\xff\xff\xff garbage"), 1, 10, &out));
	out_free(&text);
	out_free(&coded);
	out_free(&out);
}

static void
test_bombs(int i)
{
	static const struct coding_limits few = { 1 << 20, UINT32_MAX, 64 << 20 }, flat = { 64 << 20, 20, 64 << 20 };
	struct out text = out_new(1 << 24), coded = out_new(1 << 24), out = out_new(1 << 24);

	out_zero(&text, 8 << 20);
	encode(i, out_view(&text), &coded);
	CHECK_ROW(names[i], decode(i, &wide, out_view(&coded), 100, 1 << 16, &out) && out.n == text.n);
	out_clear(&out);
	CHECK_ROW(names[i], !decode(i, &few, out_view(&coded), 100, 1 << 16, &out) && out.n <= (1 << 20) + (32 << 10));
	out_clear(&out);
	CHECK_ROW(names[i], !decode(i, &flat, out_view(&coded), 100, 1 << 16, &out) && out.n < 1 << 20);
	out_free(&text);
	out_free(&coded);
	out_free(&out);
}

/* Several in a row are one text where the coding says so. */
static void
test_several(int i)
{
	bool may = i == GZIP || i == ZSTD;
	struct out coded = out_new(1 << 20), out = out_new(1 << 20);

	encode(i, SPAN("one "), &coded);
	encode(i, SPAN("two"), &coded);
	for (size_t run = 1; run < 2 * coded.n; run *= 2) {
		out_clear(&out);
		CHECK_ROW(names[i], decode(i, &wide, out_view(&coded), run, 3, &out) == may);
		CHECK_ROW(names[i], !may || span_equal(out_view(&out), SPAN("one two")));
	}
	out_free(&coded);
	out_free(&out);
}

/* A window that is too wide, and memory that is too little. */
static void
test_memory(void)
{
	static const struct coding_limits tight = { 64 << 20, UINT32_MAX, 1000 };
	struct coding *coding = NULL;
	enum coding_kind kind;
	struct out text = out_new(1 << 27), coded = out_new(1 << 27), out = out_new(1 << 27);
	ZSTD_CCtx *encoder = ZSTD_createCCtx();

	for (int i = 0; i < CODINGS; i++)
		CHECK_ROW(names[i], coding_new(&coding, kind_of(i), &tight) == -ENOMEM && !coding);
	fill(&text, 20 << 20);
	CHECK(out_reserve(&coded, 30 << 20));
	ZSTD_CCtx_setParameter(encoder, ZSTD_c_windowLog, 24);
	ZSTD_CCtx_setParameter(encoder, ZSTD_c_contentSizeFlag, 0);
	coded.n = ZSTD_compress2(encoder, coded.p, coded.room, text.p, text.n);
	CHECK(!decode(ZSTD, &wide, out_view(&coded), SIZE_MAX, SIZE_MAX / 2, &out));
	ZSTD_freeCCtx(encoder);
	CHECK(coding_find(SPAN("X-GZip"), &kind) && kind == CODING_GZIP);
	CHECK(coding_find(SPAN("br"), &kind) && kind == CODING_BR);
	CHECK(!coding_find(SPAN("compress"), &kind) && !coding_find(SPAN("identity"), &kind) && !coding_find(SPAN(""), &kind));
	CHECK(coding_new(&coding, CODINGS, &wide) != 0);
	out_free(&text);
	out_free(&coded);
	out_free(&out);
}

int
main(void)
{
	for (int i = 0; i < CASES; i++) {
		test_round(i);
		test_ends(i);
		test_bombs(i);
		test_several(i);
	}
	test_memory();
	return check_end();
}
