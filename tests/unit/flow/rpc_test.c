/*
 * Bodies of gRPC as rows: what of a call is judged, where its text or its messages are none too;
 * and what of an answer by gRPC-Web may go on, however it is cut.
 */
#include <zlib.h>

#include "../proto.h"
#include "base/arena.h"
#include "base/base64.h"
#include "base/grpc.h"
#include "base/must.h"
#include "check.h"
#include "facts/http/http.h"
#include "flow/flow.h"

#define CARD "4111111111111111"
#define FRAME "\0\0\0\0\5\x0a\3Ann"		/* name: Ann */
#define TEXT "AAAAAAUKA0Fubg=="		/* the same */

static struct view_mask masks[] = {
	{ .name = "card", .pattern = "", .detectors = 1u << DETECT_CARD, .way = WAY_PARTIAL, .keep = 4 },
};
static struct view_target target = { .name = "t", .protocol = PROTOCOL_HTTP, .api = API_GRPC };
static struct view_worker view = { .masks = masks, .mask_count = COUNT(masks), .targets = &target, .target_count = 1 };
static struct policy policy = { .view = &view };
static struct worker worker;
static struct flow flow = { .worker = &worker, .policy = &policy };

static const struct {
	const char *name, *type, *body;
	size_t n;
	bool right;
} calls[] = {
	{ "a message", "application/grpc", FRAME, 10, true },
	{ "a text", "application/grpc-web-text", TEXT, 16, true },
	{ "a message that should be a text", "application/grpc-web-text", FRAME, 10, false },
	{ "a message, and a text that some read alone", "application/grpc-web-text", FRAME TEXT, 26, false },
	{ "two texts", "application/grpc-web-text", TEXT TEXT, 32, false },
	{ "a text that is cut", "application/grpc-web-text", TEXT, 15, false },
	{ "nothing", "application/grpc-web-text", "", 0, true },
};

static void
each_call(void)
{
	for (size_t i = 0; i < COUNT(calls); i++) {
		struct wire_pair type = { SPAN("content-type"), span_text(calls[i].type) };
		struct wire_request request = { .headers = &type, .header_count = 1, .body = span_of(calls[i].body, calls[i].n) };
		struct span plain = flow_rpc_plain(&flow, &request);
		struct grpc_frame frame;
		bool right = !plain.n || (grpc_next(&plain, GRPC_MESSAGE_MOST, &frame) == GRPC_FRAME && !frame.flags && !plain.n);

		CHECK_ROW(calls[i].name, right == calls[i].right);
	}
	arena_clear(flow.scratch);
}

