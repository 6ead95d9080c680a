/*
 * rpc.c: gRPC, and gRPC-Web, where masks apply.
 * An answer is cut into its messages, each held until it is whole, unfolded where it is
 * compressed, and masked by its method's type; one in which nothing is hidden goes on as it
 * came, another as it is, with the flag that says so. What cannot be read as its type is
 * refused, or redacted: then an empty message stands for it. grpc-message is text and is
 * masked; metadata in binary form, the details of a status too, cannot be and is left out.
 */
#include <stdlib.h>
#include <strings.h>

#include "base/arena.h"
#include "base/base64.h"
#include "base/grpc.h"
#include "flow/flow.h"
#include "mask/message.h"

#define RUN_MOST FLOW_IN_BYTES
#define TEXT_MOST (64u << 10)	/* of grpc-message */

struct rpc {
	const struct view_schema *schema;
	const struct view_message *message;	/* what each message of the answer is; NULL: nobody knows */
	struct mask_message *mask;
	enum grpc_type type;
	enum coding_kind coding;
	bool has_coding, redacts, is_over;
	struct worker *worker;
	size_t whole;			/* bytes of a large message that it holds, of worker->whole */
	struct out held;		/* of the frame under way */
	struct out text;		/* of base 64: what is no group of four yet */
	struct out plain, edited;	/* of one message */
	const char *why;		/* it cannot go on; NULL */
};

/* ---- words ------------------------------------------------------------------------------- */

static const struct wire_pair *
find_field(const struct wire_pair *fields, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i].name.n == strlen(name) && strncasecmp((const char *)fields[i].name.p, name, strlen(name)) == 0)
			return &fields[i];
	return NULL;
}

static bool
is_called(struct span name, const char *text)
{
	return name.n == strlen(text) && strncasecmp((const char *)name.p, text, name.n) == 0;
}

/* Of metadata whose values are bytes, in base 64. */
static bool
is_binary(struct span name)
{
	return name.n >= 4 && strncasecmp((const char *)name.p + name.n - 4, "-bin", 4) == 0;
}

/* gRPC's codings are those of HTTP by the same names, but for these two alone. False: another. */
static bool
find_coding(struct span name, enum coding_kind *kind)
{
	return (is_called(name, "gzip") || is_called(name, "deflate")) && coding_find(name, kind);
}

/* ---- one message, unfolded ----------------------------------------------------------------- */

static bool
unfold(enum coding_kind kind, struct span in, struct out *out)
{
	static const struct coding_limits limits = {
		.bytes = GRPC_MESSAGE_MOST, .ratio = FLOW_CODED_RATIO, .memory = FLOW_CODED_MEMORY,
	};
	struct coding *coding = NULL;
	bool right = coding_new(&coding, kind, &limits) == 0 &&
	    coding_put(coding, &in, true, GRPC_MESSAGE_MOST, out) == CODING_MORE && !out->failed;

	coding_free(&coding);
	return right;
}

/* Groups of four characters of base 64, each by itself, since a text may be one of several; what is left of them stays in
 * *text. False: it is none. */
static bool
read_text(struct out *text, struct out *out)
{
	size_t at = 0, n;

	for (; text->n - at >= 4; at += 4) {
		uint8_t bytes[3];

		if (!base64_read(span_of(text->p + at, 4), bytes, sizeof(bytes), &n))
			return false;
		out_bytes(out, bytes, n);
	}
	out_drop(text, at);
	return !text->failed && !out->failed;
}

/* ---- requests ------------------------------------------------------------------------------- */

static bool
unfold_messages(struct span in, bool has_coding, enum coding_kind coding, bool is_open, struct out *out)
{
	struct out one = out_new(GRPC_MESSAGE_MOST);
	struct grpc_frame frame;
	enum grpc_step step = GRPC_FRAME;
	bool right = true;

	while (right && in.n && (step = grpc_next(&in, GRPC_MESSAGE_MOST, &frame)) == GRPC_FRAME) {
		out_clear(&one);
		right = !(frame.flags & GRPC_TRAILERS);
		if (right && frame.flags & GRPC_COMPRESSED) {
			right = has_coding && unfold(coding, frame.message, &one);
			frame.message = out_view(&one);
		}
		grpc_put(out, 0, frame.message);
		right = right && !out->failed;
	}
	out_free(&one);
	if (right && step == GRPC_MORE && is_open)
		out_span(out, in);
	return right && !out->failed && (step == GRPC_FRAME || (step == GRPC_MORE && is_open));
}

/* Padding before the end is read in several ways. */
static bool
is_one_text(struct span text)
{
	return text.n <= 2 || !memchr(text.p, '=', text.n - 2);
}

