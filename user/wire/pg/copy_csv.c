/*
 * copy_csv.c: one row of COPY in CSV format, as CopyAttributeOutCSV() writes it.
 * A field is quoted as a whole or not at all; within quotes the escape byte
 * stands before a quote or an escape, and line ends are values. Only an unquoted
 * field can be NULL: PostgreSQL quotes a value that looks like one.
 */
#include "wire/pg/pg.h"

static bool
is_escape(const struct wire_copy *form, struct span in)
{
	return in.p[0] == form->escape && in.n > 1 &&
	    (in.p[1] == form->quote || in.p[1] == form->escape);
}

/* Behind the opening quote, up to behind the closing one. False: there is none. */
static bool
take_quoted(const struct wire_copy *form, struct span *in, uint8_t **room)
{
	while (in->n) {
		bool escaped = is_escape(form, *in);

		if (!escaped && in->p[0] == form->quote) {
			*in = span_skip(*in, 1);
			return true;
		}
		*in = span_skip(*in, escaped);
		*(*room)++ = in->p[0];
		*in = span_skip(*in, 1);
	}
	return false;
}

static bool
has_byte(struct span text, uint8_t byte)
{
	return text.n && memchr(text.p, byte, text.n);
}

/* It stands for itself, where it is. False: a quote or a line's end that should have been quoted. */
static bool
take_bare(const struct wire_copy *form, struct span *in, struct span *value)
{
	const uint8_t *delimiter = in->n ? memchr(in->p, form->delimiter, in->n) : NULL;

	*value = span_head(*in, delimiter ? (size_t)(delimiter - in->p) : in->n);
	*in = span_skip(*in, value->n);
	return !has_byte(*value, form->quote) && !has_byte(*value, '\n') && !has_byte(*value, '\r');
}

static bool
take_field(const struct wire_copy *form, struct span *in, uint8_t **room, struct pg_raw *raw)
{
	const uint8_t *from = *room, *begin = in->p;

	raw->is_quoted = in->n && in->p[0] == form->quote;
	if (raw->is_quoted) {
		*in = span_skip(*in, 1);
		if (!take_quoted(form, in, room) || (in->n && in->p[0] != form->delimiter))
			return false;
		raw->value = span_of(from, (size_t)(*room - from));
	} else if (!take_bare(form, in, &raw->value)) {
		return false;
	}
	raw->n = (size_t)(in->p - begin);
	raw->is_null = !raw->is_quoted && span_equal(span_of(begin, raw->n), span_of(form->null, form->null_n));
	if (raw->is_null)
		raw->value = span_of(from, 0);
	return true;
}

bool
pg_copy_split_csv(struct pg *pg, const struct pg_slot *slot, struct span row)
{
	return pg_copy_split_line(pg, slot, row, take_field);
}

static bool
needs_quotes(const struct wire_copy *form, struct span value)
{
	const uint8_t special[] = { form->delimiter, form->quote, form->escape, '\n', '\r' };

	for (size_t i = 0; i < value.n; i++)
		if (memchr(special, value.p[i], sizeof(special)))
			return true;
	return span_equal(value, span_of(form->null, form->null_n)) || span_is(value, "\\.");
}

void
pg_copy_write_csv(const struct pg_slot *slot, const struct pg_raw *raw, const struct wire_field *field,
    struct out *out)
{
	const struct wire_copy *form = &slot->form;
	struct span in = field->bytes;

	if (field->is_null) {
		out_span(out, span_of(form->null, form->null_n));
		return;
	}
	if (!raw->is_quoted && !needs_quotes(form, in)) {
		out_span(out, in);
		return;
	}
	out_u8(out, form->quote);
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] == form->quote || in.p[i] == form->escape)
			out_u8(out, form->escape);
		out_u8(out, in.p[i]);
	}
	out_u8(out, form->quote);
}
