/*
 * warden.c: interlockd, the supervisor.
 * Makes the estate and the channels, starts the processes in the order below,
 * hears their beats, restarts what dies or stands still, and tells the loader
 * the oldest beat of all: when that is older than two seconds, the kernel
 * programs refuse by themselves. It sees no byte of traffic and reads nothing but
 * messages of fixed size. No system call filter: the loader, and through it
 * every skill, would inherit it.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/instance.h"
#include "base/log.h"
#include "base/must.h"
#include "box/box.h"
#include "entry/scribe.h"
#include "loop/loop.h"
#include "msg/post.h"
#include "out.h"
#include "warden/children.h"
#include "warden/estate.h"
#include "warden/fault.h"
#include "warden/kept.h"
#include "warden/listeners.h"
#include "warden/store.h"
#include "warden/upgrade.h"

#define GATHER_NS (200 * MILLISECOND_NS)
#define STILL_NS (5 * SECOND_NS)	/* a process without a beat for this long is ended */
#define STARTING_NS (30 * SECOND_NS)	/* and one that never gets ready */
#define PAUSE_LEAST_NS (50 * MILLISECOND_NS)
#define PAUSE_MOST_NS (5 * SECOND_NS)
#define STEADY_NS (10 * SECOND_NS)	/* alive this long: the next pause is short again */
#define QUIT_NS (3 * SECOND_NS)

#define CAP(name) (1ULL << (name))
/* Its own rights, and those of the children that keep some. */
#define WARDEN_CAPS (CAP(CAP_SETUID) | CAP(CAP_SETGID) | CAP(CAP_SETPCAP) | \
	CAP(CAP_KILL) | CAP(CAP_BPF) | CAP(CAP_NET_ADMIN) | CAP(CAP_PERFMON) | \
	CAP(CAP_SYS_ADMIN) | CAP(CAP_DAC_READ_SEARCH) | CAP(CAP_DAC_OVERRIDE) | \
	CAP(CAP_CHOWN) | CAP(CAP_FOWNER) | CAP(CAP_SYS_PTRACE) | CAP(CAP_IPC_LOCK) | \
	CAP(CAP_SYS_CHROOT) | CAP(CAP_NET_BIND_SERVICE) | CAP(CAP_LEASE))

/* Started in this order; ended in the opposite one, the recorder last. */
static const unsigned int order[] = {
	SLOT_RECORDER, SLOT_KEEPER, SLOT_POLICY, SLOT_GRAMMAR, SLOT_BROKER,
	SLOT_RESOLVER, SLOT_COURIER, SLOT_LOADER, SLOT_WORKER,
};

struct warden {
	struct loop *loop;
	struct post *post;
	struct scribe *scribe;
	struct instance instance;
	struct children children;
	struct watch *signals;
	int signal_fd, lock;
	struct timer gather, quit;
	struct store store;		/* listeners, for the next loader */
	struct upgrade upgrade;
	bool is_later;			/* executed by the warden before */
	bool has_served;
	char from[96];			/* version and person, when it was */
	bool stopping;
	unsigned int quit_step;		/* index in `order`, from the end */
};

/* ---- telling ------------------------------------------------------------ */

static void
tell_peers(struct warden *warden, uint16_t type, unsigned int about)
{
	uint8_t slot = (uint8_t)about;

	for (unsigned int peer = SLOT_WARDEN + 1; peer < SLOTS; peer++)
		if (warden->children.ends[peer][about] >= 0)
			(void)post_send(warden->post, peer, type, 0,
			    span_of(&slot, 1), -1);
}

static void
tell_broker(struct warden *warden, unsigned int slot)
{
	const struct child *child = &warden->children.child[slot];
	struct out body = out_new(32);

	out_u8(&body, (uint8_t)slot);
	out_be32(&body, (uint32_t)child->pid);
	out_be32(&body, child->restarts);
	out_be64(&body, child->started);
	(void)post_send(warden->post, SLOT_BROKER, MSG_CHILD, 0, out_view(&body), -1);
	out_free(&body);
}

static void
enter(struct warden *warden, enum entry_kind kind, unsigned int slot, const char *reason)
{
	struct entry *entry = scribe_begin(warden->scribe, kind);

	entry_text(entry, KEY_REASON, span_text(reason));
	entry_text(entry, KEY_NAME, span_text(msg_slot_name(slot)));
	entry_text(entry, KEY_BUILD, span_text(INTERLOCK_VERSION));
	if (scribe_send(warden->scribe, LEVEL_WRITTEN, NULL, NULL, NULL))
		log_error("an entry about %s was not taken", msg_slot_name(slot));
}

