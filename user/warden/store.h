/*
 * store.h: listeners that outlive the loader, and the daemon where systemd keeps them.
 * The loader makes a listener in a skill's namespace once; every copy is the same socket with the same
 * queue. The warden holds one for the next loader, so that what knocked meanwhile is not sent away, and
 * gives one to systemd's descriptor store (sd_notify(3), FDSTORE) where it is run by it, from where it
 * comes back at the next start (sd_listen_fds(3)). Nothing here reads or accepts.
 */
#ifndef WARDEN_STORE_H
#define WARDEN_STORE_H

#include <stddef.h>
#include <stdint.h>

#define STORE_MOST 4096	/* FileDescriptorStoreMax of the unit is the same */

struct stored {
	uint64_t netns;	/* cookie of its namespace */
	uint8_t family;	/* 4 or 6 */
	int fd;
};

struct store {
	struct stored *rows;
	size_t count;
};

/* Keep it; takes the descriptor. One that was kept under that name is closed. 0, -ENOSPC or -ENOMEM. */
int store_put(struct store *, uint64_t netns, uint8_t family, int fd);
/* Close those of a namespace, and have systemd forget them. */
void store_drop(struct store *, uint64_t netns);
/* Take in what systemd kept: before the low descriptors are used. How many. */
size_t store_inherit(struct store *);

/* One datagram to systemd, with a descriptor or -1. Without systemd: nothing, and 0. Else 0 or -errno. */
int store_notify(const char *text, int fd);

#endif
