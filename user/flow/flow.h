/*
 * flow.h: the conductor's own structures. Only flow/ and main/worker.c see them.
 *
 * A connection and a question are different things, so there are two lives here.
 * A *flow* moves through enum flow_state: who is it, what does it speak, may it
 * log in, dial, log in upstream, open, closing. A *turn* is one ask and its
 * answer. An ask is parked in flow->ask until it may go (enum ask_state); while it
 * is, nothing more is read from the skill, and answers to earlier turns go on.
 * Once passed, a turn waits in flow->turns for its answer.
 *
 * Every state has a deadline (state.c). Every unit of a codec has a handler
 * (pump.c). Nothing here blocks; what must be waited for comes back as a message
 * or an event and continues in flow_continue_*.
 */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#include "action.h"
#include "approve/approve.h"
#include "coding/coding.h"
#include "facts/sql/sql.h"
#include "id.h"
#include "inject/echo.h"
#include "inject/request.h"
#include "loop/loop.h"
#include "mask/body.h"
#include "mask/mask.h"
#include "msg.h"
#include "out.h"
#include "record/record.h"
#include "unwrap/h2.h"
#include "unwrap/tls.h"
#include "verdict.h"
#include "view.h"
#include "who.h"
#include "wire.h"

struct arena;
struct doors;
struct memos;
struct msg_head;
struct post;
struct record_value;
struct rpc;
struct scribe;
struct splice;
struct tools;
struct way;

/* ---- limits: every size and count of a flow, in one place ----------------- */

#define FLOW_MOST 8192			/* flows of one worker */
#define FLOW_OF_SKILL 1024		/* of these, at most so many of one skill's session */
#define FLOW_ARENA_BYTES (16u << 20)	/* what a codec may keep */
#define FLOW_SCRATCH_BYTES (16u << 20)	/* what one ask may need */
#define FLOW_UNIT_BYTES (1u << 20)	/* largest ask; larger rows stream, but for masked ones */
#define FLOW_ROW_BYTES (8u << 20)	/* largest row that is masked */
#define FLOW_WHOLE_BYTES (256u << 20)	/* rows larger than a unit that one worker holds at a time */
#define FLOW_CODED_BYTES (4ULL << 30)	/* what a coded body may unfold to */
#define FLOW_CODED_RATIO 200
#define FLOW_CODED_MEMORY (32u << 20)	/* of its decoder */
#define FLOW_SPARE_BYTES (128u << 10)	/* what one read may bring behind a unit */
#define FLOW_IN_BYTES (FLOW_UNIT_BYTES + FLOW_SPARE_BYTES)
#define FLOW_OUT_BYTES (64u << 20)	/* a queue beyond this ends the flow */
#define FLOW_HIGH_BYTES (256u << 10)	/* above it the other side is not read */
#define FLOW_TURNS 8192			/* passed and not answered */
#define FLOW_NAMES_NS (5 * 1000000000ULL)	/* how long a catalogue is trusted */
#define FLOW_BUCKETS 1024
#define FLOW_WAYS 32			/* connections of HTTP/1.1 to the backend, for one of HTTP/2: more streams wait */
#define FLOW_WAYS_IDLE 512		/* of these, in one worker, that wait for a stream */
#define FLOW_WAY_NS (4 * 1000000000ULL)	/* each so long; most servers keep them for 5 s or more */

/* ---- the worker ------------------------------------------------------------ */

/* One policy as this worker knows it; counted, since running turns keep theirs. */
struct policy {
	unsigned int users;
	struct view_worker *view;
	struct mask_set *masks;		/* NULL until the keeper sent its keys */
	uint8_t hold_key[APPROVE_KEY_SIZE];
	struct tls_roots **roots;	/* one for each target; NULL: none given */
	uint64_t *terms;		/* … of TLS to it: equal where a certificate that was right still is */
};

struct worker {
	struct loop *loop;
	struct post *post;
	struct scribe *scribe;
	struct doors *doors;
	struct sql_cache *shapes;
	struct policy *policy, *offered;	/* in force; taken and not yet swapped */
	struct timer keys;			/* ask the keeper again */
	struct timer tickets;			/* … for the keys of tickets */
	struct flow *flows;			/* all of them */
	struct flow *asked[FLOW_BUCKETS];	/* by the id of the request they wait for */
	unsigned int count;
	unsigned int slot;
	bool watched;				/* somebody runs `interlock watch` */
	size_t whole;				/* bytes of large rows that flows hold */
	unsigned int idle_ways;
	struct errand *errands;
	unsigned int errand_count;
	struct stops *stops;			/* what `interlock stop` named */
	struct flow *dead;			/* ended in this round, freed by `bury` */
	struct timer bury;
	struct timer resting;			/* looks for flows that do nothing */
	struct timer again;			/* the keeper, by those that it put off */
	struct timer drain;
	uint64_t drain_until;			/* 0: it takes new flows; else when the last must have ended */
};

