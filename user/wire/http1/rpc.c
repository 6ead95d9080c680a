/*
 * rpc.c: saying no to a call of gRPC. Its clients read a status of their own, and the words
 * beside it, from the trailers; where there is nothing else, those are all of the answer
 * ("Trailers-Only"), of status 200. An answer that has begun ends with them. gRPC-Web has
 * them in the head too, or in a last frame of the body.
 */
#include "base/base64.h"
#include "base/grpc.h"
#include "wire/http1/http1.h"

#define TRAILERS_MAX 4096

struct span
http1_rpc_type(const struct http1_head *head)
{
	for (size_t i = 0; i < head->fields.count; i++) {
		struct span value = head->fields.pairs[i].value;
		size_t n = 0;

		if (head->fields.names[i] != NAME_CONTENT_TYPE || grpc_type_of(value) == GRPC_NONE)
			continue;
		while (n < value.n && value.p[n] != ';' && value.p[n] != ' ' && value.p[n] != '\t')
			n++;
		return n < HTTP1_RPC_MAX ? span_head(value, n) : SPAN("application/grpc");
	}
	return SPAN("");
}

bool
http1_rpc_is_between(struct http1 *h)
{
	struct span in = span_of(h->room, h->room_n);
	struct grpc_frame frame;

	if (grpc_type_of(http1_rpc_type(&h->head[WIRE_CLIENT])) != GRPC_PLAIN)
		return true;	/* only there both sides speak at once, and its frames are seen */
	in = span_skip(in, h->framed);
	while (grpc_next(&in, GRPC_MESSAGE_MOST, &frame) == GRPC_FRAME)
		;
	h->framed = h->room_n - in.n;
	return h->framed > 0 && in.n == 0;
}

/* As gRPC has it for answers that are none of its own ("HTTP to gRPC Status Code Mapping"), and for a limit. */
static unsigned int
rpc_status(unsigned int status)
{
	switch (status) {
	case 400:
	case 431:
		return 13;	/* INTERNAL */
	case 401:
		return 16;	/* UNAUTHENTICATED */
	case 403:
		return 7;	/* PERMISSION_DENIED */
	case 404:
		return 12;	/* UNIMPLEMENTED */
	case 413:
		return 8;	/* RESOURCE_EXHAUSTED */
	case 429:
	case 502:
	case 503:
	case 504:
		return 14;	/* UNAVAILABLE */
	default:
		return 2;	/* UNKNOWN */
	}
}

static void
write_trailers(const struct wire_no *no, unsigned int status, const char *why, struct out *out)
{
	struct out text = out_new(TRAILERS_MAX);

	out_span(&text, no->message);
	if (why)
		out_printf(&text, "%s%s", text.n ? ": " : "", why);
	if (no->hint.n)
		out_printf(&text, "%s%.*s", text.n ? ". " : "", (int)no->hint.n, (const char *)no->hint.p);
	out_printf(out, "grpc-status: %u\r\ngrpc-message: ", !why && no->rpc ? no->rpc : rpc_status(status));
	grpc_text_write(out_view(&text), out);
	out_span(out, SPAN("\r\n"));
	out_free(&text);
}

void
http1_rpc_refuse(struct span type, const struct wire_no *no, unsigned int status, const char *why, bool closes, struct out *client)
{
	out_span(client, SPAN("HTTP/1.1 200 OK\r\nContent-Type: "));
	out_span(client, type);
	out_span(client, SPAN("\r\nCache-Control: no-store\r\n"));
	write_trailers(no, status, why, client);
	if (closes)
		out_span(client, SPAN("Connection: close\r\n"));
	out_span(client, SPAN("Content-Length: 0\r\n\r\n"));
}

/* The last frame of an answer of gRPC-Web. */
static void
write_frame(struct span trailers, bool is_text, struct out *out)
{
	struct out frame = out_new(TRAILERS_MAX * 4), text = out_new(TRAILERS_MAX * 8);

	grpc_put(&frame, GRPC_TRAILERS, trailers);
	if (is_text)
		base64_write(&text, out_view(&frame));
	http1_write_run(FRAMING_CHUNKED, is_text ? out_view(&text) : out_view(&frame), out);
	out_free(&frame);
	out_free(&text);
}

bool
http1_rpc_end(const struct http1 *h, const struct wire_no *no, struct out *client)
{
	enum grpc_type type = grpc_type_of(span_text(h->asked_rpc));
	struct out trailers = out_new(TRAILERS_MAX * 4);
	bool can = h->to[WIRE_CLIENT] == FRAMING_CHUNKED && h->state[WIRE_SERVER] == HTTP1_BODY;

	/* only of a body that is written anew is it known that a frame has ended */
	can &= type == GRPC_PLAIN || ((type == GRPC_WEB || type == GRPC_WEB_TEXT) && h->is_new_body);
	if (!can)
		return false;
	write_trailers(no, no->status, NULL, &trailers);
	if (type != GRPC_PLAIN)
		write_frame(out_view(&trailers), type == GRPC_WEB_TEXT, client);
	out_span(client, SPAN("0\r\n"));
	if (type == GRPC_PLAIN)
		out_span(client, out_view(&trailers));
	out_span(client, SPAN("\r\n"));
	out_free(&trailers);
	return true;
}
