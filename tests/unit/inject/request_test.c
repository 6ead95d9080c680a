/* The credential in a request, in each way that there is, and nothing of the skill's own beside it. */
#include "inject/request.h"

#include <errno.h>

#include "base/arena.h"
#include "base/clock.h"
#include "check.h"
#include "inject/echo.h"
#include "out.h"
#include "vault/sigv4.h"
#include "view.h"
#include "wire.h"

#define WALL (UINT64_C(1440938160) * SECOND_NS)

static struct arena *arena;

static bool
is_name(struct span a, const char *b)
{
	return a.n == strlen(b) && !strncasecmp((const char *)a.p, b, a.n);
}

/* The value that a field is set to; p NULL: it is not. */
static struct span
set_to(const struct wire_change *change, const char *name)
{
	for (size_t i = 0; i < change->set_count; i++)
		if (is_name(change->set[i].name, name))
			return change->set[i].value;
	return span_of(NULL, 0);
}

static bool
is_dropped(const struct wire_change *change, const char *name)
{
	for (size_t i = 0; i < change->drop_count; i++)
		if (is_name(change->drop[i], name))
			return true;
	return false;
}

static const struct wire_pair sent[] = {
	{ SPAN("Authorization"), SPAN("Bearer skill's own") }, { SPAN("cookie"), SPAN("a=1; sid=skill; b=2") },
	{ SPAN("Cookie"), SPAN(" SID =again;c=3;") }, { SPAN("Accept"), SPAN("*/*") },
};

