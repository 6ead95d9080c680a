/*
 * scram_server.h: the server's part of SCRAM-SHA-256 (RFC 5802, RFC 7677).
 * For a skill whose client insists on it. What its password is checked against is a
 * verifier, as PostgreSQL keeps it. Who has that can check a password, guess at it, and
 * play the server to the skill; and who sees a login besides could log in as the skill
 * wherever the same password counts. So it is here and not in a worker.
 *   scram_verifier_read           from its text
 *   scram_server_begin            from the client's first message to ours
 *   scram_server_end              its proof is right: our signature
 * Steps with no I/O and no chance of their own: the nonce is given.
 */
#ifndef VAULT_SCRAM_SERVER_H
#define VAULT_SCRAM_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"
#include "vault/scram.h"

struct out;

#define SCRAM_CLIENT_MAX 512		/* characters of a client's message */
#define SCRAM_CLIENT_NONCE_MAX 256	/* characters of its nonce */
#define SCRAM_BINDING_MAX (sizeof("p=tls-server-end-point,,") + SCRAM_CHANNEL_MAX)

struct scram_verifier {
	uint8_t stored[SCRAM_KEY], server[SCRAM_KEY];	/* StoredKey, ServerKey */
	uint8_t salt[SCRAM_SALT_MAX];
	size_t salt_size;
	uint32_t count;
};

/* One dialogue. */
struct scram_server {
	bool has_begun;
	char auth[SCRAM_CLIENT_MAX + SCRAM_MESSAGE_MAX];	/* client-first-bare "," server-first "," */
	size_t auth_size;
	size_t nonce_at, nonce_size;	/* in it: theirs and ours */
	uint8_t binding[SCRAM_BINDING_MAX];	/* what "c=" must say */
	size_t binding_size;
};

/* Read "SCRAM-SHA-256$COUNT:SALT$STORED:SERVER" (pg_authid.rolpassword). Returns 0 or
 * -EINVAL; *out is then unchanged. */
int scram_verifier_read(struct scram_verifier *out, struct span text);
/*
 * Read a client-first-message that came by SCRAM-SHA-256, or by SCRAM-SHA-256-PLUS, and
 * write the server-first-message. `channel` is the channel's data (tls-server-end-point);
 * empty where SCRAM-SHA-256-PLUS was not offered. `nonce` is ours. The user in it is not
 * looked at: PostgreSQL's clients leave it empty. Returns 0, -EPROTO (not such a message, or a
 * binding that is not there) or -EPROTOTYPE (the client could bind and thinks that we cannot,
 * though we have said so: somebody has cut our offer, RFC 5802 section 6).
 */
int scram_server_begin(struct scram_server *, const struct scram_verifier *, bool is_plus,
    struct span channel, struct span message, struct span nonce, struct out *);
/*
 * Check a client-final-message and write the server-final-message. Returns 0, -EPROTO (out
 * of turn, or not such a message), -EPROTOTYPE (bound to another channel), -EACCES (the
 * proof is wrong) or -EIO. There is no second try.
 */
int scram_server_end(struct scram_server *, const struct scram_verifier *, struct span message,
    struct out *);

#endif
