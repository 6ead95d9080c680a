/* A body in AWS's chunks, put into others: AWS's own examples, in every cutting; and what is refused. */
#include "inject/upload.h"

#include <errno.h>

#include "check.h"
#include "out.h"
#include "vault/sigv4.h"
#include "wire.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define TIME "20130524T000000Z"
#define SKILLS ";chunk-signature=0000000000000000000000000000000000000000000000000000000000000000"
#define PLAIN 66560	/* bytes of the examples */

static const struct {
	const char *name, *form, *seed, *trailer, *value;
	bool is_tls;
	size_t length;
	const char *signatures[4];
} examples[] = {
	{ "signed", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9", NULL, NULL,
	  true, 66824,
	  { "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
	    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
	    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9" } },
	{ "signed with a trailer", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
	  "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e", "X-Amz-Checksum-Crc32c", "sOO8/Q==", true, 66946,
	  { "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
	    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
	    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
	    "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435" } },
	/* not signed by the skill, and the backend is reached in the clear */
	{ "not signed, in the clear", "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
	  "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e", "X-Amz-Checksum-Crc32c", "sOO8/Q==", false, 66946,
	  { "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
	    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
	    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
	    "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435" } },
	{ "not signed, over TLS", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "", "X-Amz-Checksum-Crc32c", "sOO8/Q==", true, 66613, { NULL } },
};

static struct wire_request
request_of(struct wire_pair fields[2], const char *length, const char *trailer)
{
	fields[0] = (struct wire_pair){ SPAN("X-Amz-Decoded-Content-Length"), span_text(length) };
	fields[1] = (struct wire_pair){ SPAN("x-amz-trailer"), span_text(trailer) };
	return (struct wire_request){ .headers = fields, .header_count = trailer ? 2 : 1 };
}

/* 66,560 times 'a' as a skill sends it, in chunks of that size. */
static void
write_skills(struct out *out, const struct upload_form *form, size_t chunk, const char *trailer, const char *value)
{
	const char *signature = form->is_signed ? SKILLS : "";

	for (size_t left = PLAIN; left;) {
		size_t n = left < chunk ? left : chunk;

		out_printf(out, "%zX%s\r\n", n, signature);
		for (size_t i = 0; i < n; i++)
			out_u8(out, 'a');
		out_span(out, SPAN("\r\n"));
		left -= n;
	}
	out_printf(out, "0%s\r\n", signature);
	if (trailer)
		out_printf(out, "%s:%s\r\n", trailer, value);
	if (trailer && form->is_signed)
		out_printf(out, "x-amz-trailer-signature:%s\r\n", SKILLS + 17);
	out_span(out, SPAN("\r\n"));
}

/* As the keeper does. */
static void
sign(struct upload *upload, const uint8_t *room, size_t n)
{
	char signatures[VAULT_SIGV4_CHUNKS_MOST * VAULT_SIGV4_SIGNATURE];
	size_t count = (n - VAULT_SIGV4_CHUNKS_HEAD) / VAULT_SIGV4_HASH;
	struct span all = span_of(signatures, count * VAULT_SIGV4_SIGNATURE);

	CHECK(sigv4_sign_chunks(SPAN(SECRET), span_of(room, VAULT_SIGV4_TIME), SPAN("us-east-1"), SPAN("s3"), room + VAULT_SIGV4_TIME,
	    room[VAULT_SIGV4_CHUNKS_HEAD - 1], room + VAULT_SIGV4_CHUNKS_HEAD, count, signatures) == 0);
	CHECK(upload_answer(upload, span_head(all, all.n - 1)) == -EPROTO);
	CHECK(upload_answer(upload, all) == 0);
	CHECK(upload_answer(upload, all) == -EPROTO);
}

/* One run: taken, signed, gone on. */
static bool
carry(struct upload *upload, struct span run, bool ends, struct out *out)
{
	uint8_t room[UPLOAD_INPUT_MAX], again[UPLOAD_INPUT_MAX];
	size_t n;

	if (!upload_take(upload, run, ends)) {
		CHECK(*upload_why(upload) && !upload_asks(upload, room) && !upload_take(upload, SPAN(""), false));
		return false;
	}
	while ((n = upload_asks(upload, room))) {
		CHECK(upload_asks(upload, again) == n && !memcmp(room, again, n));
		sign(upload, room, n);
	}
	out_span(out, upload_view(upload));
	upload_sent(upload);
	return true;
}

static void
write_expected(struct out *out, size_t i)
{
	const char *const *signature = examples[i].signatures;
	size_t sizes[] = { 65536, 1024, 0 };

	for (size_t k = 0; k < COUNT(sizes); k++) {
		out_printf(out, "%zx%s%s\r\n", sizes[k], *signature ? ";chunk-signature=" : "", *signature ? *signature : "");
		signature += *signature != NULL;
		for (size_t n = 0; n < sizes[k]; n++)
			out_u8(out, 'a');
		if (sizes[k])
			out_span(out, SPAN("\r\n"));
	}
	if (examples[i].trailer)
		out_printf(out, "x-amz-checksum-crc32c:%s\r\n", examples[i].value);
	if (*signature)
		out_printf(out, "x-amz-trailer-signature:%s\r\n", *signature);
	out_span(out, SPAN("\r\n"));
}

/* `has_end`: the body ends with a run of its own, without bytes, as HTTP's chunks do. */
static void
check_example(size_t i, size_t chunk, size_t cut, bool has_end)
{
	const struct upload_form *form = upload_form_of(span_text(examples[i].form));
	struct out skills = out_new(1 << 20), said = out_new(1 << 20), expected = out_new(1 << 20);
	struct wire_pair fields[2];
	struct wire_request request = request_of(fields, "66560", examples[i].trailer);
	struct upload *upload = NULL;
	const char *why = NULL;
	struct span rest;

	CHECK_ROW(examples[i].name, upload_new(&upload, &request, form, examples[i].is_tls, &why) == 0 && !why);
	CHECK_ROW(examples[i].name, upload_length(upload) == examples[i].length);
	if (*examples[i].seed)
		upload_sign(upload, TIME, examples[i].seed);
	write_skills(&skills, form, chunk, examples[i].trailer, examples[i].value);
	for (rest = out_view(&skills); rest.n; rest = span_skip(rest, cut)) {
		CHECK_ROW(examples[i].name, !upload_is_done(upload));
		if (!CHECK_ROW(examples[i].name, carry(upload, span_head(rest, cut), !has_end && rest.n <= cut, &said)))
			break;
	}
	CHECK_ROW(examples[i].name, !has_end || (!upload_is_done(upload) && carry(upload, SPAN(""), true, &said)));
	write_expected(&expected, i);
	CHECK_ROW(examples[i].name, upload_is_done(upload) && said.n == examples[i].length);
	CHECK_ROW(examples[i].name, span_equal(out_view(&said), out_view(&expected)));
	upload_free(&upload);
	out_free(&skills);
	out_free(&said);
	out_free(&expected);
}

static const struct {
	const char *name, *form, *length, *trailer, *body;
	bool right;
} rows[] = {
	{ "nothing", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "0", NULL, "0\r\n\r\n", true },
	{ "a little", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "3", NULL, "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", true },
	{ "two trailers", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "0", "x-amz-checksum-crc32 , X-AMZ-Checksum-crc64nvme",
	  "0\r\nx-amz-checksum-crc64nvme:AAAAAAAAAAA=\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", true },
	{ "longer than told", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "2", NULL, "3\r\nabc\r\n0\r\n\r\n", false },
	{ "shorter than told", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "4", NULL, "3\r\nabc\r\n0\r\n\r\n", false },
	{ "cut", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "3", NULL, "3\r\nabc\r\n0\r\n\r", false },
	{ "a trailer missing", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "0", "x-amz-checksum-crc32", "0\r\n\r\n", false },
	{ "a trailer twice", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "0", "x-amz-checksum-crc32",
	  "0\r\nx-amz-checksum-crc32:AAAAAA==\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", false },
	{ "a trailer nobody told of", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "0", NULL, "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", false },
	{ "a trailer of another length", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "0", "x-amz-checksum-crc32",
	  "0\r\nx-amz-checksum-crc32:AAAAAAA==\r\n\r\n", false },
	{ "no chunks", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "5", NULL, "hello", false },
	{ "not signed", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "1", NULL, "1\r\na\r\n0\r\n\r\n", false },
};

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wire_pair fields[2];
		struct wire_request request = request_of(fields, rows[i].length, rows[i].trailer);
		struct out said = out_new(4096);
		struct upload *upload = NULL;
		const char *why = NULL;

		CHECK_ROW(rows[i].name, upload_new(&upload, &request, upload_form_of(span_text(rows[i].form)), true, &why) == 0);
		upload_sign(upload, TIME, examples[0].seed);
		CHECK_ROW(rows[i].name, carry(upload, on_cliff(span_text(rows[i].body)), true, &said) == rows[i].right);
		CHECK_ROW(rows[i].name, upload_is_done(upload) == rows[i].right);
		CHECK_ROW(rows[i].name, !rows[i].right || said.n == upload_length(upload));
		upload_free(&upload);
		out_free(&said);
	}
}

