/*
 * scram.c: the client's part of SCRAM-SHA-256.
 * Names as in RFC 5802 section 3:
 *   SaltedPassword  = Hi(password, salt, i)          PBKDF2-HMAC-SHA-256
 *   ClientKey       = HMAC(SaltedPassword, "Client Key")
 *   StoredKey       = H(ClientKey)
 *   AuthMessage     = client-first-bare "," server-first "," client-final-without-proof
 *   ClientProof     = ClientKey XOR HMAC(StoredKey, AuthMessage)
 *   ServerSignature = HMAC(HMAC(SaltedPassword, "Server Key"), AuthMessage)
 * The server's messages are read strictly: the attributes in their order, none
 * besides. No server of PostgreSQL's sends more, and a mandatory extension ("m=")
 * must be refused anyway.
 */
#include "vault/scram.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "base/must.h"
#include "base/secret.h"
#include "out.h"
#include "vault/scram_inside.h"

#define BARE_MAX (sizeof("n=,r=") + SCRAM_USER_MAX + SCRAM_NONCE_MAX)
#define CHANNEL_MAX (sizeof("p=tls-server-end-point,,") + SCRAM_CHANNEL_MAX)
#define FINAL_MAX (sizeof("c=,r=") + BASE64_SIZE(CHANNEL_MAX) + SCRAM_SERVER_NONCE_MAX)
#define AUTH_MAX (BARE_MAX + 1 + SCRAM_MESSAGE_MAX + 1 + FINAL_MAX)

static void
free_out(struct out *out)
{
	out_free(out);
}

bool
scram_is_printable(struct span in)
{
	for (size_t i = 0; i < in.n; i++)
		if (in.p[i] < 0x21 || in.p[i] > 0x7e || in.p[i] == ',')
			return false;
	return true;
}

int
scram_begin(struct scram *scram, struct span user, struct span nonce)
{
	if (user.n > SCRAM_USER_MAX || !scram_is_printable(user) ||
	    (user.n && memchr(user.p, '=', user.n)))
		return -EINVAL;
	if (nonce.n == 0 || nonce.n > SCRAM_NONCE_MAX || !scram_is_printable(nonce))
		return -EINVAL;
	*scram = (struct scram){ .stage = SCRAM_BEGUN, .binding = 'n' };
	if (user.n)
		memcpy(scram->user, user.p, user.n);
	memcpy(scram->nonce, nonce.p, nonce.n);
	return 0;
}

int
scram_bind(struct scram *scram, char binding, struct span channel)
{
	if (binding != 'n' && binding != 'y' && binding != 'p')
		return -EINVAL;
	if ((binding == 'p') != (channel.n > 0) || channel.n > SCRAM_CHANNEL_MAX)
		return -EINVAL;
	scram->binding = binding;
	scram->channel_size = channel.n;
	if (channel.n)
		memcpy(scram->channel, channel.p, channel.n);
	return 0;
}

/* gs2-header */
static void
write_header(const struct scram *scram, struct out *out)
{
	if (scram->binding == 'p')
		out_span(out, SPAN("p=tls-server-end-point,,"));
	else
		out_printf(out, "%c,,", scram->binding);
}

static void
write_bare(const struct scram *scram, struct out *out)
{
	out_printf(out, "n=%s,r=%s", scram->user, scram->nonce);
}

void
scram_first(const struct scram *scram, struct out *out)
{
	write_header(scram, out);
	write_bare(scram, out);
}

bool
scram_take(struct span *in, char name, struct span *value)
{
	const uint8_t *comma;

	if (in->n < 2 || in->p[0] != (uint8_t)name || in->p[1] != '=')
		return false;
	*in = span_skip(*in, 2);
	comma = in->n ? memchr(in->p, ',', in->n) : NULL;
	*value = span_head(*in, comma ? (size_t)(comma - in->p) : in->n);
	*in = span_skip(*in, value->n + (comma ? 1 : 0));
	return true;
}

bool
scram_read_count(struct span text, uint32_t *count)
{
	uint32_t value = 0;

	if (text.n == 0 || text.n > 7 || text.p[0] == '0')
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		value = value * 10 + (text.p[i] - '0');
	}
	*count = value;
	return true;
}

