/*
 * reader.h: another reader of HTTP/1.1, which shares nothing with the codec's.
 * It reads what a codec has written, and takes it apart into heads as they stand and
 * bodies without what frames them, so that two runs can be compared whose chunks were
 * cut in other places. What is no message is false; one without its end may be last.
 */
#ifndef READER_H
#define READER_H

#include <stdlib.h>

#include "out.h"

struct reader {
	struct span in;
	bool is_answer;
	const char *heads;	/* for each request, in order: 'H' where it was HEAD */
	size_t head_count, answers;
	struct out *out;
};

static bool
reader_has(struct span text, const char *part)
{
	return text.n && memmem(text.p, text.n, part, strlen(part));
}

static size_t
reader_number(struct span text, const char *behind, int base)
{
	const uint8_t *at = memmem(text.p, text.n, behind, strlen(behind));
	char digits[24] = { 0 };
	size_t n = (size_t)(text.p + text.n - at) - strlen(behind);

	memcpy(digits, at + strlen(behind), n < 23 ? n : 23);
	return strtoull(digits, NULL, base);
}

/* Up to and with the first `end`; empty: it is not there. */
static struct span
reader_upto(struct reader *r, const char *end)
{
	const uint8_t *at = r->in.n ? memmem(r->in.p, r->in.n, end, strlen(end)) : NULL;
	struct span taken = span_head(r->in, at ? (size_t)(at - r->in.p) + strlen(end) : 0);

	r->in = span_skip(r->in, taken.n);
	return taken;
}

static bool
reader_bytes(struct reader *r, size_t n)
{
	struct span taken = span_head(r->in, n);

	out_span(r->out, taken);
	r->in = span_skip(r->in, taken.n);
	return taken.n == n;
}

/* False: it breaks off; *is_well says whether what was there is right. */
static bool
reader_chunks(struct reader *r, bool *is_well)
{
	while (r->in.n) {
		struct span line = reader_upto(r, "\r\n");
		size_t n = line.n ? reader_number(line, "", 16) : 0;

		if (line.n < 3 || !strchr("0123456789abcdef", line.p[0]))
			return *is_well = false;
		if (n == 0) {
			do {
				line = reader_upto(r, "\r\n");
				out_span(r->out, line);
			} while (line.n > 2);
			*is_well = line.n == 2;
			return true;
		}
		if (!reader_bytes(r, n) || reader_upto(r, "\r\n").n != 2)
			return *is_well = false;
	}
	return false;
}

/* Frames of a WebSocket up to the end: each a whole message, masked by the client alone. */
static bool
reader_frames(struct reader *r)
{
	while (r->in.n) {
		uint64_t n = r->in.n > 1 ? r->in.p[1] & 127 : 0;
		size_t wide = n == 126 ? 2 : n == 127 ? 8 : 0, head = 2 + wide + (r->is_answer ? 0 : 4);

		if (r->in.n < head || (r->in.p[0] & 0xf0) != 0x80 || !(r->in.p[0] & 15) || (r->in.p[1] >= 128) == r->is_answer)
			return false;
		for (size_t i = 0; i < wide; i++)
			n = (i ? n << 8 : 0) | r->in.p[2 + i];
		if (n > r->in.n - head || ((r->in.p[0] & 8) && n > 125))
			return false;
		out_u8(r->out, r->in.p[0]);
		for (size_t i = 0; i < n; i++)
			out_u8(r->out, r->is_answer ? r->in.p[head + i] : r->in.p[head + i] ^ r->in.p[head - 4 + i % 4]);
		out_printf(r->out, "[frame]\n");
		r->in = span_skip(r->in, head + n);
	}
	return true;
}

static bool
reader_message(struct reader *r)
{
	struct span head = reader_upto(r, "\r\n\r\n");
	unsigned int status;
	bool is_well = true, is_whole = true, is_head = false;

	if (head.n == 0 || (r->is_answer && (head.n < 17 || memcmp(head.p, "HTTP/1.1 ", 9) != 0)))
		return false;
	out_span(r->out, head);
	status = r->is_answer ? (unsigned int)reader_number(head, "HTTP/1.1 ", 10) : 0;
	if (status == 101 || (reader_has(head, "\r\nUpgrade: websocket\r\n") && r->in.n && r->in.p[0] >= 0x80))
		return reader_frames(r);
	if (r->is_answer && status < 200)
		return true;
	if (r->is_answer)
		is_head = r->answers < r->head_count && r->heads[r->answers] == 'H';
	r->answers++;
	if (is_head || status == 204 || status == 304)
		return true;
	if (reader_has(head, "\r\nTransfer-Encoding: chunked\r\n"))
		is_whole = reader_chunks(r, &is_well) && !reader_has(head, "\r\nContent-Length:");
	else if (reader_has(head, "\r\nContent-Length: "))
		is_whole = reader_bytes(r, reader_number(head, "\r\nContent-Length: ", 10));
	else if (r->is_answer)
		is_whole = reader_bytes(r, r->in.n);
	out_printf(r->out, is_whole ? "[end]\n" : "[cut]\n");
	return is_well && (is_whole || r->in.n == 0);
}

__attribute__((unused)) static bool
reader_read(struct reader *r)
{
	while (r->in.n)
		if (!reader_message(r))
			return false;
	return true;
}

#endif
