/*
 * request.c: which ways of showing a credential there are, and what each does to a request.
 * Lent: the secret is asked for once and put in by change(). Signed (sigv4): the name of the key once, then a signature
 * for each request. What a skill shows of its own is taken out whatever the way: a backend that takes more than one
 * would else choose between ours and the skill's.
 */
#include "inject/request_own.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/must.h"
#include "inject/echo.h"
#include "inject/percent.h"
#include "inject/query.h"
#include "wire.h"

/* Where credentials are shown, by RFC 9110 and by habit. */
static const char *const own_fields[] = {
	"Authorization", "Proxy-Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "X-Auth-Token", "X-Access-Token",
	"Private-Token", "X-Amz-Security-Token",
};
static const char *const signed_fields[] = { "X-Amz-Region-Set", "X-Amz-S3session-Token" };

/* ---- opening and closing ---- */

/* Copies of the view's texts, which may go with it. */
static int
copy_texts(struct inject *inject, const struct view_credential *from)
{
	const char **texts[] = {
		&inject->how.user, &inject->how.name, &inject->how.prefix, &inject->how.region, &inject->how.service,
		&inject->how.key,
	};
	size_t n = 0;
	char *at;

	inject->how = *from;
	for (size_t i = 0; i < COUNT(texts); i++)
		n += span_text(*texts[i]).n + 1;
	inject->texts = at = calloc(1, n);
	if (!at)
		return -ENOMEM;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct span text = span_text(*texts[i]);

		if (text.n)
			memcpy(at, text.p, text.n);
		*texts[i] = at;
		at += text.n + 1;
	}
	return 0;
}

int
inject_open(struct inject **out, const struct view_target *target, bool is_tls)
{
	cleanup(inject_close) struct inject *inject = NULL;
	int r;

	if (target->credential.as == AS_NONE) {
		*out = NULL;
		return 0;
	}
	inject = calloc(1, sizeof(*inject));
	if (!inject)
		return -ENOMEM;
	inject->is_tls = is_tls;
	inject->is_verified = is_tls && target->tls >= TLS_VERIFY_CA;
	r = copy_texts(inject, &target->credential);
	if (!r)
		r = inject_marks_new(&inject->marks);
	if (r)
		return r;
	*out = take(&inject);
	return 0;
}

void
inject_sent(struct inject *inject)
{
	if (!inject)
		return;
	inject_signing_free(&inject->signing);
	if (inject->upload && inject->is_prepared)
		inject_body_sent(inject);	/* else its rest is under way */
	OPENSSL_cleanse(inject->signature, sizeof(inject->signature));
	if (inject->made.p)
		OPENSSL_cleanse(inject->made.p, inject->made.n);
	inject->is_prepared = inject->is_signed = false;
}

void
inject_renew(struct inject *inject)
{
	if (!inject)
		return;
	inject_sent(inject);
	secret_free(&inject->loan);
	inject->parts = (struct view_parts){ 0 };
	inject->was_refused |= inject->has_loan;
	inject->has_loan = false;
}

void
inject_close(struct inject **out)
{
	struct inject *inject = *out;

	if (inject) {
		inject_renew(inject);
		secret_free(&inject->made);
		upload_free(&inject->upload);
		inject_marks_free(&inject->marks);
		free(inject->texts);
	}
	free(inject);
	*out = NULL;
}

/* ---- questions and answers ---- */

enum inject_way
inject_question_ask(struct inject_question *question, uint8_t step, struct span input)
{
	question->step = step;
	memcpy(question->room, input.p, input.n);
	question->input = span_of(question->room, input.n);
	return INJECT_ASK;
}

enum inject_way
inject_question_refuse(struct inject_question *question, const char *why)
{
	question->why = why;
	return INJECT_REFUSED;
}

