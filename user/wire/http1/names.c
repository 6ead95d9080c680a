/* names.c: names of fields that mean something to a codec, and what each of them must not do. */
#include "wire/http1/http1.h"

#include <assert.h>

#define OURS (HTTP1_HOP | HTTP1_NOT_TRAILING)
#define FRAMES (OURS | HTTP1_NOT_NAMED)
#define FIRM (HTTP1_NOT_TRAILING | HTTP1_NOT_NAMED)

/* RFC 9110 sections 6.5.1 and 7.6.1: what may not be trailing, what is of one connection. */
static const struct {
	const char *text;
	unsigned int flags;
} names[] = {
	[NAME_OTHER] = { "", 0 },
	[NAME_PROXY] = { "proxy-", OURS },
	[NAME_HOST] = { "host", FRAMES },
	[NAME_CONNECTION] = { "connection", OURS },
	[NAME_KEEP_ALIVE] = { "keep-alive", OURS },
	[NAME_TE] = { "te", OURS },
	[NAME_TRANSFER_ENCODING] = { "transfer-encoding", FRAMES },
	[NAME_CONTENT_LENGTH] = { "content-length", FRAMES },
	[NAME_UPGRADE] = { "upgrade", OURS },
	[NAME_HTTP2_SETTINGS] = { "http2-settings", OURS },
	[NAME_TRAILER] = { "trailer", OURS },
	[NAME_EXPECT] = { "expect", FRAMES },
	[NAME_ALT_SVC] = { "alt-svc", OURS },
	[NAME_USER_AGENT] = { "user-agent", 0 },
	[NAME_CONTENT_TYPE] = { "content-type", FIRM },
	[NAME_CONTENT_ENCODING] = { "content-encoding", FIRM },
	[NAME_CONTENT_RANGE] = { "content-range", FIRM },
	[NAME_AUTHORIZATION] = { "authorization", FIRM },
	[NAME_COOKIE] = { "cookie", FIRM },
	[NAME_SET_COOKIE] = { "set-cookie", FIRM },
	[NAME_WWW_AUTHENTICATE] = { "www-authenticate", FIRM },
	[NAME_AUTHENTICATION_INFO] = { "authentication-info", FIRM },
	[NAME_CACHE_CONTROL] = { "cache-control", FIRM },
	[NAME_RANGE] = { "range", FIRM },
	[NAME_IF_MATCH] = { "if-match", FIRM },
	[NAME_IF_NONE_MATCH] = { "if-none-match", FIRM },
	[NAME_IF_MODIFIED_SINCE] = { "if-modified-since", FIRM },
	[NAME_IF_UNMODIFIED_SINCE] = { "if-unmodified-since", FIRM },
	[NAME_IF_RANGE] = { "if-range", FIRM },
	[NAME_MAX_FORWARDS] = { "max-forwards", FIRM },
	[NAME_AGE] = { "age", FIRM },
	[NAME_DATE] = { "date", FIRM },
	[NAME_EXPIRES] = { "expires", FIRM },
	[NAME_LOCATION] = { "location", FIRM },
	[NAME_RETRY_AFTER] = { "retry-after", FIRM },
	[NAME_VARY] = { "vary", FIRM },
	[NAME_WARNING] = { "warning", FIRM },
	[NAME_PRAGMA] = { "pragma", FIRM },
	[NAME_CONTENT_MD5] = { "content-md5", HTTP1_OF_BODY },
	[NAME_DIGEST] = { "digest", HTTP1_OF_BODY },
	[NAME_CONTENT_DIGEST] = { "content-digest", HTTP1_OF_BODY },
	[NAME_REPR_DIGEST] = { "repr-digest", HTTP1_OF_BODY },
	[NAME_ACCEPT_RANGES] = { "accept-ranges", HTTP1_OF_BODY },
	[NAME_ETAG] = { "etag", HTTP1_OF_BODY },
};
static_assert(COUNT(names) == HTTP1_NAMES, "every name has its row");

enum http1_name
http1_name_of(struct span name)
{
	for (unsigned int i = NAME_HOST; i < HTTP1_NAMES; i++)
		if ((names[i].text[0] ^ name.p[0]) % 32 == 0 && http1_is(name, names[i].text))
			return (enum http1_name)i;
	return http1_is(span_head(name, 6), names[NAME_PROXY].text) ? NAME_PROXY : NAME_OTHER;
}

unsigned int
http1_name_flags(enum http1_name name)
{
	return names[name].flags;
}

/* CGI and what grew out of it know no difference between '-' and '_'. */
bool
http1_name_poses(struct span name)
{
	static const char *const framing[] = { "content_length", "transfer_encoding" };

	if (!memchr(name.p, '_', name.n))
		return false;
	for (size_t i = 0; i < COUNT(framing); i++)
		if (http1_is(name, framing[i]))
			return true;
	return false;
}
