/*
 * echo.c: looks for marks in a stream.
 * Each pair of bytes with which some mark could begin, plain or escaped, has a bit in a map: nearly all of a
 * stream is passed over by looking up its pairs. Where a bit is set the marks are compared, once byte by byte and
 * once reading escapes. A comparison that reaches the end of what is here keeps the bytes from there on.
 */
#include "inject/echo.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "base/base64.h"
#include "inject/percent.h"
#include "out.h"

#define FORMS 9			/* of a secret: itself, six of base 64, two of hex */
#define MARKS (INJECT_ECHO_SECRETS * FORMS)
#define FIRST_ROOM 16
#define PAIRS 65536
#define ESCAPE_MOST 10		/* bytes of one escaped character */
#define KEPT_MOST (1u << 20)	/* bytes: the longest mark, every byte of it escaped */
#define WORK_MOST (64u << 20)

struct mark {
	uint8_t *p;
	size_t n;
};

struct inject_marks {
	size_t holders;		/* its owner, and streams: an answer may last longer than what was lent for its request */
	struct mark *marks;
	size_t count, room;
	uint8_t pairs[PAIRS / 8];
};

struct inject_echo {
	struct inject_marks *marks;	/* held */
	struct out kept;	/* the end of what came, which could be the beginning of a secret */
	uint64_t passed;	/* bytes before it */
	uint64_t hits, first;
};

/* ---- what a mark can begin with ---- */

static void
set_pair(struct inject_marks *marks, uint8_t one, uint8_t two)
{
	unsigned int pair = (unsigned int)one << 8 | two;

	marks->pairs[pair / 8] |= (uint8_t)(1u << pair % 8);
}

static bool
has_pair(const struct inject_marks *marks, uint8_t one, uint8_t two)
{
	unsigned int pair = (unsigned int)one << 8 | two;

	return marks->pairs[pair / 8] >> pair % 8 & 1;
}

/* Every two bytes with which the text `p` (of two bytes or more) can begin, its escapes among them. */
static void
set_pairs(struct inject_marks *marks, const uint8_t *p)
{
	static const char escapes[] = "%\\&", seconds[] = "ux/\"'\\", names[] = "#aglq";
	static const char hex[] = "0123456789abcdef", capitals[] = "0123456789ABCDEF";

	set_pair(marks, p[0], p[1]);
	for (size_t i = 0; escapes[i]; i++)
		set_pair(marks, p[0], (uint8_t)escapes[i]);
	set_pair(marks, '%', (uint8_t)hex[p[0] >> 4]);
	set_pair(marks, '%', (uint8_t)capitals[p[0] >> 4]);
	for (size_t i = 0; seconds[i]; i++)
		if (i < 2 || p[0] == (uint8_t)seconds[i])
			set_pair(marks, '\\', (uint8_t)seconds[i]);
	for (size_t i = 0; names[i]; i++)
		set_pair(marks, '&', (uint8_t)names[i]);
}

/* ---- making marks ---- */

static int
make_room(struct inject_marks *marks)
{
	size_t room = marks->room ? 2 * marks->room : FIRST_ROOM;
	struct mark *more;

	if (marks->count < marks->room)
		return 0;
	if (marks->count >= MARKS)
		return -E2BIG;
	more = reallocarray(marks->marks, room, sizeof(*more));
	if (!more)
		return -ENOMEM;
	marks->marks = more;
	marks->room = room;
	return 0;
}

static int
add_mark(struct inject_marks *marks, struct span text)
{
	struct mark *mark;
	int r;

	for (size_t i = 0; i < marks->count; i++)
		if (span_equal(text, span_of(marks->marks[i].p, marks->marks[i].n)))
			return 0;
	if (text.n < INJECT_ECHO_LEAST)
		return 0;
	r = make_room(marks);
	if (r)
		return r;
	mark = &marks->marks[marks->count];
	mark->p = malloc(text.n);
	if (!mark->p)
		return -ENOMEM;
	memcpy(mark->p, text.p, text.n);
	mark->n = text.n;
	set_pairs(marks, mark->p);
	marks->count++;
	return 0;
}

static void
make_url(struct out *text)
{
	for (size_t i = 0; i < text->n; i++)
		if (text->p[i] == '+')
			text->p[i] = '-';
		else if (text->p[i] == '/')
			text->p[i] = '_';
}

/*
 * In base 64 a byte falls on one of three places. Behind `skew` bytes of something else the characters that hold
 * bits of the secret alone are the same whatever stands before and behind.
 */
static int
add_base64(struct inject_marks *marks, struct span secret, size_t skew)
{
	struct out shifted = out_new(skew + secret.n), text = out_new(BASE64_SIZE(skew + secret.n));
	size_t from = (skew * 8 + 5) / 6, to = (skew + secret.n) * 8 / 6;
	int r = -ENOMEM;

	out_zero(&shifted, skew);
	out_span(&shifted, secret);
	base64_write(&text, out_view(&shifted));
	if (!shifted.failed && !text.failed)
		r = add_mark(marks, span_of(text.p + from, to - from));
	make_url(&text);
	if (!r)
		r = add_mark(marks, span_of(text.p + from, to - from));
	out_free(&shifted);
	out_free(&text);
	return r;
}

