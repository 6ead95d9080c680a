/* upgrade.c: ask, execute, roll. */
#include "warden/upgrade.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/instance.h"
#include "base/log.h"
#include "base/must.h"
#include "entry/scribe.h"
#include "msg/post.h"
#include "out.h"
#include "view.h"
#include "warden/children.h"
#include "warden/kept.h"
#include "warden/roll.h"
#include "warden/store.h"

#define QUIET_NS (20 * MILLISECOND_NS)
#define QUIET_TRIES 100		/* two seconds; then it is executed all the same */
#define EXCUSED_NS (10 * SECOND_NS)
#define PATH_SIZE (2 * INSTANCE_PATH_SIZE)

static void
refuse(struct upgrade *upgrade, const char *why)
{
	struct entry *entry = scribe_begin(upgrade->scribe, ENTRY_ALARM);
	char reason[256];

	snprintf(reason, sizeof(reason), "no upgrade, everything stays as it is: %s", why);
	log_error("%s", reason);
	entry_text(entry, KEY_REASON, span_text(reason));
	entry_text(entry, KEY_PERSON, span_text(upgrade->person));
	(void)scribe_send(upgrade->scribe, LEVEL_WRITTEN, NULL, NULL, NULL);
}

/* Where this program was when it was started: another one may lie there now. */
static int
own_path(char path[PATH_SIZE])
{
	static const char deleted[] = " (deleted)";
	ssize_t n = readlink("/proc/self/exe", path, PATH_SIZE - 1), less = sizeof(deleted) - 1;

	if (n <= 0)
		return -errno;
	if (n > less && memcmp(path + n - less, deleted, (size_t)less) == 0)
		n -= less;
	path[n] = '\0';
	return 0;
}

/* ---- asking ------------------------------------------------------------------ */

static void __attribute__((noreturn))
ask(const struct upgrade *upgrade, char *path)
{
	char speech[32 + INSTANCE_PATH_SIZE];
	const char *argv[] = { "interlockd", "--instance", upgrade->file, "--preflight", speech, NULL };
	sigset_t none;

	snprintf(speech, sizeof(speech), "%016" PRIx64 ":%s", view_speech(msg_speech()),
	    upgrade->instance->program_directory);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(path, (char **)argv);
	log_error("%s cannot be executed: %m", path);
	_exit(127);
}

void
upgrade_begin(struct upgrade *upgrade, uint32_t uid)
{
	char path[PATH_SIZE];
	int error;

	if (upgrade->preflight)
		return;		/* one is under way */
	if (uid == UINT32_MAX)
		snprintf(upgrade->person, sizeof(upgrade->person), "root");
	else
		snprintf(upgrade->person, sizeof(upgrade->person), "uid:%u", uid);
	error = own_path(path);
	if (!error)
		upgrade->preflight = fork();
	if (error || upgrade->preflight < 0) {
		upgrade->preflight = 0;
		refuse(upgrade, "the new program cannot be asked");
		return;
	}
	if (upgrade->preflight == 0)
		ask(upgrade, path);
	log_info("an upgrade is asked for by %s", upgrade->person);
}

static int
look_for(const char *directory, const char *program)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s", directory, program);
	if (access(path, X_OK) == 0)
		return 0;
	log_error("%s: %m", path);
	return -errno;
}

int
upgrade_preflight(const char *asked)
{
	char ours[20];
	size_t n = (size_t)snprintf(ours, sizeof(ours), "%016" PRIx64 ":", view_speech(msg_speech()));

	if (strncmp(ours, asked, n) != 0) {
		log_error("version %s speaks otherwise than the one that runs: its processes would not understand "
		    "each other. Stop that one, then start this one", INTERLOCK_VERSION);
		return -EPROTO;
	}
	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		const char *program = children_program(slot);
		int error = program ? look_for(asked + n, program) : 0;

		if (error)
			return error;
	}
	return 0;
}

/* ---- executing ------------------------------------------------------------------ */

