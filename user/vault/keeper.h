/*
 * keeper.h: the keeper's work: secrets in, proofs, leaves and keys out.
 * keeper_open() reads what only root may read; keeper_serve() comes after the box.
 * One file answers one kind of question: keeper_proof.c (with keeper_lend.c and
 * keeper_token.c and
 * keeper_verify.c), keeper_leaf.c, keeper_policy.c; keeper.c has the table of messages.
 */
#ifndef VAULT_KEEPER_H
#define VAULT_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/loop.h"
#include "msg.h"
#include "span.h"
#include "vault/master.h"

struct authority;
struct credentials;
struct derivation;
struct derivations;
struct dialogues;
struct instance;
struct leaves;
struct loans;
struct out;
struct post;
struct scribe;
struct ticket_keys;
struct tokens;
struct view_keeper;
struct view_target;

struct keeper {
	struct post *post;
	struct scribe *scribe;
	struct authority *authority;
	struct leaves *leaves;
	struct ticket_keys *tickets;
	struct credentials *credentials;
	struct dialogues *dialogues;
	struct loans *loans;
	struct tokens *tokens;
	int directory;			/* the keeper's own, for what must outlive it */
	uint32_t uid;
	struct loop *loop;
	bool is_quitting;	/* it finishes the dialogues that have begun */
	uint64_t quit_until;
	struct timer quit;
	struct derivations *derivations;
	struct master master;
	struct view_keeper *view;	/* in force; NULL: none yet */
	struct view_keeper *offered;	/* taken, not yet in force */
};

/* Read or make the node's keys, and the credentials of the service. `uid` is the
 * one the process will run as. Returns 0 or -errno, said in the log. */
int keeper_open(struct keeper **out, const struct instance *, uint32_t uid);
/* Open the channels, say that this process serves, ask for the policy. */
int keeper_serve(struct keeper *, struct loop *);
void keeper_free(struct keeper **);

/* Answers to one message each. False: the body is not what msg.h says. */
bool keeper_proof(struct keeper *, unsigned int from, const struct msg_head *, struct span body);
/* Keys that logins waited for are made (a derive_fn). */
struct secret;
/* keeper_quit.c: MSG_QUIT. */
void keeper_quit(void *keeper);
/* Hear workers, or leave what they ask in their channels. */
void keeper_listen(struct keeper *, bool on);
void keeper_derived(void *keeper, const struct derivation *, const struct secret *keys);
/* keeper_token.c: MSG_FETCHED; the courier has ended; another policy is in force; a target's secrets are other ones. */
bool keeper_fetched(struct keeper *, unsigned int from, const struct msg_head *, struct span body);
void keeper_courier_down(struct keeper *);
void keeper_tokens_policy(struct keeper *);
int keeper_token_renew(struct keeper *, uint32_t target);
bool keeper_leaf(struct keeper *, unsigned int from, const struct msg_head *, struct span body);
bool keeper_ticket_keys(struct keeper *, unsigned int from, const struct msg_head *, struct span body);
bool keeper_mask_keys(struct keeper *, unsigned int from, const struct msg_head *, struct span body);
bool keeper_view_offer(struct keeper *, unsigned int from, const struct msg_head *, struct span body);
bool keeper_view_swap(struct keeper *, unsigned int from, const struct msg_head *, struct span body);
bool keeper_do(struct keeper *, unsigned int from, const struct msg_head *, struct span body);

/* Send an answer to the message `head` of `to` and free the body, wiped. */
void keeper_answer(struct keeper *, unsigned int to, uint16_t type, const struct msg_head *head,
    struct out *body);
/*
 * Position of the target called `name` in the policy in force. Names last from one
 * policy to the next, numbers do not. -EAGAIN: no policy yet; -ENOENT: no such target.
 */
int keeper_find(const struct keeper *, struct span name, uint32_t *target);
/* The same of a skill's verifier; -ENOENT: it has none. */
int keeper_find_verifier(const struct keeper *, struct span skill, uint32_t *index);

#endif
