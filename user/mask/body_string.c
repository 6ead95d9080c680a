/*
 * body_string.c: strings and numbers of JSON (RFC 8259, sections 6 and 7). A string is read
 * sixteen bytes at a time to whatever ends a plain run of it.
 */
#include "mask/body_inside.h"

typedef uint8_t block __attribute__((vector_size(16)));

#define IS_IN(c, from, count) ((block)(((c) - (from)) < (count)))

static const block lanes = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

/* Where the first byte is of which all bits are set; 16: there is none. */
static inline size_t
first_of(block found)
{
	uint64_t halves[2];

	memcpy(halves, &found, sizeof(halves));
	if (halves[0])
		return (size_t)__builtin_ctzll(halves[0]) / 8;
	return halves[1] ? 8 + (size_t)__builtin_ctzll(halves[1]) / 8 : 16;
}

static inline bool
has_any(block found)
{
	uint64_t halves[2];

	memcpy(halves, &found, sizeof(halves));
	return halves[0] | halves[1];
}

/* The sum of sixteen small numbers. */
static inline unsigned int
sum_of(block counts)
{
	const uint64_t low = 0x00ff00ff00ff00ff;
	uint64_t halves[2], pairs;

	memcpy(halves, &counts, sizeof(halves));
	pairs = (halves[0] & low) + (halves[0] >> 8 & low) + (halves[1] & low) + (halves[1] >> 8 & low);
	return (unsigned int)(pairs * 0x0001000100010001 >> 48);
}

/* What ends a plain run: a quote, a backslash, a control character. */
static inline block
ends_run(block c)
{
	return (block)(c == '"') | (block)(c == '\\') | (block)(c < ' ');
}

/*
 * Bytes that detectors look for, but for capitals; from '-' to ':' all are, and the digits
 * are among them. A dot or a colon before a blank or the end is a sentence's: of whatever
 * has one there, another stands before it with no blank behind.
 */
static inline block
tells(block c, block next)
{
	block sentence = ((block)(c == '.') | (block)(c == ':')) & ((block)(next == ' ') | (block)(next == '"'));

	return (IS_IN(c, '-', ':' - '-' + 1) & ~sentence) | (block)(c == '+') | (block)(c == '@') |
	    (block)(c == '_') | (block)(c >= 0x80);
}

/* To what ends a plain run, byte by byte. */
static size_t
plain_tail(struct span text, size_t at, unsigned int *flags)
{
	for (; at < text.n; at++) {
		uint8_t c = text.p[at];

		if (c == '"' || c == '\\' || c < ' ')
			break;
		*flags |= STRING_TELLING | (c >= 0x80 ? STRING_HIGH : 0);
	}
	return at;
}

/* Where the plain run that begins at `at` ends; what is in it is added to *flags, of which TELLING where asked. */
static inline __attribute__((always_inline)) size_t
plain_end(struct span text, size_t at, bool tells_all, unsigned int *flags)
{
	block seen = { 0 }, all = { 0 }, uppers = { 0 };
	unsigned int blocks = 0;
	size_t first = sizeof(block);

	for (; first == sizeof(block) && at + sizeof(block) < text.n; at += first) {
		block c, next, wanted;

		memcpy(&c, text.p + at, sizeof(c));
		first = first_of(ends_run(c));
		wanted = (block)(lanes < (uint8_t)first);
		all |= c & wanted;
		if (!tells_all)
			continue;
		memcpy(&next, text.p + at + 1, sizeof(next));
		seen |= tells(c, next) & wanted;
		uppers -= IS_IN(c, 'A', 26) & wanted;
		blocks++;
	}
	if (!tells_all)
		*flags |= has_any(all & 0x80) ? STRING_HIGH : 0;
	else if (has_any(seen))
		*flags |= STRING_TELLING | (has_any(all & 0x80) ? STRING_HIGH : 0);
	else if (blocks > 255 || (has_any(uppers) && sum_of(uppers) > STRING_UPPERS))
		*flags |= STRING_TELLING;
	return first < sizeof(block) ? at : plain_tail(text, at, flags);
}

