/*
 * reach.h: which bundles of authorities skills would see with the node's own, on this
 * host. For `interlock doctor`; reads, changes nothing.
 */
#ifndef HOOKS_REACH_H
#define HOOKS_REACH_H

#include "roots/roots.h"

#define REACH_TEXT 4096

struct reach {
	unsigned int count[ROOTS_WHOSES];
	char found[ROOTS_WHOSES][REACH_TEXT];	/* paths, with blanks between */
	char strange[REACH_TEXT];	/* those that are there and not understood */
	struct reach_seen {
		unsigned long device, inode;
	} seen[64];
	unsigned int seen_count;
};

/* *out is all zero before. */
void reach_look(struct reach *out);

#endif
