/* What a token endpoint may say, and what it says in vain: each row, and every beginning of what is good. */
#include "courier/answer.h"

#include <errno.h>

#include "check.h"

#define GOOD "{\"access_token\":\"2YotnFZFEjr1zCsicMWpAA\",\"token_type\":\"Bearer\",\"expires_in\":3600," \
	"\"refresh_token\":\"tGzv3JOkF0XG5Qx2TlKWIA\",\"scope\":\"a b\"}"
#define WITH(members) "{\"token_type\":\"Bearer\"," members "}"

static struct answer answer;

static int
take(unsigned int status, const char *type, struct span body, const char **why)
{
	memset(&answer, 'x', sizeof(answer));
	return answer_read(status, on_cliff(span_text(type)), on_cliff(body), &answer, why);
}

static const struct {
	const char *name;
	unsigned int status;
	const char *type, *body;
	int r;
	const char *token, *refresh;
	uint32_t lifetime;
	const char *error;	/* or what the reason has in it */
} rows[] = {
	{ "RFC 6749 section 5.1", 200, "application/json;charset=UTF-8", GOOD, 0, "2YotnFZFEjr1zCsicMWpAA",
	    "tGzv3JOkF0XG5Qx2TlKWIA", 3600, "" },
	{ "type in capitals", 200, "Application/JSON", WITH("\"access_token\":\"t\""), 0, "t", "", ANSWER_LIFETIME, "" },
	{ "bearer in any case", 200, "application/json", "{\"token_type\":\"bEARER\",\"access_token\":\"t\"}", 0, "t", "",
	    ANSWER_LIFETIME, "" },
	{ "blanks around", 200, "application/json", " \n" WITH("\"access_token\":\"t\"") "\n ", 0, "t", "", ANSWER_LIFETIME, "" },
	{ "members nobody knows", 200, "application/json", WITH("\"access_token\":\"t\",\"error\":7,\"id_token\":[{}]"), 0, "t", "",
	    ANSWER_LIFETIME, "" },
	{ "longer than a month", 200, "application/json", WITH("\"access_token\":\"t\",\"expires_in\":99999999999"), 0, "t", "",
	    ANSWER_LIFETIME_MOST, "" },
	{ "escapes", 200, "application/json", WITH("\"access_token\":\"\\u0074\\/\""), 0, "t/", "", ANSWER_LIFETIME, "" },
	{ "no token", 200, "application/json", WITH("\"expires_in\":3"), -EPROTO, "", "", 0, "access_token is missing" },
	{ "an empty token", 200, "application/json", WITH("\"access_token\":\"\""), -EPROTO, "", "", 0, "access_token" },
	{ "a token that is a number", 200, "application/json", WITH("\"access_token\":7"), -EPROTO, "", "", 0, "access_token" },
	{ "a token of two words", 200, "application/json", WITH("\"access_token\":\"a b\""), -EPROTO, "", "", 0, "access_token" },
	{ "a token of two lines", 200, "application/json", WITH("\"access_token\":\"a\\r\\nX: y\""), -EPROTO, "", "", 0,
	    "access_token" },
	{ "a token that ends early", 200, "application/json", WITH("\"access_token\":\"a\\u0000b\""), -EPROTO, "", "", 0,
	    "not a JSON object" },
	{ "a token beyond ASCII", 200, "application/json", WITH("\"access_token\":\"\\u00fc\""), -EPROTO, "", "", 0,
	    "access_token" },
	{ "a token twice", 200, "application/json", WITH("\"access_token\":\"a\",\"access_token\":\"b\""), -EPROTO, "", "", 0,
	    "not a JSON object" },
	{ "no type", 200, "application/json", "{\"access_token\":\"t\"}", -EPROTO, "", "", 0, "not of type Bearer" },
	{ "another type", 200, "application/json", "{\"access_token\":\"t\",\"token_type\":\"mac\"}", -EPROTO, "", "", 0,
	    "not of type Bearer" },
	{ "a type that begins like it", 200, "application/json", "{\"access_token\":\"t\",\"token_type\":\"Bearers\"}", -EPROTO, "",
	    "", 0, "not of type Bearer" },
	{ "a lifetime of none", 200, "application/json", WITH("\"access_token\":\"t\",\"expires_in\":0"), -EPROTO, "", "", 0,
	    "expires_in" },
	{ "a lifetime below none", 200, "application/json", WITH("\"access_token\":\"t\",\"expires_in\":-1"), -EPROTO, "", "", 0,
	    "expires_in" },
	{ "a lifetime in words", 200, "application/json", WITH("\"access_token\":\"t\",\"expires_in\":\"3600\""), -EPROTO, "", "", 0,
	    "expires_in" },
	{ "half a lifetime", 200, "application/json", WITH("\"access_token\":\"t\",\"expires_in\":3.5"), -EPROTO, "", "", 0,
	    "expires_in" },
	{ "a lifetime beyond numbers", 200, "application/json", WITH("\"access_token\":\"t\",\"expires_in\":99999999999999999999"),
	    -EPROTO, "", "", 0, "not a JSON object" },
	{ "a lifetime that is null", 200, "application/json", WITH("\"access_token\":\"t\",\"expires_in\":null"), -EPROTO, "", "", 0,
	    "expires_in" },
	{ "a refresh token that is none", 200, "application/json", WITH("\"access_token\":\"t\",\"refresh_token\":null"), -EPROTO,
	    "", "", 0, "refresh_token" },
	{ "a refresh token of two lines", 200, "application/json", WITH("\"access_token\":\"t\",\"refresh_token\":\"a\\nb\""),
	    -EPROTO, "", "", 0, "refresh_token" },
	{ "an array", 200, "application/json", "[" GOOD "]", -EPROTO, "", "", 0, "not a JSON object" },
	{ "two objects", 200, "application/json", GOOD GOOD, -EPROTO, "", "", 0, "not a JSON object" },
	{ "nothing", 200, "application/json", "", -EPROTO, "", "", 0, "not a JSON object" },
	{ "a page", 200, "text/html", GOOD, -EPROTO, "", "", 0, "not a JSON object" },
	{ "a type that begins like it", 200, "application/jsonp", GOOD, -EPROTO, "", "", 0, "not a JSON object" },
	{ "no type at all", 200, "", GOOD, -EPROTO, "", "", 0, "not a JSON object" },
	{ "another status", 201, "application/json", GOOD, -EPROTO, "", "", 0, "not 200" },
	{ "a redirect", 302, "application/json", GOOD, -EPROTO, "", "", 0, "not 200" },
	{ "RFC 6749 section 5.2", 400, "application/json", "{\"error\":\"invalid_request\"}", -EACCES, "", "", 0, "invalid_request" },
	{ "refused with words", 401, "application/json", "{\"error\":\"invalid_client\",\"error_description\":\"hunter2\"}", -EACCES,
	    "", "", 0, "invalid_client" },
	{ "refused with a token", 400, "application/json", WITH("\"access_token\":\"t\",\"error\":\"no\""), -EACCES, "", "", 0, "no" },
	{ "an error that is no name", 400, "application/json", "{\"error\":\"hunter2 is wrong\"}", -EPROTO, "", "", 0, "not 200" },
	{ "an error that is none", 500, "application/json", "{\"error\":{}}", -EPROTO, "", "", 0, "not 200" },
	{ "refused in a page", 400, "text/html", "{\"error\":\"invalid_request\"}", -EPROTO, "", "", 0, "not 200" },
};

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *why, *name = rows[i].name;

		CHECK_ROW(name, take(rows[i].status, rows[i].type, span_text(rows[i].body), &why) == rows[i].r);
		CHECK_ROW(name, !strcmp(answer.token, rows[i].token) && !strcmp(answer.refresh, rows[i].refresh));
		CHECK_ROW(name, answer.lifetime == rows[i].lifetime);
		CHECK_ROW(name, rows[i].r == -EPROTO ? why && strstr(why, rows[i].error) && !answer.error[0] :
		    !why && !strcmp(answer.error, rows[i].error));
	}
}

