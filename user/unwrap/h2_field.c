/* h2_field.c: which bytes may stand where, and which fields have a meaning for the connection. Tables. */
#include <strings.h>

#include "unwrap/h2_inside.h"

#define T CLASS_TOKEN
#define L CLASS_LOWER
#define V CLASS_VALUE
#define P CLASS_PATH
#define H CLASS_HOST

static const uint8_t classes[256] = {
	['\t'] = V, [' '] = V, ['!'] = T | L | V | P, ['"'] = V | P, ['#'] = T | L | V,
	['$' ... '\''] = T | L | V | P, ['(' ... ')'] = V | P, ['*' ... '+'] = T | L | V | P, [','] = V | P,
	['-' ... '.'] = T | L | V | P | H, ['/'] = V | P, ['0' ... '9'] = T | L | V | P | H, [':'] = V | P | H,
	[';' ... '@'] = V | P, ['A' ... 'Z'] = T | V | P | H, ['['] = V | P | H, ['\\'] = V | P, [']'] = V | P | H,
	['^'] = T | L | V | P, ['_'] = T | L | V | P | H, ['`'] = T | L | V | P, ['a' ... 'z'] = T | L | V | P | H,
	['{'] = V | P, ['|'] = T | L | V | P, ['}'] = V | P, ['~'] = T | L | V | P, [0x80 ... 0xff] = V,
};

static const struct {
	struct span name;
	enum h2_field kind;
} fields[] = {
	{ SPAN("te"), FIELD_TE },
	{ SPAN("host"), FIELD_HOST },
	{ SPAN("cookie"), FIELD_COOKIE },
	{ SPAN("trailer"), FIELD_TRAILER },
	{ SPAN("upgrade"), FIELD_HOP },
	{ SPAN("connection"), FIELD_CONNECTION },
	{ SPAN("keep-alive"), FIELD_HOP },
	{ SPAN("proxy-connection"), FIELD_HOP },
	{ SPAN("http2-settings"), FIELD_HOP },
	{ SPAN("transfer-encoding"), FIELD_CODING },
	{ SPAN("content-length"), FIELD_LENGTH },
	{ SPAN("sec-websocket-accept"), FIELD_ACCEPT },
	{ SPAN("authorization"), FIELD_SECRET },
	{ SPAN("proxy-authorization"), FIELD_SECRET },
	{ SPAN("set-cookie"), FIELD_SECRET },
	{ SPAN("x-api-key"), FIELD_SECRET },
};

static bool
all_of(struct span in, enum h2_class class)
{
	for (size_t i = 0; i < in.n; i++)
		if (!(classes[in.p[i]] & class))
			return false;
	return true;
}

bool
h2_is_all(struct span in, enum h2_class class)
{
	return in.n > 0 && all_of(in, class);
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

bool
h2_is_value(struct span in)
{
	if (!in.n)
		return true;
	return !is_blank(in.p[0]) && !is_blank(in.p[in.n - 1]) && all_of(in, CLASS_VALUE);
}

enum h2_field
h2_field_kind(struct span name)
{
	for (size_t i = 0; i < COUNT(fields); i++)
		if (span_equal(name, fields[i].name))
			return fields[i].kind;
	return FIELD_PLAIN;
}

bool
h2_same_name(struct span a, struct span b)
{
	return a.n == b.n && (!a.n || !strncasecmp((const char *)a.p, (const char *)b.p, a.n));
}

bool
h2_read_length(struct span in, uint64_t *out)
{
	uint64_t n = 0;

	if (!in.n || in.n > 18)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] < '0' || in.p[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(in.p[i] - '0');
	}
	*out = n;
	return true;
}
