/* What the ledger has of a request: values that masks name are hidden in it, whatever form its body has. */
#include "base/arena.h"
#include "base/must.h"
#include "check.h"
#include "facts/http/http.h"
#include "flow/flow.h"

static struct view_mask masks[] = {
	{ .name = "pin", .pattern = "", .fields = (const char *[]){ "a.pin", "pin" }, .field_count = 2 },
};
static struct view_target target = { .name = "t", .protocol = PROTOCOL_HTTP };
static struct view_worker view = { .masks = masks, .mask_count = COUNT(masks), .targets = &target, .target_count = 1 };
static struct policy policy = { .view = &view };
static struct worker worker;
static struct flow flow = { .worker = &worker, .policy = &policy };

static const struct {
	const char *type, *body, *shown;
} rows[] = {
	{ "application/json", "{\"pin\":7}", "{\"pin\":\"[redacted]\"}" },
	{ "application/x-ndjson", "{\"pin\":7}\n{\"pin\":8}\n", "{\"pin\":\"[redacted]\"}\n{\"pin\":\"[redacted]\"}\n" },
	{ "application/x-www-form-urlencoded", "pin=7&b=8", "pin=%5Bredacted%5D&b=8" },
	{ "application/xml", "<a><pin>7</pin><b>8</b></a>", "<a><pin>[redacted]</pin><b>8</b></a>" },
	{ "application/soap+xml", "<a pin=\"7\"/>", "<a pin=\"[redacted]\"/>" },
	{ "text/csv", "pin,b\n7,8\n", "pin,b\n[redacted],8\n" },
	{ "text/plain", "pin 7", "pin 7" },
	{ "", "pin 7", "pin 7" },
	{ "application/xml", "<a><pin>7</a>", "[13 bytes, not recorded]" },
	{ "application/json", "{\"pin\":7", "[8 bytes, not recorded]" },
};

int
main(void)
{
	static const uint8_t keys[COUNT(masks)][MASK_KEY_SIZE];

	flow.scratch = arena_new(FLOW_SCRATCH_BYTES);
	must(flow.scratch && mask_set_new(&policy.masks, &view, keys) == 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_facts facts = { .content_type = span_text(rows[i].type) };
		struct span found, head = SPAN("POST /x\nhost: h\n\n");

		flow.ask.action.http = &facts;
		flow.ask.ask.request = (struct wire_request){ .method = SPAN("POST"), .path = SPAN("/x"), .host = SPAN("h"),
			.body = span_text(rows[i].body) };
		found = flow_masked_request(&flow);
		if (!CHECK_ROW(rows[i].body, span_equal(span_head(found, head.n), head) && span_is(span_skip(found, head.n), rows[i].shown)))
			fprintf(stderr, "  found: %.*s\n", (int)found.n, found.p);
		arena_clear(flow.scratch);
	}
	mask_set_free(&policy.masks);
	arena_free(&flow.scratch);
	return check_end();
}
