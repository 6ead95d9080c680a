/*
 * loader.c: the process that holds the kernel programs and starts skills.
 * It parses nothing from the network: it hears workers, the policy process and
 * the broker over their channels, and nobody else. It has no system call filter,
 * because the skills it starts would inherit it; of root's capabilities it keeps
 * what hooks/serve.c names, and skills lose those too (hooks/shed.c).
 * hooks/loader.h says how the rest hangs together.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/instance.h"
#include "base/log.h"
#include "hooks/loader.h"

int
main(void)
{
	static struct loader loader;
	int r = instance_inherit(&loader.instance);

	if (r < 0)
		return 1;
	log_open(msg_slot_name(SLOT_LOADER),
	    (enum log_level)loader.instance.log_level);
	umask(022);
	r = loader_confine();
	if (r < 0) {
		log_error("cannot give up rights: %s", strerror(-r));
		return 1;
	}
	r = loader_serve(&loader);
	loader_close(&loader);
	return r;
}
