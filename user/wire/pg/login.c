/*
 * login.c: the upstream login.
 * The client's StartupMessage goes on with another role in it; what the server
 * then wants proven is asked of the keeper (wants_proof, login_proof), and only
 * in the order the protocol has: a server that began SCRAM cannot end it early,
 * so it must show that it knows the secret too (RFC 5802, section 9). One that asks
 * for nothing where a secret is stored is not believed, unless policy says so. The client
 * sees AuthenticationOk, settings, a key of ours, and ReadyForQuery.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"
#include "vault/vault.h"

#define VERSION_3_0 196608u
#define CODE_CANCEL 80877102u
#define CODE_TLS 80877103u
#define KEY_MAX 260	/* protocol 3.2: pid and up to 256 bytes */

static void
parameter(struct out *out, const char *name, struct span value)
{
	out_text(out, name);
	pg_string(out, value);
}

void
pg_login_begin(void *state, struct span role, struct span database, struct out to[WIRE_SIDES])
{
	struct pg *pg = state;
	struct out *out = &to[WIRE_SERVER];
	struct span rest = pg->start, name, value;
	size_t at = out->n;

	if (!pg->has_login || pg->auth != AUTH_NONE || pg->state > PG_LOGIN)
		return;
	out_be32(out, 0);
	out_be32(out, VERSION_3_0);
	parameter(out, "user", role.n ? role : pg->login.user);
	parameter(out, "database", database.n ? database : pg->login.database);
	while (pg_start_take(&rest, &name, &value)) {
		if (span_is(name, "user") || span_is(name, "database") ||
		    span_equal(span_head(name, 5), SPAN("_pq_.")))
			continue;
		pg_string(out, name);
		pg_string(out, value);
	}
	out_u8(out, 0);
	pg_end(out, at);
	pg->state = PG_LOGIN;
	pg->auth = AUTH_BEGUN;
}

bool
pg_wants_proof(void *state, uint8_t *step, struct span *input)
{
	struct pg *pg = state;

	if (pg->auth != AUTH_WANTED && !pg_proves(pg))
		return false;
	*step = pg->step;
	*input = pg->input;
	return true;
}

static void
write_proof(uint8_t step, struct span output, struct out *out)
{
	size_t at = pg_begin(out, 'p');

	if (step == VAULT_SCRAM_FIRST) {
		out_text(out, span_equal(span_head(output, 2), SPAN("p=")) ?
		    "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256");
		out_block(out, output);
	} else if (step == VAULT_SCRAM_FINAL) {
		out_span(out, output);
	} else {
		pg_string(out, output);
	}
	pg_end(out, at);
}

void
pg_login_proof(void *state, uint8_t step, struct span output, struct out to[WIRE_SIDES])
{
	static const enum pg_auth then[VAULT_STEPS] = {
		[VAULT_MD5] = AUTH_PROVEN,
		[VAULT_CLEARTEXT] = AUTH_PROVEN,
		[VAULT_SCRAM_FIRST] = AUTH_FIRST,
		[VAULT_SCRAM_FINAL] = AUTH_FINAL,
		[VAULT_SCRAM_CHECK] = AUTH_PROVEN,
	};
	struct pg *pg = state;

	if ((pg->auth != AUTH_WANTED && !pg_proves(pg)) || step != pg->step)
		return;
	arena_give(pg->arena, (void *)(uintptr_t)pg->input.p);
	pg->input = span_of(NULL, 0);
	if (pg_proves(pg)) {
		pg_proved(pg, output, &to[WIRE_CLIENT]);
		return;
	}
	if (step != VAULT_SCRAM_CHECK)
		write_proof(step, output, &to[WIRE_SERVER]);
	pg->auth = then[step];
}

enum wire_step
pg_want(struct pg *pg, uint8_t step, struct span input, struct wire_event *event)
{
	pg->input = arena_copy(pg->arena, input);
	if (!pg->input.p)
		return pg_bad(pg, event, "no memory left for this flow");
	pg->step = step;
	return WIRE_UNIT;
}

static enum wire_step
want(struct pg *pg, uint8_t step, struct span input, struct wire_event *event)
{
	pg->auth = AUTH_WANTED;
	return pg_want(pg, step, input, event);
}