static int
add_hex(struct inject_marks *marks, struct span secret)
{
	struct out text = out_new(2 * secret.n);
	int r = -ENOMEM;

	inject_hex_write(&text, secret);
	if (!text.failed)
		r = add_mark(marks, out_view(&text));
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] >= 'a')
			text.p[i] -= 'a' - 'A';
	if (!r)
		r = add_mark(marks, out_view(&text));
	out_free(&text);
	return r;
}

int
inject_marks_add(struct inject_marks *marks, struct span secret)
{
	int r;

	if (secret.n < INJECT_ECHO_LEAST)
		return 0;
	r = add_mark(marks, secret);
	for (size_t skew = 0; !r && skew < 3; skew++)
		r = add_base64(marks, secret, skew);
	return r ? r : add_hex(marks, secret);
}

int
inject_marks_new(struct inject_marks **out)
{
	struct inject_marks *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->holders = 1;
	*out = made;
	return 0;
}

static void
wipe_marks(struct inject_marks *marks)
{
	for (size_t i = 0; i < marks->count; i++) {
		OPENSSL_cleanse(marks->marks[i].p, marks->marks[i].n);
		free(marks->marks[i].p);
	}
	free(marks->marks);
	OPENSSL_cleanse(marks, sizeof(*marks));
	free(marks);
}

void
inject_marks_free(struct inject_marks **marks)
{
	if (*marks && --(*marks)->holders == 0)
		wipe_marks(*marks);
	*marks = NULL;
}

/* ---- comparing ---- */

enum fit { FIT_NO, FIT_MORE, FIT_YES };

/* Digits of a number to the base, up to `most`. Returns how many, and the number, which is -1 beyond ASCII. */
static size_t
read_number(struct span in, int base, size_t most, int *out)
{
	int number = 0;
	size_t n = 0;

	while (n < in.n && n < most) {
		int digit = inject_hex_digit(in.p[n]);

		if (digit < 0 || digit >= base)
			break;
		number = number < 0 || number * base + digit > 0x7f ? -1 : number * base + digit;
		n++;
	}
	*out = number;
	return n;
}

/* "&#43;", "&#x2B;", "&amp;": FIT_YES with its length and byte. */
static enum fit
read_entity(struct span in, uint8_t *byte, size_t *n)
{
	static const struct {
		struct span text;
		char byte;
	} names[] = {
		{ SPAN("&amp;"), '&' }, { SPAN("&lt;"), '<' }, { SPAN("&gt;"), '>' },
		{ SPAN("&quot;"), '"' }, { SPAN("&apos;"), '\'' },
	};
	bool is_hex = in.n > 2 && (in.p[2] | 0x20) == 'x';
	size_t from = is_hex ? 3 : 2, digits;
	int number = 0;

	for (size_t i = 0; i < COUNT(names); i++) {
		if (!span_equal(span_head(in, names[i].text.n), span_head(names[i].text, in.n)))
			continue;
		*byte = (uint8_t)names[i].byte;
		*n = names[i].text.n;
		return in.n < *n ? FIT_MORE : FIT_YES;
	}
	if (in.n > 1 && in.p[1] != '#')
		return FIT_NO;
	digits = in.n > from ? read_number(span_skip(in, from), is_hex ? 16 : 10, ESCAPE_MOST - from - 1, &number) : 0;
	if (in.n <= from + digits)
		return FIT_MORE;
	if (!digits || in.p[from + digits] != ';' || number < 0)
		return FIT_NO;
	*byte = (uint8_t)number;
	*n = from + digits + 1;
	return FIT_YES;
}

/* "\u002b", "\x2b", "\/". */
static enum fit
read_backslash(struct span in, uint8_t *byte, size_t *n)
{
	size_t digits;
	int number;

	if (in.n < 2)
		return FIT_MORE;
	if (in.p[1] != 'u' && in.p[1] != 'x') {
		*byte = in.p[1];
		*n = 2;
		return strchr("/\"'\\", in.p[1]) && in.p[1] ? FIT_YES : FIT_NO;
	}
	digits = in.p[1] == 'u' ? 4 : 2;
	*n = 2 + digits;
	if (read_number(span_skip(in, 2), 16, digits, &number) < digits)
		return in.n < *n ? FIT_MORE : FIT_NO;
	*byte = (uint8_t)number;
	return number < 0 ? FIT_NO : FIT_YES;
}

static enum fit
read_percent(struct span in, uint8_t *byte, size_t *n)
{
	int high = in.n > 1 ? inject_hex_digit(in.p[1]) : 0, low = in.n > 2 ? inject_hex_digit(in.p[2]) : 0;

	if (high < 0 || low < 0)
		return FIT_NO;
	*byte = (uint8_t)(high << 4 | low);
	*n = 3;
	return in.n < 3 ? FIT_MORE : FIT_YES;
}

