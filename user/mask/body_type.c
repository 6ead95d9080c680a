/*
 * body_type.c: what a Content-Type says of a body: how it is read, and its parameters (RFC 9110 section 8.3).
 * What is not named here cannot be looked into.
 */
#include "mask/body_inside.h"

#include <strings.h>

/* The type without its parameters, in lower case. */
static struct span
media_type(struct span value, char *room, size_t size)
{
	size_t n = 0;

	while (n < value.n && n < size && value.p[n] != ';' && value.p[n] != ' ' && value.p[n] != '\t') {
		uint8_t c = value.p[n];

		room[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	return span_of(room, n);
}

static bool
begins(struct span text, const char *with)
{
	return span_equal(span_head(text, strlen(with)), span_text(with));
}

static bool
ends(struct span text, const char *with)
{
	size_t n = strlen(with);

	return text.n >= n && span_equal(span_skip(text, text.n - n), span_text(with));
}

#define TYPE_MOST 1024	/* bytes of a Content-Type: what is longer is not looked through */

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* Charsets whose bytes are read as what they are by who looks for ASCII and UTF-8. Each that is named must be one: of
 * two, and of one with blanks around, readers take which they like. */
static bool
has_plain_charset(struct span value)
{
	static const char *const plain[] = { "utf-8", "utf8", "us-ascii", "iso-8859-1", "windows-1252" };
	char room[TYPE_MOST];
	const char *p = room;

	if (value.n >= sizeof(room))
		return false;
	if (value.n)
		memcpy(room, value.p, value.n);
	room[value.n] = '\0';
	while ((p = strcasestr(p, "charset"))) {
		size_t i = 0;

		p = skip_blanks(p + strlen("charset"));
		if (*p != '=')
			return false;
		p = skip_blanks(p + 1);
		p += *p == '"';
		while (i < COUNT(plain) && strncasecmp(p, plain[i], strlen(plain[i])) != 0)
			i++;
		if (i == COUNT(plain))
			return false;
	}
	return true;
}

static const struct {
	const char *type;
	enum mask_form form;
} types[] = {
	{ "application/json", MASK_FORM_JSON }, { "text/json", MASK_FORM_JSON },
	{ "application/x-ndjson", MASK_FORM_NDJSON }, { "application/jsonl", MASK_FORM_NDJSON },
	{ "application/x-jsonlines", MASK_FORM_NDJSON }, { "text/event-stream", MASK_FORM_SSE },
	{ "application/x-www-form-urlencoded", MASK_FORM_URLENCODED },
	{ "text/csv", MASK_FORM_CSV }, { "application/xml", MASK_FORM_XML }, { "text/xml", MASK_FORM_XML },
	{ "application/javascript", MASK_FORM_TEXT }, { "application/yaml", MASK_FORM_TEXT },
};

bool
mask_form_of(struct span type, enum mask_form *form)
{
	char room[128];
	struct span media = media_type(type, room, sizeof(room));

	if (!has_plain_charset(type))
		return false;
	for (size_t i = 0; i < COUNT(types); i++)
		if (span_is(media, types[i].type)) {
			*form = types[i].form;
			return true;
		}
	*form = ends(media, "+json") ? MASK_FORM_JSON : ends(media, "+xml") ? MASK_FORM_XML : MASK_FORM_TEXT;
	return *form != MASK_FORM_TEXT || begins(media, "text/");
}

bool
mask_is_parts(struct span type)
{
	char room[128];

	return span_is(media_type(type, room, sizeof(room)), "multipart/form-data");
}

/* ---- parameters ---------------------------------------------------------------------------- */

static struct span
skip_space(struct span in)
{
	while (in.n && (in.p[0] == ' ' || in.p[0] == '\t'))
		in = span_skip(in, 1);
	return in;
}

static bool
is_token_byte(uint8_t c)
{
	return c > ' ' && c < 0x7f && !strchr("()<>@,;:\\\"/[]?={}", c);
}

static struct span
take_token(struct span *in)
{
	size_t n = 0;

	while (n < in->n && is_token_byte(in->p[n]))
		n++;
	*in = span_skip(*in, n);
	return span_of(in->p - n, n);
}

/* A token or what is between quotes, where a backslash is read in two ways: refused. */
static bool
take_value(struct span *in, struct span *value)
{
	const uint8_t *end;

	if (!in->n || in->p[0] != '"') {
		*value = take_token(in);
		return value->n > 0;
	}
	*in = span_skip(*in, 1);
	end = in->n ? memchr(in->p, '"', in->n) : NULL;
	if (!end)
		return false;
	*value = span_head(*in, (size_t)(end - in->p));
	*in = span_skip(*in, value->n + 1);
	return !value->n || !memchr(value->p, '\\', value->n);
}

bool
body_parameters(struct span value, struct span *kind, const struct body_parameter *wanted)
{
	value = skip_space(value);
	*kind = value;
	while (value.n && value.p[0] != ';' && value.p[0] != ' ' && value.p[0] != '\t')
		value = span_skip(value, 1);
	kind->n -= value.n;
	for (value = skip_space(value); value.n; value = skip_space(value)) {
		struct span name, its;

		if (value.p[0] != ';')
			return false;
		value = skip_space(span_skip(value, 1));
		name = take_token(&value);
		if (!name.n || name.p[name.n - 1] == '*' || !value.n || value.p[0] != '=')
			return false;
		value = span_skip(value, 1);
		if (!take_value(&value, &its))
			return false;
		for (const struct body_parameter *p = wanted; p->name; p++) {
			if (strlen(p->name) != name.n || strncasecmp((const char *)name.p, p->name, name.n) != 0)
				continue;
			if (p->value->p)
				return false;
			*p->value = its;
		}
	}
	return true;
}
