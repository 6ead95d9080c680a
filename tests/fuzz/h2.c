/*
 * h2.c: HTTP/2 from a peer that may send anything, on either face.
 * The first byte chooses the face and how the rest is used: as frames, or as the fields of one head and the pieces of its
 * body. Whatever comes, each stream comes out as the beginning of exactly one message of HTTP/1.1, or the whole of
 * it once it has ended, by a reader of its own; and what is kept and what is sent stays within limits.
 */
#include "law.h"

#include <nghttp2/nghttp2.h>

#include "out.h"
#include "unwrap/h2.h"

#define FOR_CLIENT 0x01		/* which face reads */
#define AS_FIELDS 0x02		/* text, not frames: lines of "name=value", then lines of the body */
#define TAKES 0x04		/* what comes is taken at once */
#define CUTS 0x08
#define ANSWERS 0x10
#define AS_GIVEN 0x20		/* HTTP/1.1, given to one face for the other */
#define STREAMS 8

static const struct h2_limits limits = {
	.streams = STREAMS, .header_bytes = 4096, .stream_window = 65535, .connection_window = 100000,
	.waiting_bytes = 20000, .queue_bytes = 4096, .patience = 300,
	.linger_bytes = 3000, .linger_seconds = 2, .memory = 1 << 20,
};

struct seen {
	uint32_t number;
	struct out text;
};
static struct seen seen[64];
static size_t seen_count;

/* ---- one message, read by the letter of RFC 9112 ---- */

enum came { CAME_PART, CAME_WHOLE, CAME_WRONG };

static bool
line_of(struct span *text, struct span *line)
{
	const uint8_t *end = text->n ? memchr(text->p, '\n', text->n) : NULL;

	if (!end)
		return false;
	law(end > text->p && end[-1] == '\r', "lines end with CR LF");
	*line = span_of(text->p, (size_t)(end - text->p) - 1);
	for (size_t i = 0; i < line->n; i++)
		law(line->p[i] != '\r' && line->p[i] != '\0', "no CR and no NUL in a line");
	*text = span_skip(*text, line->n + 2);
	return true;
}

static bool
begins(struct span line, const char *with)
{
	return line.n >= strlen(with) && !memcmp(line.p, with, strlen(with));
}

struct head {
	unsigned int hosts, lengths, chunked, upgrades;
	unsigned long long length;
	unsigned int status;	/* 0: a request */
};

static enum came
read_fields(struct span *text, struct head *head)
{
	struct span line;

	while (line_of(text, &line)) {
		if (!line.n)
			return CAME_WHOLE;
		law(memchr(line.p, ':', line.n) && line.p[0] > ' ', "a field has a name");
		head->hosts += begins(line, "Host: ") || begins(line, "host:");
		head->chunked += begins(line, "Transfer-Encoding: chunked");
		head->upgrades += begins(line, "Upgrade: websocket");
		law(!begins(line, "transfer-encoding:") && !begins(line, "connection:"), "of one connection");
		if (begins(line, "Content-Length: ") || begins(line, "content-length:")) {
			head->lengths++;
			head->length = strtoull((const char *)line.p + 16, NULL, 10);
		}
	}
	return CAME_PART;
}

static enum came
read_chunks(struct span *text)
{
	struct head trailers = { 0 };
	struct span line;

	while (line_of(text, &line)) {
		unsigned long n = strtoul((const char *)line.p, NULL, 16);

		law(line.n > 0 && line.n < 9, "a chunk has a size");
		if (!n) {
			enum came came = read_fields(text, &trailers);

			law(!trailers.hosts && !trailers.chunked && !trailers.lengths, "no framing in trailers");
			return came;
		}
		if (text->n < n + 2)
			return CAME_PART;
		law(!memcmp(text->p + n, "\r\n", 2), "a chunk has its end");
		*text = span_skip(*text, n + 2);
	}
	return CAME_PART;
}

static void
read_first_line(struct span line, struct head *head)
{
	size_t blanks = 0;

	if (begins(line, "HTTP/1.1 ")) {
		law(line.n == 13 && line.p[12] == ' ', "a status line");
		head->status = (unsigned int)strtoul((const char *)line.p + 9, NULL, 10);
		return;
	}
	for (size_t i = 0; i < line.n; i++)
		blanks += line.p[i] == ' ' || line.p[i] == '\t';
	law(line.n > 11 && blanks == 2 && !memcmp(line.p + line.n - 9, " HTTP/1.1", 9), "a request line");
}

