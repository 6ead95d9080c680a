/*
 * address.c: IP addresses, version 4 in dotted decimal and version 6 in any
 * form of RFC 4291 section 2.2. A prefix length behind one is no part of it.
 * Casts ("x::text") and times are told from version 6 by word boundaries and
 * by counting groups.
 */
#include "mask/inside.h"

#define V6_MOST 45	/* bytes of the longest form */
#define V6_GROUPS 8

static bool
is_hex(uint8_t c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Length of a dotted quad at `at`; 0: none. */
static size_t
v4_size(struct span text, size_t at)
{
	size_t i = at;

	for (unsigned int part = 0; part < 4; part++) {
		unsigned int value = 0;
		size_t n = 0;

		if (part && (i >= text.n || text.p[i++] != '.'))
			return 0;
		for (; i < text.n && is_digit(text.p[i]) && n < 4; i++, n++)
			value = value * 10 + (text.p[i] - '0');
		if (n == 0 || n > 3 || value > 255 || (n > 1 && text.p[i - n] == '0'))
			return 0;
	}
	return i - at;
}

/* Neither part of a word nor of a longer dotted number. */
static bool
v4_stands_alone(struct span text, size_t at, size_t end)
{
	if (at && text.p[at - 1] == '.' && at > 1 && is_word(text.p[at - 2]))
		return false;
	if (!begins_word(text, at) || !ends_word(text, end))
		return false;
	return end + 1 >= text.n || text.p[end] != '.' || !is_digit(text.p[end + 1]);
}

/* One group of up to four hex digits; its size, 0: none. */
static size_t
group_size(struct span text, size_t at)
{
	size_t n = 0;

	while (n < 4 && at + n < text.n && is_hex(text.p[at + n]))
		n++;
	return n;
}

/* Length of a version 6 address at `at`; 0: none. */
static size_t
v6_size(struct span text, size_t at)
{
	unsigned int groups = 0;
	bool gap = false, has_digit = false;
	size_t i = at;

	while (groups < V6_GROUPS && i - at < V6_MOST) {
		size_t n, quad = groups && (gap || groups == 6) ? v4_size(text, i) : 0;

		if (quad) {
			groups += 2;
			i += quad;
			has_digit = true;
			break;
		}
		n = group_size(text, i);
		for (size_t j = 0; j < n; j++)
			has_digit |= is_digit(text.p[i + j]);
		groups += n > 0;
		i += n;
		if (!gap && goes_on(text, i, SPAN("::")) && (n || groups == 0)) {
			gap = true;
			i += 2;
			continue;
		}
		if (n == 0 || !goes_on(text, i, SPAN(":")) ||
		    i + 1 >= text.n || !is_hex(text.p[i + 1]))
			break;
		i++;
	}
	if (gap ? groups == 0 || groups >= V6_GROUPS : groups != V6_GROUPS)
		return 0;
	return has_digit || groups >= 3 ? i - at : 0;
}

static bool
v6_stands_alone(struct span text, size_t at, size_t end)
{
	return begins_word(text, at) && (at == 0 || text.p[at - 1] != ':') &&
	    ends_word(text, end) && (end >= text.n || text.p[end] != ':');
}

static bool
ip_at(struct span text, size_t at, struct mask_hit *hit)
{
	size_t n = is_digit(text.p[at]) ? v4_size(text, at) : 0;

	if (n && v4_stands_alone(text, at, at + n)) {
		*hit = (struct mask_hit){ at, n };
		return true;
	}
	n = v6_size(text, at);
	if (n == 0 || !v6_stands_alone(text, at, at + n))
		return false;
	*hit = (struct mask_hit){ at, n };
	return true;
}

bool
mask_find_ip(struct span text, size_t from, struct mask_hit *hit)
{
	for (size_t at = from; at < text.n; at++) {
		uint8_t c = text.p[at];

		if ((is_hex(c) || c == ':') && begins_word(text, at) && ip_at(text, at, hit))
			return true;
	}
	return false;
}
