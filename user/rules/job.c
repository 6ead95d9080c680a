/* job.c: one thread that compiles, one eventfd that says it has. */
#include "rules/job.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/must.h"
#include "loop/loop.h"
#include "rules/bundle.h"
#include "rules/rules.h"

struct job {
	struct loop *loop;
	struct watch *watch;
	int event;
	const char *directory;
	uint32_t uid_base, epoch;
	job_fn fn;
	void *arg;
	pthread_t thread;
	bool is_running;
	/* the thread's alone while it runs */
	int status;
	struct bundle *bundle;
	struct faults faults;
};

int
job_compile(const char *directory, uint32_t uid_base, uint32_t epoch,
    struct bundle **out, struct faults *faults)
{
	struct rules_options options = { .uid_base = uid_base };
	struct rules *rules = NULL;
	int status = rules_load(&rules, directory, &options, faults);

	if (status == 0)
		status = bundle_make(out, rules, epoch);
	if (status == -EMSGSIZE) {
		fault_add(faults, (struct place){ directory, 0, 0 }, "the whole "
		    "policy is too large for one message, expected less");
		status = -EINVAL;
	}
	rules_free(&rules);
	return status;
}

static void *
run(void *arg)
{
	static const uint64_t one = 1;
	struct job *job = arg;

	job->status = job_compile(job->directory, job->uid_base, job->epoch,
	    &job->bundle, &job->faults);
	while (write(job->event, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	return NULL;
}

static void
finished(void *arg, uint32_t events)
{
	struct job *job = arg;
	uint64_t count;

	(void)events;
	if (read(job->event, &count, sizeof(count)) != sizeof(count))
		return;
	pthread_join(job->thread, NULL);
	job->is_running = false;
	job->fn(job->arg, job->status, take(&job->bundle), &job->faults);
}

int
job_new(struct job **out, struct loop *loop, const char *directory,
    uint32_t uid_base, job_fn fn, void *arg)
{
	struct job *job = calloc(1, sizeof(*job));
	int status;

	if (!job)
		return -ENOMEM;
	*job = (struct job){
		.loop = loop, .directory = directory, .uid_base = uid_base,
		.fn = fn, .arg = arg,
	};
	job->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	status = job->event < 0 ? -errno : loop_watch(loop, job->event, EPOLLIN,
	    finished, job, &job->watch);
	if (status < 0) {
		job_free(&job);
		return status;
	}
	*out = job;
	return 0;
}

int
job_begin(struct job *job, uint32_t epoch)
{
	int error;

	if (job->is_running)
		return -EBUSY;
	memset(&job->faults, 0, sizeof(job->faults));
	job->epoch = epoch;
	/* syscalls(policy): clone clone3 set_robust_list rseq futex mprotect */
	error = pthread_create(&job->thread, NULL, run, job);
	job->is_running = error == 0;
	return -error;
}

void
job_free(struct job **job)
{
	if (!*job)
		return;
	if ((*job)->is_running)
		pthread_join((*job)->thread, NULL);
	loop_unwatch((*job)->loop, &(*job)->watch);
	close_fd(&(*job)->event);
	bundle_free(&(*job)->bundle);
	free(*job);
	*job = NULL;
}