static const struct {
	const char *name;
	struct view_credential how;
	const char *lent, *target;	/* what the skill asks for */
	const char *field, *value;	/* that is set */
	const char *sent;		/* in place of the target; empty: nothing */
} rows[] = {
	{ "bearer", { .as = AS_BEARER }, "token-of-ours", "/v1/x?a=1", "Authorization", "Bearer token-of-ours", "" },
	{ "basic", { .as = AS_BASIC, .user = "Aladdin" }, "open sesame", "/", "Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "" },
	{ "basic with its user", { .as = AS_BASIC }, "Aladdin:open sesame", "/", "Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "" },
	{ "header", { .as = AS_HEADER, .name = "X-Api-Key" }, "abc-def-ghi", "/", "X-Api-Key", "abc-def-ghi", "" },
	{ "header with a prefix", { .as = AS_HEADER, .name = "Authorization", .prefix = "Token " }, "abc-def-ghi", "/",
	  "Authorization", "Token abc-def-ghi", "" },
	{ "query", { .as = AS_QUERY, .name = "key" }, "a b&c+d=e/f", "/p?x=1&key=skill&k%65y=again&y", NULL, NULL,
	  "/p?x=1&y&key=a%20b%26c%2Bd%3De%2Ff" },
	{ "query of its own", { .as = AS_QUERY, .name = "key" }, "12345678", "/p", NULL, NULL, "/p?key=12345678" },
	{ "query alone", { .as = AS_QUERY, .name = "key" }, "12345678", "/p?key=skill", NULL, NULL, "/p?key=12345678" },
	{ "cookie", { .as = AS_COOKIE, .name = "sid" }, "12345678", "/", "Cookie", "a=1; b=2; c=3; sid=12345678", "" },
	{ "the skill's presigned request", { .as = AS_BEARER }, "12345678", "/p?X-Amz-Signature=ff&a=1&access_token=x", "Authorization",
	  "Bearer 12345678", "/p?a=1" },
	{ "the skill's token alone", { .as = AS_BEARER }, "12345678", "/p?access_token=x", "Authorization", "Bearer 12345678", "/p" },
};

static struct wire_request
request_of(const char *target)
{
	const char *mark = strchr(target, '?');
	struct wire_request request = {
		.method = SPAN("GET"), .host = SPAN("api.example"), .headers = sent, .header_count = COUNT(sent),
		.path = mark ? span_of(target, (size_t)(mark - target)) : span_text(target),
	};

	if (mark)
		request.query = span_text(mark + 1);
	return request;
}

/* To where change() may be called, the keeper's answers being what is lent. */
static bool
get_ready(struct inject *inject, const struct wire_request *request, const char *lent)
{
	struct inject_question question;

	if (inject_next(inject, request, SPAN(""), WALL, &question) == INJECT_READY)
		return true;
	return question.step == VAULT_LEND && span_is(question.input, "\1") &&
	    inject_answer(inject, VAULT_LEND, on_cliff(span_text(lent))) == 0 &&
	    inject_next(inject, request, SPAN(""), WALL, &question) == INJECT_READY;
}

static void
check_lent(void)
{
	static const char *const own[] = { "Authorization", "X-Api-Key", "Proxy-Authorization", "X-Amz-Security-Token", "X-Goog-Api-Key" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct view_target target = { .name = "api", .tls = TLS_VERIFY_FULL, .credential = rows[i].how };
		struct wire_request request = request_of(rows[i].target);
		struct inject *inject = NULL;

		if (!CHECK_ROW(rows[i].name, inject_open(&inject, &target, true) == 0 && inject))
			continue;
		for (int round = 0; round < 2; round++) {	/* lent once, for all requests of the flow */
			struct wire_change change = { 0 };

			CHECK_ROW(rows[i].name, get_ready(inject, &request, rows[i].lent));
			CHECK_ROW(rows[i].name, inject_change(inject, &request, arena, &change) == 0);
			CHECK_ROW(rows[i].name, !rows[i].field || span_is(set_to(&change, rows[i].field), rows[i].value));
			CHECK_ROW(rows[i].name, change.set_count == (rows[i].field ? 1 : 0));
			CHECK_ROW(rows[i].name, span_is(change.path_and_query, rows[i].sent));
			for (size_t n = 0; n < COUNT(own); n++)
				CHECK_ROW(rows[i].name, is_dropped(&change, own[n]) != (set_to(&change, own[n]).p != NULL));
			CHECK_ROW(rows[i].name, !is_dropped(&change, "Accept"));
			inject_sent(inject);
		}
		CHECK_ROW(rows[i].name, inject_marks_in(inject_secrets(inject), span_text(rows[i].lent)) ||
		    rows[i].how.as == AS_BASIC);
		inject_close(&inject);
		CHECK_ROW(rows[i].name, !inject);
		arena_clear(arena);
	}
}

/* A secret that was replaced meanwhile: borrowed anew, and both are looked for. */
static void
check_renewing(void)
{
	struct view_target target = { .name = "api", .tls = TLS_VERIFY_FULL, .credential = { .as = AS_COOKIE, .name = "c" } };
	struct wire_request request = request_of("/");
	struct wire_change change = { 0 };
	struct inject_question question;
	struct inject *inject = NULL;

	CHECK(inject_open(&inject, &target, true) == 0);
	CHECK(get_ready(inject, &request, "first-secret"));
	inject_renew(inject);
	CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_ASK && question.step == VAULT_LEND);
	CHECK(get_ready(inject, &request, "second-secret"));
	CHECK(inject_change(inject, &request, arena, &change) == 0);
	CHECK(span_is(set_to(&change, "Cookie"), "a=1; sid=skill; b=2; SID =again; c=second-secret"));
	CHECK(inject_marks_in(inject_secrets(inject), SPAN("first-secret")) &&
	    inject_marks_in(inject_secrets(inject), SPAN("second-secret")));
	inject_renew(NULL);
	inject_close(&inject);
	arena_clear(arena);
}

/* The keeper's answer for OAUTH2: so many milliseconds, and a token. */
static int
give_token(struct inject *inject, uint32_t ms, const char *token)
{
	struct out text = out_new(256);
	int r;

	out_be32(&text, ms);
	out_span(&text, span_text(token));
	r = inject_answer(inject, VAULT_LEND, on_cliff(out_view(&text)));
	out_free(&text);
	return r;
}

/* A token is shown as long as the keeper said, and one that a backend refused is told of. */
static void
check_tokens(void)
{
	struct view_target target = { .name = "api", .tls = TLS_VERIFY_FULL, .credential = { .as = AS_OAUTH2 } };
	struct inject *inject = NULL, *parent = NULL, *other = NULL;
	struct wire_request request = request_of("/");
	struct wire_change change = { 0 };
	struct inject_question question;

	CHECK(inject_open(&inject, &target, true) == 0 && inject_open(&parent, &target, true) == 0);
	CHECK(inject_open(&other, &target, true) == 0);
	CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_ASK && span_is(question.input, "\1"));
	CHECK(inject_answer(inject, VAULT_LEND, SPAN("\0\0\1")) == -EPROTO && give_token(inject, 0, "token-of-ours") == -EPROTO);
	CHECK(give_token(inject, 1500, "") == -EPROTO && give_token(inject, 1500, "token-of-ours") == 0);
	CHECK(inject_next(inject, &request, SPAN(""), WALL + 1500 * MILLISECOND_NS - 1, &question) == INJECT_READY);
	CHECK(inject_change(inject, &request, arena, &change) == 0);
	CHECK(span_is(set_to(&change, "Authorization"), "Bearer token-of-ours"));
	/* its time is over: nobody has refused it */
	CHECK(inject_next(inject, &request, SPAN(""), WALL + 1500 * MILLISECOND_NS, &question) == INJECT_ASK);
	CHECK(span_is(question.input, "\1") && give_token(inject, 9000, "another-token") == 0);
	CHECK(inject_marks_in(inject_secrets(inject), SPAN("token-of-ours")));
	/* what one stream has, the next ones have; the one that lasts longer counts */
	CHECK(inject_borrow(parent, inject) == 0 && inject_borrow(other, parent) == 0);
	CHECK(inject_next(other, &request, SPAN(""), WALL + 10000 * MILLISECOND_NS, &question) == INJECT_READY);
	CHECK(inject_next(other, &request, SPAN(""), WALL + 11000 * MILLISECOND_NS, &question) == INJECT_ASK);
	CHECK(give_token(other, 9000, "third-token-of-ours") == 0 && inject_borrow(parent, other) == 0);
	CHECK(inject_borrow(inject, parent) == 0);
	CHECK(inject_next(inject, &request, SPAN(""), WALL + 19000 * MILLISECOND_NS, &question) == INJECT_READY);
	/* a backend refuses it: whichever stream asks next says so, until another one has come */
	inject_renew(other);
	inject_renew(parent);
	inject_renew(inject);
	CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_ASK && span_is(question.input, "\1\1"));
	inject_close(&other);
	CHECK(inject_open(&other, &target, true) == 0 && inject_borrow(other, parent) == 0);
	CHECK(inject_next(other, &request, SPAN(""), WALL, &question) == INJECT_ASK && span_is(question.input, "\1\1"));
	CHECK(give_token(other, 9000, "fourth-token-of-ours") == 0 && inject_borrow(parent, other) == 0);
	inject_close(&other);
	CHECK(inject_open(&other, &target, true) == 0 && inject_borrow(other, parent) == 0);
	CHECK(inject_next(other, &request, SPAN(""), WALL, &question) == INJECT_READY);
	inject_close(&inject);
	inject_close(&parent);
	inject_close(&other);
	arena_clear(arena);
}