struct span
inject_target_of(const struct wire_request *request, struct span path_and_query, struct out *room)
{
	if (path_and_query.n)
		return path_and_query;
	out_span(room, request->path);
	if (request->query.p) {
		out_u8(room, '?');
		out_span(room, request->query);
	}
	return out_view(room);
}

enum inject_way
inject_next(struct inject *inject, const struct wire_request *request, struct span path_and_query, uint64_t wall,
    struct inject_question *question)
{
	*question = (struct inject_question){ 0 };
	if (!inject)
		return INJECT_READY;
	if (inject->how.as == AS_SIGV4)
		return inject_sign_next(inject, request, path_and_query, wall, question);
	if (!inject->is_verified)
		return inject_question_refuse(question, "a credential is sent over verified TLS only");
	if (!inject_query_fits(path_and_query.n ? path_and_query : request->query))
		return inject_question_refuse(question, "a query of so many parameters is not sent with a credential");
	if (inject->has_loan && inject->how.as == AS_OAUTH2 && wall >= inject->until) {
		inject_renew(inject);
		inject->was_refused = false;	/* nobody has: it is old */
	}
	if (inject->has_loan)
		return INJECT_READY;
	inject->asked = wall;
	return inject_question_ask(question, VAULT_LEND,
	    inject->how.as == AS_OAUTH2 && inject->was_refused ? SPAN("\1\1") : SPAN("\1"));
}

/* A secret, kept and looked for. */
static int
take_loan(struct inject *inject, struct span stored)
{
	int r = secret_copy(&inject->loan, stored);

	if (r)
		return r;
	if (!view_credential_read(&inject->how, secret_view(&inject->loan), &inject->parts)) {
		secret_free(&inject->loan);
		return -EPROTO;
	}
	r = inject_marks_add(inject->marks, inject->parts.secret);
	inject->has_loan = !r;
	inject->was_refused &= !inject->has_loan;
	return r;
}

/* How long it is good for, and a token. */
static int
take_token(struct inject *inject, struct span output)
{
	uint32_t ms;

	if (!take_be32(&output, &ms) || !ms)
		return -EPROTO;
	inject->until = inject->asked + ms * MILLISECOND_NS;
	return take_loan(inject, output);
}

/* The name of a key and the token of its session. The token is of no use without the key, and yet nobody's business. */
static int
take_key(struct inject *inject, struct span output)
{
	struct span key, token;
	int r;

	if (!take_block(&output, &key) || !take_block(&output, &token) || output.n || !key.n)
		return -EPROTO;
	r = secret_new(&inject->loan, key.n + token.n);
	if (r)
		return r;
	memcpy(inject->loan.p, key.p, key.n);
	if (token.n)
		memcpy(inject->loan.p + key.n, token.p, token.n);
	inject->parts = (struct view_parts){
		.user = span_of(inject->loan.p, key.n), .token = span_of(inject->loan.p + key.n, token.n),
	};
	r = inject_marks_add(inject->marks, inject->parts.token);
	inject->has_loan = !r;
	return r;
}

int
inject_answer(struct inject *inject, uint8_t step, struct span output)
{
	bool is_signed = inject && inject->how.as == AS_SIGV4;

	if (!inject || (step == VAULT_LEND) == is_signed)
		return -EPROTO;
	if (step == VAULT_SIGV4 || step == VAULT_SIGV4_CHUNKS)
		return inject_sign_answer(inject, step, output);
	if (inject->has_loan || (step != VAULT_LEND && step != VAULT_SIGV4_KEY))
		return -EPROTO;
	if (step == VAULT_SIGV4_KEY)
		return take_key(inject, output);
	return inject->how.as == AS_OAUTH2 ? take_token(inject, output) : take_loan(inject, output);
}

static int
borrow_key(struct inject *inject, const struct view_parts *parts)
{
	struct out both = out_new(INJECT_TEXT_MAX);
	int r;

	out_block(&both, parts->user);
	out_block(&both, parts->token);
	r = both.failed ? -ENOMEM : take_key(inject, out_view(&both));
	if (both.p)
		OPENSSL_cleanse(both.p, both.n);
	out_free(&both);
	return r;
}

