/*
 * note.h: checkpoints as C2SP signed notes, and the keys that sign them.
 * A checkpoint (c2sp.org/tlog-checkpoint) is three lines: origin, size, base64
 * root. A note (c2sp.org/signed-note) adds an empty line and signature lines
 * "— NAME BASE64(key hash, signature)". A verifier key is
 * "NAME+hash+BASE64(0x01, public key)", hash = first 4 bytes of SHA-256(NAME,
 * newline, 0x01, public key) in hex. The signing key's file is the same with
 * "PRIVATE+KEY+" in front and the seed behind. Ed25519 by OpenSSL. No files.
 */
#ifndef LEDGER_NOTE_H
#define LEDGER_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/secret.h"
#include "ledger/hash.h"
#include "out.h"
#include "span.h"

#define NOTE_NAME_SIZE 128
#define NOTE_LIMIT 65536	/* bytes of a whole note */
#define NOTE_SIGNATURES 16	/* lines looked at (witnesses may add theirs) */
#define NOTE_KEY_SIZE 32

struct note_key {
	char name[NOTE_NAME_SIZE];	/* also the log's origin */
	uint8_t hash[4];
	uint8_t public[NOTE_KEY_SIZE];
	struct secret seed;		/* empty in a verifier */
};

struct checkpoint {
	char origin[NOTE_NAME_SIZE];
	uint64_t size;
	struct hash root;
};

/* A new key called `name`, its text into *text (a secret, with a newline). 0 or -errno. */
int note_key_make(const char *name, struct secret *text);
/* Read a signing key's text. Returns 0, -EINVAL or -ENOMEM; *out unchanged on failure. */
int note_key_read(struct span text, struct note_key *out);
/* Write a verifier key's text, with a newline. */
void note_key_show(const struct note_key *, struct out *);
/* Read a verifier key's text (a last newline is fine). False: not one. */
bool note_verifier_read(struct span text, struct note_key *out);
void note_key_wipe(struct note_key *);

/* Write a signed checkpoint. Returns 0 or -EIO. */
int note_sign(const struct note_key *, const struct checkpoint *, struct out *);
/* Read a checkpoint's note without believing it. False: it is not one. */
bool note_read(struct span note, struct checkpoint *out);
/* Does it carry a right signature of this key, over exactly what note_read() gives? */
bool note_is_signed(struct span note, const struct note_key *);

#endif