static void
tell_broker_down(struct warden *warden, unsigned int slot)
{
	uint8_t about = (uint8_t)slot;

	if (slot != SLOT_BROKER)
		(void)post_send(warden->post, SLOT_BROKER, MSG_PEER_DOWN, 0, span_of(&about, 1), -1);
}

/* ---- starting and ending ------------------------------------------------- */

static void start_later(struct warden *, unsigned int slot);

struct start {
	struct warden *warden;
	unsigned int slot;
};
static struct start starts[SLOTS];

static void
start_now(void *arg)
{
	struct start *start = arg;
	struct warden *warden = start->warden;
	int error;

	if (warden->stopping)
		return;
	error = children_start(&warden->children, start->slot);
	if (!error && start->slot == SLOT_LOADER)
		listeners_tell(&warden->store, warden->post);
	if (error) {
		errno = -error;
		log_error("starting %s: %m", msg_slot_name(start->slot));
		start_later(warden, start->slot);
	}
}

static void
start_slot(void *arg, unsigned int slot)
{
	starts[slot] = (struct start){ arg, slot };
	start_now(&starts[slot]);
}

static void
start_later(struct warden *warden, unsigned int slot)
{
	struct child *child = &warden->children.child[slot];

	starts[slot] = (struct start){ warden, slot };
	child->state = CHILD_WAITING;
	if (clock_mono() - child->began > STEADY_NS)
		child->pause = 0;
	child->pause = child->pause ? child->pause * 2 : PAUSE_LEAST_NS;
	if (child->pause > PAUSE_MOST_NS)
		child->pause = PAUSE_MOST_NS;
	must(loop_set(warden->loop, &child->timer, child->pause, start_now,
	    &starts[slot]) == 0);
}

static void quit_next(void *);

/* It quit because the upgrade told it to. One of a kind is followed at once, and owes nothing: what it
 * has not read, the next one reads. A worker's place is spare now. */
static void
child_left(struct warden *warden, unsigned int slot, const char *reason)
{
	struct child *child = &warden->children.child[slot];

	log_info("%s %s, as it was told", msg_slot_name(slot), reason);
	enter(warden, ENTRY_STOP, slot, "replaced");
	if (!msg_is_worker(slot)) {
		tell_broker_down(warden, slot);
		start_slot(warden, slot);
		return;
	}
	*child = (struct child){ .state = CHILD_SPARE, .program = child->program };
	tell_peers(warden, MSG_PEER_DOWN, slot);
	tell_broker(warden, slot);
	upgrade_step(&warden->upgrade);
}

static void
child_ended(struct warden *warden, unsigned int slot, int status)
{
	struct child *child = &warden->children.child[slot];
	char reason[64];

	if (WIFSIGNALED(status))
		snprintf(reason, sizeof(reason), "ended by signal %d", WTERMSIG(status));
	else
		snprintf(reason, sizeof(reason), "ended with status %d", WEXITSTATUS(status));
	child->pid = 0;
	if (warden->stopping) {
		child->state = CHILD_ENDED;
		quit_next(warden);
		return;
	}
	if (child->is_replaced || child->state == CHILD_DRAINING) {
		child_left(warden, slot, reason);
		return;
	}
	log_warning("%s %s; it will be started again", msg_slot_name(slot), reason);
	child->restarts++;
	tell_peers(warden, MSG_PEER_DOWN, slot);
	enter(warden, ENTRY_STOP, slot, reason);
	start_later(warden, slot);
}

static void
reap(struct warden *warden)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		unsigned int slot = children_find(&warden->children, pid);

		if (slot < SLOTS)
			child_ended(warden, slot, status);
		else
			(void)upgrade_reaped(&warden->upgrade, pid, status);
	}
}

/* Tell the next group to quit; when all are gone, leave. */
static void
quit_next(void *arg)
{
	struct warden *warden = arg;

	while (warden->quit_step < COUNT(order)) {
		unsigned int first = order[COUNT(order) - 1 - warden->quit_step];
		unsigned int last = first == SLOT_WORKER ? SLOT_WORKER + MSG_WORKERS : first + 1;
		bool waiting = false;

		for (unsigned int slot = first; slot < last; slot++) {
			struct child *child = &warden->children.child[slot];

			if (!child->pid)
				continue;
			waiting = true;
			if (child->state != CHILD_ENDING) {
				child->state = CHILD_ENDING;
				(void)post_send(warden->post, slot, MSG_QUIT, 0,
				    span_of(NULL, 0), -1);
			}
		}
		if (waiting)
			return;
		warden->quit_step++;
	}
	loop_stop(warden->loop, 0);
}