int
inject_borrow(struct inject *inject, const struct inject *from)
{
	if (!inject || !from || inject->how.as != from->how.as)
		return 0;
	if (!from->has_loan) {
		inject->was_refused |= !inject->has_loan && from->was_refused;
		return 0;
	}
	if (inject->has_loan && inject->until >= from->until)
		return 0;
	secret_free(&inject->loan);
	inject->has_loan = false;
	inject->until = from->until;
	return from->how.as == AS_SIGV4 ? borrow_key(inject, &from->parts) :
	    take_loan(inject, secret_view(&from->loan));
}

/* ---- the change ---- */

/* A change being made: room for what is added to what others have put there. */
struct making {
	struct inject *inject;
	const struct wire_request *request;
	struct arena *arena;
	struct wire_change *change;
	struct wire_pair *set;
	struct span *drop;
	size_t set_count, drop_count;
};

#define SETS_MOST 4		/* that a way adds */
#define DROPS_MOST (COUNT(own_fields) + COUNT(signed_fields) + 1)

static int
begin_change(struct making *making)
{
	struct wire_change *change = making->change;

	making->set = arena_take(making->arena, (change->set_count + SETS_MOST) * sizeof(*making->set));
	making->drop = arena_take(making->arena, (change->drop_count + DROPS_MOST) * sizeof(*making->drop));
	if (!making->set || !making->drop)
		return -ENOMEM;
	for (; making->set_count < change->set_count; making->set_count++)
		making->set[making->set_count] = change->set[making->set_count];
	for (; making->drop_count < change->drop_count; making->drop_count++)
		making->drop[making->drop_count] = change->drop[making->drop_count];
	return 0;
}

static void
set_field(struct making *making, const char *name, struct span value)
{
	making->set[making->set_count++] = (struct wire_pair){ span_text(name), value };
}

static bool
is_set(const struct making *making, const char *name)
{
	for (size_t i = 0; i < making->set_count; i++)
		if (inject_name_is(making->set[i].name, name))
			return true;
	return false;
}

static void
drop_field(struct making *making, const char *name)
{
	if (!is_set(making, name))
		making->drop[making->drop_count++] = span_text(name);
}

/* The text in *text becomes the request's secret, which the codec may read until it is sent. Its pages are kept. */
static int
keep_made(struct making *making, struct out *text, struct span *out)
{
	struct secret *made = &making->inject->made;
	int r = text->failed || !text->p ? -ENOMEM : 0;

	if (!r && text->n > made->room) {
		secret_free(made);
		r = secret_new(made, text->n);
	}
	if (!r) {
		memcpy(made->p, text->p, text->n);
		made->n = text->n;
		*out = secret_view(made);
	}
	out_free(text);
	return r;
}

/* What would be sent, its query without what the skill shows of its own; `*is_other`: there was such. */
static int
strip_query(struct making *making, const char *name, struct out *text, bool *is_other)
{
	struct out room = out_new(INJECT_TEXT_MAX);
	struct span whole = inject_target_of(making->request, making->change->path_and_query, &room), query;
	const uint8_t *mark = whole.n ? memchr(whole.p, '?', whole.n) : NULL;
	struct inject_query split;
	size_t count;
	int r;

	query = mark ? span_skip(whole, (size_t)(mark - whole.p) + 1) : SPAN("");
	r = room.failed ? -ENOMEM : inject_query_split(making->arena, query, &split);
	if (!r) {
		count = split.count;
		inject_query_strip(&split, name);
		*is_other = split.count != count;
		out_span(text, span_head(whole, mark ? (size_t)(mark - whole.p) : whole.n));
		if (split.count)
			out_u8(text, '?');
		inject_query_write(text, &split);
		if (*name)
			out_u8(text, split.count ? '&' : '?');
	}
	out_free(&room);
	return r;
}

