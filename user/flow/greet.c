/*
 * greet.c: the beginning of a flow whose client does not log in.
 * Its first bytes say whether it speaks TLS or the protocol itself; what is neither is
 * refused. The backend is dialed before anything is answered, and where it speaks
 * TLS it has shown a certificate that is right before the skill is shown one of
 * ours: what the skill takes for the backend's failure is the backend's failure.
 */
#include <stdio.h>

#include "decide/decide.h"
#include "flow/flow.h"

#define SURE 50		/* of 100: what else speaks first on such a port is not this protocol */
#define PREFACE SPAN("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")	/* RFC 9113 section 3.4 */
#define TLS_HANDSHAKE 22	/* RFC 8446 section 5.1 */

/* Has it any business there? Each ask is judged when it comes. */
static bool
may_dial(struct flow *flow)
{
	char why[DECIDE_WHY];

	if (decide_has_duty(flow->policy->view, span_text(flow->who.skill), flow->target, why))
		return true;
	flow_login_failed(flow, REFUSAL_POLICY, why);
	return false;
}

static void
dial(struct flow *flow)
{
	if (may_dial(flow))
		flow_dial(flow);
}

void
flow_greet_named(struct flow *flow, struct span server_name, struct span protocols)
{
	snprintf(flow->server_name, sizeof(flow->server_name), "%.*s", (int)server_name.n,
	    server_name.n ? (const char *)server_name.p : "");
	flow->says_protocol = protocols.n > 0;
	flow->offers_h2 = tls_offers(protocols, "h2");
	flow->only_h2 = flow->offers_h2 && !tls_offers(protocols, "http/1.1");
	flow->is_old = !tls_offers(protocols, "http/1.1") && tls_offers(protocols, "http/1.0");
	dial(flow);
}

const char *
flow_greet_offers(const struct flow *flow)
{
	return flow->codec->has_login ? NULL : flow->offers_h2 ? "h2 http/1.1" : "http/1.1";
}

/* What the backend speaks is spoken with the client; who can do nothing else has HTTP/2 whatever that is. */
static const char *
chosen(const struct flow *flow)
{
	const struct tls *backend = flow->legs[WIRE_SERVER].tls;

	if (!flow->says_protocol)
		return NULL;
	if (backend && span_is(tls_protocol(backend), "h2"))
		return "h2";
	return flow->is_old ? "http/1.0" : flow->only_h2 ? "h2" : "http/1.1";
}

/* Both sides are there. True: units of HTTP/1.1 come. */
static bool
begin(struct flow *flow)
{
	const struct leg *client = &flow->legs[WIRE_CLIENT];
	bool is_h2 = client->tls ? span_is(tls_protocol(client->tls), "h2") : flow->offers_h2;

	if (is_h2) {
		lanes_begin(flow);
		return false;
	}
	flow_move(flow, FLOW_OPEN);
	return true;
}

void
flow_greet_backend(struct flow *flow)
{
	struct leg *client = &flow->legs[WIRE_CLIENT];
	struct span name;

	if (flow->parent) {
		way_ready(flow);
		return;
	}
	if (!client->tls) {
		if (begin(flow))
			flow_pump(flow);
		return;
	}
	tls_choose(client->tls, chosen(flow));
	if (tls_write(client->tls, span_of(NULL, 0), &client->cipher) == TLS_BROKEN) {
		flow_close(flow, tls_error(client->tls));
		return;
	}
	if (tls_needs_leaf(client->tls, &name))
		flow_want_leaf(flow, name);
	else
		flow_move(flow, FLOW_GREETING);	/* it takes up a session: it has seen the certificate */
}

bool
flow_greet(struct flow *flow)
{
	const struct leg *client = &flow->legs[WIRE_CLIENT];
	struct span in = flow_leg_in(flow, WIRE_CLIENT);
	size_t need = 0;

	if (client->tls_open)
		return begin(flow);
	if (client->tls)
		return false;
	if (in.p[0] == TLS_HANDSHAKE) {
		(void)flow_begin_tls(flow, 0);
		return false;
	}
	flow->offers_h2 = span_equal(span_head(in, PREFACE.n), PREFACE);
	if (!flow->offers_h2 && span_equal(in, span_head(PREFACE, in.n)))
		return false;	/* it is not here whole yet */
	if (flow->offers_h2 || flow->codec->sniff(in, &need) >= SURE)
		dial(flow);
	else if (need <= in.n)
		flow_login_failed(flow, REFUSAL_PROTOCOL,
		    "the skill speaks neither TLS nor the target's protocol");
	return false;
}