/* A beginning of an answer is none, however it is cut. */
static void
check_prefixes(void)
{
	struct span whole = SPAN(GOOD);
	const char *why;

	for (size_t n = 0; n < whole.n; n++)
		CHECK(take(200, "application/json", span_head(whole, n), &why) == -EPROTO && !answer.token[0]);
	for (size_t n = 0; n < sizeof("application/json") - 1; n++) {
		struct span type = span_head(SPAN("application/json"), n);

		CHECK(answer_read(200, on_cliff(type), whole, &answer, &why) == -EPROTO);
	}
}

/* An answer with a token of n bytes, or as many levels, or as many bytes behind. */
static int
take_long(const char *before, char with, size_t n, const char *behind)
{
	size_t begin = strlen(before), end = strlen(behind);
	char *text = malloc(begin + n + end);
	const char *why;
	int r;

	if (!text)
		abort();
	memcpy(text, before, begin);
	memset(text + begin, with, n);
	memcpy(text + begin + n, behind, end);
	r = take(200, "application/json", span_of((uint8_t *)text, begin + n + end), &why);
	free(text);
	return r;
}

static void
check_lengths(void)
{
	const char *before = "{\"token_type\":\"Bearer\",\"access_token\":\"", *behind = "\"}";

	CHECK(take_long(before, 't', ANSWER_TOKEN, behind) == 0 && strlen(answer.token) == ANSWER_TOKEN);
	CHECK(take_long(before, 't', ANSWER_TOKEN + 1, behind) == -EPROTO && !answer.token[0]);
	CHECK(take_long(GOOD, ' ', ANSWER_BYTES - strlen(GOOD), "") == 0);
	CHECK(take_long(GOOD, ' ', ANSWER_BYTES - strlen(GOOD) + 1, "") == -EPROTO);
	CHECK(take_long("", '[', ANSWER_BYTES, "") == -EPROTO);
	CHECK(take_long("{\"a\":", '[', 60000, "") == -EPROTO);
}

int
main(void)
{
	check_rows();
	check_prefixes();
	check_lengths();
	return check_end();
}
