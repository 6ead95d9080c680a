/*
 * desk.h: the state of the broker process and what its files offer each other.
 * How it hangs together: guest.c owns connections and cuts lines; request.c
 * finds the verb and whether the caller (caller.c) may use it; the verbs are in
 * relay.c (passed on to another process), status.c, stop.c, watch.c, and
 * decide.c, show.c for holds. hold_table.c keeps holds through their states;
 * hear.c hears the other processes. One thread, one loop, nothing blocks.
 * Clients are referred to by number, never by pointer, from whatever waits.
 */
#ifndef DESK_DESK_H
#define DESK_DESK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi.h"
#include "base/instance.h"
#include "desk/hold.h"
#include "id.h"
#include "loop/loop.h"
#include "msg.h"
#include "out.h"
#include "who.h"

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83	/* Linux 6.16; newer than our headers */
#endif

struct entry;
struct post;
struct scribe;
struct view_broker;

/* ---- limits ------------------------------------------------------------ */

#define DESK_CLIENTS 256
#define DESK_CLIENTS_OF_ONE 32		/* of one uid, root excepted */
#define DESK_QUEUE (16u << 20)		/* bytes waiting for one client */
#define DESK_LINE_NS (10 * 1000000000ULL)	/* a begun line must end */
#define DESK_IDLE_NS (60 * 1000000000ULL)	/* nothing asked, nothing owed */
#define DESK_RELAY_NS (30 * 1000000000ULL)	/* another process must answer */
#define DESK_RELAYS 1024
#define DESK_HOLDS 1024
#define DESK_HOLD_BYTES (256u << 20)	/* of all holds */
#define DESK_HOLD_EXPIRES_S (7 * 86400u)
#define DESK_VALUES 65535
#define DESK_APPROVALS 16		/* people on one hold */
#define DESK_SESSIONS 4096
#define DESK_STOPS 256
#define DESK_PATH 512
#define DESK_WATCH_ROOM (1u << 20)	/* a watcher further behind loses lines */

/* Exit codes that answers carry: cli/cli.h has them all. */
enum desk_code { CODE_NO = 1, CODE_USAGE = 2, CODE_DAEMON = 3, CODE_PERMISSION = 4, CODE_FAILED = 5 };

/* ---- caller.c ------------------------------------------------------------ */

enum role { ROLE_ADMIN = 1, ROLE_AUDITOR = 2, ROLE_PERSON = 4, ROLE_ROOT = 8 };

struct caller {
	pid_t pid;
	uint32_t uid;
	uint32_t login;			/* login uid; UINT32_MAX: none */
	uint32_t person_uid;		/* the one the person was found by */
	char person[WHO_NAME_SIZE];	/* name in the policy, "root", or "uid:N" */
	unsigned int roles;
	uint64_t started;		/* clock ticks since boot */
	int pidfd;			/* -1: this kernel cannot tell */
};

struct desk;

/* Who is behind a connection. Owns caller->pidfd. 0 or -errno. */
int caller_open(int fd, struct caller *);
/* Is it still that process, who is it by the policy, and is it outside of every
 * skill? Fills in person and roles. NULL: yes; else a sentence why it is refused. */
const char *caller_check(const struct desk *, struct caller *);
/* Not root, and logged in as another than it runs as: then it is no person. */
bool caller_is_another(const struct caller *);
void caller_close(struct caller *);
/* Is the name in a list of the view's? */
bool desk_is_among(const char *name, const char *const *list, size_t count);

/* ---- clients --------------------------------------------------------------- */

struct watch_filter {
	bool is_on;
	char skill[ABI_NAME_SIZE], target[ABI_NAME_SIZE];	/* empty: any */
};

struct guest {
	struct guest *next;
	struct desk *desk;
	uint64_t number;
	int fd;
	struct watch *watch;
	struct caller caller;
	struct timer deadline;
	struct out in, out;
	size_t owed;		/* answers outstanding */
	bool is_ending;		/* close once all is written */
	bool is_timed;		/* the deadline is one of a begun line, or of the end */
	bool is_dead;
	struct watch_filter turns;
	bool watches_holds;
	uint64_t lost;		/* lines a slow watcher did not get */
};

