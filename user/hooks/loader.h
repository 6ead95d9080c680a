/*
 * loader.h: the state of the loader process and what its files offer each other.
 * How it hangs together: verbs.c hears what people command and hands it to
 * start.c (run; running.c from then on), attach.c, trust.c or skill.c. start.c makes
 * sessions, and so does join.c, for attach.c or for what appear.c sees come
 * (session.c), whose namespaces get doors (door.c) and ears (ear.c) and which
 * keep.c writes down, so that they outlive this process; settle.c enters their end.
 * who.c answers the workers. Before each of these the skill is measured
 * (inspect.c) and judged (right.c), which takes a while: what comes after is in a
 * callback. stop.c blocks, refusals.c enters what the kernel refused, ground.c and
 * watchdog.c see to it that the kernel still refuses. serve.c hears it all.
 * One thread, one loop; whatever waits does so in a callback.
 */
#ifndef HOOKS_LOADER_H
#define HOOKS_LOADER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "abi.h"
#include "base/instance.h"
#include "entry.h"
#include "hooks/launch.h"
#include "hooks/measure.h"
#include "id.h"
#include "loop/loop.h"
#include "msg.h"
#include "who.h"

struct appear;
struct hooks;
struct inspector;
struct learned;
struct post;
struct refusals;
struct scribe;
struct view_loader;
struct view_skill;
struct view_target;

#define LOADER_PATH 512
#define LOADER_WHY 256
#define SESSION_NAME 256
#define SESSION_MATCH 160
#define SESSION_DOORS 16	/* network namespaces of one attached group */
#define SESSIONS_MOST 1024
#define STOPS_MOST 256
#define BINARIES_MOST 32
#define WATCHDOG_TEXT 4096

/* A listener in one network namespace, shared by the sessions in it. */
struct door {
	struct door *next;
	uint64_t cookie;
	uint64_t device, inode;	/* of the namespace */
	int netns, fd4, fd6;	/* fd6 may be -1 */
	unsigned int users;
};

/* What a container is, beyond its cgroup; texts are empty where that is not known. */
struct identity {
	char container[SESSION_NAME];	/* id, or "pod/NAMESPACE/NAME"; empty: not a container */
	char name[SESSION_NAME];
	char image[SESSION_NAME];
	char digest[SESSION_NAME];
	char match[SESSION_MATCH];	/* what of the policy found it */
};

struct session {
	struct session *next;
	struct loader *loader;
	struct id id;
	char text[ID_TEXT_SIZE];	/* of the id */
	char skill[ABI_NAME_SIZE];
	char starter[WHO_NAME_SIZE];
	uint32_t starter_uid;
	char cgroup[LOADER_PATH];
	uint64_t cgroup_id;
	bool is_attached;	/* an existing group: ends by detach, or with its container */
	struct identity identity;
	bool is_blocked;
	bool stays_refused;	/* the group, when this ends: it could not join */
	bool has_begun;		/* somebody has been in it: empty means over */
	bool is_taken_over;	/* an earlier loader began it */
	bool is_frosty;		/* is frozen while the daemon is away */
	bool is_over;		/* waits for its last connection, then is entered */
	char reason[LOADER_WHY];	/* why it is over */
	char ender[WHO_NAME_SIZE];	/* who ended it; empty: nobody */
	uint64_t over_since;	/* loop time */
	int events_fd;		/* cgroup.events */
	struct watch *events;
	struct door *doors[SESSION_DOORS];
	size_t door_count;
	/* the root process; pid 0: not known */
	pid_t pid;
	uint64_t pid_ticks;	/* when it started */
	struct launched launched;
	struct watch *line, *end;
	uint64_t request;	/* MSG_DO that waits for its end; 0: none */
	uint32_t requester;	/* pid of who ran it */
};

/* What an operator stopped. */
struct stop {
	uint8_t scope;		/* STOP_ALL, STOP_SKILL or STOP_SESSION */
	char name[ABI_NAME_SIZE];
};

/* A program of the daemon's own that runs. */
struct binary {
	char path[LOADER_PATH];		/* where it lay when it was started */
	uint8_t digest[MEASURE_SIZE];
	uint64_t device, inode;
	struct timespec changed;
};

/* What broken.c is entering. */
struct glass_watch {
	bool is_waiting;	/* for the recorder */
	uint64_t since;
	enum abi_glass_entered entering;
};

/* What watchdog.c knows. */
struct watchdog {
	struct timer timer;
	bool is_shut;
	char text[WATCHDOG_TEXT];	/* what differs now */
	char last[WATCHDOG_TEXT];	/* what differed last */
	uint64_t last_wall, changes;
};