/* ---- what an ask means, by the kind of protocol -------------------------------- */

struct flow;
struct turn;
enum refusal;

struct meaning {
	/* Find out what the parked ask means; then flow_ask_judge(). */
	void (*begin)(struct flow *);
	/* Fill ask.action with it. False: no memory. */
	bool (*explain)(struct flow *);
	/* Its text as others may see it. Lives in the scratch arena. */
	struct span (*masked)(struct flow *);
	/* Why it cannot be done whatever the rules, and what the skill is told; NULL: it can. */
	const char *(*hinder)(struct flow *, enum refusal *);
	/* Is that unit still the parked ask, with the same meaning? */
	bool (*is_same)(const struct flow *, const struct wire_event *);
	/* It is entered: is all there that it goes upstream with? Else that is asked for, and then it is released again. */
	bool (*is_ready)(struct flow *);
	/* Give the turn what its answer is looked at with. False: no memory. */
	bool (*begin_turn)(struct flow *, struct turn *);
	/* Send the ask upstream. The flow may have ended afterwards. */
	void (*pass)(struct flow *, const struct wire_event *, struct span unit);
};

extern const struct meaning meaning_statement;	/* statement.c: SQL */
extern const struct meaning meaning_request;	/* request.c: HTTP */

/* ---- one flow --------------------------------------------------------------- */

enum flow_state {
	FLOW_IDENTIFYING,	/* the loader was asked who it is */
	FLOW_ENTERING,		/* its first entry is on its way */
	FLOW_SOCKET,		/* the loader makes a socket in the target's namespace */
	FLOW_GREETING,		/* TLS and start-up of the client */
	FLOW_LEAF,		/* the keeper makes a certificate */
	FLOW_ADMITTING,		/* the login's entry is on its way */
	FLOW_PROVING,		/* the skill is asked for its own password */
	FLOW_DIALING,		/* connect upstream is under way */
	FLOW_LOGGING_IN,	/* TLS and login upstream */
	FLOW_OPEN,		/* turns */
	FLOW_DRAINING,		/* the skill said good-bye; the backend's last words */
	FLOW_LANES,		/* HTTP/2: its streams are flows of their own */
	FLOW_CARRYING,		/* inspect: none */
	FLOW_CLOSING,		/* last bytes go out, then it ends */
	FLOW_STATES
};

enum ask_state {
	ASK_NONE,		/* nothing is parked */
	ASK_POLICY,		/* the policy in force waits for its masks' keys */
	ASK_GRAMMAR,		/* the grammar parses it */
	ASK_NAMES,		/* an own turn asks the catalogue */
	ASK_STANDING,		/* the broker is asked what has become of the same ask before */
	ASK_EARLIER,		/* the broker is asked for an earlier approval */
	ASK_HOLDING,		/* the entry of the hold is on its way */
	ASK_HELD,		/* people decide */
	ASK_ENTERING,		/* allowed; its entry is on its way */
	ASK_LENDING,		/* entered; the keeper is asked for the credential it goes with */
	ASK_REFUSING,		/* refused; its entry is on its way */
	ASK_CLEARED,		/* may go as soon as the codec names it again */
	ASK_SIGNING,		/* it has gone; the keeper is asked for signatures of a run of its body */
	ASK_STATES
};

/* How a connection in FLOW_LANES goes on to the backend. */
enum lanes_kind {
	LANES_UNSURE,		/* without TLS nobody says what it speaks: HTTP/2 is tried, and its first bytes are awaited */
	LANES_SHARED,		/* it speaks HTTP/2: each lane has a stream of one connection */
	LANES_APART,		/* it speaks HTTP/1.1: each lane has a connection of its own */
};

