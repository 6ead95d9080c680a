/*
 * policy.c: the process that reads policy and gives every other its view.
 * Order: open the directory for the last good policy, compile what the files
 * say (or take that last one), enter the box (own uid; of capabilities only
 * reading past file modes, since policy may be root's alone), open the
 * channels, serve.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/instance.h"
#include "base/log.h"
#include "base/must.h"
#include "box/box.h"
#include "loop/loop.h"
#include "msg.h"
#include "rules/bundle.h"
#include "rules/job.h"
#include "rules/serve.h"

#define DESCRIPTORS 128

/* Beside what every process needs: reading the policy, keeping the last good
 * one, a thread to compile in (its clone is the box's, clone3 is what glibc
 * tries first), and getaddrinfo() for `resolve: system`. */
static const char *const calls[] = {
	"epoll_create1", "openat", "newfstatat", "fstat", "statx", "lseek",
	"getdents64", "readlink", "readlinkat", "access", "faccessat2", "renameat",
	"renameat2", "eventfd2",
	"clone3", "set_robust_list", "rseq", "set_tid_address",
	"socket", "connect", "bind", "getsockname", "getpeername",
	"setsockopt", "getsockopt", "sendto", "sendmmsg", "recvfrom", "poll",
	"ppoll", "ioctl", "uname", "sysinfo", "sched_getaffinity", "getuid",
	"geteuid", "getgid", "getegid", "prctl",
	NULL,
};

/* The directory of the last good policy, made when it is not there yet. */
static int
open_directory(const struct instance *instance, uint32_t uid)
{
	char path[INSTANCE_PATH_SIZE + 16];
	int fd cleanup(close_fd) = -1;

	snprintf(path, sizeof(path), "%s/policy", instance->state_directory);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (fchown(fd, uid, uid) < 0 || fchmod(fd, 0700) < 0)
		return -errno;
	return take_fd(&fd);
}

/* What the files say, else the last good one, else nothing. */
static void
find_policy(const struct instance *instance, struct serve_start *start)
{
	struct bundle *last = NULL;
	int status = bundle_read(&last, start->directory_fd);

	if (status < 0 && status != -ENOENT)
		log_warning("the last good policy cannot be used: %s",
		    strerror(-status));
	start->epoch = last ? last->epoch : 0;
	status = job_compile(instance->policy_directory, instance->uid_base,
	    start->epoch + 1, &start->bundle, start->faults);
	if (status == 0) {
		start->epoch++;
		status = bundle_write(start->bundle, start->directory_fd);
		if (status < 0)
			log_warning("the policy could not be kept: %s",
			    strerror(-status));
	} else if (last) {
		start->bundle = take(&last);
		start->is_last = true;
	}
	bundle_free(&last);
}

static int
serve(const struct instance *instance, struct serve_start *start)
{
	struct serve *serve = NULL;
	struct loop *loop = NULL;
	int status = loop_new(&loop);

	if (status == 0)
		status = serve_new(&serve, loop, instance, start);
	if (status == 0)
		status = loop_run(loop);
	else
		log_error("cannot serve: %s", strerror(-status));
	serve_free(&serve);
	loop_free(&loop);
	return status;
}

int
main(void)
{
	struct instance instance;
	struct serve_start start = { .directory_fd = -1 };
	struct box box = {
		.keep = UINT64_C(1) << CAP_DAC_READ_SEARCH,
		.descriptors = DESCRIPTORS, .calls = calls, .can_thread = true,
	};
	int status;

	umask(077);
	status = instance_inherit(&instance);
	if (status < 0) {
		log_open("policy", LOG_LEVEL_INFO);
		log_error("no settings were handed over: %s", strerror(-status));
		return 1;
	}
	log_open("policy", (enum log_level)instance.log_level);
	box.uid = instance.uid_base + SLOT_POLICY;
	start.faults = calloc(1, sizeof(*start.faults));
	start.directory_fd = open_directory(&instance, box.uid);
	if (!start.faults || start.directory_fd < 0) {
		log_error("%s/policy cannot be used: %s",
		    instance.state_directory, strerror(-start.directory_fd));
		return 1;
	}
	status = box_enter(&box);
	if (status == 0)
		find_policy(&instance, &start);
	else
		log_error("the process could not be boxed: %s", strerror(-status));
	if (status == 0)
		status = serve(&instance, &start);
	bundle_free(&start.bundle);
	free(start.faults);
	return status ? 1 : 0;
}