static void
check_heads(void)
{
	static const char *const lengths[] = { "", "-1", " 1", "0x1", "1,1", "99999999999999999999999", "1125899906842625" };
	static const char *const names[] = { "x-amz-meta-a", "content-md5", "x-amz-checksum-crc32,", ",", "x-amz-checksum-crc32,x-amz-checksum-CRC32" };
	const struct upload_form *form = upload_form_of(SPAN("STREAMING-UNSIGNED-PAYLOAD-TRAILER"));
	struct wire_pair fields[2], trailer = { SPAN("a"), SPAN("b") };
	struct wire_request request;
	struct upload *upload = NULL;
	const char *why;

	CHECK(!upload_form_of(SPAN("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")) && !upload_form_of(SPAN("")));
	for (size_t i = 0; i < COUNT(lengths); i++) {
		why = NULL;
		request = request_of(fields, lengths[i], NULL);
		CHECK_ROW(lengths[i], upload_new(&upload, &request, form, true, &why) == -EINVAL && why && !upload);
	}
	for (size_t i = 0; i < COUNT(names); i++) {
		why = NULL;
		request = request_of(fields, "0", names[i]);
		CHECK_ROW(names[i], (upload_new(&upload, &request, form, true, &why) == -EINVAL && why) == (i != 2));
		upload_free(&upload);
	}
	request = request_of(fields, "0", "x-amz-checksum-crc32");
	CHECK(upload_new(&upload, &request, upload_form_of(SPAN("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")), true, &why) == -EINVAL);
	request = request_of(fields, "0", NULL);
	request.trailers = &trailer;
	request.trailer_count = 1;
	CHECK(upload_new(&upload, &request, form, true, &why) == -EINVAL);
	request.trailer_count = 0;
	request.header_count = 0;
	CHECK(upload_new(&upload, &request, form, true, &why) == -EINVAL);
}

int
main(void)
{
	static const size_t chunks[] = { 65536, 8192, 100000, 5000 }, cuts[] = { 1 << 20, 66000, 65536, 4096, 1021 };

	for (size_t i = 0; i < COUNT(examples); i++)
		for (size_t k = 0; k < COUNT(chunks); k++)
			for (size_t n = 0; n < COUNT(cuts); n++)
				check_example(i, chunks[k], cuts[n], n % 2);
	for (size_t i = 0; i < COUNT(examples); i++)
		check_example(i, 65536, 1, true);
	check_rows();
	check_heads();
	return check_end();
}