/* What others change of a request stays, and is what ours begins with. */
static void
check_beside_others(void)
{
	struct view_target target = { .name = "api", .tls = TLS_VERIFY_CA, .credential = { .as = AS_QUERY, .name = "key" } };
	struct wire_request request = request_of("/a/../b?x=1");
	struct wire_pair set = { SPAN("Accept-Encoding"), SPAN("identity") };
	struct span drop = SPAN("Range");
	struct wire_change change = { .set = &set, .set_count = 1, .drop = &drop, .drop_count = 1, .path_and_query = SPAN("/b?x=2") };
	struct inject *inject = NULL;

	CHECK(inject_open(&inject, &target, true) == 0);
	CHECK(get_ready(inject, &request, "12345678"));
	CHECK(inject_change(inject, &request, arena, &change) == 0);
	CHECK(span_is(change.path_and_query, "/b?x=2&key=12345678"));
	CHECK(span_is(set_to(&change, "Accept-Encoding"), "identity") && is_dropped(&change, "Range") && is_dropped(&change, "Authorization"));
	inject_close(&inject);
	arena_clear(arena);
}

/* Without a credential, without TLS, and answers that fit no question. */
static void
check_refused(void)
{
	struct view_target none = { .name = "api", .tls = TLS_VERIFY_FULL };
	struct view_target target = { .name = "api", .tls = TLS_VERIFY_FULL, .credential = { .as = AS_BEARER } };
	struct wire_request request = request_of("/");
	struct inject_question question;
	struct wire_change change = { 0 };
	struct inject *inject = NULL;
	char many[4096];

	CHECK(inject_open(&inject, &none, true) == 0 && !inject);
	CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_READY);
	CHECK(inject_change(inject, &request, arena, &change) == 0 && !change.set_count && !change.drop_count);
	CHECK(!inject_secrets(inject) && inject_answer(inject, VAULT_LEND, SPAN("x")) == -EPROTO);
	inject_sent(inject);
	inject_close(&inject);

	CHECK(inject_open(&inject, &target, false) == 0);
	CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_REFUSED && question.why);
	inject_close(&inject);
	target.tls = TLS_REQUIRE;
	CHECK(inject_open(&inject, &target, true) == 0);
	CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_REFUSED && question.why);
	inject_close(&inject);

	target.tls = TLS_VERIFY_CA;
	CHECK(inject_open(&inject, &target, true) == 0);
	CHECK(inject_answer(inject, VAULT_SIGV4_KEY, SPAN("\0\0\0\1k\0\0\0\0")) == -EPROTO);
	CHECK(inject_answer(inject, VAULT_SIGV4, SPAN("x")) == -EPROTO);
	CHECK(inject_answer(inject, VAULT_LEND, SPAN("two\r\nlines")) == -EPROTO);
	CHECK(inject_answer(inject, VAULT_LEND, SPAN("")) == -EPROTO);
	CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_ASK);
	CHECK(inject_answer(inject, VAULT_LEND, SPAN("12345678")) == 0);
	CHECK(inject_answer(inject, VAULT_LEND, SPAN("12345678")) == -EPROTO);
	/* more parameters than are looked at */
	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = i % 2 ? '&' : 'a';
	request.query = span_of(many, sizeof(many));
	CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_REFUSED && question.why);
	CHECK(inject_change(inject, &request, arena, &change) == -E2BIG && !change.set_count && !change.drop_count);
	inject_close(&inject);
	arena_clear(arena);
}

