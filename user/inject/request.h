/*
 * request.h: puts the real credential into the requests of one flow, in place of what the skill shows.
 * The conductor calls, for each request that may go upstream and just before it does:
 *   inject_next() until it says INJECT_READY; for INJECT_ASK it puts the question to the keeper (inject_ask()) and
 *   gives the answer to inject_answer(); then inject_change(), the codec's change(), inject_sent(). A body that has
 *   more than the request brought may have to be changed too: inject_uploads().
 * One flow has one of these, from its first request to its end: what was lent is kept until then, wiped with it,
 * and every answer of the flow is looked through for it (echo.h, with inject_secrets()).
 * In the worker; no I/O. Secrets lie in pages of their own, never in an arena.
 */
#ifndef INJECT_REQUEST_H
#define INJECT_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "inject/upload.h"
#include "span.h"
#include "vault/vault.h"

struct arena;
struct inject;		/* opaque */
struct inject_marks;
struct view_target;
struct wire_change;
struct wire_head;
struct wire_request;

enum inject_way {
	INJECT_ASK,	/* the keeper must answer a question first */
	INJECT_READY,	/* inject_change() may be called */
	INJECT_REFUSED,	/* it cannot be sent with the credential: refuse the request, and say why */
};

struct inject_question {
	uint8_t step;		/* of vault/vault.h */
	uint8_t room[UPLOAD_INPUT_MAX];
	struct span input;	/* in room */
	const char *why;	/* INJECT_REFUSED: a constant sentence, for the skill too */
};

/*
 * For a flow to that target; `is_tls`: its leg to the backend is TLS, and what the policy wants of it was
 * verified. *out is NULL, which all functions here take, where the target has no credential: a request then goes
 * with what the skill has. When another policy is in force: free, and open anew. Returns 0 or -ENOMEM.
 */
int inject_open(struct inject **out, const struct view_target *, bool is_tls);
/*
 * What must be done before this request can be sent. `path_and_query` is what would be sent (empty: the request's
 * own), `wall` the time in ns. Asked of another request before inject_sent(), it begins with that one.
 */
enum inject_way inject_next(struct inject *, const struct wire_request *, struct span path_and_query, uint64_t wall,
    struct inject_question *);
/* What the keeper answered (status 0). Returns 0, -EPROTO (it does not fit the question) or -ENOMEM. */
int inject_answer(struct inject *, uint8_t step, struct span output);
/* Take over what another one, of the same target under the same policy, was lent, unless there is something already: streams
 * of one connection need one loan. Either may be NULL. Returns 0, or -ENOMEM and -E2BIG, when there is none. */
int inject_borrow(struct inject *, const struct inject *from);
/*
 * Add to *change, which is empty or has changes of others: names go into the arena, what is secret stays here, good until
 * inject_sent(). Returns 0, -E2BIG (what others changed has a query of too many parameters) or -ENOMEM: the request must
 * not be sent.
 */
int inject_change(struct inject *, const struct wire_request *, struct arena *, struct wire_change *);
/* The codec has written it, or it will not be sent: forget what was made for it. */
void inject_sent(struct inject *);
/*
 * A body in chunks of AWS's own framing goes on in others (upload.h). While inject_uploads(): for each of its runs behind
 * the request, inject_body() until it says INJECT_READY, as with inject_next(), and put *out in its place. It is the same
 * run until inject_body_sent().
 */
bool inject_uploads(const struct inject *);
enum inject_way inject_body(struct inject *, struct span bytes, bool ends, struct inject_question *, struct span *out);
void inject_body_sent(struct inject *);
/* The backend did not take it (401): borrow anew for the next request, since it may have been replaced meanwhile.
 * The keeper bounds how often, and fetches a token anew where it has had this one for a while. What was lent before is
 * still looked for. */
void inject_renew(struct inject *);

/* What answers are looked through for; NULL: nothing. */
struct inject_marks *inject_secrets(const struct inject *);
/* Add to *change that fields of this answer's head which say a secret are dropped, all of their name; *count is how many
 * names. Returns 0 or -ENOMEM: the answer must not be passed. */
int inject_head(const struct inject *, const struct wire_head *, struct arena *, struct wire_change *, size_t *count);
/* Wiped; what is looked for stays in the streams of echo.h that are still open. */
void inject_close(struct inject **);

#endif
