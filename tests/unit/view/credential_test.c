/* What a stored secret is made of, and what none can be, for each way of showing it. */
#include "view/credential.h"

#include "check.h"
#include "view.h"

#define HOW(as, user, key) { as, user, "n", "", "r", "s", key }

static const struct {
	const char *name;
	struct view_credential how;
	struct span stored;
	const char *user, *secret, *token;	/* secret NULL: refused */
} rows[] = {
	{ "nothing", HOW(AS_NONE, "", ""), SPAN("x"), NULL, NULL, NULL },
	{ "bearer", HOW(AS_BEARER, "", ""), SPAN("abc.DEF-~+/="), "", "abc.DEF-~+/=", "" },
	{ "bearer empty", HOW(AS_BEARER, "", ""), SPAN(""), NULL, NULL, NULL },
	{ "bearer with a blank", HOW(AS_BEARER, "", ""), SPAN("a b"), NULL, NULL, NULL },
	{ "bearer that ends its field", HOW(AS_BEARER, "", ""), SPAN("a\r\nX: y"), NULL, NULL, NULL },
	{ "bearer with a NUL", HOW(AS_BEARER, "", ""), SPAN("a\0b"), NULL, NULL, NULL },
	{ "bearer not ASCII", HOW(AS_BEARER, "", ""), SPAN("caf\xc3\xa9"), NULL, NULL, NULL },
	{ "basic", HOW(AS_BASIC, "ann", ""), SPAN("pa:ss w\xc3\xb6rd"), "ann", "pa:ss w\xc3\xb6rd", "" },
	{ "basic with its user", HOW(AS_BASIC, "", ""), SPAN("ann:pa:ss"), "ann", "pa:ss", "" },
	{ "basic without one", HOW(AS_BASIC, "", ""), SPAN("pass"), NULL, NULL, NULL },
	{ "basic of nobody", HOW(AS_BASIC, "", ""), SPAN(":pass"), NULL, NULL, NULL },
	{ "basic without a password", HOW(AS_BASIC, "", ""), SPAN("ann:"), NULL, NULL, NULL },
	{ "basic with a control character", HOW(AS_BASIC, "ann", ""), SPAN("a\x7f"), NULL, NULL, NULL },
	{ "header", HOW(AS_HEADER, "", ""), SPAN("id=1; key=2"), "", "id=1; key=2", "" },
	{ "header with blanks at its ends", HOW(AS_HEADER, "", ""), SPAN("x "), NULL, NULL, NULL },
	{ "header of two lines", HOW(AS_HEADER, "", ""), SPAN("x\ny"), NULL, NULL, NULL },
	{ "query", HOW(AS_QUERY, "", ""), SPAN("a&b=c #"), "", "a&b=c #", "" },
	{ "query with a newline", HOW(AS_QUERY, "", ""), SPAN("a\n"), NULL, NULL, NULL },
	{ "cookie", HOW(AS_COOKIE, "", ""), SPAN("abc=="), "", "abc==", "" },
	{ "cookie that begins another", HOW(AS_COOKIE, "", ""), SPAN("abc; x=y"), NULL, NULL, NULL },
	{ "oauth2", HOW(AS_OAUTH2, "", ""), SPAN("a client's:secret"), "", "a client's:secret", "" },
	{ "oauth2 of two lines", HOW(AS_OAUTH2, "", ""), SPAN("a\nb"), NULL, NULL, NULL },
	{ "oauth2 not ASCII", HOW(AS_OAUTH2, "", ""), SPAN("caf\xc3\xa9"), NULL, NULL, NULL },
	{ "sigv4", HOW(AS_SIGV4, "", ""), SPAN("AKID:sec/ret+"), "AKID", "sec/ret+", "" },
	{ "sigv4 of a session", HOW(AS_SIGV4, "", ""), SPAN("ASIA:secret:tok/en=="), "ASIA", "secret", "tok/en==" },
	{ "sigv4 with its key in the policy", HOW(AS_SIGV4, "", "AKID"), SPAN("secret"), "AKID", "secret", "" },
	{ "the same of a session", HOW(AS_SIGV4, "", "AKID"), SPAN("secret:token"), "AKID", "secret", "token" },
	{ "sigv4 without a key", HOW(AS_SIGV4, "", ""), SPAN("secret"), NULL, NULL, NULL },
	{ "sigv4 of four parts", HOW(AS_SIGV4, "", ""), SPAN("a:b:c:d"), NULL, NULL, NULL },
	{ "sigv4 with an empty token", HOW(AS_SIGV4, "", ""), SPAN("a:b:"), NULL, NULL, NULL },
	{ "sigv4 whose key parts a scope", HOW(AS_SIGV4, "", ""), SPAN("AK/ID:secret"), NULL, NULL, NULL },
	{ "sigv4 without a secret", HOW(AS_SIGV4, "", ""), SPAN("AKID:"), NULL, NULL, NULL },
};

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct view_parts parts = { .secret = SPAN("untouched") };
		bool right = view_credential_read(&rows[i].how, on_cliff(rows[i].stored), &parts);

		CHECK_ROW(rows[i].name, right == (rows[i].secret != NULL));
		if (right) {
			CHECK_ROW(rows[i].name, span_is(parts.user, rows[i].user));
			CHECK_ROW(rows[i].name, span_is(parts.secret, rows[i].secret));
			CHECK_ROW(rows[i].name, span_is(parts.token, rows[i].token));
		} else {
			CHECK_ROW(rows[i].name, span_is(parts.secret, "untouched"));
		}
		CHECK_ROW(rows[i].name, !strncmp(view_credential_form(&rows[i].how), "expected ", 9));
		CHECK_ROW(rows[i].name, view_credential_is_lent(&rows[i].how) ==
		    (rows[i].how.as >= AS_BEARER && rows[i].how.as != AS_SIGV4));
	}
	return check_end();
}
