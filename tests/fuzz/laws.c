/*
 * laws.c: the laws of wire.h, for every codec, as one libFuzzer target.
 *
 * An input is a codec, options, a cut pattern, and steps: a side, a length, and
 * bytes from that side. It is run several times: whole; cut into pieces by the
 * pattern; and with every row, text and body rewritten without an edit. All must name
 * the same units and write the same bytes (replay, prefix, rewrite), of HTTP but for
 * where chunks end. Then with every value masked, every body another: what was written
 * must be whole messages still (rewrite parses, refusal parses). Progress, honest hunger
 * and finality are looked at on each step (relay.h), containment by ASan: every span
 * named is read. What is read of HTTP is read by another reader too (reader.h).
 */
#include <stddef.h>
#include <stdint.h>

#include "../unit/wire/http1/reader.h"
#include "../unit/wire/relay.h"

#define OPTION_TLS 1
#define OPTION_REFUSE 2
#define OPTION_FATAL 4
#define OPTION_OWN 8
#define OPTION_PROVE 16
#define OPTION_HASTEN 32
#define LIMIT 2048	/* small, so that parts are seen */
#define LIMIT_HTTP 64

enum manner { WHOLE, CUT, REWRITTEN, MASKED };

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static bool
take_step(struct span *in, enum wire_side *side, struct span *bytes)
{
	uint8_t first;
	uint16_t n;

	if (!take_u8(in, &first) || !take_be16(in, &n))
		return false;
	*side = first & 1 ? WIRE_SERVER : WIRE_CLIENT;
	*bytes = span_head(*in, n);
	*in = span_skip(*in, n);
	return true;
}

static void
feed(struct relay *r, enum wire_side side, struct span bytes, uint32_t *pattern)
{
	while (pattern && bytes.n) {
		size_t n;

		*pattern = *pattern * 1664525u + 1013904223u;
		n = 1 + (*pattern >> 24) % 24;
		relay_feed(r, side, span_head(bytes, n));
		bytes = span_skip(bytes, n);
	}
	if (bytes.n)
		relay_feed(r, side, bytes);
}

/* Options of HTTP: there is no TLS, own turn or proof in it. What has "no" in it is refused. */
static void
set_http(struct relay *r, uint8_t options)
{
	static const struct wire_pair field = { SPAN("X-Set"), SPAN("1") };
	static const struct wire_change change = { .set = &field, .set_count = 1, .path_and_query = SPAN("/set?x") };

	r->unit_limit = LIMIT_HTTP;
	r->new_body = r->masks_all;
	r->masks_all = false;
	r->refuses = options & OPTION_REFUSE ? "no" : NULL;
	r->refuses_answer = options & OPTION_OWN ? "no" : NULL;
	r->change = (options & OPTION_PROVE) && !r->new_body ? &change : NULL;
	relay_open(r, &wire_http1, false);
}

/* The end: of the server's side, and of the flow. */
static void
end_http(struct relay *r, uint8_t options)
{
	static const struct wire_no no = { .sqlstate = "ILM01", .message = SPAN("no"), .status = 503 };

	if (options & OPTION_TLS)
		relay_end(r, WIRE_SERVER);
	r->codec->farewell(r->state, &no, r->to);
	relay_law(r->codec->next(r->state, WIRE_CLIENT, SPAN("G"), r->to, &(struct wire_event){ 0 }) == WIRE_BAD,
	    "nothing is understood behind a farewell");
}

