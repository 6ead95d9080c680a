/*
 * journal.h: the tail of the ledger, where entries lie before they are tiles.
 * Files tail/<first index, 20 digits>, JOURNAL_ENTRIES entries each, only ever
 * appended to. A record is
 *   be32 length | first 8 bytes of the entry's leaf hash | entry
 * so that a torn record cannot pass for a whole one.
 */
#ifndef LEDGER_JOURNAL_H
#define LEDGER_JOURNAL_H

#include <stdint.h>
#include <sys/types.h>

#include "ledger/hash.h"
#include "out.h"
#include "span.h"

#define JOURNAL_ENTRIES 65536	/* a multiple of 256 * 256: journals begin with whole tiles */
#define JOURNAL_HEAD 12
#define JOURNAL_PATH_SIZE 32
#define JOURNALS_MAX 64		/* files looked at; three are the most that should be */

char *journal_path(char *path, uint64_t base);
/* First indices of the journals there are, rising. Returns 0, -ENOENT (no folder),
 * -EBADMSG (a file that is none, or too many) or another -errno. */
int journal_list(int directory, uint64_t bases[JOURNALS_MAX], size_t *count);

/* Append a record to a buffer; its leaf hash into *leaf. */
void journal_put(struct out *, struct span entry, struct hash *leaf);

/* Reading one file from its beginning. Zero it, then give it a descriptor, which stays yours. */
struct journal {
	int fd;
	off_t at;		/* of the next record */
	struct out room;
	off_t room_at;		/* where in the file room begins */
};

#define JOURNAL_END 0		/* nothing follows */
#define JOURNAL_ENTRY 1
#define JOURNAL_TORN 2		/* the rest is no whole record, and has none in it */
#define JOURNAL_BAD 3		/* a wrong record, with whole ones behind it */

void journal_open(struct journal *, int fd);
/* Next record; *entry is good until the next call. Returns one of JOURNAL_, or -errno. */
int journal_next(struct journal *, struct span *entry, struct hash *leaf);
void journal_close(struct journal *);

#endif
