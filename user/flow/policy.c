/*
 * policy.c: the worker's side of the two-phase swap.
 * An offered view is read and compiled before it is said to be taken; the swap is
 * then one pointer. Turns keep the policy that judged them; a flow goes over at its
 * next ask. Masks need the keeper's keys: until those came, everything is refused.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "entry/scribe.h"
#include "flow/flow.h"
#include "msg/post.h"
#include "msg/swap.h"
#include "out.h"

#define KEYS_NS (10 * MILLISECOND_NS)

bool
policy_is_whole(const struct worker *worker)
{
	return !worker->policy || worker->policy->masks;
}

struct policy *
policy_hold(struct policy *policy)
{
	policy->users++;
	return policy;
}

void
policy_drop(struct policy **p)
{
	struct policy *policy = take(p);

	if (!policy || --policy->users)
		return;
	for (size_t i = 0; policy->roots && i < policy->view->target_count; i++)
		tls_roots_free(&policy->roots[i]);
	free(policy->roots);
	free(policy->terms);
	mask_set_free(&policy->masks);
	explicit_bzero(policy->hold_key, sizeof(policy->hold_key));
	view_free(policy->view);
	free(policy);
}

/* What a backend has to show, as one number. */
static bool
digest_terms(const struct view_target *target, uint64_t *out)
{
	struct out text = out_new(SIZE_MAX);
	uint8_t digest[EVP_MAX_MD_SIZE];
	bool right;

	out_u8(&text, (uint8_t)target->tls);
	out_block(&text, span_text(target->tls_name));
	out_block(&text, span_text(target->tls_roots));
	right = !text.failed && EVP_Digest(text.p, text.n, digest, NULL, EVP_sha256(), NULL) == 1;
	if (right)
		memcpy(out, digest, sizeof(*out));
	out_free(&text);
	return right;
}

static int
read_roots(struct policy *policy)
{
	const struct view_worker *view = policy->view;

	policy->roots = calloc(view->target_count + 1, sizeof(*policy->roots));
	policy->terms = calloc(view->target_count + 1, sizeof(*policy->terms));
	if (!policy->roots || !policy->terms)
		return -ENOMEM;
	for (size_t i = 0; i < view->target_count; i++) {
		struct span pem = span_text(view->targets[i].tls_roots);
		int error = pem.n ? tls_roots_new(&policy->roots[i], pem) : 0;

		if (error)
			return error;
		if (!digest_terms(&view->targets[i], &policy->terms[i]))
			return -ENOMEM;
	}
	return 0;
}

static int
compile(struct span body, struct policy **out)
{
	struct policy *policy = calloc(1, sizeof(*policy));
	int error;

	if (!policy)
		return -ENOMEM;
	policy->users = 1;
	error = view_worker_read(&policy->view, body);
	if (error) {
		free(policy);
		return error;
	}
	error = policy->view->mask_count > MASKS_MAX ? -EINVAL : read_roots(policy);
	if (error)
		policy_drop(&policy);
	else
		*out = policy;
	return error;
}

bool
policy_hear_offer(struct worker *worker, struct span body)
{
	struct policy *policy = NULL;
	int error = compile(body, &policy);

	if (error) {
		log_error("the policy offered cannot be used: %s", strerror(-error));
		swap_say_taken(worker->post, 0, error);
		return error != -EINVAL;
	}
	policy_drop(&worker->offered);
	worker->offered = policy;
	swap_say_taken(worker->post, policy->view->head.epoch, 0);
	return true;
}

/* Ask until they are here: the keeper may be starting, or not have swapped yet. */
static void
ask_keys(void *arg)
{
	struct worker *worker = arg;

	if (policy_is_whole(worker))
		return;
	(void)post_send(worker->post, SLOT_KEEPER, MSG_MASK_KEYS, 0, span_of(NULL, 0), -1);
	must(loop_set(worker->loop, &worker->keys, KEYS_NS, ask_keys, worker) == 0);
}

bool
policy_hear_swap(struct worker *worker, struct span body)
{
	struct policy *policy = worker->offered;
	uint32_t epoch;

	if (!take_be32(&body, &epoch) || body.n)
		return false;
	if (!policy || policy->view->head.epoch != epoch)
		return true;	/* of an offer made before this worker was restarted */
	policy_drop(&worker->policy);
	worker->policy = take(&worker->offered);
	scribe_policy(worker->scribe, epoch, policy->view->head.digest);
	ask_keys(worker);
	swap_say_done(worker->post, epoch);
	log_info("policy epoch %u is in force", epoch);
	return true;
}

/* The policy is whole: what waited for that goes on. */
static void
resume(struct worker *worker)
{
	struct flow *flow = worker->flows;

	while (flow) {
		struct flow *after = flow->after;

		if (flow->is_known)
			flow_identified(flow);
		else if (flow->ask.state == ASK_POLICY && flow->ask.people.n)
			flow_ask_release(flow, flow->ask.people);
		else if (flow->ask.state == ASK_POLICY)
			flow_ask_begin(flow);
		flow = after;
	}
}

bool
policy_hear_keys(struct worker *worker, struct span body)
{
	struct policy *policy = worker->policy;
	uint8_t keys[MASKS_MAX][MASK_KEY_SIZE];
	struct span bytes, hold_key;
	uint32_t epoch, count;
	int error;

	if (!take_be32(&body, &epoch) || !take_be32(&body, &count) || count > MASKS_MAX)
		return false;
	if (count == 0 && body.n == 0)
		return true;	/* it has none: ask_keys() asks again */
	if (!take_bytes(&body, count * MASK_KEY_SIZE, &bytes) ||
	    !take_bytes(&body, APPROVE_KEY_SIZE, &hold_key) || body.n)
		return false;
	if (!policy || policy->view->head.epoch != epoch ||
	    policy->view->mask_count != count)
		return true;	/* the keeper has not swapped yet, or we have not */
	if (policy->masks)
		return true;	/* asked twice; turns use what is there */
	if (bytes.n)
		memcpy(keys, bytes.p, bytes.n);
	memcpy(policy->hold_key, hold_key.p, APPROVE_KEY_SIZE);
	error = mask_set_new(&policy->masks, policy->view,
	    (const uint8_t (*)[MASK_KEY_SIZE])keys);
	explicit_bzero(keys, sizeof(keys));
	if (error)
		log_error("masks cannot be compiled: %s", strerror(-error));
	else
		resume(worker);
	return true;
}
