/*
 * session.h: PostgreSQL conversations, written by hand.
 * A session is text: each line one message or start-up packet, '>' from the
 * client or '<' from the server, a tag, and its body in a few words:
 *   'text' bytes with their NUL, "text" bytes without, #n one byte, %n two, @n
 *   four, $"text" a value with its length, - a NULL value, ~n  n letters x.
 * A line whose tag is '_' is a packet without a tag.
 */
#ifndef SESSION_H
#define SESSION_H

#include <ctype.h>

#include "out.h"
#include "wire.h"

struct step {
	enum wire_side side;
	struct span bytes;
};

struct session {
	const char *name;
	const char *text;
	const char *log;	/* what the relay must note; NULL: not looked at */
};

static const char *
session_string(const char *p, char end, struct out *out)
{
	while (*p && *p != end)
		out_u8(out, (uint8_t)*p++);
	return *p ? p + 1 : p;
}

static const char *
session_word(const char *p, struct out *out)
{
	struct out value = out_new(1 << 22);
	char *end = (char *)(uintptr_t)p + 1;

	switch (*p) {
	case '\'':
		p = session_string(p + 1, '\'', out);
		out_u8(out, 0);
		return p;
	case '"':
		return session_string(p + 1, '"', out);
	case '$':
		p = session_string(p + 2, '"', &value);
		out_block(out, out_view(&value));
		out_free(&value);
		return p;
	case '-':
		out_be32(out, UINT32_MAX);
		return end;
	case '#':
		out_u8(out, (uint8_t)strtoul(p + 1, &end, 0));
		return end;
	case '%':
		out_be16(out, (uint16_t)strtoul(p + 1, &end, 0));
		return end;
	case '@':
		out_be32(out, (uint32_t)strtoul(p + 1, &end, 0));
		return end;
	case '~':
		for (unsigned long n = strtoul(p + 1, &end, 0); n > 0; n--)
			out_u8(out, 'x');
		return end;
	default:
		fprintf(stderr, "session: what is %s\n", p);
		abort();
	}
}

/* One line into one step; its bytes are appended to `room`, which must not grow beyond its limit. */
static const char *
session_line(const char *p, struct step *step, struct out *room)
{
	struct out body = out_new(1 << 22);
	size_t at = room->n;
	bool tagged = p[1] != '_';

	step->side = *p == '>' ? WIRE_CLIENT : WIRE_SERVER;
	if (tagged)
		out_u8(room, (uint8_t)p[1]);
	p += 2;
	while (*p && *p != '\n') {
		while (*p == ' ')
			p++;
		if (*p && *p != '\n')
			p = session_word(p, &body);
	}
	out_be32(room, (uint32_t)body.n + 4);
	out_span(room, out_view(&body));
	out_free(&body);
	step->bytes = span_of((const uint8_t *)at, room->n - at);	/* an offset for now */
	return *p ? p + 1 : p;
}

/* All steps of a session; `room` owns their bytes. */
__attribute__((unused)) static size_t
session_steps(const char *text, struct step *steps, size_t most, struct out *room)
{
	size_t n = 0;

	while (*text && n < most)
		text = session_line(text, &steps[n++], room);
	for (size_t i = 0; i < n; i++)
		steps[i].bytes.p = room->p + (size_t)steps[i].bytes.p;
	return n;
}

#define LOGIN \
	">_ @196608 'user' 'skill' 'database' 'shop' 'application_name' 'app' #0\n" \
	"<R @0\n" \
	"<S 'server_version' '15.4'\n" \
	"<S 'client_encoding' 'UTF8'\n" \
	"<K @4242 @99\n" \
	"<Z \"I\"\n"
#define READY(tx) "<Z \"" tx "\"\n"
#define COLUMN(name) " '" name "' @1259 %2 @25 %-1 @-1 %0"

#endif
