/*
 * grant.c: `credential: {as: oauth2, …}` of a target: where its tokens are fetched, and with what.
 * RFC 6749 sections 4.4 (client credentials) and 6 (refresh token), RFC 8707 (resource); how the client shows itself
 * is named as in RFC 7591. What each key may say stands with those of the other ways (credential.c); here is what
 * makes no sense together.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "rules/work.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define URI LETTERS DIGITS "-._~:/?[]@!$&'()*+,;=%"	/* RFC 3986 section 2, but for '#' */
#define SCHEME "https://"
#define HOST_SIZE 256

const char *const grant_words[] = { "client_credentials", "refresh_token", NULL };
const char *const client_auth_words[] = { "client_secret_basic", "client_secret_post", "none", NULL };
_Static_assert(COUNT(grant_words) == GRANTS, "a word per grant, but for none");
_Static_assert(COUNT(client_auth_words) == CLIENT_AUTHS + 1, "a word per way");

/* ---- which texts may stand where ---- */

/* A name in lower case that no reader takes for a number, or an address. */
static bool
is_place(const char *host, bool is_bracketed)
{
	const char *dot = strrchr(host, '.'), *last = dot ? dot + 1 : host;
	uint8_t ip[16];

	if (is_bracketed || address_read(host, ip))
		return address_read(host, ip) && is_bracketed == (strchr(host, ':') != NULL);
	return work_is_host(host) && !strspn(last, DIGITS);
}

/* Cut an authority (RFC 3986 section 3.2, without user) into host and port. */
static bool
read_authority(const char *text, size_t n, char host[HOST_SIZE], uint16_t *port)
{
	bool is_bracketed = *text == '[';
	const char *end = is_bracketed ? memchr(text, ']', n) : memchr(text, ':', n);
	const char *from = text + is_bracketed, *rest = end ? end + is_bracketed : text + n;
	size_t length = (size_t)((end ? end : text + n) - from);
	char number[8] = "";
	uint64_t value = 443;

	if ((is_bracketed && !end) || length >= HOST_SIZE)
		return false;
	memcpy(host, from, length);
	host[length] = '\0';
	if (rest < text + n) {
		size_t digits = (size_t)(text + n - rest) - 1;

		if (*rest != ':' || digits >= sizeof(number))
			return false;
		memcpy(number, rest + 1, digits);
		if (!schema_number(number, &value) || value == 0 || value > 65535)
			return false;
	}
	*port = (uint16_t)value;
	return is_place(host, is_bracketed);
}

static bool
read_endpoint(const char *text, char host[HOST_SIZE], uint16_t *port)
{
	size_t n;

	if (strncmp(text, SCHEME, strlen(SCHEME)) != 0 || text[strspn(text, URI)] != '\0')
		return false;
	text += strlen(SCHEME);
	n = strcspn(text, "/?");
	return n > 0 && !memchr(text, '@', n) && read_authority(text, n, host, port);
}

bool
grant_is_endpoint(const char *text)
{
	char host[HOST_SIZE];
	uint16_t port;

	return read_endpoint(text, host, &port);
}

/* RFC 6749 section 3.3: words, one blank between two. */
bool
grant_is_scope(const char *text)
{
	for (const char *p = text; *p; p++) {
		if (*p < ' ' || *p > '~' || *p == '"' || *p == '\\')
			return false;
		if (*p == ' ' && (p == text || !p[1] || p[1] == ' '))
			return false;
	}
	return *text;
}

/* RFC 8707 section 2: absolute, and without a fragment. */
bool
grant_is_resource(const char *text)
{
	size_t scheme = strspn(text, LETTERS DIGITS "+-.");

	return strchr(LETTERS, *text) && text[scheme] == ':' && text[scheme + 1] && text[strspn(text, URI)] == '\0';
}

/* ---- what makes no sense together ---- */

