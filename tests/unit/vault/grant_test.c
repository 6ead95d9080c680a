/* The request for a token, byte for byte, and what makes two of them one. */
#include "vault/grant.h"

#include "check.h"
#include "out.h"
#include "view.h"

static const struct {
	const char *name;
	struct view_grant grant;
	const char *secret, *refresh, *authorization, *body;
} rows[] = {
	/* RFC 6749 section 4.4.2 */
	{ "client credentials", { .type = GRANT_CLIENT, .auth = CLIENT_SECRET_BASIC, .client_id = "s6BhdRkqt3" }, "gX1fBat3bV", "",
	    "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW", "grant_type=client_credentials" },
	/* RFC 6749 section 6 */
	{ "refresh token", { .type = GRANT_REFRESH, .auth = CLIENT_SECRET_BASIC, .client_id = "s6BhdRkqt3" }, "gX1fBat3bV",
	    "tGzv3JOkF0XG5Qx2TlKWIA", "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW",
	    "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA" },
	/* "a%3Ab:c%2B+%25": who cuts at the first colon finds the secret */
	{ "encoded before base 64", { .type = GRANT_CLIENT, .auth = CLIENT_SECRET_BASIC, .client_id = "a:b" }, "c+ %", "",
	    "Basic YSUzQWI6YyUyQislMjU=", "grant_type=client_credentials" },
	{ "in the body", { .type = GRANT_CLIENT, .auth = CLIENT_SECRET_POST, .client_id = "a&b" }, "c=d", "", "",
	    "grant_type=client_credentials&client_id=a%26b&client_secret=c%3Dd" },
	{ "no secret", { .type = GRANT_REFRESH, .auth = CLIENT_AUTH_NONE, .client_id = "app" }, "", "r", "",
	    "grant_type=refresh_token&refresh_token=r&client_id=app" },
	{ "all terms", { .type = GRANT_CLIENT, .auth = CLIENT_SECRET_BASIC, .client_id = "s6BhdRkqt3", .scope = "a b:c",
	    .audience = "api://x", .resource = "https://r/?a=1&b" }, "gX1fBat3bV", "not sent", "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW",
	    "grant_type=client_credentials&scope=a+b%3Ac&audience=api%3A%2F%2Fx&resource=https%3A%2F%2Fr%2F%3Fa%3D1%26b" },
};

static void
check_requests(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct out authorization = out_new(4096), body = out_new(4096);

		grant_write(&rows[i].grant, on_cliff(span_text(rows[i].secret)), on_cliff(span_text(rows[i].refresh)),
		    &authorization, &body);
		CHECK_ROW(rows[i].name, !body.failed && span_is(out_view(&body), rows[i].body));
		CHECK_ROW(rows[i].name, !authorization.failed && span_is(out_view(&authorization), rows[i].authorization));
		out_free(&authorization);
		out_free(&body);
	}
}

/* Every one of them makes another token; only some another owner of a refresh token. */
static void
check_terms(void)
{
	static const struct view_secret one = { .path = "/s", .grant = { .type = GRANT_CLIENT, .endpoint = "e", .client_id = "c",
		.scope = "", .audience = "", .resource = "", .roots = "", .refresh = "" } };
	struct view_secret others[9];
	uint8_t terms[GRANT_TERMS], owner[GRANT_TERMS], its[GRANT_TERMS];

	for (size_t i = 0; i < COUNT(others); i++)
		others[i] = one;
	others[0].grant.endpoint = "ec";
	others[1].grant.client_id = "d";
	others[2].grant.refresh = "/r";
	others[3].grant.scope = "s";
	others[4].grant.audience = "s";
	others[5].grant.resource = "s";
	others[6].grant.type = GRANT_REFRESH;
	others[7].path = "/t";
	others[8].grant.roots = "pem";
	CHECK(grant_terms(&one, terms) == 0 && grant_owner(&one, owner) == 0);
	CHECK(grant_terms(&one, its) == 0 && !memcmp(terms, its, sizeof(its)));
	for (size_t i = 0; i < COUNT(others); i++) {
		CHECK(grant_terms(&others[i], its) == 0 && memcmp(terms, its, sizeof(its)));
		CHECK(grant_owner(&others[i], its) == 0 && !memcmp(owner, its, sizeof(its)) == (i > 2));
	}
}

int
main(void)
{
	check_requests();
	check_terms();
	return check_end();
}
