/*
 * canonical.c: requests in the form that AWS signs.
 * Input: which service, whether the body goes on, then lines: the target, one field. What is signed is what is sent:
 * the target that goes out is in the form of one already, and has the same hash.
 */
#include "law.h"

#include "inject/canonical.h"
#include "view.h"
#include "wire.h"

static struct span
take_line(struct span *in)
{
	const uint8_t *end = in->n ? memchr(in->p, '\n', in->n) : NULL;
	struct span line = span_head(*in, end ? (size_t)(end - in->p) : in->n);

	*in = span_skip(*in, line.n + 1);
	return line;
}

static struct wire_pair
pair_of(struct span line)
{
	const uint8_t *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
	size_t n = colon ? (size_t)(colon - line.p) : line.n;

	return (struct wire_pair){ span_head(line, n), span_skip(line, n + 1) };
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct view_credential how = { .as = AS_SIGV4, .region = "r", .service = "s3" };
	struct inject_terms terms = { .how = &how, .wall = UINT64_C(1440938160000000000) };
	struct inject_signing first = { 0 }, second = { 0 };
	struct wire_request request = { .method = SPAN("PUT"), .host = SPAN("h") };
	struct span in = span_of(p, n);
	struct wire_pair field;
	const char *why = NULL;
	uint8_t kind;
	int r;

	if (!take_u8(&in, &kind))
		return 0;
	how.service = kind & 1 ? "s3" : "other";
	terms.is_tls = kind & 2;
	request.is_open = kind & 4;
	terms.path_and_query = take_line(&in);
	field = pair_of(take_line(&in));
	request.headers = &field;
	request.header_count = field.name.n > 0;
	request.body = in;
	r = inject_canonical(&first, &terms, &request, &why);
	law(!r || why, "a reason is given");
	if (!r) {
		terms.path_and_query = out_view(&first.path_and_query);
		law(terms.path_and_query.n && terms.path_and_query.p[0] == '/', "a target begins with a slash");
		law(inject_canonical(&second, &terms, &request, &why) == 0, "what is sent is signed");
		law(span_equal(out_view(&first.path_and_query), out_view(&second.path_and_query)), "what is sent is in its form");
		law(!memcmp(first.hash, second.hash, sizeof(first.hash)), "what is sent is what is signed");
	}
	inject_signing_free(&first);
	inject_signing_free(&second);
	return 0;
}