static void
quit_late(void *arg)
{
	struct warden *warden = arg;

	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		const struct child *child = &warden->children.child[slot];

		if (child->pid && child->state == CHILD_ENDING) {
			log_warning("%s does not quit; it is ended", msg_slot_name(slot));
			kill(child->pid, SIGKILL);
		}
	}
	(void)loop_set(warden->loop, &warden->quit, QUIT_NS, quit_late, warden);
}

static void
stop(struct warden *warden)
{
	if (warden->stopping)
		return;
	log_info("stopping; skills that are attached stay refused");
	enter(warden, ENTRY_STOP, SLOT_WARDEN, "asked to stop");
	warden->stopping = true;
	(void)loop_set(warden->loop, &warden->quit, QUIT_NS, quit_late, warden);
	quit_next(warden);
}

/* ---- hearing -------------------------------------------------------------- */

/* systemd hears it once: all that there should be are there. */
static void
say_ready(struct warden *warden)
{
	for (unsigned int slot = 0; slot < SLOTS && !warden->has_served; slot++) {
		enum child_state state = warden->children.child[slot].state;

		if (state == CHILD_WAITING || state == CHILD_STARTING)
			return;
	}
	if (!warden->has_served)
		(void)store_notify("READY=1", -1);
	warden->has_served = true;
}

static void
child_ready(struct warden *warden, unsigned int slot)
{
	struct child *child = &warden->children.child[slot];

	child->beat = clock_mono();
	if (child->state != CHILD_STARTING)
		return;
	child->state = CHILD_SERVING;
	log_info("%s serves (pid %d)", msg_slot_name(slot), (int)child->pid);
	if (child->restarts || warden->is_later)
		tell_peers(warden, MSG_PEER_UP, slot);
	enter(warden, ENTRY_START, slot, child->restarts ? "restarted" : "started");
	if (slot == SLOT_BROKER)
		for (unsigned int i = 0; i < SLOTS; i++)
			if (warden->children.child[i].pid)
				tell_broker(warden, i);
	if (slot != SLOT_BROKER)
		tell_broker(warden, slot);
	say_ready(warden);
	upgrade_step(&warden->upgrade);
}

/* Whose flow the key belongs to is known to its worker only. */
static bool
route_cancel(struct warden *warden, unsigned int from, struct span body)
{
	for (unsigned int slot = SLOT_WORKER; msg_is_worker(slot); slot++)
		if (slot != from && warden->children.child[slot].pid)
			(void)post_send(warden->post, slot, MSG_CANCEL, 0, body, -1);
	return true;
}

/* Once for each run: what else it sent is found after it is gone. */
static void
end_faulty(struct warden *warden, unsigned int slot, const char *reason)
{
	struct child *child = &warden->children.child[slot];

	if (!child->pid || child->is_faulty)
		return;
	child->is_faulty = true;
	log_error("%s %s; it is ended", msg_slot_name(slot), reason);
	enter(warden, ENTRY_ALARM, slot, reason);
	kill(child->pid, SIGKILL);
}

static bool
hear_fault(struct warden *warden, unsigned int from, struct span body)
{
	unsigned int of = body.p[0], type = span_be16(body, 1);
	char reason[96];

	if (fault_is_believed(from, of)) {
		snprintf(reason, sizeof(reason), "sent message %u to %s as it must not",
		    type, msg_slot_name(from));
		end_faulty(warden, of, reason);
	} else {
		snprintf(reason, sizeof(reason), "says that %s sent it message %u as it "
		    "must not, and is not believed", msg_slot_name(of), type);
		end_faulty(warden, from, reason);
	}
	return true;
}

static bool
hear(void *arg, unsigned int from, const struct msg_head *head, struct span body, int fd)
{
	struct warden *warden = arg;

	must(fd < 0 || head->type == MSG_LISTENER);
	switch (head->type) {
	case MSG_READY:
		child_ready(warden, from);
		return true;
	case MSG_BEAT:
		warden->children.child[from].beat = clock_mono();
		return true;
	case MSG_SENDER_FAULT:
		return hear_fault(warden, from, body);
	case MSG_CANCEL:
		return route_cancel(warden, from, body);
	case MSG_LISTENER:
		return listeners_hear(&warden->store, body, fd);
	case MSG_LISTENER_SHUT:
		store_drop(&warden->store, span_be64(body, 0));
		return true;
	case MSG_KEPT:
		return scribe_hear(warden->scribe, head, body);
	default:
		return true;	/* a view's offer: the warden has no use for one */
	}
}

