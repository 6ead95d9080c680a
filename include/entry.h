/*
 * entry.h: one line of the record.
 * Every process makes its own entries and sends them to the recorder, which
 * adds position and hash and writes them. An entry is deterministic CBOR
 * (RFC 8949 section 4.2: shortest lengths, keys in order), a map from the small
 * integers below to values, at most ENTRY_LIMIT bytes. Rule for unknown fields:
 * a reader keeps and shows keys it does not know, and never fails on them; a
 * writer never gives an old key a new meaning. Text is UTF-8; what is longer than
 * ENTRY_TEXT_LIMIT is cut there, with " …[n bytes]" added.
 *
 * Bodies. A statement that is cut, and values that together are longer than
 * ENTRY_TEXT_LIMIT, are kept whole beside the entry, as it would have them: masked.
 * The entry names such a body by its SHA-256, and it travels with the entry. That
 * of a text is the text, byte by byte. That of values is one CBOR array: text, bytes
 * for what is not UTF-8, null. A body is at most ENTRY_BLOB_LIMIT bytes; an ask that
 * would take more is not let through. Digests are of the text as it is recorded: from
 * one of what a mask hides, a card number could be found by trying.
 */
#ifndef ENTRY_H
#define ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "id.h"
#include "span.h"

#define ENTRY_VERSION 1
#define ENTRY_LIMIT 65535	/* bytes of one entry, as in tlog-tiles */
#define ENTRY_TEXT_LIMIT 16384	/* bytes of one text value inside an entry, and of all values */
#define ENTRY_BLOBS 2		/* bodies that one entry can name */
#define ENTRY_BLOB_LIMIT (3u << 20)	/* bytes of one */
#define ENTRY_DIGEST_SIZE 32	/* of its name, SHA-256 */

enum entry_kind {
	ENTRY_NONE,
	ENTRY_START,		/* a process began */
	ENTRY_STOP,		/* a process ended, or was ended */
	ENTRY_POLICY,		/* a policy was put in force, or refused */
	ENTRY_ATTACH,		/* session begins: skill, cgroup, who started it */
	ENTRY_DETACH,		/* session ends */
	ENTRY_REFUSED,		/* connect, socket or bind refused in the kernel */
	ENTRY_FLOW,		/* a diverted connection was accepted */
	ENTRY_FLOW_END,		/* with totals and the reason */
	ENTRY_LOGIN,		/* a login was judged and carried out, or not */
	ENTRY_CREDENTIAL,	/* the keeper used or lent a secret */
	ENTRY_ASK,		/* what was asked, with its verdict */
	ENTRY_ANSWER,		/* what came back, in counts and digests */
	ENTRY_HOLD,		/* a hold was opened */
	ENTRY_DECISION,		/* a person decided, or time did, or the client left */
	ENTRY_RELEASE,		/* an approved ask was re-judged and sent, or not */
	ENTRY_STOPPED,		/* interlock stop, with its scope */
	ENTRY_SKILL,		/* a skill's digest changed or was accepted */
	ENTRY_ALARM,		/* what an operator must know */
	ENTRY_KINDS
};

