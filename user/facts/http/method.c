/*
 * method.c: what lets a server take another method, or another path, than those of
 * the request line: head fields and names that frameworks know. Then nobody can say
 * what a request does.
 */
#include "base/caseless.h"
#include "facts/http/inside.h"

/* "_method", also as PHP reads it: blanks before it do not count, and a dot or blank is an underscore. */
static bool
is_override(struct span name)
{
	while (name.n && name.p[0] == ' ')
		name = span_skip(name, 1);
	if (name.n < 7 || !(name.p[0] == '_' || name.p[0] == '.' || name.p[0] == '['))
		return false;
	return caseless_equal(span_of(name.p + 1, 6), SPAN("method")) && (name.n == 7 || name.p[7] == '[');
}

static bool
has_override(const struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->n; i++) {
		if (is_override(pairs->v[i].name))
			return true;
	}
	return false;
}

void
http_look_for_overrides(struct explaining *explaining)
{
	static const char *const of_method[] = {
		"x-http-method-override", "x-http-method", "x-method-override", "x-original-method",
	};
	static const char *const of_path[] = {
		"x-original-url", "x-rewrite-url", "x-original-uri", "x-override-url",
	};
	enum media media = explaining->media;
	struct span value;
	size_t count;

	for (size_t i = 0; i < COUNT(of_method); i++) {
		(void)http_header(explaining, of_method[i], &value, &count);
		if (count)
			http_doubt(explaining, "a field of its head gives it another method");
	}
	for (size_t i = 0; i < COUNT(of_path); i++) {
		(void)http_header(explaining, of_path[i], &value, &count);
		if (count)
			http_doubt(explaining, "a field of its head gives it another path");
	}
	if (has_override(&explaining->pairs[HTTP_QUERY]) || has_override(&explaining->pairs[HTTP_FIELD]))
		http_doubt(explaining, "a field called _method gives it another method");
	/* the rest of a form may have one: frameworks look for it in what is posted */
	if (explaining->request->is_open && span_is(explaining->request->method, "POST") &&
	    (media == MEDIA_FORM || media == MEDIA_MULTIPART || media == MEDIA_JSON))
		http_doubt(explaining, "its body is too long to be looked through for another method");
}