/* Does an escaped character stand at the front? */
static enum fit
read_escape(struct span in, uint8_t *byte, size_t *n)
{
	switch (in.p[0]) {
	case '%':
		return read_percent(in, byte, n);
	case '\\':
		return read_backslash(in, byte, n);
	case '&':
		return read_entity(in, byte, n);
	default:
		return FIT_NO;
	}
}

static enum fit
fit_plain(const struct mark *mark, struct span in)
{
	size_t n = in.n < mark->n ? in.n : mark->n;

	if (memcmp(mark->p, in.p, n))
		return FIT_NO;
	return n < mark->n ? FIT_MORE : FIT_YES;
}

static enum fit
fit_escaped(const struct mark *mark, struct span in, size_t *length)
{
	struct span rest = in;

	for (size_t i = 0; i < mark->n; i++) {
		uint8_t byte;
		size_t n = 1;
		enum fit escape;

		if (!rest.n)
			return FIT_MORE;
		escape = read_escape(rest, &byte, &n);
		if (escape == FIT_MORE)
			return FIT_MORE;
		if (escape == FIT_NO) {
			byte = rest.p[0];
			n = 1;
		}
		if (byte != mark->p[i])
			return FIT_NO;
		rest = span_skip(rest, n);
	}
	*length = in.n - rest.n;
	return FIT_YES;
}

/*
 * Does `in` begin with a mark? *length is that of the longest, if any. FIT_MORE: with another byte it could be one, or a
 * longer one: what is found does not depend on where the stream was cut.
 */
static enum fit
fit_any(const struct inject_marks *marks, struct span in, size_t *length)
{
	bool is_open = false;

	*length = 0;
	for (size_t i = 0; i < marks->count; i++) {
		const struct mark *mark = &marks->marks[i];
		size_t n = 0;
		enum fit plain = fit_plain(mark, in), escaped = fit_escaped(mark, in, &n);

		if (plain == FIT_YES && mark->n > n)
			n = mark->n;
		if (n > *length)
			*length = n;
		is_open |= plain == FIT_MORE || escaped == FIT_MORE;
	}
	return is_open ? FIT_MORE : *length ? FIT_YES : FIT_NO;
}

/* The next place at or behind `at` where a mark could begin; in.n: there is none. */
static size_t
next_start(const struct inject_marks *marks, struct span in, size_t at)
{
	for (; at + 1 < in.n; at++)
		if (has_pair(marks, in.p[at], in.p[at + 1]))
			return at;
	return at;	/* the last byte is looked at, whatever it is */
}

bool
inject_marks_in(const struct inject_marks *marks, struct span whole)
{
	size_t length;

	for (size_t at = next_start(marks, whole, 0); at < whole.n; at = next_start(marks, whole, at + 1))
		if (fit_any(marks, span_skip(whole, at), &length) != FIT_NO && length)
			return true;
	return false;
}

/* ---- a stream ---- */

int
inject_echo_new(struct inject_echo **out, struct inject_marks *marks)
{
	struct inject_echo *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->marks = marks;
	marks->holders++;
	made->kept = out_new(WORK_MOST);
	*out = made;
	return 0;
}

static void
put_stars(struct out *out, size_t n)
{
	size_t from = out->n;

	out_zero(out, n);
	if (!out->failed)
		memset(out->p + from, '*', n);
}

/* Pass `in` on, up to where a secret may begin of which the end is not here. Returns how much that is. */
static size_t
scan(struct inject_echo *echo, struct span in, bool is_last, struct out *out)
{
	size_t done = 0, at = next_start(echo->marks, in, 0);

	while (at < in.n) {
		size_t length = 0;
		enum fit fit = fit_any(echo->marks, span_skip(in, at), &length);

		if (fit == FIT_MORE && !is_last)
			break;
		if (length) {
			if (!echo->hits++)
				echo->first = echo->passed + at;
			out_bytes(out, in.p + done, at - done);
			put_stars(out, length);
			done = at + length;
		}
		at = next_start(echo->marks, in, length ? done : at + 1);
	}
	at = at < in.n ? at : in.n;
	out_bytes(out, in.p + done, at - done);
	return at;
}

bool
inject_echo_put(struct inject_echo *echo, struct span in, bool is_last, struct out *out)
{
	bool was_kept = echo->kept.n > 0;
	size_t done;

	if (was_kept) {
		out_span(&echo->kept, in);
		in = out_view(&echo->kept);
	}
	if (echo->kept.failed)
		return false;
	done = scan(echo, in, is_last, out);
	echo->passed += done;
	if (was_kept) {
		OPENSSL_cleanse(echo->kept.p, done);
		out_drop(&echo->kept, done);
	} else {
		out_span(&echo->kept, span_skip(in, done));
	}
	return !out->failed && !echo->kept.failed && echo->kept.n <= KEPT_MOST;
}

uint64_t
inject_echo_hits(const struct inject_echo *echo)
{
	return echo->hits;
}

uint64_t
inject_echo_first(const struct inject_echo *echo)
{
	return echo->first;
}

void
inject_echo_free(struct inject_echo **echo)
{
	if (*echo) {
		out_free(&(*echo)->kept);
		inject_marks_free(&(*echo)->marks);
	}
	free(*echo);
	*echo = NULL;
}
