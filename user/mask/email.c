/*
 * email.c: addresses as in RFC 5321, without quoted local parts and address
 * literals. Starts from each '@' and looks at most 64 bytes to the left and 255
 * to the right, so the time stays linear. Bytes that are not ASCII are taken as
 * letters, for names of RFC 6531.
 */
#include "mask/inside.h"

#define LOCAL_MOST 64
#define DOMAIN_MOST 255

static bool
is_local(uint8_t c)
{
	return is_word(c) || c >= 0x80 || (c && strchr(".!#$%&'*+-_~^", c));
}

static bool
is_label(uint8_t c)
{
	return is_word(c) || c >= 0x80 || c == '-';
}

/* Where the local part that ends before `at` begins; `at` if there is none. */
static size_t
local_begin(struct span text, size_t from, size_t at)
{
	size_t least = at - from > LOCAL_MOST ? at - LOCAL_MOST : from;
	size_t i = at;

	while (i > least && is_local(text.p[i - 1]))
		i--;
	while (i < at && !is_word(text.p[i]) && text.p[i] < 0x80 &&
	    text.p[i] != '_' && text.p[i] != '+')
		i++;
	return i;
}

/* Bytes of the top-level domain a label of `n` bytes begins with: letters only, two at least. */
static size_t
top_of(const uint8_t *label, size_t n)
{
	size_t i = 0;

	if (n > 4 && memcmp(label, "xn--", 4) == 0)
		return n;
	while (i < n && (is_letter(label[i]) || label[i] >= 0x80))
		i++;
	return i >= 2 && (i == n || label[i] == '-') ? i : 0;
}

/* Where the domain that begins at `at` ends; `at` if there is none. */
static size_t
domain_end(struct span text, size_t at)
{
	size_t most = text.n - at > DOMAIN_MOST ? at + DOMAIN_MOST : text.n;
	size_t end = at, i = at;

	for (unsigned int labels = 0;; labels++) {
		size_t begin = i, top;

		while (i < most && is_label(text.p[i]))
			i++;
		if (i == begin)
			return end;
		top = labels ? top_of(text.p + begin, i - begin) : 0;
		if (top)
			end = begin + top;
		if (i >= most || text.p[i] != '.')
			return end;
		i++;
	}
}

bool
mask_find_email(struct span text, size_t from, struct mask_hit *hit)
{
	size_t i = from;

	while (i < text.n) {
		const uint8_t *at = memchr(text.p + i, '@', text.n - i);
		size_t begin, end;

		if (!at)
			return false;
		i = (size_t)(at - text.p);
		begin = local_begin(text, from, i);
		end = domain_end(text, i + 1);
		if (begin < i && end > i + 1) {
			*hit = (struct mask_hit){ begin, end - begin };
			return true;
		}
		i++;
	}
	return false;
}
