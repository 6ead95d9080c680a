/*
 * prove.c: the client's own login, where one is asked of it.
 * Asked before anything is sent upstream: AuthenticationSASL, its first message, ours, its
 * final one, ours; then the login goes on as ever. What the messages say is for the
 * keeper; here is only their order, and which mechanism the client chose. Bound to our
 * certificate (SCRAM-SHA-256-PLUS) is offered over our TLS, and only there.
 */
#include "wire/pg/pg.h"

#include "vault/vault.h"

#define PLAIN "SCRAM-SHA-256"
#define BOUND "SCRAM-SHA-256-PLUS"
#define MECHANISM_MAX 64
#define INPUT_MAX 2048	/* what the keeper takes of it is less (vault/scram_server.h) */

void
pg_challenge(void *state, bool binds, struct out to[WIRE_SIDES])
{
	struct pg *pg = state;
	struct out *client = &to[WIRE_CLIENT];
	size_t at;

	if (!pg->has_login || pg->auth != AUTH_NONE || pg->prove != PROVE_NONE)
		return;
	pg_negotiate(pg, client);
	at = pg_begin(client, 'R');
	out_be32(client, 10);
	if (binds)
		out_text(client, BOUND);
	out_text(client, PLAIN);
	out_u8(client, 0);
	pg_end(client, at);
	pg->prove_binds = binds;
	pg->prove = PROVE_ASKED;
}

/* SASLInitialResponse: mechanism, length, message. */
static enum wire_step
read_first(struct pg *pg, struct span body, struct wire_event *event)
{
	uint8_t room[1 + INPUT_MAX];
	struct span name, message;
	uint32_t n;
	bool is_plus;

	if (!take_text(&body, &name) || !take_be32(&body, &n) || n != body.n)
		return pg_bad(pg, event, "an answer to SASL that is not well formed");
	is_plus = span_is(name, BOUND) && pg->prove_binds;
	if (!is_plus && !span_is(name, PLAIN))
		return pg_bad(pg, event, "a SASL mechanism that was not offered");
	message = span_head(body, INPUT_MAX);
	room[0] = is_plus;
	memcpy(room + 1, message.p, message.n);
	pg->prove = PROVE_FIRST;
	return pg_want(pg, VAULT_VERIFY_FIRST, span_of(room, 1 + message.n), event);
}

static enum wire_step
read_answer(struct pg *pg, struct span unit, struct wire_event *event)
{
	struct span body = span_skip(unit, 5);

	event->kind = UNIT_OWN;
	if (unit.p[0] == 'X' && !body.n) {
		event->kind = UNIT_BYE;
		return WIRE_UNIT;
	}
	if (unit.p[0] != 'p')
		return pg_bad(pg, event, "the client is asked for a proof and says something else");
	if (pg->prove == PROVE_ASKED)
		return read_first(pg, body, event);
	pg->prove = PROVE_FINAL;
	return pg_want(pg, VAULT_VERIFY_FINAL, body, event);
}

enum wire_step
pg_prove_next(struct pg *pg, struct span in, struct wire_event *event)
{
	size_t total;

	if (in.n == 0)
		return pg_more(event, 1);
	if (pg->prove != PROVE_ASKED && pg->prove != PROVE_ANSWERED)
		return pg_bad(pg, event, "the client speaks before its login is complete");
	if (in.n < 5)
		return pg_more(event, 5);
	total = pg_total(in);
	if (total < 5 || total > INPUT_MAX + MECHANISM_MAX)
		return pg_bad(pg, event, "an answer to SASL of impossible length");
	if (in.n < total)
		return pg_more(event, total);
	event->n = total;
	return read_answer(pg, span_head(in, total), event);
}

bool
pg_proves(const struct pg *pg)
{
	return pg->prove == PROVE_FIRST || pg->prove == PROVE_FINAL;
}

/* AuthenticationSASLContinue, AuthenticationSASLFinal. */
void
pg_proved(struct pg *pg, struct span output, struct out *client)
{
	size_t at = pg_begin(client, 'R');

	out_be32(client, pg->prove == PROVE_FIRST ? 11 : 12);
	out_span(client, output);
	pg_end(client, at);
	pg->prove = pg->prove == PROVE_FIRST ? PROVE_ANSWERED : PROVE_DONE;
}