static void
sign(struct inject *inject, const struct inject_question *question)
{
	char signature[VAULT_SIGV4_SIGNATURE];

	CHECK(sigv4_sign(SPAN("secret"), span_head(question->input, VAULT_SIGV4_TIME), SPAN("eu-west-1"), SPAN("s3"),
	    question->input.p + VAULT_SIGV4_TIME, signature) == 0);
	CHECK(inject_answer(inject, VAULT_SIGV4, span_of(signature, sizeof(signature) - 1)) == -EPROTO);
	CHECK(inject_answer(inject, VAULT_SIGV4, span_of(signature, sizeof(signature))) == 0);
}

static void
check_signed(const char *token)
{
	struct view_target target = {
		.name = "s3", .tls = TLS_VERIFY_FULL, .credential = { .as = AS_SIGV4, .region = "eu-west-1", .service = "s3" },
	};
	struct wire_request request = request_of("/b/k?X-Amz-Signature=ff&X-Amz-Date=1&versionId=7");
	struct inject_question question;
	struct inject *inject = NULL;
	struct out key = out_new(1024);
	char expected[512];

	out_block(&key, SPAN("AKID"));
	out_block(&key, span_text(token));
	CHECK(inject_open(&inject, &target, true) == 0);
	CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_ASK && question.step == VAULT_SIGV4_KEY);
	CHECK(inject_answer(inject, VAULT_SIGV4_KEY, span_head(out_view(&key), key.n - 1)) == -EPROTO);
	CHECK(inject_answer(inject, VAULT_SIGV4, SPAN("x")) == -EPROTO);
	CHECK(inject_answer(inject, VAULT_LEND, SPAN("x")) == -EPROTO);
	CHECK(inject_answer(inject, VAULT_SIGV4_KEY, out_view(&key)) == 0);
	for (int round = 0; round < 2; round++) {	/* the key once, a signature for each */
		struct wire_change change = { 0 };

		CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_ASK && question.step == VAULT_SIGV4);
		CHECK(question.input.n == VAULT_SIGV4_TIME + VAULT_SIGV4_HASH && !memcmp(question.input.p, "20150830T123600Z", 16));
		sign(inject, &question);
		CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_READY);
		CHECK(inject_change(inject, &request, arena, &change) == 0);
		CHECK(span_is(change.path_and_query, "/b/k?versionId=7"));
		CHECK(span_is(set_to(&change, "X-Amz-Date"), "20150830T123600Z"));
		CHECK(set_to(&change, "X-Amz-Content-Sha256").n == 64);
		CHECK(*token ? span_is(set_to(&change, "X-Amz-Security-Token"), token) : is_dropped(&change, "X-Amz-Security-Token"));
		CHECK(is_dropped(&change, "X-Amz-Region-Set") && !is_dropped(&change, "Authorization"));
		snprintf(expected, sizeof(expected), "AWS4-HMAC-SHA256 Credential=AKID/20150830/eu-west-1/s3/aws4_request, "
		    "SignedHeaders=host;x-amz-content-sha256;x-amz-date%s, Signature=", *token ? ";x-amz-security-token" : "");
		CHECK(set_to(&change, "Authorization").n == strlen(expected) + 64);
		CHECK(span_is(span_head(set_to(&change, "Authorization"), strlen(expected)), expected));
		inject_sent(inject);
	}
	CHECK(!*token || inject_marks_in(inject_secrets(inject), span_text(token)));
	/* a signature is of one request, whatever comes between */
	CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_ASK);
	sign(inject, &question);
	CHECK(inject_next(inject, &request, SPAN(""), WALL + SECOND_NS, &question) == INJECT_READY);
	request.body = SPAN("another body");
	CHECK(inject_next(inject, &request, SPAN(""), WALL + SECOND_NS, &question) == INJECT_ASK && question.step == VAULT_SIGV4);
	CHECK(!memcmp(question.input.p, "20150830T123601Z", 16));
	sign(inject, &question);
	CHECK(inject_next(inject, &request, SPAN("/b/other"), WALL, &question) == INJECT_ASK && question.step == VAULT_SIGV4);
	request.path = SPAN("/b/../k");
	CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_REFUSED && question.why);
	inject_close(&inject);
	out_free(&key);
	arena_clear(arena);
}

