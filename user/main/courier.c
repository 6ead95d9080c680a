/*
 * courier.c: the process that fetches tokens from where the policy says.
 * Order: open the channels and libcurl, enter the box (own uid, no capability, no core files), serve. It opens no
 * file, and no socket but those of its own requests.
 */
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "base/instance.h"
#include "base/log.h"
#include "box/box.h"
#include "courier/courier.h"
#include "msg.h"

#define LOCKED_LIMIT (256u << 20)	/* with all memory locked, also the most there can be */
#define DESCRIPTORS 256

/* Beside what every process needs: connections of its own, over IP alone. */
static const char *const calls[] = {
	"connect", "setsockopt", "getsockname", "getpeername", "sendto", "recvfrom", "ioctl", "gettimeofday", NULL
};

/* Whether all memory may be locked. If not, secrets are locked one by one. */
static bool
raise_lock_limit(void)
{
	struct rlimit limit = { LOCKED_LIMIT, LOCKED_LIMIT };

	return setrlimit(RLIMIT_MEMLOCK, &limit) == 0;
}

int
main(void)
{
	static struct courier courier;
	struct instance instance;
	struct box box = { .descriptors = DESCRIPTORS, .calls = calls, .speaks_ip = true };
	int r = instance_inherit(&instance);

	umask(077);
	tzset();	/* or the first certificate would look for the time zone's file */
	log_open("courier", r < 0 ? LOG_LEVEL_INFO : (enum log_level)instance.log_level);
	if (r < 0) {
		log_error("no settings were handed over: %s", strerror(-r));
		return 1;
	}
	r = courier_open(&courier);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		return 1;
	}
	box.uid = instance.uid_base + SLOT_COURIER;
	box.locked_memory = raise_lock_limit();
	r = box_enter(&box);
	if (r < 0) {
		log_error("the process could not be boxed: %s", strerror(-r));
		return 1;
	}
	r = courier_serve(&courier);
	courier_close(&courier);
	return r;
}
