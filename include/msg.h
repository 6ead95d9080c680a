/*
 * msg.h: what processes say to each other, one table of all of it.
 * A message is one SOCK_SEQPACKET packet: a header, then a body of at most
 * MSG_INLINE bytes; a larger body travels in a sealed memfd (F_SEAL_WRITE,
 * SHRINK, GROW and SEAL, checked by the receiver) and the packet has only the
 * header. At most one other descriptor may come along, where the table says so.
 * Bodies are written with out.h and read to the last byte with span.h; each
 * message's body is written down beside its name. A message that is not in the
 * table for that pair of processes, too long, or with a byte left over is the
 * fault of its sender, and ends the sender: the receiver tells the warden. A worker
 * that says so is not believed, and ended instead (warden/fault.h).
 */
#ifndef MSG_H
#define MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

#define MSG_VERSION 1
#define MSG_INLINE 60000	/* bytes of body in the packet itself */
#define MSG_BODY_MAX (8u << 20)	/* bytes of body in a memfd */
#define MSG_WORKERS 16		/* most workers */

/* Slots: who a process is. Workers take WORKER, WORKER + 1, …; what came later stands behind them, since entries name slots. */
enum msg_slot {
	SLOT_WARDEN, SLOT_LOADER, SLOT_POLICY, SLOT_GRAMMAR, SLOT_KEEPER,
	SLOT_BROKER, SLOT_RECORDER, SLOT_RESOLVER, SLOT_WORKER,
	SLOT_COURIER = SLOT_WORKER + MSG_WORKERS,
	SLOTS
};

static inline bool
msg_is_worker(unsigned int slot)
{
	return slot >= SLOT_WORKER && slot < SLOT_WORKER + MSG_WORKERS;
}

/* Descriptors every process finds open when it starts. */
#define MSG_FD_INSTANCE 3		/* sealed memfd: the instance's settings */
#define MSG_FD_CHANNEL(slot) (4 + (int)(slot))	/* channel to that slot, if the table has one */
#define MSG_FD_PRIVATE 40		/* first descriptor free for the process' own use */

struct msg_head {
	uint16_t version;	/* MSG_VERSION */
	uint16_t type;		/* enum msg_type */
	uint32_t length;	/* of the body, inline or in the memfd */
	uint64_t build;		/* msg_speech(): both ends mean the same by it */
	uint64_t id;		/* of the request; an answer carries the same */
};

/*
 * In the bodies below: u8 be16 be32 be64 as in out.h; text: out_block; id: 16
 * bytes, be64 time, be32 chance, u8 slot, u8 kind, 2 zero; status: be32, 0 or
 * a positive errno; origin: the raw struct abi_origin (96 bytes).
 */
enum msg_type {
	MSG_NONE,

	/* any process <-> warden: fixed size only */
	MSG_READY,		/* child -> warden: - : sandboxed and serving */
	MSG_BEAT,		/* child -> warden: - : every 250 ms */
	MSG_PEER_DOWN,		/* warden -> child: u8 slot: ended; forget what it owed */
	MSG_PEER_UP,		/* warden -> child: u8 slot: a new one serves; ask again */
	MSG_SENDER_FAULT,	/* child -> warden: u8 slot, be16 type: it sent what it must not */
	MSG_QUIT,		/* warden -> child: - : finish and exit 0 */
	MSG_BEATS,		/* warden -> loader: be64 : oldest beat of all, CLOCK_MONOTONIC ns */
	MSG_RELOAD,		/* warden -> policy: - : SIGHUP */
	MSG_CANCEL,		/* worker -> warden -> other workers: be32 pid, u8 n, key */
	MSG_DRAIN,		/* warden -> worker: be32 seconds: take no new flow, and quit when the last has ended */
	MSG_LISTENER,		/* loader -> warden: be64 netns, u8 family (4, 6), +fd: keep it for the next loader */
	MSG_LISTENER_SHUT,	/* loader -> warden: be64 netns */
	MSG_LISTENER_KEPT,	/* warden -> loader that starts: be64 netns, u8 family, +fd; family 0, no fd: that was all */
	MSG_CHILD,		/* warden -> broker: u8 slot, be32 pid, be32 restarts, be64 started (wall ns) */

	/* everyone -> recorder */
	MSG_ENTRY,		/* u8 level, be64 incarnation, be64 sequence, block cbor, then a block
				 * for each body that it names, in the order of their keys */
	MSG_KEPT,		/* recorder -> writer: u8 level, u8 disk is full, be64 incarnation, be64 sequence:
				 * all up to here are written (or synced) */

	/* policy -> each: its view (body: view_*_pack). Two phases, each answered. */
	MSG_VIEW_OFFER,		/* policy -> p: packed view */
	MSG_VIEW_TAKEN,		/* p -> policy: be32 epoch, status */
	MSG_VIEW_SWAP,		/* policy -> p: be32 epoch: from now on */
	MSG_VIEW_SWAPPED,	/* p -> policy: be32 epoch: it does */
	MSG_VIEW_ASK,		/* p -> policy: - : the one in force, please (after a restart) */

	/* worker <-> loader */
	MSG_DOOR,		/* loader -> worker: be64 netns, +fd listener */
	MSG_DOOR_SHUT,		/* loader -> worker: be64 netns */
	MSG_WHO,		/* worker -> loader: origin */
	MSG_WHO_IS,		/* loader -> worker: status (EACCES: changed skill), id session, text skill,
				 * text starter, be32 starter_uid, u8 measured, 32 bytes digest, text reason */
	MSG_SOCKET,		/* worker -> loader: be64 netns, u8 enum msg_socket, text target: one to dial it with */
	MSG_SOCKET_IS,		/* loader -> worker: status, +fd */
	MSG_SKILL_STOP,		/* loader -> worker: id session: end its flows */

