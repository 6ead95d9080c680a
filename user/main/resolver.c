/*
 * resolver.c: the process that answers skills' questions for names.
 * Order: open the channels and read the system's DNS settings (root), enter the box
 * (own uid, no capability), serve. Its listeners are the loader's, made in skills'
 * namespaces; it opens no file, and no socket but those of its own questions.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/instance.h"
#include "base/log.h"
#include "box/box.h"
#include "msg.h"
#include "names/names.h"

#define DESCRIPTORS 16384	/* four of each session in each namespace, and TCP */

/* Skills: accept4 recvfrom sendto. Servers: c-ares sets up and connects sockets, which it makes of IP alone. */
static const char *const calls[] = {
	"accept4", "recvfrom", "sendto", "connect", "setsockopt", "getsockname", "gettimeofday", NULL
};

int
main(void)
{
	static struct names names;
	struct instance instance;
	struct box box = { .descriptors = DESCRIPTORS, .calls = calls, .speaks_ip = true };
	int r = instance_inherit(&instance);

	umask(077);
	log_open("resolver", r < 0 ? LOG_LEVEL_INFO : (enum log_level)instance.log_level);
	if (r < 0) {
		log_error("no settings were handed over: %s", strerror(-r));
		return 1;
	}
	r = names_open(&names);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		return 1;
	}
	box.uid = instance.uid_base + SLOT_RESOLVER;
	r = box_enter(&box);
	if (r < 0) {
		log_error("the process could not be boxed: %s", strerror(-r));
		return 1;
	}
	r = names_serve(&names);
	names_close(&names);
	return r;
}
