/*
 * prove.c: a skill proves its own password, where policy has a verifier for it.
 * Who a skill is the kernel says; this is for clients that speak with nobody who does not
 * know their password, or that want to be asked for it. It comes after the login is judged
 * and before anything is dialled.
 */
#include <errno.h>
#include <stdio.h>

#include "flow/flow.h"
#include "inject/inject.h"
#include "vault/vault.h"

#define INPUT_BYTES INJECT_INPUT_MAX

bool
flow_must_prove(const struct flow *flow)
{
	const struct view_worker *view = flow->policy->view;

	for (size_t i = 0; i < view->skill_count; i++)
		if (span_is(span_text(flow->who.skill), view->skills[i].skill))
			return view->skills[i].has_verifier;
	return false;
}

void
flow_prove(struct flow *flow)
{
	flow_move(flow, FLOW_PROVING);
	flow->codec->challenge(flow->codec_state, flow->legs[WIRE_CLIENT].tls_open, flow->to);
	flow_pump(flow);
}

/* What the channel is: our certificate's digest, where there is TLS. */
static bool
add_channel(const struct flow *flow, struct span said, struct out *out)
{
	const struct leg *leg = &flow->legs[WIRE_CLIENT];
	uint8_t digest[TLS_END_POINT_MAX];
	size_t n = leg->tls_open ? tls_end_point(leg->tls, digest) : 0;

	out_u8(out, said.p[0]);
	out_block(out, span_of(digest, n));
	out_span(out, span_skip(said, 1));
	return !out->failed;
}

bool
flow_prove_step(struct flow *flow)
{
	struct out with_channel = out_new(INPUT_BYTES);
	struct span input;
	uint8_t step;
	bool asked;

	if (flow->ended || flow->state != FLOW_PROVING ||
	    !flow->codec->wants_proof(flow->codec_state, &step, &input))
		return !flow->ended;
	asked = step != VAULT_VERIFY_FIRST || add_channel(flow, input, &with_channel);
	if (step == VAULT_VERIFY_FIRST)
		input = out_view(&with_channel);
	if (asked)
		asked = inject_ask(flow->worker->post, flow_request(flow), span_text(flow->who.skill),
		    &flow->id, step, input) == 0;
	out_free(&with_channel);
	if (!asked)
		flow_login_failed(flow, REFUSAL_INTERNAL, "the keeper cannot be asked");
	return asked;
}

/* What the keeper says no with: what the skill is told, and the operator. */
static const struct {
	int status;
	enum refusal what;
	const char *reason;
} refusals[] = {
	{ EACCES, REFUSAL_PASSWORD, "the skill's password is not the one of its verifier" },
	{ EPROTOTYPE, REFUSAL_BINDING, "the skill's login is bound to another channel, or its client was "
	    "not told that it can be bound: somebody stands between" },
	{ EPROTO, REFUSAL_PROTOCOL, "the skill's client does not speak SCRAM-SHA-256" },
};

static void
refuse(struct flow *flow, int status)
{
	for (size_t i = 0; i < COUNT(refusals); i++)
		if (refusals[i].status == status) {
			flow_login_failed(flow, refusals[i].what, refusals[i].reason);
			return;
		}
	flow_login_failed(flow, REFUSAL_INTERNAL, "the skill's verifier cannot be used");
}

void
flow_prove_answered(struct flow *flow, uint8_t step, int status, struct span output)
{
	if (status == EAGAIN) {
		flow_put_off(flow);
		return;
	}
	if (status) {
		refuse(flow, status);
		return;
	}
	flow->codec->login_proof(flow->codec_state, step, output, flow->to);
	if (step == VAULT_VERIFY_FINAL)
		flow_dial(flow);
	if (!flow->ended)
		flow_pump(flow);
}