	/* worker <-> grammar */
	MSG_PARSE,		/* worker -> grammar: text statement(s) */
	MSG_ANALYSIS,		/* grammar -> worker: status, then facts/sql's own packed form */

	/* worker <-> keeper */
	MSG_LEAF,		/* worker -> keeper: text target, text name (SNI, may be empty), 16 bytes ip */
	MSG_LEAF_IS,		/* keeper -> worker: status, text certificate chain PEM, text key PEM */
	MSG_PROOF,		/* worker -> keeper: text target (or skill), id flow, u8 step, text input (see vault/vault.h);
				 * ESTALE: the keeper goes by another policy now */
	MSG_PROOF_IS,		/* keeper -> worker: status, u8 step, text output */
	MSG_MASK_KEYS,		/* worker -> keeper: - */
	MSG_MASK_KEYS_ARE,	/* keeper -> worker: be32 epoch, be32 count, count x 32 bytes, in the view's order;
				 * then 32 bytes: for the digests of holds */
	MSG_TICKET_KEYS,	/* worker -> keeper: - : those by which skills take up sessions of TLS */
	MSG_TICKET_KEYS_ARE,	/* keeper -> worker: be32 seconds until there is a newer one, then 1 or 2 x 80 bytes, the newest
				 * first: name 16, for AES-256 32, for HMAC-SHA-256 32 */

	/* worker <-> broker */
	MSG_HOLD,		/* worker -> broker: desk/hold.h's packed form */
	MSG_HOLD_LEFT,		/* worker -> broker: id hold: client left */
	MSG_DECIDED,		/* broker -> worker: id hold, 32 bytes digest, u8 approved, text reason, text people */
	MSG_HOLD_STANDS,	/* broker -> worker: id hold: it is entered; its client asks again later, and may be told so */
	MSG_APPROVED_ASK,	/* worker -> broker: 32 bytes digest, text skill, be32 epoch, u8 use: what has become of an
				 * identical one? */
	MSG_APPROVED_IS,	/* broker -> worker: status, id hold, u8 enum msg_standing, text people; an approval is used up if
				 * `use` was 1 */
	MSG_STOP,		/* broker -> worker, loader; loader -> worker that starts: u8 scope (enum msg_stop), u8 is undo,
				 * text name */
	MSG_WATCH,		/* broker -> worker: u8 on */
	MSG_TURN,		/* worker -> broker: packed line for `interlock watch`: text json */

	/* broker <-> loader, policy, keeper, recorder: what people command */
	MSG_DO,			/* broker -> p: text person, be32 uid, be32 pid, text json request; +fd */
	MSG_DONE,		/* p -> broker: u8 last, text json answer (may come many times) */
	MSG_SESSION,		/* loader -> broker: u8 began, id session, text skill, text starter,
				 * be32 starter_uid, be64 cgroup, text cgroup path */

	/* loader <-> resolver */
	MSG_EAR,		/* loader -> resolver: be64 netns, id session, be64 cgroup, u8 is TCP, text skill,
				 * text starter, +fd: what is asked there is asked by that session */
	MSG_EAR_SHUT,		/* loader -> resolver: be64 netns (0: all), id session (unset: all) */
	MSG_ADDRESSES,		/* resolver -> loader: text target, be32 count, count x 16 bytes: all that DNS says */

	/* keeper <-> courier <-> resolver */
	MSG_ROOTS,		/* keeper -> courier: PEM of the CAs that vouch for the next MSG_FETCH, of the same id */
	MSG_FETCH,		/* keeper -> courier: text url, text host, be16 port, block authorization (empty: none), block body:
				 * POST it once */
	MSG_FETCHED,		/* courier -> keeper: status, be32 seconds the token is good for, block token, block refresh
				 * token (empty: the old one stays), block why not */
	MSG_LOOKUP,		/* courier -> resolver: text host */
	MSG_LOOKED,		/* resolver -> courier: status, be32 count, count x 16 bytes */
	MSG_TYPES
};

enum msg_socket { MSG_SOCKET_IPV4, MSG_SOCKET_IPV6, MSG_SOCKET_LOCAL /* of the target, connected */, MSG_SOCKETS };
enum msg_standing { STANDING_NONE, STANDING_WAITS, STANDING_APPROVED, STANDING_DENIED, STANDINGS };	/* of a hold */
enum msg_stop { STOP_ALL, STOP_SKILL, STOP_SESSION, STOP_TARGET, STOP_SCOPES };	/* to undo STOP_ALL takes back all */

struct msg_rule {
	uint16_t type;
	uint8_t from, to;	/* SLOT_WORKER stands for any worker; MSG_ANY for any process */
	uint32_t least, most;	/* bytes of body */
	bool has_fd;		/* may carry one descriptor */
};
#define MSG_ANY 0xff

/* The rule for a message, or NULL when those two never say that. */
const struct msg_rule *msg_rule_find(uint16_t type, unsigned int from, unsigned int to);
/* What this build understands, as one number: two builds with the same may speak with each other. */
uint64_t msg_speech(void);
/* Do those two ever speak? Then they have a channel. */
bool msg_has_channel(unsigned int a, unsigned int b);
/* "worker/1", "recorder"; for logs and entries. */
const char *msg_slot_name(unsigned int slot);

#endif
