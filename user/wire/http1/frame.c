/*
 * frame.c: frames of a WebSocket (RFC 6455 section 5): read, and written anew.
 * No extension is ever agreed upon, so that no bit of one may be set; a length stands
 * in as few bytes as it can; the client masks, the server does not. What is written is
 * always one whole frame for a message, whoever cut it into several.
 */
#include "wire/http1/http1.h"

#include "base/utf8.h"

#define LAST 0x80
#define RESERVED 0x70
#define OPCODE 0x0f
#define CONTROL 0x08
#define MASKED 0x80
#define LENGTH 0x7f
#define LENGTH_16 126
#define LENGTH_64 127

void
http1_frame_mask(uint8_t *to, struct span from, const uint8_t key[4])
{
	for (size_t i = 0; i < from.n; i++)
		to[i] = from.p[i] ^ key[i % 4];
}

static bool
opcode_fits(struct http1 *h, const struct http1_frame *frame)
{
	if (frame->opcode > (frame->opcode & CONTROL ? FRAME_PONG : FRAME_BINARY))
		return http1_fail(h, 400, "a frame of no known kind");
	if ((frame->opcode & CONTROL) && !frame->is_last)
		return http1_fail(h, 400, "a control frame in pieces");
	return true;
}

/* False: more than may be, or in more bytes than it takes. */
static bool
length_fits(struct http1 *h, const struct http1_frame *frame, uint64_t n, size_t bytes)
{
	if ((bytes == 2 && n < LENGTH_16) || (bytes == 8 && n < 65536))
		return http1_fail(h, 400, "a frame's length in more bytes than it takes");
	if ((frame->opcode & CONTROL) && n > FRAME_CONTROL_MAX)
		return http1_fail(h, 400, "a control frame that is too long");
	if (n > h->set.unit_limit)
		return http1_fail(h, 413, "a message longer than the limit");
	return true;
}

enum wire_step
http1_frame_read(struct http1 *h, enum wire_side side, struct span in, struct http1_frame *frame, struct wire_event *event)
{
	bool is_masked = side == WIRE_CLIENT;
	size_t bytes;
	uint64_t n;

	if (in.n < 2)
		return http1_more(event, 2);
	*frame = (struct http1_frame){ .is_last = in.p[0] & LAST, .opcode = in.p[0] & OPCODE };
	if (in.p[0] & RESERVED)
		http1_fail(h, 400, "a frame of an extension that nobody agreed upon");
	else if (!(in.p[1] & MASKED) == is_masked)
		http1_fail(h, 400, is_masked ? "a frame of the client without mask" : "a frame of the server with a mask");
	if (h->why || !opcode_fits(h, frame))
		return http1_bad(h, event);
	n = in.p[1] & LENGTH;
	bytes = n == LENGTH_16 ? 2 : n == LENGTH_64 ? 8 : 0;
	frame->head = 2 + bytes + (is_masked ? 4 : 0);
	if (in.n < frame->head)
		return http1_more(event, frame->head);
	for (size_t i = 0, high = bytes; i < high; i++)
		n = i ? n << 8 | in.p[2 + i] : in.p[2];
	if (!length_fits(h, frame, n, bytes))
		return http1_bad(h, event);
	frame->n = (size_t)n;
	if (is_masked)
		memcpy(frame->key, in.p + 2 + bytes, 4);
	return in.n < frame->head + frame->n ? http1_more(event, frame->head + frame->n) : WIRE_UNIT;
}

/* ---- written ------------------------------------------------------------------------- */

static void
write_length(size_t n, uint8_t masked, struct out *out)
{
	if (n < LENGTH_16) {
		out_u8(out, (uint8_t)(masked | n));
		return;
	}
	out_u8(out, masked | (n < 65536 ? LENGTH_16 : LENGTH_64));
	for (int shift = n < 65536 ? 8 : 56; shift >= 0; shift -= 8)
		out_u8(out, (uint8_t)((uint64_t)n >> shift));
}

/* `first` and `rest` behind each other; under `key`, unless it is NULL. */
void
http1_frame_write(uint8_t opcode, const uint8_t key[4], struct span first, struct span rest, struct out *out)
{
	size_t at;

	out_u8(out, LAST | opcode);
	write_length(first.n + rest.n, key ? MASKED : 0, out);
	if (key)
		out_bytes(out, key, 4);
	at = out->n;
	out_span(out, first);
	out_span(out, rest);
	for (size_t i = at; key && !out->failed && i < out->n; i++)
		out->p[i] ^= key[(i - at) % 4];
}

/* Of the daemon's own, to a client. What does not fit is left away, by whole characters. */
void
http1_frame_close(unsigned int code, struct span reason, struct out *out)
{
	uint8_t number[2] = { (uint8_t)(code >> 8), (uint8_t)code };
	size_t n = 0, step;

	while ((step = utf8_length(span_skip(reason, n))) && n + step <= FRAME_CONTROL_MAX - sizeof(number))
		n += step;
	http1_frame_write(FRAME_CLOSE, NULL, span_of(number, sizeof(number)), span_head(reason, n), out);
}