struct leg {
	int fd;
	struct watch *watch;
	uint32_t events;	/* that are wanted */
	uint32_t armed;		/* that are watched for: reading may be among them though it is not wanted */
	struct tls *tls;
	bool tls_open;		/* its handshake is complete */
	uint64_t tls_terms;	/* of the policy by which the backend was verified */
	struct h2 *h2;		/* of a connection in FLOW_LANES */
	struct out in;		/* plaintext that came; read while it has less than in_most */
	size_t in_most;
	size_t used;		/* bytes at its front that are consumed */
	struct out cipher;	/* what goes to the socket */
	bool half;		/* it has shut, and what it said before is not read yet */
	bool eof;		/* the other end has sent its last byte */
	bool shut;		/* we have */
	bool connected;
	uint64_t received, sent;	/* bytes of the socket */
};

/* What a skill is told; words in refusal.c. */
enum refusal {
	REFUSAL_POLICY,		/* ILP01 refused by policy */
	REFUSAL_HOLD_DENIED,	/* ILH01 a person refused it */
	REFUSAL_HOLD_EXPIRED,	/* ILH02 nobody decided in time */
	REFUSAL_HOLD_WAITS,	/* ILH03 it is to be asked again, when people have decided */
	REFUSAL_RECORD,		/* ILR01 it cannot be recorded now */
	REFUSAL_IDENTITY,	/* ILI01 this is not the skill it was */
	REFUSAL_STOPPED,	/* ILS01 an operator has stopped it */
	REFUSAL_PASSWORD,	/* 28P01 its own password is wrong */
	REFUSAL_BINDING,	/* 28000 its login is bound to another channel */
	REFUSAL_BACKEND,	/* ILB01 the backend cannot be reached or trusted */
	REFUSAL_CREDENTIAL,	/* ILC01 it cannot be sent with the target's credential */
	REFUSAL_TOKEN,		/* ILC02 no token is to be had for the target */
	REFUSAL_LIMIT,		/* ILL01 larger than a limit */
	REFUSAL_FORMAT,		/* ILF01 a format that cannot be masked */
	REFUSAL_ENCODING,	/* ILF02 a text in another form than is understood here */
	REFUSAL_PROTOCOL,	/* ILM01 a message that is not understood */
	REFUSAL_CANCELLED,	/* 57014 the skill itself has cancelled it */
	REFUSAL_INTERNAL,	/* ILX01 the daemon cannot serve it now */
	REFUSALS
};

/* An ask that waits; copied from the codec's event, since answers go on. */
struct pending {
	enum ask_state state;
	enum wire_phase phase;
	struct wire_ask ask;		/* spans in flow->scratch */
	size_t n;			/* bytes of the unit in the client leg */
	uint64_t parked;		/* when, CLOCK_MONOTONIC ns */
	struct id turn, hold, refusal;
	enum msg_standing standing;	/* of the hold, where it is one that was opened by the same ask before */
	bool knows_standing;
	bool is_soothed;	/* its answer was begun as events */
	struct span progress;	/* of those: the token that its client wants to hear of, as JSON; empty: none */
	uint32_t told;		/* how often that was */
	struct sql_analysis *analysis;
	struct sql_nature nature;
	struct sql_catalogue *names;	/* it is judged by; they may move while it waits */
	struct action action;
	struct verdict verdict;
	enum refusal no;		/* what a denial tells the skill */
	char why[512];
	struct hold card;		/* what the approvers are shown */
	struct out acts;
	struct span plain;		/* REQUEST: its body, of gRPC with its messages unfolded */
	struct span people;		/* ASK_POLICY: who approved; empty: it is still to be judged */
	struct record_value *values;	/* text and values as they are recorded; NULL: not masked yet */
	struct span masked;
	uint64_t sequence;		/* of the entry waited for; 0: none */
	const char *cancelled;		/* by its key's holder, or an operator: why; NULL: it is not */
};

struct turn {
	struct turn *after;
	uint32_t number;
	struct id id;
	uint64_t passed;		/* when */
	uint64_t masks;			/* bits of the verdict */
	uint64_t row_limit;
	struct policy *policy;		/* that judged it */
	struct sql_analysis *analysis;
	struct sql_catalogue *names;	/* it was judged by */
	struct mask_plan *plan;		/* once the columns are known */
	struct mask_body *body;		/* of HTTP's answer, where it is masked */
	struct coding *coding;		/* undone before it is masked */
	struct inject_echo *echo;	/* looks for secrets in it */
	struct tools *tools;		/* it answers tools/list of MCP */
	struct rpc *rpc;		/* it answers a call of gRPC, and is masked */
	bool has_bodies;		/* masks may touch a body */
	bool is_untold;			/* nothing says what its body is, nor that there is none */
	bool redacts;			/* all of its body: policy wants what cannot be looked into so */
	struct mask_tally tally;
	uint64_t rows, bytes_in, bytes_out;
	EVP_MD_CTX *digest;
	struct out tag, error;
	bool withholds;			/* its error may quote what is masked: nobody is shown it */
};

