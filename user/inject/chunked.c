/* chunked.c: lines are gathered until they are whole, bytes of a chunk are passed as they come. */
#include "inject/chunked.h"

#include "inject/percent.h"

#define SIZE_MOST 15	/* digits of a chunk's size */
#define SIGNATURE 64

enum state { SIZE, DATA, DATA_END, TRAILER, ENDED, BROKEN };

void
chunked_begin(struct chunked *c, bool is_signed, bool has_trailers)
{
	*c = (struct chunked){ .is_signed = is_signed, .has_trailers = has_trailers, .state = SIZE };
}

static enum chunked_step
bad(struct chunked *c)
{
	c->state = BROKEN;
	return CHUNKED_BAD;
}

/* ---- lines ------------------------------------------------------------------------------------- */

/* Gather until a line is whole: *line without its end. BAD, or MORE, or END for "it is". */
static enum chunked_step
take_line(struct chunked *c, struct span *in, struct span *line)
{
	while (in->n) {
		uint8_t byte = in->p[0];
		bool is_behind = c->n && c->line[c->n - 1] == '\r';

		if (c->n == CHUNKED_LINE || is_behind != (byte == '\n'))
			return bad(c);
		c->line[c->n++] = byte;
		*in = span_skip(*in, 1);
		if (byte == '\n') {
			*line = span_of(c->line, c->n - 2u);
			c->n = 0;
			return CHUNKED_END;
		}
	}
	return CHUNKED_MORE;
}

static bool
is_signature(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (inject_hex_digit(text.p[i]) < 0)
			return false;
	return text.n == SIGNATURE;
}

static bool
begins(struct span *text, const char *with)
{
	struct span start = span_head(*text, strlen(with));

	if (!span_is(start, with))
		return false;
	*text = span_skip(*text, start.n);
	return true;
}

static bool
read_size(struct chunked *c, struct span line)
{
	size_t n = 0;

	c->left = 0;
	for (; n < line.n && n <= SIZE_MOST && inject_hex_digit(line.p[n]) >= 0; n++)
		c->left = c->left << 4 | (uint64_t)inject_hex_digit(line.p[n]);
	if (n == 0 || n > SIZE_MOST)
		return false;
	line = span_skip(line, n);
	return c->is_signed ? begins(&line, ";chunk-signature=") && is_signature(line) : line.n == 0;
}

/* ---- trailers ------------------------------------------------------------------------------------ */

/* RFC 9110 section 5.6.2, in lower case or not. */
static bool
is_name_byte(uint8_t b)
{
	return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == '-' || b == '_';
}

/* Base 64 is all that a checksum needs. */
static bool
is_value_byte(uint8_t b)
{
	return is_name_byte(b) || b == '+' || b == '/' || b == '=';
}

static bool
read_trailer(struct chunked *c, struct span line)
{
	size_t n = 0;

	while (n < line.n && is_name_byte(line.p[n]))
		n++;
	if (n == 0 || n == line.n || line.p[n] != ':')
		return false;
	c->name = span_head(line, n);
	c->value = span_skip(line, n + 1);
	for (size_t i = 0; i < c->value.n; i++)
		if (!is_value_byte(c->value.p[i]))
			return false;
	return c->value.n > 0;
}

static enum chunked_step
take_trailer(struct chunked *c, struct span line)
{
	if (line.n == 0) {
		if (c->is_signed && c->has_trailers && !c->is_last_trailer)
			return bad(c);
		c->state = ENDED;
		return CHUNKED_END;
	}
	if (!c->has_trailers || c->is_last_trailer || !read_trailer(c, line))
		return bad(c);
	if (c->is_signed && span_is(c->name, "x-amz-trailer-signature")) {
		c->is_last_trailer = true;
		return is_signature(c->value) ? CHUNKED_MORE : bad(c);
	}
	return ++c->trailers <= CHUNKED_TRAILERS ? CHUNKED_TRAILER : bad(c);
}

/* ---- steps ------------------------------------------------------------------------------------------ */

static enum chunked_step
take_data(struct chunked *c, struct span *in)
{
	c->data = span_head(*in, c->left < in->n ? (size_t)c->left : in->n);
	*in = span_skip(*in, c->data.n);
	c->left -= c->data.n;
	if (!c->left)
		c->state = DATA_END;
	return CHUNKED_DATA;
}

/* A line that is whole. MORE: go on. */
static enum chunked_step
obey_line(struct chunked *c, struct span line)
{
	if (c->state == TRAILER)
		return take_trailer(c, line);
	if (c->state == DATA_END) {
		c->state = SIZE;
		return line.n ? bad(c) : CHUNKED_MORE;
	}
	if (!read_size(c, line))
		return bad(c);
	c->state = c->left ? DATA : TRAILER;
	return CHUNKED_MORE;
}

enum chunked_step
chunked_next(struct chunked *c, struct span *in)
{
	enum chunked_step step = CHUNKED_MORE;
	struct span line;

	if (c->state == BROKEN || (c->state == ENDED && in->n))
		return bad(c);
	while (step == CHUNKED_MORE && in->n) {
		if (c->state == DATA)
			return take_data(c, in);
		if (c->state == ENDED)
			return bad(c);
		step = take_line(c, in, &line);
		if (step != CHUNKED_END)
			return step;
		step = obey_line(c, line);
	}
	return step;
}