void
grant_check(struct work *work, const struct draft_target *target, const char *what)
{
	bool is_refresh = target->shown.grant + 1 == GRANT_REFRESH, is_open = target->shown.auth == CLIENT_AUTH_NONE;
	const struct node *at = target->credential;

	if (is_refresh && !target->shown.refresh_token)
		fault_add(work->faults, at->place, "%s: credential: key \"refresh_token\" is missing, expected file:/PATH with "
		    "grant: refresh_token", what);
	if (!is_refresh && target->shown.refresh_token)
		fault_add(work->faults, target->shown.refresh_token->place, "%s: credential: found refresh_token, expected "
		    "grant: refresh_token with it", what);
	if (is_open && target->shown.client_secret)
		fault_add(work->faults, target->shown.client_secret->place, "%s: credential: found client_secret with "
		    "token_endpoint_auth_method: none, expected one of them", what);
	if (is_open && !is_refresh)
		fault_add(work->faults, at->place, "%s: credential: found grant client_credentials with "
		    "token_endpoint_auth_method: none, expected a client with a secret (RFC 6749 section 4.4)", what);
	if (!is_open && !target->shown.client_secret)
		fault_add(work->faults, at->place, "%s: credential: key \"client_secret\" is missing, expected file:/PATH, or "
		    "token_endpoint_auth_method: none with grant: refresh_token", what);
}

/* ---- what the keeper is told ---- */

static const char *
find_roots(struct work *work, const struct draft_target *draft, const char *what)
{
	const struct node *at = draft->shown.roots;
	const char *pem = NULL;

	if (work->options->is_offline)
		return "";
	if (!at)
		pem = system_roots(work, draft->credential, what);
	else if (at->text[0] == '/')
		pem = roots_read(work, at, at->text, what);
	else
		fault_add(work->faults, at->place, "%s: roots: found \"%.80s\", expected a path that begins with /", what,
		    at->text);
	return pem ? pem : "";
}

/* Who uses a refresh token twice loses it: two sets of terms would take turns with it. */
static void
check_alone(struct work *work, const struct draft_target *draft, const struct view_secret *secret, const char *what)
{
	const struct view_grant *grant = &secret->grant;

	for (const struct view_secret *other = work->rules->keeper.secrets; other < secret; other++) {
		const struct view_grant *its = &other->grant;

		if (its->type != GRANT_REFRESH || its->refresh_from != grant->refresh_from ||
		    strcmp(its->refresh, grant->refresh) != 0)
			continue;
		if (strcmp(its->endpoint, grant->endpoint) || strcmp(its->client_id, grant->client_id) ||
		    strcmp(its->scope, grant->scope) || strcmp(its->audience, grant->audience) ||
		    strcmp(its->resource, grant->resource) || strcmp(other->path, secret->path) || its->auth != grant->auth)
			fault_add(work->faults, draft->shown.refresh_token->place, "%s: refresh_token: found the one of target "
			    "%s with other terms, expected one of its own: it is replaced each time it is used", what,
			    other->target);
	}
}

void
grant_build(struct work *work, const struct draft_target *draft, const char *what, struct view_secret *secret)
{
	struct view_grant *grant = &secret->grant;
	char host[HOST_SIZE] = "";

	*grant = (struct view_grant){ .endpoint = "", .host = "", .client_id = "", .scope = "", .audience = "",
		.resource = "", .roots = "", .refresh = "" };
	if (draft->shown.as != AS_OAUTH2)
		return;
	what = work_text(work, "%s: credential", what);
	grant->type = (enum view_grant_type)(draft->shown.grant + 1);
	grant->auth = (enum view_client_auth)draft->shown.auth;
	grant->endpoint = work_scalar(draft->shown.token_endpoint);
	(void)read_endpoint(grant->endpoint, host, &grant->port);	/* else there is a fault */
	grant->host = work_text(work, "%s", host);
	grant->client_id = secret->role = work_scalar(draft->shown.client_id);
	grant->scope = work_scalar(draft->shown.scope);
	grant->audience = work_scalar(draft->shown.audience);
	grant->resource = work_scalar(draft->shown.resource);
	grant->roots = find_roots(work, draft, what);
	secret_place(work, draft->shown.client_secret, work_text(work, "%s: client_secret", what), &secret->from,
	    &secret->path);
	secret_place(work, draft->shown.refresh_token, work_text(work, "%s: refresh_token", what), &grant->refresh_from,
	    &grant->refresh);
	if (grant->type == GRANT_REFRESH && draft->shown.refresh_token)
		check_alone(work, draft, secret, what);
}