struct stashed;

struct loader {
	struct instance instance;
	struct loop *loop;
	struct post *post;
	struct scribe *scribe;
	struct hooks *hooks;
	struct watch *events;
	struct view_loader *view, *offered;	/* in force; taken, not yet */
	struct learned *learned;	/* addresses that DNS gave */
	struct measure *measure;
	struct inspector *inspector;
	struct refusals *refusals;
	struct appear *appear;
	struct session *sessions, *ending;
	size_t session_count;
	struct timer settling;
	struct door *doors;
	struct stashed *stash;		/* listeners of the loader before */
	bool has_listeners;		/* all of them have come */
	struct timer quit;
	uint64_t quit_until;
	unsigned int first_worker;	/* that heard of the last door first */
	struct stop stops[STOPS_MOST];
	size_t stop_count;
	struct timer sweep;
	int frost;		/* to the process that freezes; 0: there is none */
	struct watchdog watchdog;
	struct glass_watch glass;
	struct binary binaries[BINARIES_MOST];
	size_t binary_count;
	uint64_t expected_until;	/* an upgrade, as somebody said; entered */
	bool is_ready;
};

/* A request of a person's, as the broker passes it on (MSG_DO). */
struct request {
	struct loader *loader;
	uint64_t id;
	char person[WHO_NAME_SIZE];
	uint32_t uid, pid;
	json_t *json;
	int fd;			/* -1: none; verbs.c closes it */
};

#define ANSWER_VERSION 1	/* of the lines in desk/control.h */
/* Exit codes that answers carry: cli/cli.h has them all. */
enum answer_code {
	ANSWER_NO = 1, ANSWER_USAGE = 2, ANSWER_PERMISSION = 4, ANSWER_FAILED = 5
};

/* ---- serve.c ------------------------------------------------------------ */
/* Give up all rights but the loader's, before anything is opened. 0 or -errno. */
int loader_confine(void);
/* Open everything and serve; `instance` is set, the rest zero. The exit code. */
int loader_serve(struct loader *);
/* Give back memory and descriptors; sessions, doors and pins stay. */
void loader_close(struct loader *);

