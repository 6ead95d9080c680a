/*
 * ledger.h: append to the log, sync it, sign it.
 * The recorder's own; one process at a time (the directory is locked). Three
 * steps, each stronger: append() collects, write() puts what was collected into
 * the journal with one system call, after the bodies it names, sync() makes it survive the machine,
 * checkpoint() signs a tree head over it and publishes the tiles. Entries have
 * their number from write() on. The directory is the caller's open descriptor;
 * everything is opened relative to it, so that this works inside a sandbox.
 */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "out.h"
#include "span.h"

#define LEDGER_BATCH (4u << 20)	/* bytes collected after which write() is due */
#define LEDGER_BATCH_MOST (64u << 20)	/* bytes kept while the disk is full */

struct hash;
struct ledger;

/* Called for each entry of the journals that were found at the start, in order. */
typedef void (*ledger_seen_fn)(void *arg, uint64_t index, struct span entry);

struct ledger_found {
	uint64_t size;		/* entries there were */
	uint64_t cut;		/* bytes of a torn last record that were cut off */
	uint64_t mended;	/* tiles that were wrong and have been made again */
	const char *fault;	/* after -EBADMSG: one sentence on what is wrong */
};

/*
 * Open the ledger in `directory`, or begin one: its key is then made, with
 * `name` as its name. Everything found is checked against the last checkpoint.
 * Returns 0, -EBUSY (another recorder has it), -EBADMSG (it has been changed,
 * or something of it is missing: found->fault; no entry is touched) or another
 * -errno. *out is set only on success.
 */
int ledger_open(struct ledger **out, int directory, const char *name,
    ledger_seen_fn, void *arg, struct ledger_found *found);

/*
 * Collect a body that the next entries name; ledger_write() makes it a file and
 * syncs that before it writes an entry. A body that is there costs no more than to
 * say so. Returns 0, -EMSGSIZE, -EIO, -ENOMEM, or -ENOBUFS: write() first.
 */
int ledger_append_blob(struct ledger *, const struct hash *name, struct span body);
/* Collect an entry. Returns 0, -EMSGSIZE, -EIO, or -ENOBUFS: write() first. */
int ledger_append(struct ledger *, struct span entry);
/* Bytes collected and not written. */
size_t ledger_waiting(const struct ledger *);
/*
 * Write what was collected. After a failure, -ENOSPC and the like, what is not
 * in the ledger (ledger_written() tells) stays collected, and the call may be made
 * again. After -EIO close the ledger: what is on disk is no longer known.
 */
int ledger_write(struct ledger *);
/* Take the room of the reserve, which a full disk is fallen back on, again if it was
 * spent. False: there is none; take only what can be refused. */
bool ledger_reserve(struct ledger *);
/* Make all that is written last. Returns 0 or -EIO (close it). */
int ledger_sync(struct ledger *);
/* Sync, publish tiles and sign, unless nothing is new. Returns 0 or -errno (may be tried again). */
int ledger_checkpoint(struct ledger *);

uint64_t ledger_written(const struct ledger *);	/* entries */
uint64_t ledger_synced(const struct ledger *);
uint64_t ledger_signed(const struct ledger *);
/* Files of bodies that were not what their names say, and have been made again. */
uint64_t ledger_blobs_mended(const struct ledger *);
/* The last checkpoint's note. */
struct span ledger_note(const struct ledger *);
/* "interlock.local/nod-…": the log's origin and its key's name. */
const char *ledger_name(const struct ledger *);
void ledger_close(struct ledger **);

#endif
