/*
 * keeper.c: the keeper's life and its table of messages.
 * The process knows nothing of traffic. A worker asks for a proof, a leaf or the
 * keys of masks; the policy process says which targets there are and where their
 * secrets lie; the broker says when one was replaced.
 */
#include "vault/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/instance.h"
#include "base/log.h"
#include "base/must.h"
#include "entry/scribe.h"
#include "msg/post.h"
#include "out.h"
#include "vault/authority.h"
#include "vault/credential.h"
#include "vault/derive.h"
#include "vault/dialogue.h"
#include "vault/leaf.h"
#include "vault/loan.h"
#include "vault/private.h"
#include "vault/ticket_keys.h"
#include "vault/token.h"
#include "view.h"

#define KEEPER_DIRECTORY "keeper"

/* Read keys below the two open directories. */
static int
open_keys(struct keeper *keeper, int keeper_dir, int state_dir, uint32_t uid)
{
	int r = authority_open(&keeper->authority, keeper_dir, state_dir, uid,
	    clock_wall() / SECOND_NS);

	if (r) {
		log_error("the key or certificate of the node's authority cannot be used: %s",
		    strerror(-r));
		return r;
	}
	r = master_open(&keeper->master, keeper_dir, uid);
	if (r)
		log_error("the master key for masks cannot be used: %s", strerror(-r));
	return r;
}

static int
open_directories(struct keeper *keeper, const char *state, uint32_t uid)
{
	cleanup(close_fd) int state_dir = -1, keeper_dir = -1;
	int r;

	state_dir = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state_dir < 0) {
		log_error("%s cannot be opened: %s", state, strerror(errno));
		return -errno;
	}
	keeper_dir = private_directory(state_dir, KEEPER_DIRECTORY, uid);
	if (keeper_dir < 0) {
		log_error("%s/%s must be the keeper's alone: %s", state,
		    KEEPER_DIRECTORY, strerror(-keeper_dir));
		return keeper_dir;
	}
	r = open_keys(keeper, keeper_dir, state_dir, uid);
	keeper->directory = r ? -1 : take_fd(&keeper_dir);
	return r;
}

int
keeper_open(struct keeper **out, const struct instance *instance, uint32_t uid)
{
	cleanup(keeper_free) struct keeper *keeper = calloc(1, sizeof(*keeper));
	int r;

	/* no file that could load code, whatever the environment says */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
	    OPENSSL_INIT_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_ADD_ALL_CIPHERS |
	    OPENSSL_INIT_ADD_ALL_DIGESTS, NULL) != 1 || !keeper)
		return -ENOMEM;
	keeper->directory = -1;
	keeper->uid = uid;
	json_object_seed(0);	/* or it would open /dev/urandom later */
	r = open_directories(keeper, instance->state_directory, uid);
	if (!r)
		r = leaves_new(&keeper->leaves, keeper->authority);
	if (!r)
		r = ticket_keys_new(&keeper->tickets);
	if (!r)
		r = dialogues_new(&keeper->dialogues);
	if (!r)
		r = loans_new(&keeper->loans);
	if (!r)
		r = tokens_new(&keeper->tokens);
	if (!r)
		r = credentials_new(&keeper->credentials, uid);
	if (r)
		return r;
	credentials_inherit(keeper->credentials, getenv("CREDENTIALS_DIRECTORY"));
	*out = take(&keeper);
	return 0;
}

/* A process ended: a worker's dialogues are worth nothing without it. */
static bool
hear_peer_down(struct keeper *keeper, unsigned int from, const struct msg_head *head,
    struct span body)
{
	uint8_t slot;

	(void)from, (void)head;
	if (!take_u8(&body, &slot) || body.n)
		return false;
	if (msg_is_worker(slot)) {
		derivations_forget(keeper->derivations, slot);
		dialogues_forget(keeper->dialogues, slot);
		loans_forget(keeper->loans, slot);
		tokens_forget(keeper->tokens, slot);
	}
	if (slot == SLOT_COURIER)
		keeper_courier_down(keeper);
	return true;
}

static bool
hear_peer_up(struct keeper *keeper, unsigned int from, const struct msg_head *head,
    struct span body)
{
	struct span rest = body;
	uint8_t slot;