/* ---- verbs.c: hearing and answering ----------------------------------- */
/* MSG_DO. False: the body is not what msg.h says. Takes fd. */
bool verbs_hear(struct loader *, uint64_t id, struct span body, int fd);
/* One row, the last word, and a refusal. The JSON given is taken. */
void answer_row(struct loader *, uint64_t id, json_t *row);
void answer_done(struct loader *, uint64_t id, json_t *more);
void answer_error(struct loader *, uint64_t id, int code, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

typedef void (*verb_fn)(struct loader *, struct request *);
/* For a verb that goes on later: all of it, for whoever frees it with
 * request_free(). NULL: no memory, which has been answered. */
struct request *request_keep(struct loader *, struct request *);
void request_free(struct request **);
void start_run(struct loader *, struct request *);
void start_signal(struct loader *, struct request *);
void attach_begin(struct loader *, struct request *);
void attach_end(struct loader *, struct request *);
void attach_created(struct loader *, struct request *);
void trust_begin(struct loader *, struct request *);
void skill_diff(struct loader *, struct request *);
void skill_accept(struct loader *, struct request *);

/* ---- running.c: a command, from its execution to its end ------------------- */
/* Hear how it goes from launch_go() on. 0 or -errno. */
int running_watch(struct session *);

/* ---- session.c --------------------------------------------------------- */
/* A session of `skill`, not yet anywhere: no group, no door, not in the list. */
int session_new(struct loader *, struct session **out, const char *skill,
    const char *starter, uint32_t starter_uid);
/*
 * It has its group: register it with the kernel, write it down, watch it, put it
 * in the list. After this only session_end() may free it. 0 or -errno.
 */
int session_register(struct session *);
/* Enter it in the record and tell the broker. -EAGAIN: it could not be recorded. */
int session_announce(struct session *, const char *detail);
/* Its group changed, or its command has been reaped: end it if nobody is left. */
void session_check(struct session *);
/* Write its block into the kernel's map and its file. 0 or -errno. */
int session_update(struct session *);
/* A door in each namespace of its processes. 0 or -errno; at least one is there. */
int session_open_doors(struct session *);
/* It is over: shut, unregister, tell, and settle. `person`: who ended it, or NULL. */
void session_end(struct session **, const char *reason, const char *person);
/* Free one that session_register() has not seen. NULL is fine. */
void session_free(struct session **);
struct session *session_of_cgroup(struct loader *, uint64_t cgroup_id);
struct session *session_of_text(struct loader *, const char *text);
/* That of a group, or of one above it. */
struct session *session_of_path(struct loader *, const char *path);
/* That of a container, by its whole id or its name. */
struct session *session_of_container(struct loader *, const char *text);
/* Tell the broker of it (MSG_SESSION). */
void session_tell(const struct session *, bool began);
/* As the record wants it. */
void session_who(const struct session *, struct who *out);
/* Look after groups that vanished; sets itself again. */
void session_sweep(void *loader);

/* ---- settle.c: the last word on a session ------------------------------- */
/*
 * It is over, unregistered and in no list: enter its end once the kernel has
 * counted its last connection, then free it. Its file stays until then.
 */
void settle_begin(struct session **);
/* Forget those that wait; the next loader finds their files. */
void settle_leave(struct loader *);

/* ---- keep.c: sessions outlive the loader ------------------------------- */
int keep_open(const struct loader *);
int keep_session(const struct session *);
void keep_forget(const struct session *);
/* At start: take over what an earlier loader left. How many. */
size_t keep_take_over(struct loader *);
int keep_stops(const struct loader *);
void keep_read_stops(struct loader *);

/* ---- appear.c: what the policy's match finds (appear.h) ------------------- */
int appear_open(struct loader *);
/* Another policy is in force: look at all groups, and from now on at new ones. */
void appear_follow(struct loader *);
/* Refuse a group until its arrival is settled. 0 or -errno. */
int appear_hold(struct loader *, uint64_t cgroup_id, const char *name);
/* After inspect_close(). */
void appear_close(struct loader *);

/* ---- trust.c: the node's authority in a container ------------------------- */
/* The session is over: take its mounts and files away. */
void trust_end(struct session *);
/* At start: remove what was left of sessions that ended unseen. */
void trust_sweep(struct loader *);

/* ---- door.c ------------------------------------------------------------- */
/* The door of that namespace, opened if need be; `netns` stays the caller's. 0 or -errno. */
int door_take(struct loader *, int netns, struct door **out);
void door_give(struct loader *, struct door **);
struct door *door_find(struct loader *, uint64_t cookie);
/* Is it in the loader's own network namespace? */
bool door_is_own(const struct door *);
/* All doors to a worker that has (re)started. */
void door_tell_all(struct loader *, unsigned int worker);

/* ---- stash.c: listeners outlive the loader --------------------------------------- */
/* MSG_LISTENER_KEPT; takes the descriptor. False: bad body. */
bool stash_hear(struct loader *, struct span body, int fd);
/* Those of that namespace (*fd6 may be -1), which the caller then owns. False: there are none. */
bool stash_take(struct loader *, uint64_t device, uint64_t inode, int *fd4, int *fd6);
/* Give the warden a door's listeners to keep; have it forget those of a namespace. */
void stash_tell(struct loader *, const struct door *);
void stash_tell_shut(struct loader *, uint64_t cookie);
/* Close what is left. Once sessions have been taken over it is nobody's: `tell` the warden that. */
void stash_clear(struct loader *, bool tell);

/* ---- frost.c: skills that stand still while the daemon is away ---------------------- */
/* As its skill's policy says now; `is_over`: no more. */
void frost_session(struct session *, bool is_over);
void frost_all(struct loader *);
/* ---- ear.c: the resolver's listeners ------------------------------------- */
/* Those of a session, beside a door; made anew if they were there. 0 or -errno. */
int ear_open(const struct session *, const struct door *);
void ear_shut(const struct session *, const struct door *);
/* All of them anew, for a resolver that has (re)started. */
void ear_open_all(struct loader *);

/* ---- learned.c: addresses that come from DNS ---------------------------------- */
/* MSG_ADDRESSES. False: bad body. */
bool learned_hear(struct loader *, struct span body);
/* hooks_targets() with what has been learned of that view's targets. */
int learned_put(struct loader *, const struct view_loader *);
/* Which those are of a target, as texts; NULL: DNS is not asked for it. */
json_t *learned_json(const struct loader *, const struct view_target *);
void learned_free(struct loader *);

/* ---- who.c ---------------------------------------------------------------- */
/* MSG_WHO. False: bad body. */
bool who_hear(struct loader *, unsigned int from, uint64_t id, struct span body);

/* ---- backend.c -------------------------------------------------------------- */
/* MSG_SOCKET. False: bad body. */
bool backend_hear(struct loader *, unsigned int from, uint64_t id, struct span body);

/* ---- inspect.c: measuring, in slices, once for all who wait ------------------- */
/* What a skill is, as measured: what the policy pins of it. */
struct finding {
	/* 0; -ECANCELED: it was not measured, which says nothing of the skill;
	 * or another -errno: something of it cannot be measured */
	int status;
	char why[LOADER_WHY];	/* then, a sentence */
	char *manifest;		/* of the folder; NULL: not pinned */
	size_t size;
	uint8_t folder[MEASURE_SIZE], executable[MEASURE_SIZE];
	bool has_executable;
};
/* Everything in it is borrowed. */
typedef void (*inspect_fn)(void *arg, const struct finding *);
int inspect_open(struct loader *);
/* Does nobody wait? */
bool inspect_is_idle(const struct loader *);
/* Measure that skill, beginning after now, and call fn once: in a later round of
 * the loop, or at once when there is nothing to measure. `pid` 0: the executable
 * as the policy names it, else as that process runs it. */
void inspect(struct loader *, const char *skill, pid_t, inspect_fn, void *arg);
/* Whoever still waits is told -ECANCELED. */
void inspect_close(struct loader *);

/* ---- right.c: is it still that skill? --------------------------------------- */
struct right {
	bool is_measured;		/* the policy wants a digest, and it was right */
	uint8_t digest[MEASURE_SIZE];	/* of the folder; zero when not pinned */
	char why[LOADER_WHY];		/* on failure */
};
/* By the policy as it is now. 0, -EACCES (changed) or another -errno, which
 * refuses just so. */
int right_judge(struct loader *, const char *skill, const struct finding *,
    struct right *out);
/* Enter that a skill is not what was accepted, once for each new digest. */
void right_enter(struct loader *, const char *skill, const struct right *);
/* The skill's own folder of accepted measures. */
int right_directory(const struct loader *, const char *skill, char *path,
    size_t size);
const struct view_skill *right_skill(const struct loader *, const char *name);

/* ---- ground.c: are the kernel programs in effect? --------------------------- */
/* 0, -ENOTRECOVERABLE (they are not all) or another -errno. *has_unix: unix sockets too. */
int ground_check(const struct loader *, bool *has_unix);

/* ---- watchdog.c: every second, is everything as we left it? ------------------------ */
/* Sessions have been taken over: from now on. */
void watchdog_begin(struct loader *);
/* Look now: shut, mend, open again. */
void watchdog_look(struct loader *);
/* Somebody with that login uid says that the daemon's programs are about to change. */
void watchdog_enter_expected(struct loader *, unsigned int uid);
/* The oldest beat of all: put it where the programs see it, unless the door is shut. */
void watchdog_beat(struct loader *, uint64_t oldest);
json_t *watchdog_json(const struct loader *);

/* ---- broken.c: the way out that a person broke open ---------------------------------- */
/* Enter what is to be entered of it. */
void glass_look(struct loader *);
/* null: it is whole. */
json_t *glass_json(const struct loader *);

/* ---- binaries.c ----------------------------------------------------------------------- */
/* Tell which of the daemon's programs on disk are not what runs. How many. */
size_t binaries_check(struct loader *, void (*differs)(void *arg, const char *what, const char *how), void *arg);

/* ---- stop.c ------------------------------------------------------------------ */
/* MSG_STOP. False: bad body. */
bool stop_hear(struct loader *, struct span body);
bool stop_covers(const struct loader *, const struct session *);
bool stop_covers_skill(const struct loader *, const char *skill);
/* Tell a worker that starts; and all of them, for `status`. */
void stop_tell_all(struct loader *, unsigned int slot);
json_t *stop_list(const struct loader *);

/* ---- refusals.c ---------------------------------------------------------------- */
int refusals_new(struct loader *);
void refusals_read(void *loader, uint32_t events);
void refusals_free(struct loader *);
struct hooks_socket;
/* Enter that a connection of before this session was ended. 0 or -errno. */
int refusals_cut(const struct session *, const struct hooks_socket *);

/* ---- surroundings.c: what a skill finds -------------------------------------------- */
/* Write run_directory/hosts anew, in place, so that running skills see it. */
int surroundings_hosts(const struct loader *);
/* Where the node's certificate is, and where a skill sees it. False: the keeper has no CA yet. */
bool surroundings_node(const struct loader *, char *from, char *to, size_t size);
/* The environment of a skill, from the caller's (JSON); free it and its texts
 * with surroundings_free_env(). NULL: not strings, or no memory. */
char **surroundings_env(const struct loader *, const struct view_skill *,
    const char *session, const json_t *caller);
void surroundings_free_env(char **);

#endif
