/*
 * inject.h: put in the real credential: the worker's end of a login's proofs.
 * A codec says which proof it wants; this asks the keeper for it and reads its
 * answer. The secret itself is never here. In the worker; no I/O but post_send().
 */
#ifndef INJECT_INJECT_H
#define INJECT_INJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "span.h"

struct id;
struct post;

#define INJECT_INPUT_MAX 4096	/* bytes of what a server said that go to the keeper */

/*
 * Ask the keeper for step `step` of vault/vault.h on this flow; its answer carries
 * `id`. A target is named, since its number is good for one policy only. Returns 0,
 * -EINVAL (no such step), -EMSGSIZE (the server said too much: end the login),
 * -EAGAIN (queue full) or -ENOMEM.
 */
int inject_ask(struct post *, uint64_t id, struct span target,
    const struct id *flow, uint8_t step, struct span input);
/*
 * Read MSG_PROOF_IS. *status is 0 or a positive errno; *output is in the body.
 * False: not such a body; the outs are unchanged.
 */
bool inject_hear(struct span body, int *status, uint8_t *step, struct span *output);

#endif
