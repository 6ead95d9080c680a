/*
 * swap.h: what a process answers to the two phases of a new policy.
 * A reload is complete when every process has said both.
 */
#ifndef MSG_SWAP_H
#define MSG_SWAP_H

#include <stdint.h>

struct post;

/* It read and keeps the policy it was offered; or `error` (-errno), and epoch 0. */
void swap_say_taken(struct post *, uint32_t epoch, int error);
/* It goes by the policy of this epoch from now on. */
void swap_say_done(struct post *, uint32_t epoch);

#endif