static bool
plain_of(const struct wire_request *request, enum grpc_type type, struct out *out)
{
	const struct wire_pair *encoding = find_field(request->headers, request->header_count, "grpc-encoding");
	struct out text = out_new(FLOW_UNIT_BYTES * 2), bytes = out_new(FLOW_UNIT_BYTES * 2);
	enum coding_kind coding = CODING_GZIP;
	bool has_coding = encoding && find_coding(encoding->value, &coding), right = true;
	struct span in = request->body;

	if (type == GRPC_WEB_TEXT) {
		out_span(&text, in);
		right = is_one_text(in) && read_text(&text, &bytes) && (!text.n || request->is_open);
		in = out_view(&bytes);
	}
	right = right && unfold_messages(in, has_coding, coding, request->is_open, out);
	out_free(&text);
	out_free(&bytes);
	return right;
}

struct span
flow_rpc_plain(struct flow *flow, const struct wire_request *request)
{
	const struct wire_pair *type = find_field(request->headers, request->header_count, "content-type");
	enum grpc_type kind = type ? grpc_type_of(type->value) : GRPC_NONE;
	struct out plain = out_new(2 * GRPC_MESSAGE_MOST);
	struct span copy = { 0 };

	if (kind == GRPC_PLAIN || kind == GRPC_WEB || kind == GRPC_WEB_TEXT) {
		if (plain_of(request, kind, &plain))
			copy = plain.n ? arena_copy(flow->scratch, out_view(&plain)) : SPAN("");
	}
	out_free(&plain);
	if (!copy.p && kind == GRPC_WEB_TEXT)
		return SPAN("=");	/* no frame, where what is no right text could have looked like one */
	return copy.p ? copy : request->body;
}

struct span
flow_rpc_codings(const struct turn *turn, const struct wire_request *request, char *room, size_t size)
{
	const struct wire_pair *asked = find_field(request->headers, request->header_count, "grpc-accept-encoding");
	static const char *const known[] = { "identity", "deflate", "gzip" };
	struct out list = out_new(size);
	struct span result = { 0 };

	if (!asked || (!turn->rpc && !turn->echo))
		return result;
	for (size_t i = 0; i < COUNT(known); i++) {
		bool is_asked = asked->value.n && memmem(asked->value.p, asked->value.n, known[i], strlen(known[i]));

		/* what looks for secrets must see all of it */
		if (i == 0 || (is_asked && !turn->echo))
			out_printf(&list, "%s%s", list.n ? "," : "", known[i]);
	}
	if (!list.failed && list.n < size) {
		memcpy(room, list.p, list.n);
		result = span_of(room, list.n);
	}
	out_free(&list);
	return result;
}

/* ---- answers ---------------------------------------------------------------------------------- */

bool
flow_rpc_begin(struct flow *flow, struct turn *turn)
{
	const struct view_target *target = &turn->policy->view->targets[flow->target];
	const struct http_facts *facts = flow->ask.action.http;
	struct rpc *rpc;

	if (!turn->has_bodies || target->api != API_GRPC || !facts || !facts->is_call)
		return true;
	rpc = turn->rpc = calloc(1, sizeof(*rpc));
	if (!rpc)
		return false;
	rpc->worker = flow->worker;
	rpc->schema = &target->schema;
	rpc->message = facts->call ? &target->schema.messages[facts->call->output] : NULL;
	rpc->redacts = target->unparsable == UNPARSABLE_REDACT;
	rpc->held = out_new(GRPC_MESSAGE_MOST + GRPC_PREFIX + 2 * RUN_MOST);
	rpc->text = out_new(2 * RUN_MOST);
	rpc->plain = out_new(GRPC_MESSAGE_MOST);
	rpc->edited = out_new(4 * GRPC_MESSAGE_MOST);
	return mask_message_new(&rpc->mask, turn->policy->masks, turn->masks, rpc->schema) == 0;
}

void
flow_rpc_free(struct rpc **rpc)
{
	if (!*rpc)
		return;
	(*rpc)->worker->whole -= (*rpc)->whole;
	mask_message_free(&(*rpc)->mask);
	out_free(&(*rpc)->held);
	out_free(&(*rpc)->text);
	out_free(&(*rpc)->plain);
	out_free(&(*rpc)->edited);
	free(*rpc);
	*rpc = NULL;
}

const char *
flow_rpc_error(const struct turn *turn)
{
	return turn->rpc->why ? turn->rpc->why : "no memory to look into an answer";
}