static void
run(struct relay *r, struct span in, enum manner manner)
{
	uint8_t codec = 0, options = 0, cut = 0;
	uint32_t pattern;
	enum wire_side side;
	struct span bytes;

	take_u8(&in, &codec);
	take_u8(&in, &options);
	take_u8(&in, &cut);
	pattern = cut;
	*r = (struct relay){ .rewrites = manner == REWRITTEN, .masks_all = manner == MASKED, .unit_limit = LIMIT };
	r->refuses = options & OPTION_REFUSE ? "e" : NULL;
	r->refuses_fatally = options & OPTION_FATAL;
	r->asks_first = options & OPTION_OWN ? "o" : NULL;
	r->own_text = "SELECT";
	r->challenges = options & OPTION_PROVE;
	r->binds = r->challenges && options & OPTION_TLS;
	if (codec & 2)
		set_http(r, options);
	else
		relay_open(r, codec & 1 ? &wire_raw : &wire_pg, options & OPTION_TLS);
	while (take_step(&in, &side, &bytes)) {
		feed(r, side, bytes, manner == CUT ? &pattern : NULL);
		if (options & OPTION_HASTEN)
			relay_hasten(r);
	}
	if (codec & 2)
		end_http(r, options);
}

/* Of HTTP, take away what frames a body: chunks may end elsewhere, but all must be messages. */
static void
unframe(struct relay *r)
{
	for (int side = 0; side < WIRE_SIDES; side++) {
		struct out plain = out_new(64 << 20);
		struct reader reader = { .in = out_view(&r->to[side]), .is_answer = side == WIRE_CLIENT, .heads = r->heads,
			.head_count = r->head_count, .out = &plain };

		if (!reader_read(&reader)) {
			fprintf(stderr, "%.*s\n", (int)r->to[side].n, (const char *)r->to[side].p);
			relay_law(false, "what was written is messages");
		}
		out_free(&r->to[side]);
		r->to[side] = plain;
	}
}

static void
same(struct relay *a, struct relay *b, const char *law)
{
	bool is_same = span_equal(out_view(&a->log), out_view(&b->log));

	for (int i = 0; i < WIRE_SIDES; i++)
		is_same &= span_equal(out_view(&a->to[i]), out_view(&b->to[i]));
	if (!is_same)
		fprintf(stderr, "%.*s\nbut:\n%.*s\n", (int)a->log.n, (const char *)a->log.p, (int)b->log.n,
		    (const char *)b->log.p);
	relay_law(is_same, law);
}

/* What went to one side must be whole messages, but where a large one is still under way. */
static void
tile(struct relay *r, enum wire_side side)
{
	struct span in = out_view(&r->to[side]);

	while (side == WIRE_CLIENT && in.n && (in.p[0] == 'N' || in.p[0] == 'S') && (in.n < 5 || in.p[1] != 0))
		in = span_skip(in, 1);	/* answers to requests for encryption */
	if (side == WIRE_SERVER && in.n) {
		relay_law(in.n >= 8 && span_be32(in, 0) <= in.n, "a start-up message is whole");
		in = span_skip(in, span_be32(in, 0));
	}
	while (in.n) {
		size_t total;

		relay_law(in.n >= 5, "a message has a header");
		total = 1 + (size_t)span_be32(in, 1);
		relay_law(total >= 5 && (total <= in.n || total > LIMIT), "a message is whole");
		in = span_skip(in, total);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_of(p, n);
	struct relay whole, other;

	run(&whole, in, WHOLE);
	run(&other, in, CUT);
	if (whole.codec == &wire_http1) {
		unframe(&whole);
		unframe(&other);
	}
	same(&whole, &other, "replay and prefix: the same however it is cut");
	relay_close(&other);
	run(&other, in, REWRITTEN);
	if (whole.codec == &wire_http1)
		unframe(&other);
	same(&whole, &other, "rewrite without edits changes nothing");
	relay_close(&other);
	if (whole.codec == &wire_http1) {
		run(&other, in, MASKED);
		unframe(&other);
		relay_close(&other);
	}
	if (whole.codec == &wire_pg) {
		run(&other, in, MASKED);
		for (int side = 0; side < WIRE_SIDES; side++) {
			tile(&whole, (enum wire_side)side);
			tile(&other, (enum wire_side)side);
		}
		relay_close(&other);
	}
	relay_close(&whole);
	return 0;
}
