/*
 * Canonical requests: signed with the secret that botocore had, they have the signatures that it made; what a skill
 * signed is taken out; and what is not signed anew is refused.
 */
#include "inject/canonical.h"

#include <errno.h>

#include "base/clock.h"
#include "check.h"
#include "vault/sigv4.h"
#include "view.h"
#include "wire.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define WALL (UINT64_C(1440938160) * SECOND_NS)	/* 20150830T123600Z */
#define FIELDS_MOST 4
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HELLO "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

struct sigv4_row {
	const char *name, *service, *method, *target;
	struct wire_pair fields[FIELDS_MOST];
	size_t field_count;
	const char *body, *token, *names, *signature;
};
#include "sigv4_rows.h"

static struct wire_request
request_of(const char *method, const struct wire_pair *fields, size_t count, const char *body)
{
	return (struct wire_request){
		.method = span_text(method), .host = SPAN("example.amazonaws.com"), .headers = fields, .header_count = count,
		.body = span_text(body), .body_length = strlen(body),
	};
}

static void
signature_of(const struct inject_signing *signing, const char *region, const char *service, const char *secret, char out[VAULT_SIGV4_SIGNATURE + 1])
{
	memset(out, 0, VAULT_SIGV4_SIGNATURE + 1);
	CHECK(sigv4_sign(span_text(secret), span_text(signing->time), span_text(region), span_text(service), signing->hash, out) == 0);
}

static void
check_botocore(void)
{
	struct inject_signing signing = { 0 };
	char signature[VAULT_SIGV4_SIGNATURE + 1];

	for (size_t i = 0; i < COUNT(sigv4_rows); i++) {
		const struct sigv4_row *row = &sigv4_rows[i];
		struct view_credential how = { .as = AS_SIGV4, .region = "us-east-1", .service = row->service };
		struct inject_terms terms = {
			.how = &how, .token = span_text(row->token), .path_and_query = on_cliff(span_text(row->target)), .wall = WALL,
			.is_tls = true,
		};
		struct wire_request request = request_of(row->method, row->fields, row->field_count, row->body);
		const char *why = NULL;

		if (!CHECK_ROW(row->name, inject_canonical(&signing, &terms, &request, &why) == 0))
			continue;
		CHECK_ROW(row->name, span_is(out_view(&signing.names), row->names));
		signature_of(&signing, "us-east-1", row->service, SECRET, signature);
		CHECK_ROW(row->name, !strcmp(signature, row->signature));
	}
	inject_signing_free(&signing);
}

