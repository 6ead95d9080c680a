/*
 * canonical.c: canonical request = method NL path NL query NL fields NL names NL payload, where fields are
 * "name:value" NL of each, sorted, in lower case, blanks shortened, those of one name joined by commas.
 */
#include "inject/canonical.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/must.h"
#include "inject/percent.h"
#include "inject/query.h"
#include "inject/upload.h"
#include "view.h"
#include "wire.h"

#define MEMORY (4u << 20)	/* bytes for one request's head: the codec takes far less */
#define FIELDS (WIRE_HEADERS_MAX + 4)

struct line {
	struct span name, value;
	size_t at;		/* those of one name keep their order */
};

/* One request on its way to its hash. */
struct work {
	const struct inject_terms *terms;
	const struct wire_request *request;
	struct arena *arena;
	struct inject_signing *signing;
	struct out text;	/* the canonical request */
	struct line lines[FIELDS];
	size_t count;
	const char *why;
};

bool
inject_name_is(struct span name, const char *other)
{
	return name.n == strlen(other) && strncasecmp((const char *)name.p, other, name.n) == 0;
}

static int
refuse(struct work *work, const char *why)
{
	work->why = why;
	return -EINVAL;
}

static bool
is_s3(const struct view_credential *how)
{
	static const char *const names[] = { "s3", "s3express", "s3-object-lambda", "s3-outposts" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(how->service, names[i]))
			return true;
	return false;
}

/* ---- path and query ---- */

/* Could the service act on another path than the one that was judged? */
static bool
is_plain_path(struct span path)
{
	struct span rest = path;

	if (!path.n || path.p[0] != '/')
		return false;
	while (rest.n) {
		const uint8_t *slash;
		struct span segment;

		rest = span_skip(rest, 1);
		slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
		segment = span_head(rest, slash ? (size_t)(slash - rest.p) : rest.n);
		if ((!segment.n && slash) || inject_percent_is(segment, ".") || inject_percent_is(segment, ".."))
			return false;
		rest = span_skip(rest, segment.n);
	}
	return true;
}

/* S3 decodes a path and encodes it again; other services encode it once more as it came. */
static int
put_path(struct work *work, struct span path)
{
	struct out *sent = &work->signing->path_and_query;

	if (!is_plain_path(path))
		return refuse(work, "a path with empty or dot segments is not signed");
	if (is_s3(work->terms->how)) {
		inject_percent_again(sent, path, '/', false);
		out_span(&work->text, out_view(sent));
	} else {
		out_span(sent, path);
		inject_percent_write(&work->text, path, '/');
	}
	out_u8(&work->text, '\n');
	return 0;
}

static int
put_query(struct work *work, struct span text)
{
	struct inject_query query;
	int r = inject_query_split(work->arena, text, &query);

	if (r == -E2BIG)
		return refuse(work, "a query of so many parameters is not signed");
	if (r)
		return r;
	inject_query_strip(&query, "");
	if (query.count)
		out_u8(&work->signing->path_and_query, '?');
	inject_query_write_again(&work->signing->path_and_query, &query);
	r = inject_query_canonical(&work->text, work->arena, &query);
	out_u8(&work->text, '\n');
	return r;
}

static int
put_target(struct work *work)
{
	struct span whole = work->terms->path_and_query, path = whole, query = SPAN("");
	const uint8_t *mark = whole.n ? memchr(whole.p, '?', whole.n) : NULL;
	int r;

	if (mark) {
		path.n = (size_t)(mark - whole.p);
		query = span_skip(whole, path.n + 1);
	}
	r = put_path(work, path);
	return r ? r : put_query(work, query);
}

/* ---- the body ---- */

int
inject_hash(struct span in, uint8_t hash[VAULT_SIGV4_HASH])
{
	return EVP_Digest(in.p, in.n, hash, NULL, EVP_sha256(), NULL) == 1 ? 0 : -ENOMEM;
}

static void
put_hex(struct span in, char *out)
{
	struct out hex = out_new(INJECT_HEX);

	inject_hex_write(&hex, in);
	snprintf(out, INJECT_HEX + 1, "%.*s", (int)hex.n, hex.p ? (const char *)hex.p : "");
	out_free(&hex);
}

static bool
is_hash(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (inject_hex_digit(text.p[i]) < 0)
			return false;
	return text.n == INJECT_HEX;
}

static struct span
told_hash(const struct wire_request *request)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (inject_name_is(request->headers[i].name, "x-amz-content-sha256"))
			return request->headers[i].value;
	return SPAN("");
}

static int
choose_payload(struct work *work)
{
	static const char streaming[] = "STREAMING-";
	const struct wire_request *request = work->request;
	struct inject_signing *signing = work->signing;
	struct span told = told_hash(request);
	uint8_t hash[VAULT_SIGV4_HASH];

	signing->sends_payload = told.n || is_s3(work->terms->how);
	if (span_is(span_head(told, sizeof(streaming) - 1), streaming)) {
		signing->upload = upload_form_of(told);
		if (!signing->upload)
			return refuse(work, "a body in chunks of a kind that is not known");
		snprintf(signing->payload, sizeof(signing->payload), "%s",
		    upload_form_sent(signing->upload, work->terms->is_tls)->name);
		return 0;
	}
	if (!request->is_open) {
		if (inject_hash(request->body, hash))
			return -ENOMEM;
		put_hex(span_of(hash, sizeof(hash)), signing->payload);
		return 0;
	}
	if (is_hash(told)) {
		memcpy(signing->payload, told.p, INJECT_HEX);
		signing->payload[INJECT_HEX] = '\0';
		return 0;
	}
	if (!is_s3(work->terms->how) || !work->terms->is_tls)
		return refuse(work, "a body as long as this is signed only by the SHA-256 that x-amz-content-sha256 tells");
	snprintf(signing->payload, sizeof(signing->payload), "UNSIGNED-PAYLOAD");
	return 0;
}

