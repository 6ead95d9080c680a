/*
 * vault.h: proofs the keeper computes, so that a secret never leaves it.
 * MSG_PROOF carries a step and its input; MSG_PROOF_IS the next bytes to send
 * upstream. The keeper holds a dialogue per (worker, flow) for the SCRAM steps.
 * Status: ENOENT no secret for this target; EPERM it may not be read; EOPNOTSUPP the
 * policy does not allow the backend this proof; EPROTO out of turn, or what the server
 * said is wrong; ERANGE salt or count out of limits; EACCES the server does not know the
 * secret (only from VAULT_SCRAM_CHECK); EAGAIN no policy yet, the use could not be
 * recorded, or too many keys of this target are being made for this worker.
 * Of VAULT_CLEARTEXT, VAULT_LEND, VAULT_SIGV4*: EPERM too that this flow is another target's, EDQUOT it has
 * borrowed too often, ENOKEY no token can be had now, EINVAL the secret cannot be shown as the policy says, ERANGE a
 * time that is not now.
 * Of VAULT_VERIFY_*: ENOENT no verifier for this skill; EPROTO not SCRAM, or out of turn; EACCES the
 * skill's proof is wrong; EPROTOTYPE its binding is not what the channel is (vault/scram_server.h).
 */
#ifndef VAULT_VAULT_H
#define VAULT_VAULT_H

enum vault_step {
	VAULT_MD5 = 1,		/* in: 4 bytes salt; out: "md5" + 32 hex (AuthenticationMD5Password) */
	VAULT_SCRAM_FIRST,	/* in: 1 byte, scram_bind()'s flag, and the channel's data with 'p';
				 * out: client-first-message with that gs2 header (RFC 5802, 7677) */
	VAULT_SCRAM_FINAL,	/* in: server-first-message; out: client-final-message with proof */
	VAULT_SCRAM_CHECK,	/* in: server-final-message; out: empty; status EACCES: the server does not know the secret */
	VAULT_CLEARTEXT,	/* in: 1 byte: 1 when the upstream leg is verified TLS;
				 * out: the password, lent, entered; else EOPNOTSUPP */
	VAULT_CHAIN,		/* in: empty; out: the client certificate and its chain in PEM */
	VAULT_SIGN,		/* in: what a client's CertificateVerify signs in TLS 1.3 (RFC 8446 section 4.4.3);
				 * out: its signature by the client certificate's key; EPERM: it is something else */
	VAULT_VERIFY_FIRST,	/* text is the skill's name; in: u8 came by SCRAM-SHA-256-PLUS, block channel's data
				 * (empty: that was not offered), client-first-message; out: server-first-message */
	VAULT_VERIFY_FINAL,	/* text is the skill's name; in: client-final-message; out: server-final-message */
	VAULT_LEND,		/* HTTP; in: 1 byte: 1 when the upstream leg is verified TLS; of oauth2 perhaps a second,
				 * 1: the backend did not take the last one; out: the secret as it is stored, lent,
				 * entered; of oauth2 be32 milliseconds, and a token to be used so long; else EOPNOTSUPP */
	VAULT_SIGV4_KEY,	/* in: empty; out: block access key id, block session token (empty: none) */
	VAULT_SIGV4,		/* in: time as "20060102T150405Z" (16 bytes), SHA-256 of the canonical request (32);
				 * out: its signature, 64 hex; date and scope are the keeper's and the policy's */
	VAULT_SIGV4_CHUNKS,	/* in: the time of a request that was signed, not more than 12 hours ago (16 bytes), the last
				 * signature of it or its body (64 hex), 1 byte: 1 when the last hash is of trailers, and 1 to
				 * 32 SHA-256 of the chunks that follow (32 each); out: a signature for each, 64 hex */
	VAULT_STEPS
};

#define VAULT_SIGV4_TIME 16
#define VAULT_SIGV4_HASH 32
#define VAULT_SIGV4_SIGNATURE 64
#define VAULT_SIGV4_CHUNKS_HEAD (VAULT_SIGV4_TIME + VAULT_SIGV4_SIGNATURE + 1)
#define VAULT_SIGV4_CHUNKS_MOST 32

#endif