int
scram_read(const struct scram *scram, struct span message,
    struct scram_offer *offer)
{
	struct scram_offer found = { 0 };
	struct span rest = message, salt, count;
	size_t ours = strlen(scram->nonce);

	if (scram->stage != SCRAM_BEGUN || message.n > SCRAM_MESSAGE_MAX)
		return -EPROTO;
	if (message.n && message.p[message.n - 1] == ',')
		return -EPROTO;
	if (!scram_take(&rest, 'r', &found.nonce) ||
	    !scram_take(&rest, 's', &salt) ||
	    !scram_take(&rest, 'i', &count) || rest.n)
		return -EPROTO;
	if (found.nonce.n <= ours || found.nonce.n > SCRAM_SERVER_NONCE_MAX ||
	    memcmp(found.nonce.p, scram->nonce, ours) ||
	    !scram_is_printable(found.nonce))
		return -EPROTO;
	if (!base64_read(salt, found.salt, sizeof(found.salt), &found.salt_size) ||
	    found.salt_size < SCRAM_SALT_MIN)
		return -ERANGE;
	if (!scram_read_count(count, &found.count) || found.count < SCRAM_COUNT_MIN ||
	    found.count > SCRAM_COUNT_MAX)
		return -ERANGE;
	*offer = found;
	return 0;
}

bool
scram_hmac(const uint8_t key[SCRAM_KEY], struct span in, uint8_t out[SCRAM_KEY])
{
	return HMAC(EVP_sha256(), key, SCRAM_KEY, in.p, in.n, out, NULL) != NULL;
}

/* Proof and expected signature over the whole dialogue. */
static bool
prove(struct scram *scram, struct span auth, const struct secret *keys,
    uint8_t proof[SCRAM_KEY])
{
	const uint8_t *client = keys->p, *server = keys->p + SCRAM_KEY;
	uint8_t stored[SCRAM_KEY];
	bool right;

	right = EVP_Digest(client, SCRAM_KEY, stored, NULL, EVP_sha256(), NULL) == 1 &&
	    scram_hmac(stored, auth, proof) && scram_hmac(server, auth, scram->signature);
	OPENSSL_cleanse(stored, sizeof(stored));
	for (size_t i = 0; right && i < SCRAM_KEY; i++)
		proof[i] ^= client[i];
	return right;
}

int
scram_final(struct scram *scram, struct span message,
    const struct scram_offer *offer, const struct secret *keys, struct out *out)
{
	cleanup(free_out) struct out channel = out_new(CHANNEL_MAX);
	cleanup(free_out) struct out final = out_new(FINAL_MAX);
	cleanup(free_out) struct out auth = out_new(AUTH_MAX);
	uint8_t proof[SCRAM_KEY];

	if (scram->stage != SCRAM_BEGUN || keys->n != 2 * SCRAM_KEY)
		return -EPROTO;
	write_header(scram, &channel);
	out_bytes(&channel, scram->channel, scram->channel_size);
	out_span(&final, SPAN("c="));
	base64_write(&final, out_view(&channel));
	out_span(&final, SPAN(",r="));
	out_span(&final, offer->nonce);
	write_bare(scram, &auth);
	out_u8(&auth, ',');
	out_span(&auth, message);
	out_u8(&auth, ',');
	out_span(&auth, out_view(&final));
	if (channel.failed || final.failed || auth.failed)
		return -EPROTO;
	if (!prove(scram, out_view(&auth), keys, proof))
		return -EIO;
	out_span(out, out_view(&final));
	out_span(out, SPAN(",p="));
	base64_write(out, span_of(proof, sizeof(proof)));
	scram->stage = SCRAM_PROVED;
	return 0;
}

int
scram_check(const struct scram *scram, struct span message)
{
	struct span rest = message, value;
	uint8_t shown[SCRAM_KEY];
	size_t n = 0;

	if (scram->stage != SCRAM_PROVED || message.n > SCRAM_MESSAGE_MAX)
		return -EPROTO;
	if (scram_take(&rest, 'e', &value))
		return -EACCES;
	if (!scram_take(&rest, 'v', &value) || rest.n ||
	    value.n + 2 != message.n)
		return -EPROTO;
	if (!base64_read(value, shown, sizeof(shown), &n) || n != sizeof(shown))
		return -EPROTO;
	return CRYPTO_memcmp(shown, scram->signature, sizeof(shown)) ? -EACCES : 0;
}
