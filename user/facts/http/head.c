/*
 * head.c: what the head of a request says: its fields, the content type of its body,
 * the host it is for. Values are trimmed and not decoded: they have no one coding.
 */
#include "base/address.h"
#include "base/caseless.h"
#include "facts/http/http.h"
#include "facts/http/inside.h"

#define HOST_MOST 255

bool
http_header(const struct explaining *explaining, const char *name, struct span *value, size_t *count)
{
	const struct wire_request *request = explaining->request;

	*count = 0;
	*value = span_of("", 0);
	for (size_t i = 0; i < request->header_count; i++) {
		if (!caseless_equal(request->headers[i].name, span_text(name)))
			continue;
		*value = span_trim(request->headers[i].value);
		++*count;
	}
	return *count == 1;
}

/* Cut a token or a quoted text off *in; false: neither, or one with a backslash, which few read alike. */
static bool
take_value(struct span *in, struct span *out)
{
	const uint8_t *end;
	size_t n = 0;

	if (in->n && in->p[0] == '"') {
		end = memchr(in->p + 1, '"', in->n - 1);
		if (!end)
			return false;
		*out = span_of(in->p + 1, (size_t)(end - in->p) - 1);
		*in = span_skip(*in, out->n + 2);
		return !out->n || !memchr(out->p, '\\', out->n);
	}
	while (n < in->n && in->p[n] != ';' && in->p[n] != ' ' && in->p[n] != '\t')
		n++;
	return take_bytes(in, n, out) && n > 0;
}

static bool
is_word(struct span in)
{
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] <= ' ' || in.p[i] == ';' || in.p[i] == '"' || in.p[i] >= 0x7f)
			return false;
	}
	return in.n > 0;
}

int
http_parameter(struct span value, const char *name, struct span *out)
{
	const uint8_t *semicolon = value.n ? memchr(value.p, ';', value.n) : NULL;
	bool is_found = false;

	value = semicolon ? span_skip(value, (size_t)(semicolon - value.p)) : span_of("", 0);
	for (value = span_trim(value); value.n > 0; value = span_trim(value)) {
		const uint8_t *equals;
		struct span key, text;

		if (value.p[0] != ';')
			return -1;
		value = span_trim(span_skip(value, 1));
		if (value.n == 0)
			break;
		equals = memchr(value.p, '=', value.n);
		if (!equals)
			return -1;
		key = span_head(value, (size_t)(equals - value.p));
		value = span_skip(value, key.n + 1);
		if (!is_word(key) || !take_value(&value, &text))
			return -1;
		if (!caseless_equal(key, span_text(name)))
			continue;
		if (is_found)
			return -1;
		is_found = true;
		*out = text;
	}
	return is_found;
}

static bool
ends_with(struct span in, const char *end)
{
	size_t n = strlen(end);

	return in.n >= n && memcmp(in.p + in.n - n, end, n) == 0;
}

static enum media
media_of(struct span type)
{
	if (span_is(type, "application/json") || span_is(type, "text/json") || ends_with(type, "+json"))
		return MEDIA_JSON;
	if (span_is(type, "application/x-www-form-urlencoded"))
		return MEDIA_FORM;
	return span_is(type, "multipart/form-data") ? MEDIA_MULTIPART : MEDIA_OTHER;
}

static struct span
lower(struct explaining *explaining, struct span in)
{
	uint8_t *p = http_take(explaining, in.n);

	for (size_t i = 0; p && i < in.n; i++)
		p[i] = in.p[i] >= 'A' && in.p[i] <= 'Z' ? (uint8_t)(in.p[i] - 'A' + 'a') : in.p[i];
	return span_of(p ? (const void *)p : "", p ? in.n : 0);
}

