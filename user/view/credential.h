/*
 * credential.h: what a stored secret is made of, and whether it can be shown as the policy says.
 * A secret is one line of text. Where the policy names no user, or no access key, it begins with
 * that and a colon. What could end the field it is put into, or begin another, is no secret:
 * keeper, worker and `interlock secret set` ask here. Pure.
 */
#ifndef VIEW_CREDENTIAL_H
#define VIEW_CREDENTIAL_H

#include <stdbool.h>

#include "span.h"

struct view_credential;

/* Spans into the stored text, or into the view. */
struct view_parts {
	struct span user;	/* BASIC; SIGV4: the access key id; else empty */
	struct span secret;
	struct span token;	/* SIGV4: of a session; empty: none */
};

/* Take `stored` apart. False: it cannot be shown in that way; *out is unchanged. */
bool view_credential_read(const struct view_credential *, struct span stored, struct view_parts *out);
/* What is wrong then, for people: "expected ID:SECRET or ID:SECRET:TOKEN, …". */
const char *view_credential_form(const struct view_credential *);
/* Is it shown to the worker that carries it (and not only used by the keeper)? */
bool view_credential_is_lent(const struct view_credential *);

#endif