static enum wire_step
read_mechanisms(struct pg *pg, struct span body, struct wire_event *event)
{
	struct span name;
	uint8_t plus = false;
	bool any = false;

	while (take_text(&body, &name) && name.n) {
		plus |= span_is(name, "SCRAM-SHA-256-PLUS") && pg->tls_is == 'S';
		any |= plus || span_is(name, "SCRAM-SHA-256");
	}
	if (any)
		return want(pg, VAULT_SCRAM_FIRST, span_of(&plus, 1), event);
	return pg_bad(pg, event, "the server offers no SASL mechanism known here");
}

void
pg_negotiate(struct pg *pg, struct out *client)
{
	struct span rest = pg->start, name, value;
	uint32_t declined = 0;
	size_t at, count_at;

	if (!pg->negotiates)
		return;
	pg->negotiates = false;
	at = pg_begin(client, 'v');
	out_be32(client, VERSION_3_0 + pg->minor);
	count_at = client->n;
	out_be32(client, 0);
	while (pg_start_take(&rest, &name, &value)) {
		if (!span_equal(span_head(name, 5), SPAN("_pq_.")))
			continue;
		pg_string(client, name);
		declined++;
	}
	if (!client->failed)
		out_put_be32(client, count_at, declined);
	pg_end(client, at);
}

/* AuthenticationOk: now the client is told. */
static enum wire_step
authenticated(struct pg *pg, struct out *client)
{
	size_t at;

	pg_negotiate(pg, client);
	at = pg_begin(client, 'R');
	out_be32(client, 0);
	pg_end(client, at);
	pg->auth = AUTH_OK;
	return WIRE_UNIT;
}

static enum wire_step
read_authentication(struct pg *pg, struct span body, struct out to[WIRE_SIDES], struct wire_event *event)
{
	uint32_t code;
	uint8_t is_tls = pg->tls_is == 'S';

	if (!take_be32(&body, &code))
		return pg_bad(pg, event, "an authentication message without its kind");
	event->kind = UNIT_OWN;
	if (code == 0 && pg->auth == AUTH_BEGUN && pg->set.needs_proof)
		return pg_bad(pg, event, "the server lets in without asking for a proof");
	if (code == 0 && body.n == 0 && (pg->auth == AUTH_BEGUN || pg->auth == AUTH_PROVEN))
		return authenticated(pg, &to[WIRE_CLIENT]);
	if (code == 3 && body.n == 0 && pg->auth == AUTH_BEGUN)
		return want(pg, VAULT_CLEARTEXT, span_of(&is_tls, 1), event);
	if (code == 5 && body.n == 4 && pg->auth == AUTH_BEGUN)
		return want(pg, VAULT_MD5, body, event);
	if (code == 10 && pg->auth == AUTH_BEGUN)
		return read_mechanisms(pg, body, event);
	if (code == 11 && pg->auth == AUTH_FIRST)
		return want(pg, VAULT_SCRAM_FINAL, body, event);
	if (code == 12 && pg->auth == AUTH_FINAL)
		return want(pg, VAULT_SCRAM_CHECK, body, event);
	if (code == 0 || (code >= 10 && code <= 12) || code == 3 || code == 5)
		return pg_bad(pg, event, "the server's login is out of order");
	return pg_bad(pg, event, "the server wants an authentication not known here");
}

/* Before 3.2 a key has four bytes; since then it may have as many as there are. */
static size_t
key_size(const struct pg *pg)
{
	return pg->minor ? pg->set.key.n : 4;
}

static enum wire_step
read_key(struct pg *pg, struct span body, struct out *client, struct wire_event *event)
{
	size_t at;

	if (pg->auth != AUTH_OK || pg->has_key || body.n < 8 || body.n > KEY_MAX)
		return pg_bad(pg, event, "a cancel key that is not well formed or out of place");
	pg->key = arena_copy(pg->arena, body);
	if (!pg->key.p)
		return pg_bad(pg, event, "no memory left for this flow");
	pg->has_key = true;
	at = pg_begin(client, 'K');
	out_be32(client, span_be32(body, 0));
	out_span(client, span_of(pg->set.key.p, key_size(pg)));
	pg_end(client, at);
	event->kind = UNIT_OWN;
	return WIRE_UNIT;
}

