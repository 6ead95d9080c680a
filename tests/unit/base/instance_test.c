/* Settings are read whole or refused with the line at fault; sealed, they arrive as they were. */
#include "base/instance.h"

#include <errno.h>
#include <fcntl.h>

#include "check.h"
#include "msg.h"

static const struct {
	const char *text;
	int error;
	unsigned int line;
} rows[] = {
	{ "", 0, 0 },
	{ "# a comment\n\nname = other\n", 0, 0 },
	{ "name=other", 0, 0 },
	{ "workers = 3\nuid_base = 70000\n", 0, 0 },
	{ "workers = 17\n", -EINVAL, 1 },
	{ "workers = -1\n", -EINVAL, 1 },
	{ "workers = x\n", -EINVAL, 1 },
	{ "uid_base = 0\n", -EINVAL, 1 },
	{ "\nnonsense = 1\n", -EINVAL, 2 },
	{ "name\n", -EINVAL, 1 },
	{ "name = Upper\n", -EINVAL, 1 },
	{ "name = much-too-long-a-name\n", -EINVAL, 1 },
	{ "state_directory = relative\n", -EINVAL, 1 },
	{ "state_directory = /a/../b\n", -EINVAL, 1 },
	{ "cgroup = /absolute\n", -EINVAL, 1 },
	{ "log_level = loud\n", -EINVAL, 1 },
};

int
main(void)
{
	struct instance instance, same;
	unsigned int line;
	int fd;

	for (size_t i = 0; i < COUNT(rows); i++) {
		char path[] = "/tmp/instance.XXXXXX";

		fd = mkstemp(path);
		CHECK(fd >= 0 && write(fd, rows[i].text, strlen(rows[i].text)) >= 0);
		close(fd);
		CHECK_ROW(rows[i].text, instance_read(path, &instance, &line) == rows[i].error);
		CHECK_ROW(rows[i].text, line == rows[i].line);
		unlink(path);
	}
	CHECK(instance_read("/nonexistent/instance.conf", &instance, &line) == -ENOENT);
	CHECK(instance.daemon_cgroup[0] == '/');
	CHECK(instance.workers > 0 && instance.workers <= MSG_WORKERS);	/* one for each core */
	fd = instance_seal(&instance);
	CHECK(fd >= 0 && dup2(fd, MSG_FD_INSTANCE) == MSG_FD_INSTANCE);
	CHECK(instance_inherit(&same) == 0 && memcmp(&same, &instance, sizeof(same)) == 0);
	CHECK(write(fd, "x", 1) < 0);
	return check_end();
}