/* ---- beats ----------------------------------------------------------------- */

static void
end_still(struct warden *warden, unsigned int slot, uint64_t now)
{
	const struct child *child = &warden->children.child[slot];
	bool still = (child->state == CHILD_SERVING || child->state == CHILD_DRAINING) &&
	    now - child->beat > STILL_NS;

	if (child->is_replaced && now - child->told > QUIT_NS)
		still = true;
	if (child->state == CHILD_DRAINING &&
	    now - child->told > warden->instance.drain * SECOND_NS + STILL_NS)
		still = true;
	if (child->state == CHILD_STARTING && now - child->began > STARTING_NS)
		still = true;
	if (!still || !child->pid)
		return;
	log_error("%s stands still; it is ended", msg_slot_name(slot));
	kill(child->pid, SIGKILL);
}

static void
gather(void *arg)
{
	struct warden *warden = arg;
	uint64_t now = clock_mono(), oldest = now;
	struct out body = out_new(8);

	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		const struct child *child = &warden->children.child[slot];

		if (child->state == CHILD_ABSENT || child->state == CHILD_SPARE)
			continue;
		if (child->beat < oldest && !upgrade_excuses(&warden->upgrade, slot, now))
			oldest = child->beat;
		end_still(warden, slot, now);
	}
	children_sweep(&warden->children);
	out_be64(&body, oldest);
	(void)post_send(warden->post, SLOT_LOADER, MSG_BEATS, 0, out_view(&body), -1);
	out_free(&body);
	must(loop_set(warden->loop, &warden->gather, GATHER_NS, gather, warden) == 0);
}

/* ---- main ------------------------------------------------------------------ */

static void
signalled(void *arg, uint32_t events)
{
	struct warden *warden = arg;
	struct signalfd_siginfo info;

	(void)events;
	while (read(warden->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(warden);
		else if (info.ssi_signo == SIGHUP)
			(void)post_send(warden->post, SLOT_POLICY, MSG_RELOAD, 0,
			    span_of(NULL, 0), -1);
		else if (info.ssi_signo == SIGUSR2)
			upgrade_begin(&warden->upgrade, info.ssi_code == SI_QUEUE ?
			    (uint32_t)info.ssi_int : UINT32_MAX);
		else
			stop(warden);
	}
}

static int
watch_signals(struct warden *warden)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	warden->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (warden->signal_fd < 0)
		return -errno;
	return loop_watch(warden->loop, warden->signal_fd, EPOLLIN, signalled,
	    warden, &warden->signals);
}

/* One daemon an instance: a lock held as long as the process lives. */
static int
lock_instance(struct warden *warden)
{
	char path[2 * INSTANCE_PATH_SIZE];
	cleanup(close_fd) int fd = -1;

	snprintf(path, sizeof(path), "%s/lock", warden->instance.run_directory);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	/* out of the way of the channels */
	warden->lock = fcntl(fd, F_DUPFD_CLOEXEC, MSG_FD_PRIVATE);
	if (warden->lock < 0)
		return -errno;
	if (flock(warden->lock, LOCK_EX | LOCK_NB))
		return -errno;
	/* for `interlock upgrade`, which sends a signal */
	return ftruncate(warden->lock, 0) || dprintf(warden->lock, "%d\n", (int)getpid()) < 0 ? -errno : 0;
}

/* Everything that the warden before left, or a new beginning. */
static int
open_children(struct warden *warden, int kept_fd)
{
	struct kept kept = { .children = &warden->children, .store = &warden->store, .lock = &warden->lock };
	int error;

	if (kept_fd < 0) {
		error = lock_instance(warden);
		return error ? error : children_open(&warden->children, &warden->instance,
		    warden->instance.workers);
	}
	warden->is_later = warden->has_served = true;
	error = kept_read(kept_fd, &kept);
	if (error)
		return error;
	snprintf(warden->from, sizeof(warden->from), "upgraded from %s by %s", kept.from, kept.person);
	return children_take_over(&warden->children, &warden->instance, warden->instance.workers);
}