/* Bytes of an answer, in to[WIRE_CLIENT], that are not in its digest yet. */
struct undigested {
	struct turn *turn;		/* NULL: there are none */
	size_t from, upto;
};

struct flow {
	struct worker *worker;
	struct flow *before, *after;	/* in worker->flows */
	struct flow *next_asked;	/* in the bucket of `request` */
	uint64_t request;		/* id of the one request waited for; 0: none */
	enum flow_state state;
	struct timer deadline, calm, retry, hasten;
	size_t hungry_for;		/* bytes of an ask that does not end, when `hasten` was set */
	struct id id;
	struct wire_key key;		/* what the skill has for a cancel key */
	uint64_t began;
	struct who who;
	struct policy *policy;
	uint32_t target;		/* index in policy->view */
	char target_name[ABI_NAME_SIZE];
	char destination[RECORD_DESTINATION];
	char role[128], database[128];
	struct leg legs[WIRE_SIDES];
	struct out to[WIRE_SIDES];	/* plaintext the codec wrote */
	struct undigested undigested;
	const struct wire_codec *codec;
	void *codec_state;
	const struct meaning *meaning;
	struct arena *arena, *scratch;
	struct sql_catalogue *names;
	uint64_t names_since;
	uint32_t moved_turn, last_passed;	/* the last turn after which names may mean something else */
	bool names_at_risk;			/* the end of the transaction may take back what has moved them */
	bool names_forgotten;			/* … while the catalogue was being asked */
	struct pending ask;
	struct turn *turns, **last_turn;
	unsigned int turn_count;
	uint64_t turn_total;
	struct splice *splice;
	char server_name[256];
	bool says_protocol, offers_h2, only_h2;	/* in its ClientHello, or by the first bytes that come */
	bool is_old;			/* HTTP/1.0 at most */
	struct flow *lanes;		/* of a connection of HTTP/2, oldest first */
	enum lanes_kind lanes_kind;
	unsigned int unsure_s;		/* how long it has been so */
	struct way *ways;		/* LANES_APART: connections that no lane uses now, */
	unsigned int way_count;		/* and all, with those that are under way */
	struct flow *parent, *next_lane;	/* of a lane: its connection; NULL: it has sockets of its own */
	uint32_t stream[WIRE_SIDES];	/* of a lane; 0: none yet */
	bool takes_way, has_way;	/* of a lane apart: it is counted; it is verified, and may be written to */
	uint32_t way_epoch;		/* of the policy by which it was */
	uint64_t entry;			/* sequence of the flow's own entry waited for */
	char reason[160];		/* why it closes */
	struct id refusal;		/* what the skill was told when it closed; unset: nothing */
	struct memos *memos;		/* plans of its answers */
	struct inject *inject;		/* the credential of HTTP's requests; NULL: none */
	uint32_t inject_epoch;		/* of the policy by which it was opened */
	size_t signing;			/* bytes of the run of a body that ASK_SIGNING is for; 0: none is in hand */
	size_t whole;			/* bytes of a large row that it holds, of worker->whole */
	bool whole_is_done;
	bool is_known;			/* identified; waits for a whole policy */
	bool upstream_asked;		/* login_begin was written */
	bool is_put_off;		/* by the keeper, which is about to be replaced */
	bool is_channel;		/* it has become a WebSocket */
	bool ended;
	bool pumping, again;	/* in flow_pump; it must go round once more */
	bool choked;		/* something waits for a queue to drain */
	bool stirred, rests;	/* since the last look at it; its empty buffers were given back */
};

/* ---- state.c: the two tables ------------------------------------------------ */

void flow_move(struct flow *, enum flow_state);
void flow_park(struct flow *, enum ask_state);
bool flow_reads(const struct flow *, enum wire_side);
const char *flow_state_name(enum flow_state);

/* ---- table.c: making, finding, ending --------------------------------------- */

