/*
 * dialogue.h: the SCRAM dialogues that are open, one for each flow: first the skill's, whose
 * server we are, then ours with the backend.
 * A bounded table: a dialogue ends when it is done, when it fails, when its
 * worker dies, when the policy changes, or when it is the oldest and room is
 * needed. Nothing in it helps to log in.
 */
#ifndef VAULT_DIALOGUE_H
#define VAULT_DIALOGUE_H

#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "id.h"
#include "vault/scram.h"
#include "vault/scram_server.h"

#define DIALOGUE_LIMIT 4096

struct dialogues;	/* opaque */

struct dialogue {
	uint64_t age;		/* 0: free; else grows with each begun */
	struct id flow;
	unsigned int worker;	/* slot */
	char target[ABI_NAME_SIZE];	/* or the skill */
	struct scram scram;
	struct scram_server server;
};

/* Returns 0 or -ENOMEM. */
int dialogues_new(struct dialogues **out);
/* A fresh one for this flow; an older one of the same flow ends. Never NULL. */
struct dialogue *dialogue_begin(struct dialogues *, unsigned int worker, const struct id *flow);
/* The one this flow has, or NULL. */
struct dialogue *dialogue_find(struct dialogues *, unsigned int worker, const struct id *flow);
/* Wipe one. NULL is fine. */
void dialogue_end(struct dialogue *);
/* End all of one worker. */
void dialogues_forget(struct dialogues *, unsigned int worker);
void dialogues_clear(struct dialogues *);
/* How many are open. */
size_t dialogues_open(const struct dialogues *);
void dialogues_free(struct dialogues **);

#endif
