/*
 * credential.c: each way of showing a secret has a row: how it is taken apart, and which bytes
 * may stand in it. RFC 6750 section 2.1 (bearer, oauth2), RFC 7617 section 2 (basic), RFC 9110 section 5.5
 * (fields), RFC 6265 section 4.1.1 (cookies).
 */
#include "view/credential.h"

#include <assert.h>

#include "view.h"

static bool
is_visible(uint8_t c)
{
	return c > ' ' && c < 0x7f;
}

/* RFC 6749 appendix A.2, of a client's secret; a token has fewer, which who fetches it has looked at. */
static bool
is_ascii(uint8_t c)
{
	return c >= ' ' && c < 0x7f;
}

static bool
is_no_control(uint8_t c)
{
	return c >= ' ' && c != 0x7f;
}

static bool
is_cookie(uint8_t c)
{
	return is_visible(c) && c != '"' && c != ',' && c != ';' && c != '\\';
}

static bool
is_key(uint8_t c)
{
	return is_visible(c) && c != ':' && c != '/' && c != ',' && c != '=';
}

static bool
is_made_of(struct span text, bool (*may)(uint8_t))
{
	for (size_t i = 0; i < text.n; i++)
		if (!may(text.p[i]))
			return false;
	return text.n > 0;
}

/* What stands before the first colon, and what behind it. */
static bool
cut(struct span text, struct span *before, struct span *behind)
{
	const uint8_t *colon = text.n ? memchr(text.p, ':', text.n) : NULL;

	if (!colon)
		return false;
	*before = span_of(text.p, (size_t)(colon - text.p));
	*behind = span_skip(text, before->n + 1);
	return true;
}

static bool
read_plain(const struct view_credential *how, struct view_parts *parts)
{
	(void)how, (void)parts;
	return true;
}

/* The blanks at the ends of a field are not part of it. */
static bool
read_field(const struct view_credential *how, struct view_parts *parts)
{
	struct span text = parts->secret;

	(void)how;
	return text.n && text.p[0] != ' ' && text.p[text.n - 1] != ' ';
}

static bool
read_basic(const struct view_credential *how, struct view_parts *parts)
{
	parts->user = span_text(how->user);
	return parts->user.n || (cut(parts->secret, &parts->user, &parts->secret) &&
	    is_made_of(parts->user, is_no_control));
}

static bool
read_sigv4(const struct view_credential *how, struct view_parts *parts)
{
	struct span token;

	parts->user = span_text(how->key);
	if (!parts->user.n && !cut(parts->secret, &parts->user, &parts->secret))
		return false;
	if (cut(parts->secret, &parts->secret, &token)) {
		if (!is_made_of(token, is_visible) || memchr(token.p, ':', token.n))
			return false;
		parts->token = token;
	}
	return is_made_of(parts->user, is_key);
}

static const struct {
	bool (*read)(const struct view_credential *, struct view_parts *);
	bool (*may)(uint8_t);
	const char *form;
} ways[] = {
	[AS_BEARER] = { read_plain, is_visible, "expected a token of visible ASCII characters" },
	[AS_BASIC] = { read_basic, is_no_control, "expected a password without control characters; USER:PASSWORD where "
	    "the policy names no user" },
	[AS_HEADER] = { read_field, is_no_control, "expected text without control characters, and no blank at its ends" },
	[AS_QUERY] = { read_plain, is_no_control, "expected text without control characters" },
	[AS_COOKIE] = { read_plain, is_cookie, "expected visible ASCII characters without \" , ; and \\" },
	[AS_SIGV4] = { read_sigv4, is_visible, "expected ID:SECRET or ID:SECRET:TOKEN; without ID: where the policy "
	    "names the key" },
	[AS_OAUTH2] = { read_plain, is_ascii, "expected a secret of printable ASCII characters" },
};
static_assert(COUNT(ways) == AS_KINDS, "a row per way");

bool
view_credential_read(const struct view_credential *how, struct span stored, struct view_parts *out)
{
	struct view_parts parts = { .secret = stored };

	if (how->as == AS_NONE || how->as >= AS_KINDS || !ways[how->as].read(how, &parts) ||
	    !is_made_of(parts.secret, ways[how->as].may))
		return false;
	*out = parts;
	return true;
}

const char *
view_credential_form(const struct view_credential *how)
{
	return how->as < AS_KINDS && ways[how->as].form ? ways[how->as].form : "expected nothing";
}

bool
view_credential_is_lent(const struct view_credential *how)
{
	return how->as != AS_NONE && how->as != AS_SIGV4;
}
