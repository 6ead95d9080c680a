/*
 * body.c: bodies of every form, through every mask. An input is a form, masks, a cutting,
 * and a body. However it is cut, the same is written, and the same is refused; without
 * masks that touch it, what is written is what came; what was JSON still is, and in what is
 * written nothing is found any more that has to be redacted.
 */
#include "law.h"

#include <jansson.h>
#include <strings.h>

#include "mask/body.h"
#include "mask/mask.h"

#define BIT(n) (1u << (n))

static const char *const named[] = { "customer.ssn", "**.card", "items[].price", "a", "b.**" };
static const char *const partly[] = { "id", "x.*" };

static struct view_mask masks[] = {
	{ .name = "all", .pattern = "", .detectors = BIT(DETECT_PATTERN) - 1 },
	{ .name = "card", .pattern = "", .detectors = BIT(DETECT_CARD) },
	{ .name = "named", .pattern = "", .fields = (const char **)named, .field_count = 5 },
	{ .name = "partly", .pattern = "", .fields = (const char **)partly, .field_count = 2, .way = WAY_PARTIAL, .keep = 4 },
	{ .name = "null", .pattern = "", .detectors = BIT(DETECT_EMAIL), .way = WAY_NULL },
	{ .name = "token", .pattern = "", .detectors = BIT(DETECT_IBAN), .way = WAY_TOKEN },
	{ .name = "pattern", .pattern = "PRJ-\\d{4}", .detectors = BIT(DETECT_PATTERN) },
	{ .name = "none", .pattern = "", .fields = (const char *[]){ "no such key in any body" }, .field_count = 1 },
};
#define NONE 7	/* the mask that touches nothing */

static const struct view_worker view = { .masks = masks, .mask_count = COUNT(masks) };

static const struct mask_set *
the_set(void)
{
	static const uint8_t keys[COUNT(masks)][MASK_KEY_SIZE];
	static struct mask_set *set;

	if (!set && mask_set_new(&set, &view, keys))
		abort();
	return set;
}

static bool
run(uint64_t active, enum mask_form form, struct span in, uint32_t *pattern, struct out *out)
{
	struct mask_tally tally = { 0 };
	struct mask_body *body = NULL;
	bool is_right = true;

	*out = out_new(1 << 24);
	if (form == MASK_FORMS ? mask_body_new_parts(&body, the_set(), active, SPAN("multipart/form-data; boundary=cut"), active & 1) :
	    mask_body_new(&body, the_set(), active, form))
		abort();
	while (pattern && is_right && in.n) {
		size_t n;

		*pattern = *pattern * 1664525u + 1013904223u;
		n = (*pattern >> 24) % 17;
		is_right = mask_body_put(body, span_head(in, n), false, out, &tally);
		in = span_skip(in, n);
	}
	is_right = is_right && mask_body_put(body, in, true, out, &tally);
	law(is_right == !*mask_body_error(body), "an error says what was wrong");
	mask_body_free(&body);
	return is_right;
}

static bool
is_json(struct span text)
{
	json_error_t error;
	json_t *json = json_loadb((const char *)text.p, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

	json_decref(json);
	return json;
}

/* A card that stands alone was found. */
static void
look(struct span out, struct span card)
{
	law(!out.n || !memmem(out.p, out.n, card.p, card.n), "nothing is left");
}

/* A name of very many parts is hidden in doubt; this text has none, nor the name of the mask that touches nothing. */
static bool
is_plain(struct span in)
{
	size_t n = in.n && memmem(in.p, in.n, "such", 4) ? 60 : 0;

	for (size_t i = 0; i < in.n; i++)
		n += in.p[i] == '.' || in.p[i] == '[' || in.p[i] == ']' || in.p[i] == '%' || in.p[i] == '\\';
	return n < 60;
}

/* That goes from the head of a part. */
static bool
tells_length(struct span in)
{
	for (size_t i = 0; i + 7 <= in.n; i++)
		if (!strncasecmp((const char *)in.p + i, "-length", 7))
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_of(p, n);
	uint8_t form = 0, active = 0, cut = 0;
	struct out whole, other;
	uint32_t pattern;
	bool right;

	take_u8(&in, &form);
	take_u8(&in, &active);
	take_u8(&in, &cut);
	form %= MASK_FORMS + 1;	/* and parts */
	pattern = cut;
	right = run(active, form, in, NULL, &whole);
	law(run(active, form, in, &pattern, &other) == right, "cut otherwise, the same is refused");
	law(!right || span_equal(out_view(&whole), out_view(&other)), "cut otherwise, the same is written");
	out_free(&other);
	if (right && form == MASK_FORM_JSON && whole.n) {
		law(is_json(out_view(&whole)) || !is_json(in), "what was JSON still is");
		law(run(active, form, out_view(&whole), NULL, &other), "what is written can be read");
		out_free(&other);
	}
	if (right && form == MASK_FORM_TEXT && (active & 2))
		look(out_view(&whole), SPAN("\n4111111111111111\n"));
	if (right && form == MASK_FORM_JSON && (active & 2))
		look(out_view(&whole), SPAN("\"4111111111111111\""));
	if (run(BIT(NONE), form, in, NULL, &other))
		law(!is_plain(in) || (form == MASK_FORMS && tells_length(in)) || span_equal(in, out_view(&other)), "what nothing touches leaves as it came");
	out_free(&other);
	out_free(&whole);
	return 0;
}