/* The keeper's part for chunks. */
static void
sign_chunks(struct inject *inject, const struct inject_question *question)
{
	char signatures[VAULT_SIGV4_CHUNKS_MOST * VAULT_SIGV4_SIGNATURE];
	struct span in = question->input;
	size_t count = (in.n - VAULT_SIGV4_CHUNKS_HEAD) / VAULT_SIGV4_HASH;

	CHECK(question->step == VAULT_SIGV4_CHUNKS);
	CHECK(sigv4_sign_chunks(SPAN("secret"), span_head(in, VAULT_SIGV4_TIME), SPAN("eu-west-1"), SPAN("s3"), in.p + VAULT_SIGV4_TIME,
	    in.p[VAULT_SIGV4_CHUNKS_HEAD - 1], in.p + VAULT_SIGV4_CHUNKS_HEAD, count, signatures) == 0);
	CHECK(inject_answer(inject, VAULT_SIGV4_CHUNKS, span_of(signatures, count * VAULT_SIGV4_SIGNATURE)) == 0);
}

#define SKILLS ";chunk-signature=0000000000000000000000000000000000000000000000000000000000000000\r\n"

static const struct wire_pair uploaded[] = {
	{ SPAN("X-Amz-Content-Sha256"), SPAN("STREAMING-AWS4-HMAC-SHA256-PAYLOAD") },
	{ SPAN("X-Amz-Decoded-Content-Length"), SPAN("8") }, { SPAN("Content-Encoding"), SPAN("aws-chunked") },
};

/* To where the request may go. */
static void
begin_upload(struct inject *inject, const struct wire_request *request, bool brings_chunks)
{
	struct inject_question question;

	CHECK(inject_next(inject, request, SPAN(""), WALL, &question) == INJECT_ASK && question.step == VAULT_SIGV4);
	CHECK(inject_answer(inject, VAULT_SIGV4_CHUNKS, SPAN("x")) == -EPROTO);
	sign(inject, &question);
	if (brings_chunks) {
		CHECK(inject_next(inject, request, SPAN(""), WALL, &question) == INJECT_ASK);
		CHECK(inject_next(inject, request, SPAN(""), WALL + SECOND_NS, &question) == INJECT_ASK);	/* the same */
		sign_chunks(inject, &question);
	}
	CHECK(inject_next(inject, request, SPAN(""), WALL, &question) == INJECT_READY);
}