struct flow *flow_new(struct worker *, int fd, const struct abi_origin *);
/* A flow for one stream of that connection, open at once. NULL: there is no room. */
struct flow *flow_new_lane(struct flow *parent, uint32_t stream);
/* Wait for the answer to one request; the id to send it with. */
uint64_t flow_request(struct flow *);
struct flow *flow_asked(struct worker *, uint64_t request);
/* End at once: entry, both sockets closed. `reason` is for the ledger. */
void flow_end(struct flow *, const char *reason);
/* End after what is queued for the skill has gone out. What is parked is given up. */
void flow_close(struct flow *, const char *reason);
/* The same, after a last word in the protocol with an id, which is entered with the end. */
void flow_farewell(struct flow *, enum refusal, const char *reason);
void flow_free(struct flow *);

/* rest.c: a flow has begun: from now on, look for those that do nothing. */
void flow_rest_begin(struct worker *);

/* ---- carry.c: sockets, TLS, watches ------------------------------------------ */

/* Attach a socket to a leg and watch it. Returns 0 or -errno. */
int flow_leg_open(struct flow *, enum wire_side, int fd);
void flow_leg_close(struct flow *, enum wire_side);
/* What came from this side and is not consumed. */
struct span flow_leg_in(const struct flow *, enum wire_side);
/* Write what is queued, arm the watches. False: the flow has ended. */
/* Ciphertext of that side's socket, through its TLS. False: the flow has ended. */
bool flow_decrypt(struct flow *, enum wire_side, struct span cipher);
bool flow_flush(struct flow *);

/* ---- lane.c: HTTP/2 --------------------------------------------------------------- */

/* Both sides speak it. The flow may have ended afterwards. */
void lanes_begin(struct flow *);
void lanes_pump(struct flow *);
/* End all lanes of a connection that ends. */
void lanes_end(struct flow *);
/* Take what came on a lane's streams. True: there was something. The lane may have ended. False: of what is no lane. */
bool lane_fill(struct flow *);
/* Give to a lane's stream what it has room for. False: that side has a socket of its own. */
bool lane_give(struct flow *, enum wire_side);
/* The backend's socket is at its end, or broken. True: it may only have not understood HTTP/2, which will be seen to. */
bool lanes_doubt(struct flow *, enum wire_side);
/* A lane has changed something by itself: its connection has to say it. */
void lanes_stir(struct flow *parent);
/* It is held: its client gets a PING now and then. */
void lane_calm(struct flow *);
/* Its streams are ended with it. */
void lane_end(struct flow *);

/* ---- way.c: lanes over HTTP/1.1 ------------------------------------------------------- */

/* The connection's own socket to the backend, if it has one, is the first that a lane may take. */
void ways_begin(struct flow *parent);
/* Find one for a lane: idle, or dialled. False: there is none yet. The lane may have ended. */
bool way_find(struct flow *lane);
/* It was dialled, and is verified: go on. */
void way_ready(struct flow *lane);
/* The lane ends: another one may have it, if nothing is left on it. */
void way_leave(struct flow *lane);
void ways_free(struct flow *parent);

/* ---- pump.c: units ------------------------------------------------------------ */

/* Do everything that can be done now. The flow may have ended afterwards. */
void flow_pump(struct flow *);
/* What the client has sent is TLS already: all but the last `leave` bytes of it are taken. False: the flow has ended. */
bool flow_begin_tls(struct flow *, size_t leave);
/* The parked ask is recorded and may go, or is refused: continue the flow. */
void flow_pass_ask(struct flow *);
void flow_refuse_ask(struct flow *, enum refusal);

/* ---- start.c: from accept to the first unit ------------------------------------ */

/* One skill must not take the room of all: has it any left? */
bool flow_has_room(const struct worker *, const struct abi_origin *);
/* The codec of its target. False: there is none, or no memory. */
bool flow_open_codec(struct flow *);
/* It is known who asks: go on, as soon as a policy is whole. */
void flow_identified(struct flow *);
void flow_accepted(void *worker, int fd, uint64_t netns, int status, const struct abi_origin *);
/* Another loader serves: ask it what flows wait to hear. */
void flow_loader_is_back(struct worker *);
bool flow_hear_who(struct worker *, const struct msg_head *, struct span body);
bool flow_hear_leaf(struct worker *, const struct msg_head *, struct span body);
void flow_want_leaf(struct flow *, struct span server_name);
/* In the middle of the client's handshake: tell it with an alert, as TLS has it, and close. */
void flow_end_shaking(struct flow *, const char *reason);

