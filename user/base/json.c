/* json.c: strings, escaped as RFC 8259 section 7 asks and no more. */
#include "base/json.h"

#include "base/utf8.h"

static void
put_byte(struct out *out, uint8_t c)
{
	if (c == '"' || c == '\\') {
		out_u8(out, '\\');
		out_u8(out, c);
	} else if (c == '\n') {
		out_span(out, SPAN("\\n"));
	} else if (c == '\t') {
		out_span(out, SPAN("\\t"));
	} else if (c < 0x20 || c == 0x7f) {
		out_printf(out, "\\u%04x", c);
	} else {
		out_u8(out, c);
	}
}

void
json_text(struct out *out, struct span in)
{
	out_u8(out, '"');
	while (in.n) {
		size_t n = utf8_length(in);

		if (n == 0)
			out_span(out, SPAN("\xef\xbf\xbd"));
		else if (n == 1)
			put_byte(out, in.p[0]);
		else
			out_bytes(out, in.p, n);
		in = span_skip(in, n ? n : 1);
	}
	out_u8(out, '"');
}

static void
member(struct out *out, bool *first, const char *name)
{
	if (!*first)
		out_u8(out, ',');
	*first = false;
	json_text(out, span_text(name));
	out_u8(out, ':');
}

void
json_member_text(struct out *out, bool *first, const char *name, struct span text)
{
	member(out, first, name);
	json_text(out, text);
}

void
json_member_uint(struct out *out, bool *first, const char *name, uint64_t v)
{
	member(out, first, name);
	out_printf(out, "%llu", (unsigned long long)v);
}
