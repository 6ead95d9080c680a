/*
 * pairs.c: names and values, and how a query or a form writes them
 * (application/x-www-form-urlencoded, URL Standard section 5.1). Where servers
 * are known to differ (a ';' that some take for '&', a percent sign that encodes
 * nothing, bytes that are not UTF-8, a NUL) the list is open.
 */
#include "base/arena.h"
#include "base/utf8.h"
#include "facts/http/http.h"
#include "facts/http/inside.h"

void *
http_take(struct explaining *explaining, size_t n)
{
	void *p = arena_take(explaining->arena, n ? n : 1);

	if (!p)
		explaining->has_memory = false;
	return p;
}

struct span
http_copy(struct explaining *explaining, struct span in)
{
	struct span copy = arena_copy(explaining->arena, in);

	if (!copy.p)
		explaining->has_memory = false;
	return copy.p ? copy : span_of("", 0);
}

void
http_doubt(struct explaining *explaining, const char *doubt)
{
	if (!explaining->doubt)
		explaining->doubt = doubt;
}

void
http_note(struct explaining *explaining, const char *note)
{
	if (!explaining->note)
		explaining->note = note;
}

void
pairs_add(struct explaining *explaining, struct pairs *pairs, struct http_pair pair)
{
	if (pairs->n == HTTP_PAIRS_MOST) {
		pairs->is_open = true;
		return;
	}
	if (pairs->n == pairs->room) {
		size_t room = pairs->room ? pairs->room * 2 : 16;
		struct http_pair *v = http_take(explaining, room * sizeof(*v));

		if (!v)
			return;
		if (pairs->n)
			memcpy(v, pairs->v, pairs->n * sizeof(*v));
		arena_give(explaining->arena, pairs->v);
		pairs->v = v;
		pairs->room = room;
	}
	pairs->v[pairs->n++] = pair;
}

int
http_hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool
http_decode(struct explaining *explaining, struct span in, bool plus, struct span *out)
{
	uint8_t *p = http_take(explaining, in.n);
	size_t n = 0;

	*out = span_of("", 0);
	for (size_t i = 0; p && i < in.n; i++) {
		uint8_t c = in.p[i];

		if (c == '%') {
			int high = i + 2 < in.n ? http_hex(in.p[i + 1]) : -1;
			int low = i + 2 < in.n ? http_hex(in.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (uint8_t)(high << 4 | low);
			i += 2;
		} else if (plus && c == '+') {
			c = ' ';
		}
		if (c == 0)
			return false;
		p[n++] = c;
	}
	*out = span_of(p ? (const void *)p : "", n);
	return utf8_is_valid(*out);
}

/* Cut up to `c` off *in, which loses that too. */
static struct span
cut_at(struct span *in, uint8_t c)
{
	const uint8_t *at = in->n ? memchr(in->p, c, in->n) : NULL;
	size_t n = at ? (size_t)(at - in->p) : in->n;
	struct span head = span_head(*in, n);

	*in = span_skip(*in, n + 1);
	return head;
}

void
http_read_urlencoded(struct explaining *explaining, struct span in, struct pairs *pairs)
{
	if (in.n && memchr(in.p, ';', in.n)) {
		pairs->is_open = true;
		http_note(explaining, "a ';' in its query or form could part names");
	}
	while (in.n > 0 && explaining->has_memory) {
		struct span value = cut_at(&in, '&'), name;
		struct http_pair pair = { .form = HTTP_TEXT };

		if (value.n == 0)
			continue;
		if (pairs->n == HTTP_PAIRS_MOST) {
			pairs->is_open = true;
			return;
		}
		name = cut_at(&value, '=');
		if (http_decode(explaining, name, true, &pair.name) && http_decode(explaining, value, true, &pair.value)) {
			pairs_add(explaining, pairs, pair);
		} else {
			pairs->is_open = true;
			http_note(explaining, "its query or form has bytes that cannot be decoded without doubt");
		}
	}
}