/* ---- the head ---- */

/* What stands in the place of the skill's own. */
static bool
is_replaced(struct span name)
{
	static const char *const names[] = {
		"x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "x-amz-region-set", "x-amz-s3session-token",
	};

	for (size_t i = 0; i < COUNT(names); i++)
		if (inject_name_is(name, names[i]))
			return true;
	return false;
}

static bool
is_signed(struct span name)
{
	static const char amazon[] = "x-amz-";

	if (inject_name_is(span_head(name, sizeof(amazon) - 1), amazon))
		return !is_replaced(name);
	return inject_name_is(name, "content-type") || inject_name_is(name, "content-md5");
}

static int
add_field(struct work *work, struct span name, struct span value)
{
	uint8_t *lower = arena_take(work->arena, name.n + 1);

	if (!lower)
		return -ENOMEM;
	if (work->count == FIELDS)
		return refuse(work, "a head of so many fields is not signed");
	for (size_t i = 0; i < name.n; i++)
		lower[i] = name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] | 0x20 : name.p[i];
	work->lines[work->count] = (struct line){ span_of(lower, name.n), value, work->count };
	work->count++;
	return 0;
}

static int
gather_fields(struct work *work)
{
	const struct wire_request *request = work->request;
	int r = add_field(work, SPAN("host"), request->host);

	for (size_t i = 0; !r && i < request->header_count; i++)
		if (is_signed(request->headers[i].name))
			r = add_field(work, request->headers[i].name, request->headers[i].value);
	if (!r)
		r = add_field(work, SPAN("x-amz-date"), span_text(work->signing->time));
	if (!r && work->signing->sends_payload)
		r = add_field(work, SPAN("x-amz-content-sha256"), span_text(work->signing->payload));
	if (!r && work->terms->token.n)
		r = add_field(work, SPAN("x-amz-security-token"), work->terms->token);
	return r;
}

static int
compare_fields(const void *a, const void *b)
{
	const struct line *one = a, *other = b;
	size_t n = one->name.n < other->name.n ? one->name.n : other->name.n;
	int r = memcmp(one->name.p, other->name.p, n);

	if (!r)
		r = (one->name.n > other->name.n) - (one->name.n < other->name.n);
	return r ? r : (one->at > other->at) - (one->at < other->at);
}

/* Blanks at the ends go, those in a row become one. */
static void
put_value(struct out *out, struct span value)
{
	bool is_begun = false, is_owed = false;

	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == ' ' || value.p[i] == '\t') {
			is_owed = is_begun;
			continue;
		}
		if (is_owed)
			out_u8(out, ' ');
		is_owed = false;
		is_begun = true;
		out_u8(out, value.p[i]);
	}
}

static void
put_fields(struct work *work)
{
	struct out *text = &work->text, *names = &work->signing->names;

	qsort(work->lines, work->count, sizeof(work->lines[0]), compare_fields);
	for (size_t i = 0; i < work->count; i++) {
		const struct line *line = &work->lines[i];
		bool is_same = i && span_equal(line->name, line[-1].name);

		if (i)
			out_u8(text, is_same ? ',' : '\n');
		if (!is_same) {
			if (i)
				out_u8(names, ';');
			out_span(names, line->name);
			out_span(text, line->name);
			out_u8(text, ':');
		}
		put_value(text, line->value);
	}
	out_span(text, SPAN("\n\n"));
	out_span(text, out_view(names));
	out_u8(text, '\n');
}

/* ---- all of it ---- */

static void
put_time(struct inject_signing *signing, uint64_t wall)
{
	time_t seconds = (time_t)(wall / SECOND_NS);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(signing->time, sizeof(signing->time), "%Y%m%dT%H%M%SZ", &tm);
}

static int
write_all(struct work *work)
{
	int r;

	put_time(work->signing, work->terms->wall);
	out_span(&work->text, work->request->method);
	out_u8(&work->text, '\n');
	r = put_target(work);
	if (!r)
		r = choose_payload(work);
	if (!r)
		r = gather_fields(work);
	if (r)
		return r;
	put_fields(work);
	out_span(&work->text, span_text(work->signing->payload));
	if (work->text.failed || work->signing->names.failed || work->signing->path_and_query.failed)
		return -ENOMEM;
	return inject_hash(out_view(&work->text), work->signing->hash);
}

int
inject_canonical(struct inject_signing *out, const struct inject_terms *terms, const struct wire_request *request,
    const char **why)
{
	cleanup(free_memory) struct work *work = calloc(1, sizeof(*work));
	cleanup(arena_free) struct arena *arena = arena_new(MEMORY);
	int r;

	if (!work || !arena)
		return -ENOMEM;
	inject_signing_free(out);
	out->path_and_query = out->names = out_new(MEMORY);
	work->terms = terms;
	work->request = request;
	work->arena = arena;
	work->signing = out;
	work->text = out_new(MEMORY);
	r = write_all(work);
	out_free(&work->text);
	if (r == -EINVAL)
		*why = work->why;
	return r;
}

void
inject_signing_free(struct inject_signing *signing)
{
	out_free(&signing->path_and_query);
	out_free(&signing->names);
	*signing = (struct inject_signing){ 0 };
}