static enum came
read_message(struct span *text, bool is_bare)
{
	struct head head = { 0 };
	struct span line;

	if (!line_of(text, &line))
		return CAME_PART;
	read_first_line(line, &head);
	if (read_fields(text, &head) == CAME_PART)
		return CAME_PART;
	law(head.status || head.hosts == 1, "one host");
	law(head.lengths + head.chunked <= 1, "one framing");
	law(!head.upgrades || (!head.status && head.upgrades == 1 && !head.lengths && !head.chunked), "a WebSocket is one");
	if (head.upgrades) {	/* whatever follows is its frames */
		*text = SPAN("");
		return CAME_WHOLE;
	}
	if (head.status && head.status < 200)
		return read_message(text, is_bare);
	if ((is_bare && head.status) || head.status == 204 || head.status == 304)
		return CAME_WHOLE;
	law(!head.status || head.lengths + head.chunked == 1, "an answer says where it ends");
	if (head.chunked)
		return read_chunks(text);
	if (text->n < head.length)
		return CAME_PART;
	*text = span_skip(*text, head.length);
	return CAME_WHOLE;
}

static void
check_stream(const struct h2 *h2, const struct seen *one)
{
	struct span text = out_view(&one->text);
	enum came came = text.n ? read_message(&text, one->number == 2) : CAME_PART;
	struct h2_stream_state state = h2_stream_state(h2, one->number);

	law(!(came == CAME_WHOLE && text.n), "nothing behind the one message");
	if (state.has_ended && !h2_stream_in(h2, one->number).n)
		law(came == CAME_WHOLE, "what has ended is whole");
}

/* ---- a face and its holder ---- */

static struct seen *
seen_of(uint32_t number)
{
	for (size_t i = 0; i < seen_count; i++)
		if (seen[i].number == number)
			return &seen[i];
	if (seen_count == COUNT(seen))
		return NULL;
	seen[seen_count] = (struct seen){ number, out_new(1 << 22) };
	return &seen[seen_count++];
}

static const struct span answer = SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx: y\r\n\r\n");

static void
take(struct h2 *h2, uint32_t number)
{
	struct seen *one = seen_of(number);
	struct span in = h2_stream_in(h2, number);

	law(in.n <= 7 * 65535u + 4 * 4096, "what waits is bounded");
	if (one)
		out_span(&one->text, in);
	h2_stream_take(h2, number, in.n);
	if (one)
		check_stream(h2, one);
}

static void
serve(struct h2 *h2, uint8_t how)
{
	uint32_t number;

	while ((number = h2_begun(h2))) {
		law(!seen_of(number) || !seen_of(number)->text.n, "a stream begins once");
		if (how & ANSWERS)
			h2_stream_give(h2, number, answer);
		if (how & ANSWERS && !(how & TAKES))
			h2_stream_free(h2, number);	/* it lingers */
	}
	while ((number = h2_stirred(h2)))
		if (how & TAKES)
			take(h2, number);
}

static bool
feed(struct h2 *h2, struct span in, uint8_t how)
{
	struct out wire = out_new(1 << 20);
	enum h2_state state;

	h2_read(h2, in);
	serve(h2, how);
	if (how & CUTS)
		h2_rest(h2, 1);
	state = h2_write(h2, &wire);
	law(!wire.failed && wire.n < H2_WIRE_BYTES + (32u << 10), "what is sent is bounded");
	law(state != H2_BROKEN || h2_error(h2)[0], "who breaks says why");
	out_free(&wire);
	return state != H2_BROKEN;
}

/* ---- how the input is used ---- */

static void
put_frame(struct out *out, uint8_t type, uint8_t flags, struct span payload)
{
	out_be32(out, (uint32_t)payload.n << 8 | type);
	out_u8(out, flags);
	out_be32(out, 1);
	out_span(out, payload);
}

static struct span
next_line(struct span *in)
{
	const uint8_t *end = in->n ? memchr(in->p, '\n', in->n) : NULL;
	struct span line = span_head(*in, end ? (size_t)(end - in->p) : in->n);

	*in = span_skip(*in, line.n + 1);
	return line;
}

