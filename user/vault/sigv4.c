/*
 * sigv4.c: AWS Signature Version 4, from the hash of the canonical request to the signature.
 *   string to sign = "AWS4-HMAC-SHA256" NL time NL scope NL hex(hash)
 *   scope          = date "/" region "/" service "/aws4_request"
 *   key            = HMAC(HMAC(HMAC(HMAC("AWS4" secret, date), region), service), "aws4_request")
 *   signature      = hex(HMAC(key, string to sign))
 * Of a chunk, where "previous" is the signature of what came before it, and of trailers:
 *   string to sign = "AWS4-HMAC-SHA256-PAYLOAD" NL time NL scope NL previous NL hex(hash of nothing) NL hex(hash)
 *   string to sign = "AWS4-HMAC-SHA256-TRAILER" NL time NL scope NL previous NL hex(hash)
 */
#include "vault/sigv4.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <time.h>

#include "base/must.h"
#include "base/secret.h"
#include "out.h"

#define DATE 8		/* bytes of a time that are its day */
#define KEY 32
#define TEXT_MAX 1024	/* of a string to sign */

static bool
digits(struct span text, size_t at, size_t n, int *out)
{
	int number = 0;

	for (size_t i = at; i < at + n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		number = number * 10 + text.p[i] - '0';
	}
	*out = number;
	return true;
}

bool
sigv4_time(struct span text, int64_t *seconds)
{
	struct tm tm = { 0 }, same;
	time_t t;

	if (text.n != VAULT_SIGV4_TIME || text.p[DATE] != 'T' || text.p[15] != 'Z' ||
	    !digits(text, 0, 4, &tm.tm_year) || !digits(text, 4, 2, &tm.tm_mon) || !digits(text, 6, 2, &tm.tm_mday) ||
	    !digits(text, 9, 2, &tm.tm_hour) || !digits(text, 11, 2, &tm.tm_min) || !digits(text, 13, 2, &tm.tm_sec))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	same = tm;
	t = timegm(&same);
	/* timegm() takes a 31st of June for a 1st of July */
	if (same.tm_mon != tm.tm_mon || same.tm_mday != tm.tm_mday || same.tm_hour != tm.tm_hour ||
	    same.tm_min != tm.tm_min || same.tm_sec != tm.tm_sec)
		return false;
	*seconds = t;
	return true;
}

static int
hmac(const uint8_t *key, size_t n, struct span in, uint8_t out[KEY])
{
	return HMAC(EVP_sha256(), key, (int)n, in.p, in.n, out, NULL) ? 0 : -EIO;
}

static void
write_hex(const uint8_t *in, size_t n, char *out)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = hex[in[i] >> 4];
		out[2 * i + 1] = hex[in[i] & 15];
	}
}

/* The key of that day, region and service. */
static int
derive(struct span secret, const struct span *parts, size_t count, uint8_t key[KEY])
{
	cleanup(secret_free) struct secret first = { 0 };
	int r = secret_new(&first, 4 + secret.n);

	if (r)
		return r;
	memcpy(first.p, "AWS4", 4);
	memcpy(first.p + 4, secret.p, secret.n);
	r = hmac(first.p, first.n, parts[0], key);
	for (size_t i = 1; !r && i < count; i++)
		r = hmac(key, KEY, parts[i], key);
	return r;
}

/* What a signature is for: time, region, service, and the key of them. */
struct scope {
	struct span time, parts[4];
	uint8_t key[KEY];
};

static int
scope_of(struct scope *scope, struct span secret, struct span time, struct span region, struct span service)
{
	*scope = (struct scope){
		.time = time, .parts = { span_head(time, DATE), region, service, SPAN("aws4_request") },
	};
	return derive(secret, scope->parts, COUNT(scope->parts), scope->key);
}

/* What every string to sign begins with. */
static void
put_scope(struct out *text, const char *algorithm, const struct scope *scope)
{
	out_span(text, span_text(algorithm));
	out_u8(text, '\n');
	out_span(text, scope->time);
	for (size_t i = 0; i < COUNT(scope->parts); i++) {
		out_u8(text, i ? '/' : '\n');
		out_span(text, scope->parts[i]);
	}
	out_u8(text, '\n');
}

static void
put_hash(struct out *text, const uint8_t hash[VAULT_SIGV4_HASH])
{
	char hex[2 * VAULT_SIGV4_HASH];

	write_hex(hash, VAULT_SIGV4_HASH, hex);
	out_bytes(text, hex, sizeof(hex));
}

static int
sign_text(const struct scope *scope, const struct out *text, char out[VAULT_SIGV4_SIGNATURE])
{
	uint8_t signature[KEY];
	int r = text->failed ? -ENOMEM : hmac(scope->key, KEY, out_view(text), signature);

	if (!r)
		write_hex(signature, KEY, out);
	return r;
}

int
sigv4_sign(struct span secret, struct span time, struct span region, struct span service,
    const uint8_t hash[VAULT_SIGV4_HASH], char out[VAULT_SIGV4_SIGNATURE])
{
	struct out text = out_new(TEXT_MAX);
	struct scope scope;
	int r = scope_of(&scope, secret, time, region, service);

	put_scope(&text, "AWS4-HMAC-SHA256", &scope);
	put_hash(&text, hash);
	if (!r)
		r = sign_text(&scope, &text, out);
	OPENSSL_cleanse(&scope, sizeof(scope));
	out_free(&text);
	return r;
}

/* A chunk has no head, whose hash would stand before its own. */
static int
sign_chunk(const struct scope *scope, struct out *text, struct span previous, bool is_trailer,
    const uint8_t hash[VAULT_SIGV4_HASH], char *out)
{
	static const char nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n";

	out_clear(text);
	put_scope(text, is_trailer ? "AWS4-HMAC-SHA256-TRAILER" : "AWS4-HMAC-SHA256-PAYLOAD", scope);
	out_span(text, previous);
	out_u8(text, '\n');
	if (!is_trailer)
		out_span(text, span_text(nothing));
	put_hash(text, hash);
	return sign_text(scope, text, out);
}

int
sigv4_sign_chunks(struct span secret, struct span time, struct span region, struct span service,
    const uint8_t previous[VAULT_SIGV4_SIGNATURE], bool is_trailed, const uint8_t *hashes, size_t count, char *out)
{
	struct span before = span_of(previous, VAULT_SIGV4_SIGNATURE);
	struct out text = out_new(TEXT_MAX);
	struct scope scope;
	int r = scope_of(&scope, secret, time, region, service);

	for (size_t i = 0; !r && i < count; i++) {
		r = sign_chunk(&scope, &text, before, is_trailed && i + 1 == count, hashes + i * VAULT_SIGV4_HASH, out);
		before = span_of(out, VAULT_SIGV4_SIGNATURE);
		out += VAULT_SIGV4_SIGNATURE;
	}
	OPENSSL_cleanse(&scope, sizeof(scope));
	out_free(&text);
	return r;
}
