/* request_own.h: what the files of request.h share. Nobody else includes it. */
#ifndef INJECT_REQUEST_OWN_H
#define INJECT_REQUEST_OWN_H

#include "base/secret.h"
#include "inject/canonical.h"
#include "inject/request.h"
#include "out.h"
#include "view.h"
#include "view/credential.h"

#define INJECT_TEXT_MAX (4u << 20)	/* of a field or a path that is made: the codec takes far less */

struct inject {
	struct view_credential how;	/* its texts are in `texts` */
	char *texts;
	bool is_tls, is_verified;
	bool has_loan;			/* `loan` is what the keeper gave, `parts` lie in it */
	struct secret loan;
	uint64_t asked, until;		/* OAUTH2: when for it, and how long it is used (wall time, ns) */
	bool was_refused;		/* OAUTH2: the backend did not take the last one */
	struct view_parts parts;
	struct inject_marks *marks;
	/* of the request that is being sent */
	bool is_prepared, is_signed;
	struct inject_signing signing;
	uint64_t wall;			/* when it was prepared */
	char signature[VAULT_SIGV4_SIGNATURE + 1];
	struct secret made;		/* field or path with the secret in it */
	/* and of its body, where that is in chunks */
	struct upload *upload;
	bool is_taken;			/* the run in hand has gone into it */
	uint8_t begins[VAULT_SIGV4_HASH];	/* SHA-256 of what the request brought of it, which no signature of it is of */
};

/* request.c */
enum inject_way inject_question_ask(struct inject_question *, uint8_t step, struct span input);
enum inject_way inject_question_refuse(struct inject_question *, const char *why);
/* What would be sent; a request without one has its own put together in *room. */
struct span inject_target_of(const struct wire_request *, struct span path_and_query, struct out *room);

/* sign.c */
enum inject_way inject_sign_next(struct inject *, const struct wire_request *, struct span path_and_query, uint64_t wall,
    struct inject_question *);
/* Of VAULT_SIGV4 and VAULT_SIGV4_CHUNKS. */
int inject_sign_answer(struct inject *, uint8_t step, struct span output);

#endif
