/*
 * sigv4.c: AWS Signature Version 4, from the hash of the canonical request to the signature.
 *   string to sign = "AWS4-HMAC-SHA256" NL time NL scope NL hex(hash)
 *   scope          = date "/" region "/" service "/aws4_request"
 *   key            = HMAC(HMAC(HMAC(HMAC("AWS4" secret, date), region), service), "aws4_request")
 *   signature      = hex(HMAC(key, string to sign))
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

int
sigv4_sign(struct span secret, struct span time, struct span region, struct span service,
    const uint8_t hash[VAULT_SIGV4_HASH], char out[VAULT_SIGV4_SIGNATURE])
{
	const struct span parts[] = { span_head(time, DATE), region, service, SPAN("aws4_request") };
	struct out text = out_new(TEXT_MAX);
	uint8_t key[KEY], signature[KEY];
	char hex[2 * VAULT_SIGV4_HASH];
	int r;

	write_hex(hash, VAULT_SIGV4_HASH, hex);
	out_span(&text, SPAN("AWS4-HMAC-SHA256\n"));
	out_span(&text, time);
	for (size_t i = 0; i < COUNT(parts); i++) {
		out_u8(&text, i ? '/' : '\n');
		out_span(&text, parts[i]);
	}
	out_u8(&text, '\n');
	out_bytes(&text, hex, sizeof(hex));
	r = text.failed ? -ENOMEM : derive(secret, parts, COUNT(parts), key);
	if (!r)
		r = hmac(key, KEY, out_view(&text), signature);
	if (!r)
		write_hex(signature, KEY, out);
	OPENSSL_cleanse(key, sizeof(key));
	out_free(&text);
	return r;
}
