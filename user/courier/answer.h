/*
 * answer.h: what a token endpoint says (RFC 6749 sections 5.1 and 5.2).
 * Strict: one JSON object, no name twice, a bearer token of visible ASCII characters, a lifetime that is a positive
 * whole number of seconds. Members that RFC 6749 does not name are passed over, as it says. Pure but for memory,
 * which jansson takes as this process has set it (main/courier.c wipes what is given back).
 */
#ifndef COURIER_ANSWER_H
#define COURIER_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "span.h"

#define ANSWER_BYTES (64u << 10)	/* of a body, or a head */
#define ANSWER_TOKEN 8192		/* bytes of a token */
#define ANSWER_ERROR 64			/* bytes of an error's name */
#define ANSWER_LIFETIME 300		/* seconds, where the answer has none */
#define ANSWER_LIFETIME_MOST (30 * 86400)	/* longer is taken for this */

struct answer {
	char token[ANSWER_TOKEN + 1];
	char refresh[ANSWER_TOKEN + 1];	/* empty: none came */
	uint32_t lifetime;		/* seconds from when it was made */
	char error[ANSWER_ERROR + 1];	/* "invalid_client"; empty: none, or not in RFC 6749's characters */
};

/*
 * Read an answer of that status (HTTP) and type (Content-Type). Returns 0; -EACCES: the endpoint refused, `error` says
 * what; -EPROTO: it is neither, `*why` is a constant sentence. On failure there is no token in *out.
 */
int answer_read(unsigned int status, struct span type, struct span body, struct answer *out, const char **why);

#endif
