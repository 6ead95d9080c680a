/*
 * scram_server.c: the server's part of SCRAM-SHA-256.
 * Names as in RFC 5802 section 3:
 *   ClientSignature = HMAC(StoredKey, AuthMessage)
 *   ClientKey       = ClientProof XOR ClientSignature, right if H(ClientKey) = StoredKey
 *   ServerSignature = HMAC(ServerKey, AuthMessage)
 * Extensions that are not mandatory may follow in each message, and are not looked at; a
 * mandatory one ("m=") stands in front, where it is not expected.
 */
#include "vault/scram_server.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/base64.h"
#include "base/must.h"
#include "out.h"
#include "vault/scram_inside.h"

#define PREFIX "SCRAM-SHA-256$"
#define BOUND "p=tls-server-end-point,"

/* Cut what is before `end` off the front of *in, with it. */
static bool
take_until(struct span *in, char end, struct span *value)
{
	const uint8_t *at = in->n ? memchr(in->p, end, in->n) : NULL;

	if (!at)
		return false;
	*value = span_head(*in, (size_t)(at - in->p));
	*in = span_skip(*in, value->n + 1);
	return true;
}

static bool
read_key(struct span text, uint8_t key[SCRAM_KEY])
{
	size_t n;

	return base64_read(text, key, SCRAM_KEY, &n) && n == SCRAM_KEY;
}

int
scram_verifier_read(struct scram_verifier *out, struct span text)
{
	size_t n = sizeof(PREFIX) - 1;
	struct scram_verifier it = { 0 };
	struct span count, salt, stored;
	bool right;

	if (!span_equal(span_head(text, n), SPAN(PREFIX)))
		return -EINVAL;
	text = span_skip(text, n);
	right = take_until(&text, ':', &count) && take_until(&text, '$', &salt) &&
	    take_until(&text, ':', &stored) && scram_read_count(count, &it.count) && it.count &&
	    base64_read(salt, it.salt, sizeof(it.salt), &it.salt_size) && it.salt_size &&
	    read_key(stored, it.stored) && read_key(text, it.server);
	if (right)
		*out = it;
	OPENSSL_cleanse(&it, sizeof(it));
	return right ? 0 : -EINVAL;
}

/* gs2-header: RFC 5802 section 7, and what section 6 says of each flag. No authzid: nobody
 * logs in for somebody else. */
static int
take_header(struct span *message, bool is_plus, bool is_offered, struct span *header)
{
	bool is_bound = span_equal(span_head(*message, sizeof(BOUND) - 1), SPAN(BOUND));
	size_t n = is_bound ? sizeof(BOUND) - 1 : 2;

	if (is_bound != is_plus || (is_plus && !is_offered))
		return -EPROTO;
	if (!is_bound && !span_equal(span_head(*message, 2), SPAN("n,")) &&
	    !span_equal(span_head(*message, 2), SPAN("y,")))
		return -EPROTO;
	if (message->n <= n || message->p[n] != ',')
		return -EPROTO;
	if (message->p[0] == 'y' && is_offered)
		return -EPROTOTYPE;
	*header = span_head(*message, n + 1);
	*message = span_skip(*message, n + 1);
	return 0;
}

/* What follows it: name and nonce. */
static bool
read_bare(struct span bare, struct span *nonce)
{
	struct span name;

	return scram_take(&bare, 'n', &name) && scram_take(&bare, 'r', nonce) && nonce->n &&
	    nonce->n <= SCRAM_CLIENT_NONCE_MAX && scram_is_printable(*nonce);
}

int
scram_server_begin(struct scram_server *server, const struct scram_verifier *verifier, bool is_plus,
    struct span channel, struct span message, struct span nonce, struct out *out)
{
	struct span header, theirs, bare = message;
	struct out first = out_new(SCRAM_MESSAGE_MAX);
	int r = -EPROTO;