static enum wire_step
read_ready(struct pg *pg, struct span unit, struct out *client, struct wire_event *event)
{
	if (pg->auth != AUTH_OK || unit.n != 6 || unit.p[5] != 'I')
		return pg_bad(pg, event, "the server is ready before its login is complete");
	out_span(client, unit);
	pg->transaction = 'I';
	pg->state = PG_READY;
	arena_give(pg->arena, pg->wishes);
	pg->wishes = NULL;
	pg->login.settings = NULL;
	pg->login.setting_count = pg->wish_count = 0;
	event->kind = UNIT_LOGGED_IN;
	return WIRE_UNIT;
}

static enum wire_step
read_tls(struct pg *pg, struct span in, struct wire_event *event)
{
	if (in.n == 0)
		return pg_more(event, 1);
	if (in.p[0] != 'S' && in.p[0] != 'N')
		return pg_bad(pg, event, "the server does not know the question for TLS");
	pg->tls_is = (char)in.p[0];
	pg->tls_waits = false;
	event->kind = UNIT_OWN;
	event->n = 1;
	return WIRE_UNIT;
}

static enum wire_step
read_message(struct pg *pg, struct span unit, struct out to[WIRE_SIDES], struct wire_event *event)
{
	struct span body = span_skip(unit, 5);

	switch (unit.p[0]) {
	case 'R':
		return read_authentication(pg, body, to, event);
	case 'K':
		return read_key(pg, body, &to[WIRE_CLIENT], event);
	case 'Z':
		return read_ready(pg, unit, &to[WIRE_CLIENT], event);
	case 'S':
		event->kind = UNIT_PLAIN;
		return pg->auth == AUTH_OK ? WIRE_UNIT : pg_bad(pg, event, "a setting before the login is complete");
	case 'E':
		event->is_final = true;
		return pg_read_text(pg, 'E', body, event);
	case 'N':
		return pg_read_text(pg, 'N', body, event);
	default:
		return pg_bad(pg, event, "a message that has no place in a login");
	}
}

enum wire_step
pg_login_next(struct pg *pg, struct span in, struct out to[WIRE_SIDES], struct wire_event *event)
{
	size_t total;

	if (pg->tls_waits)
		return read_tls(pg, in, event);
	if (in.n == 0)
		return pg_more(event, 1);
	if (pg->auth == AUTH_NONE || pg->auth == AUTH_WANTED)
		return pg_bad(pg, event, "the server speaks out of turn in its login");
	if (in.n < 5)
		return pg_more(event, 5);
	total = pg_total(in);
	if (total < 5 || total > PG_LOGIN_MAX)
		return pg_bad(pg, event, "a login message of impossible length");
	if (in.n < total)
		return pg_more(event, total);
	event->n = total;
	return read_message(pg, span_head(in, total), to, event);
}

void
pg_tls_ask(void *state, struct out to[WIRE_SIDES])
{
	struct pg *pg = state;

	if (pg->auth != AUTH_NONE || pg->tls_waits)
		return;
	out_be32(&to[WIRE_SERVER], 8);
	out_be32(&to[WIRE_SERVER], CODE_TLS);
	pg->tls_waits = true;
	pg->tls_is = 0;
}

char
pg_tls_answer(void *state)
{
	return ((struct pg *)state)->tls_is;
}

bool
pg_holds_key(const void *state, const struct wire_cancel *cancel)
{
	const struct pg *pg = state;
	uint8_t differs = 0;

	if (!pg->has_key || span_be32(pg->key, 0) != cancel->pid || cancel->key.n != key_size(pg))
		return false;
	for (size_t i = 0; i < cancel->key.n; i++)
		differs |= cancel->key.p[i] ^ pg->set.key.p[i];
	return !differs;
}

bool
pg_cancel(void *state, struct out *out)
{
	struct pg *pg = state;

	if (!pg->has_key)
		return false;
	out_be32(out, (uint32_t)(8 + pg->key.n));
	out_be32(out, CODE_CANCEL);
	out_span(out, pg->key);
	return true;
}
