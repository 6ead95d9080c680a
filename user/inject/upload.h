/*
 * upload.h: a body in chunks of AWS's own framing (chunked.h) on its way: taken out of the skill's chunks, and put
 * into chunks of our own, each signed after the one before, the first after the request:
 *   "AWS4-HMAC-SHA256-PAYLOAD" NL time NL scope NL previous signature NL SHA-256 of nothing NL SHA-256 of the chunk
 *   "AWS4-HMAC-SHA256-TRAILER" NL time NL scope NL previous signature NL SHA-256 of the trailers
 * The keeper signs, some chunks at a time, as they are here. Ours are of UPLOAD_CHUNK bytes but for the last, so
 * that the length of all of it is known before any of it is: what the skill told, of which not a byte may be
 * missing, says how many there are.
 * Where the backend is reached in the clear nothing goes unsigned, whatever the skill did. Pure but for memory.
 */
#ifndef INJECT_UPLOAD_H
#define INJECT_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "span.h"
#include "vault/vault.h"

struct out;
struct upload;	/* opaque */
struct wire_request;

#define UPLOAD_CHUNK 65536
#define UPLOAD_INPUT_MAX (VAULT_SIGV4_CHUNKS_HEAD + VAULT_SIGV4_CHUNKS_MOST * VAULT_SIGV4_HASH)

/* What x-amz-content-sha256 says of such a body. */
struct upload_form {
	const char *name;	/* as it says */
	bool is_signed, has_trailers;
};

/* NULL: none that is known. */
const struct upload_form *upload_form_of(struct span told);
/* In which form it goes on. */
const struct upload_form *upload_form_sent(const struct upload_form *, bool is_tls);

/* For a body that comes in that form, of that request's. Returns 0, -ENOMEM, or -EINVAL and why in a constant sentence. */
int upload_new(struct upload **out, const struct wire_request *, const struct upload_form *, bool is_tls, const char **why);
/* Bytes of it in all, as it goes on. */
uint64_t upload_length(const struct upload *);
/* The request's own signature, 64 hex, of that time; the chunks are signed after it. */
void upload_sign(struct upload *, const char *time, const char *signature);
/* Take another run of the body; `ends`: the last. False: it is not what was announced; upload_why() says. */
bool upload_take(struct upload *, struct span bytes, bool ends);
const char *upload_why(const struct upload *);
/* What must be signed before more can go on, as VAULT_SIGV4_CHUNKS takes it, into `room` of UPLOAD_INPUT_MAX bytes. 0:
 * nothing. The same until it is answered. */
size_t upload_asks(struct upload *, uint8_t *room);
/* The signatures. Returns 0, -EPROTO (not so many, or none) or -ENOMEM. */
int upload_answer(struct upload *, struct span signatures);
/* What can go on now, until upload_sent(). */
struct span upload_view(const struct upload *);
void upload_sent(struct upload *);
/* All of it was taken and sent. */
bool upload_is_done(const struct upload *);
void upload_free(struct upload **);

#endif