/* Keys of the CBOR map. Never renumber. Types: u unsigned, t text, b bytes, a array, m map, ? bool. */
enum entry_key {
	KEY_VERSION = 0,	/* u ENTRY_VERSION */
	KEY_KIND = 1,		/* u enum entry_kind */
	KEY_PROCESS = 2,	/* t name of the writer, "worker/0" */
	KEY_SEQUENCE = 3,	/* u writer's own number, from 1 */
	KEY_INCARNATION = 4,	/* u random, of the writer's run; (process, incarnation, sequence) is unique */
	KEY_WALL = 5,		/* u ns since 1970 */
	KEY_BOOT_TIME = 6,	/* u CLOCK_BOOTTIME ns */
	KEY_BOOT = 7,		/* b 16, boot id */
	KEY_EPOCH = 8,		/* u policy epoch that judged */
	KEY_POLICY = 9,		/* b 32, policy digest that judged */
	/* who */
	KEY_SKILL = 10,		/* t */
	KEY_SESSION = 11,	/* t id */
	KEY_FLOW = 12,		/* t id */
	KEY_TURN = 13,		/* t id */
	KEY_STARTER = 14,	/* t person */
	KEY_CGROUP = 15,	/* u */
	KEY_PID = 16,		/* u */
	KEY_PID_START = 17,	/* u ns since boot */
	KEY_UID = 18,		/* u */
	KEY_COMM = 19,		/* t */
	KEY_NETNS = 20,		/* u cookie */
	KEY_SKILL_DIGEST = 21,	/* b 32 */
	/* what */
	KEY_TARGET = 30,	/* t */
	KEY_DESTINATION = 31,	/* t "10.0.0.5:5432" as the skill dialled */
	KEY_ROLE = 32,		/* t upstream role */
	KEY_DATABASE = 33,	/* t */
	KEY_ASKED_ROLE = 34,	/* t the user name the skill gave */
	KEY_TEXT = 35,		/* t statement, cut at the limit: then there is a KEY_TEXT_BLOB */
	KEY_VALUES = 36,	/* a of t or null: bound values, masked by the same rules */
	KEY_TEXT_DIGEST = 37,	/* b 32 SHA-256 of the whole text, as it is recorded */
	KEY_ACTS = 38,		/* a of [effect t, object t, reach u, [column t …]] */
	KEY_STATEMENT = 39,	/* t name of the prepared statement, or of the portal */
	KEY_PHASE = 40,		/* t "query", "parse", "execute", "copy", "cancel" */
	KEY_INSPECT = 41,	/* t "none" where bytes are carried unseen */
	KEY_SERVER_NAME = 42,	/* t SNI */
	KEY_OPERATION = 43,	/* t its name in the target's API (interlock-policy(5): openapi, operations) */
	/* verdict */
	KEY_VERDICT = 50,	/* t allow, deny, hold */
	KEY_RULE = 51,		/* t file:line and name */
	KEY_WHY = 52,		/* t for people, never for the skill */
	KEY_REFUSAL = 53,	/* t id told to the skill */
	KEY_MASKS = 54,		/* a of t names of the masks put on the answer */
	/* answer */
	KEY_ROWS = 60,		/* u */
	KEY_BYTES_IN = 61,	/* u from the backend */
	KEY_BYTES_OUT = 62,	/* u towards the skill */
	KEY_ERROR = 63,		/* t SQLSTATE and message, masked */
	KEY_TAG = 64,		/* t CommandComplete tag */
	KEY_MASKED = 65,	/* m mask name t -> count u */
	KEY_ANSWER_DIGEST = 66,	/* b 32 SHA-256 of what was sent to the skill */
	KEY_REASON = 67,	/* t why something ended */
	KEY_DURATION = 68,	/* u ns */
	KEY_BYTES_ASKED = 69,	/* u from the skill */
	KEY_BYTES_SENT = 70,	/* u towards the backend */
	/* hold */
	KEY_HOLD = 80,		/* t id */
	KEY_DIGEST = 81,	/* b 32 what the approval is bound to */
	KEY_PERSON = 82,	/* t who decided or commanded */
	KEY_DECISION = 83,	/* t approve, deny, expired, withdrawn */
	KEY_SIGNED = 84,	/* t "unsigned, same host" */
	KEY_NEED = 85,		/* u distinct people */
	KEY_PEOPLE = 86,	/* a of t who approved */
	KEY_EXPIRES = 87,	/* u ns since 1970 */
	/* things */
	KEY_NAME = 90,		/* t */
	KEY_DETAIL = 91,	/* t */
	KEY_BUILD = 92,		/* t */
	KEY_COUNT = 93,		/* u */
	KEY_SCOPE = 94,		/* t of a stop */
	/* bodies */
	KEY_TEXT_BLOB = 100,	/* b 32 SHA-256 of the text as recorded, whole; there when KEY_TEXT is cut */
	KEY_VALUES_BLOB = 101,	/* b 32 SHA-256 of the values as recorded; there in place of KEY_VALUES */
	/* what the kernel counted, beside the daemon: of a flow, or of a whole session */
	KEY_KERNEL_IN = 110,	/* u bytes read from the skill's connections */
	KEY_KERNEL_OUT = 111,	/* u bytes written to them */
	KEY_KERNEL_DIVERTED = 112,	/* u connects that were diverted */
	KEY_KERNEL_FLOWS = 113,	/* u connections that a worker took and that are closed */
	KEY_KERNEL_DROPPED = 114,	/* u … that were over before a worker took them */
	KEY_KERNEL_OPEN = 115,	/* u … that are neither, when this is entered */
	KEY_KERNEL_REFUSED = 116,	/* u refusals told to the daemon */
	/* the container behind a session */
	KEY_CONTAINER = 120,	/* t its id, or "pod/NAMESPACE/NAME" */
	KEY_IMAGE = 121,	/* t as people call its image */
	KEY_IMAGE_DIGEST = 122,	/* t "sha256:…" of the image's manifest, or of its configuration */
	KEY_MATCH = 123,	/* t what of the policy's match found it */
};

