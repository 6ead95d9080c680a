/*
 * scribe.h: how a process writes its entries.
 * Numbers them, keeps each until the recorder has said MSG_KEPT, sends again
 * what is missing after the recorder restarted, and calls back when the level
 * asked for is reached. Bounded: when SCRIBE_LIMIT entries are not yet kept, it
 * says -EAGAIN to whoever waits for the entry before acting (has an fn): the turn
 * waits, then is refused. What has happened already (an answer, an end) cannot be
 * refused any more: it has room up to SCRIBE_MOST, and where the recorder's queue
 * has none, goes as soon as it has.
 *
 * A body that is too long for its entry goes with it, in the same message, so that
 * both are handed, written and synced together; the entry names it by its digest.
 * Bodies are kept as entries are, SCRIBE_BODY_BYTES of them at most.
 */
#ifndef ENTRY_SCRIBE_H
#define ENTRY_SCRIBE_H

#include "action.h"
#include "entry.h"
#include "msg.h"

#define SCRIBE_LIMIT 4096
#define SCRIBE_MOST (4 * SCRIBE_LIMIT)
#define SCRIBE_BODY_BYTES (16u << 20)

struct loop;
struct post;
struct scribe;
struct who;

typedef void (*scribe_fn)(void *arg, int status);

int scribe_new(struct scribe **out, struct post *, const char *process);
/* Policy that judges from now on: written into every entry. */
void scribe_policy(struct scribe *, uint32_t epoch, const uint8_t digest[32]);
/* Begin an entry: version … policy are filled in. One at a time. */
struct entry *scribe_begin(struct scribe *, enum entry_kind);
/* Add who is asking: keys 10 to 21. `flow` and `turn` may be NULL. */
void scribe_who(struct entry *, const struct who *, const struct id *flow, const struct id *turn);
/*
 * Add a body under its key (KEY_TEXT_BLOB, KEY_VALUES_BLOB), which comes after all
 * other keys: its SHA-256 into the entry, the body itself to be sent with it. The
 * body is borrowed until scribe_send(). More than ENTRY_BLOB_LIMIT bytes of it make
 * that say -EMSGSIZE.
 */
void scribe_attach(struct scribe *, enum entry_key, const uint8_t digest[ENTRY_DIGEST_SIZE],
    struct span body);
/*
 * Send what was begun. fn, where given, is called as fn(arg, 0) once it is kept
 * that well: at LEVEL_HANDED mostly before this returns, since the entry is then
 * in the recorder's queue; but with a full disk once it is written. Returns 0, -EAGAIN (not recorded; do not act),
 * -EMSGSIZE or -EINVAL, and then fn is never called. *sequence (may be NULL) is
 * set before fn is called, and may be used to cancel the call.
 */
int scribe_send(struct scribe *, enum level, scribe_fn, void *arg, uint64_t *sequence);
/* The asker is gone: do not call back. */
void scribe_forget(struct scribe *, uint64_t sequence);
/* Give it MSG_KEPT, and MSG_PEER_UP of the recorder. False: bad body. */
bool scribe_hear(struct scribe *, const struct msg_head *, struct span body);
/* Entries not yet kept. */
size_t scribe_open(const struct scribe *);
void scribe_free(struct scribe **);

#endif