/* ---- greet.c: where the client does not log in: TLS or not, and the backend first ------ */

/* The client has begun to speak, or goes on with TLS. True: it may be asked for units now. */
bool flow_greet(struct flow *);
/* Its ClientHello is read, with what it offers to speak: no answer before the backend's. */
void flow_greet_named(struct flow *, struct span server_name, struct span protocols);
/* What is offered to the backend: no more than the client offers. */
const char *flow_greet_offers(const struct flow *);
/* The backend is there, and verified. */
void flow_greet_backend(struct flow *);

/* ---- prove.c: a skill's own password ----------------------------------------------- */

/* Has policy a verifier for this skill? */
bool flow_must_prove(const struct flow *);
/* Ask it, then dial. */
void flow_prove(struct flow *);
/* After a unit of the skill meanwhile. False: the flow has ended. */
bool flow_prove_step(struct flow *);
/* The keeper's answer to VAULT_VERIFY_FIRST or _FINAL. */
void flow_prove_answered(struct flow *, uint8_t step, int status, struct span output);

/* ---- secure.c: TLS to the backend ------------------------------------------------- */

/* The backend takes TLS: begin it. False: the flow has ended. */
bool flow_secure_begin(struct flow *);
/* As far as it goes. False: the flow has ended. *is_done: the login may begin. */
bool flow_secure_step(struct flow *, bool *is_done);
/* The keeper's answer to VAULT_CHAIN or VAULT_SIGN. */
void flow_secure_answered(struct flow *, uint8_t step, int status, struct span output);

/* ---- login.c: admission, dialling, the upstream login --------------------------- */

bool flow_unit_login(struct flow *, const struct wire_event *);
bool flow_unit_cancel(struct flow *, const struct wire_event *);
void flow_dial(struct flow *);
void flow_dialed(struct flow *);
/* An admitted login fails: enter why, tell the skill no more than `what`, end. */
void flow_login_failed(struct flow *, enum refusal what, const char *reason);
/* The backend cannot be had or trusted: enter that, and tell the skill no more than that. */
void flow_backend_failed(struct flow *, const char *reason);
/* The backend ended the login with an error, whose words are for the operator. */
void flow_login_refused(struct flow *, const struct wire_event *);
bool flow_hear_socket(struct worker *, const struct msg_head *, struct span body, int fd);
bool flow_hear_proof(struct worker *, const struct msg_head *, struct span body);
/* The keeper begins nothing new (EAGAIN): ask it again in a moment. */
void flow_put_off(struct flow *);
/* The keeper has ended: logins that wait for it fail now, and not at their deadline. */
void flow_keeper_ended(struct worker *);
/* After a unit of the backend during login: TLS answer, proofs. False: ended. */
bool flow_login_step(struct flow *);
/* Cancel what runs on the flow this was given out for; false: none of this worker's. */
bool flow_cancel(struct worker *, const struct wire_cancel *);
/* The same, as another worker says it: the body of MSG_CANCEL. */
void flow_hear_cancel(struct worker *, struct span body);
void flow_cancel_upstream(struct flow *, const char *why);
/* errand.c: send a message to the flow's backend on a connection of its own; it is taken. */
void errand_send(struct flow *, struct out *message);
/* The loader made a socket (or fd is an error). False: no errand asked for it. */
bool errand_hear_socket(struct worker *, uint64_t request, int fd);
/* Cancel what this flow runs upstream; `why` is entered. */
void flow_cancel_running(struct flow *, const char *why);

/* ---- hasten.c ---------------------------------------------------------------------- */

/* The codec wants more of an ask: in a while it takes what is here, if that is how it is hungry. */
void flow_hunger(struct flow *, const struct wire_event *);

/* ---- ask.c, statement.c: from a unit to a verdict; release.c: entries and holds ------- */