/* Fields as literals (RFC 7541 section 6.2.2), then DATA; an empty line is where one head or body ends. */
static void
put_fields(struct out *out, struct span in)
{
	struct out block = out_new(1 << 20);

	while (in.n) {
		struct span line = next_line(&in);
		const uint8_t *is = line.n ? memchr(line.p, '=', line.n) : NULL;
		struct span name = span_head(line, is ? (size_t)(is - line.p) : line.n), value = span_skip(line, name.n + 1);

		if (!line.n || name.n > 126 || value.n > 126)
			break;
		out_u8(&block, 0);
		out_u8(&block, (uint8_t)name.n);
		out_span(&block, name);
		out_u8(&block, (uint8_t)value.n);
		out_span(&block, value);
	}
	put_frame(out, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | (in.n ? 0 : NGHTTP2_FLAG_END_STREAM),
	    span_head(out_view(&block), 16384));
	out_free(&block);
}

static void
make_frames(struct out *out, struct span in, uint8_t how)
{
	if (!(how & FOR_CLIENT))
		out_bytes(out, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
	out_bytes(out, "\0\0\0\4\0\0\0\0\0", 9);
	if (!(how & AS_FIELDS)) {
		out_span(out, in);
		return;
	}
	while (in.n) {
		const uint8_t *gap = memmem(in.p, in.n, "\n\n", 2);
		struct span part = span_head(in, gap ? (size_t)(gap - in.p) : in.n);
		struct span rest = span_skip(in, part.n + 2);

		if (part.n && part.p[0] == '!')
			put_frame(out, NGHTTP2_DATA, rest.n ? 0 : NGHTTP2_FLAG_END_STREAM, span_head(span_skip(part, 1), 16384));
		else
			put_fields(out, span_of(part.p, part.n + (rest.n ? 2 : 0)));
		in = rest;
	}
}

static void
ask(struct h2 *h2, const char *text)
{
	struct out wire = out_new(1 << 20);
	uint32_t number = h2_begin(h2);

	h2_stream_give(h2, number, span_text(text));
	h2_write(h2, &wire);
	out_free(&wire);
}

static void
try_frames(struct span in, uint8_t how)
{
	struct out frames = out_new(1 << 22);
	struct h2 *h2 = NULL;
	struct span rest;

	if ((how & FOR_CLIENT ? h2_client_new : h2_server_new)(&h2, "https", &limits))
		abort();
	if (!(how & FOR_CLIENT) && how & ANSWERS)
		(void)h2_take_sockets(h2);
	make_frames(&frames, in, how);
	if (how & FOR_CLIENT) {
		ask(h2, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
		ask(h2, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
		ask(h2, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
	}
	rest = out_view(&frames);
	while (rest.n) {
		struct span part = span_head(rest, how & CUTS ? 1 + rest.n % 7 : 16384);

		if (!feed(h2, part, how))
			break;
		rest = span_skip(rest, part.n);
	}
	for (size_t i = 0; i < seen_count; i++)
		if (seen[i].number % 2)
			h2_stream_free(h2, seen[i].number);
	feed(h2, SPAN(""), how);
	h2_free(&h2);
	out_free(&frames);
}

/* A request, or an answer, given in pieces to one face; the other must see one message, or none. */
static void
try_given(struct span in, uint8_t how)
{
	struct out to_server = out_new(1 << 22), to_client = out_new(1 << 22);
	struct h2 *client = NULL, *server = NULL;
	bool is_answer = how & FOR_CLIENT;
	uint32_t number;

	if (h2_client_new(&client, "https", &limits) || h2_server_new(&server, "https", &limits))
		abort();
	number = h2_begin(client);
	if (is_answer)
		h2_stream_give(client, number, SPAN("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
	for (int round = 0; round < 64; round++) {
		struct span part = span_head(in, how & CUTS ? 1 + in.n % 7 : 4096);
		size_t took = 0;

		if (!is_answer || round > 2)
			took = h2_stream_give(is_answer ? server : client, number, part);
		in = span_skip(in, took);
		h2_write(client, &to_server);
		h2_write(server, &to_client);
		law(h2_read(server, out_view(&to_server)) != H2_BROKEN, "our own frames are right");
		law(h2_read(client, out_view(&to_client)) != H2_BROKEN, "our own frames are right");
		out_clear(&to_server);
		out_clear(&to_client);
		serve(is_answer ? client : server, TAKES);
		while (h2_begun(server) || h2_stirred(server) || h2_stirred(client))
			;
	}
	h2_free(&client);
	h2_free(&server);
	out_free(&to_server);
	out_free(&to_client);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (!n || n > 1 << 17)
		return 0;
	if (p[0] & AS_GIVEN)
		try_given(span_of(p + 1, n - 1), p[0]);
	else
		try_frames(span_of(p + 1, n - 1), p[0]);
	for (size_t i = 0; i < seen_count; i++)
		out_free(&seen[i].text);
	seen_count = 0;
	return 0;
}
