/*
 * body_form.c: forms as in URLs (URL Standard, section 5), pair by pair. Names and values
 * are read with their percent signs decoded; one without two digits behind it is a fault,
 * for readers differ on what it is. A changed name or value is encoded anew, and what would
 * be null is empty.
 */
#include "mask/body_value.h"

#include <stdlib.h>

struct form {
	struct body_value value;
	struct body_pieces pieces;
	uint64_t *place;	/* owned: of the value at hand */
	struct out name, text, edited;
};

static size_t
end_pair(void *state, struct span text, size_t *scanned, bool is_last)
{
	const uint8_t *end = *scanned < text.n ? memchr(text.p + *scanned, '&', text.n - *scanned) : NULL;

	(void)state;
	*scanned = text.n;
	return end ? (size_t)(end - text.p) + 1 : is_last ? text.n : 0;
}

static int
hex_of(uint8_t c)
{
	uint8_t low = c | 0x20;

	return is_digit(c) ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* What it stands for. False: a percent sign that says nothing. */
static bool
decode(struct span in, struct out *out)
{
	out_clear(out);
	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = in.p[i];

		if (c == '%') {
			if (in.n - i < 3 || hex_of(in.p[i + 1]) < 0 || hex_of(in.p[i + 2]) < 0)
				return false;
			c = (uint8_t)(hex_of(in.p[i + 1]) * 16 + hex_of(in.p[i + 2]));
			i += 2;
		} else if (c == '+') {
			c = ' ';
		}
		out_u8(out, c);
	}
	return true;
}

static void
encode(struct span in, struct out *out)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = in.p[i];

		if (is_word(c) || c == '*' || c == '-' || c == '.' || c == '_') {
			out_u8(out, c);
		} else if (c == ' ') {
			out_u8(out, '+');
		} else {
			out_u8(out, '%');
			out_u8(out, (uint8_t)hex[c >> 4]);
			out_u8(out, (uint8_t)hex[c & 15]);
		}
	}
}

static void
put_name(struct form *form, struct span raw, struct out *out)
{
	out_clear(&form->edited);
	if (body_value_look(&form->value, out_view(&form->name), &form->edited))
		encode(out_view(&form->edited), out);
	else
		out_span(out, raw);
}

static void
put_value(struct form *form, struct span raw, struct out *out)
{
	const struct body_eyes *eyes = form->value.eyes;
	int hider = -1;

	if (eyes->names) {
		path_enter_key(&eyes->set->paths, form->value.root, out_view(&form->name), form->place);
		hider = body_named(eyes, form->place, -1);
	}
	out_clear(&form->edited);
	switch (body_value_edit(&form->value, form->place, hider, out_view(&form->name), out_view(&form->text),
	    &form->edited)) {
	case MASK_EDITED:
		encode(form->edited.failed ? SPAN(MASK_REDACTED) : out_view(&form->edited), out);
		break;
	case MASK_KEPT:
		out_span(out, raw);
		break;
	case MASK_NULLED:
		break;
	}
}

/* A pair, with the '&' behind it, if there is one. */
static bool
put_pair(void *state, struct span pair, struct out *out, const char **why)
{
	struct form *form = state;
	struct span behind = span_skip(pair, pair.n - (pair.p[pair.n - 1] == '&'));
	const uint8_t *sign;
	struct span name, value;

	pair.n -= behind.n;
	sign = pair.n ? memchr(pair.p, '=', pair.n) : NULL;
	name = span_head(pair, sign ? (size_t)(sign - pair.p) : pair.n);
	value = span_skip(pair, name.n + 1);
	if (!decode(name, &form->name) || !decode(value, &form->text)) {
		*why = "a form has a percent sign that stands for nothing";
		return false;
	}
	put_name(form, name, out);
	if (sign) {
		out_u8(out, '=');
		put_value(form, value, out);
	}
	out_span(out, behind);
	return true;
}

static void
close_form(void *state)
{
	struct form *form = state;

	body_value_close(&form->value);
	body_pieces_close(&form->pieces);
	out_free(&form->name);
	out_free(&form->text);
	out_free(&form->edited);
	free(form->place);
	free(form);
}

static void *
open_form(struct body_eyes *eyes)
{
	struct form *form = calloc(1, sizeof(*form));

	if (!form)
		return NULL;
	form->pieces = body_pieces_new();
	form->pieces.end = end_pair;
	form->pieces.put = put_pair;
	form->pieces.unended = "a form ends within a pair";
	form->name = out_new(BODY_HELD_MOST);
	form->text = out_new(BODY_HELD_MOST);
	form->edited = out_new(8 * (size_t)BODY_HELD_MOST);
	form->place = calloc(eyes->set->paths.words + 1, sizeof(*form->place));
	if (body_value_open(&form->value, eyes) || !form->place) {
		close_form(form);
		return NULL;
	}
	return form;
}

static bool
put_form(void *state, struct span in, bool is_last, struct out *out, const char **why)
{
	struct form *form = state;

	return body_pieces_put(&form->pieces, form, in, is_last, out, why);
}

const struct body_form body_form_urlencoded = { open_form, put_form, close_form };