/* `n` bytes, of which one in 256 tells something, folded to some hundredth of that. */
static void
fold(size_t n, struct out *out)
{
	uint8_t *plain = calloc(1, n);
	z_stream z = { 0 };

	must(plain && deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	for (size_t i = 0; i < n; i += 256)
		plain[i] = (uint8_t)(i * 2654435761u >> 13);
	out_zero(out, n / 16);
	z.next_in = plain;
	z.avail_in = (uInt)n;
	z.next_out = out->p;
	z.avail_out = (uInt)out->n;
	must(deflate(&z, Z_FINISH) == Z_STREAM_END);
	out->n -= z.avail_out;
	deflateEnd(&z);
	free(plain);
}

/* Messages that unfold to more than is looked at: they are left as they came, and no more of them unfolded than there is room for. */
static void
folded(size_t count)
{
	struct wire_pair fields[] = { { SPAN("content-type"), SPAN("application/grpc") }, { SPAN("grpc-encoding"), SPAN("gzip") } };
	struct out body = out_new(FLOW_UNIT_BYTES), one = out_new(GRPC_MESSAGE_MOST);
	struct wire_request request = { .headers = fields, .header_count = COUNT(fields) };
	struct span plain;

	fold(GRPC_MESSAGE_MOST, &one);
	for (size_t i = 0; i < count; i++)
		grpc_put(&body, GRPC_COMPRESSED, out_view(&one));
	must(!body.failed);
	request.body = out_view(&body);
	plain = flow_rpc_plain(&flow, &request);
	CHECK(plain.n == (count > 1 ? body.n : GRPC_MESSAGE_MOST + GRPC_PREFIX));
	arena_clear(flow.scratch);
	out_free(&body);
	out_free(&one);
}

static const struct {
	const char *name, *in, *out;	/* trailers; NULL: refused */
} trailers[] = {
	{ "a status", "grpc-status: 0\r\n", "grpc-status: 0\r\n" },
	{ "a card", "grpc-status:5\r\ngrpc-message: no " CARD "\r\n", "grpc-status: 5\r\ngrpc-message: no ************1111\r\n" },
	{ "bytes", "grpc-status: 5\r\nx-bin: AAAA\r\n", "grpc-status: 5\r\n" },
	{ "no value", "grpc-status: 0\r\n" CARD "\r\n", NULL },
	{ "a name that is none", "grpc-status: 0\r\nx " CARD ": 1\r\n", NULL },
	{ "a blank behind a name", "x-bin : AAAA\r\n", NULL },
	{ "a line's end within", "x: 1\ry-bin: AAAA\r\n", NULL },
};

static bool
answer(const char *lines, bool is_text, size_t step, struct out *out)
{
	struct turn turn = { .policy = &policy, .masks = 1, .has_bodies = true };
	struct http_facts facts = { .is_call = true, .call = &proto_methods[1] };
	struct wire_pair type = { SPAN("content-type"), is_text ? SPAN("application/grpc-web-text") : SPAN("application/grpc-web") };
	struct wire_head head = { .headers = &type, .header_count = 1 };
	struct out frames = out_new(1 << 16), text = out_new(1 << 16), room = out_new(1 << 16);
	struct span in;
	bool right;

	flow.ask.action.http = &facts;
	must(flow_rpc_begin(&flow, &turn) && flow_rpc_head(&turn, &head));
	grpc_put(&frames, 0, proto_of("1:'" CARD "'"));
	grpc_put(&frames, GRPC_TRAILERS, span_text(lines));
	base64_write(&text, out_view(&frames));
	in = is_text ? out_view(&text) : out_view(&frames);
	do {
		struct span run = span_head(in, step);

		in = span_skip(in, run.n);
		out_clear(&room);
		right = flow_rpc_put(&turn, !in.n, &run, &room);
		if (right)
			out_span(out, run);
	} while (right && in.n);
	CHECK(right || *flow_rpc_error(&turn));
	flow_rpc_free(&turn.rpc);
	out_free(&frames);
	out_free(&text);
	out_free(&room);
	return right;
}

static void
each_answer(void)
{
	for (size_t i = 0; i < COUNT(trailers); i++)
		for (size_t step = 1; step < 80; step += step < 8 ? 1 : 29) {
			struct out out = out_new(1 << 16), wanted = out_new(1 << 16);
			bool right = answer(trailers[i].in, false, step, &out);

			CHECK_ROW(trailers[i].name, right == !!trailers[i].out);
			if (right && trailers[i].out) {
				grpc_put(&wanted, 0, proto_of("1:'************1111'"));
				grpc_put(&wanted, GRPC_TRAILERS, span_text(trailers[i].out));
				CHECK_ROW(trailers[i].name, span_equal(out_view(&out), out_view(&wanted)));
			}
			out_clear(&out);
			CHECK_ROW(trailers[i].name, answer(trailers[i].in, true, step, &out) == right);
			CHECK_ROW(trailers[i].name, !memmem(out.p ? (const void *)out.p : "", out.n, "NDExMTEx", 8));
			out_free(&out);
			out_free(&wanted);
		}
}

int
main(void)
{
	static const uint8_t keys[COUNT(masks)][MASK_KEY_SIZE];

	target.schema = proto_schema;
	flow.scratch = arena_new(FLOW_SCRATCH_BYTES);
	must(flow.scratch && mask_set_new(&policy.masks, &view, keys) == 0);
	each_call();
	folded(1);
	folded(2);
	folded(12);
	each_answer();
	mask_set_free(&policy.masks);
	arena_free(&flow.scratch);
	return check_end();
}
