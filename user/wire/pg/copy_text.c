/*
 * copy_text.c: one row of COPY in text format, as CopyAttributeOutText() writes it.
 * A backslash makes the byte behind it something else, or itself. Where NULL is
 * written as something a value could be written as too, everything that looks so
 * is taken for a value: hiding a NULL tells nothing, showing a value may.
 */
#include "wire/pg/pg.h"

static int
digit_of(uint8_t c, int base)
{
	int value = 99;

	if (c >= '0' && c <= '9')
		value = c - '0';
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		value = (c | 0x20) - 'a' + 10;
	return value < base ? value : -1;
}

/* What stands behind a backslash: its byte, and how many bytes it took. */
static size_t
unescape(struct span in, uint8_t *out)
{
	static const char letters[] = "bfnrtv", bytes[] = "\b\f\n\r\t\v";
	const char *letter = in.p[0] ? strchr(letters, in.p[0]) : NULL;
	int base = in.p[0] == 'x' ? 16 : 8, most = base == 16 ? 2 : 3;
	size_t i = base == 16 ? 1 : 0, end = i + (size_t)most;
	int value = 0, digit;
	bool any = false;

	if (letter) {
		*out = (uint8_t)bytes[letter - letters];
		return 1;
	}
	for (; i < end && i < in.n && (digit = digit_of(in.p[i], base)) >= 0; i++, any = true)
		value = value * base + digit;
	*out = any ? (uint8_t)value : in.p[0];
	return any ? i : 1;
}

static bool
is_null(const struct wire_copy *form, struct span raw)
{
	struct span null = span_of(form->null, form->null_n);

	return span_is(null, "\\N") && span_equal(raw, null);	/* no value has a lone backslash */
}

/* A field without a backslash stands for itself, where it is. False: it has one. */
static bool
take_plain(const struct wire_copy *form, struct span *in, struct pg_raw *raw)
{
	const uint8_t *delimiter = in->n ? memchr(in->p, form->delimiter, in->n) : NULL;
	size_t n = delimiter ? (size_t)(delimiter - in->p) : in->n;

	if (n && memchr(in->p, '\\', n))
		return false;
	raw->n = n;
	raw->value = span_head(*in, n);
	*in = span_skip(*in, n);
	return true;
}

/*
 * One field up to a delimiter or the end, decoded at *room, which moves on, if it must
 * be. False: a lone backslash.
 */
static bool
take_field(const struct wire_copy *form, struct span *in, uint8_t **room, struct pg_raw *raw)
{
	const uint8_t *from = *room, *begin = in->p;

	if (take_plain(form, in, raw))
		return true;
	while (in->n && in->p[0] != form->delimiter) {
		if (in->p[0] != '\\') {
			*(*room)++ = in->p[0];
			*in = span_skip(*in, 1);
			continue;
		}
		if (in->n < 2)
			return false;
		*in = span_skip(*in, 1);
		*in = span_skip(*in, unescape(*in, (*room)++));
	}
	raw->n = (size_t)(in->p - begin);
	raw->is_null = is_null(form, span_of(begin, raw->n));
	raw->value = span_of(from, raw->is_null ? 0 : (size_t)(*room - from));
	return true;
}

bool
pg_copy_split_text(struct pg *pg, const struct pg_slot *slot, struct span row)
{
	struct span line;

	if (pg_copy_line(row, &line) && line.n && memchr(line.p, '\n', line.n))
		return false;	/* in a value it would stand behind a backslash, as n */
	return pg_copy_split_line(pg, slot, row, take_field);
}

void
pg_copy_write_text(const struct pg_slot *slot, const struct pg_raw *raw, const struct wire_field *field,
    struct out *out)
{
	static const char bytes[] = "\b\f\n\r\t\v\\", letters[] = "bfnrtv\\";
	struct span in = field->bytes;

	(void)raw;
	if (field->is_null) {
		out_span(out, span_of(slot->form.null, slot->form.null_n));
		return;
	}
	for (size_t i = 0; i < in.n; i++) {
		const char *found = in.p[i] ? strchr(bytes, in.p[i]) : NULL;

		if (found || in.p[i] == slot->form.delimiter)
			out_u8(out, '\\');
		out_u8(out, found ? (uint8_t)letters[found - bytes] : in.p[i]);
	}
}
