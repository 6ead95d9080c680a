/* body_xml_text.c: entities, characters and names of XML 1.0 (sections 2.2, 2.3 and 4.1). */
#include "mask/body_xml.h"

#include "base/utf8.h"

#define ENTITY_MOST 12	/* bytes, with '&' and ';' */

static const struct {
	struct span name;
	uint8_t c;
} entities[] = {
	{ SPAN("&lt;"), '<' }, { SPAN("&gt;"), '>' }, { SPAN("&amp;"), '&' }, { SPAN("&quot;"), '"' }, { SPAN("&apos;"), '\'' },
};

static bool
is_character(uint32_t c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= ' ' && c < 0xd800) || (c >= 0xe000 && c < 0xfffe) ||
	    (c >= 0x10000 && c < 0x110000);
}

static int
digit_of(uint8_t c, uint32_t base)
{
	uint8_t low = c | 0x20;

	if (c >= '0' && c <= '9')
		return c - '0';
	return base == 16 && low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

static void
put_character(struct out *out, uint32_t c)
{
	static const uint8_t heads[] = { 0, 0xc0, 0xe0, 0xf0 };
	unsigned int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;

	out_u8(out, (uint8_t)(heads[more] | c >> (6 * more)));
	while (more--)
		out_u8(out, (uint8_t)(0x80 | (c >> (6 * more) & 0x3f)));
}

/* "&#65;" or "&#x41;", whole. */
static bool
read_number(struct span entity, struct out *out)
{
	uint32_t base = entity.p[2] == 'x' ? 16 : 10, c = 0;
	size_t at = base == 16 ? 3 : 2;

	if (at + 1 >= entity.n)
		return false;
	for (; at + 1 < entity.n; at++) {
		int digit = digit_of(entity.p[at], base);

		if (digit < 0 || c > 0x110000)
			return false;
		c = c * base + (uint32_t)digit;
	}
	if (!is_character(c))
		return false;
	put_character(out, c);
	return true;
}

static bool
read_entity(struct span entity, struct out *out)
{
	if (entity.n > 3 && entity.p[1] == '#')
		return read_number(entity, out);
	for (size_t i = 0; i < COUNT(entities); i++) {
		if (span_equal(entity, entities[i].name)) {
			out_u8(out, entities[i].c);
			return true;
		}
	}
	return false;
}

bool
xml_read(struct span raw, struct out *out)
{
	while (raw.n) {
		const uint8_t *sign = memchr(raw.p, '&', raw.n), *end;
		struct span entity;

		out_bytes(out, raw.p, sign ? (size_t)(sign - raw.p) : raw.n);
		if (!sign)
			return true;
		raw = span_skip(raw, (size_t)(sign - raw.p));
		entity = span_head(raw, ENTITY_MOST);
		end = memchr(entity.p, ';', entity.n);
		if (!end)
			return false;
		entity.n = (size_t)(end - entity.p) + 1;
		if (!read_entity(entity, out))
			return false;
		raw = span_skip(raw, entity.n);
	}
	return true;
}

void
xml_write(struct span text, struct out *out)
{
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		size_t k = 0;

		while (k < COUNT(entities) && entities[k].c != c)
			k++;
		if (k < COUNT(entities))
			out_span(out, entities[k].name);
		else if (c == '\t' || c == '\n' || c == '\r')
			out_printf(out, "&#%d;", c);
		else
			out_u8(out, c);
	}
}

bool
xml_is_text(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < ' ' && !xml_is_blank(text.p[i]))
			return false;
	return utf8_is_valid(text);
}

static bool
is_in_name(uint8_t c)
{
	return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
	    c == '_' || c == '-' || c == '.';
}

size_t
xml_name(struct span text)
{
	size_t n = 0;

	if (!text.n || (text.p[0] >= '0' && text.p[0] <= '9') || text.p[0] == '-' || text.p[0] == '.')
		return 0;
	while (n < text.n && is_in_name(text.p[n]))
		n++;
	return n;
}
