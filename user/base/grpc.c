/* grpc.c: frames, and the text of grpc-message. */
#include "base/grpc.h"

#include "base/caseless.h"

/* The type ends here, or with parameters. */
static bool
ends(struct span rest)
{
	return rest.n == 0 || rest.p[0] == ';' || rest.p[0] == ' ' || rest.p[0] == '\t';
}

static bool
begins(struct span text, const char *with)
{
	return text.n >= strlen(with) && caseless_equal(span_head(text, strlen(with)), span_text(with));
}

enum grpc_type
grpc_type_of(struct span in)
{
	static const struct {
		const char *text;
		enum grpc_type type;
	} types[] = {
		{ "application/grpc-web-text", GRPC_WEB_TEXT }, { "application/grpc-web", GRPC_WEB },
		{ "application/grpc", GRPC_PLAIN },
	};

	for (size_t i = 0; i < COUNT(types); i++) {
		struct span rest = span_skip(in, strlen(types[i].text));

		if (!begins(in, types[i].text))
			continue;
		if (ends(rest) || (begins(rest, "+proto") && ends(span_skip(rest, 6))))
			return types[i].type;
		return rest.p[0] == '+' || rest.p[0] == '-' ? GRPC_OTHER : GRPC_NONE;
	}
	return GRPC_NONE;
}

enum grpc_step
grpc_next(struct span *in, size_t most, struct grpc_frame *frame)
{
	uint32_t n;

	if (in->n && in->p[0] & ~(GRPC_COMPRESSED | GRPC_TRAILERS))
		return GRPC_BAD;
	if (in->n < GRPC_PREFIX)
		return GRPC_MORE;
	n = span_be32(*in, 1);
	if (n > most)
		return GRPC_BAD;
	if (in->n - GRPC_PREFIX < n)
		return GRPC_MORE;
	*frame = (struct grpc_frame){ in->p[0], span_of(in->p + GRPC_PREFIX, n) };
	*in = span_skip(*in, GRPC_PREFIX + (size_t)n);
	return GRPC_FRAME;
}

void
grpc_put(struct out *out, uint8_t flags, struct span message)
{
	out_u8(out, flags);
	out_be32(out, (uint32_t)message.n);
	out_span(out, message);
}

static int
hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void
grpc_text_read(struct span in, struct out *out)
{
	for (size_t i = 0; i < in.n; i++) {
		bool is_escape = in.p[i] == '%' && i + 2 < in.n && hex(in.p[i + 1]) >= 0 && hex(in.p[i + 2]) >= 0;

		out_u8(out, is_escape ? (uint8_t)(hex(in.p[i + 1]) << 4 | hex(in.p[i + 2])) : in.p[i]);
		i += is_escape ? 2 : 0;
	}
}

void
grpc_text_write(struct span in, struct out *out)
{
	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = in.p[i];

		/* a blank at either end would not arrive in HTTP */
		if (c < ' ' || c > '~' || c == '%' || (c == ' ' && (i == 0 || i + 1 == in.n)))
			out_printf(out, "%%%02X", c);
		else
			out_u8(out, c);
	}
}