static int
hex_of(uint8_t c)
{
	uint8_t low = c | 0x20;

	return is_digit(c) ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* The escape at `at`: its bytes; 0: cut; -1: none. */
static int
escape_size(struct span text, size_t at)
{
	size_t left = text.n - at;

	if (left < 2)
		return 0;
	if (text.p[at + 1] != 'u')
		return text.p[at + 1] && strchr("\"\\/bfnrt", text.p[at + 1]) ? 2 : -1;
	for (size_t i = 2; i < 6 && i < left; i++)
		if (hex_of(text.p[at + i]) < 0)
			return -1;
	return left < 6 ? 0 : 6;
}

static inline __attribute__((always_inline)) enum string_step
end_of(struct span text, size_t *at, bool tells_all, unsigned int *flags)
{
	for (;;) {
		int size;

		*at = plain_end(text, *at, tells_all, flags);
		if (*at >= text.n) {
			*flags |= STRING_TELLING;	/* perhaps with what comes */
			return STRING_CUT;
		}
		if (text.p[*at] == '"')
			return STRING_WHOLE;
		size = text.p[*at] == '\\' ? escape_size(text, *at) : -1;
		if (size <= 0)
			return size ? STRING_BAD : STRING_CUT;
		*flags |= STRING_ESCAPED;
		*at += (size_t)size;
	}
}

enum string_step
string_end(struct span text, size_t *at, unsigned int *flags)
{
	return end_of(text, at, true, flags);
}

enum string_step
string_end_key(struct span text, size_t *at, unsigned int *flags)
{
	return end_of(text, at, false, flags);
}

/* ---- reading ------------------------------------------------------------------------ */

static uint32_t
read_hex(const uint8_t *p)
{
	uint32_t c = 0;

	for (unsigned int i = 0; i < 4; i++)
		c = c * 16 + (uint32_t)hex_of(p[i]);
	return c;
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

/* \uXXXX, or two that are halves of one; its bytes. */
static size_t
read_code(struct span raw, size_t at, struct out *out)
{
	uint32_t c = read_hex(raw.p + at + 2), low;

	if (c < 0xd800 || c > 0xdfff) {
		put_character(out, c);
		return 6;
	}
	if (c < 0xdc00 && raw.n - at >= 12 && raw.p[at + 6] == '\\' && raw.p[at + 7] == 'u') {
		low = read_hex(raw.p + at + 8);
		if (low >= 0xdc00 && low <= 0xdfff) {
			put_character(out, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
			return 12;
		}
	}
	put_character(out, 0xfffd);
	return 6;
}

void
string_read(struct span raw, struct out *out)
{
	size_t at = 0;

	while (at < raw.n) {
		const uint8_t *slash = memchr(raw.p + at, '\\', raw.n - at);
		size_t next = slash ? (size_t)(slash - raw.p) : raw.n;
		const char *found;

		out_bytes(out, raw.p + at, next - at);
		at = next;
		if (!slash)
			return;
		if (raw.p[at + 1] == 'u') {
			at += read_code(raw, at, out);
			continue;
		}
		found = strchr("b\bf\fn\nr\rt\t", raw.p[at + 1]);
		out_u8(out, found ? (uint8_t)found[1] : raw.p[at + 1]);
		at += 2;
	}
}

void
string_write(struct span text, struct out *out)
{
	static const char hex[] = "0123456789abcdef";
	static const char shorts[' '] = { ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't' };
	unsigned int flags = 0;
	size_t at = 0;

	for (;;) {
		size_t next = plain_end(text, at, false, &flags);
		uint8_t c;

		out_bytes(out, text.p + at, next - at);
		if (next >= text.n)
			return;
		c = text.p[next];
		out_u8(out, '\\');
		if (c >= ' ' || shorts[c]) {
			out_u8(out, c >= ' ' ? c : (uint8_t)shorts[c]);
		} else {
			out_span(out, SPAN("u00"));
			out_u8(out, (uint8_t)hex[c >> 4]);
			out_u8(out, (uint8_t)hex[c & 15]);
		}
		at = next + 1;
	}
}

/* ---- numbers ------------------------------------------------------------------------ */

static bool
take_digits(struct span *in)
{
	size_t n = 0;

	while (n < in->n && is_digit(in->p[n]))
		n++;
	*in = span_skip(*in, n);
	return n;
}

static bool
take_any(struct span *in, uint8_t a, uint8_t b)
{
	bool has = in->n && (in->p[0] == a || in->p[0] == b);

	*in = span_skip(*in, has);
	return has;
}

bool
number_is_right(struct span in)
{
	take_any(&in, '-', '-');
	if (!take_any(&in, '0', '0') && !take_digits(&in))
		return false;
	if (take_any(&in, '.', '.') && !take_digits(&in))
		return false;
	if (take_any(&in, 'e', 'E')) {
		take_any(&in, '+', '-');
		if (!take_digits(&in))
			return false;
	}
	return in.n == 0;
}

/* ---- dates and times -------------------------------------------------------------------- */

/* Two digits at `at`, from `least` to `most`? */
static bool
is_two(struct span text, size_t at, unsigned int least, unsigned int most)
{
	unsigned int n;

	if (text.n < at + 2 || !is_digit(text.p[at]) || !is_digit(text.p[at + 1]))
		return false;
	n = (text.p[at] - '0') * 10u + (text.p[at + 1] - '0');
	return n >= least && n <= most;
}

/* "Z", "+01:00", or nothing, to the end. */
static bool
is_zone(struct span text, size_t at)
{
	if (at == text.n)
		return true;
	if (text.p[at] == 'Z')
		return at + 1 == text.n;
	return (text.p[at] == '+' || text.p[at] == '-') && text.n == at + 6 && text.p[at + 3] == ':' &&
	    is_two(text, at + 1, 0, 23) && is_two(text, at + 4, 0, 59);
}

bool
string_is_time(struct span text)
{
	size_t at = 19;

	if (text.n < 10 || text.n > 32 || !is_two(text, 0, 19, 20) || !is_two(text, 2, 0, 99) || text.p[4] != '-' ||
	    !is_two(text, 5, 1, 12) || text.p[7] != '-' || !is_two(text, 8, 1, 31))
		return false;
	if (text.n == 10)
		return true;
	if ((text.p[10] != 'T' && text.p[10] != ' ') || text.n < 19 || !is_two(text, 11, 0, 23) || text.p[13] != ':' ||
	    !is_two(text, 14, 0, 59) || text.p[16] != ':' || !is_two(text, 17, 0, 60))
		return false;
	if (at + 1 < text.n && text.p[at] == '.' && is_digit(text.p[at + 1]))
		for (at++; at < text.n && is_digit(text.p[at]) && at < 26;)
			at++;
	return is_zone(text, at);
}
