/*
 * secure.c: TLS to the backend, with a certificate where the target has one.
 * The keeper gives the certificate before the handshake begins, and its signature in the
 * middle of it; both are awaited like other proofs, for each connection anew. A backend that did not ask for the
 * certificate is not logged in to: policy says that it must.
 */
#include "flow/flow.h"
#include "inject/inject.h"
#include "vault/vault.h"

static const struct view_target *
target_of(const struct flow *flow)
{
	return &flow->policy->view->targets[flow->target];
}

static bool
ask(struct flow *flow, uint8_t step, struct span input)
{
	if (!inject_ask(flow->worker->post, flow_request(flow), span_text(flow->target_name),
	    &flow->id, step, input))
		return true;
	flow_backend_failed(flow, "the keeper cannot be asked");
	return false;
}

/* Our first words; `chain` is empty where there is no certificate. */
static bool
begin(struct flow *flow, struct span chain)
{
	const struct view_target *target = target_of(flow);
	struct leg *leg = &flow->legs[WIRE_SERVER];
	int error = tls_client_new(&leg->tls, target->tls, flow->policy->roots[flow->target], target->tls_name,
	    flow_greet_offers(flow));

	leg->tls_terms = flow->policy->terms[flow->target];
	if (!error && target->has_certificate)
		error = tls_set_certificate(leg->tls, chain);
	if (!error)
		flow_resume(flow, WIRE_SERVER);
	if (error || tls_write(leg->tls, span_of(NULL, 0), &leg->cipher) == TLS_BROKEN) {
		flow_backend_failed(flow, "TLS to the backend cannot be started");
		return false;
	}
	return true;
}

bool
flow_secure_begin(struct flow *flow)
{
	if (flow_leg_in(flow, WIRE_SERVER).n) {
		flow_backend_failed(flow, "the backend sent bytes in plain before TLS");
		return false;
	}
	return target_of(flow)->has_certificate ? ask(flow, VAULT_CHAIN, span_of(NULL, 0)) :
	    begin(flow, span_of(NULL, 0));
}

bool
flow_secure_step(struct flow *flow, bool *is_done)
{
	const struct leg *leg = &flow->legs[WIRE_SERVER];
	struct span content;

	*is_done = false;
	if (tls_needs_signature(leg->tls, &content))
		return ask(flow, VAULT_SIGN, content);
	if (leg->tls_open && target_of(flow)->has_certificate && !tls_has_signed(leg->tls)) {
		flow_backend_failed(flow, "the backend did not ask for the client certificate, "
		    "without which policy lets nobody in");
		return false;
	}
	*is_done = leg->tls_open;
	return true;
}

void
flow_secure_answered(struct flow *flow, uint8_t step, int status, struct span output)
{
	struct leg *leg = &flow->legs[WIRE_SERVER];
	enum tls_state state;

	if (status) {
		flow_backend_failed(flow, "the client certificate or its key cannot be used");
		return;
	}
	if (step == VAULT_CHAIN) {
		if (begin(flow, output))
			flow_pump(flow);
		return;
	}
	if (tls_set_signature(leg->tls, output)) {
		flow_backend_failed(flow, "the keeper's signature was not asked for");
		return;
	}
	state = tls_write(leg->tls, span_of(NULL, 0), &leg->cipher);
	if (state == TLS_BROKEN) {
		flow_backend_failed(flow, tls_error(leg->tls));
		return;
	}
	leg->tls_open = state == TLS_OPEN;
	flow_pump(flow);
}