/* The type of the body; one that is not told, told twice, or in another coding than UTF-8, is none we know. */
static void
read_type(struct explaining *explaining)
{
	struct span value, charset = SPAN("utf-8"), coding;
	const uint8_t *semicolon;
	size_t count;
	bool is_one = http_header(explaining, "content-type", &value, &count);

	explaining->facts->content_type = span_of("", 0);
	explaining->media = MEDIA_OTHER;
	if (count > 1)
		http_note(explaining, "it has more than one content type");
	if (!is_one)
		return;
	semicolon = value.n ? memchr(value.p, ';', value.n) : NULL;
	explaining->facts->content_type = lower(explaining,
	    span_trim(semicolon ? span_head(value, (size_t)(semicolon - value.p)) : value));
	if (http_parameter(value, "charset", &charset) < 0)
		return;
	(void)http_header(explaining, "content-encoding", &coding, &count);
	if (count > 0 && !(count == 1 && caseless_equal(coding, SPAN("identity"))))
		http_note(explaining, "its body is compressed");
	else if (caseless_equal(charset, SPAN("utf-8")) || caseless_equal(charset, SPAN("us-ascii")))
		explaining->media = media_of(explaining->facts->content_type);
	if (explaining->media == MEDIA_MULTIPART && http_parameter(value, "boundary", &explaining->boundary) <= 0)
		explaining->media = MEDIA_OTHER;
}

/* "name", "name:port", "1.2.3.4", "[::1]:port": without its port. False: not one of these, or another port. */
static bool
cut_port(const struct view_target *target, struct span host, struct span *name)
{
	const uint8_t *end = host.n && host.p[0] == '[' ? memchr(host.p, ']', host.n) : NULL;
	struct span rest;
	uint32_t port = 0;

	if (host.n == 0 || (host.p[0] == '[' && !end))
		return false;
	if (!end)
		end = memchr(host.p, ':', host.n);
	else
		end++;
	rest = end ? span_skip(host, (size_t)(end - host.p)) : span_of("", 0);
	*name = host.p[0] == '[' ? span_of(host.p + 1, (size_t)(end - host.p) - 2) : span_head(host, host.n - rest.n);
	if (rest.n == 0)
		return true;
	if (rest.p[0] != ':' || rest.n < 2 || rest.n > 6)
		return false;
	for (size_t i = 1; i < rest.n; i++) {
		if (rest.p[i] < '0' || rest.p[i] > '9')
			return false;
		port = port * 10 + (uint32_t)(rest.p[i] - '0');
	}
	return port == target->port;
}

static bool
is_address(const struct view_target *target, struct span name)
{
	char text[HOST_MOST + 1];
	uint8_t ip[16];

	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	if (memchr(name.p, '\0', name.n) || !address_read(text, ip))
		return false;
	for (size_t i = 0; i < target->address_count; i++) {
		if (memcmp(target->addresses[i].ip, ip, sizeof(ip)) == 0)
			return true;
	}
	return false;
}

/* The name alone, where it is one of the target's. */
static bool
find_host(const struct view_target *target, struct span host, struct span *name)
{
	if (!cut_port(target, host, name) || name->n == 0 || name->n > HOST_MOST)
		return false;
	for (size_t i = 0; i < target->host_count; i++) {
		if (caseless_equal(*name, span_text(target->hosts[i])))
			return true;
	}
	return is_address(target, *name);
}

bool
http_host_fits(const struct view_target *target, struct span host, struct span server_name)
{
	struct span name;

	return find_host(target, host, &name) && (server_name.n == 0 || caseless_equal(name, server_name));
}

static void
read_host(struct explaining *explaining)
{
	struct http_facts *facts = explaining->facts;
	struct span name;

	facts->host = facts->refusal = span_of("", 0);
	if (find_host(explaining->target, explaining->request->host, &name))
		facts->host = lower(explaining, name);
	else
		facts->refusal = SPAN("the host it is for is none of the target's names");
}

void
http_read_head(struct explaining *explaining)
{
	const struct wire_request *request = explaining->request;
	struct pairs *headers = &explaining->pairs[HTTP_HEADER];

	read_host(explaining);
	for (size_t i = 0; i < request->header_count; i++)
		pairs_add(explaining, headers, (struct http_pair){ .name = request->headers[i].name,
		    .value = span_trim(request->headers[i].value) });
	/* a trailer may be taken for a header, and those of a body not yet here are not known */
	headers->is_open |= request->trailer_count > 0 || (request->is_open && request->body_length == UINT64_MAX);
	read_type(explaining);
	if (request->query.n)
		http_read_urlencoded(explaining, request->query, &explaining->pairs[HTTP_QUERY]);
}