/* Nothing of the skill's own is left in the query. */
static int
clean_query(struct making *making)
{
	struct out text = out_new(INJECT_TEXT_MAX);
	bool is_other = false;
	struct span kept;
	int r = strip_query(making, "", &text, &is_other);

	if (!r && text.failed)
		r = -ENOMEM;
	if (!r && is_other) {
		kept = arena_copy(making->arena, out_view(&text));
		r = kept.p ? 0 : -ENOMEM;
		making->change->path_and_query = kept;
	}
	out_free(&text);
	return r;
}

static int
show_field(struct making *making, const char *name, struct span prefix, struct span value)
{
	struct out text = out_new(INJECT_TEXT_MAX);
	struct span made;
	int r;

	out_span(&text, prefix);
	out_span(&text, value);
	r = keep_made(making, &text, &made);
	if (!r)
		set_field(making, name, made);
	return r ? r : clean_query(making);
}

static int
show_bearer(struct making *making)
{
	return show_field(making, "Authorization", SPAN("Bearer "), making->inject->parts.secret);
}

static int
show_header(struct making *making)
{
	const struct view_credential *how = &making->inject->how;

	return show_field(making, how->name, span_text(how->prefix), making->inject->parts.secret);
}

static int
show_basic(struct making *making)
{
	const struct view_parts *parts = &making->inject->parts;
	struct out pair = out_new(INJECT_TEXT_MAX), text = out_new(INJECT_TEXT_MAX);
	int r;

	out_span(&pair, parts->user);
	out_u8(&pair, ':');
	out_span(&pair, parts->secret);
	base64_write(&text, out_view(&pair));
	r = pair.failed || text.failed ? -ENOMEM : show_field(making, "Authorization", SPAN("Basic "), out_view(&text));
	out_free(&pair);
	out_free(&text);
	return r;
}

static int
show_query(struct making *making)
{
	struct inject *inject = making->inject;
	struct out text = out_new(INJECT_TEXT_MAX);
	bool is_other;
	int r = strip_query(making, inject->how.name, &text, &is_other);

	inject_percent_write(&text, span_text(inject->how.name), 0);
	out_u8(&text, '=');
	inject_percent_write(&text, inject->parts.secret, 0);
	if (r) {
		out_free(&text);
		return r;
	}
	return keep_made(making, &text, &making->change->path_and_query);
}

/* The cookies of one field, but for those of that name. RFC 6265 section 4.2.1, read as servers read it. */
static void
put_cookies(struct out *text, struct span field, const char *name)
{
	while (field.n) {
		const uint8_t *end = memchr(field.p, ';', field.n);
		struct span cookie = span_head(field, end ? (size_t)(end - field.p) : field.n), its;
		const uint8_t *sign;

		field = span_skip(field, cookie.n + 1);
		while (cookie.n && (cookie.p[0] == ' ' || cookie.p[0] == '\t'))
			cookie = span_skip(cookie, 1);
		sign = cookie.n ? memchr(cookie.p, '=', cookie.n) : NULL;
		its = span_head(cookie, sign ? (size_t)(sign - cookie.p) : cookie.n);
		while (its.n && (its.p[its.n - 1] == ' ' || its.p[its.n - 1] == '\t'))
			its.n--;
		if (!cookie.n || inject_name_is(its, name))
			continue;
		out_span(text, cookie);
		out_span(text, SPAN("; "));
	}
}

static int
show_cookie(struct making *making)
{
	const struct inject *inject = making->inject;
	const struct wire_request *request = making->request;
	struct out text = out_new(INJECT_TEXT_MAX);
	int r;

	for (size_t i = 0; i < request->header_count; i++)
		if (inject_name_is(request->headers[i].name, "Cookie"))
			put_cookies(&text, request->headers[i].value, inject->how.name);
	out_span(&text, span_text(inject->how.name));
	out_u8(&text, '=');
	r = text.failed ? -ENOMEM : show_field(making, "Cookie", out_view(&text), inject->parts.secret);
	out_free(&text);
	return r;
}