	*server = (struct scram_server){ 0 };
	if (message.n <= SCRAM_CLIENT_MAX && channel.n <= SCRAM_CHANNEL_MAX)
		r = take_header(&bare, is_plus, channel.n, &header);
	if (!r && !read_bare(bare, &theirs))
		r = -EPROTO;
	if (r)
		return r;
	out_span(&first, SPAN("r="));
	out_span(&first, theirs);
	out_span(&first, nonce);
	out_span(&first, SPAN(",s="));
	base64_write(&first, span_of(verifier->salt, verifier->salt_size));
	out_printf(&first, ",i=%u", verifier->count);
	if (first.failed) {
		out_free(&first);
		return -EPROTO;
	}
	memcpy(server->auth, bare.p, bare.n);
	server->auth[bare.n] = ',';
	memcpy(server->auth + bare.n + 1, first.p, first.n);
	server->auth[bare.n + 1 + first.n] = ',';
	server->auth_size = bare.n + first.n + 2;
	server->nonce_at = bare.n + 3;
	server->nonce_size = theirs.n + nonce.n;
	memcpy(server->binding, header.p, header.n);
	if (is_plus)
		memcpy(server->binding + header.n, channel.p, channel.n);
	server->binding_size = header.n + (is_plus ? channel.n : 0);
	server->has_begun = true;
	out_span(out, out_view(&first));
	out_free(&first);
	return 0;
}

/* client-final-message: binding and nonce as they must be; its proof, and what the proof covers. */
static int
read_final(const struct scram_server *server, struct span message, struct span *covered, uint8_t proof[SCRAM_KEY])
{
	uint8_t bound[SCRAM_BINDING_MAX];
	struct span rest = message, binding, nonce, extension;
	size_t n = 0;

	if (message.n > SCRAM_CLIENT_MAX || !scram_take(&rest, 'c', &binding) || !scram_take(&rest, 'r', &nonce))
		return -EPROTO;
	while (rest.n && rest.p[0] != 'p')
		if (!take_until(&rest, ',', &extension))
			return -EPROTO;
	*covered = span_head(message, message.n - rest.n);
	if (!scram_take(&rest, 'p', &extension) || rest.n || !read_key(extension, proof))
		return -EPROTO;
	if (covered->n + 2 + extension.n != message.n ||
	    !span_equal(nonce, span_of(server->auth + server->nonce_at, server->nonce_size)))
		return -EPROTO;
	covered->n--;	/* the comma before the proof */
	if (!base64_read(binding, bound, sizeof(bound), &n) ||
	    !span_equal(span_of(bound, n), span_of(server->binding, server->binding_size)))
		return -EPROTOTYPE;
	return 0;
}

static int
check_proof(const struct scram_verifier *verifier, struct span auth, const uint8_t proof[SCRAM_KEY])
{
	uint8_t key[SCRAM_KEY], stored[SCRAM_KEY];
	int r = -EIO;

	if (scram_hmac(verifier->stored, auth, key)) {
		for (size_t i = 0; i < SCRAM_KEY; i++)
			key[i] ^= proof[i];
		if (EVP_Digest(key, SCRAM_KEY, stored, NULL, EVP_sha256(), NULL) == 1)
			r = CRYPTO_memcmp(stored, verifier->stored, SCRAM_KEY) ? -EACCES : 0;
	}
	OPENSSL_cleanse(key, sizeof(key));
	return r;
}

int
scram_server_end(struct scram_server *server, const struct scram_verifier *verifier,
    struct span message, struct out *out)
{
	struct out auth = out_new(sizeof(server->auth) + SCRAM_CLIENT_MAX);
	uint8_t proof[SCRAM_KEY], signature[SCRAM_KEY];
	struct span covered;
	int r = server->has_begun ? read_final(server, message, &covered, proof) : -EPROTO;

	server->has_begun = false;
	if (!r) {
		out_bytes(&auth, server->auth, server->auth_size);
		out_span(&auth, covered);
		r = auth.failed ? -EIO : check_proof(verifier, out_view(&auth), proof);
	}
	if (!r && !scram_hmac(verifier->server, out_view(&auth), signature))
		r = -EIO;
	if (!r) {
		out_span(out, SPAN("v="));
		base64_write(out, span_of(signature, sizeof(signature)));
	}
	out_free(&auth);
	return r;
}
