/*
 * entry.c: entries, as a recorder takes them from any process and a verifier from
 * any file. A well-formed one is written as JSON that every reader takes, a beginning of
 * it is not valid, and looking for a key never fails in any other way than "no".
 */
#include "law.h"

#include <jansson.h>

#include "entry.h"
#include "entry/entry_json.h"
#include "out.h"

#define KEYS 260

static void
look(struct span in, bool is_valid)
{
	for (unsigned int key = 0; key < KEYS; key++) {
		struct span text = { 0 }, bytes = { 0 };
		uint64_t number;
		unsigned int found;

		found = entry_get_uint(in, (enum entry_key)key, &number);
		found += entry_get_text(in, (enum entry_key)key, &text);
		found += entry_get_bytes(in, (enum entry_key)key, &bytes);
		law(!is_valid || found <= 1, "a value has one type");
		law(!text.n || (text.p >= in.p && text.p + text.n <= in.p + in.n), "containment");
		law(!bytes.n || (bytes.p >= in.p && bytes.p + bytes.n <= in.p + in.n), "containment");
	}
}

static void
check_json(struct span in)
{
	struct out out = out_new(8u << 20);
	json_t *json;

	law(entry_json(in, &out), "a valid entry has a JSON form");
	json = json_loadb((const char *)out.p, out.n,
	    JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
	if (!json)
		fprintf(stderr, "%.*s\n", (int)out.n, (const char *)out.p);
	law(json != NULL, "and that is JSON");
	json_decref(json);
	out_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_of(p, n);
	bool is_valid = entry_is_formed(in);

	look(in, is_valid);
	if (is_valid) {
		law(entry_is_valid(in) == (n <= ENTRY_LIMIT), "valid is well-formed and short");
		check_json(in);
		law(!entry_is_formed(span_head(in, n - 1)), "a beginning is no entry");
	} else {
		struct out out = out_new(8u << 20);

		law(!entry_json(in, &out) && out.n == 0, "what is not valid is not written");
		out_free(&out);
	}
	return 0;
}