/* Listening socket's watch calls this. */
void guest_accept(void *desk, uint32_t events);
struct guest *guest_find(struct desk *, uint64_t number);
/* Queue one line; `json` is taken. A client that cannot keep up is closed. */
void guest_send(struct guest *, json_t *json);
void guest_send_text(struct guest *, struct span line);
/* Give it a descriptor, which stays the caller's, with the line that is sent next. */
void guest_hand(struct guest *, int fd);
/* The common answers. */
void guest_row(struct guest *, json_t *row);
void guest_ok(struct guest *, json_t *more);	/* `more` is taken, may be NULL */
void guest_error(struct guest *, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Stop reading, send what is queued, close. */
void guest_end(struct guest *);
void guests_free(struct desk *);
/* Set the deadline that fits what the client is doing. */
void guest_settle(struct guest *);

/* ---- request.c --------------------------------------------------------------- */

/* One line of a client's, without its end. */
void request_hear(struct guest *, struct span line);
const char *request_text(const json_t *request, const char *key);

/* ---- relay.c: what other processes do ----------------------------------------- */

struct relay {
	struct relay *next;
	struct desk *desk;
	uint64_t id;			/* of the MSG_DO */
	uint64_t client;
	unsigned int to;
	bool is_run, is_silent;
	bool is_orphan;			/* its client has gone */
	char session[ID_TEXT_SIZE];	/* of a run, once known */
	int stdio;			/* of a run, until its client has it; else -1 */
	struct timer deadline;
	/* answer for the desk itself: json is NULL when there will be none */
	void (*fn)(struct desk *, void *arg, const json_t *json);
	void *arg;
};

void relay_loader(struct guest *, json_t *request);
void relay_run(struct guest *, json_t *request);
void relay_signal(struct guest *, json_t *request);
void relay_policy(struct guest *, json_t *request);
void relay_keeper(struct guest *, json_t *request);
/* Ask for the desk itself; fn is called once. 0 or -errno. */
int relay_ask(struct desk *, unsigned int to, const char *verb,
    void (*fn)(struct desk *, void *, const json_t *), void *arg);
/* MSG_DONE. False: bad body. */
bool relay_hear(struct desk *, unsigned int from, uint64_t id, struct span body);
void relay_peer_down(struct desk *, unsigned int slot);
void relay_client_gone(struct desk *, const struct guest *);
void relays_free(struct desk *);

/* ---- holds -------------------------------------------------------------------- */

enum hold_state {
	HOLD_OPENING,	/* its entry is on the way to the disk */
	HOLD_OPEN,	/* people may decide */
	HOLD_DECIDING,	/* decided; that entry is on the way */
	HOLD_KEPT,	/* approved, the client has left: waits for an identical ask */
	HOLD_REFUSED,	/* by a person, the client was told to ask again: it hears so, for a while */
	HOLD_STATES
};

struct approval {
	char person[WHO_NAME_SIZE];
	uint32_t uid;
};

struct held {
	struct held *next;
	struct desk *desk;
	struct hold hold;		/* spans point into `bytes` */
	uint8_t *bytes;
	size_t size;
	struct hold_value *values;
	enum hold_state state;
	unsigned int worker;		/* slot */
	bool has_left;			/* the client */
	const char *doom;		/* a constant: to be denied as soon as it is open; NULL: no */
	char group[WHO_NAME_SIZE];	/* approvers, by name: survives a new policy */
	uint64_t expires_wall;		/* ns since 1970 */
	struct timer timer;
	struct approval approvals[DESK_APPROVALS];
	size_t approval_count;
};

/* MSG_HOLD. False: bad body. */
bool hold_hear(struct desk *, unsigned int from, struct span body);
struct held *hold_find(struct desk *, const struct id *);
struct held *hold_find_text(struct desk *, const char *text);
/*
 * End it: enter the decision and, once that is on disk, tell the worker and the
 * client (0: none). `person` may be NULL. Returns 0 or -errno (not recorded; the
 * hold is then as before).
 */
int hold_settle(struct held *, const char *decision, const char *person,
    const char *reason, uint64_t client);
/* "alice, bob" */
void hold_people(const struct held *, char *text, size_t size);
uint32_t hold_need(const struct held *);
/* Forget it, and free it. */
void hold_unlist(struct held *);
void holds_free(struct desk *);

/* hold_later.c: MSG_HOLD_LEFT, MSG_APPROVED_ASK. False: bad body. */
bool hold_hear_left(struct desk *, unsigned int from, struct span body);
bool hold_hear_ask(struct desk *, unsigned int from, uint64_t id, struct span body);
void hold_worker_down(struct desk *, unsigned int slot);
/* What only that session could ask again is withdrawn. */
void hold_session_ended(struct desk *, const struct id *session);
/* Does the policy in force ask others than it waits for? Then it is denied: nobody has been asked rightly. */
void hold_weigh_people(struct held *);
/* … each that waits. */
void hold_policy_changed(struct desk *);
/* Its client is to ask again: tell the worker that it may say so now. Of others nothing is told. */
void hold_tell_stands(const struct held *);
/* Has its skill as many that nobody waits for as one may have? */
bool hold_crowds(const struct held *);

/* hold_entry.c: the entries about holds. 0 or -errno. */
typedef void (*hold_entry_fn)(void *arg, int status);
int hold_enter(struct held *, hold_entry_fn, void *arg, uint64_t *sequence);
int hold_enter_decision(struct held *, const char *decision, const char *person,
    const char *reason, hold_entry_fn, void *arg);

/* decide.c: who may decide. NULL: this caller may approve; else why not. */
const char *decide_why_not(const struct held *, const struct caller *);
bool decide_may_see(const struct held *, const struct caller *);
void decide_approve(struct guest *, json_t *request);
void decide_deny(struct guest *, json_t *request);

/* show.c */
void show_list(struct guest *, json_t *request);
void show_one(struct guest *, json_t *request);
json_t *show_brief(const struct held *);
/* Text for JSON; what is not UTF-8 is written as \xNN. */
json_t *show_text(struct span);
/* Tell those who watch holds. `event`: "opened", "approved", … */
void show_change(const struct held *, const char *event);

/* ---- stop.c, watch.c, status.c --------------------------------------------------- */

struct stop {
	uint8_t scope;			/* enum msg_stop */
	char name[ABI_NAME_SIZE];
};

void stop_command(struct guest *, json_t *request);
/* Everything that is stopped, to a process that has started. */
/* Stops that were in force before this process began: the loader keeps them. */
void stop_learn(struct desk *, const json_t *list);
void stop_tell(struct desk *, unsigned int slot);

void watch_begin(struct guest *, json_t *request);
void watch_end(struct guest *);
bool watch_hear(struct desk *, struct span body);
void watch_tell(struct desk *, unsigned int slot);

void status_command(struct guest *, json_t *request);

/* ---- hear.c ---------------------------------------------------------------------- */

struct desk_session {
	struct id id;
	char skill[ABI_NAME_SIZE], starter[WHO_NAME_SIZE];
	char cgroup[DESK_PATH];
};

struct desk_child {
	uint32_t pid, restarts;
	uint64_t started;
	bool is_down;
};

struct desk {
	struct instance instance;
	char cgroup_mount[INSTANCE_PATH_SIZE];
	struct loop *loop;
	struct post *post;
	struct scribe *scribe;
	int listener;
	struct watch *listen;
	struct guest *clients;
	size_t guest_count;
	uint64_t next_client;
	struct relay *relays;
	size_t relay_count;
	struct held *holds;
	size_t hold_count, hold_bytes;
	struct view_broker *view, *offered, *before;
	struct desk_session *sessions;
	size_t session_count;
	bool knows_sessions;		/* the loader has told which there are */
	struct timer ask_sessions;
	struct stop stops[DESK_STOPS];
	size_t stop_count;
	bool is_watched;
	struct desk_child children[SLOTS];
	bool is_ready;
};

/* A listening control socket at run_directory/control.sock. The descriptor or -errno. */
int desk_listen(const struct instance *);
/* Serve on `listener` (taken) until the loop ends. Returns the status of the process. */
int desk_serve(const struct instance *, int listener);
/* A view that knows this policy epoch, or NULL. */
const struct view_broker *desk_view(const struct desk *, uint32_t epoch);

#endif