static void
execute(struct upgrade *upgrade)
{
	struct kept kept = { .children = upgrade->children, .store = upgrade->store, .lock = upgrade->lock,
		.from = INTERLOCK_VERSION };
	char path[PATH_SIZE], number[12];
	const char *argv[] = { "interlockd", "--instance", upgrade->file, "--kept", number, NULL };
	int fd, error = own_path(path);

	snprintf(kept.person, sizeof(kept.person), "%s", upgrade->person);
	fd = error ? error : kept_write(&kept);
	if (fd >= 0) {
		snprintf(number, sizeof(number), "%d", fd);
		execv(path, (char **)argv);
		fd = -errno;
	}
	errno = -fd;
	log_error("%s: %m", path);
	refuse(upgrade, "the new program cannot be executed");
}

/* What was said must be in the channels, and what was entered kept: the next one knows nothing of it. */
static bool
is_quiet(const struct upgrade *upgrade)
{
	for (unsigned int peer = 0; peer < SLOTS; peer++)
		if (post_waiting(upgrade->post, peer) > 0)
			return false;
	return scribe_open(upgrade->scribe) == 0;
}

static void
execute_when_quiet(void *arg)
{
	struct upgrade *upgrade = arg;

	if (is_quiet(upgrade) || upgrade->tries++ == QUIET_TRIES)
		execute(upgrade);
	else
		must(loop_set(upgrade->loop, &upgrade->timer, QUIET_NS, execute_when_quiet, upgrade) == 0);
}

bool
upgrade_reaped(struct upgrade *upgrade, pid_t pid, int status)
{
	if (!upgrade->preflight || pid != upgrade->preflight)
		return false;
	upgrade->preflight = 0;
	upgrade->tries = 0;
	if (status != 0)
		refuse(upgrade, "the new program does not fit (see the log before this)");
	else
		execute_when_quiet(upgrade);
	return true;
}

/* ---- rolling -------------------------------------------------------------------- */

void
upgrade_roll(struct upgrade *upgrade)
{
	upgrade->is_rolling = true;
	upgrade_step(upgrade);
}

static void
quit(struct upgrade *upgrade, struct child *child, unsigned int slot)
{
	child->state = CHILD_ENDING;
	child->is_replaced = true;
	child->told = clock_mono();
	(void)post_send(upgrade->post, slot, MSG_QUIT, 0, span_of(NULL, 0), -1);
}

static void
drain(struct upgrade *upgrade, struct child *child, unsigned int slot)
{
	struct out body = out_new(4);

	child->state = CHILD_DRAINING;
	child->told = clock_mono();
	out_be32(&body, upgrade->instance->drain);
	(void)post_send(upgrade->post, slot, MSG_DRAIN, 0, out_view(&body), -1);
	out_free(&body);
}

static void
start(struct upgrade *upgrade, struct child *child, unsigned int slot)
{
	children_sweep(upgrade->children);
	child->beat = child->told = clock_mono();
	upgrade->start(upgrade->arg, slot);
}

void
upgrade_step(struct upgrade *upgrade)
{
	if (!upgrade->is_rolling)
		return;
	while (upgrade->is_rolling) {
		unsigned int slot = 0;
		enum roll_step step = roll_next(upgrade->children, upgrade->order, upgrade->order_count,
		    upgrade->instance->workers, &slot);
		struct child *child = &upgrade->children->child[slot];

		if (step == ROLL_WAIT)
			return;
		if (step == ROLL_QUIT)
			quit(upgrade, child, slot);
		else if (step == ROLL_DRAIN)
			drain(upgrade, child, slot);
		else if (step == ROLL_START)
			start(upgrade, child, slot);
		else
			upgrade->is_rolling = false;
	}
	log_info("the upgrade is over: nobody from before is left");
}

bool
upgrade_excuses(const struct upgrade *upgrade, unsigned int slot, uint64_t now)
{
	const struct child *child = &upgrade->children->child[slot];

	return upgrade->is_rolling && child->state != CHILD_SERVING && now - child->told < EXCUSED_NS;
}
