/* body_sample.h: bodies through masks, whole and in every cutting, for the tests of mask/body*. */
#ifndef BODY_SAMPLE_H
#define BODY_SAMPLE_H

#include "mask/body.h"
#include "mask/mask.h"

#define BIT(n) (1u << (n))
#define CARD "4111111111111111"
#define FIELDS(...) .fields = (const char *[]){ __VA_ARGS__ }, \
	.field_count = sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)

enum {
	B_ALL, B_CARD_PARTIAL, B_CARD_NULL, B_CARD_HASH, B_PATTERN,
	B_SSN, B_PRICE, B_ANY_CARD, B_HASH, B_PARTIAL, B_NULL, B_TOKEN, B_IN_ARRAY, BODY_SAMPLES
};

static struct view_mask body_masks[BODY_SAMPLES] = {
	[B_ALL] = { .name = "all", .pattern = "", .detectors = BIT(DETECT_PATTERN) - 1 },
	[B_CARD_PARTIAL] = { .name = "card", .pattern = "", .detectors = BIT(DETECT_CARD), .way = WAY_PARTIAL, .keep = 4 },
	[B_CARD_NULL] = { .name = "card-null", .pattern = "", .detectors = BIT(DETECT_CARD), .way = WAY_NULL },
	[B_CARD_HASH] = { .name = "card-hash", .pattern = "", .detectors = BIT(DETECT_CARD), .way = WAY_HASH },
	[B_PATTERN] = { .name = "pattern", .pattern = "PRJ-\\d{4}", .detectors = BIT(DETECT_PATTERN) },
	[B_SSN] = { .name = "ssn", .pattern = "", FIELDS("customer.ssn", "customer.address") },
	[B_PRICE] = { .name = "price", .pattern = "", FIELDS("items[].price") },
	[B_ANY_CARD] = { .name = "cards", .pattern = "", FIELDS("**.card", "**.c?rd_*") },
	[B_HASH] = { .name = "hash", .pattern = "", FIELDS("id", "who"), .way = WAY_HASH },
	[B_PARTIAL] = { .name = "partial", .pattern = "", FIELDS("id", "who"), .way = WAY_PARTIAL, .keep = 4 },
	[B_NULL] = { .name = "null", .pattern = "", FIELDS("id", "who"), .way = WAY_NULL },
	[B_TOKEN] = { .name = "token", .pattern = "", FIELDS("id", "who"), .way = WAY_TOKEN },
	[B_IN_ARRAY] = { .name = "array", .pattern = "", FIELDS("a[]", "b.**") },
};

static const struct view_worker body_view = { .masks = body_masks, .mask_count = BODY_SAMPLES };

__attribute__((unused)) static struct mask_set *
body_set(void)
{
	static uint8_t keys[BODY_SAMPLES][MASK_KEY_SIZE];
	struct mask_set *set = NULL;

	if (mask_set_new(&set, &body_view, (const uint8_t (*)[MASK_KEY_SIZE])keys))
		abort();
	return set;
}

/* How a body is cut: the first run, then runs of `step`; 0: whole. */
struct cutting {
	size_t first, step;
};

/* In place of a form: parts with the boundary "cut", and what becomes of those of no known type. */
#define PARTS MASK_FORMS
static bool parts_redacts;

__attribute__((unused)) static bool
body_run(const struct mask_set *set, uint64_t active, enum mask_form form, struct span in, struct cutting how,
    struct out *out, struct mask_tally *tally)
{
	size_t n = how.first ? how.first : in.n;
	struct mask_body *body = NULL;
	bool is_right = true;

	if (form == PARTS ? mask_body_new_parts(&body, set, active, SPAN("multipart/form-data; boundary=\"cut\""), parts_redacts) :
	    mask_body_new(&body, set, active, form))
		abort();
	while (is_right && in.n > n) {
		is_right = mask_body_put(body, span_head(in, n), false, out, tally);
		in = span_skip(in, n);
		n = how.step ? how.step : in.n;
	}
	is_right = is_right && mask_body_put(body, in, true, out, tally);
	if (is_right != !*mask_body_error(body))
		abort();
	mask_body_free(&body);
	return is_right;
}

/* The same in every cutting in two, and in runs of one byte and of three? */
__attribute__((unused)) static bool
body_is_steady(const struct mask_set *set, uint64_t active, enum mask_form form, struct span in, bool right,
    struct span want, const struct mask_tally *tally)
{
	for (size_t i = 1; i < in.n + 3; i++) {
		struct cutting how = { i < in.n ? i : i == in.n ? 1 : 3, i < in.n ? 0 : i == in.n ? 1 : 3 };
		struct out out = out_new(1 << 24);
		struct mask_tally hits = { 0 };
		bool is_right = body_run(set, active, form, in, how, &out, &hits), is_same;

		is_same = is_right == right && (!right || (span_equal(out_view(&out), want) &&
		    !memcmp(&hits, tally, sizeof(hits))));
		if (!is_same)
			fprintf(stderr, "cut %zu %zu: %d %.*s\n", how.first, how.step, is_right, (int)out.n,
			    (const char *)out.p);
		out_free(&out);
		if (!is_same)
			return false;
	}
	return true;
}

struct body_row {
	uint64_t active;
	struct span in;
	struct span out;	/* p NULL: as it came */
	uint64_t hits;		/* of all masks */
};

#define REFUSED { (const uint8_t *)"", SIZE_MAX }
#define SAME { 0 }

__attribute__((unused)) static void
body_check(const struct mask_set *set, enum mask_form form, const struct body_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct span in = on_cliff(rows[i].in), want = rows[i].out.p ? rows[i].out : in;
		bool right = want.n != SIZE_MAX, is_right;
		struct out out = out_new(1 << 24);
		const char *row = (const char *)rows[i].in.p;
		struct mask_tally tally = { 0 };
		uint64_t hits = 0;

		is_right = body_run(set, rows[i].active, form, in, (struct cutting){ 0 }, &out, &tally);
		for (size_t k = 0; k < MASKS_MAX; k++)
			hits += tally.hits[k];
		CHECK_ROW(row, is_right == right);
		if (right && !CHECK_ROW(row, span_equal(out_view(&out), want)))
			fprintf(stderr, "got: %.*s\n", (int)out.n, (const char *)out.p);
		if (right && !CHECK_ROW(row, hits == rows[i].hits))
			fprintf(stderr, "hits: %d\n", (int)hits);
		CHECK_ROW(row, body_is_steady(set, rows[i].active, form, in, is_right, out_view(&out), &tally));
		out_free(&out);
	}
}

#endif
