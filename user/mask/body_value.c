/* body_value.c: a value of a form that is not JSON: hidden, or read as JSON, or looked at. */
#include "mask/body_value.h"

#include <errno.h>
#include <stdlib.h>

int
body_value_open(struct body_value *value, struct body_eyes *eyes)
{
	*value = (struct body_value){ .eyes = eyes };
	value->root = calloc(eyes->set->paths.words + 1, sizeof(*value->root));
	if (!value->root)
		return -ENOMEM;
	path_begin(&eyes->set->paths, eyes->active, value->root);
	return 0;
}

void
body_value_close(struct body_value *value)
{
	body_json_free(&value->json);
	free(value->root);
	value->root = NULL;
}

bool
body_value_as_json(struct body_value *value, const uint64_t *place, struct span text, struct out *out, bool *edited)
{
	struct mask_tally *tally = value->eyes->tally, inner = { 0 };
	size_t mark = out->n;
	bool is_json;

	if (!value->json && body_json_new(&value->json, value->eyes, false, 1)) {
		out->failed = true;
		return false;
	}
	body_json_reset(value->json, place);
	body_json_set_apart(value->json, value->apart);
	value->eyes->tally = &inner;
	is_json = body_json_put(value->json, text, true, out);
	value->eyes->tally = tally;
	if (!is_json) {
		out->n = mark;
		return false;
	}
	for (size_t i = 0; i < MASKS_MAX; i++)
		tally->hits[i] += inner.hits[i];
	*edited = body_json_is_edited(value->json);
	return true;
}

static bool
begins_json(struct span text)
{
	size_t at = 0;

	while (at < text.n && (text.p[at] == ' ' || (text.p[at] >= '\t' && text.p[at] <= '\r')))
		at++;
	return at < text.n && (text.p[at] == '{' || text.p[at] == '[');
}

bool
body_value_is_beyond(const struct body_value *value, const struct out *out)
{
	return out->failed || (value->json && body_json_is_beyond(value->json));
}

static enum mask_result
hide(struct body_value *value, unsigned int hider, struct span text, struct out *out)
{
	if (value->eyes->set->masks[hider].view->way == WAY_NULL) {
		value->eyes->tally->hits[hider]++;
		return MASK_NULLED;
	}
	body_hide(value->eyes, hider, text, out);
	return MASK_EDITED;
}

enum mask_result
body_value_edit(struct body_value *value, const uint64_t *place, int hider, struct span name, struct span text,
    struct out *out)
{
	size_t mark = out->n;
	bool edited;

	if (hider >= 0)
		return hide(value, (unsigned int)hider, text, out);
	if (!begins_json(text))
		return body_look(value->eyes, name, text, out);
	if (body_value_as_json(value, place, text, out, &edited)) {
		if (!edited)
			out->n = mark;
		return edited ? MASK_EDITED : MASK_KEPT;
	}
	if (body_value_is_beyond(value, out))
		return hide(value, body_strictest(value->eyes), text, out);
	return body_look(value->eyes, name, text, out);
}

bool
body_value_look(struct body_value *value, struct span text, struct out *out)
{
	struct body_sight sight;

	if (!body_may_hit(value->eyes, text, &sight))
		return false;
	return mask_scan(value->eyes->set, &value->eyes->lineup, text, FORM_MESSAGE, out, value->eyes->tally) !=
	    MASK_KEPT;
}
