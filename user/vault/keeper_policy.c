/*
 * keeper_policy.c: what the policy process and people tell the keeper.
 * A new policy comes in two steps: offered (read, checked, kept beside), then
 * swapped by its epoch. With the swap what was made from the old one is forgotten:
 * leaves and secrets read. A dialogue that has begun goes on under its target's name.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/log.h"
#include "entry/scribe.h"
#include "msg/post.h"
#include "msg/swap.h"
#include "out.h"
#include "vault/credential.h"
#include "vault/dialogue.h"
#include "vault/keeper.h"
#include "vault/leaf.h"
#include "view.h"
#include "view/credential.h"

#define ANSWER_MAX 4096
#define CODE_FAILED 5	/* CLI_FAILED of cli/cli.h */

bool
keeper_view_offer(struct keeper *keeper, unsigned int from,
    const struct msg_head *head, struct span body)
{
	struct view_keeper *view = NULL;
	int r = view_keeper_read(&view, body);

	(void)from, (void)head;
	if (r == -EINVAL)
		return false;
	if (!r) {
		view_free(keeper->offered);
		keeper->offered = view;
	}
	swap_say_taken(keeper->post, view ? view->head.epoch : 0, r);
	return true;
}

bool
keeper_view_swap(struct keeper *keeper, unsigned int from,
    const struct msg_head *head, struct span body)
{
	struct view_keeper *old = keeper->view;
	uint32_t epoch;

	(void)from, (void)head;
	if (!take_be32(&body, &epoch) || body.n)
		return false;
	if (!keeper->offered || keeper->offered->head.epoch != epoch) {
		log_warning("policy %u was to be put in force but was not offered", epoch);
		return true;
	}
	leaves_clear(keeper->leaves);
	keeper->view = keeper->offered;
	keeper->offered = NULL;
	if (credentials_policy(keeper->credentials, keeper->view))
		log_error("no memory for the secrets of policy %u", epoch);
	scribe_policy(keeper->scribe, epoch, keeper->view->head.digest);
	keeper_tokens_policy(keeper);
	view_free(old);
	keeper_listen(keeper, true);
	swap_say_done(keeper->post, epoch);
	log_info("policy %u is in force", epoch);
	return true;
}

/* Enter that a person replaced a secret of that target or skill. */
static int
enter_change(struct keeper *keeper, enum entry_key key, const char *name, struct span person)
{
	struct entry *entry = scribe_begin(keeper->scribe, ENTRY_CREDENTIAL);
	uint64_t sequence;

	entry_text(entry, key, span_text(name));
	entry_text(entry, KEY_PERSON, person);
	entry_text(entry, KEY_DETAIL, SPAN("secret replaced"));
	return scribe_send(keeper->scribe, LEVEL_HANDED, NULL, NULL, &sequence);
}

/* Read a target's anew: both, where the policy names them. */
static int
renew_target(struct keeper *keeper, uint32_t target)
{
	const struct view_secret *secret = &keeper->view->secrets[target];
	struct credential *credential;
	const struct client_key *key;
	struct view_parts parts;
	int r = 0;

	credentials_forget(keeper->credentials, target);
	if (secret->grant.type != GRANT_NONE)
		return keeper_token_renew(keeper, target);
	if (secret->certificate_from)
		r = credentials_find_key(keeper->credentials, target, &key);
	if (!r && (secret->from || !secret->certificate_from))
		r = credentials_find(keeper->credentials, target, &credential);
	if (!r && secret->credential.as &&
	    !view_credential_read(&secret->credential, secret_view(&credential->password), &parts))
		r = -EINVAL;
	return r;
}

static int
renew_skill(struct keeper *keeper, uint32_t index)
{
	const struct scram_verifier *verifier;

	credentials_forget_verifier(keeper->credentials, index);
	return credentials_find_verifier(keeper->credentials, index, &verifier);
}

/* What a secret may be of. */
static const struct owner {
	const char *word;	/* in the request */
	enum entry_key key;
	int (*find)(const struct keeper *, struct span name, uint32_t *index);
	int (*renew)(struct keeper *, uint32_t index);
	const char *unknown;
} owners[] = {
	{ "target", KEY_TARGET, keeper_find, renew_target, "no such target" },
	{ "skill", KEY_SKILL, keeper_find_verifier, renew_skill, "the policy names no verifier for this skill" },
};

static const char *
change_of(struct keeper *keeper, const struct owner *owner, const char *name, struct span person)
{
	uint32_t index;
	int r;

	if (owner->find(keeper, span_text(name), &index))
		return owner->unknown;
	if (enter_change(keeper, owner->key, name, person))
		return "the change could not be recorded";
	r = owner->renew(keeper, index);
	if (r == -ENOENT)
		return "the policy names no secret for this target, or it is not there";
	if (r == -EPERM || r == -EACCES || r == -ELOOP)
		return "the secret must be a regular file of mode 0600 that belongs to the keeper";
	if (r == -ENODATA)
		return "the secret is empty";
	return r ? "the secret cannot be used" : NULL;
}

/* What went wrong, in a sentence; NULL: nothing. */
static const char *
change_secret(struct keeper *keeper, const json_t *request, struct span person)
{
	const char *what = json_string_value(json_object_get(request, "do"));

	for (size_t i = 0; what && !strcmp(what, "secret_changed") && i < COUNT(owners); i++) {
		const char *name = json_string_value(json_object_get(request, owners[i].word));

		if (name)
			return change_of(keeper, &owners[i], name, person);
	}
	return "the keeper does not know this request";
}

bool
keeper_do(struct keeper *keeper, unsigned int from, const struct msg_head *head,
    struct span body)
{
	struct out answer = out_new(ANSWER_MAX);
	struct span person, text;
	const char *fault;
	uint32_t uid, pid;
	json_t *request;

	if (!take_block(&body, &person) || !take_be32(&body, &uid) ||
	    !take_be32(&body, &pid) || !take_block(&body, &text) || body.n)
		return false;
	request = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	fault = change_secret(keeper, request, person);
	json_decref(request);
	out_u8(&answer, 1);	/* the last one */
	out_be32(&answer, 0);	/* length of the text, known below */
	if (fault)
		out_printf(&answer, "{\"v\":1,\"ok\":false,\"error\":\"%s\",\"code\":%d}",
		    fault, CODE_FAILED);
	else
		out_span(&answer, SPAN("{\"v\":1,\"ok\":true}"));
	out_put_be32(&answer, 1, (uint32_t)(answer.n - 5));
	keeper_answer(keeper, from, MSG_DONE, head, &answer);
	return true;
}
