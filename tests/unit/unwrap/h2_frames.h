/* h2_frames.h: frames of HTTP/2 made by hand, right and wrong ones, and looked for in what was sent. */
#ifndef H2_FRAMES_H
#define H2_FRAMES_H

#include <nghttp2/nghttp2.h>

#include "out.h"
#include "unwrap/h2.h"

#define END_STREAM 0x1
#define ACK 0x1
#define END_HEADERS 0x4
#define PADDED 0x8

struct field {
	const char *name, *value;
	size_t value_n;		/* 0: as long as its text */
};

__attribute__((unused)) static void
put_frame(struct out *out, uint8_t type, uint8_t flags, uint32_t id, struct span payload)
{
	out_be32(out, (uint32_t)payload.n << 8 | type);
	out_u8(out, flags);
	out_be32(out, id);
	out_span(out, payload);
}

/* RFC 7541 section 5.2, not Huffman coded. */
__attribute__((unused)) static void
put_string(struct out *out, struct span text)
{
	size_t n = text.n;

	if (n < 127) {
		out_u8(out, (uint8_t)n);
	} else {
		out_u8(out, 127);
		for (n -= 127; n >= 128; n >>= 7)
			out_u8(out, (uint8_t)(n | 128));
		out_u8(out, (uint8_t)n);
	}
	out_span(out, text);
}

/* A literal without indexing (section 6.2.2). */
__attribute__((unused)) static void
put_literal(struct out *out, struct span name, struct span value)
{
	out_u8(out, 0);
	put_string(out, name);
	put_string(out, value);
}

__attribute__((unused)) static void
put_fields(struct out *out, const struct field *fields, size_t count)
{
	for (size_t i = 0; i < count && fields[i].name; i++)
		put_literal(out, span_text(fields[i].name),
		    span_of(fields[i].value, fields[i].value_n ? fields[i].value_n : strlen(fields[i].value)));
}

/* HEADERS with these, in one frame. */
__attribute__((unused)) static void
put_headers(struct out *out, uint8_t flags, uint32_t id, const struct field *fields, size_t count)
{
	struct out block = out_new(1 << 20);

	put_fields(&block, fields, count);
	put_frame(out, NGHTTP2_HEADERS, flags | END_HEADERS, id, out_view(&block));
	out_free(&block);
}

__attribute__((unused)) static void
put_request(struct out *out, uint8_t flags, uint32_t id, const char *method)
{
	const struct field fields[] = {
		{ ":method", method, 0 }, { ":scheme", "https", 0 }, { ":path", "/", 0 }, { ":authority", "a.b", 0 },
	};

	put_headers(out, flags, id, fields, COUNT(fields));
}

__attribute__((unused)) static void
put_preface(struct out *out, bool is_client)
{
	if (is_client)
		out_bytes(out, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
	put_frame(out, NGHTTP2_SETTINGS, 0, 0, SPAN(""));
}

__attribute__((unused)) static void
put_code(struct out *out, uint8_t type, uint32_t id, uint32_t code)
{
	uint8_t p[4] = { (uint8_t)(code >> 24), (uint8_t)(code >> 16), (uint8_t)(code >> 8), (uint8_t)code };

	put_frame(out, type, 0, id, span_of(p, sizeof(p)));
}

/* The first frame in `wire` of that type and stream; its payload. False: none. */
__attribute__((unused)) static bool
find_frame(struct span wire, uint8_t type, uint32_t id, struct span *payload)
{
	if (span_equal(span_head(wire, NGHTTP2_CLIENT_MAGIC_LEN), span_text(NGHTTP2_CLIENT_MAGIC)))
		wire = span_skip(wire, NGHTTP2_CLIENT_MAGIC_LEN);
	while (wire.n >= 9) {
		size_t n = span_be32(wire, 0) >> 8;

		if (wire.n < 9 + n)
			return false;
		if (wire.p[3] == type && span_be32(wire, 5) == id) {
			*payload = span_of(wire.p + 9, n);
			return true;
		}
		wire = span_skip(wire, 9 + n);
	}
	return false;
}

/* What RST_STREAM (or GOAWAY, of stream 0) says; UINT32_MAX: there is none. */
__attribute__((unused)) static uint32_t
code_of(struct span wire, uint32_t id)
{
	struct span payload;

	if (!find_frame(wire, id ? NGHTTP2_RST_STREAM : NGHTTP2_GOAWAY, id, &payload))
		return UINT32_MAX;
	return span_be32(payload, id ? 0 : 4);
}

#endif
