/*
 * scram.h: the client's part of SCRAM-SHA-256 (RFC 5802, RFC 7677).
 * Steps with no I/O and no chance of their own: the nonce is given.
 *   scram_begin, scram_bind       user and nonce, and the channel it is bound to
 *   scram_first                   what the client says first
 *   scram_read                    what the server offers: nonce, salt, count
 *   scram_keys.h                  keys from the password (slow on purpose; may be kept)
 *   scram_final                   the proof; the server's signature is now known
 *   scram_check                   did the server know the secret?
 * TLS ends in the worker, the secret is here: the channel's data come from the worker. It
 * cannot gain by saying other ones: the server compares them with its own.
 *
 * Passwords: PostgreSQL runs SASLprep over those that are valid UTF-8. For ASCII
 * that changes nothing. Others are used byte for byte, which is the same for
 * text that is in NFKC already, as nearly all typed text is; one that is not
 * is refused by the server, and never sent in another form.
 */
#ifndef VAULT_SCRAM_H
#define VAULT_SCRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

struct out;
struct secret;

#define SCRAM_KEY 32			/* bytes of SHA-256 */
#define SCRAM_NONCE_BYTES 18		/* of chance in our nonce */
#define SCRAM_NONCE_MAX 64		/* characters of our nonce */
#define SCRAM_SERVER_NONCE_MAX 256	/* characters, ours included */
#define SCRAM_USER_MAX 63
#define SCRAM_SALT_MIN 8		/* bytes */
#define SCRAM_SALT_MAX 64
#define SCRAM_COUNT_MIN 4096		/* RFC 7677 section 4 */
#define SCRAM_COUNT_MAX 100000		/* PostgreSQL makes 4096; some 15 to 50 ms of work */
#define SCRAM_MESSAGE_MAX 512		/* characters of a server's message */

#define SCRAM_CHANNEL_MAX 64		/* bytes of a certificate's digest */

enum scram_stage { SCRAM_NEW, SCRAM_BEGUN, SCRAM_PROVED };

/* One dialogue. Keeps nothing that helps to log in. */
struct scram {
	enum scram_stage stage;
	char user[SCRAM_USER_MAX + 1];
	char nonce[SCRAM_NONCE_MAX + 1];
	char binding;			/* 'n', 'y' or 'p': gs2-cbind-flag, RFC 5802 section 7 */
	uint8_t channel[SCRAM_CHANNEL_MAX];	/* 'p': tls-server-end-point, RFC 5929 section 4 */
	size_t channel_size;
	uint8_t signature[SCRAM_KEY];	/* what the server must show */
};

/* What the server offered. */
struct scram_offer {
	struct span nonce;		/* in the message */
	uint8_t salt[SCRAM_SALT_MAX];
	size_t salt_size;
	uint32_t count;
};

/* Begin with this user (empty for PostgreSQL, which knows it already) and nonce.
 * Returns 0 or -EINVAL (too long, or with a comma or what cannot be printed). */
int scram_begin(struct scram *, struct span user, struct span nonce);
/* Before scram_first: the channel. 'n' (as begun): no binding; 'y': we could bind, and the
 * server is thought not to; 'p': bound to `channel`, for SCRAM-SHA-256-PLUS.
 * Returns 0 or -EINVAL (another flag, data where there are none, or none where there are). */
int scram_bind(struct scram *, char binding, struct span channel);
/* Write the client-first-message. */
void scram_first(const struct scram *, struct out *);
/* Read a server-first-message. Returns 0, -EPROTO (not one, or the nonce does not
 * go on from ours) or -ERANGE (salt or count out of limits). */
int scram_read(const struct scram *, struct span message, struct scram_offer *);
/* Write the client-final-message for `message`, of which `offer` was read.
 * Returns 0, -EPROTO (out of turn) or -EIO. */
int scram_final(struct scram *, struct span message, const struct scram_offer *offer,
    const struct secret *keys, struct out *);
/* Check a server-final-message. Returns 0, -EPROTO (out of turn, or no such
 * message) or -EACCES (the server does not know the secret, or says no). */
int scram_check(const struct scram *, struct span message);

#endif
