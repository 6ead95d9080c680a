/* What is read as AWS's own chunks, however it is cut, and what is not. */
#include "inject/chunked.h"

#include "check.h"
#include "out.h"

#define SIGNATURE ";chunk-signature=0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"
#define LAST "x-amz-trailer-signature:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n"
#define CRC "x-amz-checksum-crc32:AAAAAA==\r\n"
#define LONG "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
	const char *name;
	bool is_signed, has_trailers;
	struct span in;
	const char *out;	/* NULL: it is bad */
} rows[] = {
	{ "nothing", false, false, SPAN("0\r\n\r\n"), "." },
	{ "one chunk", false, false, SPAN("5\r\nhello\r\n0\r\n\r\n"), "hello." },
	{ "zeros, and both cases", false, false, SPAN("00a\r\n0123456789\r\n0A\r\nabcdefghij\r\n000\r\n\r\n"), "0123456789abcdefghij." },
	{ "line ends in it", false, false, SPAN("4\r\n\r\n0\n\r\n0\r\n\r\n"), "\r\n0\n." },
	{ "a trailer", false, true, SPAN("1\r\na\r\n0\r\n" CRC "\r\n"), "a[x-amz-checksum-crc32=AAAAAA==]." },
	{ "two", false, true, SPAN("0\r\n" CRC "b:1\r\n\r\n"), "[x-amz-checksum-crc32=AAAAAA==][b=1]." },
	{ "none", false, true, SPAN("0\r\n\r\n"), "." },
	{ "signed", true, false, SPAN("1" SIGNATURE "\r\na\r\n0" SIGNATURE "\r\n\r\n"), "a." },
	{ "signed with a trailer", true, true, SPAN("0" SIGNATURE "\r\n" CRC LAST "\r\n"), "[x-amz-checksum-crc32=AAAAAA==]." },
	{ "a trailer of no kind", false, false, SPAN("0\r\n" CRC "\r\n"), NULL },
	{ "not signed", true, false, SPAN("1\r\na\r\n"), NULL },
	{ "signed all the same", false, false, SPAN("1" SIGNATURE "\r\na\r\n"), NULL },
	{ "a signature too short", true, false, SPAN("1;chunk-signature=0123\r\na\r\n"), NULL },
	{ "a signature too long", true, false, SPAN("1" SIGNATURE "0\r\na\r\n"), NULL },
	{ "another extension", true, false, SPAN("1" SIGNATURE ";a\r\na\r\n"), NULL },
	{ "a blank", false, false, SPAN("1 \r\na\r\n"), NULL },
	{ "no size", false, false, SPAN("\r\na\r\n"), NULL },
	{ "no number", false, false, SPAN("0x1\r\na\r\n"), NULL },
	{ "a sign", false, false, SPAN("+1\r\na\r\n"), NULL },
	{ "a size too large", false, false, SPAN("1000000000000000\r\na\r\n"), NULL },
	{ "a bare line feed", false, false, SPAN("1\na\r\n"), NULL },
	{ "a bare carriage return", false, false, SPAN("1\ra\r\n"), NULL },
	{ "more than it said", false, false, SPAN("1\r\nab\r\n"), NULL },
	{ "less than it said", false, false, SPAN("3\r\na\r\n0\r\n\r\n"), NULL },
	{ "something behind it", false, false, SPAN("0\r\n\r\n0"), NULL },
	{ "the last not signed", true, true, SPAN("0" SIGNATURE "\r\n" CRC "\r\n"), NULL },
	{ "behind the trailers' signature", true, true, SPAN("0" SIGNATURE "\r\n" LAST CRC), NULL },
	{ "a trailer without a value", false, true, SPAN("0\r\na:\r\n"), NULL },
	{ "a trailer without a name", false, true, SPAN("0\r\n:b\r\n"), NULL },
	{ "a trailer with a blank", false, true, SPAN("0\r\na: b\r\n"), NULL },
	{ "a line too long", false, true, SPAN("0\r\na:" LONG LONG LONG LONG LONG LONG "\r\n"), NULL },
	{ "trailers too many", false, true, SPAN("0\r\na:1\r\nb:1\r\nc:1\r\nd:1\r\ne:1\r\nf:1\r\ng:1\r\nh:1\r\ni:1\r\n"), NULL },
};

/* The steps up to where more is needed; false: it is bad. */
static bool
feed(struct chunked *c, struct span in, struct out *log)
{
	for (;;) {
		switch (chunked_next(c, &in)) {
		case CHUNKED_DATA:
			out_span(log, c->data);
			break;
		case CHUNKED_TRAILER:
			out_printf(log, "[%.*s=%.*s]", (int)c->name.n, (const char *)c->name.p, (int)c->value.n, (const char *)c->value.p);
			break;
		case CHUNKED_END:
			out_u8(log, '.');
			break;
		case CHUNKED_MORE:
			CHECK(in.n == 0);
			return true;
		default:
			return false;
		}
	}
}

static void
check_row(size_t i, size_t cut)
{
	struct span in = rows[i].in;
	struct out log = out_new(4096);
	struct chunked c;
	bool right;

	chunked_begin(&c, rows[i].is_signed, rows[i].has_trailers);
	right = feed(&c, on_cliff(span_head(in, cut)), &log) && feed(&c, on_cliff(span_skip(in, cut)), &log);
	CHECK_ROW(rows[i].name, right == (rows[i].out != NULL));
	CHECK_ROW(rows[i].name, !right || span_is(out_view(&log), rows[i].out));
	CHECK_ROW(rows[i].name, right || !feed(&c, SPAN("0\r\n\r\n"), &log));	/* finality */
	out_free(&log);
}

/* What is whole is so with its last byte, and no sooner. */
static void
check_prefixes(size_t i)
{
	for (size_t n = 0; n < rows[i].in.n; n++) {
		struct out log = out_new(4096);
		struct chunked c;

		chunked_begin(&c, rows[i].is_signed, rows[i].has_trailers);
		CHECK_ROW(rows[i].name, feed(&c, on_cliff(span_head(rows[i].in, n)), &log));
		CHECK_ROW(rows[i].name, !log.n || log.p[log.n - 1] != '.');
		out_free(&log);
	}
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t cut = 0; cut <= rows[i].in.n; cut++)
			check_row(i, cut);
		if (rows[i].out)
			check_prefixes(i);
	}
	return check_end();
}