bool
flow_rpc_head(struct turn *turn, const struct wire_head *head)
{
	const struct wire_pair *type = find_field(head->headers, head->header_count, "content-type");
	const struct wire_pair *encoding = find_field(head->headers, head->header_count, "grpc-encoding");
	const struct wire_pair *whole = find_field(head->headers, head->header_count, "content-encoding");
	struct rpc *rpc = turn->rpc;

	rpc->type = type ? grpc_type_of(type->value) : GRPC_NONE;
	rpc->has_coding = encoding && find_coding(encoding->value, &rpc->coding);
	if (rpc->type == GRPC_NONE || rpc->type == GRPC_OTHER)
		return false;
	return !whole || is_called(whole->value, "identity");
}

static enum mask_result
mask_message_text(struct turn *turn, struct span value, struct out *out)
{
	struct out text = out_new(TEXT_MOST), edited = out_new(4 * TEXT_MOST);
	enum mask_result result;

	grpc_text_read(value, &text);
	result = mask_text(turn->policy->masks, turn->masks, out_view(&text), &edited, &turn->tally);
	if (text.failed || edited.failed)
		out_span(out, SPAN("[redacted]"));
	else if (result != MASK_KEPT)
		grpc_text_write(out_view(&edited), out);
	result = text.failed || edited.failed || result != MASK_KEPT ? MASK_EDITED : MASK_KEPT;
	out_free(&text);
	out_free(&edited);
	return result;
}

enum mask_result
flow_rpc_field(struct turn *turn, const struct wire_pair *field, struct out *out)
{
	enum mask_result result;

	if (is_binary(field->name))
		return MASK_NULLED;
	if (is_called(field->name, "grpc-message"))
		return mask_message_text(turn, field->value, out);
	result = mask_text(turn->policy->masks, turn->masks, field->value, out, &turn->tally);
	return result == MASK_KEPT ? MASK_KEPT : MASK_EDITED;
}

/* ---- frames ------------------------------------------------------------------------------------- */

static bool
fail(struct rpc *rpc, const char *why)
{
	if (!rpc->why)
		rpc->why = why;
	return false;
}

/* In the form of the answer. */
static void
put_frame(struct rpc *rpc, uint8_t flags, struct span message, struct out *out)
{
	struct out frame;

	if (rpc->type != GRPC_WEB_TEXT) {
		grpc_put(out, flags, message);
		return;
	}
	frame = out_new(message.n + GRPC_PREFIX);
	grpc_put(&frame, flags, message);
	base64_write(out, out_view(&frame));
	out->failed |= frame.failed;
	out_free(&frame);
}

static bool
mask_frame(struct turn *turn, const struct grpc_frame *frame, struct out *out)
{
	struct rpc *rpc = turn->rpc;
	struct span plain = frame->message;
	bool is_folded = frame->flags & GRPC_COMPRESSED, edited = false;

	if (!rpc->message)
		return fail(rpc, "an answer to a call of none of the API's methods, where masks apply");
	out_clear(&rpc->plain);
	if (is_folded && (!rpc->has_coding || !unfold(rpc->coding, plain, &rpc->plain)))
		return fail(rpc, "a message that cannot be unfolded, or is too long then");
	if (is_folded)
		plain = out_view(&rpc->plain);
	out_clear(&rpc->edited);
	if (!mask_message_put(rpc->mask, rpc->message, plain, &rpc->edited, &edited, &turn->tally))
		return fail(rpc, mask_message_error(rpc->mask));
	if (edited)
		put_frame(rpc, 0, out_view(&rpc->edited), out);
	else if (is_folded && turn->echo)
		put_frame(rpc, 0, plain, out);
	else
		put_frame(rpc, frame->flags, frame->message, out);
	return true;
}

static bool
put_message(struct turn *turn, const struct grpc_frame *frame, struct out *out)
{
	struct rpc *rpc = turn->rpc;
	size_t mark = out->n;

	turn->rows++;
	if (mask_frame(turn, frame, out))
		return true;
	if (!rpc->redacts || out->failed)
		return false;
	rpc->why = NULL;
	out->n = mark;
	put_frame(rpc, 0, SPAN(""), out);
	return true;
}

static bool
is_name(struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
		    c == '.'))
			return false;
	}
	return text.n > 0;
}

