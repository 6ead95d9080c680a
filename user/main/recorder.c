/*
 * recorder.c: the process that keeps the record.
 * Order: make the directory and open it (root), enter the box, open the ledger,
 * open the channels, serve. Entries that come in one round of the loop are one
 * batch: written with one system call, then synced if any of them asked for
 * that; what comes meanwhile is the next batch. After each step the writers are
 * told, each with the one number up to which all is kept. When the disk is full
 * nothing is told and the batch is tried again every second, so writers wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/instance.h"
#include "base/log.h"
#include "base/must.h"
#include "box/box.h"
#include "ledger/keep_record.h"
#include "loop/loop.h"
#include "msg.h"

#define DESCRIPTORS 128

/* Beside what every process needs: files below one directory, a socket to syslog. */
static const char *const calls[] = {
	"openat", "mkdirat", "renameat", "renameat2", "unlinkat", "faccessat",
	"faccessat2", "fsync", "fdatasync", "syncfs", "flock", "getdents64",
	"lseek", "socket", "connect", "sendto", "getsockopt", "fallocate", NULL
};

/* The ledger's directory, made when it is not there; a descriptor or -errno. */
static int
open_directory(const struct instance *instance, uint32_t uid)
{
	char path[INSTANCE_PATH_SIZE + 16];
	cleanup(close_fd) int fd = -1;
	int high;

	if (mkdir(instance->state_directory, 0711) && errno != EEXIST)
		return -errno;
	snprintf(path, sizeof(path), "%s/ledger", instance->state_directory);
	if (mkdir(path, 0750) == 0) {
		if (chown(path, uid, uid))
			return -errno;
	} else if (errno != EEXIST) {
		return -errno;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	/* below are the numbers of channels, also of those that are not open */
	high = fcntl(fd, F_DUPFD_CLOEXEC, MSG_FD_PRIVATE);
	return high < 0 ? -errno : high;
}

static void
say_fault(const struct instance *instance, int error,
    const struct ledger_found *found)
{
	if (error == -EBADMSG)
		log_error("the ledger in %s/ledger is not as it was left: %s. "
		    "Nothing is recorded, so nothing is allowed. See what "
		    "`interlock verify` says, keep a copy, move the directory "
		    "aside to begin a new log, and restart the daemon",
		    instance->state_directory, found->fault);
	else
		log_error("the ledger in %s/ledger cannot be opened: %s",
		    instance->state_directory, strerror(-error));
}

static int
serve(const struct instance *instance, int directory)
{
	struct keep_record *keep = NULL;
	struct ledger_found found;
	struct loop *loop = NULL;
	int error = loop_new(&loop);

	if (error)
		return error;
	error = keep_record_open(&keep, loop, directory, &found);
	if (error)
		say_fault(instance, error, &found);
	else
		error = loop_run(loop);
	keep_record_close(&keep);
	loop_free(&loop);
	return error;
}

int
main(void)
{
	struct instance instance;
	struct box box = { .descriptors = DESCRIPTORS, .calls = calls, .outlives_warden = true };
	int directory, error;

	umask(027);
	error = instance_inherit(&instance);
	log_open("recorder", error ? LOG_LEVEL_INFO :
	    (enum log_level)instance.log_level);
	if (error) {
		log_error("no settings were handed over: %s", strerror(-error));
		return 1;
	}
	box.uid = instance.uid_base + SLOT_RECORDER;
	directory = open_directory(&instance, box.uid);
	if (directory < 0) {
		log_error("%s/ledger cannot be opened: %s",
		    instance.state_directory, strerror(-directory));
		return 1;
	}
	error = keep_record_prepare();
	if (!error)
		error = box_enter(&box);
	if (error) {
		log_error("the process could not be boxed: %s", strerror(-error));
		return 1;
	}
	return serve(&instance, directory) ? 1 : 0;
}