static void
check_upload(void)
{
	struct view_target target = {
		.name = "s3", .tls = TLS_VERIFY_FULL, .credential = { .as = AS_SIGV4, .region = "eu-west-1", .service = "s3" },
	};
	struct wire_request request = request_of("/b/k");
	struct wire_change change = { 0 };
	struct inject_question question;
	struct inject *inject = NULL;
	struct span out;

	request.headers = uploaded;
	request.header_count = COUNT(uploaded);
	request.body = SPAN("5" SKILLS "hello\r\n3" SKILLS "abc\r\n0" SKILLS "\r\n");
	CHECK(inject_open(&inject, &target, true) == 0 && !inject_uploads(inject));
	CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_ASK && question.step == VAULT_SIGV4_KEY);
	CHECK(inject_answer(inject, VAULT_SIGV4_KEY, SPAN("\0\0\0\1k\0\0\0\0")) == 0);
	/* here whole: one chunk of ours, and the last */
	begin_upload(inject, &request, true);
	CHECK(inject_change(inject, &request, arena, &change) == 0 && change.has_body);
	CHECK(change.body_length == change.body.n && change.body.n == (1 + 17 + 64 + 2) * 2 + 8 + 4);
	CHECK(span_is(span_head(change.body, 18), "8;chunk-signature="));
	CHECK(span_is(span_head(span_skip(change.body, 84), 10), "helloabc\r\n"));
	CHECK(span_is(set_to(&change, "X-Amz-Content-Sha256"), "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"));
	inject_sent(inject);
	CHECK(!inject_uploads(inject));
	/* its rest behind it; a 401 meanwhile takes nothing away */
	change = (struct wire_change){ 0 };
	request.body = SPAN("5" SKILLS "hel");
	request.is_open = true;
	begin_upload(inject, &request, false);
	CHECK(inject_change(inject, &request, arena, &change) == 0 && change.has_body && !change.body.n && change.body_length == 180);
	inject_sent(inject);
	inject_renew(inject);
	CHECK(inject_uploads(inject) && inject_body(inject, SPAN("lo\r\n"), false, &question, &out) == INJECT_READY && !out.n);
	inject_body_sent(inject);
	CHECK(inject_body(inject, SPAN("3" SKILLS "abc\r\n0" SKILLS "\r\n"), true, &question, &out) == INJECT_ASK);
	sign_chunks(inject, &question);
	CHECK(inject_body(inject, SPAN("3" SKILLS "abc\r\n0" SKILLS "\r\n"), true, &question, &out) == INJECT_READY && out.n == 180);
	inject_body_sent(inject);
	CHECK(!inject_uploads(inject));
	/* another body under the same head is another */
	CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_ASK && question.step == VAULT_SIGV4_KEY);
	CHECK(inject_answer(inject, VAULT_SIGV4_KEY, SPAN("\0\0\0\1k\0\0\0\0")) == 0);
	request.body = SPAN("8" SKILLS);
	begin_upload(inject, &request, false);
	request.body = SPAN("7" SKILLS);
	CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_ASK && question.step == VAULT_SIGV4);
	/* what is no such body, at once and later */
	request.body = SPAN("hello\r\n");
	CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_ASK && question.step == VAULT_SIGV4);
	sign(inject, &question);
	CHECK(inject_next(inject, &request, SPAN(""), WALL, &question) == INJECT_REFUSED && question.why);
	request.body = SPAN("8" SKILLS);
	begin_upload(inject, &request, false);
	inject_sent(inject);
	CHECK(inject_body(inject, SPAN("helloabc\r\n9" SKILLS "x"), false, &question, &out) == INJECT_REFUSED && question.why && !out.n);
	inject_close(&inject);
	arena_clear(arena);
}

/* Fields of an answer that say the secret are dropped. */
static void
check_heads(void)
{
	static const struct wire_pair fields[] = {
		{ SPAN("Content-Type"), SPAN("text/plain") }, { SPAN("Location"), SPAN("/x?key=token%2Dof-ours&y") },
		{ SPAN("X-Debug"), SPAN("Basic dG9rZW4tb2Ytb3Vycw==") }, { SPAN("Set-Cookie"), SPAN("a=token-of-our") },
	};
	struct view_target target = { .name = "api", .tls = TLS_VERIFY_FULL, .credential = { .as = AS_BEARER } };
	struct wire_request request = request_of("/");
	struct wire_head head = { .status = 200, .headers = fields, .header_count = COUNT(fields) };
	struct span drop = SPAN("Server");
	struct wire_change change = { .drop = &drop, .drop_count = 1 };
	struct inject *inject = NULL;
	size_t count = 77;

	CHECK(inject_head(NULL, &head, arena, &change, &count) == 0 && count == 0 && change.drop_count == 1);
	CHECK(inject_open(&inject, &target, true) == 0);
	CHECK(inject_head(inject, &head, arena, &change, &count) == 0 && count == 0 && change.drop_count == 1);
	CHECK(get_ready(inject, &request, "token-of-ours"));
	CHECK(inject_head(inject, &head, arena, &change, &count) == 0 && count == 2 && change.drop_count == 3);
	CHECK(is_dropped(&change, "Server") && is_dropped(&change, "Location") && is_dropped(&change, "X-Debug"));
	inject_close(&inject);
	arena_clear(arena);
}

int
main(void)
{
	arena = arena_new(1 << 20);
	check_lent();
	check_renewing();
	check_tokens();
	check_beside_others();
	check_refused();
	check_signed("");
	check_upload();
	check_signed("TOKEN-of-a-session==");
	check_heads();
	arena_free(&arena);
	return check_end();
}
