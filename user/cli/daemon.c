/* daemon.c: the lock says whether one is there, and what is written in it which one. */
#include "cli/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/instance.h"
#include "base/must.h"

pid_t
daemon_pid(const struct instance *instance)
{
	char path[2 * INSTANCE_PATH_SIZE], text[16] = "";
	cleanup(close_fd) int fd = -1;

	snprintf(path, sizeof(path), "%s/lock", instance->run_directory);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return 0;
	/* one of a version that wrote nothing there is somebody all the same */
	return pread(fd, text, sizeof(text) - 1, 0) > 0 && atoi(text) > 0 ? atoi(text) : -1;
}

uint32_t
daemon_login_uid(void)
{
	FILE *file = fopen("/proc/self/loginuid", "re");
	char text[16] = "", *end = text;
	unsigned long uid = DAEMON_NO_LOGIN;

	if (!file)
		return DAEMON_NO_LOGIN;
	if (fgets(text, sizeof(text), file))
		uid = strtoul(text, &end, 10);
	fclose(file);
	return end != text && uid < DAEMON_NO_LOGIN ? (uint32_t)uid : DAEMON_NO_LOGIN;
}
