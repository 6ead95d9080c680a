/*
 * sign.c: requests that are signed, and their bodies (AWS Signature Version 4).
 * The request is brought into the form that is signed, the keeper signs its hash; of a body in chunks it then signs
 * those, a run of the body at a time.
 */
#include <errno.h>

#include "inject/percent.h"
#include "inject/request_own.h"
#include "inject/upload.h"
#include "wire.h"

/* ---- the request ---- */

/* Bring the request into the form that is signed, as of that time. */
static int
prepare(struct inject *inject, const struct wire_request *request, struct span path_and_query, uint64_t wall,
    const char **why)
{
	struct inject_terms terms = {
		.how = &inject->how, .token = inject->parts.token, .wall = wall, .is_tls = inject->is_tls,
	};
	struct out room = out_new(INJECT_TEXT_MAX);
	int r;

	terms.path_and_query = inject_target_of(request, path_and_query, &room);
	r = room.failed ? -ENOMEM : inject_canonical(&inject->signing, &terms, request, why);
	out_free(&room);
	inject->is_prepared = !r;
	inject->wall = wall;
	return r;
}

static bool
is_same_upload(const struct inject *inject, const struct wire_request *request)
{
	uint8_t begins[VAULT_SIGV4_HASH];

	if (!inject->upload)
		return true;
	return inject_hash(request->body, begins) == 0 && !memcmp(begins, inject->begins, sizeof(begins));
}

/* Is there a signature, and is it of this request? Another's would send that one again. */
static bool
is_signed_already(struct inject *inject, const struct wire_request *request, struct span path_and_query)
{
	uint8_t was[VAULT_SIGV4_HASH];
	const char *why;

	if (!inject->is_signed)
		return false;
	memcpy(was, inject->signing.hash, sizeof(was));
	inject->is_signed = prepare(inject, request, path_and_query, inject->wall, &why) == 0 &&
	    !memcmp(was, inject->signing.hash, sizeof(was)) && is_same_upload(inject, request);
	return inject->is_signed;
}

/* Its body is begun anew with each signature that is asked for. */
static int
begin_upload(struct inject *inject, const struct wire_request *request, const char **why)
{
	upload_free(&inject->upload);
	inject->is_taken = false;
	if (!inject->signing.upload)
		return 0;
	if (inject_hash(request->body, inject->begins))
		return -ENOMEM;
	return upload_new(&inject->upload, request, inject->signing.upload, inject->is_tls, why);
}

static enum inject_way
ask_to_sign(struct inject *inject, const struct wire_request *request, struct span path_and_query, uint64_t wall,
    struct inject_question *question)
{
	uint8_t input[VAULT_SIGV4_TIME + VAULT_SIGV4_HASH];
	const char *why = NULL;

	if (prepare(inject, request, path_and_query, wall, &why) || begin_upload(inject, request, &why))
		return inject_question_refuse(question, why ? why : "there is no memory to sign the request");
	memcpy(input, inject->signing.time, VAULT_SIGV4_TIME);
	memcpy(input + VAULT_SIGV4_TIME, inject->signing.hash, VAULT_SIGV4_HASH);
	return inject_question_ask(question, VAULT_SIGV4, span_of(input, sizeof(input)));
}

/* Take a run of the body, once, and have signed what must be. */
static enum inject_way
next_run(struct inject *inject, struct span bytes, bool ends, struct inject_question *question)
{
	size_t n;

	if (!inject->is_taken && !upload_take(inject->upload, bytes, ends))
		return inject_question_refuse(question, upload_why(inject->upload));
	inject->is_taken = true;
	n = upload_asks(inject->upload, question->room);
	if (!n)
		return INJECT_READY;
	question->step = VAULT_SIGV4_CHUNKS;
	question->input = span_of(question->room, n);
	return INJECT_ASK;
}

enum inject_way
inject_sign_next(struct inject *inject, const struct wire_request *request, struct span path_and_query, uint64_t wall,
    struct inject_question *question)
{
	if (!inject->has_loan)
		return inject_question_ask(question, VAULT_SIGV4_KEY, SPAN(""));
	if (!is_signed_already(inject, request, path_and_query))
		return ask_to_sign(inject, request, path_and_query, wall, question);
	return inject->upload ? next_run(inject, request->body, !request->is_open, question) : INJECT_READY;
}

/* ---- the keeper's answers ---- */

static int
take_signature(struct inject *inject, struct span output)
{
	if (!inject->is_prepared || output.n != VAULT_SIGV4_SIGNATURE)
		return -EPROTO;
	for (size_t i = 0; i < output.n; i++)
		if (inject_hex_digit(output.p[i]) < 0)
			return -EPROTO;
	memcpy(inject->signature, output.p, output.n);
	inject->is_signed = true;
	if (inject->upload)
		upload_sign(inject->upload, inject->signing.time, inject->signature);
	return 0;
}

int
inject_sign_answer(struct inject *inject, uint8_t step, struct span output)
{
	if (step == VAULT_SIGV4)
		return take_signature(inject, output);
	return inject->upload ? upload_answer(inject->upload, output) : -EPROTO;
}

/* ---- the rest of its body ---- */

bool
inject_uploads(const struct inject *inject)
{
	return inject && inject->upload;
}

enum inject_way
inject_body(struct inject *inject, struct span bytes, bool ends, struct inject_question *question, struct span *out)
{
	enum inject_way way;

	*question = (struct inject_question){ 0 };
	way = next_run(inject, bytes, ends, question);
	*out = way == INJECT_READY ? upload_view(inject->upload) : span_of(NULL, 0);
	return way;
}

void
inject_body_sent(struct inject *inject)
{
	upload_sent(inject->upload);
	inject->is_taken = false;
	if (upload_is_done(inject->upload))
		upload_free(&inject->upload);
}