bool flow_unit_ask(struct flow *, const struct wire_event *);
/* The copied ask of a flow: find out what it means. */
void flow_ask_begin(struct flow *);
/* Go over to the policy in force. False: its target is not in that one. */
bool flow_renew_policy(struct flow *);
void flow_ask_names(struct flow *);
/* What names mean may have changed: forget it, for portals that are bound too. */
void flow_names_moved(struct flow *);
void flow_ask_judge(struct flow *);
/* shown.c: the parked request as people are shown it, into ask.text. False: too large. */
bool flow_write_down(struct flow *);
/* … and as the ledger has it. */
struct span flow_masked_request(struct flow *);
/* request.c: the keeper's answer in ASK_LENDING. */
void flow_ask_lent(struct flow *, uint8_t step, int status, struct span output);
/* upload.c: a run of a request's body. False: the flow has ended, or waits. */
bool flow_upload(struct flow *, const struct wire_event *, struct span unit);
/* … the keeper's answer in ASK_SIGNING. */
void flow_upload_signed(struct flow *, uint8_t step, int status, struct span output);
/* release.c: it was allowed and entered, and cannot go all the same: enter why, refuse it. */
void flow_ask_fail(struct flow *, enum refusal, const char *reason);
/* What is entered goes, as soon as it has all it needs. */
void flow_ask_go(struct flow *);
/* The catalogue did not answer: what the names mean cannot be known. */
void flow_ask_nameless(struct flow *);
bool flow_hear_analysis(struct worker *, const struct msg_head *, struct span body);
void flow_ask_allow(struct flow *);
void flow_ask_deny(struct flow *);
void flow_ask_hold(struct flow *);
void flow_ask_late(struct flow *);
/* People approved exactly this: judge it again, enter that, let it go. */
void flow_ask_release(struct flow *, struct span people);
bool flow_hear_earlier(struct worker *, const struct msg_head *, struct span body);
bool flow_hear_decided(struct worker *, struct span body);
void flow_reopen_holds(struct worker *);
/* release.c: nobody decided yet: the broker is to keep the hold. */
void flow_ask_open_hold(struct flow *);
/* The flow whose parked ask is that hold; NULL: there is none any more. */
struct flow *flow_find_held(struct worker *, const struct id *hold);
/* calm.c: it waits for people: keep its client patient, until flow->calm is unset. */
void flow_calm_begin(struct flow *);
/* retry.c: is it answered at once, to be asked again? */
bool flow_asks_again(const struct flow *);
/* Ask the broker what has become of it, for flow_ask_hold() to go on with. */
void flow_retry_ask(struct flow *);
void flow_retry_hear(struct flow *, const struct approve_answer *);
/* It is entered: go on by how the hold stands. */
void flow_retry_go(struct flow *);
bool flow_hear_stands(struct worker *, struct span body);
void flow_ask_leave(struct flow *);
void flow_ask_clear(struct flow *);

/* ---- answer.c ---------------------------------------------------------------- */

struct turn *flow_turn_find(struct flow *, uint32_t number);
bool flow_turn_add(struct flow *);
/* The algorithm, fetched once: fetching costs more than hashing. NULL: not to be had. */
const EVP_MD *flow_sha256(void);
void flow_turn_free(struct turn *);
bool flow_unit_fields(struct flow *, const struct wire_event *);
/* Trace the columns of this answer and say what is masked in it. */
int flow_plan_columns(struct flow *, struct turn *, const struct wire_column *, size_t count);
/* memo.c: a plan made before for the same, with a reference for the caller; NULL: none. */
struct mask_plan *memos_find(const struct memos *, const struct turn *, const struct wire_column *, size_t count);
/* Remember turn->plan. */
void memos_keep(struct memos **, const struct turn *, const struct wire_column *, size_t count);
void memos_free(struct memos **);
/* Could the answer to this ask have a value that is masked, whatever its columns? */
bool flow_may_mask(const struct flow *, const struct verdict *, const struct sql_analysis *);
bool flow_unit_text(struct flow *, const struct wire_event *, struct span unit);
bool flow_unit_done(struct flow *, const struct wire_event *);
/* body.c: an answer of HTTP. False: the flow has ended, or waits. */
bool flow_unit_head(struct flow *, const struct wire_event *, struct span unit);
bool flow_unit_body(struct flow *, const struct wire_event *, struct span unit);
/* tools.c: an answer to tools/list of MCP. False: no memory. */
bool flow_tools_begin(struct flow *, struct turn *);
/* Can it be looked into? */
bool flow_tools_fit(struct tools *, const struct wire_head *);
/* Keep a run; *bytes is empty but for the last, which is all of it without what the skill may not call, in *out. False: it
 * cannot be read, or is too long. */
bool flow_tools_put(struct flow *, struct turn *, bool is_last, struct span *bytes, struct out *out);
void flow_tools_free(struct tools **);
/* rpc.c: gRPC. The body of a request with its messages unfolded, in the flow's scratch memory; as it came where that cannot
 * be done. */
