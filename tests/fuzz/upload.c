/*
 * upload.c: bodies in AWS's own chunks, as a skill sends them.
 * Input: which form it is in and goes on in, how it is cut, length (2 bytes), whether a trailer is announced, the body.
 * Replay: the same comes of it in any cutting. Round trip: what goes on is such a body, as long as was told, and comes
 * out of another pass as it went in.
 */
#include "law.h"

#include <openssl/evp.h>

#include "inject/chunked.h"
#include "inject/upload.h"
#include "out.h"
#include "wire.h"

static const char *const forms[] = {
	"STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
};

struct told {
	const struct upload_form *form;
	bool is_tls;
	struct wire_request request;
	struct wire_pair fields[2];
	char length[8];
};

/* In place of the keeper: any 64 hex will do, of what is asked for. */
static void
sign(struct upload *upload, const uint8_t *room, size_t n)
{
	size_t count = (n - VAULT_SIGV4_CHUNKS_HEAD) / VAULT_SIGV4_HASH;
	char signatures[VAULT_SIGV4_CHUNKS_MOST * VAULT_SIGV4_SIGNATURE + 1];

	law(count > 0 && count <= VAULT_SIGV4_CHUNKS_MOST, "as many as may be asked for");
	for (size_t i = 0; i < count * VAULT_SIGV4_HASH; i++)
		snprintf(signatures + 2 * i, 3, "%02x", room[VAULT_SIGV4_CHUNKS_HEAD + i]);
	law(upload_answer(upload, span_of(signatures, count * VAULT_SIGV4_SIGNATURE)) == 0, "signatures are taken");
}

static bool
run(const struct told *told, const struct upload_form *form, struct span in, size_t cut, struct out *out)
{
	char seed[VAULT_SIGV4_SIGNATURE + 1] = "0123456789012345678901234567890123456789012345678901234567890123";
	uint8_t room[UPLOAD_INPUT_MAX];
	struct upload *upload = NULL;
	const char *why = NULL;
	bool right;
	size_t n;

	if (upload_new(&upload, &told->request, form, told->is_tls, &why)) {
		law(why, "a reason is given");
		return false;
	}
	upload_sign(upload, "20130524T000000Z", seed);
	do {
		size_t size = cut && cut < in.n ? cut : in.n;

		right = upload_take(upload, span_head(in, size), size == in.n);
		in = span_skip(in, size);
		while (right && (n = upload_asks(upload, room)))
			sign(upload, room, n);
		out_span(out, upload_view(upload));
		upload_sent(upload);
	} while (right && in.n);
	law(right == upload_is_done(upload), "done at its end, and only there");
	law(right == !*upload_why(upload), "a reason is given");
	law(out->n <= upload_length(upload) && (!right || out->n == upload_length(upload)), "as long as was told");
	upload_free(&upload);
	return right;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct out whole = out_new(1 << 22), pieces = out_new(1 << 22), again = out_new(1 << 22);
	struct span in = span_of(p, n);
	struct told told = { 0 };
	uint8_t kind, cut;
	uint16_t length;
	bool right;

	if (!take_u8(&in, &kind) || !take_u8(&in, &cut) || !take_be16(&in, &length) || in.n > 1 << 18)
		return 0;
	told.form = upload_form_of(span_text(forms[kind % 3]));
	told.is_tls = kind & 4;
	snprintf(told.length, sizeof(told.length), "%u", length);
	told.fields[0] = (struct wire_pair){ SPAN("x-amz-decoded-content-length"), span_text(told.length) };
	told.fields[1] = (struct wire_pair){ SPAN("x-amz-trailer"), SPAN("x-amz-checksum-crc32") };
	told.request = (struct wire_request){ .headers = told.fields, .header_count = kind & 8 ? 2 : 1 };
	right = run(&told, told.form, in, 0, &whole);
	law(run(&told, told.form, in, cut + 1, &pieces) == right, "replay: any cutting");
	law(!right || span_equal(out_view(&whole), out_view(&pieces)), "replay: any cutting, the same");
	if (right) {
		law(run(&told, upload_form_sent(told.form, told.is_tls), out_view(&whole), 0, &again), "what goes on is such a body");
		law(span_equal(out_view(&whole), out_view(&again)), "and the same again");
	}
	out_free(&whole);
	out_free(&pieces);
	out_free(&again);
	return 0;
}