static int
show_signature(struct making *making)
{
	const struct inject *inject = making->inject;
	const struct inject_signing *signing = &inject->signing;
	struct out text = out_new(INJECT_TEXT_MAX);
	struct span names = out_view(&signing->names), kept;

	out_span(&text, SPAN("AWS4-HMAC-SHA256 Credential="));
	out_span(&text, inject->parts.user);
	out_printf(&text, "/%.8s/%s/%s/aws4_request, SignedHeaders=%.*s, Signature=%s", signing->time, inject->how.region,
	    inject->how.service, (int)names.n, (const char *)names.p, inject->signature);
	kept = text.failed ? span_of(NULL, 0) : arena_copy(making->arena, out_view(&text));
	out_free(&text);
	if (!kept.p)
		return -ENOMEM;
	set_field(making, "Authorization", kept);
	set_field(making, "X-Amz-Date", span_text(signing->time));
	if (signing->sends_payload)
		set_field(making, "X-Amz-Content-Sha256", span_text(signing->payload));
	if (inject->parts.token.n)
		set_field(making, "X-Amz-Security-Token", inject->parts.token);
	for (size_t i = 0; i < COUNT(signed_fields); i++)
		drop_field(making, signed_fields[i]);
	making->change->path_and_query = out_view(&signing->path_and_query);
	making->change->has_body = inject->upload != NULL;
	if (inject->upload) {
		making->change->body = upload_view(inject->upload);
		making->change->body_length = upload_length(inject->upload);
	}
	return 0;
}

static int (*const ways[])(struct making *) = {
	[AS_BEARER] = show_bearer, [AS_BASIC] = show_basic, [AS_HEADER] = show_header,
	[AS_QUERY] = show_query, [AS_COOKIE] = show_cookie, [AS_SIGV4] = show_signature, [AS_OAUTH2] = show_bearer,
};
static_assert(COUNT(ways) == AS_KINDS, "a way to show each");

int
inject_change(struct inject *inject, const struct wire_request *request, struct arena *arena, struct wire_change *change)
{
	struct wire_change made = *change;
	struct making making = { .inject = inject, .request = request, .arena = arena, .change = &made };
	int r;

	if (!inject)
		return 0;
	must(inject->has_loan && (inject->how.as != AS_SIGV4 || inject->is_signed));
	r = begin_change(&making);
	if (!r)
		r = ways[inject->how.as](&making);
	if (r)
		return r;
	for (size_t i = 0; i < COUNT(own_fields); i++)
		drop_field(&making, own_fields[i]);
	made.set = making.set;
	made.set_count = making.set_count;
	made.drop = making.drop;
	made.drop_count = making.drop_count;
	*change = made;
	return 0;
}

/* ---- answers ---- */

struct inject_marks *
inject_secrets(const struct inject *inject)
{
	return inject ? inject->marks : NULL;
}

int
inject_head(const struct inject *inject, const struct wire_head *head, struct arena *arena, struct wire_change *change,
    size_t *count)
{
	struct span *drop;
	size_t n = change->drop_count;

	*count = 0;
	if (!inject)
		return 0;
	drop = arena_take(arena, (n + head->header_count + 1) * sizeof(*drop));
	if (!drop)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		drop[i] = change->drop[i];
	for (size_t i = 0; i < head->header_count; i++)
		if (inject_marks_in(inject->marks, head->headers[i].value) ||
		    inject_marks_in(inject->marks, head->headers[i].name))
			drop[n++] = head->headers[i].name;
	*count = n - change->drop_count;
	change->drop = drop;
	change->drop_count = n;
	return 0;
}