/*
 * Write an entry. Keys must be added in rising order; entry_end() says -EINVAL
 * if they were not, -EMSGSIZE when it does not fit. Text longer than
 * ENTRY_TEXT_LIMIT is cut as said above; invalid UTF-8 is written as \xNN.
 * Empty text and unset ids are left out, so that callers need no conditions.
 */
struct entry {
	uint8_t *p;		/* the caller's, ENTRY_LIMIT bytes */
	size_t n;
	size_t count;		/* pairs so far */
	int last;		/* last key */
	bool failed, disordered;
};

void entry_begin(struct entry *, uint8_t *room, enum entry_kind);
void entry_uint(struct entry *, enum entry_key, uint64_t);
void entry_text(struct entry *, enum entry_key, struct span);
void entry_bytes(struct entry *, enum entry_key, struct span);
void entry_id(struct entry *, enum entry_key, const struct id *);
/* An array or map value: open it, add `count` items (pairs for a map), no close. */
void entry_array(struct entry *, enum entry_key, size_t count);
void entry_map(struct entry *, enum entry_key, size_t count);
void entry_item_array(struct entry *, size_t count);
void entry_item_text(struct entry *, struct span);
void entry_item_uint(struct entry *, uint64_t);
void entry_item_null(struct entry *);
int entry_end(struct entry *, struct span *out);
/* Would entry_text() write all of it? */
bool entry_text_fits(struct span);

/* Reading one value back, and the whole as JSON for people and scripts. */
bool entry_get_uint(struct span cbor, enum entry_key, uint64_t *out);
bool entry_get_text(struct span cbor, enum entry_key, struct span *out);
bool entry_get_bytes(struct span cbor, enum entry_key, struct span *out);
/* Check that it is one well-formed entry in deterministic form. */
bool entry_is_valid(struct span cbor);
/* The same of any length: an entry with its bodies in it (entry/entry_whole.h). */
bool entry_is_formed(struct span cbor);

#define ENTRY_IDS 5

/* What whoever takes an entry looks at. A number that is not there is 0, a span empty. */
struct entry_about {
	uint64_t version, kind, incarnation, sequence;
	uint64_t wall, boot_time;	/* ns */
	struct span process;
	struct span ids[ENTRY_IDS];	/* session, flow, turn, hold, refusal */
	struct span blobs[ENTRY_BLOBS];	/* digests, in the order of their keys */
	size_t blob_count;
};
/* entry_is_valid() and the above, in one pass. False: not valid, *out is untouched. */
bool entry_read(struct span cbor, struct entry_about *out);

const char *entry_kind_name(enum entry_kind);
/* JSON name of a key, "skill", "text_digest", …; NULL: unknown. */
const char *entry_key_name(unsigned int key);

#endif
