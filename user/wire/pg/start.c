/*
 * start.c: how a client begins: asking for TLS or GSS, to cancel, or to log in.
 * These messages have no tag. Answers to TLS and GSS are written at once; the
 * parameters of a login are kept until the upstream is dialled. What a newer
 * client asks beyond protocol 3.0 is declined with NegotiateProtocolVersion.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"

#define CODE_CANCEL 80877102u
#define CODE_TLS 80877103u
#define CODE_GSS 80877104u
#define MAJOR 3
#define PARAMETERS_MAX 64
#define TLS_HANDSHAKE 0x16	/* RFC 8446, section 5.1: ContentType handshake */

bool
pg_start_take(struct span *in, struct span *name, struct span *value)
{
	return take_text(in, name) && name->n > 0 && take_text(in, value);
}

static bool
is_off(struct span value)
{
	return span_is(value, "false") || span_is(value, "off") || span_is(value, "no") || span_is(value, "0");
}

/* One parameter into the login; NULL or what is wrong. */
static const char *
read_parameter(struct wire_login *login, struct span name, struct span value, unsigned int *seen)
{
	static const char *const once[] = { "user", "database", "replication", "application_name" };

	for (unsigned int i = 0; i < COUNT(once); i++) {
		if (!span_is(name, once[i]))
			continue;
		if (*seen & 1u << i)
			return "a start-up parameter is given twice";
		*seen |= 1u << i;
	}
	if (span_is(name, "user"))
		login->user = value;
	if (span_is(name, "database"))
		login->database = value;
	if (span_is(name, "application_name"))
		login->application = value;
	if (span_is(name, "replication"))
		login->is_replication = !is_off(value);
	return NULL;
}

static const char *
read_parameters(struct pg *pg, struct span in)
{
	struct wire_login login = { 0 };
	struct span name = { 0 }, value;
	unsigned int seen = 0, count = 0;

	pg->wish_count = 0;
	while (pg_start_take(&in, &name, &value)) {
		const char *why = read_parameter(&login, name, value, &seen);

		if (!why)
			why = pg_option_read(pg, name, value);
		if (why)
			return why;
		if (++count > PARAMETERS_MAX)
			return "too many start-up parameters";
		if (span_equal(span_head(name, 5), SPAN("_pq_.")))
			pg->negotiates = true;
	}
	if (name.n || in.n || login.user.n == 0)
		return "a start-up message that is not well formed";
	if (login.database.n == 0)
		login.database = login.user;	/* the server's own default */
	login.settings = pg->wishes;
	login.setting_count = pg->wish_count;
	pg->login = login;
	return NULL;
}

static enum wire_step
read_login(struct pg *pg, struct span body, uint32_t code, struct wire_event *event)
{
	const char *why;

	if (code >> 16 != MAJOR)
		return pg_bad(pg, event, "a protocol version other than 3");
	arena_give(pg->arena, (void *)(uintptr_t)pg->start.p);
	pg->start = arena_copy(pg->arena, body);
	if (!pg->start.p)
		return pg_bad(pg, event, "no memory left for this flow");
	pg->minor = (code & 0xffff) >= PG_MINOR ? PG_MINOR : 0;
	pg->negotiates = (code & 0xffff) != pg->minor;
	why = read_parameters(pg, pg->start);
	if (why)
		return pg_bad(pg, event, why);
	pg->has_login = true;
	event->kind = UNIT_LOGIN;
	event->login = pg->login;
	return WIRE_UNIT;
}

static enum wire_step
read_cancel(struct pg *pg, struct span body, struct wire_event *event)
{
	struct wire_cancel *cancel = &event->cancel;

	if (body.n < 8 || body.n - 4 > sizeof(cancel->key.p))
		return pg_bad(pg, event, "a cancel request with a key not given out here");
	event->kind = UNIT_CANCEL;
	*cancel = (struct wire_cancel){ .pid = span_be32(body, 0), .key.n = (uint8_t)(body.n - 4) };
	memcpy(cancel->key.p, body.p + 4, cancel->key.n);
	return WIRE_UNIT;
}

static enum wire_step
answer_encryption(struct pg *pg, bool is_tls, struct out to[WIRE_SIDES], struct wire_event *event)
{
	bool *asked = is_tls ? &pg->tls_asked : &pg->gss_asked;

	if (*asked)
		return pg_bad(pg, event, "encryption is asked for twice");
	*asked = true;
	event->kind = is_tls && pg->set.offers_tls ? UNIT_TLS : UNIT_OWN;
	out_u8(&to[WIRE_CLIENT], event->kind == UNIT_TLS ? 'S' : 'N');
	return WIRE_UNIT;
}

/* sslnegotiation=direct (PostgreSQL 17): the first byte is a ClientHello's. It names the rest. */
static enum wire_step
begin_direct(struct pg *pg, struct wire_event *event)
{
	if (pg->tls_asked || pg->gss_asked || !pg->set.offers_tls)
		return pg_bad(pg, event, "TLS where it was not agreed on");
	pg->tls_asked = true;
	event->kind = UNIT_TLS;
	event->is_direct = true;
	event->n = 1;
	return WIRE_UNIT;
}

enum wire_step
pg_start_next(struct pg *pg, struct span in, struct out to[WIRE_SIDES], struct wire_event *event)
{
	uint32_t n, code;
	struct span body;

	if (in.n && in.p[0] == TLS_HANDSHAKE)
		return begin_direct(pg, event);
	if (in.n && in.p[0] != 0)
		return pg_bad(pg, event, "not a PostgreSQL client");
	if (in.n < 4)
		return pg_more(event, 4);
	n = span_be32(in, 0);
	if (n < 8 || n > PG_START_MAX)
		return pg_bad(pg, event, "a start-up message of impossible length");
	if (in.n < n)
		return pg_more(event, n);
	code = span_be32(in, 4);
	body = span_skip(span_head(in, n), 8);
	event->n = n;
	if (code == CODE_CANCEL)
		return read_cancel(pg, body, event);
	if (code != CODE_TLS && code != CODE_GSS)
		return read_login(pg, body, code, event);
	if (body.n)
		return pg_bad(pg, event, "a request for encryption with something in it");
	return answer_encryption(pg, code == CODE_TLS, to, event);
}
