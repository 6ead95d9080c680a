/* body.c: one body: its form, its end, its first fault. */
#include "mask/body_inside.h"

#include <errno.h>
#include <stdlib.h>

static const struct body_form *const forms[MASK_FORMS] = {
	[MASK_FORM_JSON] = &body_form_json,
	[MASK_FORM_NDJSON] = &body_form_ndjson,
	[MASK_FORM_SSE] = &body_form_sse,
	[MASK_FORM_URLENCODED] = &body_form_urlencoded,
	[MASK_FORM_CSV] = &body_form_csv,
	[MASK_FORM_XML] = &body_form_xml,
	[MASK_FORM_TEXT] = &body_form_text,
};

struct mask_body {
	struct body_eyes eyes;
	const struct body_form *form;
	void *state;		/* owned, the form's own */
	const char *error;
	bool has_ended;
};

static struct mask_body *
new_body(const struct mask_set *set, uint64_t active, const struct body_form *form)
{
	struct mask_body *body = calloc(1, sizeof(*body));

	if (!body)
		return NULL;
	body_eyes_open(&body->eyes, set, active);
	body->error = form ? "" : "bodies of this form cannot be read";
	body->form = form;
	return body;
}

int
mask_body_new(struct mask_body **out, const struct mask_set *set, uint64_t active, enum mask_form form)
{
	struct mask_body *body = new_body(set, active, (unsigned int)form < MASK_FORMS ? forms[form] : NULL);

	if (body && body->form)
		body->state = body->form->open(&body->eyes);
	if (body && body->form && !body->state)
		mask_body_free(&body);
	if (!body)
		return -ENOMEM;
	*out = body;
	return 0;
}

int
mask_body_new_parts(struct mask_body **out, const struct mask_set *set, uint64_t active, struct span type, bool redacts)
{
	struct mask_body *body = new_body(set, active, &body_form_parts);

	if (body)
		body->state = body_parts_open(&body->eyes, type, redacts);
	if (body && !body->state)
		mask_body_free(&body);
	if (!body)
		return -ENOMEM;
	*out = body;
	return 0;
}

bool
mask_body_put(struct mask_body *body, struct span in, bool is_last, struct out *out, struct mask_tally *tally)
{
	if (*body->error)
		return false;
	if (body->has_ended) {
		if (in.n)
			body->error = "more follows behind the end of a body";
		return !in.n;
	}
	body->eyes.tally = tally;
	body->has_ended = is_last;
	if (!body->form->put(body->state, in, is_last, out, &body->error)) {
		if (!*body->error)
			body->error = "a body cannot be read";
		return false;
	}
	if (out->failed)
		body->error = "there is no room for what is written";
	return !out->failed;
}

const char *
mask_body_error(const struct mask_body *body)
{
	return body->error;
}

bool
mask_body_is_idle(const struct mask_set *set, uint64_t active)
{
	return !(active & (set->with_detectors | set->with_fields));
}

void
mask_body_free(struct mask_body **p)
{
	struct mask_body *body = *p;

	*p = NULL;
	if (!body)
		return;
	if (body->state)
		body->form->close(body->state);
	body_eyes_close(&body->eyes);
	free(body);
}
