/* names.c: names of fields that mean something to a codec, and what each of them must not do. */
#include "wire/http1/http1.h"

#include <assert.h>

#define OURS (HTTP1_HOP | HTTP1_NOT_TRAILING)
#define FRAMES (OURS | HTTP1_NOT_NAMED)
#define FIRM (HTTP1_NOT_TRAILING | HTTP1_NOT_NAMED)

/* RFC 9110 sections 6.5.1 and 7.6.1: what may not be trailing, what is of one connection. */
static const struct {
	struct span text;
	unsigned int flags;
} names[] = {
	[NAME_OTHER] = { SPAN(""), 0 },
	[NAME_PROXY] = { SPAN("proxy-"), OURS },
	[NAME_HOST] = { SPAN("host"), FRAMES },
	[NAME_CONNECTION] = { SPAN("connection"), OURS },
	[NAME_KEEP_ALIVE] = { SPAN("keep-alive"), OURS },
	[NAME_TE] = { SPAN("te"), OURS },
	[NAME_TRANSFER_ENCODING] = { SPAN("transfer-encoding"), FRAMES },
	[NAME_CONTENT_LENGTH] = { SPAN("content-length"), FRAMES },
	[NAME_UPGRADE] = { SPAN("upgrade"), OURS },
	[NAME_HTTP2_SETTINGS] = { SPAN("http2-settings"), OURS },
	[NAME_TRAILER] = { SPAN("trailer"), OURS },
	[NAME_EXPECT] = { SPAN("expect"), FRAMES },
	[NAME_ALT_SVC] = { SPAN("alt-svc"), OURS },
	[NAME_USER_AGENT] = { SPAN("user-agent"), 0 },
	[NAME_CONTENT_TYPE] = { SPAN("content-type"), FIRM },
	[NAME_CONTENT_ENCODING] = { SPAN("content-encoding"), FIRM },
	[NAME_CONTENT_RANGE] = { SPAN("content-range"), FIRM },
	[NAME_AUTHORIZATION] = { SPAN("authorization"), FIRM },
	[NAME_COOKIE] = { SPAN("cookie"), FIRM },
	[NAME_SET_COOKIE] = { SPAN("set-cookie"), FIRM },
	[NAME_WWW_AUTHENTICATE] = { SPAN("www-authenticate"), FIRM },
	[NAME_AUTHENTICATION_INFO] = { SPAN("authentication-info"), FIRM },
	[NAME_CACHE_CONTROL] = { SPAN("cache-control"), FIRM },
	[NAME_RANGE] = { SPAN("range"), FIRM },
	[NAME_IF_MATCH] = { SPAN("if-match"), FIRM },
	[NAME_IF_NONE_MATCH] = { SPAN("if-none-match"), FIRM },
	[NAME_IF_MODIFIED_SINCE] = { SPAN("if-modified-since"), FIRM },
	[NAME_IF_UNMODIFIED_SINCE] = { SPAN("if-unmodified-since"), FIRM },
	[NAME_IF_RANGE] = { SPAN("if-range"), FIRM },
	[NAME_MAX_FORWARDS] = { SPAN("max-forwards"), FIRM },
	[NAME_AGE] = { SPAN("age"), FIRM },
	[NAME_DATE] = { SPAN("date"), FIRM },
	[NAME_EXPIRES] = { SPAN("expires"), FIRM },
	[NAME_LOCATION] = { SPAN("location"), FIRM },
	[NAME_RETRY_AFTER] = { SPAN("retry-after"), FIRM },
	[NAME_VARY] = { SPAN("vary"), FIRM },
	[NAME_WARNING] = { SPAN("warning"), FIRM },
	[NAME_PRAGMA] = { SPAN("pragma"), FIRM },
	[NAME_SOCKET_KEY] = { SPAN("sec-websocket-key"), OURS },
	[NAME_SOCKET_VERSION] = { SPAN("sec-websocket-version"), OURS },
	[NAME_SOCKET_EXTENSIONS] = { SPAN("sec-websocket-extensions"), OURS },
	[NAME_SOCKET_PROTOCOL] = { SPAN("sec-websocket-protocol"), FIRM },
	[NAME_SOCKET_ACCEPT] = { SPAN("sec-websocket-accept"), OURS },
	[NAME_CONTENT_MD5] = { SPAN("content-md5"), HTTP1_OF_BODY },
	[NAME_DIGEST] = { SPAN("digest"), HTTP1_OF_BODY },
	[NAME_CONTENT_DIGEST] = { SPAN("content-digest"), HTTP1_OF_BODY },
	[NAME_REPR_DIGEST] = { SPAN("repr-digest"), HTTP1_OF_BODY },
	[NAME_ACCEPT_RANGES] = { SPAN("accept-ranges"), HTTP1_OF_BODY },
	[NAME_ETAG] = { SPAN("etag"), HTTP1_OF_BODY },
};
static_assert(COUNT(names) == HTTP1_NAMES, "every name has its row");

enum http1_name
http1_name_of(struct span name)
{
	for (unsigned int i = NAME_HOST; i < HTTP1_NAMES; i++)
		if (names[i].text.n == name.n && (names[i].text.p[0] ^ name.p[0]) % 32 == 0 && http1_same(names[i].text, name))
			return (enum http1_name)i;
	return http1_same(span_head(name, 6), names[NAME_PROXY].text) ? NAME_PROXY : NAME_OTHER;
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