/* What it is given to do an upgrade with. */
static void
prepare_upgrade(struct warden *warden, const char *file)
{
	warden->upgrade = (struct upgrade){
		.loop = warden->loop, .post = warden->post, .scribe = warden->scribe,
		.children = &warden->children, .store = &warden->store, .lock = &warden->lock,
		.instance = &warden->instance, .file = file,
		.order = order, .order_count = COUNT(order) - 1,	/* all but workers */
		.start = start_slot, .arg = warden,
	};
}

static int
prepare(struct warden *warden, const char *file, int kept_fd)
{
	char why[512] = "";
	struct box box = { .uid = BOX_ROOT, .keep = WARDEN_CAPS, .keep_bounding = true };
	int error = estate_make(&warden->instance, why, sizeof(why));

	if (error) {
		log_error("%s", why);
		return error;
	}
	if (kept_fd < 0)
		(void)store_inherit(&warden->store);
	error = open_children(warden, kept_fd);
	if (error == -EWOULDBLOCK) {
		log_error("another interlockd serves instance %s; stop it first",
		    warden->instance.name);
		return error;
	}
	if (!error)
		error = box_enter(&box);
	if (!error)
		error = loop_new(&warden->loop);
	if (!error)
		error = watch_signals(warden);
	if (!error)
		error = post_new(&warden->post, warden->loop, SLOT_WARDEN, hear, warden);
	if (!error)
		error = scribe_new(&warden->scribe, warden->post, "warden");
	if (!error)
		prepare_upgrade(warden, file);
	return error;
}

static void
start_all(struct warden *warden)
{
	enter(warden, ENTRY_START, SLOT_WARDEN, *warden->from ? warden->from : "started");
	for (size_t i = 0; i < COUNT(order); i++) {
		unsigned int last = order[i] == SLOT_WORKER ? SLOT_WORKER + MSG_WORKERS : order[i] + 1;

		for (unsigned int slot = order[i]; slot < last; slot++)
			if (warden->children.child[slot].state == CHILD_WAITING)
				start_slot(warden, slot);
	}
	gather(warden);
	reap(warden);
	if (warden->is_later)
		upgrade_roll(&warden->upgrade);
}

static int
usage(FILE *to, int status)
{
	fputs("usage: interlockd [--instance FILE]\n"
	    "Intercept the connections of AI skills. Runs in the foreground, logs to\n"
	    "standard error. SIGHUP reloads the policy, SIGUSR2 goes over to the programs\n"
	    "that now lie where these did, SIGTERM stops; skills that are\n"
	    "attached stay refused until a daemon serves again or they are detached.\n"
	    "  --instance FILE  settings of this instance (default " INSTANCE_FILE ")\n"
	    "  --version        print the version\n"
	    "See interlockd(8).\n", to);
	return status;
}

static int
read_options(int argc, char **argv, const char **file, int *kept_fd, const char **asked)
{
	static const struct option options[] = {
		{ "instance", required_argument, NULL, 'i' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ "kept", required_argument, NULL, 'k' },	/* by the warden before */
		{ "preflight", required_argument, NULL, 'p' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "i:vh", options, NULL)) != -1) {
		if (c == 'i') {
			*file = optarg;
		} else if (c == 'k') {
			*kept_fd = atoi(optarg);
		} else if (c == 'p') {
			*asked = optarg;
		} else if (c == 'v') {
			puts("interlockd " INTERLOCK_VERSION);
			return 0;
		} else {
			return usage(c == 'h' ? stdout : stderr, c == 'h' ? 0 : 2);
		}
	}
	return optind < argc ? usage(stderr, 2) : -1;
}

int
main(int argc, char **argv)
{
	static struct warden warden;
	const char *file = INSTANCE_FILE, *asked = NULL;
	unsigned int line = 0;
	int kept_fd = -1, status = read_options(argc, argv, &file, &kept_fd, &asked);

	if (status >= 0)
		return status;
	log_open("warden", LOG_LEVEL_INFO);
	if (asked)
		return upgrade_preflight(asked) ? 1 : 0;
	if (geteuid() != 0) {
		log_error("interlockd must be started as root");
		return 4;
	}
	status = instance_read(file, &warden.instance, &line);
	if (status) {
		errno = -status;
		log_error("%s:%u: %m", file, line);
		return 2;
	}
	log_open("warden", (enum log_level)warden.instance.log_level);
	status = prepare(&warden, file, kept_fd);
	if (status) {
		errno = -status;
		log_error("cannot start: %m");
		return 5;
	}
	start_all(&warden);
	return loop_run(warden.loop);
}