/* AWS's own: its test suite and the examples of "Authenticating Requests" of S3. */
static const struct {
	const char *name, *service, *host, *target, *time_of, *secret, *signature;
	uint64_t seconds;
} known[] = {
	{ "get-vanilla", "service", "example.amazonaws.com", "/", "20150830T123600Z", SECRET,
	  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", 1440938160 },
	{ "get-vanilla-query-order-key-case", "service", "example.amazonaws.com", "/?Param2=value2&Param1=value1",
	  "20150830T123600Z", SECRET, "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500", 1440938160 },
	{ "get lifecycle", "s3", "examplebucket.s3.amazonaws.com", "/?lifecycle", "20130524T000000Z",
	  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
	  1369353600 },
	{ "list objects", "s3", "examplebucket.s3.amazonaws.com", "/?max-keys=2&prefix=J", "20130524T000000Z",
	  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
	  1369353600 },
};

static void
check_known(void)
{
	struct inject_signing signing = { 0 };
	char signature[VAULT_SIGV4_SIGNATURE + 1];

	for (size_t i = 0; i < COUNT(known); i++) {
		struct view_credential how = { .as = AS_SIGV4, .region = "us-east-1", .service = known[i].service };
		struct inject_terms terms = {
			.how = &how, .path_and_query = span_text(known[i].target), .wall = known[i].seconds * SECOND_NS, .is_tls = true,
		};
		struct wire_request request = request_of("GET", NULL, 0, "");
		const char *why = NULL;

		request.host = span_text(known[i].host);
		CHECK_ROW(known[i].name, inject_canonical(&signing, &terms, &request, &why) == 0);
		CHECK_ROW(known[i].name, !strcmp(signing.time, known[i].time_of));
		signature_of(&signing, "us-east-1", known[i].service, known[i].secret, signature);
		CHECK_ROW(known[i].name, !strcmp(signature, known[i].signature));
	}
	inject_signing_free(&signing);
}

/* What is sent of the path and the query, and what is signed of the head. */
static const struct {
	const char *name, *service, *target, *sent, *names;
	struct wire_pair field;
} shapes[] = {
	{ "as it is", "s3", "/b/k?a=1", "/b/k?a=1", "host;x-amz-content-sha256;x-amz-date", { SPAN("Accept"), SPAN("*/*") } },
	{ "encoded otherwise", "s3", "/b/k(1)%7e%c3%a9 ", "/b/k%281%29~%C3%A9%20", "host;x-amz-content-sha256;x-amz-date", { { 0 }, { 0 } } },
	{ "other services keep a path", "es", "/b/k(1)", "/b/k(1)", "host;x-amz-date", { { 0 }, { 0 } } },
	{ "plus is a blank", "s3", "/b?prefix=a+b", "/b?prefix=a%20b", "host;x-amz-content-sha256;x-amz-date", { { 0 }, { 0 } } },
	{ "presigned", "s3", "/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=FAKE%2F20150830&X-Amz-Date=20150830T123600Z"
	  "&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=ff&versionId=7", "/b/k?versionId=7",
	  "host;x-amz-content-sha256;x-amz-date", { { 0 }, { 0 } } },
	{ "presigned and nothing else", "s3", "/b/k?X-Amz-Signature=ff&X-Amz-Date=1", "/b/k", "host;x-amz-content-sha256;x-amz-date",
	  { SPAN("Authorization"), SPAN("AWS4-HMAC-SHA256 Credential=FAKE") } },
	{ "the skill's own date", "s3", "/", "/", "host;x-amz-content-sha256;x-amz-date", { SPAN("X-AMZ-DATE"), SPAN("20000101T000000Z") } },
	{ "the skill's own token", "s3", "/", "/", "host;x-amz-content-sha256;x-amz-date", { SPAN("x-amz-security-token"), SPAN("FAKE") } },
	{ "the skill's own hash", "es", "/", "/", "host;x-amz-content-sha256;x-amz-date", { SPAN("x-amz-content-sha256"), SPAN("UNSIGNED-PAYLOAD") } },
	{ "a regional set", "s3", "/", "/", "host;x-amz-content-sha256;x-amz-date", { SPAN("X-Amz-Region-Set"), SPAN("*") } },
	{ "what S3 is told", "s3", "/", "/", "host;x-amz-content-sha256;x-amz-date;x-amz-tagging", { SPAN("X-Amz-Tagging"), SPAN("a=b") } },
};

static void
check_shapes(void)
{
	struct inject_signing signing = { 0 };

	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct view_credential how = { .as = AS_SIGV4, .region = "r", .service = shapes[i].service };
		struct inject_terms terms = { .how = &how, .path_and_query = span_text(shapes[i].target), .wall = WALL };
		struct wire_request request = request_of("GET", &shapes[i].field, shapes[i].field.name.n > 0, "");
		const char *why = NULL;

		CHECK_ROW(shapes[i].name, inject_canonical(&signing, &terms, &request, &why) == 0);
		CHECK_ROW(shapes[i].name, span_is(out_view(&signing.path_and_query), shapes[i].sent));
		CHECK_ROW(shapes[i].name, span_is(out_view(&signing.names), shapes[i].names));
		CHECK_ROW(shapes[i].name, !strcmp(signing.payload, EMPTY));
	}
	inject_signing_free(&signing);
}

