/*
 * broker.c: the process people talk to.
 * Order: make the control socket while still root, enter the box (own uid, no
 * capability), open the channels, serve. It reads /proc/PID of its callers,
 * which is open to all unless /proc is mounted with hidepid: then it refuses.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/instance.h"
#include "base/log.h"
#include "box/box.h"
#include "desk/desk.h"
#include "msg.h"

#define DESCRIPTORS 2048

/* Callers: accept4 getsockopt poll openat read close. Runs: socketpair. */
static const char *const calls[] = {
	"accept4", "getsockopt", "sendto", "recvfrom", "poll", "ppoll", "openat", "open",
	"read", "close", "fstat", "newfstatat", "lseek", "getrandom", "getpid",
	"socketpair", "gettimeofday",
	NULL,
};

int
main(void)
{
	struct instance instance;
	struct box box = { .descriptors = DESCRIPTORS, .calls = calls };
	int listener, status = instance_inherit(&instance);

	if (status) {
		log_open("broker", LOG_LEVEL_INFO);
		log_error("no settings were handed over: %s", strerror(-status));
		return 1;
	}
	log_open("broker", (enum log_level)instance.log_level);
	umask(077);
	listener = desk_listen(&instance);
	if (listener < 0) {
		log_error("the control socket in %s: %s", instance.run_directory, strerror(-listener));
		return 1;
	}
	box.uid = instance.uid_base + SLOT_BROKER;
	status = box_enter(&box);
	if (status) {
		log_error("the process could not be boxed: %s", strerror(-status));
		close(listener);
		return 1;
	}
	return desk_serve(&instance, listener);
}
