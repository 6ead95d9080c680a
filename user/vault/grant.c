/* grant.c: a form and a field. */
#include "vault/grant.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/base64.h"
#include "out.h"
#include "view.h"

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._*"
#define FIELD_MAX 65536

/* application/x-www-form-urlencoded, as RFC 6749 appendix B has it. */
static void
write_encoded(struct out *out, struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c == ' ')
			out_u8(out, '+');
		else if (c && strchr(PLAIN, c))
			out_u8(out, c);
		else
			out_printf(out, "%%%02X", c);
	}
}

/* Nothing, where there is no value. */
static void
write_pair(struct out *out, const char *name, struct span value)
{
	if (!value.n)
		return;
	out_printf(out, "%s%s=", out->n ? "&" : "", name);
	write_encoded(out, value);
}

static void
write_basic(struct out *out, struct span user, struct span secret)
{
	struct out pair = out_new(FIELD_MAX);

	write_encoded(&pair, user);
	out_u8(&pair, ':');
	write_encoded(&pair, secret);
	out_span(out, SPAN("Basic "));
	base64_write(out, out_view(&pair));
	out->failed |= pair.failed;
	out_free(&pair);
}

void
grant_write(const struct view_grant *grant, struct span secret, struct span refresh, struct out *authorization,
    struct out *body)
{
	bool is_refresh = grant->type == GRANT_REFRESH;

	write_pair(body, "grant_type", is_refresh ? SPAN("refresh_token") : SPAN("client_credentials"));
	if (is_refresh)
		write_pair(body, "refresh_token", refresh);
	write_pair(body, "scope", span_text(grant->scope));
	write_pair(body, "audience", span_text(grant->audience));
	write_pair(body, "resource", span_text(grant->resource));
	if (grant->auth == CLIENT_SECRET_BASIC) {
		write_basic(authorization, span_text(grant->client_id), secret);
		return;
	}
	write_pair(body, "client_id", span_text(grant->client_id));
	if (grant->auth == CLIENT_SECRET_POST)
		write_pair(body, "client_secret", secret);
}

/* Texts with their NULs, and numbers: no two lists of terms give the same bytes. */
static int
digest(const char *const *texts, size_t count, const uint8_t *numbers, size_t n, uint8_t out[GRANT_TERMS])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool right = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(context, numbers, n) == 1;

	for (size_t i = 0; right && i < count; i++)
		right = EVP_DigestUpdate(context, texts[i], strlen(texts[i]) + 1) == 1;
	right = right && EVP_DigestFinal_ex(context, out, NULL) == 1;
	EVP_MD_CTX_free(context);
	return right ? 0 : -EIO;
}

int
grant_terms(const struct view_secret *secret, uint8_t terms[GRANT_TERMS])
{
	const struct view_grant *grant = &secret->grant;
	const char *const texts[] = {
		grant->endpoint, grant->client_id, grant->scope, grant->audience, grant->resource, grant->roots,
		grant->refresh, secret->path,
	};
	const uint8_t numbers[] = {
		(uint8_t)grant->type, (uint8_t)grant->auth, (uint8_t)grant->refresh_from, (uint8_t)secret->from,
	};

	return digest(texts, COUNT(texts), numbers, sizeof(numbers), terms);
}

int
grant_owner(const struct view_secret *secret, uint8_t owner[GRANT_TERMS])
{
	const struct view_grant *grant = &secret->grant;
	const char *const texts[] = { grant->endpoint, grant->client_id, grant->refresh };
	const uint8_t numbers[] = { (uint8_t)grant->refresh_from };

	return digest(texts, COUNT(texts), numbers, sizeof(numbers), owner);
}