static const struct {
	const char *name, *service, *told, *payload;	/* payload NULL: refused */
	bool is_open, is_tls;
} bodies[] = {
	{ "whole", "s3", "", HELLO, false, false },
	{ "whole, told to be unsigned", "s3", "UNSIGNED-PAYLOAD", HELLO, false, true },
	{ "whole, told to be another", "s3", EMPTY, HELLO, false, true },
	{ "long", "s3", "", "UNSIGNED-PAYLOAD", true, true },
	{ "long and told", "s3", EMPTY, EMPTY, true, true },
	{ "long and told, in the clear", "es", EMPTY, EMPTY, true, false },
	{ "long in the clear", "s3", "", NULL, true, false },
	{ "long for another service", "es", "", NULL, true, true },
	{ "long and told nonsense", "es", "abc", NULL, true, true },
	{ "chunks", "s3", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", false, true },
	{ "long chunks", "s3", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", true, true },
	{ "chunks in the clear", "s3", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", true, false },
	{ "signed chunks", "s3", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", false, true },
	{ "signed chunks in the clear", "s3", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", false, false },
	{ "signed chunks and a trailer", "s3", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
	  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", true, true },
	{ "chunks of another signature", "s3", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", NULL, true, true },
};

static void
check_bodies(void)
{
	struct inject_signing signing = { 0 };

	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct view_credential how = { .as = AS_SIGV4, .region = "r", .service = bodies[i].service };
		struct inject_terms terms = { .how = &how, .path_and_query = SPAN("/"), .wall = WALL, .is_tls = bodies[i].is_tls };
		struct wire_pair told = { SPAN("X-Amz-Content-SHA256"), span_text(bodies[i].told) };
		struct wire_request request = request_of("PUT", &told, told.value.n > 0, "hello");
		const char *why = NULL;
		int r;

		request.is_open = bodies[i].is_open;
		r = inject_canonical(&signing, &terms, &request, &why);
		CHECK_ROW(bodies[i].name, r == (bodies[i].payload ? 0 : -EINVAL) && !why == !r);
		CHECK_ROW(bodies[i].name, !bodies[i].payload || !strcmp(signing.payload, bodies[i].payload));
	}
	inject_signing_free(&signing);
}

static void
check_refused(void)
{
	static const char *const paths[] = { "", "*", "a", "/a//b", "//", "/a/../b", "/./", "/..", "/a/%2e%2E/b", "/a/.", "/%2e", "/a//?b" };
	static const char *const fine[] = { "/", "/a/", "/a/b.c/..d", "/...", "/a?b=/../c" };
	struct view_credential how = { .as = AS_SIGV4, .region = "r", .service = "s3" };
	struct wire_pair fields[WIRE_HEADERS_MAX + 2];
	struct inject_signing signing = { 0 };
	struct wire_request request = request_of("GET", NULL, 0, "");
	struct inject_terms terms = { .how = &how, .wall = WALL };
	const char *why;

	for (size_t i = 0; i < COUNT(paths); i++) {
		terms.path_and_query = on_cliff(span_text(paths[i]));
		CHECK_ROW(paths[i], inject_canonical(&signing, &terms, &request, &why) == -EINVAL);
	}
	for (size_t i = 0; i < COUNT(fine); i++) {
		terms.path_and_query = on_cliff(span_text(fine[i]));
		CHECK_ROW(fine[i], inject_canonical(&signing, &terms, &request, &why) == 0);
	}
	for (size_t i = 0; i < COUNT(fields); i++)
		fields[i] = (struct wire_pair){ SPAN("X-Amz-Meta-A"), SPAN("b") };
	request.headers = fields;
	request.header_count = WIRE_HEADERS_MAX;
	CHECK(inject_canonical(&signing, &terms, &request, &why) == 0);
	request.header_count += 2;
	CHECK(inject_canonical(&signing, &terms, &request, &why) == -EINVAL);
	inject_signing_free(&signing);
}

int
main(void)
{
	check_botocore();
	check_known();
	check_shapes();
	check_bodies();
	check_refused();
	return check_end();
}
