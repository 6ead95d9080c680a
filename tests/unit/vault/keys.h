/* keys.h: SCRAM keys of a password, made at once. */
#ifndef VAULT_KEYS_H
#define VAULT_KEYS_H

#include "base/secret.h"
#include "vault/scram.h"
#include "vault/scram_keys.h"

__attribute__((unused)) static int
make_keys(struct span password, const struct scram_offer *offer, struct secret *keys)
{
	struct scram_keys *work = NULL;
	int r = scram_keys_begin(&work, password, offer);

	while (!r)
		r = scram_keys_go(work, 1000);
	if (r > 0)
		r = scram_keys_end(work, keys);
	scram_keys_free(&work);
	return r;
}

#endif
