/*
 * keeper.c: the process that has the keys.
 * Order: raise the limit of locked memory, read what only root may read, enter
 * the box (own uid, no capability, an empty network namespace, no core files),
 * open the channels, serve.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "base/instance.h"
#include "base/log.h"
#include "box/box.h"
#include "loop/loop.h"
#include "msg.h"
#include "vault/keeper.h"

#define LOCKED_LIMIT (256u << 20)	/* with all memory locked, also the most there can be */
#define DESCRIPTORS 64

/* Beside what every process needs: reading a secret file, whole pages for
 * secrets, chance for nonces and keys. */
static const char *const calls[] = {
	"openat", "fstat", "newfstatat", "read", "close",
	"mmap", "munmap", "mlock", "madvise",
	"getrandom", "getpid", "lseek",
	"fsync", "renameat", "renameat2",	/* refresh tokens that came */
	NULL,
};

/* Whether all memory may be locked. If not, secrets are locked one by one. */
static bool
raise_lock_limit(void)
{
	struct rlimit limit = { LOCKED_LIMIT, LOCKED_LIMIT };

	return setrlimit(RLIMIT_MEMLOCK, &limit) == 0;
}

static int
serve(struct keeper *keeper, struct loop *loop)
{
	int r = keeper_serve(keeper, loop);

	if (!r)
		r = loop_run(loop);
	keeper_free(&keeper);
	loop_free(&loop);
	return r;
}

int
main(void)
{
	struct instance instance;
	struct keeper *keeper = NULL;
	struct loop *loop = NULL;
	struct box box = {
		.empty_network = true,
		.descriptors = DESCRIPTORS,
		.calls = calls,
	};
	int r;

	umask(077);
	tzset();	/* or the first certificate would look for the time zone's file */
	r = instance_inherit(&instance);
	if (r) {
		log_open("keeper", LOG_LEVEL_INFO);
		log_error("no settings were handed over: %s", strerror(-r));
		return 1;
	}
	log_open("keeper", (enum log_level)instance.log_level);
	box.uid = instance.uid_base + SLOT_KEEPER;
	if (keeper_open(&keeper, &instance, box.uid))
		return 1;
	box.locked_memory = raise_lock_limit();
	r = loop_new(&loop);
	if (!r)
		r = box_enter(&box);
	if (r) {
		log_error("the process could not be boxed: %s", strerror(-r));
		return 1;
	}
	return serve(keeper, loop) ? 1 : 0;
}