	(void)from;
	if (!take_u8(&rest, &slot) || rest.n)
		return false;
	if (slot == SLOT_POLICY)
		post_send(keeper->post, SLOT_POLICY, MSG_VIEW_ASK, 0, SPAN(""), -1);
	if (slot == SLOT_RECORDER)
		return scribe_hear(keeper->scribe, head, body);
	return true;
}

static bool
hear_kept(struct keeper *keeper, unsigned int from, const struct msg_head *head,
    struct span body)
{
	(void)from;
	return scribe_hear(keeper->scribe, head, body);
}

static const struct {
	uint16_t type;
	bool (*hear)(struct keeper *, unsigned int, const struct msg_head *, struct span);
} messages[] = {
	{ MSG_PROOF, keeper_proof },
	{ MSG_FETCHED, keeper_fetched },
	{ MSG_LEAF, keeper_leaf },
	{ MSG_MASK_KEYS, keeper_mask_keys },
	{ MSG_TICKET_KEYS, keeper_ticket_keys },
	{ MSG_VIEW_OFFER, keeper_view_offer },
	{ MSG_VIEW_SWAP, keeper_view_swap },
	{ MSG_DO, keeper_do },
	{ MSG_KEPT, hear_kept },
	{ MSG_PEER_DOWN, hear_peer_down },
	{ MSG_PEER_UP, hear_peer_up },
};

static bool
hear(void *arg, unsigned int from, const struct msg_head *head,
    struct span body, int fd)
{
	close_fd(&fd);	/* no message here has a use for one */
	for (size_t i = 0; i < COUNT(messages); i++)
		if (messages[i].type == head->type)
			return messages[i].hear(arg, from, head, body);
	return false;
}

void
keeper_listen(struct keeper *keeper, bool on)
{
	for (unsigned int slot = SLOT_WORKER; msg_is_worker(slot); slot++)
		post_listen(keeper->post, slot, on);
}

int
keeper_serve(struct keeper *keeper, struct loop *loop)
{
	int r = post_new(&keeper->post, loop, SLOT_KEEPER, hear, keeper);

	keeper->loop = loop;

	if (!r)
		r = scribe_new(&keeper->scribe, keeper->post, "keeper");
	if (!r)
		r = derivations_new(&keeper->derivations, loop, keeper_derived, keeper);
	if (r) {
		log_error("the channels cannot be used: %s", strerror(-r));
		return r;
	}
	keeper_listen(keeper, false);	/* until a policy says what there is */
	post_on_quit(keeper->post, keeper_quit, keeper);
	post_ready(keeper->post);
	/* the policy process may start later: it offers its view then by itself */
	post_send(keeper->post, SLOT_POLICY, MSG_VIEW_ASK, 0, SPAN(""), -1);
	return 0;
}

void
keeper_answer(struct keeper *keeper, unsigned int to, uint16_t type,
    const struct msg_head *head, struct out *body)
{
	int r = -ENOMEM;

	if (!body->failed)
		r = post_send(keeper->post, to, type, head->id, out_view(body), -1);
	if (r)
		log_warning("an answer to %s was lost: %s", msg_slot_name(to), strerror(-r));
	out_free(body);
}

int
keeper_find(const struct keeper *keeper, struct span name, uint32_t *target)
{
	if (!keeper->view)
		return -EAGAIN;
	for (size_t i = 0; i < keeper->view->target_count; i++) {
		if (!span_is(name, keeper->view->targets[i].name))
			continue;
		*target = (uint32_t)i;
		return 0;
	}
	return -ENOENT;
}

void
keeper_free(struct keeper **out)
{
	struct keeper *keeper = *out;

	if (keeper) {
		derivations_free(&keeper->derivations);
		scribe_free(&keeper->scribe);
		post_free(&keeper->post);
		dialogues_free(&keeper->dialogues);
		loans_free(&keeper->loans);
		tokens_free(&keeper->tokens);
		close_fd(&keeper->directory);
		credentials_free(&keeper->credentials);
		leaves_free(&keeper->leaves);
		ticket_keys_free(&keeper->tickets);
		authority_free(&keeper->authority);
		master_free(&keeper->master);
		view_free(keeper->view);
		view_free(keeper->offered);
	}
	free(keeper);
	*out = NULL;
}