struct span flow_rpc_plain(struct flow *, const struct wire_request *);
/* Is it a call whose answer must be looked into? False: no memory. */
bool flow_rpc_begin(struct flow *, struct turn *);
/* The codings that are asked for of an answer that is looked into, in `room`; empty: what the skill asks for. */
struct span flow_rpc_codings(const struct turn *, const struct wire_request *, char *room, size_t size);
/* The head of its answer: is its body of gRPC? */
bool flow_rpc_head(struct turn *, const struct wire_head *);
/* A field of the head, or a trailer: edited, nothing said of it any more (NULLED: leave it out), or kept. */
enum mask_result flow_rpc_field(struct turn *, const struct wire_pair *, struct out *);
/* A run of its body: *bytes is what may go on, in *out. False: flow_rpc_error(). */
bool flow_rpc_put(struct turn *, bool is_last, struct span *bytes, struct out *out);
const char *flow_rpc_error(const struct turn *);
void flow_rpc_free(struct rpc **);
/* Bytes of an answer, through masks and what looks for secrets, as far as there are any. *bytes is what may go on, in one of
 * `rooms`, which the caller has for that alone. False: they must not. */
#define FLOW_ROOMS 4
bool flow_look_into(struct flow *, struct turn *, bool is_last, struct span *bytes, struct out rooms[FLOW_ROOMS]);
/* message.c: WebSocket. One of the client's, which is its turn; one of the server's, in the turn of its opening. */
void flow_message_pass(struct flow *, struct turn *, struct span unit);
bool flow_message_body(struct flow *, struct turn *, const struct wire_event *, struct span unit);
/* row.c: end the flow in the middle of an answer: it must not go on as it is. False. */
bool flow_stop_answer(struct flow *, struct span unit, enum refusal, const char *reason);
/* row.c: the masked row was obeyed: give back what a large one took, when its bytes are gone. */
void flow_row_let_go(struct flow *);
bool flow_unit_row(struct flow *, const struct wire_event *, struct span unit);
/* Count what stands from `from` on in what goes to the skill, and put it into the turn's digest, in time. */
void flow_answer_sent(struct flow *, struct turn *, size_t from);
/* What is counted is in its digest now: call before bytes leave to[WIRE_CLIENT]. */
void flow_answer_digest(struct flow *);

/* ---- refusal.c: what a skill is told ------------------------------------------- */

/* A new refusal id, and the words for it; text lives in `room` (REFUSAL_ROOM bytes). */
#define REFUSAL_ROOM 512
struct id flow_refusal_id(const struct worker *);
struct wire_no flow_refusal(enum refusal, const struct id *, unsigned int minutes, char *room);
/* The words for a hold that waits, with its id. */
struct wire_no flow_refusal_held(const struct id *refusal, const struct id *hold, enum hold_answer, char *room);

/* ---- watch.c, stops.c ------------------------------------------------------------ */

/* Text as others may see it: in the ledger, in `watch`. Lives in the scratch arena. */
struct span flow_masked(struct flow *, struct span text);
void flow_watch_ask(struct flow *);
void flow_watch_answer(struct flow *, const struct turn *);

bool stops_hear(struct worker *, struct span body);
bool stops_cover(const struct worker *, const struct flow *);
void stops_free(struct stops **);

/* ---- tickets.c: sessions of TLS that are taken up again ------------------------------ */

/* Ask the keeper for the keys of tickets, now and when there are newer ones. */
void tickets_begin(struct worker *);
bool tickets_hear(struct worker *, struct span body);
/* Let a leg of the flow, whose handshake has not begun, take up what another had that is like it. */
void flow_resume(struct flow *, enum wire_side);

/* ---- drain.c: a worker that is replaced ------------------------------------------ */

/* Take no more flows; quit when the last has ended, and end those that have not by then. */
void drain_begin(struct worker *, unsigned int seconds);

/* ---- policy.c -------------------------------------------------------------------- */

bool policy_hear_offer(struct worker *, struct span body);
bool policy_hear_swap(struct worker *, struct span body);
bool policy_hear_keys(struct worker *, struct span body);
/* False: a policy is in force whose keys are still awaited (they come at once). */
bool policy_is_whole(const struct worker *);
struct policy *policy_hold(struct policy *);
void policy_drop(struct policy **);

struct id flow_make_id(const struct worker *, enum id_kind);
struct record_flow flow_record(const struct flow *);

#endif