/* The next line of trailers, cut off *in. False: there is none, or it is no field; *in is then unchanged. */
static bool
take_line(struct span *in, struct wire_pair *line)
{
	const uint8_t *end = in->n ? memchr(in->p, '\n', in->n) : NULL, *colon;
	struct span text = span_head(*in, end ? (size_t)(end - in->p) : in->n), rest = span_skip(*in, text.n + 1);

	if (text.n && text.p[text.n - 1] == '\r')
		text.n--;
	colon = text.n ? memchr(text.p, ':', text.n) : NULL;
	if (!colon || memchr(text.p, '\r', text.n))
		return false;
	line->name = span_head(text, (size_t)(colon - text.p));
	line->value = span_skip(text, line->name.n + 1);
	while (line->value.n && line->value.p[0] == ' ')
		line->value = span_skip(line->value, 1);
	if (!is_name(line->name))
		return false;
	*in = rest;
	return true;
}

/* Of gRPC-Web: "name: value", a line each, in one frame. */
static bool
put_trailers(struct turn *turn, const struct grpc_frame *frame, struct out *out)
{
	struct rpc *rpc = turn->rpc;
	struct span in = frame->message;
	struct out lines = out_new(TEXT_MOST * 2), value = out_new(TEXT_MOST);
	struct wire_pair line;

	rpc->is_over = true;
	while (take_line(&in, &line)) {
		enum mask_result result;

		out_clear(&value);
		result = flow_rpc_field(turn, &line, &value);
		if (result == MASK_NULLED)
			continue;
		out_span(&lines, line.name);
		out_span(&lines, SPAN(": "));
		out_span(&lines, result == MASK_EDITED ? out_view(&value) : line.value);
		out_span(&lines, SPAN("\r\n"));
		lines.failed |= value.failed;
	}
	put_frame(rpc, GRPC_TRAILERS, out_view(&lines), out);
	out->failed |= lines.failed;
	out_free(&lines);
	out_free(&value);
	return in.n == 0 || fail(rpc, "trailers of gRPC-Web that are none");
}

static bool
put_one(struct turn *turn, const struct grpc_frame *frame, struct out *out)
{
	struct rpc *rpc = turn->rpc;

	if (rpc->is_over)
		return fail(rpc, "a frame behind the trailers of gRPC-Web");
	if (!(frame->flags & GRPC_TRAILERS))
		return put_message(turn, frame, out);
	if (rpc->type == GRPC_PLAIN || frame->flags != GRPC_TRAILERS)
		return fail(rpc, "a frame with flags that nobody knows");
	return put_trailers(turn, frame, out);
}

/* Memory for large messages is counted for all flows of a worker. False: there is none. */
static bool
hold(struct rpc *rpc)
{
	if (rpc->whole || rpc->held.n <= FLOW_UNIT_BYTES)
		return true;
	if (rpc->worker->whole + FLOW_ROW_BYTES > FLOW_WHOLE_BYTES)
		return fail(rpc, "a large message, of too many at once");
	rpc->whole = FLOW_ROW_BYTES;
	rpc->worker->whole += rpc->whole;
	return true;
}

/* What a large message took is given back behind it. */
static void
let_go(struct rpc *rpc)
{
	struct out *const outs[] = { &rpc->held, &rpc->text, &rpc->plain, &rpc->edited };

	if (rpc->held.n > FLOW_UNIT_BYTES)
		return;
	rpc->worker->whole -= rpc->whole;
	rpc->whole = 0;
	for (size_t i = 0; i < COUNT(outs); i++)
		if (outs[i]->room > FLOW_UNIT_BYTES && (i > 1 || !outs[i]->n))
			out_free(outs[i]);
}

bool
flow_rpc_put(struct turn *turn, bool is_last, struct span *bytes, struct out *out)
{
	struct rpc *rpc = turn->rpc;
	enum grpc_step step = GRPC_FRAME;
	struct grpc_frame frame;
	struct span in;

	if (rpc->type == GRPC_WEB_TEXT) {
		out_span(&rpc->text, *bytes);
		if (!read_text(&rpc->text, &rpc->held))
			return fail(rpc, "an answer of gRPC-Web that is not base 64");
	} else {
		out_span(&rpc->held, *bytes);
	}
	if (rpc->held.failed)
		return fail(rpc, "a message larger than is looked into");
	in = out_view(&rpc->held);
	while (in.n && (step = grpc_next(&in, GRPC_MESSAGE_MOST, &frame)) == GRPC_FRAME)
		if (!put_one(turn, &frame, out) || out->failed)
			return false;
	if (step == GRPC_BAD)
		return fail(rpc, "a message larger than is looked into, or a frame that is none");
	if (is_last && (in.n || rpc->text.n))
		return fail(rpc, "an answer that ends within a message");
	out_drop(&rpc->held, rpc->held.n - in.n);
	let_go(rpc);
	*bytes = out_view(out);
	return hold(rpc);
}
