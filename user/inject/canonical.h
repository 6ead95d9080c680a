/*
 * canonical.h: a request in the one form that AWS Signature Version 4 signs (AWS documentation, "Create a
 * canonical request"), of which the keeper signs the hash.
 * Whatever the skill signed, in a header or in the query (presigned), is taken out, and the request is signed
 * anew by its header. The path and the query are sent in the form that is signed, so that the service cannot
 * read them in another way. What is signed of the head: host, content-type, content-md5 and all of x-amz-*.
 *
 * The body: one that is here whole is signed by its SHA-256. Of a longer one the SHA-256 that the skill told is
 * signed; without that, S3 takes UNSIGNED-PAYLOAD over TLS, other services nothing. A body in chunks of its own
 * framing (aws-chunked) is signed with its head alone, and then chunk by chunk (upload.h). Pure but for memory.
 */
#ifndef INJECT_CANONICAL_H
#define INJECT_CANONICAL_H

#include <stdbool.h>
#include <stdint.h>

#include "out.h"
#include "span.h"
#include "vault/vault.h"

struct upload_form;
struct view_credential;
struct wire_request;

#define INJECT_HEX (2 * VAULT_SIGV4_HASH)

struct inject_signing {
	char time[VAULT_SIGV4_TIME + 1];	/* X-Amz-Date */
	char payload[INJECT_HEX + 1];	/* what stands for the body */
	bool sends_payload;		/* as X-Amz-Content-Sha256 too */
	const struct upload_form *upload;	/* the body comes in it; NULL: in none */
	struct out path_and_query;	/* as it is to be sent */
	struct out names;		/* of the fields that are signed, "host;x-amz-date" */
	uint8_t hash[VAULT_SIGV4_HASH];	/* of the canonical request */
};

/* What goes into it besides the request. */
struct inject_terms {
	const struct view_credential *how;
	struct span token;		/* of a session; empty: none */
	struct span path_and_query;	/* as it would be sent */
	uint64_t wall;			/* ns */
	bool is_tls;			/* to the backend */
};

/* Fill *out, which is empty or was filled before. Returns 0, -ENOMEM, or -EINVAL and why in a constant sentence. */
int inject_canonical(struct inject_signing *out, const struct inject_terms *, const struct wire_request *,
    const char **why);
void inject_signing_free(struct inject_signing *);
/* SHA-256. Returns 0 or -ENOMEM. */
int inject_hash(struct span in, uint8_t hash[VAULT_SIGV4_HASH]);
/* Names are compared without case. */
bool inject_name_is(struct span name, const char *other);

#endif
